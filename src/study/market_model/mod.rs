//! The estimated market model of a scenario as a document that states it.
//!
//! Flows in: a scenario whose model is fitted to a history. Flows out: its estimates with their
//! errors, and a scenario document that extends the first and states every fitted parameter of its
//! model: volatilities, correlations, degrees of freedom, jumps. A run of the document has the bits of
//! a run of the scenario, and keeps them when the history grows.
//!
//! Limits: processes that draw from the history itself (bootstrap, filtered historical simulation)
//! have no parameters that could be stated; their documents state volatilities and draw from the
//! history that the market names. Scenarios that replay or state their moves have no model to write,
//! and one made worse than history (`[model.stressed]`) is refused: its model is not the history's.

mod document;
mod error;

use std::path::Path;

pub use document::{MARK, document};
pub use error::MarketModelError;

use crate::document::{Confinement, Violations};
use crate::engine::{self, Inputs, LoadOptions, Overrides, Plan};
use crate::outcome::{EstimatedParameter, EstimatedVolatility, MarketModel};
use crate::simulation::{Calibrated, FittedParameter, calibrate};

/// A scenario read, its model fitted.
#[derive(Debug)]
pub struct Estimated {
    /// The estimates.
    pub model: MarketModel,
    plan: Plan,
    fitted: Calibrated,
}

/// Reads the scenario at `path` and fits its model.
///
/// # Errors
/// Violations of the documents; a scenario without a model that could be written.
pub fn estimate(path: &Path, confinement: Confinement) -> Result<Estimated, MarketModelError> {
    let options = LoadOptions { confinement, overrides: Overrides::default(), trades: None };
    let inputs = engine::load(path, &options)?;
    let scenario = &inputs.scenario;
    if scenario.is_stated() {
        return Err(MarketModelError::NothingFitted { scenario: scenario.name.clone() });
    }
    if scenario.model.stressed.is_some() {
        return Err(MarketModelError::Stressed { scenario: scenario.name.clone() });
    }
    let plan = Plan::build(&inputs)?;
    let fitted = fitted(&inputs, &plan)?;
    let model = told(&inputs, &plan, &fitted);
    Ok(Estimated { model, plan, fitted })
}

/// The fit of the plan, with its figures.
fn fitted(inputs: &Inputs, plan: &Plan) -> Result<Calibrated, MarketModelError> {
    let settings = &inputs.scenario.simulation;
    let keys: Vec<_> = plan.model.factors.iter().map(|factor| factor.key.clone()).collect();
    let nodes = &plan.model.grid.nodes;
    let market = &inputs.market.market;
    Ok(calibrate(&inputs.scenario.model, settings.returns, &keys, market, nodes)?)
}

fn told(inputs: &Inputs, plan: &Plan, fitted: &Calibrated) -> MarketModel {
    let history = inputs.market.market.history.as_ref();
    let window = history.and_then(|history| {
        let ends = history.times.first().zip(history.times.last())?;
        Some([ends.0.to_string(), ends.1.to_string()])
    });
    let is_volatility = |one: &&FittedParameter| one.name.starts_with("volatility of ");
    let error_of = |name: &str| {
        let name = format!("volatility of {name}");
        fitted.fitted.iter().find(|one| one.name == name).and_then(|one| one.standard_error)
    };
    let volatility = |factor: &crate::simulation::Factor| {
        let name = factor.key.to_string();
        EstimatedVolatility {
            standard_error: error_of(&name),
            factor: name,
            volatility: factor.volatility,
            source: factor.source.clone(),
        }
    };
    let parameters = fitted.fitted.iter().filter(|one| !is_volatility(one));
    MarketModel {
        scenario: plan.scenario.name.clone(),
        as_of: plan.market.as_of.to_string(),
        process: plan.model.process.name().to_owned(),
        window,
        returns: history.map_or(0, |history| history.times.len().saturating_sub(1)),
        volatilities: fitted.model.factors.iter().map(volatility).collect(),
        parameters: parameters
            .map(|one| EstimatedParameter {
                name: one.name.clone(),
                value: one.value,
                standard_error: one.standard_error,
                observations: one.observations,
            })
            .collect(),
        correlation: fitted
            .correlation
            .row_iter()
            .map(|row| row.iter().copied().collect())
            .collect(),
        correlation_errors: fitted.correlation_errors.clone(),
        correlation_source: fitted.correlation_source.clone(),
        notes: fitted.notes.clone(),
    }
}

impl From<Violations> for MarketModelError {
    fn from(violations: Violations) -> Self {
        Self::Violations(violations)
    }
}
