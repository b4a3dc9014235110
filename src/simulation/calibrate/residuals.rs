//! Returns standardised by their own past volatility, and the recursion that does it.

use crate::estimation::{
    EstimationError, GarchMean, GarchSettings, Integrated, ewma_filter, fit_garch, sample_moments,
};
use crate::scenario::VolatilitySettings;
use crate::simulation::{FactorKey, VarianceFilter};

/// Residuals of one factor, `[date]`, with the filter that made them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Residuals {
    pub values: Vec<Option<f64>>,
    pub filter: VarianceFilter,
}

/// Standardises by EWMA or, for spot factors, by GARCH; else by the sample's mean and deviation.
pub(super) fn residuals(
    settings: &VolatilitySettings,
    key: &FactorKey,
    series: &[Option<f64>],
) -> Result<Residuals, EstimationError> {
    match settings {
        VolatilitySettings::Ewma { half_life } => ewma(series, *half_life),
        VolatilitySettings::Garch { allow_integrated } if matches!(key, FactorKey::Spot(_)) => {
            let integrated = if *allow_integrated { Integrated::Allow } else { Integrated::Refuse };
            garch(series, integrated)
        }
        VolatilitySettings::Garch { .. } | VolatilitySettings::Sample { .. } => sample(series),
    }
}

fn ewma(series: &[Option<f64>], half_life: f64) -> Result<Residuals, EstimationError> {
    let filter = ewma_filter(series, half_life)?;
    let beta = libm::exp2(-1.0 / half_life);
    let cap = cap(&filter.variances, filter.next_variance);
    let recursion = VarianceFilter { omega: 0.0, alpha: 1.0 - beta, beta, cap };
    Ok(Residuals { values: filter.residuals, filter: recursion })
}

fn garch(series: &[Option<f64>], integrated: Integrated) -> Result<Residuals, EstimationError> {
    let fit = fit_garch(series, GarchSettings { mean: GarchMean::Constant, integrated })?;
    let today = fit.next_variance();
    let filter = VarianceFilter {
        omega: fit.parameters.omega / today,
        alpha: fit.parameters.alpha,
        beta: fit.parameters.beta,
        cap: cap(&fit.variances, today),
    };
    Ok(Residuals { values: fit.residuals, filter })
}

fn sample(series: &[Option<f64>]) -> Result<Residuals, EstimationError> {
    let moments = sample_moments(series)?;
    let standardised =
        |value: &Option<f64>| Some((value.as_ref()? - moments.mean) / moments.standard_deviation);
    let values = series.iter().map(standardised).collect();
    Ok(Residuals { values, filter: VarianceFilter::CONSTANT })
}

/// Least cap on a path's variance, over today's.
const CAP_SMALLEST: f64 = 4.0;

/// Largest variance a path may reach, over today's: the largest on record, and at least four times
/// today's. Without a cap the mean of `e^X` would hang on storms nobody simulates.
fn cap(variances: &[Option<f64>], today: f64) -> f64 {
    variances.iter().flatten().fold(CAP_SMALLEST, |cap, variance| cap.max(variance / today))
}
