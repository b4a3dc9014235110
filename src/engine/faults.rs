//! Faults that show only when a scenario is planned, traced back to the key that causes them.

use super::compiled::Compiled;
use super::load::Inputs;
use super::{EngineError, Plan};
use crate::document::{Place, Violation, ViolationCollector};
use crate::estimation::EstimationError;
use crate::margin::MarginError;
use crate::market::Series;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::pricing::PricingError;
use crate::simulation::{CalibrationError, Factor, FactorModel, GridError, SimulationError};

/// A factor that may move by more than `e^100` either way leaves nothing of a number's precision,
/// and squares of the losses overflow.
const LOG_MOVE_MAX: f64 = 100.0;
/// Standard deviations a path may come to.
const DEVIATIONS: f64 = 8.0;

/// A fault of the fit at the key that it is about.
pub(super) fn violation(error: &CalibrationError, inputs: &Inputs) -> Violation {
    let place = inputs.scenario_places.places.at(&path(error, inputs));
    Violation::new(place, error.to_string()).help_if(help(error, inputs))
}

/// Which series move as one, where a matrix of correlations cannot be used.
fn help(error: &CalibrationError, inputs: &Inputs) -> Option<String> {
    let is_singular = match error {
        CalibrationError::NotPositiveSemidefinite { .. } | CalibrationError::Matrix(_) => true,
        CalibrationError::Estimation { error, .. } => {
            matches!(error, EstimationError::NotPositiveDefinite { .. })
        }
        _ => false,
    };
    let history = inputs.market.market.history.as_ref().filter(|_| is_singular)?;
    let (one, other) = identical(&history.series)?;
    Some(format!(
        "the series of {} and {} in the history are the same: name another column for one of them, \
         or leave one coin out",
        one.name, other.name
    ))
}

/// The first two series of one kind with the same values.
fn identical(series: &[Series]) -> Option<(&Series, &Series)> {
    let same = |one: &Series, other: &&Series| {
        one.quantity == other.quantity && one.values == other.values
    };
    (1..series.len()).find_map(|later| {
        let other = &series[later];
        series[..later].iter().find(|one| same(one, &other)).map(|one| (one, other))
    })
}

/// The key of the scenario that a fault of the fit is about.
fn path(error: &CalibrationError, inputs: &Inputs) -> String {
    match error {
        CalibrationError::NoVolatility { .. } => "model.stated_volatility".to_owned(),
        CalibrationError::UnknownFactor(_)
        | CalibrationError::InvalidSetting { .. }
        | CalibrationError::StatedTwice { .. }
        | CalibrationError::NoHistory { .. }
        | CalibrationError::NothingToFit { .. } => "model.process".to_owned(),
        CalibrationError::MatrixShape { .. }
        | CalibrationError::MatrixEntry { .. }
        | CalibrationError::NotPositiveSemidefinite { .. }
        | CalibrationError::Matrix(_) => correlation(inputs),
        CalibrationError::ProjectionTooFar { .. } => {
            "model.not_positive_semidefinite.project_to_nearest.distance_max".to_owned()
        }
        CalibrationError::StressWindow { .. } => "model.stressed.window".to_owned(),
        CalibrationError::CorrelationIdle => "model.stressed.correlation_toward_one".to_owned(),
        CalibrationError::Grid(error) | CalibrationError::Model(SimulationError::Grid(error)) => {
            grid(error)
        }
        CalibrationError::Model(error) => model(error),
        CalibrationError::Estimation { factor, .. } => estimation(factor),
    }
}

/// The matrix where it is written out, the file that holds it, else the estimator.
fn correlation(inputs: &Inputs) -> String {
    let keys = ["matrix", "path", "estimator"].map(|key| format!("model.correlation.{key}"));
    let found = keys.into_iter().find(|key| inputs.scenario_places.places.has(key));
    found.unwrap_or_else(|| "model".to_owned())
}

fn grid(error: &GridError) -> String {
    match error {
        GridError::InvalidInterval(_) => "market".to_owned(),
        _ => "simulation.horizon".to_owned(),
    }
}

