//! The weights that estimators put on paths, so that contributions can use the same ones.

use super::exceedance::{crossing, tail_mass};
use super::ranks::quantile_rank;
use super::sample::Tail;
use super::{LossSample, PathWeights};
use crate::units::{ConfidenceLevel, PathId};

/// Name of the estimators of contributions, for outputs.
pub const CONTRIBUTION_ESTIMATOR: &str = "ES: the ES estimator's own weights, boundary weight split over ties; VaR: Epanechnikov \
     kernel over ranks around the quantile, rescaled to sum";

/// How contributions of paths with `weights` are estimated, for outputs.
pub fn contribution_estimator(weights: &PathWeights) -> String {
    if weights.are_plain() {
        return CONTRIBUTION_ESTIMATOR.to_owned();
    }
    let kernel = if weights.are_equal() { "ranks" } else { "mass" };
    format!(
        "ES: the ES estimator's own weights, boundary weight split over ties; VaR: Epanechnikov \
         kernel over {kernel} around the quantile, rescaled to sum; {}",
        weights.describe()
    )
}

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
    /// Each path's mass beyond VaR; what is left is split by mass over all paths whose loss is
    /// VaR.
    ///
    /// Splitting makes the weights a function of the losses alone: which of several equal losses
    /// the sort put inside the tail cannot be seen. A loss that many paths share (an account
    /// emptied without recourse) brings all of them in.
    pub fn new(sample: &LossSample, level: ConfidenceLevel) -> Self {
        let mut weights = if sample.weights().are_equal() {
            equal(sample, level)
        } else {
            weighted(sample, level)
        };
        weights.sort_unstable_by_key(|entry| entry.path);
        Self { weights, level, count: sample.count() }
    }
}

/// Share of the tail left for the boundary: rounding can leave a hair of either sign where nα is
/// a whole number.
fn left_for_boundary(beyond_share: f64) -> f64 {
    let left = 1.0 - beyond_share;
    if left > 1e-12 { left } else { 0.0 }
}

fn equal(sample: &LossSample, level: ConfidenceLevel) -> Vec<PathWeight> {
    let count = sample.count();
    let rank = quantile_rank(count, level.get());
    let tail = sample.reaching(|tail| tail.first_rank() <= rank);
    let tied = tail.tied_with(tail.order_statistic(rank));
    let tail_count = count as f64 * level.tail();
    let beyond = 1.0 / tail_count;
    let left = left_for_boundary((tail.len() - tied.end) as f64 / tail_count);
    let boundary = left / tied.len() as f64;
    let weight = |index: usize| if index < tied.end { boundary } else { beyond };
    entries(&tail, tied.start, weight)
}

fn weighted(sample: &LossSample, level: ConfidenceLevel) -> Vec<PathWeight> {
    let weights = sample.weights();
    let tail = sample.reaching(|tail| crossing(weights, tail, level.tail()).is_some());
    let Some(found) = crossing(weights, &tail, level.tail()) else { return Vec::new() };
    let (target, _) = tail_mass(weights, level.tail());
    let mass = |index: usize| weights.mass(tail.path(index));
    let tied: f64 = found.tied.clone().map(mass).sum();
    let boundary = left_for_boundary(found.beyond / target) / tied;
    let boundary = if boundary.is_finite() { boundary } else { 0.0 };
    let weight = |index: usize| {
        if index < found.tied.end { boundary * mass(index) } else { mass(index) / target }
    };
    entries(&tail, found.tied.start, weight)
}

fn entries(tail: &Tail, first: usize, weight: impl Fn(usize) -> f64) -> Vec<PathWeight> {
    let entry =
        |index: usize| PathWeight { path: PathId(tail.path(index) as u64), weight: weight(index) };
    (first..tail.len()).map(entry).filter(|entry| entry.weight != 0.0).collect()
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
            let ordered = LossSample::plain(&losses, &[]).unwrap();
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
        let losses = [1.0, 0.0, 1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let ordered = LossSample::plain(&losses, &[]);
        let found = ExpectedShortfallWeights::new(&ordered.unwrap(), level(0.8));
        // Tail mass 2: all of the loss 2, and one between three equals.
        let weights: Vec<f64> = found.weights.iter().map(|entry| entry.weight).collect();
        for (weight, expected) in weights.iter().zip([1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 0.5]) {
            approx::assert_relative_eq!(*weight, expected, max_relative = 1e-12);
        }
        assert_eq!(weights.len(), 4);
    }
}
