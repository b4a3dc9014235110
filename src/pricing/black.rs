//! Undiscounted Black-76 (Black 1976) with the derivatives that a smile needs, for set-up.
//!
//! Formulas as in Haug, *The Complete Guide to Option Pricing Formulas* (2007), chapter 2.

use crate::numeric::special::{normal_cdf, normal_pdf};
use crate::portfolio::OptionRight;
use crate::units::Years;

/// Undiscounted Black-76 and its derivatives by forward and volatility.
pub(crate) struct Black {
    pub value: f64,
    pub delta: f64,
    pub gamma: f64,
    pub vega: f64,
    /// `∂²/∂F∂σ`.
    pub vanna: f64,
    /// `∂²/∂σ²`.
    pub volga: f64,
}

impl Black {
    pub fn new(
        forward: f64,
        strike: f64,
        volatility: f64,
        left: Years,
        right: OptionRight,
    ) -> Self {
        let sign = match right {
            OptionRight::Call => 1.0,
            OptionRight::Put => -1.0,
        };
        let root_years = left.get().sqrt();
        let deviation = volatility * root_years;
        if deviation <= f64::MIN_POSITIVE {
            return Self::intrinsic(sign, forward, strike);
        }
        let d1 = libm::log(forward / strike) / deviation + 0.5 * deviation;
        let d2 = d1 - deviation;
        let (in_forward, in_strike) = (normal_cdf(sign * d1), normal_cdf(sign * d2));
        let density = normal_pdf(d1);
        let vega = forward * density * root_years;
        Self {
            value: sign * (forward * in_forward - strike * in_strike),
            delta: sign * in_forward,
            gamma: density / (forward * deviation),
            vega,
            vanna: -density * d2 / volatility,
            volga: vega * d1 * d2 / volatility,
        }
    }

    fn intrinsic(sign: f64, forward: f64, strike: f64) -> Self {
        let inside = sign * (forward - strike) > 0.0;
        Self {
            value: (sign * (forward - strike)).max(0.0),
            delta: if inside { sign } else { 0.0 },
            gamma: 0.0,
            vega: 0.0,
            vanna: 0.0,
            volga: 0.0,
        }
    }
}
