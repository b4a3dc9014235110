//! Which of two models is better: a joint score of VaR and ES, and the error of its difference.
//!
//! VaR and ES are elicitable together (Fissler and Ziegel 2016): the mean score is least for the
//! right pair. This one, FZ0 of Patton, Ziegel and Chen (2019), is homogeneous of degree zero in
//! differences, so that large and small periods count alike. It needs ES > 0.

use super::exceptions::Forecast;
use crate::numeric::special::normal_cdf;
use crate::units::ConfidenceLevel;

/// FZ0 of one forecast, less is better; absent where ES is not above zero.
///
/// `1{L > VaR}·(L − VaR)/(p·ES) + VaR/ES + ln ES − 1`, p the tail probability.
pub fn fissler_ziegel(forecast: &Forecast, level: ConfidenceLevel) -> Option<f64> {
    let Forecast { value_at_risk, expected_shortfall, loss } = *forecast;
    if expected_shortfall <= 0.0 {
        return None;
    }
    let beyond = (loss - value_at_risk).max(0.0) / (level.tail() * expected_shortfall);
    Some(beyond + value_at_risk / expected_shortfall + libm::log(expected_shortfall) - 1.0)
}

/// Mean difference of two score series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreDifference {
    /// Mean of the first less the second; negative where the first is better.
    pub mean: f64,
    /// Its standard error, for autocorrelated differences.
    pub standard_error: f64,
    /// Two-sided p-value of no difference.
    pub p_value: f64,
}

/// Diebold and Mariano's (1995) test with the Newey–West (1987) variance of `⌊n^(1/3)⌋` lags.
///
/// Absent for fewer than eight periods.
///
/// # Panics
/// If the series differ in length.
pub fn score_difference(first: &[f64], second: &[f64]) -> Option<ScoreDifference> {
    assert_eq!(first.len(), second.len(), "one score a period in both series");
    let count = first.len();
    if count < 8 {
        return None;
    }
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let mean = differences.iter().sum::<f64>() / count as f64;
    let deviations: Vec<f64> = differences.iter().map(|difference| difference - mean).collect();
    let standard_error = (long_run_variance(&deviations) / count as f64).sqrt();
    // Equal series: nothing to tell apart.
    let p_value = if standard_error > 0.0 {
        2.0 * normal_cdf(-(mean / standard_error).abs())
    } else if mean == 0.0 {
        1.0
    } else {
        0.0
    };
    Some(ScoreDifference { mean, standard_error, p_value })
}

/// Newey and West's estimate with Bartlett weights, never negative.
fn long_run_variance(deviations: &[f64]) -> f64 {
    let count = deviations.len();
    let lags = libm::cbrt(count as f64) as usize;
    let covariance = |lag: usize| {
        let pairs = deviations[lag..].iter().zip(deviations);
        pairs.map(|(later, earlier)| later * earlier).sum::<f64>() / count as f64
    };
    let weighted = (1..=lags).map(|lag| {
        let weight = 1.0 - lag as f64 / (lags + 1) as f64;
        2.0 * weight * covariance(lag)
    });
    (covariance(0) + weighted.sum::<f64>()).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of all constant forecasts the score is least at the sample's own VaR and ES.
    #[test]
    fn the_score_is_least_at_the_truth() {
        let losses: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let level = ConfidenceLevel::new(0.9).unwrap();
        let mean = |value_at_risk: f64, expected_shortfall: f64| {
            let score = |&loss: &f64| {
                let forecast = Forecast { value_at_risk, expected_shortfall, loss };
                fissler_ziegel(&forecast, level).unwrap()
            };
            losses.iter().map(score).sum::<f64>()
        };
        // VaR 90 % of 1..=1000 is 900, ES the mean of 901..=1000.
        let best = mean(900.0, 950.5);
        for (value_at_risk, expected_shortfall) in
            [(890.0, 950.5), (910.0, 950.5), (900.0, 940.0), (900.0, 960.0), (850.0, 925.0)]
        {
            assert!(mean(value_at_risk, expected_shortfall) > best);
        }
    }

    /// White noise: the error is the plain one up to the sampling of autocovariances; a series that
    /// repeats every value four times has nearly twice its plain error.
    #[test]
    fn the_error_sees_autocorrelation() {
        let noise = |index: usize| {
            let word = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            ((word ^ (word >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64
                / (1u64 << 53) as f64
                - 0.5
        };
        let zero = vec![0.0; 4_000];
        let plain: Vec<f64> = (0..4_000).map(noise).collect();
        let repeated: Vec<f64> = (0..4_000).map(|index| noise(index / 4)).collect();
        let expected = (1.0f64 / 12.0 / 4_000.0).sqrt();
        let found = score_difference(&plain, &zero).unwrap().standard_error;
        assert!((found / expected - 1.0).abs() < 0.15, "{found} {expected}");
        let found = score_difference(&repeated, &zero).unwrap().standard_error;
        assert!((found / (2.0 * expected) - 1.0).abs() < 0.15, "{found} {expected}");
    }

    #[test]
    fn equal_models_do_not_differ() {
        let scores = vec![0.3; 20];
        let found = score_difference(&scores, &scores).unwrap();
        assert_eq!((found.mean, found.p_value), (0.0, 1.0));
        assert_eq!(score_difference(&scores[..7], &scores[..7]), None);
    }
}
