//! From settings and market to a fitted model; the only place of `simulation` that estimates.
//!
//! Flows in: model settings, the factors the book needs, the market with its history. Flows out:
//! a [`FactorModel`] and, in words, what was estimated from what and what could not be had.
//!
//! Volatilities and correlations are those of total returns over the history's interval (one day
//! without a history), whatever the process. The processes documents tell what they make of them.

mod correlation;
mod dates;
mod error;
mod fallback;
mod fitted;
mod means;
mod process;
mod residuals;
mod returns;
mod stressed;
mod volatility;

#[cfg(test)]
mod tests;

use nalgebra::DMatrix;

pub use error::CalibrationError;
pub use fallback::Fallback;
pub use fitted::FittedParameter;
pub use stressed::StressedFit;

use self::fitted::Told;
use self::means::log_means;
use self::process::Evidence;
use self::returns::FactorReturns;
use super::{Factor, FactorKey, FactorModel, TimeGrid};
use crate::market::Market;
use crate::scenario::{ModelSettings, ProcessSettings, ReturnKind, VolatilitySettings};
use crate::units::Years;

/// A fitted model and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The model.
    pub model: FactorModel,
    /// What the reader of a result should know about the fit.
    pub notes: Vec<String>,
    /// What was done in place of what the settings ask for.
    pub fallbacks: Vec<Fallback>,
    /// Correlation matrix used, in factor order.
    pub correlation: DMatrix<f64>,
    /// Where it came from, e.g. `stated`.
    pub correlation_source: String,
    /// Frobenius distance of a projection to the nearest correlation matrix, where one was made.
    pub projection_distance: Option<f64>,
    /// What was fitted to the history, with errors.
    pub fitted: Vec<FittedParameter>,
    /// Standard error of each correlation, by row, where the estimator gives one; else empty.
    pub correlation_errors: Vec<Vec<f64>>,
    /// What was made worse than the history says, where anything was.
    pub stressed: Option<StressedFit>,
}

/// Fits a model of `keys` on the grid `nodes` (increasing, the last is the horizon).
///
/// Spot factors need a stated volatility or a history. Other factors with neither are held
/// constant, with a note.
///
/// # Errors
/// Statements that contradict themselves, a correlation matrix that is not positive semidefinite
/// where projection was not opted into, estimates that fail; each names its factor.
pub fn calibrate(
    settings: &ModelSettings,
    returns: ReturnKind,
    keys: &[FactorKey],
    market: &Market,
    nodes: &[Years],
) -> Result<Calibrated, CalibrationError> {
    let mut history = FactorReturns::of(market, keys, returns);
    let stated = settings;
    let mut told = Told::default();
    let (settings, returns_in_window) =
        stressed::seen(settings, keys, market, &mut history, &mut told.notes)?;
    let settings = settings.as_ref();
    let grid = TimeGrid::from_nodes(nodes.to_vec(), history.interval)?;
    let volatilities = volatility::volatilities(
        today(settings),
        &settings.stated_volatilities,
        keys,
        &history,
        &mut told,
    )?;
    let moves: Vec<bool> = volatilities.iter().map(|item| item.value > 0.0).collect();
    let correlation = correlation::correlation(
        &settings.correlation,
        settings.not_positive_semidefinite,
        keys,
        &moves,
        &history,
        &mut told,
    )?;
    let correlation = stressed::moved(correlation, settings, keys, &moves)?;
    let evidence = Evidence {
        keys,
        moves: &moves,
        returns: &history,
        volatility: &settings.volatility,
        correlation: &correlation.matrix,
    };
    told.fitted = volatilities.iter().flat_map(|one| one.fitted.iter().cloned()).collect();
    let process = process::process(&settings.process, &evidence, &mut told)?;
    let Told { mut notes, fitted: estimates, fallbacks, .. } = told;
    let factor = |(key, volatility): (&FactorKey, volatility::FactorVolatility)| Factor {
        key: key.clone(),
        volatility: volatility.value,
        source: volatility.source,
        log_mean: log_means(&settings.drift, key, market, &grid),
    };
    let model = FactorModel {
        factors: keys.iter().zip(volatilities).map(factor).collect(),
        returns,
        grid,
        correlation_factor: correlation.factor,
        process,
    };
    model.check()?;
    note_total_correlations(&model, &mut notes);
    let fitted = Calibrated {
        model,
        notes,
        fallbacks,
        correlation: correlation.matrix,
        correlation_source: correlation.source,
        projection_distance: correlation.projection_distance,
        fitted: estimates,
        correlation_errors: correlation.errors,
        stressed: None,
    };
    let unstressed =
        |settings: &ModelSettings| calibrate(settings, returns, keys, market, nodes).ok();
    Ok(stressed::finished(fitted, stated, returns_in_window, unstressed))
}

/// How today's volatilities are estimated: by the filter itself where returns are filtered, whose
/// recursion starts from them.
fn today(settings: &ModelSettings) -> &VolatilitySettings {
    match &settings.process {
        ProcessSettings::FilteredHistorical { filter } => filter,
        _ => &settings.volatility,
    }
}

/// Says how far jumps move correlations of total returns from the matrix.
fn note_total_correlations(model: &FactorModel, notes: &mut Vec<String>) {
    let mut widest = (0.0_f64, 0, 0);
    for row in 0..model.factors.len() {
        for column in 0..row {
            let gap = model.total_correlation(row, column) - model.correlation(row, column);
            if gap.abs() > widest.0.abs() {
                widest = (gap, row, column);
            }
        }
    }
    let (gap, row, column) = widest;
    if gap != 0.0 {
        let (first, second) = (&model.factors[row].key, &model.factors[column].key);
        notes.push(format!(
            "the correlation matrix is that of the diffusion and of common jump sizes; total \
             returns differ most for {first} and {second}: {:+.3}",
            gap
        ));
    }
}
