//! Market conditions of a policy, replayed over the market's price history.

use crate::document::{Violation, Violations};
use crate::market::Market;
use crate::scenario::{ProcessSettings, Scenario, VolatilitySettings};
use crate::threshold::document::LoadedPolicy;
use crate::threshold::{self, Condition, ConditionHistory, Memory, ShortfallVolatility};
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
        let place = loaded.document.places.at("condition.driver");
        Violation::new(place, error.to_string())
            .help("name a series of the market's history, or leave the driver out")
            .into()
    })
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
