//! VaR as a weighted order statistic, with an interval that needs no density.

use super::exceedance::crossing;
use super::ranks::{order_statistic_interval, quantile_rank};
use super::sample::Tail;
use super::{LossSample, PathWeights, RankInterval};
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
    /// Ranks of the interval; their coverage is exact in a plain sample, nominal otherwise.
    pub interval_ranks: RankInterval,
    /// The path it came from (the lowest id among equals).
    pub path: PathId,
}

/// How VaR and its interval are estimated from paths with `weights`, for outputs.
pub fn value_at_risk_estimator(weights: &PathWeights) -> String {
    if weights.are_plain() {
        return VALUE_AT_RISK_ESTIMATOR.to_owned();
    }
    format!(
        "smallest loss whose mass beyond is at most 1 − level; interval: inverted test of the \
         tail probability; {}",
        weights.describe()
    )
}

/// The smallest loss whose mass beyond is at most n(1 − α), with its 95 % interval.
///
/// In a plain sample `L_(⌈nα⌉)` with ranks `l, u` such that `P(l ≤ Bin(n, α) < u) ≥ 0.95`; else
/// the losses at which the tail probability does not differ from 1 − α by more than its error.
pub fn value_at_risk(sample: &LossSample, level: ConfidenceLevel) -> ValueAtRisk {
    if sample.weights().are_plain() { plain(sample, level) } else { weighted(sample, level) }
}

fn plain(sample: &LossSample, level: ConfidenceLevel) -> ValueAtRisk {
    let rank = quantile_rank(sample.count(), level.get());
    let ranks = order_statistic_interval(sample.count(), level);
    let tail = sample.reaching(|tail| tail.first_rank() <= rank.min(ranks.lower));
    let loss = tail.order_statistic(rank);
    ValueAtRisk {
        loss: Loss(loss),
        level,
        interval_95: [ranks.lower, ranks.upper].map(|rank| Loss(tail.order_statistic(rank))),
        rank,
        interval_ranks: ranks,
        path: PathId(tail.path(tail.tied_with(loss).start) as u64),
    }
}

fn weighted(sample: &LossSample, level: ConfidenceLevel) -> ValueAtRisk {
    let find = |tail: &Tail| crossing(sample.weights(), tail, level.tail());
    let tail = sample.reaching(|tail| find(tail).is_some_and(|found| found.lower.is_some()));
    let found = find(&tail);
    let (at, upper, lower) = found.map_or((0, tail.len() - 1, 0), |found| {
        (found.tied.start, found.upper, found.lower.unwrap_or(0))
    });
    let rank = |index: usize| tail.first_rank() + index;
    let loss = |index: usize| Loss(tail.entries[index].0);
    ValueAtRisk {
        loss: loss(at),
        level,
        interval_95: [lower, upper].map(loss),
        rank: rank(at),
        interval_ranks: RankInterval { lower: rank(lower), upper: rank(upper), coverage: 0.95 },
        path: PathId(tail.path(at) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_one_of_the_first_hundred() {
        let losses: Vec<f64> = (1..=100).map(f64::from).collect();
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        let found = value_at_risk(&ordered, ConfidenceLevel::new(0.95).unwrap());
        assert_eq!(found.loss, Loss(95.0));
        assert_eq!(found.path, PathId(94));
        assert!(found.interval_95[0] < found.loss && found.loss < found.interval_95[1]);
    }
}
