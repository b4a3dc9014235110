//! Market conditions of a policy, replayed over the market's price history.

use crate::document::{Violation, Violations};
use crate::market::Market;
use crate::scenario::{ModelSettings, ProcessSettings, Scenario, VolatilitySettings};
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
    threshold::condition(policy, &history(market), shortfall_volatility(&scenario.model), memory)
        .map_err(|error| {
            let place = loaded.document.places.at(&path(&error, loaded));
            Violation::new(place, error.to_string())
                .help("name a series of the market's history, or leave the driver out")
                .into()
        })
}

/// Where the first driver at fault names the series, else all drivers.
fn path(error: &ThresholdError, loaded: &LoadedPolicy) -> String {
    let ThresholdError::MissingSeries { series, driver } = error else {
        return "condition.driver".to_owned();
    };
    let drivers = loaded.policy.condition.drivers.iter().enumerate();
    let mut at_fault =
        drivers.filter(|(_, one)| one.name() == driver).filter_map(|(index, one)| {
            let position = one.series().position(|name| &name == series)?;
            let path = format!("condition.driver[{index}].series");
            Some(if one.assets().len() > 1 { format!("{path}[{position}]") } else { path })
        });
    at_fault.next().unwrap_or_else(|| "condition.driver".to_owned())
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

/// The series of the history, by name.
fn history(market: &Market) -> ConditionHistory {
    let Some(history) = &market.history else {
        return ConditionHistory::new(Years::from_days(1.0), []);
    };
    let series = history.series.iter().map(|one| (one.name.clone(), one.values.clone()));
    ConditionHistory::new(history.interval, series)
}

/// Whether the simulated ES already moves with today's volatility.
pub fn shortfall_volatility(model: &ModelSettings) -> ShortfallVolatility {
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
