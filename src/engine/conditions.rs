//! Market conditions of a policy, replayed over the market's price history.

use crate::document::{Violation, Violations};
use crate::market::Market;
use crate::scenario::{ProcessSettings, Scenario, VolatilitySettings};
use crate::threshold::document::LoadedPolicy;
use crate::threshold::{
    self, Condition, ConditionHistory, Memory, ShortfallVolatility, ThresholdError,
};
use crate::units::Years;

/// The condition multipliers today.
///
/// # Errors
/// A driver that watches a series the history lacks, a previous state later than the market.
pub(super) fn condition(
    loaded: &LoadedPolicy,
    scenario: &Scenario,
    market: &Market,
) -> Result<Condition, Violations> {
    let policy = &loaded.policy.condition;
    let memory = memory(loaded, market)?;
    threshold::condition(policy, &history(market), volatility(scenario), memory).map_err(|error| {
        let place = loaded.document.places.at(&path(&error, loaded));
        Violation::new(place, error.to_string())
            .help("name a series of the market's history, or leave the driver out")
            .into()
    })
}

/// The series that the first driver at fault names, else all drivers.
fn path(error: &ThresholdError, loaded: &LoadedPolicy) -> String {
    let ThresholdError::MissingSeries { series, .. } = error else {
        return "condition.driver".to_owned();
    };
    let places = &loaded.document.places;
    let paths = (0..loaded.policy.condition.drivers.len())
        .map(|index| format!("condition.driver[{index}].series"));
    let names = |path: &String| places.at(path).text().trim_matches(['"', '\'']) == series;
    paths.into_iter().find(names).unwrap_or_else(|| "condition.driver".to_owned())
}

/// Replayed over the history, unless the policy names the state of an earlier run.
fn memory(loaded: &LoadedPolicy, market: &Market) -> Result<Memory, Violations> {
    let Some(previous) = &loaded.previous else { return Ok(Memory::Replayed) };
    let elapsed = market.as_of.duration_since(previous.as_of);
    let days_elapsed = elapsed.as_secs_f64() / 86_400.0;
    if days_elapsed < 0.0 {
        let place = loaded.document.places.at("condition.previous_state");
        let title = format!("the previous state is of {}, later than the market", previous.as_of);
        return Err(Violation::new(place, title)
            .expected(format!("a state of {} or earlier", market.as_of))
            .into());
    }
    Ok(Memory::Previous { state: previous.state, days_elapsed })
}

/// Prices of the history, by asset.
fn history(market: &Market) -> ConditionHistory {
    let Some(history) = &market.history else {
        return ConditionHistory::new(Years::from_days(1.0), []);
    };
    let prices = history.series.iter().filter(|one| history.prices(&one.symbol) == Some(one));
    let series = prices.map(|one| (one.symbol.to_string(), one.values.clone()));
    ConditionHistory::new(history.interval, series)
}

/// Whether the simulated ES already moves with today's volatility.
fn volatility(scenario: &Scenario) -> ShortfallVolatility {
    let model = &scenario.model;
    let estimator = match &model.process {
        ProcessSettings::FilteredHistorical { filter } => filter,
        _ => &model.volatility,
    };
    match estimator {
        VolatilitySettings::Ewma { .. } | VolatilitySettings::Garch { .. } => {
            ShortfallVolatility::Conditional
        }
        VolatilitySettings::Sample { .. } => ShortfallVolatility::Unconditional,
    }
}
