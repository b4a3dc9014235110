//! ES with exact boundary weight, its Monte Carlo error, and a fast version for solvers.
//!
//! `ES_α = (1/(1−α))·[ (1/n)·Σ_{i>⌈nα⌉} L_(i) + (⌈nα⌉/n − α)·L_(⌈nα⌉) ]` (Acerbi & Tasche 2002).
//! Standard error: `√((Var(L | L>VaR) + α(ES−VaR)²) / (n(1−α)))` (Manistre & Hancock 2005): the
//! influence function's, exact to first order. In heavy tails it under-covers, because the tail
//! variance itself is poorly known: see [`super::tail_index`].
//!
//! The interval corrects for the skewness of the influence values of paths or of their units (Hall
//! 1992; [`super::skewed`]): few of them reach the tail, and what controls leave of a nearly linear
//! book is a few large residuals.

use super::depth::Needs;
use super::exceedance::{crossing, tail_mass};
use super::ranks::rank_and_boundary;
use super::sample::Tail;
use super::select::Entry;
use super::skewed;
use super::unit_sums::UnitSums;
use super::{LossSample, NORMAL_95, PathWeights, RiskError};
use crate::units::{ConfidenceLevel, Loss};

/// Name of the estimator and of its interval, for outputs.
pub const EXPECTED_SHORTFALL_ESTIMATOR: &str = "mean of the worst n·(1−level) losses, boundary weighted (Acerbi–Tasche); \
     error: Manistre–Hancock, interval: Hall";

/// ES with its Monte Carlo error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedShortfall {
    /// Mean loss of the worst 1 − level.
    pub loss: Loss,
    /// Its level.
    pub level: ConfidenceLevel,
    /// Standard error.
    pub standard_error: f64,
    /// A normal error whose interval is as wide: above the standard error where few units tell it.
    pub normal_error: f64,
    /// Corrected for skewness: its upper end lies farther away than the lower one.
    pub interval_95: [Loss; 2],
    /// VaR at the same level, where the tail begins.
    pub value_at_risk: Loss,
}

/// How ES and its error are estimated from paths with `weights`, for outputs.
pub fn expected_shortfall_estimator(weights: &PathWeights) -> String {
    if weights.are_plain() {
        return EXPECTED_SHORTFALL_ESTIMATOR.to_owned();
    }
    format!("VaR plus the mean excess over it by mass, over 1 − level; {}", weights.describe())
}

/// ES of a sample.
pub fn expected_shortfall(sample: &LossSample, level: ConfidenceLevel) -> ExpectedShortfall {
    with_interval(shortfall(sample, level), level)
}

pub(super) fn with_interval(found: TailMean, level: ConfidenceLevel) -> ExpectedShortfall {
    ExpectedShortfall {
        loss: Loss(found.expected_shortfall),
        level,
        standard_error: found.standard_error,
        normal_error: found.normal_error,
        interval_95: found.ends.map(|by| Loss(found.expected_shortfall + by)),
        value_at_risk: Loss(found.value_at_risk),
    }
}

/// ES, its standard error and VaR.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailMean {
    /// Expected shortfall.
    pub expected_shortfall: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// A normal error whose 95 % interval is as wide: above the standard error where few units
    /// tell it. Sums and differences of figures carry this one.
    pub normal_error: f64,
    /// Ends of the 95 % interval, less ES.
    pub ends: [f64; 2],
    /// VaR at the same level.
    pub value_at_risk: f64,
}

/// The same figures, bit for bit, as [`expected_shortfall`] of the sample of `losses` with
/// `weights`.
///
/// # Errors
/// As [`LossSample::new`].
pub fn tail_mean(
    losses: &[f64],
    weights: &PathWeights,
    level: ConfidenceLevel,
) -> Result<TailMean, RiskError> {
    let needs = Needs { levels: &[level], worst_paths: 1 };
    Ok(shortfall(&LossSample::new(losses, weights, &needs)?, level))
}

fn shortfall(sample: &LossSample, level: ConfidenceLevel) -> TailMean {
    if sample.weights().are_plain() { plain(sample, level) } else { weighted(sample, level) }
}

