//! How executed orders move a price, and what executing them costs.
//!
//! Flows in: a coin's [`Liquidity`], its daily volatility. Flows out: a [`PriceImpact`], called per
//! path: the displacement of the logarithm of the price by orders executed so far on one side, and
//! its mean while more is executed. Nothing is allocated.
//!
//! Orders of one side count as one metaorder over the path, those of the two sides as two whose
//! displacements subtract: the displacement at the horizon does not depend on the number of steps
//! that orders were cut into. Depth that vanishes makes orders count for more: `Q/(1 − s)` stands
//! for Q, which leaves linear and square-root laws as they are with depth and volume times `1 − s`
//! (Almgren's too, but for the permanent factor `(Θ/V)^¼`).
//!
//! Sources: Kyle (1985); Donier & Bonart (2014, arXiv:1412.4503); Almgren, Thum, Hauptmann & Li
//! (2005). Limits: no law here knows the shape of the order book beyond one number.

use crate::market::{DepthStress, ImpactLaw, Liquidity};

/// Depth within this move of the mid is what `depth_1pct_usd` tells.
const DEPTH_MOVE: f64 = 0.01;
/// Power of Almgren's temporary impact.
const TEMPORARY_POWER: f64 = 0.6;

/// A law of impact on one coin, in USD and logarithmic price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceImpact {
    law: Law,
    stress: Option<DepthStress>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Law {
    None,
    /// `slope·Q`.
    Linear {
        slope: f64,
    },
    /// `scale·√Q`.
    SquareRoot {
        scale: f64,
    },
    /// `slope·Q`, and for the order itself `temporary·Q^0.6`.
    Almgren {
        slope: f64,
        temporary: f64,
    },
}

/// Orders executed so far on one path, in USD of undisturbed depth; both sides positive.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Executed {
    /// Bought.
    pub bought: f64,
    /// Sold.
    pub sold: f64,
}

/// A side of the market that an order takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The price rises.
    Buy,
    /// The price falls.
    Sell,
}

