//! One option with its Greeks, in the quote currency or in the settlement coin.

use super::{Right, direct};
use crate::numeric::special::{normal_cdf, normal_pdf};

/// A European option on a forward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Black76 {
    /// Call or put.
    pub right: Right,
    /// Forward of the underlying to expiry, in the quote currency; positive.
    pub forward: f64,
    /// Strike, in the quote currency; positive.
    pub strike: f64,
    /// Annual implied volatility, decimal; zero gives the intrinsic value.
    pub volatility: f64,
    /// Time to expiry in years; zero gives the intrinsic value.
    pub years: f64,
    /// Discount factor to expiry of the currency it settles in: the quote currency, or the coin
    /// for an inverse option.
    pub discount: f64,
}

/// Value and derivatives of an option, discounted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Greeks {
    /// Value.
    pub value: f64,
    /// ∂V/∂F.
    pub delta: f64,
    /// ∂²V/∂F².
    pub gamma: f64,
    /// ∂V/∂σ for a volatility change of one (100 points).
    pub vega: f64,
    /// −∂V/∂T per year, forward and discount factor held.
    pub theta: f64,
}

/// Value in coin and its derivatives, for an option that settles in its underlying.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseGreeks {
    /// Value in coin: Black-76 divided by the forward.
    pub value: f64,
    /// ∂V/∂F, coin per unit of quote currency.
    pub delta: f64,
    /// ∂²V/∂F².
    pub gamma: f64,
    /// ∂V/∂σ in coin for a volatility change of one.
    pub vega: f64,
    /// −∂V/∂T in coin per year, forward and discount factor held.
    pub theta: f64,
    /// Black-Scholes delta less the premium, in coin: F·∂V/∂F, the hedge of a book kept in coin.
    pub premium_adjusted_delta: f64,
}

impl Black76 {
    /// σ√T.
    pub fn deviation(&self) -> f64 {
        self.volatility * self.years.sqrt()
    }

    /// Discounted value in the quote currency.
    pub fn value(&self) -> f64 {
        self.discount * self.undiscounted()
    }

    fn undiscounted(&self) -> f64 {
        let deviation = self.deviation().max(direct::DEVIATION_MIN);
        let sign = self.right.sign();
        direct::value(sign, self.strike, self.forward, self.log_moneyness(), deviation)
    }

    fn log_moneyness(&self) -> f64 {
        libm::log(self.forward / self.strike)
    }

    /// Value and Greeks in the quote currency.
    pub fn greeks(&self) -> Greeks {
        let sign = self.right.sign();
        let deviation = self.deviation();
        let value = self.value();
        if deviation <= 0.0 {
            return self.expired(value);
        }
        let d = self.log_moneyness() / deviation + 0.5 * deviation;
        let density = self.discount * normal_pdf(d);
        Greeks {
            value,
            delta: self.discount * sign * normal_cdf(sign * d),
            gamma: density / (self.forward * deviation),
            vega: self.forward * density * self.years.sqrt(),
            theta: -0.5 * self.forward * density * self.volatility / self.years.sqrt(),
        }
    }

    /// Greeks where nothing is uncertain any more; at the strike delta is one half.
    fn expired(&self, value: f64) -> Greeks {
        let sign = self.right.sign();
        let moneyness = sign * (self.forward - self.strike);
        let share = if moneyness > 0.0 {
            1.0
        } else if moneyness < 0.0 {
            0.0
        } else {
            0.5
        };
        Greeks { value, delta: self.discount * sign * share, gamma: 0.0, vega: 0.0, theta: 0.0 }
    }

    /// Value in coin of the option that settles in its underlying.
    pub fn inverse_value(&self) -> f64 {
        self.value() / self.forward
    }

    /// Value and Greeks in coin.
    pub fn inverse_greeks(&self) -> InverseGreeks {
        let quote = self.greeks();
        let value = quote.value / self.forward;
        let delta = (quote.delta - value) / self.forward;
        InverseGreeks {
            value,
            delta,
            gamma: (quote.gamma - 2.0 * delta) / self.forward,
            vega: quote.vega / self.forward,
            theta: quote.theta / self.forward,
            premium_adjusted_delta: quote.delta - value,
        }
    }
}