fn plain(sample: &LossSample, level: ConfidenceLevel) -> TailMean {
    let (rank, boundary) = rank_and_boundary(sample.count(), level.get());
    let tail = sample.reaching(|tail| tail.first_rank() <= rank);
    let entries = &tail.entries[rank - tail.first_rank()..];
    tail_mean_of(entries, boundary, sample.count(), level)
}

/// `VaR + Σ w(L − VaR)⁺/(n(1−α))`; the influence of a path is `w(L − VaR)⁺/(1−α)`: VaR, where
/// that sum is least in it, adds nothing to first order.
fn weighted(sample: &LossSample, level: ConfidenceLevel) -> TailMean {
    let weights = sample.weights();
    let find = |tail: &Tail| crossing(weights, tail, level.tail());
    let tail = sample.reaching(|tail| find(tail).is_some());
    let found = find(&tail).map_or(0..1, |found| found.tied);
    let value_at_risk = tail.entries[found.start].0;
    let excess = |index: usize| tail.entries[index].0 - value_at_risk;
    let (target, _) = tail_mass(weights, level.tail());
    let beyond = found.end..tail.len();
    let total: f64 =
        beyond.clone().map(|index| weights.mass(tail.path(index)) * excess(index)).sum();
    let mut values: Vec<(usize, f64)> = beyond
        .map(|index| (tail.path(index), weights.ratio(tail.path(index)) * excess(index)))
        .collect();
    values.sort_unstable_by_key(|(path, _)| *path);
    let mut sums = UnitSums::new(weights);
    sums.add_ascending(values.iter().copied());
    let standard_error = sums.standard_error() / level.tail();
    let skewness = sums.skewness(values.into_iter());
    let ends = skewed::interval(weights.quantile_95(), skewness).map(|end| end * standard_error);
    TailMean {
        expected_shortfall: value_at_risk + total / target,
        standard_error,
        normal_error: 0.5 * (ends[1] - ends[0]) / NORMAL_95,
        ends,
        value_at_risk,
    }
}

/// Figures from the ascending tail, whose first loss is VaR and counts `boundary` times.
fn tail_mean_of(tail: &[Entry], boundary: f64, count: usize, level: ConfidenceLevel) -> TailMean {
    let value_at_risk = tail[0].0;
    let excesses = || tail[1..].iter().map(|(loss, _)| loss - value_at_risk);
    let mass = (tail.len() - 1) as f64 + boundary;
    // Excesses over VaR: the boundary loss adds nothing, and large common offsets do not cancel.
    let over_mass = |sum: f64| if mass > 0.0 { sum / mass } else { 0.0 };
    let mean = over_mass(excesses().sum());
    let about = |excess: f64| excess - mean;
    let squares: f64 = excesses().map(|excess| about(excess) * about(excess)).sum();
    let cubes: f64 = excesses().map(|excess| about(excess) * about(excess) * about(excess)).sum();
    let excess = ExcessMoments {
        mean,
        variance: over_mass(squares + boundary * mean * mean),
        third: over_mass(cubes - boundary * mean * mean * mean),
    };
    of_excesses(value_at_risk, excess, count, level)
}

/// The excess over VaR, given that it is exceeded: mean, second and third central moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExcessMoments {
    pub mean: f64,
    pub variance: f64,
    pub third: f64,
}

impl ExcessMoments {
    /// Second and third central moment of `(L − VaR)⁺` over all paths, of which `share` exceed.
    fn of_all(&self, share: f64) -> [f64; 2] {
        let Self { mean, variance, third } = *self;
        let square = variance + mean * mean;
        let cube = third + 3.0 * mean * variance + mean * mean * mean;
        let all_mean = share * mean;
        [
            share * (variance + (1.0 - share) * mean * mean),
            share * cube - 3.0 * all_mean * share * square + 2.0 * all_mean * all_mean * all_mean,
        ]
    }
}