impl Side {
    /// The side that this one trades with.
    pub fn other(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl PriceImpact {
    /// Orders move nothing.
    pub const NONE: Self = Self { law: Law::None, stress: None };

    /// The law of a coin. `daily_volatility` is the model's, used where the market states none.
    pub fn new(liquidity: &Liquidity, daily_volatility: f64) -> Self {
        let Some(terms) = liquidity.impact else { return Self::NONE };
        let volatility = terms.daily_volatility.unwrap_or(daily_volatility);
        let volume = liquidity.adv_usd;
        let law = match terms.law {
            ImpactLaw::Linear => Law::Linear { slope: DEPTH_MOVE / liquidity.depth_1pct_usd },
            ImpactLaw::SquareRoot { coefficient } => {
                Law::SquareRoot { scale: coefficient * volatility / volume.sqrt() }
            }
            ImpactLaw::Almgren { permanent, temporary, outstanding_usd, execution_days } => {
                let turnover = libm::sqrt(libm::sqrt(outstanding_usd / volume));
                let rate = libm::pow(volume * execution_days, -TEMPORARY_POWER);
                Law::Almgren {
                    slope: permanent * volatility * turnover / volume,
                    temporary: temporary * volatility * rate,
                }
            }
        };
        Self { law, stress: terms.stress }
    }

    /// A linear law by its slope: the logarithmic move of 1 USD, Kyle's λ.
    pub fn linear(slope: f64) -> Self {
        Self { law: Law::Linear { slope }, stress: None }
    }

    /// The same law with depth that vanishes.
    pub fn with_stress(self, stress: DepthStress) -> Self {
        Self { stress: Some(stress), ..self }
    }

    /// How depth vanishes.
    pub fn stress(&self) -> Option<&DepthStress> {
        self.stress.as_ref()
    }

    /// What 1 USD counts for at a value of the stress driver: `1/(1 − s)`.
    pub fn weight(&self, driver: f64) -> f64 {
        match &self.stress {
            Some(stress) if driver > stress.begins => 1.0 / (1.0 - stress.share(driver)),
            _ => 1.0,
        }
    }

    /// Absolute displacement of the logarithm of the price by `amount` (not negative) executed on
    /// one side, in USD of undisturbed depth.
    #[inline]
    pub fn displacement(&self, amount: f64) -> f64 {
        match self.law {
            Law::None => 0.0,
            Law::Linear { slope } | Law::Almgren { slope, .. } => slope * amount,
            Law::SquareRoot { scale } => scale * amount.sqrt(),
        }
    }

    /// Displacement of the logarithm of the price by both sides: positive upward.
    #[inline]
    pub fn net_displacement(&self, executed: &Executed) -> f64 {
        self.displacement(executed.bought) - self.displacement(executed.sold)
    }

    /// Mean displacement paid while the amount on one side grows from `before` to `after`, in USD
    /// of undisturbed depth. Almgren's temporary part is paid on the added amount, and is gone
    /// after it.
    pub fn mean_displacement(&self, before: f64, after: f64) -> f64 {
        let added = after - before;
        if added <= 0.0 {
            return self.displacement(before);
        }
        match self.law {
            Law::None => 0.0,
            Law::Linear { slope } => slope * 0.5 * (before + after),
            // (2/3)(b^{3/2} − a^{3/2})/(b − a), without the cancellation.
            Law::SquareRoot { scale } => {
                let (low, high) = (before.sqrt(), after.sqrt());
                scale * 2.0 / 3.0 * (low * low + low * high + high * high) / (low + high)
            }
            Law::Almgren { slope, temporary } => {
                slope * 0.5 * (before + after) + temporary * libm::pow(added, TEMPORARY_POWER)
            }
        }
    }

    /// Where orders triggered evenly along the way stop the move that they feed: the `x` in
    /// `[0, width]` with `outside + displacement(done + density·x) = x`. The left side is above the
    /// right one at 0 and not at `width`; every law is concave, so there is one.
    pub(super) fn meet(&self, outside: f64, done: f64, density: f64, width: f64) -> f64 {
        let met = match self.law {
            Law::None => outside,
            Law::Linear { slope } | Law::Almgren { slope, .. } => {
                (outside + slope * done) / (1.0 - slope * density)
            }
            // With u = √(done + density·x): u² − scale·density·u − (done + density·outside) = 0.
            Law::SquareRoot { scale } => {
                let half = 0.5 * scale * density;
                let inside = half * half + done + density * outside;
                outside + scale * (half + inside.max(0.0).sqrt())
            }
        };
        met.clamp(0.0, width)
    }
}

impl DepthStress {
    /// Share of depth that has vanished.
    pub fn share(&self, driver: f64) -> f64 {
        let way = (driver - self.begins) / (self.full - self.begins);
        self.largest * way.clamp(0.0, 1.0)
    }
}

impl Executed {
    /// Executes `notional` USD, each counting for `weight`; returns the mean logarithmic price of
    /// the fill, relative to the price before it (negative for a sale).
    pub fn execute(&mut self, impact: &PriceImpact, side: Side, notional: f64, weight: f64) -> f64 {
        let done = match side {
            Side::Buy => &mut self.bought,
            Side::Sell => &mut self.sold,
        };
        let before = *done;
        *done += notional * weight;
        let paid = impact.mean_displacement(before, *done) - impact.displacement(before);
        match side {
            Side::Buy => paid,
            Side::Sell => -paid,
        }
    }

    /// Forgets a share of what was executed: `kept` is [`kept_after`] a step.
    pub fn relax(&mut self, kept: f64) {
        self.bought *= kept;
        self.sold *= kept;
    }
}

/// Share of executed orders that the price remembers after `elapsed`, given the time in which half
/// is forgotten; set-up code.
pub fn kept_after(elapsed: crate::units::Years, half_life: Option<crate::units::Years>) -> f64 {
    half_life.map_or(1.0, |half_life| libm::exp2(-elapsed.get() / half_life.get()))
}

#[cfg(test)]
mod tests;
