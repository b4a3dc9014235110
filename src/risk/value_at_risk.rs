//! VaR as an order statistic, with a distribution-free interval.

use super::ranks::{order_statistic_interval, quantile_rank};
use super::{OrderedLosses, RankInterval};
use crate::units::{ConfidenceLevel, Loss, PathId};

/// Name of the estimator and of its interval, for outputs.
pub const VALUE_AT_RISK_ESTIMATOR: &str =
    "order statistic ceil(n·level) (Hyndman–Fan type 1); interval: order statistics, binomial";

/// VaR with its Monte Carlo error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueAtRisk {
    /// The loss exceeded with probability 1 − level.
    pub loss: Loss,
    /// Its level.
    pub level: ConfidenceLevel,
    /// 95 % interval: the losses at `interval_ranks`.
    pub interval_95: [Loss; 2],
    /// Rank of the loss among all, ascending from 1.
    pub rank: usize,
    /// Ranks of the interval with their exact coverage.
    pub interval_ranks: RankInterval,
    /// The path it came from (the lowest id among equals).
    pub path: PathId,
}

/// `L_(⌈nα⌉)` with ranks `l, u` such that `P(l ≤ Bin(n, α) < u) ≥ 0.95`.
pub fn value_at_risk(ordered: &OrderedLosses, level: ConfidenceLevel) -> ValueAtRisk {
    let rank = quantile_rank(ordered.count(), level.get());
    let loss = ordered.order_statistic(rank);
    let ranks = order_statistic_interval(ordered.count(), level);
    ValueAtRisk {
        loss: Loss(loss),
        level,
        interval_95: [ranks.lower, ranks.upper].map(|rank| Loss(ordered.order_statistic(rank))),
        rank,
        interval_ranks: ranks,
        path: ordered.paths()[ordered.tied_with(loss).start],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_one_of_the_first_hundred() {
        let losses: Vec<f64> = (1..=100).map(f64::from).collect();
        let ordered = OrderedLosses::new(&losses).unwrap();
        let found = value_at_risk(&ordered, ConfidenceLevel::new(0.95).unwrap());
        assert_eq!(found.loss, Loss(95.0));
        assert_eq!(found.path, PathId(94));
        assert!(found.interval_95[0] < found.loss && found.loss < found.interval_95[1]);
    }
}
