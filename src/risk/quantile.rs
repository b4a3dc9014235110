//! How a sample quantile is read, by convention.
//!
//! plimsoll's VaR is [`QuantileEstimator::InverseEmpirical`]; the others are there to reproduce
//! figures of other systems and to say by how much a convention moves them.

use super::RiskError;
use super::ranks::quantile_rank;
use super::sample::refuse_unmeasurable;

/// How a sample quantile is read (Hyndman & Fan 1996).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantileEstimator {
    /// Type 1: `x_(⌈np⌉)`.
    InverseEmpirical,
    /// Type 7: linear between order statistics at `1 + (n−1)p`; default of R and NumPy.
    Linear,
    /// `x_(⌊np⌋+1)`: the next order statistic, as Open Source Risk Engine reads P&L.
    NextOrderStatistic,
}

/// The `probability` quantile of `sample`, which need not be sorted.
///
/// # Errors
/// [`RiskError::Empty`] without values; [`RiskError::NotFinite`] for NaN or infinity.
pub fn quantile(
    sample: &[f64],
    probability: f64,
    estimator: QuantileEstimator,
) -> Result<f64, RiskError> {
    refuse_unmeasurable(sample)?;
    let mut sorted = sample.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len();
    let probability = probability.clamp(0.0, 1.0);
    Ok(match estimator {
        QuantileEstimator::InverseEmpirical => sorted[quantile_rank(count, probability) - 1],
        QuantileEstimator::NextOrderStatistic => {
            sorted[((count as f64 * probability) as usize).min(count - 1)]
        }
        QuantileEstimator::Linear => linear(&sorted, probability),
    })
}

fn linear(sorted: &[f64], probability: f64) -> f64 {
    let position = (sorted.len() - 1) as f64 * probability;
    let below = position as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions_differ_as_published() {
        // R: quantile(1:10, 0.25, type = 1) is 3, type = 7 is 3.25.
        let sample: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let of = |estimator| quantile(&sample, 0.25, estimator).unwrap();
        assert_eq!(of(QuantileEstimator::InverseEmpirical), 3.0);
        assert_eq!(of(QuantileEstimator::Linear), 3.25);
        let next = quantile(&sample, 0.2, QuantileEstimator::NextOrderStatistic);
        assert_eq!(next, Ok(3.0));
    }
}
