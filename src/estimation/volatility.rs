//! Sample moments of a return series.
//!
//! The standard error of the standard deviation is that of independent draws with the sample's own
//! kurtosis, `s/2 · √((κ−1)/n)` (Cramér 1946, §27.4); for normal returns that is `s/√(2n)`.

use super::panel::{Gaps, last, observed};
use super::{Estimate, EstimationError};

/// Moments of a return series, per observation interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleMoments {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation, n − 1 in the denominator.
    pub standard_deviation: f64,
    /// Third standardised central moment (n in the denominators).
    pub skewness: f64,
    /// Fourth standardised central moment less 3 (n in the denominators).
    pub excess_kurtosis: f64,
    /// Observations.
    pub observations: usize,
}

/// Mean, standard deviation, skewness and excess kurtosis of what is observed of `returns`.
///
/// # Errors
/// Fewer than two observations, values that are not finite, a series that does not vary.
pub fn sample_moments(returns: &[Option<f64>]) -> Result<SampleMoments, EstimationError> {
    let what = "sample moments";
    let values = observed(what, returns, 2)?.values;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
    for value in &values {
        let deviation = value - mean;
        let square = deviation * deviation;
        second += square;
        third += square * deviation;
        fourth += square * square;
    }
    let variance = second / n;
    if variance.is_nan() || variance <= 0.0 || !fourth.is_finite() {
        return Err(EstimationError::NoVariation { what: what.to_owned() });
    }
    Ok(SampleMoments {
        mean,
        standard_deviation: (second / (n - 1.0)).sqrt(),
        skewness: third / n / (variance * variance.sqrt()),
        excess_kurtosis: fourth / n / (variance * variance) - 3.0,
        observations: values.len(),
    })
}

/// Sample standard deviation of the last `window` dates (all when `None`), per interval.
///
/// # Errors
/// As [`sample_moments`].
pub fn sample_volatility(
    returns: &[Option<f64>],
    window: Option<usize>,
) -> Result<Estimate, EstimationError> {
    let used = last(returns, window);
    let moments = sample_moments(used)?;
    let n = moments.observations as f64;
    let relative_error = 0.5 * ((moments.excess_kurtosis + 2.0).max(0.0) / n).sqrt();
    Ok(Estimate {
        value: moments.standard_deviation,
        standard_error: Some(moments.standard_deviation * relative_error),
        observations: moments.observations,
        notes: Gaps::of(used).notes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_small_sample_worked_by_hand() {
        // 1, 2, 3, 6: mean 3; squared deviations 4, 1, 0, 9; cubes −8, −1, 0, 27; fourths 16, 1, 0, 81.
        let series = [Some(1.0), Some(2.0), None, Some(3.0), Some(6.0)];
        let moments = sample_moments(&series).unwrap();
        assert_eq!(moments.mean, 3.0);
        assert!((moments.standard_deviation - (14.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((moments.skewness - 4.5 / 3.5_f64.sqrt() / 3.5).abs() < 1e-14);
        assert!((moments.excess_kurtosis - (24.5 / 12.25 - 3.0)).abs() < 1e-14);
        assert_eq!(moments.observations, 4);
    }

    #[test]
    fn window_counts_dates_and_gaps_are_said() {
        let series = [Some(9.0), None, Some(1.0), None, Some(2.0), Some(4.0)];
        let estimate = sample_volatility(&series, Some(5)).unwrap();
        assert_eq!(estimate.observations, 3);
        assert_eq!(estimate.notes.len(), 2, "{:?}", estimate.notes);
        assert!((estimate.value - (7.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert!(matches!(
            sample_volatility(&[Some(1.0)], None),
            Err(EstimationError::TooFewObservations { found: 1, needed: 2, .. })
        ));
        assert!(matches!(
            sample_volatility(&[Some(1.0), None, Some(f64::NAN)], None),
            Err(EstimationError::NotFinite { index: 2, .. })
        ));
        assert!(matches!(
            sample_volatility(&[Some(1.0); 5], None),
            Err(EstimationError::NoVariation { .. })
        ));
    }
}
