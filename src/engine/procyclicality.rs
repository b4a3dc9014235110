//! Models that a policy's options against procyclicality ask for, fitted where the history is: of a
//! stressed period, and with volatilities at their long-run floor.

use super::load::Inputs;
use super::plan::{self, Plan};
use crate::document::{Violation, ViolationCollector};
use crate::estimation::returns_between;
use crate::market::{Market, PriceHistory, Series};
use crate::scenario::{ModelSettings, Scenario, StressWindow, StressedSettings};
use crate::simulation::{self, CalibrationError, FactorKey, FactorModel, Fallback};
use crate::threshold::{AntiProcyclicality, Policy, StressedPeriod, VolatilityFloor};
use crate::units::{DAYS_PER_YEAR, Symbol, Years};

/// Puts into `plan` what its policy asks for.
pub(super) fn plan(
    plan: &mut Plan,
    inputs: &Inputs,
    keys: &[FactorKey],
    collector: &mut ViolationCollector,
) {
    let Some(policy) = &inputs.policy else { return };
    let Some(nodes) = collector.absorb(plan::nodes(inputs)) else { return };
    let basis =
        Basis { scenario: &inputs.scenario, market: &inputs.market.market, keys, nodes: &nodes };
    if let Err(error) = basis.put(plan, &policy.policy.anti_procyclicality) {
        let place = policy.document.places.at("anti_procyclicality.stressed_period");
        let title = format!("no model of the stressed period: {error}");
        collector.add(Violation::new(place, title));
    }
}

/// Returns of a stressed period from which the part of it that was known is weighed in.
const STRESSED_RETURNS_MIN: usize = 30;

/// The same for a date of a walk, from what was `known` then: of a stressed period that ends later
/// the part until then, from [`STRESSED_RETURNS_MIN`] returns on; before, it does not act.
pub(super) fn plan_on_date(plan: &mut Plan, policy: &Policy, known: &Market) {
    let keys: Vec<FactorKey> = plan.model.factors.iter().map(|factor| factor.key.clone()).collect();
    let scenario = plan.scenario.clone();
    let nodes = plan.model.grid.nodes.clone();
    let basis = Basis { scenario: &scenario, market: known, keys: &keys, nodes: &nodes };
    let mut options = policy.anti_procyclicality;
    let stated = options.stressed_period.is_some();
    options.stressed_period = options.stressed_period.and_then(|period| until_now(period, known));
    let fitted = basis.put(plan, &options).is_ok() && options.stressed_period.is_some();
    if stated && !fitted {
        plan.fit.fallbacks.push(Fallback::StressedPeriodIdle);
    }
}

/// The part of a period that is history.
fn until_now(period: StressedPeriod, known: &Market) -> Option<StressedPeriod> {
    let times = &known.history.as_ref()?.times;
    let [from, to] = [period.from.max(*times.first()?), period.to.min(*times.last()?)];
    let returns = returns_between(times, from, to)?.len();
    let is_whole = (from, to) == (period.from, period.to);
    (from < to && (is_whole || returns >= STRESSED_RETURNS_MIN)).then_some(StressedPeriod {
        from,
        to,
        ..period
    })
}

/// What models are fitted from.
struct Basis<'a> {
    scenario: &'a Scenario,
    market: &'a Market,
    keys: &'a [FactorKey],
    nodes: &'a [Years],
}

impl Basis<'_> {
    /// Both models; the floor's stands where the stressed period's cannot be fitted.
    fn put(&self, plan: &mut Plan, options: &AntiProcyclicality) -> Result<(), CalibrationError> {
        if let Some(floor) = options.volatility_floor {
            let history = self.market.history.as_ref();
            plan.volatility_floor = words(floor);
            plan.floored_model = history.and_then(|history| floored(&plan.model, history, floor));
        }
        if let Some(period) = options.stressed_period {
            let window = StressWindow { from: period.from, to: period.to };
            plan.stressed_model = Some(self.stressed(window)?);
        }
        Ok(())
    }

    /// The scenario's model estimated from the window alone.
    fn stressed(&self, window: StressWindow) -> Result<FactorModel, CalibrationError> {
        let stressed = StressedSettings {
            window: Some(window),
            correlation_toward_one: 0.0,
            volatility_multiplier: 1.0,
            degrees_of_freedom: None,
        };
        let model = ModelSettings { stressed: Some(stressed), ..self.scenario.model.clone() };
        let returns = self.scenario.simulation.returns;
        let fitted = simulation::calibrate(&model, returns, self.keys, self.market, self.nodes)?;
        Ok(fitted.model)
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
