//! Each factor's annual volatility: stated, else estimated, else zero with a note.

use std::collections::BTreeMap;

use super::fitted::{FittedParameter, Told};
use super::returns::FactorReturns;
use super::{CalibrationError, Fallback};
use crate::estimation::garch::{
    GarchFallback, GarchFit, GarchMean, GarchSettings, Integrated, fit_garch,
};
use crate::estimation::{
    Estimate, EstimationError, annualisation, ewma_volatility, sample_volatility,
};
use crate::scenario::{StatedVolatility, VolatilitySettings};
use crate::simulation::FactorKey;

/// An annual volatility and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FactorVolatility {
    pub value: f64,
    pub source: String,
    /// What it was fitted as, annual, with the parameters of its recursion.
    pub fitted: Vec<FittedParameter>,
}

/// Volatilities in the order of `keys`, with notes on what could not be had.
pub(super) fn volatilities(
    settings: &VolatilitySettings,
    stated: &[StatedVolatility],
    keys: &[FactorKey],
    returns: &FactorReturns,
    told: &mut Told,
) -> Result<Vec<FactorVolatility>, CalibrationError> {
    let stated = stated_by_key(stated)?;
    note_unused(&stated, keys, &mut told.notes);
    let mut held = Vec::new();
    let one = |(index, key): (usize, &FactorKey)| match stated.get(key) {
        Some(&value) => {
            Ok(FactorVolatility { value, source: "stated".to_owned(), fitted: Vec::new() })
        }
        None => estimated(settings, key, index, returns, &mut held, told),
    };
    let found = keys.iter().enumerate().map(one).collect();
    if !held.is_empty() {
        let names = held.join(", ");
        told.notes.push(format!("held constant, no volatility stated and no history: {names}"));
    }
    found
}

fn stated_by_key(
    stated: &[StatedVolatility],
) -> Result<BTreeMap<FactorKey, f64>, CalibrationError> {
    let mut by_key = BTreeMap::new();
    for item in stated {
        let found = item.volatility;
        if !found.is_finite() || found < 0.0 {
            let what = format!("stated volatility of {}", item.factor);
            let expected = "a number from zero up";
            return Err(CalibrationError::InvalidSetting { what, found, expected });
        }
        if by_key.insert(item.factor.parse::<FactorKey>()?, found).is_some() {
            let list = "stated volatilities";
            return Err(CalibrationError::StatedTwice { factor: item.factor.clone(), list });
        }
    }
    Ok(by_key)
}

fn note_unused(stated: &BTreeMap<FactorKey, f64>, keys: &[FactorKey], notes: &mut Vec<String>) {
    let unused = stated.keys().filter(|key| !keys.contains(key));
    let names: Vec<String> = unused.map(FactorKey::to_string).collect();
    if !names.is_empty() {
        notes.push(format!(
            "stated volatilities not used, the book does not depend on {}",
            names.join(", ")
        ));
    }
}

fn estimated(
    settings: &VolatilitySettings,
    key: &FactorKey,
    index: usize,
    returns: &FactorReturns,
    held: &mut Vec<String>,
    told: &mut Told,
) -> Result<FactorVolatility, CalibrationError> {
    let Some(series) = returns.get(index) else {
        return without_history(key, held, told);
    };
    match estimate(settings, key, series) {
        Ok((estimate, source, mut fitted, fallbacks)) => {
            told.fallbacks.extend(fallbacks);
            told.notes
                .extend(estimate.notes.iter().map(|note| format!("volatility of {key}: {note}")));
            let observations = estimate.observations;
            let annual = estimate.scaled(annualisation(returns.interval));
            fitted.insert(0, FittedParameter::of(format!("volatility of {key}"), &annual));
            let source = format!("{source}, {observations} observations");
            Ok(FactorVolatility { value: annual.value, source, fitted })
        }
        Err(EstimationError::NoVariation { .. }) if !is_spot(key) => {
            told.notes.push(format!("{key} held constant: its history does not vary"));
            told.fallbacks.push(Fallback::HeldConstant { factor: key.to_string() });
            Ok(constant())
        }
        Err(error) => Err(CalibrationError::estimating(format!("volatility of {key}"))(error)),
    }
}

