//! The plan: everything a run needs, fitted and validated, so that a shard never estimates.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::grid::{self, GridPoint};
use super::historical::{self, Fitted, Search};
use super::load::Inputs;
use super::pilot::{self, Hazards};
use super::{
    conditions, displaced, failure_strata, faults, liquidity_horizons, precision, procyclicality,
    reverse, sampling, shock, stress,
};
use crate::document::{InputFile, Violation, ViolationCollector, Violations, did_you_mean};
use crate::margin::VenueRules;
use crate::market::{Finding, Market};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::pricing::{self, PricingSettings};
use crate::risk::SampleDesign;
use crate::scenario::{ReturnKind, Revaluation, Scenario, SmileDynamics};
use crate::simulation::{
    self, Calibrated, CalibrationError, FactorKey, FactorModel, FactorSource, Fallback, Sampling,
    StressedFit, TimeGrid,
};
use crate::threshold::{Condition, Policy, TermKind};
use crate::units::Years;

/// A validated, serialisable run: plain data, the same bits after a trip through JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// What may happen, and how much is simulated.
    pub scenario: Scenario,
    /// What is held.
    pub portfolio: Portfolio,
    /// What would be held after the proposed trades.
    pub portfolio_with_trades: Option<Portfolio>,
    /// The world today, without its history.
    pub market: Market,
    /// Margin rules by venue, in portfolio order.
    pub venue_rules: Vec<Option<VenueRules>>,
    /// How much may be carried.
    pub policy: Option<Policy>,
    /// Market conditions, replayed over the history.
    pub condition: Option<Condition>,
    /// The fitted factor model.
    pub model: FactorModel,
    /// Hazards of what can break on a path, calibrated on pilot paths.
    #[serde(default)]
    pub hazards: Hazards,
    /// Where the moves of each factor are from, in model order, where they are replayed.
    #[serde(default)]
    pub replayed: Vec<FactorSource>,
    /// The windows of history among which the worst is to be found; the model is that of the first.
    #[serde(default)]
    pub search: Option<Search>,
    /// The model of the stressed period that the policy weighs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stressed_model: Option<FactorModel>,
    /// The model with volatilities at the policy's floor, where one is below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floored_model: Option<FactorModel>,
    /// That floor in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub volatility_floor: String,
    /// The points of a grid.
    #[serde(default)]
    pub grid: Vec<GridPoint>,
    /// How paths are drawn.
    #[serde(default)]
    pub sampling: Sampling,
    /// How the model was fitted.
    pub fit: Fit,
    /// What was found in the data files.
    pub findings: Vec<Finding>,
    /// Every file read, with its content hash.
    pub inputs: Vec<InputFile>,
}

/// How the model was fitted, for the reader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Correlation matrix used, by row.
    pub correlation: Vec<Vec<f64>>,
    /// Where it came from.
    pub correlation_source: String,
    /// Frobenius distance of a repair.
    pub projection_distance: Option<f64>,
    /// Short histories, proxies, constants, truncation.
    pub notes: Vec<String>,
    /// What was done in place of what the settings ask for.
    #[serde(default)]
    pub fallbacks: Vec<Fallback>,
    /// What was made worse than the history says, where anything was.
    #[serde(default)]
    pub stressed: Option<StressedFit>,
}

