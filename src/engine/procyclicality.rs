//! Models that a policy's options against procyclicality ask for, fitted where the history is: of a
//! stressed period, and with volatilities at their long-run floor.

use super::load::Inputs;
use super::plan::{self, Plan};
use crate::document::{Violation, ViolationCollector};
use crate::market::{PriceHistory, Series};
use crate::scenario::{ModelSettings, StressWindow, StressedSettings};
use crate::simulation::{self, FactorKey, FactorModel};
use crate::threshold::VolatilityFloor;
use crate::units::{DAYS_PER_YEAR, Symbol};

/// Puts into `plan` what its policy asks for.
pub(super) fn plan(
    plan: &mut Plan,
    inputs: &Inputs,
    keys: &[FactorKey],
    collector: &mut ViolationCollector,
) {
    let Some(policy) = &inputs.policy else { return };
    let options = &policy.policy.anti_procyclicality;
    if let Some(period) = options.stressed_period {
        let window = StressWindow { from: period.from, to: period.to };
        plan.stressed_model = stressed(inputs, keys, window, collector);
    }
    if let Some(floor) = options.volatility_floor {
        let history = inputs.market.market.history.as_ref();
        plan.volatility_floor = words(floor);
        plan.floored_model = history.and_then(|history| floored(&plan.model, history, floor));
    }
}

/// The scenario's model estimated from the window alone.
fn stressed(
    inputs: &Inputs,
    keys: &[FactorKey],
    window: StressWindow,
    collector: &mut ViolationCollector,
) -> Option<FactorModel> {
    let settings = &inputs.scenario.model;
    let stressed = StressedSettings {
        window: Some(window),
        correlation_toward_one: 0.0,
        volatility_multiplier: 1.0,
        degrees_of_freedom: None,
    };
    let model = ModelSettings { stressed: Some(stressed), ..settings.clone() };
    let returns = inputs.scenario.simulation.returns;
    let market = &inputs.market.market;
    let nodes = collector.absorb(plan::nodes(inputs))?;
    match simulation::calibrate(&model, returns, keys, market, &nodes) {
        Ok(fitted) => Some(fitted.model),
        Err(error) => {
            let policy = inputs.policy.as_ref()?;
            let place = policy.document.places.at("anti_procyclicality.stressed_period");
            let title = format!("no model of the stressed period: {error}");
            collector.add(Violation::new(place, title));
            None
        }
    }
}

/// The model with no coin's volatility below its long-run one; `None` where none is.
fn floored(
    model: &FactorModel,
    history: &PriceHistory,
    floor: VolatilityFloor,
) -> Option<FactorModel> {
    let of = |key: &FactorKey| match key {
        FactorKey::Spot(coin) => long_run(coin, history, floor).unwrap_or(0.0),
        _ => 0.0,
    };
    // What stands still on purpose is left standing.
    let floors = model.factors.iter().map(|factor| match factor.volatility > 0.0 {
        true => of(&factor.key),
        false => 0.0,
    });
    let floors: Vec<f64> = floors.collect();
    let floored = model.with_volatilities_at_least(&floors);
    (&floored != model).then_some(floored)
}

/// Annual root mean square of a coin's log-returns over the years of the floor.
fn long_run(coin: &Symbol, history: &PriceHistory, floor: VolatilityFloor) -> Option<f64> {
    let per_year = DAYS_PER_YEAR / history.interval.days();
    let returns = history.prices(coin).map(Series::log_returns)?;
    let count = floor.years.map_or(returns.len(), |years| (years * per_year).round() as usize);
    let last = &returns[returns.len().saturating_sub(count)..];
    let observed: Vec<f64> = last.iter().copied().flatten().collect();
    if observed.is_empty() {
        return None;
    }
    let squares: f64 = observed.iter().map(|value| value * value).sum();
    Some((squares / observed.len() as f64 * per_year).sqrt())
}

fn words(floor: VolatilityFloor) -> String {
    let span = match floor.years {
        Some(years) => format!("the last {years} years"),
        None => "all of the history".to_owned(),
    };
    format!("no coin's volatility below that of {span}")
}
