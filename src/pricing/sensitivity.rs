//! First and second derivatives of one position's USD value, in closed form.
//!
//! Black-76 derivatives are textbook (Haug, *The Complete Guide to Option Pricing Formulas*); under
//! a smile that moves with the forward, σ is a function of `k = ln(K/F)` and the chain rule adds its
//! slope and curvature. Inverse options are worth `S·Black76(F, K)/F` and `F/S` does not depend on
//! spot, so their spot derivatives are those of `Black76` times `S/F`.

use super::position::{Contract, ContractVolatility, ResolvedPosition, Settled, perpetual_ratio};
use super::settings::{FUNDING_INTERVAL, PERPETUAL_TENOR};
use super::{PricingSettings, SmileDynamics};
use crate::numeric::special::{normal_cdf, normal_pdf};
use crate::portfolio::OptionRight;
use crate::units::{DAYS_PER_YEAR, Years};

/// Derivatives of a position's USD value today.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sensitivities {
    pub value: f64,
    /// `∂V/∂ln S`.
    pub spot: f64,
    /// `∂²V/∂(ln S)²`.
    pub spot_second: f64,
    /// `∂V/∂ln P` of the quote asset of a linear contract.
    pub quote: f64,
    /// `∂V/∂b`, b the annualised basis.
    pub basis: f64,
    /// `∂V/∂σ`, per unit of implied volatility.
    pub vega: f64,
    /// `∂V/∂x`, x the log of the volatility level at 30 days.
    pub volatility_level: f64,
    /// Funding received over one day at today's rate.
    pub funding_1d: f64,
}

impl Sensitivities {
    /// `S²·∂²V/∂S²`: what multiplies `½(S/S₀ − 1)²`.
    pub fn dollar_gamma(&self) -> f64 {
        self.spot_second - self.spot
    }
}

/// Today's world, possibly with every coin's spot moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewpoint {
    /// Spot over today's spot.
    pub spot_ratio: f64,
    pub settings: PricingSettings,
}

impl Viewpoint {
    pub fn today(settings: PricingSettings) -> Self {
        Self {
            spot_ratio: 1.0,
            settings,
        }
    }

    /// Derivatives of `position` seen from here.
    pub fn sensitivities(&self, position: &ResolvedPosition) -> Sensitivities {
        let spot = position.coin.price_usd * self.spot_ratio;
        match &position.contract {
            Contract::Spot => spot_like(position.quantity * spot),
            Contract::Perpetual {
                underlying,
                settled,
                entry,
            } => {
                let ratio = perpetual_ratio(underlying);
                let mut found = future(
                    position.quantity,
                    spot,
                    ratio,
                    *settled,
                    *entry,
                    PERPETUAL_TENOR,
                );
                let notional = match settled {
                    Settled::Linear(_) => position.quantity * spot * ratio,
                    Settled::Inverse => position.quantity / ratio,
                };
                let intervals = 1.0 / (DAYS_PER_YEAR * FUNDING_INTERVAL.get());
                found.funding_1d = -notional * underlying.funding_rate_8h * intervals;
                found
            }
            Contract::Future {
                underlying,
                settled,
                entry,
                expiry,
            } => {
                let ratio = underlying.forwards.ratio(*expiry);
                future(position.quantity, spot, ratio, *settled, *entry, *expiry)
            }
            Contract::Option { .. } => self.option(position, spot),
        }
    }

