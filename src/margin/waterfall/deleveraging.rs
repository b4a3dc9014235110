//! Auto-deleveraging: whose profitable positions are closed at the bankruptcy price.

use super::{Settlement, Winners};

/// Rank of a position for auto-deleveraging: `(unrealised profit/collateral)·margin ratio`, the
/// ratio maintenance margin over margin balance (Binance); only profitable positions have one.
pub fn rank(unrealised: f64, collateral: f64, margin_ratio: f64) -> Option<f64> {
    let ranked = unrealised > 0.0 && collateral > 0.0 && margin_ratio > 0.0;
    ranked.then(|| unrealised / collateral * margin_ratio)
}

/// A position of the book's on the side that is deleveraged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedPosition {
    /// Index of the caller's.
    pub position: usize,
    /// By [`rank`].
    pub rank: f64,
    /// Notional, positive.
    pub notional: f64,
}

/// How much of a position is closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deleveraged {
    /// Index of the caller's.
    pub position: usize,
    /// Share of it, in (0, 1].
    pub share: f64,
}

/// Closes `notional` of the book's positions, the highest rank first and equal ranks by position;
/// calls `close` for each that is touched. Sorts `positions` in place; returns what was closed.
pub fn deleverage(
    notional: f64,
    positions: &mut [RankedPosition],
    mut close: impl FnMut(Deleveraged),
) -> f64 {
    positions.sort_unstable_by(|a, b| {
        b.rank.total_cmp(&a.rank).then_with(|| a.position.cmp(&b.position))
    });
    let mut left = notional;
    for held in positions.iter().filter(|held| held.notional > 0.0) {
        if left <= 0.0 {
            break;
        }
        let closed = left.min(held.notional);
        close(Deleveraged { position: held.position, share: closed / held.notional });
        left -= closed;
    }
    notional - left.max(0.0)
}

/// Shares what the fund left of a debt: the bankrupt notional in that proportion is closed against
/// both kinds of winners, each by its own notional.
pub(super) fn share(
    settled: Settlement,
    debt: f64,
    uncovered: f64,
    bankrupt: f64,
    winners: &Winners,
) -> Settlement {
    let side = winners.own_notional + winners.others_notional;
    if bankrupt <= 0.0 || side <= 0.0 {
        return Settlement { venue: uncovered, ..settled };
    }
    let to_close = bankrupt * (uncovered / debt);
    let rate = (to_close / side).min(1.0);
    // What a unit of bankrupt notional owes, winners lose on a unit of theirs.
    let owed = debt / bankrupt;
    Settlement {
        own_deleveraged_notional: rate * winners.own_notional,
        own_deleveraged_loss: rate * winners.own_notional * owed,
        others_deleveraged_loss: rate * winners.others_notional * owed,
        venue: (to_close - side).max(0.0) * owed,
        ..settled
    }
}
