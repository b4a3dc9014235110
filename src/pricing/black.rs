//! Undiscounted Black-76 with the second derivatives that a smile needs, for set-up.
//!
//! Vanna and volga as in Haug, *The Complete Guide to Option Pricing Formulas* (2007), chapter 2;
//! the rest is [`Black76`].

use crate::numeric::black76::{Black76, Right};
use crate::units::Years;

/// Value and derivatives by forward and volatility.
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
    pub fn new(forward: f64, strike: f64, volatility: f64, left: Years, right: Right) -> Self {
        let option =
            Black76 { right, forward, strike, volatility, years: left.get(), discount: 1.0 };
        let greeks = option.greeks();
        let (vanna, volga) = cross_derivatives(&option, greeks.vega);
        Self {
            value: greeks.value,
            delta: greeks.delta,
            gamma: greeks.gamma,
            vega: greeks.vega,
            vanna,
            volga,
        }
    }
}

/// Vanna and volga from vega; zero where the value is intrinsic.
fn cross_derivatives(option: &Black76, vega: f64) -> (f64, f64) {
    let deviation = option.deviation();
    if vega == 0.0 || deviation <= 0.0 {
        return (0.0, 0.0);
    }
    let d1 = libm::log(option.forward / option.strike) / deviation + 0.5 * deviation;
    let d2 = d1 - deviation;
    let vanna = -vega * d2 / (option.forward * deviation);
    (vanna, vega * d1 * d2 / option.volatility)
}
