//! Probability of losing more than an amount.

use super::unit_sums::UnitSums;
use super::{LossSample, NORMAL_95, PathWeights, RiskError};

/// Name of the estimator and of its interval, for outputs.
pub const PROBABILITY_ESTIMATOR: &str = "share of paths; interval: Wilson score";

/// A share of paths with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbabilityEstimate {
    /// Share of paths.
    pub probability: f64,
    /// 95 % interval; its upper end is positive even where no path was hit.
    pub interval_95: [f64; 2],
}

/// How a probability is estimated from paths with `weights`, for outputs.
pub fn probability_estimator(weights: &PathWeights) -> String {
    if weights.are_plain() {
        return PROBABILITY_ESTIMATOR.to_owned();
    }
    format!("mass of paths; interval: Wilson score at the effective number; {}", weights.describe())
}

/// Share of the losses above `amount`, with the interval of [`probability_of_paths`].
pub fn probability_of_loss_beyond(sample: &LossSample, amount: f64) -> ProbabilityEstimate {
    let losses = sample.losses().iter().enumerate();
    let hits = losses.filter(|(_, loss)| **loss > amount).map(|(path, _)| path);
    probability_of_paths(sample.weights(), hits)
}

/// Probability of an event that happened on the paths `hits`, ascending, with the score interval
/// of Wilson (1927).
///
/// Of weighted or dependent paths the estimate is the mass of the hits over the number of paths
/// (unbiased: masses are not normalised), held within 0 and 1, and its interval the score interval
/// of the effective number of paths, the one that a binomial share of the same standard error
/// would have (Korn & Graubard 1998); where no path is hit, of the number of independent units.
pub fn probability_of_paths(
    weights: &PathWeights,
    hits: impl Iterator<Item = usize> + Clone,
) -> ProbabilityEstimate {
    let count = weights.count() as f64;
    if weights.are_plain() {
        return wilson(hits.count() as f64 / count, count, NORMAL_95);
    }
    let mass: f64 = hits.clone().map(|path| weights.mass(path)).sum();
    let mut sums = UnitSums::new(weights);
    sums.add_ascending(hits.map(|path| (path, weights.ratio(path))));
    // An empty sum is −0.
    let (share, error) = ((mass / count + 0.0).clamp(0.0, 1.0), sums.standard_error());
    let binomial = share * (1.0 - share);
    let worth = if error > 0.0 && binomial > 0.0 {
        binomial / (error * error)
    } else {
        weights.units() as f64
    };
    wilson(share, worth, weights.quantile_95())
}

/// Mean over all paths of a quantity that is zero but on some, `(path, value)`.
pub fn mean_over_paths(weights: &PathWeights, values: impl Iterator<Item = (usize, f64)>) -> f64 {
    let total: f64 = values.map(|(path, value)| weights.mass(path) * value).sum();
    total / weights.count() as f64
}

/// Mean over all paths of a quantity that is zero but on some, `(path, value)`, ascending, with its
/// standard error.
pub fn mean_and_error(
    weights: &PathWeights,
    values: impl Iterator<Item = (usize, f64)> + Clone,
) -> (f64, f64) {
    let mut sums = UnitSums::new(weights);
    sums.add_ascending(values.clone().map(|(path, value)| (path, weights.ratio(path) * value)));
    (mean_over_paths(weights, values), sums.standard_error())
}

/// `hits` of `count` equally likely, independent paths, with the score interval of Wilson (1927).
///
/// # Errors
/// [`RiskError::Empty`] without paths.
pub fn share_of_paths(hits: u64, count: u64) -> Result<ProbabilityEstimate, RiskError> {
    if count == 0 {
        return Err(RiskError::Empty);
    }
    Ok(wilson(hits as f64 / count as f64, count as f64, NORMAL_95))
}

fn wilson(share: f64, count: f64, quantile: f64) -> ProbabilityEstimate {
    let hits = share * count;
    let squared = quantile * quantile;
    let centre = (hits + 0.5 * squared) / (count + squared);
    let spread = (share * (1.0 - share) * count + 0.25 * squared).sqrt();
    let half_width = quantile * spread / (count + squared);
    ProbabilityEstimate {
        probability: share,
        interval_95: [
            (centre - half_width).clamp(0.0, share),
            (centre + half_width).clamp(share, 1.0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_as_published() {
        // Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 gives 0.2553 to 0.3662,
        // 0 of 20 gives 0.0000 to 0.1611, 1 of 29 gives 0.0061 to 0.1718.
        for (hits, count, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (0.0, 20.0, 0.0, 0.1611), (1.0, 29.0, 0.0061, 0.1718)]
        {
            let found = wilson(hits / count, count, NORMAL_95);
            assert!((found.interval_95[0] - low).abs() < 5e-5, "{found:?}");
            assert!((found.interval_95[1] - high).abs() < 5e-5, "{found:?}");
        }
    }

    #[test]
    fn a_loss_equal_to_the_amount_is_not_beyond_it() {
        let sample = LossSample::plain(&[1.0, 2.0, 3.0, 4.0], &[]).unwrap();
        assert_eq!(probability_of_loss_beyond(&sample, 2.0).probability, 0.5);
    }

    fn half_hit(losses: &[f64], weights: &PathWeights, amount: f64) -> ProbabilityEstimate {
        let needs = super::super::Needs { levels: &[], worst_paths: 1 };
        let sample = LossSample::new(losses, weights, &needs).unwrap();
        probability_of_loss_beyond(&sample, amount)
    }

    #[test]
    fn equal_ratios_are_worth_their_number() {
        let losses: Vec<f64> = (0..100).map(f64::from).collect();
        let ones = vec![1.0; 100];
        let design = super::super::SampleDesign::plain();
        let weights = PathWeights::new(100, &ones, &[], &design).unwrap();
        let found = half_hit(&losses, &weights, 89.5);
        // One degree of freedom and Student-t apart, Wilson's interval of 10 in 100.
        let plain = wilson(0.1, 100.0, NORMAL_95);
        assert_eq!(found.probability, 0.1);
        for (found, plain) in found.interval_95.iter().zip(plain.interval_95) {
            assert!((found - plain).abs() < 2e-3, "{found} {plain}");
        }
        // 0 of 100: 3.70 % (1.96²/(100 + 1.96²)), with t of 99 degrees 3.79 %.
        assert!((half_hit(&losses, &weights, 100.0).interval_95[1] - 0.0379).abs() < 1e-4);
    }
}
