//! Stressed estimation: the settings and the history that the fit sees, and what is made worse of
//! what it found.
//!
//! *Order.* The window decides what is estimated from what; fat tails decide the process; the matrix
//! found is moved toward one; volatilities are multiplied last. A stressed model is compared with
//! the one that the same settings give without the stress.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::correlation::Correlation;
use super::returns::FactorReturns;
use super::{Calibrated, CalibrationError};
use crate::estimation::{mean_signed_correlation, returns_between, toward_one};
use crate::market::Market;
use crate::numeric::matrix::semidefinite_cholesky;
use crate::scenario::{
    CorrelationSettings, ModelSettings, ProcessSettings, StressWindow, StressedSettings,
    VolatilitySettings,
};
use crate::simulation::{Factor, FactorKey};

/// What a stressed fit made worse, beside what it would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressedFit {
    /// What was asked for.
    pub settings: StressedSettings,
    /// Returns of the history inside the window, where there is one.
    pub returns_in_window: Option<usize>,
    /// The process without the stress, by name, where the stress replaced it or its tails.
    pub replaced_process: Option<String>,
    /// Annual volatility of each factor without the stress, in factor order; empty where nothing
    /// could be fitted without it.
    pub unstressed_volatilities: Vec<f64>,
    /// Mean correlation of the factors, signed so that one is all falling at once, without the
    /// stress; `None` where fewer than two move, or nothing could be fitted.
    pub unstressed_correlation: Option<f64>,
    /// The same with it.
    pub correlation: Option<f64>,
}

/// Sign of a factor's move when everything falls at once: volatilities rise; prices, pegs, bases
/// and funding rates fall.
fn sign(key: &FactorKey) -> f64 {
    match key {
        FactorKey::Volatility(_) => -1.0,
        FactorKey::Spot(_) | FactorKey::Peg(_) | FactorKey::Basis(_) | FactorKey::Funding(_) => 1.0,
    }
}

/// The signs of factors; zero for those that do not move.
fn signs(keys: &[FactorKey], moves: impl Iterator<Item = bool>) -> Vec<f64> {
    keys.iter().zip(moves).map(|(key, moves)| if moves { sign(key) } else { 0.0 }).collect()
}

/// The settings and returns that the fit sees, and the number of returns in the window.
pub(super) fn seen<'a>(
    settings: &'a ModelSettings,
    keys: &[FactorKey],
    market: &Market,
    history: &mut FactorReturns,
    notes: &mut Vec<String>,
) -> Result<(Cow<'a, ModelSettings>, Option<usize>), CalibrationError> {
    let Some(stressed) = settings.stressed else { return Ok((Cow::Borrowed(settings), None)) };
    let mut seen = settings.clone();
    let mut returns = None;
    if let Some(window) = stressed.window {
        returns = Some(cut(history, market, window)?);
        estimate_in_window(&mut seen, keys, history, notes);
    }
    if let Some(most) = stressed.degrees_of_freedom {
        seen.process = fat_tailed(&settings.process, most);
    }
    let drawn = matches!(
        seen.process,
        ProcessSettings::Bootstrap { .. } | ProcessSettings::FilteredHistorical { .. }
    );
    if drawn && stressed.correlation_toward_one > 0.0 {
        return Err(CalibrationError::CorrelationIdle);
    }
    Ok((Cow::Owned(seen), returns))
}

/// Keeps the returns inside the window; their number.
fn cut(
    history: &mut FactorReturns,
    market: &Market,
    window: StressWindow,
) -> Result<usize, CalibrationError> {
    let StressWindow { from, to } = window;
    let times = market.history.as_ref().map_or(&[][..], |history| &history.times);
    let outside = || CalibrationError::StressWindow {
        from: from.to_string(),
        to: to.to_string(),
        history: match (times.first(), times.last()) {
            (Some(first), Some(last)) => {
                format!("the market's history runs from {first} to {last}")
            }
            _ => "the market has no history".to_owned(),
        },
    };
    let range = returns_between(times, from, to).ok_or_else(outside)?;
    for series in &mut history.series {
        let part = series.take().map(|series| series[range.clone()].to_vec());
        *series = part.filter(|part| part.iter().any(Option::is_some));
    }
    Ok(range.len())
}

