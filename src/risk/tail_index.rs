//! Is the tail too heavy for the error of ES? Hill's estimate of the tail index.
//!
//! `ξ̂ = (1/k)·Σ_{i≤k} ln(L_(n−i+1)/L_(n−k))` (Hill 1975), standard error `ξ̂/√k`, on the largest
//! 0.5 % of losses (at least 25): deep enough that light tails read low, wide enough to be stable.
//!
//! Hill's bias is upward for every family met here, which is the safe side for a warning.
//! Measured at n = 10^5 (mean over 60 samples; true ξ in brackets): normal 0.11 (0), exponential
//! 0.16 (0), Student-t ν = 12 0.16 (0.08), ν = 6 0.21 (0.17), ν = 5 0.23 (0.2), ν = 4 0.28 (0.25),
//! ν = 3 0.35 (0.33), square of a normal 0.22 (0). The unbiased alternatives (moment estimator,
//! probability-weighted moments) miss ν = 4 in a quarter of samples, so they were not taken.

use super::sample::Tail;
use super::unit_sums::UnitSums;
use super::{LossSample, PathWeights};

/// Name of the estimator, for outputs.
pub const TAIL_INDEX_ESTIMATOR: &str = "Hill, largest 0.5 % of losses (at least 25)";

/// Above this ξ̂ the 95 % interval of ES covers less than it says.
pub const HEAVY_TAIL_FROM: f64 = 0.2;

/// Upper ends of tail indices, each with the share of runs in which the 95 % interval of ES covers
/// the truth: 2,000 runs of 50,000 plain paths, Student-t losses up to ξ = 0.33 and Pareto losses from
/// 0.4 to 0.7, at 97.5 % and 99 % (`cargo run --release --example coverage`).
const COVERAGE: [(f64, [f64; 2]); 4] =
    [(0.2, [0.95, 0.95]), (0.45, [0.93, 0.94]), (0.55, [0.92, 0.93]), (0.65, [0.89, 0.9])];
/// And beyond them.
const COVERAGE_BEYOND: [f64; 2] = [0.0, 0.84];

/// From here on the variance of losses is infinite: four times the paths do not halve errors of ES.
pub const INFINITE_VARIANCE_FROM: f64 = 0.5;

/// Bounds of the share of runs in which the 95 % interval of ES covers the truth at a tail index.
pub fn shortfall_coverage(xi: f64) -> [f64; 2] {
    let band = COVERAGE.iter().find(|(upper, _)| xi <= *upper);
    band.map_or(COVERAGE_BEYOND, |(_, covered)| *covered)
}

const ORDER_STATISTICS_MIN: usize = 25;
/// The largest 1/200 of losses, or of mass, is used,
const SHARE_USED_INVERSE: usize = 200;
/// and never more than a tenth.
const MASS_SHARE_MAX: f64 = 0.1;

/// Tail index with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailIndexEstimate {
    /// ξ̂: losses beyond x fall like `x^(−1/ξ)`.
    pub xi: f64,
    /// `ξ̂/√k`; from the spread of units where paths are weighted or dependent.
    pub standard_error: f64,
    /// k, the losses used.
    pub order_statistics: usize,
    /// Whether ξ̂ is above [`HEAVY_TAIL_FROM`].
    pub heavy_tail: bool,
}

/// Largest losses used of `count`.
pub(super) fn order_statistics_used(count: usize) -> usize {
    (count / SHARE_USED_INVERSE).max(ORDER_STATISTICS_MIN)
}

/// How the tail index is estimated from paths with `weights`, for outputs.
pub fn tail_index_estimator(weights: &PathWeights) -> String {
    if weights.are_plain() {
        return TAIL_INDEX_ESTIMATOR.to_owned();
    }
    format!("Hill, largest 0.5 % of the mass (at least 25 paths); {}", weights.describe())
}

/// Hill's estimate, each loss counting by its mass; `None` for fewer than 250 losses, where the
/// largest are not all positive, or where fewer than 25 paths hold a tenth of all mass.
pub fn tail_index(sample: &LossSample) -> Option<TailIndexEstimate> {
    if sample.weights().are_equal() { equal(sample) } else { weighted(sample) }
}

fn equal(sample: &LossSample) -> Option<TailIndexEstimate> {
    let count = sample.count();
    let used = order_statistics_used(count);
    if used * 10 > count {
        return None;
    }
    let tail = sample.reaching(|tail| tail.first_rank() <= count - used);
    let first = tail.len() - used;
    let threshold = tail.entries[first - 1].0;
    if threshold <= 0.0 {
        return None;
    }
    let log = |index: usize| libm::log(tail.entries[index].0 / threshold);
    let sum: f64 = (first..tail.len()).map(log).sum();
    let xi = sum / used as f64;
    let standard_error = if sample.weights().are_plain() {
        xi / (used as f64).sqrt()
    } else {
        spread(&tail, first, sample.weights(), |index| log(index) - xi) / used as f64
    };
    Some(estimate(xi, standard_error, used))
}