/// Figures from the moments of the excess over VaR.
pub(super) fn of_excesses(
    value_at_risk: f64,
    excess: ExcessMoments,
    count: usize,
    level: ConfidenceLevel,
) -> TailMean {
    let (share, count) = (level.tail(), count as f64);
    let [variance, third] = excess.of_all(share);
    let standard_error = (variance / count).sqrt() / share;
    let root = variance.sqrt();
    let skewness = third / root / root / root / count.sqrt();
    // Nothing spreads, or its cube is beyond doubles.
    let skewness = if skewness.is_finite() { skewness } else { 0.0 };
    let ends = skewed::interval(NORMAL_95, skewness).map(|end| end * standard_error);
    TailMean {
        expected_shortfall: value_at_risk + excess.mean,
        standard_error,
        normal_error: 0.5 * (ends[1] - ends[0]) / NORMAL_95,
        ends,
        value_at_risk,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    #[test]
    fn boundary_weight_by_hand() {
        // n = 10, α = 0.85: rank 9, tail mass 1.5 = 10 + half of 9, so ES = (10 + 4.5)/1.5.
        let losses: Vec<f64> = (1..=10).map(f64::from).collect();
        let found = expected_shortfall(&LossSample::plain(&losses, &[]).unwrap(), level(0.85));
        approx::assert_relative_eq!(found.loss.amount(), 14.5 / 1.5, max_relative = 1e-14);
        assert_eq!(found.value_at_risk, Loss(9.0));
    }

    #[test]
    fn an_atom_is_exact() {
        // Loss 100 with probability 4 %, else 0: at 95 % VaR is 0 and ES = 100·0.04/0.05.
        let losses: Vec<f64> = (0..1_000).map(|i| if i % 25 == 0 { 100.0 } else { 0.0 }).collect();
        let found = expected_shortfall(&LossSample::plain(&losses, &[]).unwrap(), level(0.95));
        approx::assert_relative_eq!(found.loss.amount(), 80.0, max_relative = 1e-12);
        // A Bernoulli mean scaled by 100/0.05: deviation 2000·√(0.04·0.96/1000).
        let expected = 2_000.0 * (0.04f64 * 0.96 / 1_000.0).sqrt();
        approx::assert_relative_eq!(found.standard_error, expected, max_relative = 1e-12);
        // Skewness of a Bernoulli variable, (1 − 2p)/√(p(1−p)), over √n.
        let skewness = 0.92 / (0.04f64 * 0.96 * 1_000.0).sqrt();
        let ends = skewed::interval(NORMAL_95, skewness).map(|end| 80.0 + end * expected);
        for (found, end) in found.interval_95.iter().zip(ends) {
            approx::assert_relative_eq!(found.amount(), end, max_relative = 1e-12);
        }
    }

    #[test]
    fn selection_gives_the_same_bits_as_sorting() {
        let losses: Vec<f64> = (0..40_001u64)
            .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 * 1e-9)
            .collect();
        for alpha in [0.9, 0.975, 0.99, 0.999, 0.9999] {
            let sorted =
                expected_shortfall(&LossSample::plain(&losses, &[]).unwrap(), level(alpha));
            let selected =
                tail_mean(&losses, &PathWeights::plain(losses.len()), level(alpha)).unwrap();
            assert_eq!(selected.expected_shortfall, sorted.loss.amount());
            assert_eq!(selected.standard_error, sorted.standard_error);
        }
    }

    #[test]
    fn one_path_is_its_own_tail() {
        let found = tail_mean(&[5.0], &PathWeights::plain(1), level(0.99)).unwrap();
        assert_eq!(found.expected_shortfall, 5.0);
        assert_eq!((found.standard_error, found.ends), (0.0, [0.0; 2]));
    }

    #[test]
    fn the_normal_tail_and_its_error_are_the_closed_forms() {
        // A grid of normal quantiles is the distribution itself: ES 2.665214 (φ(z)/(1−α)), and
        // the asymptotic error from E[Z² | Z>z] = 1 + z·ES.
        use statrs::distribution::{ContinuousCDF, Normal};
        let normal = Normal::standard();
        let count = 200_000;
        let losses: Vec<f64> = (0..count)
            .map(|i| normal.inverse_cdf((f64::from(i) + 0.5) / f64::from(count)))
            .collect();
        let found = tail_mean(&losses, &PathWeights::plain(losses.len()), level(0.99)).unwrap();
        let (z, es) = (2.326_347_874_040_841_f64, 2.665_214_220_345_808_f64);
        let variance = 1.0 + z * es - es * es;
        let error = ((variance + 0.99 * (es - z) * (es - z)) / 2_000.0).sqrt();
        approx::assert_relative_eq!(found.expected_shortfall, es, max_relative = 2e-5);
        approx::assert_relative_eq!(found.standard_error, error, max_relative = 1e-3);
    }
}
