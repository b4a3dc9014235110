//! What others' liquidated positions leave unpaid.

use super::{CascadeCoin, CoinState, Profile};
use crate::margin::impact::Side;

/// Positions of others liquidated on one side of a coin in a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OthersLiquidated {
    /// USD at their liquidation prices.
    pub notional_usd: f64,
    /// Loss beyond their collateral, in USD.
    pub deficit_usd: f64,
    /// USD of those filled beyond their bankruptcy price.
    pub bankrupt_usd: f64,
}

impl CascadeCoin {
    /// What a step liquidated of longs (`Side::Sell` orders) or shorts (`Side::Buy`), all filled
    /// at `fill`, the logarithm of the price over today's: that after the move for a jump or a
    /// bar, so that no position is filled better than the market was.
    ///
    /// A long liquidated at price p is bankrupt at `p(1 − gap)`; filled at f it leaves
    /// `max(0, 1 − gap − f/p)` of its notional unpaid; a short `max(0, f/p − 1 − gap)`.
    pub fn liquidated(
        &self,
        side: Side,
        before: &CoinState,
        after: &CoinState,
        fill: f64,
    ) -> OthersLiquidated {
        let gap = self.bankruptcy_gap;
        match side {
            Side::Sell => {
                let last = -libm::log1p(-gap.min(GAP_LARGEST));
                let stretch = (before.lowest, after.lowest);
                let unpaid = |low: f64, high: f64| {
                    (1.0 - gap) * (high - low) - (libm::exp(fill + high) - libm::exp(fill + low))
                };
                sum(&self.long, stretch, -fill - last, unpaid)
            }
            Side::Buy => {
                let stretch = (before.highest, after.highest);
                let unpaid = |low: f64, high: f64| {
                    (libm::exp(fill - low) - libm::exp(fill - high)) - (1.0 + gap) * (high - low)
                };
                sum(&self.short, stretch, fill - libm::log1p(gap), unpaid)
            }
        }
    }
}

/// A gap of the whole price leaves no deficit at any fill.
const GAP_LARGEST: f64 = 1.0 - 1e-12;

/// Sums a stretch of a profile; positions up to `bankrupt` are filled beyond bankruptcy, and leave
/// `unpaid(low, high)` for each USD a unit of move.
fn sum(
    profile: &Profile,
    (from, to): (f64, f64),
    bankrupt: f64,
    unpaid: impl Fn(f64, f64) -> f64,
) -> OthersLiquidated {
    let mut all = OthersLiquidated::default();
    for (low, high, density) in profile.pieces(from, to) {
        all.notional_usd += density * (high - low);
        let end = high.min(bankrupt);
        if end > low {
            all.bankrupt_usd += density * (end - low);
            all.deficit_usd += density * unpaid(low, end).max(0.0);
        }
    }
    all
}