    fn option(&self, position: &ResolvedPosition, spot: f64) -> Sensitivities {
        let Contract::Option {
            underlying,
            settled,
            expiry,
            strike,
            right,
            volatility,
        } = &position.contract
        else {
            return Sensitivities::default();
        };
        let forward_usd = spot * underlying.forwards.ratio(*expiry);
        let forward = forward_usd / settled.quote_price();
        let smile = self.smile_at(volatility, libm::log(strike / forward), *expiry);
        let black = Black::new(forward, *strike, smile.volatility, *expiry, *right);
        let first = black.delta * forward - black.vega * smile.slope;
        let second = black.delta * forward + black.gamma * forward * forward
            - 2.0 * black.vanna * forward * smile.slope
            + black.volga * smile.slope * smile.slope
            + black.vega * smile.curvature;
        let (unit, quote, basis) = match settled {
            Settled::Linear(quote) => (quote.price_usd, black.value - first, first),
            Settled::Inverse => (spot / forward, 0.0, first - black.value),
        };
        let amount = position.quantity * unit;
        let damping = self.settings.damping(*expiry);
        Sensitivities {
            value: amount * black.value,
            spot: amount * first,
            spot_second: amount * second,
            quote: amount * quote,
            basis: amount * basis * expiry.get(),
            vega: amount * black.vega,
            volatility_level: amount * black.vega * smile.volatility * damping,
            funding_1d: 0.0,
        }
    }

    /// Volatility at `k = ln(K/F)`, with its derivatives where the smile moves with the forward.
    fn smile_at(&self, source: &ContractVolatility, k: f64, expiry: Years) -> SmilePoint {
        let smile = self.settings.smile;
        if smile == SmileDynamics::StickyStrike {
            // The strike keeps the volatility that it has at today's forward.
            let today = k + libm::log(self.spot_ratio);
            return SmilePoint::flat(source.at(today, expiry));
        }
        let volatility = source.at(k, expiry);
        if !source.moves_along_smile(smile) {
            return SmilePoint::flat(volatility);
        }
        let step = 0.02 * (volatility * expiry.get().sqrt()).clamp(0.005, 1.0);
        let (up, down) = (source.at(k + step, expiry), source.at(k - step, expiry));
        SmilePoint {
            volatility,
            slope: (up - down) / (2.0 * step),
            curvature: (up - 2.0 * volatility + down) / (step * step),
        }
    }
}

/// A volatility and its derivatives by log-moneyness.
struct SmilePoint {
    volatility: f64,
    slope: f64,
    curvature: f64,
}

impl SmilePoint {
    fn flat(volatility: f64) -> Self {
        Self {
            volatility,
            slope: 0.0,
            curvature: 0.0,
        }
    }
}

/// Sensitivities of an amount of an asset worth `value`.
pub(crate) fn spot_like(value: f64) -> Sensitivities {
    Sensitivities {
        value,
        spot: value,
        spot_second: value,
        ..Sensitivities::default()
    }
}

/// A future or perpetual with `ratio = F/S`; `tenor` is the time over which the basis acts.
fn future(
    quantity: f64,
    spot: f64,
    ratio: f64,
    settled: Settled,
    entry: f64,
    tenor: Years,
) -> Sensitivities {
    let (by_spot, by_entry, basis) = match settled {
        Settled::Linear(quote) => {
            let mark = quantity * spot * ratio;
            (mark, -quantity * entry * quote.price_usd, mark)
        }
        Settled::Inverse => (quantity * spot / entry, -quantity / ratio, quantity / ratio),
    };
    let quote = match settled {
        Settled::Linear(_) => by_entry,
        Settled::Inverse => 0.0,
    };
    Sensitivities {
        value: by_spot + by_entry,
        spot: by_spot,
        spot_second: by_spot,
        quote,
        basis: basis * tenor.get(),
        ..Sensitivities::default()
    }
}

/// Undiscounted Black-76 and its derivatives by forward and volatility.
struct Black {
    value: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    /// `∂²/∂F∂σ`.
    vanna: f64,
    /// `∂²/∂σ²`.
    volga: f64,
}

impl Black {
    fn new(forward: f64, strike: f64, volatility: f64, expiry: Years, right: OptionRight) -> Self {
        let sign = match right {
            OptionRight::Call => 1.0,
            OptionRight::Put => -1.0,
        };
        let root_years = expiry.get().sqrt();
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