/// An estimate, where it is from, its parameters, and what was done in place of what was asked for.
type Estimated = (Estimate, String, Vec<FittedParameter>, Vec<Fallback>);

/// GARCH models returns of prices; other factors get the sample volatility in its place.
fn estimate(
    settings: &VolatilitySettings,
    key: &FactorKey,
    series: &[Option<f64>],
) -> Result<Estimated, EstimationError> {
    match settings {
        VolatilitySettings::Ewma { half_life } => {
            let estimate = ewma_volatility(series, *half_life)?;
            Ok((estimate, format!("EWMA half-life {half_life}"), Vec::new(), Vec::new()))
        }
        VolatilitySettings::Garch { allow_integrated } if is_spot(key) => {
            let integrated = if *allow_integrated { Integrated::Allow } else { Integrated::Refuse };
            let fit = fit_garch(series, GarchSettings { mean: GarchMean::Constant, integrated })?;
            let parameters = garch_parameters(key, &fit);
            let fallbacks = garch_fallbacks(key, &fit);
            let source = "GARCH(1,1) next interval".to_owned();
            Ok((fit.next_volatility, source, parameters, fallbacks))
        }
        VolatilitySettings::Garch { .. } => {
            Ok((sample_volatility(series, None)?, "sample".to_owned(), Vec::new(), Vec::new()))
        }
        VolatilitySettings::Sample { window } => {
            Ok((sample_volatility(series, *window)?, "sample".to_owned(), Vec::new(), Vec::new()))
        }
    }
}

/// What the fit of a GARCH gave way to.
fn garch_fallbacks(key: &FactorKey, fit: &GarchFit) -> Vec<Fallback> {
    let factor = key.to_string();
    let one = |gave_way: &GarchFallback| match gave_way {
        GarchFallback::ConstantVariance => Fallback::VarianceConstant { factor: factor.clone() },
        GarchFallback::SimplexSearch => Fallback::SimplexSearch { factor: factor.clone() },
    };
    fit.fallbacks.iter().map(one).collect()
}

/// Weights of a GARCH recursion, with robust errors.
fn garch_parameters(key: &FactorKey, fit: &GarchFit) -> Vec<FittedParameter> {
    let errors = fit.standard_errors.as_ref().map(|errors| &errors.robust);
    let parts = [
        ("alpha", fit.parameters.alpha, errors.map(|errors| errors.alpha)),
        ("beta", fit.parameters.beta, errors.map(|errors| errors.beta)),
    ];
    parts
        .map(|(what, value, standard_error)| FittedParameter {
            name: format!("GARCH {what} of {key}"),
            value,
            standard_error: standard_error.filter(|error| error.is_finite()),
            observations: fit.next_volatility.observations,
        })
        .to_vec()
}

/// A spot must move; anything else may stay where it is, and is then said to.
fn without_history(
    key: &FactorKey,
    held: &mut Vec<String>,
    told: &mut Told,
) -> Result<FactorVolatility, CalibrationError> {
    if is_spot(key) {
        let (factor, symbol) = (key.to_string(), key.symbol().to_string());
        return Err(CalibrationError::NoVolatility { factor, symbol });
    }
    held.push(key.to_string());
    told.fallbacks.push(Fallback::HeldConstant { factor: key.to_string() });
    Ok(constant())
}

fn constant() -> FactorVolatility {
    FactorVolatility { value: 0.0, source: "held constant".to_owned(), fitted: Vec::new() }
}

fn is_spot(key: &FactorKey) -> bool {
    matches!(key, FactorKey::Spot(_))
}