fn model(error: &SimulationError) -> String {
    match error {
        SimulationError::JumpsExceedVolatility { factor, .. }
        | SimulationError::Volatility { factor, .. } => stated(factor),
        SimulationError::DegreesOfFreedom { .. } => "model.process.degrees_of_freedom".to_owned(),
        SimulationError::Truncation(_) => "model.process.truncation".to_owned(),
        SimulationError::Jumps { which, .. } => format!("model.process.{which}"),
        _ => "model.process".to_owned(),
    }
}

/// What was being estimated is named in words: of volatilities `volatility of BTC.spot`.
fn estimation(what: &str) -> String {
    if what.starts_with("volatility of ") {
        "model.volatility".to_owned()
    } else if what.starts_with("correlation") {
        "model.correlation".to_owned()
    } else {
        "model.process".to_owned()
    }
}

fn stated(factor: &str) -> String {
    format!("model.stated_volatility.\"{factor}\"")
}

/// Factors whose moves leave the range of numbers, at their volatility or at the horizon.
pub(super) fn extreme_factors(
    model: &FactorModel,
    inputs: &Inputs,
    collector: &mut ViolationCollector,
) {
    let horizon = inputs.scenario.simulation.horizon;
    let root = horizon.get().sqrt();
    let extent = |factor: &Factor| {
        let mean = factor.log_mean.last().map_or(0.0, |mean| mean.abs());
        mean + DEVIATIONS * factor.volatility * root
    };
    let places = &inputs.scenario_places.places;
    for factor in model.factors.iter().filter(|factor| !factor.key.is_additive()) {
        let found = extent(factor);
        // a NaN extent is out of range too
        if found <= LOG_MOVE_MAX {
            continue;
        }
        let key = factor.key.to_string();
        let own = stated(&key);
        let place = if places.has(&own) { own } else { "simulation.horizon".to_owned() };
        let title = format!(
            "{key} may move by a factor of e^{found:.0} over the horizon of {:.4} years",
            horizon.get()
        );
        let violation = Violation::new(places.at(&place), title)
            .expected(format!("a drift and volatility that keep it within e^{LOG_MOVE_MAX}"))
            .help("shorten the horizon, or lower the volatility or the drift");
        collector.add(violation);
    }
}

/// A book that cannot be priced or margined today cannot be on any path.
pub(super) fn not_priced(plan: &Plan, inputs: &Inputs, collector: &mut ViolationCollector) {
    if collector.count() > 0 {
        return;
    }
    // hedges are held once more: what cannot be priced of them cannot be traded either
    let held =
        Some(plan.portfolio.with_hedges_held()).filter(|_| !plan.portfolio.hedges.is_empty());
    let books = std::iter::once(&plan.portfolio).chain(&plan.portfolio_with_trades).chain(&held);
    for portfolio in books {
        if let Err(error) = Compiled::new(plan, portfolio, InstructionSet::Baseline) {
            collector.add(Violation::new(place(&error, portfolio, inputs), error.to_string()));
            return;
        }
    }
}

/// The position or account that an error names, else the market.
fn place(error: &EngineError, portfolio: &Portfolio, inputs: &Inputs) -> Place {
    let item = match error {
        EngineError::Pricing(PricingError::InvalidNumber { item, .. })
        | EngineError::Margin(MarginError::NotLiquidated { item, .. }) => item.as_str(),
        _ => "",
    };
    if let EngineError::Margin(MarginError::NotLiquidated { account, .. }) = error {
        let index = portfolio.accounts.iter().position(|one| one.name == *account);
        let named = index.and_then(|index| inputs.account_places.get(index));
        let is_position = portfolio.positions.iter().any(|position| position.id == item);
        if let Some(place) = named.filter(|_| !is_position) {
            return place.clone();
        }
    }
    let hedge = portfolio.hedges.iter().position(|hedge| hedge.id == item);
    if let Some(place) = hedge.and_then(|index| inputs.hedge_places.get(index)) {
        return place.clone();
    }
    let own = portfolio.positions.iter().position(|position| position.id == item);
    match own.and_then(|index| inputs.position_places.get(index)) {
        Some(place) => place.clone(),
        None => inputs.scenario_places.places.at("market"),
    }
}