impl Plan {
    /// Fits the model and replays the conditions.
    ///
    /// # Errors
    /// What the history or the settings do not allow, at its place in the scenario.
    pub fn build(inputs: &Inputs) -> Result<Self, Violations> {
        let Inputs { scenario, portfolio, policy, .. } = inputs;
        let market = &inputs.market.market;
        let keys = factors(inputs);
        let (Fitted { model, fit, sources, findings, search }, grid) = match &scenario.grid {
            Some(settings) => grid::planned(inputs, settings, &keys)?,
            None => (modelled(inputs, &keys)?, Vec::new()),
        };
        let isa = InstructionSet::detect();
        let mut hazards = pilot::hazards(&model, scenario, portfolio, isa)
            .map_err(|error| fault(inputs, "model", &error.to_string()))?;
        let mut market_then = Market { history: None, ..market.clone() };
        if let Some(shock) = &scenario.shock {
            shock::state_failures(shock, portfolio, &model, &mut hazards);
            shock::deepen(shock, &mut market_then);
        }
        if scenario.historical.is_some() {
            historical::leave_others_out(&mut market_then);
        }
        let condition = policy
            .as_ref()
            .map(|policy| conditions::condition(policy, scenario, market))
            .transpose()?;
        let mut plan = Self {
            plimsoll_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.clone(),
            portfolio: portfolio.clone(),
            portfolio_with_trades: inputs.portfolio_with_trades.clone(),
            market: market_then,
            venue_rules: inputs.venue_rules.clone(),
            policy: policy.as_ref().map(|loaded| loaded.policy.clone()),
            condition,
            model,
            hazards,
            replayed: sources,
            search,
            stressed_model: None,
            floored_model: None,
            volatility_floor: String::new(),
            grid,
            sampling: Sampling::Plain,
            fit,
            findings: inputs.market.findings.iter().cloned().chain(findings).collect(),
            inputs: inputs.files.clone(),
        };
        let mut collector = ViolationCollector::default();
        collector.absorb(plan.check_stresses(inputs));
        faults::extreme_factors(&plan.model, inputs, &mut collector);
        faults::not_priced(&plan, inputs, &mut collector);
        if scenario.is_stated() {
            historical::check_inputs(inputs, &mut collector);
        } else {
            precision::check(inputs, &mut collector);
            reverse::check(inputs, &mut collector);
            liquidity_horizons::check(inputs, &mut collector);
            procyclicality::plan(&mut plan, inputs, &keys, &mut collector);
            sampling::choose(&mut plan, inputs, &mut collector);
            failure_strata::choose(&mut plan, inputs, &mut collector);
            if let Some(shock) = &scenario.shock {
                shock::condition(&mut plan, inputs, shock, &mut collector);
            }
        }
        collector.finish(plan)
    }

    /// Fits the model of a run of a batch before its plan is built, so that building finds it.
    ///
    /// # Errors
    /// As [`Plan::build`].
    pub fn fit_ahead(inputs: &Inputs) -> Result<(), Violations> {
        modelled(inputs, &factors(inputs)).map(|_| ())
    }

    /// How paths depend on each other, and what is known of them.
    pub fn sample_design(&self) -> SampleDesign {
        failure_strata::design(self.hazards.strata.as_ref(), sampling::design(&self.sampling))
    }

    /// The same with paths drawn plainly, all of which count the same.
    pub(super) fn plainly(&self) -> Self {
        let mut plan = Self { sampling: self.sampling.plainly(), ..self.clone() };
        plan.hazards.strata = None;
        plan
    }

    /// How positions are priced.
    pub(super) fn pricing_settings(&self) -> PricingSettings {
        let dynamics = &self.scenario.model.volatility_dynamics;
        PricingSettings {
            revaluation: match self.scenario.simulation.revaluation {
                Revaluation::Full | Revaluation::Proxy | Revaluation::Auto => {
                    pricing::Revaluation::Full
                }
                Revaluation::Delta => pricing::Revaluation::Delta,
                Revaluation::DeltaGamma => pricing::Revaluation::DeltaGamma,
            },
            smile: match dynamics.smile {
                SmileDynamics::StickyDelta => pricing::SmileDynamics::StickyDelta,
                SmileDynamics::StickyStrike => pricing::SmileDynamics::StickyStrike,
            },
            damping_power: dynamics.damping_power,
        }
    }

    /// Name and date of a venue's margin rules.
    pub(super) fn rules_name(&self, venue: usize) -> Option<String> {
        self.venue_rules[venue].as_ref().map(|rules| rules.id.clone())
    }

    /// Every stated stress must move something this book depends on.
    fn check_stresses(&self, inputs: &Inputs) -> Result<(), Violations> {
        let mut collector = ViolationCollector::default();
        if let Some(policy) = &inputs.policy {
            for (index, term) in policy.policy.terms.iter().enumerate() {
                let TermKind::StressedLoss { stresses } = &term.kind else { continue };
                let unanswered = stresses.iter().enumerate().flat_map(|(number, one)| {
                    let factors = stress::unanswered(one, &self.model);
                    factors.into_iter().map(move |factor| (number, factor))
                });
                for (number, factor) in unanswered {
                    let key = stress::document_key(factor);
                    let path = format!("term[{index}].stress[{number}].{key}");
                    let place = policy.document.places.at(&path);
                    let title = format!("a stress moves {factor}, which is no factor of this book");
                    let names = self.model.factors.iter().map(|one| one.key.to_string());
                    let names: Vec<String> = names.collect();
                    let hint = did_you_mean(factor, names.iter().map(String::as_str));
                    collector.add(Violation::new(place, title).help_if(hint));
                }
            }
        }
        collector.finish(())
    }
}