fn weighted(sample: &LossSample) -> Option<TailIndexEstimate> {
    let weights = sample.weights();
    let tail = sample.reaching(|tail| lowest_index(tail, weights).is_some());
    let first = lowest_index(&tail, weights)? + 1;
    let threshold = tail.entries[first - 1].0;
    let mass: f64 = (first..tail.len()).map(|index| weights.mass(tail.path(index))).sum();
    let used = tail.len() - first;
    let too_much = mass > MASS_SHARE_MAX * sample.count() as f64;
    if threshold <= 0.0 || mass <= 0.0 || used < ORDER_STATISTICS_MIN || too_much {
        return None;
    }
    let log = |index: usize| libm::log(tail.entries[index].0 / threshold);
    let weighted = |index: usize| weights.mass(tail.path(index)) * log(index);
    let xi = (first..tail.len()).map(weighted).sum::<f64>() / mass;
    let error = spread(&tail, first, weights, |index| log(index) - xi) / mass;
    Some(estimate(xi, error, used))
}

/// Standard error of `Σ ratio · value` over the entries from `first` on.
fn spread(tail: &Tail, first: usize, weights: &PathWeights, value: impl Fn(usize) -> f64) -> f64 {
    let term = |index: usize| {
        let path = tail.path(index);
        (path, weights.ratio(path) * value(index))
    };
    let mut values: Vec<(usize, f64)> = (first..tail.len()).map(term).collect();
    values.sort_unstable_by_key(|(path, _)| *path);
    let mut sums = UnitSums::new(weights);
    sums.add_ascending(values.into_iter());
    sums.standard_error() * weights.count() as f64
}

/// Index of the loss that Hill's ratios divide by; `None` where the tail ends above it.
pub(super) fn lowest_index(tail: &Tail, weights: &PathWeights) -> Option<usize> {
    if weights.are_equal() {
        let used = order_statistics_used(weights.count()).min(weights.count() - 1);
        return tail.len().checked_sub(used + 1);
    }
    let target = weights.count() as f64 / SHARE_USED_INVERSE as f64;
    let mut beyond = 0.0;
    let held = (0..tail.len()).rev().take_while(|&index| {
        let wanted = beyond < target || tail.len() - 1 - index < ORDER_STATISTICS_MIN;
        beyond += weights.mass(tail.path(index));
        wanted
    });
    let used = held.count();
    let whole = tail.is_whole().then_some(0);
    tail.len().checked_sub(used + 1).or(whole)
}

pub(super) fn estimate(xi: f64, standard_error: f64, order_statistics: usize) -> TailIndexEstimate {
    TailIndexEstimate { xi, standard_error, order_statistics, heavy_tail: xi > HEAVY_TAIL_FROM }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of a distribution on an even grid: the distribution without sampling noise.
    fn grid(quantile: impl Fn(f64) -> f64) -> Vec<f64> {
        let count = 100_000;
        (0..count).map(|i| quantile((f64::from(i) + 0.5) / f64::from(count))).collect()
    }

    fn hill(losses: &[f64]) -> Option<TailIndexEstimate> {
        tail_index(&LossSample::plain(losses, &[]).unwrap())
    }

    #[test]
    fn a_pareto_tail_is_read_exactly() {
        // Quantile (1−p)^(−ξ): Hill is unbiased.
        for xi in [0.1, 0.3, 0.5] {
            let found = hill(&grid(|p| libm::pow(1.0 - p, -xi))).unwrap();
            approx::assert_relative_eq!(found.xi, xi, max_relative = 0.01);
            assert_eq!(found.heavy_tail, xi > 0.2);
            assert_eq!(found.order_statistics, 500);
        }
    }

    #[test]
    fn normal_and_exponential_tails_are_not_flagged() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let normal = Normal::standard();
        assert!(!hill(&grid(|p| normal.inverse_cdf(p))).unwrap().heavy_tail);
        assert!(!hill(&grid(|p| -libm::log1p(-p))).unwrap().heavy_tail);
    }

    #[test]
    fn a_student_tail_of_four_degrees_is_flagged() {
        use statrs::distribution::{ContinuousCDF, StudentsT};
        let student = StudentsT::new(0.0, 1.0, 4.0).unwrap();
        assert!(hill(&grid(|p| student.inverse_cdf(p))).unwrap().heavy_tail);
    }

    #[test]
    fn profits_have_no_tail_index() {
        assert_eq!(hill(&grid(|p| p - 2.0)), None);
        assert_eq!(hill(&[1.0; 100]), None);
    }

    #[test]
    fn masses_reweigh_the_tail() {
        // Uniforms v drawn as √u have density 2v, ratio 1/(2v); 1 − v is a probability of loss
        // beyond v^… : the Pareto tail of v under its ratio is that of a uniform.
        use super::super::SampleDesign;
        use super::super::depth::Needs;
        let count = 200_000;
        let drawn = |i: i32| libm::sqrt((f64::from(i) + 0.5) / f64::from(count));
        let losses: Vec<f64> = (0..count).map(|i| libm::pow(1.0 - drawn(i), -0.3)).collect();
        let ratios: Vec<f64> = (0..count).map(|i| 0.5 / drawn(i)).collect();
        let weights = PathWeights::new(losses.len(), &ratios, &[], &SampleDesign::plain()).unwrap();
        let needs = Needs { levels: &[], worst_paths: 1 };
        let found = tail_index(&LossSample::new(&losses, &weights, &needs).unwrap()).unwrap();
        approx::assert_relative_eq!(found.xi, 0.3, max_relative = 0.01);
        // 0.5 % of the mass is drawn twice as often: 2000 paths, each of mass one half.
        assert!(found.order_statistics.abs_diff(2_000) < 20, "{found:?}");
        let expected = found.xi / (found.order_statistics as f64).sqrt();
        approx::assert_relative_eq!(found.standard_error, expected, max_relative = 0.02);
    }
}
