//! The weights that estimators put on paths, so that contributions can use the same ones.

use super::OrderedLosses;
use super::ranks::{order_statistic_interval, quantile_rank};
use super::tail_index::order_statistics_used;
use crate::units::{ConfidenceLevel, PathId};

/// Name of the estimators of contributions, for outputs.
pub const CONTRIBUTION_ESTIMATOR: &str = "ES: the ES estimator's own weights, boundary weight split over ties; VaR: Epanechnikov \
     kernel over ranks around the quantile, rescaled to sum";

/// A path and the weight an estimator puts on its loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathWeight {
    /// The path.
    pub path: PathId,
    /// Its weight; the weights of an estimator sum to one.
    pub weight: f64,
}

/// Weights of ES: `ES = Σ weight · loss`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedShortfallWeights {
    /// By path id.
    pub weights: Vec<PathWeight>,
    /// Level they belong to.
    pub level: ConfidenceLevel,
    /// Number of all losses.
    pub count: usize,
}

impl ExpectedShortfallWeights {
    /// Equal weights beyond VaR; what is left is split evenly over all paths whose loss is VaR.
    ///
    /// Splitting makes the weights a function of the losses alone: which of several equal losses
    /// the sort put inside the tail cannot be seen. A loss that many paths share (an account
    /// emptied without recourse) brings all of them in.
    pub fn new(ordered: &OrderedLosses, level: ConfidenceLevel) -> Self {
        let count = ordered.count();
        let value_at_risk = ordered.order_statistic(quantile_rank(count, level.get()));
        let tied = ordered.tied_with(value_at_risk);
        let tail_count = count as f64 * level.tail();
        let beyond = 1.0 / tail_count;
        let left = 1.0 - (count - tied.end) as f64 / tail_count;
        // Rounding can leave a hair of either sign where nα is a whole number.
        let left = if left > 1e-12 { left } else { 0.0 };
        let boundary = left / tied.len() as f64;
        let mut weights: Vec<PathWeight> = (tied.start..count)
            .map(|index| PathWeight {
                path: ordered.paths()[index],
                weight: if index < tied.end { boundary } else { beyond },
            })
            .filter(|entry| entry.weight > 0.0)
            .collect();
        weights.sort_unstable_by_key(|entry| entry.path);
        Self { weights, level, count }
    }
}

/// Weights of the kernel average around VaR: `E[L_i | L = VaR] ≈ Σ weight · L_i`.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelWeights {
    /// By path id.
    pub weights: Vec<PathWeight>,
    /// Level they belong to.
    pub level: ConfidenceLevel,
}

impl KernelWeights {
    /// An Epanechnikov kernel over the ranks within [`Self::half_width`] of the quantile's.
    pub fn new(ordered: &OrderedLosses, level: ConfidenceLevel) -> Self {
        let count = ordered.count();
        let rank = quantile_rank(count, level.get());
        let half_width = Self::half_width(count, level);
        let (low, high) = ((rank - half_width).max(1), (rank + half_width).min(count));
        let height = |other: usize| {
            let distance = other.abs_diff(rank) as f64 / (half_width + 1) as f64;
            1.0 - distance * distance
        };
        let total: f64 = (low..=high).map(height).sum();
        let mut weights: Vec<PathWeight> = (low..=high)
            .map(|other| PathWeight {
                path: ordered.paths()[other - 1],
                weight: height(other) / total,
            })
            .collect();
        weights.sort_unstable_by_key(|entry| entry.path);
        Self { weights, level }
    }

    /// Ranks taken on each side: `½·(n(1−α))^{4/5}`, the order that balances the bias of a local
    /// average against its variance (Silverman 1986, §3.3), and never beyond the sample.
    pub fn half_width(count: usize, level: ConfidenceLevel) -> usize {
        let tail_count = count as f64 * level.tail();
        let rank = quantile_rank(count, level.get());
        let wanted = (0.5 * libm::pow(tail_count, 0.8)).round() as usize;
        wanted.min(count - rank).min(rank - 1)
    }
}

/// The lowest rank that VaR, its interval, kernel contributions, the tail index or the worst
/// paths read: a revaluation by proxy must be exact from there up.
pub fn lowest_rank_needed(count: usize, levels: &[ConfidenceLevel], worst_paths: usize) -> usize {
    let per_level = levels.iter().map(|&level| {
        let kernel = quantile_rank(count, level.get()) - KernelWeights::half_width(count, level);
        kernel.min(order_statistic_interval(count, level).lower)
    });
    let worst = count.saturating_sub(worst_paths) + 1;
    let tail = count.saturating_sub(order_statistics_used(count)).max(1);
    per_level.chain([worst.min(count), tail]).min().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::expected_shortfall;
    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    fn sum(weights: &[PathWeight], losses: &[f64]) -> f64 {
        let terms = weights.iter().map(|entry| entry.weight * losses[entry.path.0 as usize]);
        terms.sum()
    }

    #[test]
    fn weights_reproduce_the_shortfall_with_and_without_ties() {
        let smooth: Vec<f64> = (0..997).map(|i| f64::from(i * 37 % 997)).collect();
        let tied: Vec<f64> = smooth.iter().map(|loss| (loss / 100.0).floor()).collect();
        for losses in [smooth, tied] {
            let ordered = OrderedLosses::new(&losses).unwrap();
            for alpha in [0.9, 0.95, 0.99] {
                let found = ExpectedShortfallWeights::new(&ordered, level(alpha));
                let total: f64 = found.weights.iter().map(|entry| entry.weight).sum();
                approx::assert_relative_eq!(total, 1.0, max_relative = 1e-12);
                let expected = expected_shortfall(&ordered, level(alpha)).loss.amount();
                approx::assert_relative_eq!(
                    sum(&found.weights, &losses),
                    expected,
                    max_relative = 1e-12
                );
            }
        }
    }

    #[test]
    fn ties_share_the_boundary_alike() {
        let ordered = OrderedLosses::new(&[1.0, 0.0, 1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let found = ExpectedShortfallWeights::new(&ordered.unwrap(), level(0.8));
        // Tail mass 2: all of the loss 2, and one between three equals.
        let weights: Vec<f64> = found.weights.iter().map(|entry| entry.weight).collect();
        for (weight, expected) in weights.iter().zip([1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 0.5]) {
            approx::assert_relative_eq!(*weight, expected, max_relative = 1e-12);
        }
        assert_eq!(weights.len(), 4);
    }

    #[test]
    fn the_kernel_is_symmetric_and_sums_to_one() {
        let losses: Vec<f64> = (0..10_000).map(f64::from).collect();
        let ordered = OrderedLosses::new(&losses).unwrap();
        let found = KernelWeights::new(&ordered, level(0.99));
        // Half-width ½·100^0.8 = 19.9: 20 ranks either side of 9900, whose loss is 9899.
        assert_eq!(found.weights.len(), 41);
        approx::assert_relative_eq!(sum(&found.weights, &losses), 9_899.0, max_relative = 1e-12);
    }

    #[test]
    fn the_lowest_rank_reaches_below_every_figure() {
        let levels = [level(0.975), level(0.99)];
        let lowest = lowest_rank_needed(100_000, &levels, 20);
        assert!(lowest <= order_statistic_interval(100_000, levels[0]).lower);
        assert!(lowest <= 97_500 - KernelWeights::half_width(100_000, levels[0]));
        assert_eq!(lowest_rank_needed(1, &levels, 20), 1);
    }
}
