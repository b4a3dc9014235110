//! Planning a grid: a model in which nothing moves, and the points.

use super::GridPoint;
use super::axes::points;
use crate::document::{
    Confinement, Loader, Violation, ViolationCollector, Violations, did_you_mean,
};
use crate::engine::historical::Fitted;
use crate::engine::load::Inputs;
use crate::engine::plan::Fit;
use crate::scenario::document::LoadedScenario;
use crate::scenario::{GridAxes, GridSettings};
use crate::simulation::replay::today;
use crate::simulation::{Factor, FactorKey, FactorSource, StatedLeg, StatedSetting, stated_model};
use crate::units::Years;

/// Coins that the market does not have.
pub(in crate::engine) fn check(
    loaded: &LoadedScenario,
    market: &crate::market::Market,
    found: &mut ViolationCollector,
) {
    let Some(grid) = &loaded.scenario.grid else { return };
    for (index, coin) in grid.coins.iter().enumerate() {
        if market.underlying(coin).is_none() {
            let place = loaded.places.at(&format!("grid.coins[{index}]"));
            let names = market.underlyings.iter().map(|one| one.symbol.as_str());
            let fault = Violation::new(place, format!("{coin} is no underlying of the market"));
            found.add(fault.help_if(did_you_mean(coin.as_str(), names)));
        }
    }
}

/// A model of one instant at today's levels, and the points of the grid.
pub(in crate::engine) fn planned(
    inputs: &Inputs,
    settings: &GridSettings,
    keys: &[FactorKey],
) -> Result<(Fitted, Vec<GridPoint>), Violations> {
    let places = &inputs.scenario_places.places;
    let key = match settings.axes {
        GridAxes::Rules { .. } => "grid.rules",
        GridAxes::Stated { .. } => "grid",
    };
    let as_of = inputs.market.market.as_of;
    // Rules beside the scenario are not looked for: those that are shipped are named.
    let loader = Loader::new(std::path::Path::new(""), Confinement::Inside)?;
    let points = points(&settings.axes, as_of, &places.at(key), &loader)?;
    let still = |key: &FactorKey| Factor {
        key: key.clone(),
        volatility: 0.0,
        source: "stated moves".to_owned(),
        log_mean: Vec::new(),
    };
    let factors: Vec<Factor> = keys.iter().map(still).collect();
    let now = inputs.scenario.simulation.horizon;
    let legs = [StatedLeg { begins: now, ends: now, levels: keys.iter().map(today).collect() }];
    let setting = StatedSetting {
        factors: &factors,
        correlation_factor: None,
        interval: Years::from_days(1.0),
        legs: &legs,
        horizon: now,
        every: now,
        expiries: &[],
    };
    let model = stated_model(&setting)
        .map_err(|error| Violation::new(places.at("grid"), error.to_string()))?;
    let fit = Fit {
        correlation: Vec::new(),
        correlation_source: "none: moves are stated".to_owned(),
        fallbacks: Vec::new(),
        projection_distance: None,
        notes: inputs.left_out.clone(),
        stressed: None,
    };
    let sources = vec![FactorSource::Stays; keys.len()];
    Ok((Fitted { model, fit, sources, findings: Vec::new(), search: None }, points))
}
