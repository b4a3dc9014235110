//! Exponentially weighted volatility around a zero mean (RiskMetrics Technical Document 1996, §5.2).
//!
//! A half-life H of observations is the decay `λ = 2^(−1/H)`; λ = 0.94 is a half-life of 11.2.
//! Missing dates are skipped: the recursion goes on from the last observation.

use super::panel::{Gaps, observed};
use super::{Estimate, EstimationError};

/// Variances and standardised residuals of a series under exponential weights.
#[derive(Debug, Clone, PartialEq)]
pub struct EwmaFilter {
    /// Variance of each date's return given the past, `[date]`; `None` where nothing is observed.
    pub variances: Vec<Option<f64>>,
    /// Return over the root of its variance, `[date]`.
    pub residuals: Vec<Option<f64>>,
    /// Variance of the next interval's return.
    pub next_variance: f64,
    /// Observations used.
    pub observations: usize,
}

/// Decay λ of a half-life in observations.
pub(super) fn decay(half_life: f64) -> Result<f64, EstimationError> {
    if half_life > 0.0 && half_life.is_finite() {
        Ok(libm::exp2(-1.0 / half_life))
    } else {
        let (setting, expected) = ("half-life", "a positive number of observations");
        Err(EstimationError::InvalidSetting { setting, found: half_life, expected })
    }
}

/// Volatility per interval with weights `∝ λ^age` that sum to one, around a zero mean.
///
/// The standard error `σ·√(Σw²/2)` is that of independent normal draws.
///
/// # Errors
/// A half-life that is not positive, fewer than two observations, no variation.
pub fn ewma_volatility(
    returns: &[Option<f64>],
    half_life: f64,
) -> Result<Estimate, EstimationError> {
    let lambda = decay(half_life)?;
    let what = "EWMA volatility";
    let values = observed(what, returns, 2)?.values;
    let (mut weighted, mut weights, mut squared_weights) = (0.0, 0.0, 0.0);
    let mut weight = 1.0;
    for value in values.iter().rev() {
        weighted += weight * value * value;
        weights += weight;
        squared_weights += weight * weight;
        weight *= lambda;
    }
    let volatility = (weighted / weights).sqrt();
    if volatility.is_nan() || volatility <= 0.0 {
        return Err(EstimationError::NoVariation { what: what.to_owned() });
    }
    let relative_error = (squared_weights / (weights * weights) / 2.0).sqrt();
    Ok(Estimate {
        value: volatility,
        standard_error: Some(volatility * relative_error),
        observations: values.len(),
        notes: Gaps::of(returns).notes(),
    })
}

/// Variance taken for the first observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EwmaStart {
    /// Mean square of the whole series.
    MeanSquare,
    /// Square of the first return (the RiskMetrics tables).
    FirstSquare,
}

/// Runs `h ← λh + (1−λ)r²` over the series, starting from the mean square of the whole series.
///
/// # Errors
/// As [`ewma_volatility`].
pub fn ewma_filter(returns: &[Option<f64>], half_life: f64) -> Result<EwmaFilter, EstimationError> {
    ewma_filter_from(returns, half_life, EwmaStart::MeanSquare)
}

/// As [`ewma_filter`], from a stated start.
///
/// # Errors
/// As [`ewma_volatility`].
pub fn ewma_filter_from(
    returns: &[Option<f64>],
    half_life: f64,
    start: EwmaStart,
) -> Result<EwmaFilter, EstimationError> {
    let lambda = decay(half_life)?;
    let what = "EWMA filter";
    let series = observed(what, returns, 2)?;
    let squares = || series.values.iter().map(|value| value * value);
    let mut variance = match start {
        EwmaStart::MeanSquare => squares().sum::<f64>() / series.values.len() as f64,
        EwmaStart::FirstSquare => squares().next().unwrap_or(0.0),
    };
    if variance.is_nan() || variance <= 0.0 {
        return Err(EstimationError::NoVariation { what: what.to_owned() });
    }
    let mut variances = vec![None; returns.len()];
    let mut residuals = vec![None; returns.len()];
    for (&date, value) in series.dates.iter().zip(&series.values) {
        variances[date] = Some(variance);
        residuals[date] = Some(value / variance.sqrt());
        variance = lambda * variance + (1.0 - lambda) * value * value;
    }
    Ok(EwmaFilter {
        variances,
        residuals,
        next_variance: variance,
        observations: series.values.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_halve_after_the_half_life() {
        // Closed form: a lone return r, aged a of n: σ² = r² λ^a (1−λ)/(1−λ^n).
        let lambda: f64 = decay(3.0).unwrap();
        assert!((lambda * lambda * lambda - 0.5).abs() < 1e-15);
        let mut series = vec![Some(0.0); 8];
        series[4] = Some(0.1);
        let estimate = ewma_volatility(&series, 3.0).unwrap();
        let expected = 0.01 * 0.5 * (1.0 - lambda) / (1.0 - libm::pow(lambda, 8.0));
        assert!((estimate.value * estimate.value - expected).abs() < 1e-16);
    }

    #[test]
    fn filter_uses_only_the_past_and_skips_gaps() {
        let series = [Some(0.01), None, Some(-0.03), Some(0.02)];
        let filter = ewma_filter(&series, 1.0).unwrap();
        let start = (0.0001 + 0.0009 + 0.0004) / 3.0;
        assert_eq!(filter.variances[0], Some(start));
        assert_eq!(filter.variances[1], None);
        let second = 0.5 * start + 0.5 * 0.0001;
        assert!((filter.variances[2].unwrap() - second).abs() < 1e-18);
        let third = 0.5 * second + 0.5 * 0.0009;
        assert!((filter.residuals[3].unwrap() - 0.02 / third.sqrt()).abs() < 1e-14);
        assert!((filter.next_variance - (0.5 * third + 0.5 * 0.0004)).abs() < 1e-18);
    }

    #[test]
    fn a_half_life_must_be_positive() {
        for half_life in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(ewma_volatility(&[Some(1.0), Some(2.0)], half_life).is_err(), "{half_life}");
        }
    }
}