/// Equally weighted estimates, of everything that has a history in the window.
fn estimate_in_window(
    settings: &mut ModelSettings,
    keys: &[FactorKey],
    history: &FactorReturns,
    notes: &mut Vec<String>,
) {
    settings.volatility = VolatilitySettings::Sample { window: None };
    settings.correlation = match settings.correlation {
        CorrelationSettings::LedoitWolf { .. } => CorrelationSettings::LedoitWolf { window: None },
        _ => CorrelationSettings::Sample { window: None },
    };
    let is_seen = |name: &str| {
        let index = keys.iter().position(|key| key.to_string() == name);
        index.is_some_and(|index| history.get(index).is_some())
    };
    let stated = std::mem::take(&mut settings.stated_volatilities);
    let (replaced, kept): (Vec<_>, Vec<_>) =
        stated.into_iter().partition(|one| one.volatility > 0.0 && is_seen(&one.factor));
    settings.stated_volatilities = kept;
    if !replaced.is_empty() {
        let names: Vec<String> = replaced
            .iter()
            .map(|one| format!("{} {:.1} %", one.factor, one.volatility * 100.0))
            .collect();
        notes.push(format!(
            "stated volatilities replaced by those of the stress window: {}",
            names.join(", ")
        ));
    }
}

/// The bound on a log-return where the process replaced had none: ln 5.
fn truncation() -> f64 {
    libm::log(5.0)
}

/// The process with `most` degrees of freedom where it has more, or is no Student-t.
fn fat_tailed(process: &ProcessSettings, most: f64) -> ProcessSettings {
    match process {
        ProcessSettings::StudentT { degrees_of_freedom, truncation, .. } => {
            ProcessSettings::StudentT {
                degrees_of_freedom: Some(degrees_of_freedom.map_or(most, |own| own.min(most))),
                degrees_of_freedom_min: None,
                truncation: *truncation,
            }
        }
        ProcessSettings::TCopula {
            degrees_of_freedom,
            degrees_of_freedom_min,
            marginals,
            truncation,
        } => {
            let least = |(name, own): &(String, f64)| (name.clone(), own.min(most));
            ProcessSettings::TCopula {
                degrees_of_freedom: Some(degrees_of_freedom.map_or(most, |own| own.min(most))),
                degrees_of_freedom_min: *degrees_of_freedom_min,
                marginals: marginals.iter().map(least).collect(),
                truncation: *truncation,
            }
        }
        _ => ProcessSettings::StudentT {
            degrees_of_freedom: Some(most),
            degrees_of_freedom_min: None,
            truncation: truncation(),
        },
    }
}

/// Moves a matrix toward one and factors it anew.
pub(super) fn moved(
    correlation: Correlation,
    settings: &ModelSettings,
    keys: &[FactorKey],
    moves: &[bool],
) -> Result<Correlation, CalibrationError> {
    let theta = settings.stressed.map_or(0.0, |stressed| stressed.correlation_toward_one);
    if theta == 0.0 || correlation.matrix.is_empty() {
        return Ok(correlation);
    }
    let signs = signs(keys, moves.iter().copied());
    let matrix = toward_one(&correlation.matrix, &signs, theta);
    let factor = semidefinite_cholesky(&matrix)?.into_entries();
    let source = format!("{}, moved {:.1} % toward one", correlation.source, theta * 100.0);
    Ok(Correlation { matrix, factor, source, ..correlation })
}

/// Multiplies volatilities, and tells the model from the one without the stress.
pub(super) fn finished(
    mut fitted: Calibrated,
    settings: &ModelSettings,
    returns_in_window: Option<usize>,
    unstressed: impl FnOnce(&ModelSettings) -> Option<Calibrated>,
) -> Calibrated {
    let Some(stressed) = settings.stressed else { return fitted };
    let multiplier = stressed.volatility_multiplier;
    if multiplier != 1.0 {
        fitted.model = fitted.model.scaled_volatility(multiplier);
        for factor in fitted.model.factors.iter_mut().filter(|factor| factor.volatility > 0.0) {
            factor.source = format!("{}, times {multiplier}", factor.source);
        }
    }
    let without = unstressed(&ModelSettings { stressed: None, ..settings.clone() });
    let volatility = |factor: &Factor| factor.volatility;
    let before = without.as_ref();
    fitted.stressed = Some(StressedFit {
        settings: stressed,
        returns_in_window,
        replaced_process: stressed
            .degrees_of_freedom
            .and(before)
            .map(|without| without.model.process.name().to_owned()),
        unstressed_volatilities: before
            .map_or_else(Vec::new, |one| one.model.factors.iter().map(volatility).collect()),
        unstressed_correlation: before.and_then(mean_correlation),
        correlation: mean_correlation(&fitted),
    });
    fitted
}

fn mean_correlation(fitted: &Calibrated) -> Option<f64> {
    let factors = &fitted.model.factors;
    let keys: Vec<FactorKey> = factors.iter().map(|factor| factor.key.clone()).collect();
    let signs = signs(&keys, factors.iter().map(|factor| factor.volatility > 0.0));
    mean_signed_correlation(&fitted.correlation, &signs)
}