/// Factors of the book before and after trades, and of what may be traded to hedge it, so that all run
/// on the same numbers, and of the coins that hazards follow.
fn factors(inputs: &Inputs) -> Vec<FactorKey> {
    let held = inputs.portfolio.with_hedges_held();
    let mut keys = pricing::required_factors(&inputs.market.market, &held);
    keys.extend(pilot::main_coins(&inputs.portfolio, &inputs.scenario));
    if let Some(traded) = &inputs.portfolio_with_trades {
        keys.extend(pricing::required_factors(&inputs.market.market, traded));
    }
    let events = &inputs.scenario.events;
    if let Some(shock) = &inputs.scenario.shock {
        keys.extend(shock::named_factors(shock, &inputs.market.market));
    }
    keys.extend(displaced::required_factors(events, &inputs.market.market, &keys));
    keys.sort();
    keys.dedup();
    keys
}

/// The model of the scenario's kind: a window of history, a stated path, or fitted to the history.
fn modelled(inputs: &Inputs, keys: &[FactorKey]) -> Result<Fitted, Violations> {
    let Inputs { scenario, bars, .. } = inputs;
    if let (Some(settings), Some(bars)) = (&scenario.historical, bars) {
        return historical::fitted(inputs, settings, bars, keys, &expiries(inputs));
    }
    match &scenario.shock {
        Some(shock) if scenario.is_stated() => {
            shock::planned(inputs, shock, keys, &expiries(inputs))
        }
        _ => fitted(inputs, keys),
    }
}

/// A model fitted to the market's history.
fn fitted(inputs: &Inputs, keys: &[FactorKey]) -> Result<Fitted, Violations> {
    let returns = inputs.scenario.simulation.returns;
    let nodes = nodes(inputs)?;
    let fitted = calibrated(inputs, returns, keys, &nodes)
        .map_err(|error| Violations::from(faults::violation(&error, inputs)))?;
    let fit = Fit {
        correlation: rows(&fitted.correlation),
        correlation_source: fitted.correlation_source,
        projection_distance: fitted.projection_distance,
        notes: fitted.notes,
        fallbacks: fitted.fallbacks,
        stressed: fitted.stressed,
    };
    Ok(Fitted { model: fitted.model, fit, sources: Vec::new(), findings: Vec::new(), search: None })
}

/// The scenario's model of `keys` on the grid `nodes`; of a batch, fitted once for all runs that ask
/// for the same.
pub(super) fn calibrated(
    inputs: &Inputs,
    returns: ReturnKind,
    keys: &[FactorKey],
    nodes: &[Years],
) -> Result<Calibrated, CalibrationError> {
    let model = &inputs.scenario.model;
    let market = &inputs.market;
    let fit = || simulation::calibrate(model, returns, keys, &market.market, nodes);
    let Some(shared) = &inputs.shared else { return fit() };
    // Settings that do not write as JSON hold nothing that could be told apart.
    let Ok(settings) = serde_json::to_string(&(model, returns, keys, nodes)) else { return fit() };
    let key = format!("{:p} {settings}", Arc::as_ptr(market));
    Result::clone(&shared.fit(key, fit))
}

fn expiries(inputs: &Inputs) -> Vec<Years> {
    let books = std::iter::once(&inputs.portfolio).chain(&inputs.portfolio_with_trades);
    let instruments = books.flat_map(|book| {
        let held = book.positions.iter().map(|position| &position.instrument);
        held.chain(book.hedges.iter().map(|hedge| &hedge.instrument))
    });
    instruments.filter_map(|instrument| instrument.expiry()).collect()
}

pub(super) fn nodes(inputs: &Inputs) -> Result<Vec<Years>, Violations> {
    let settings = &inputs.scenario.simulation;
    TimeGrid::merged_nodes(settings.horizon, settings.steps, &expiries(inputs))
        .map_err(|error| fault(inputs, "simulation.horizon", &error.to_string()))
}

pub(super) fn rows(matrix: &nalgebra::DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}

fn fault(inputs: &Inputs, path: &str, message: &str) -> Violations {
    Violation::new(inputs.scenario_places.places.at(path), message.to_owned()).into()
}
