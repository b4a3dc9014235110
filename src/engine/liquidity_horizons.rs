//! ES by liquidity horizons: the book walked again with ever fewer factors moving.
//!
//! Every subset is walked on the same draws as the run: factors of shorter horizons are drawn and
//! held at today's levels, so that differences between subsets are not noise. Each is revalued in
//! full (or by the sensitivities that the scenario asks for), with what happens inside paths by
//! rule: funding, expiries, margin calls, stops, liquidations, the impact of orders. What happens by
//! chance, a failing venue or a breaking peg, is no move of a factor: it is in ES(P), and in no subset.

use super::EngineError;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::extended::KEPT_PATHS_MAX;
use super::load::Inputs;
use super::pass;
use super::pilot::Hazards;
use super::plan::Plan;
use super::shock::{Selected, is_factor_of};
use crate::document::{Violation, ViolationCollector, did_you_mean};
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::outcome::{LiquidityBucket, LiquidityHorizons, Measure};
use crate::portfolio::Portfolio;
use crate::risk::{
    LIQUIDITY_HORIZONS_ESTIMATOR, PathWeights, SubsetShortfall, cascaded_shortfall,
    subset_shortfall,
};
use crate::scenario::LiquidityHorizonSettings;
use crate::scenario::document::LoadedScenario;
use crate::simulation::{FactorModel, Simulator};
use crate::units::Years;

/// Horizons nearer than a second are one.
const SAME: f64 = 1.0 / crate::units::SECONDS_PER_YEAR;

/// Names that the market does not know.
pub(super) fn check_names(
    loaded: &LoadedScenario,
    market: &Market,
    found: &mut ViolationCollector,
) {
    let Some(settings) = &loaded.scenario.measures.liquidity_horizons else { return };
    let place = |key: String| loaded.places.at(&format!("measures.liquidity_horizons.{key}"));
    for group in &settings.groups {
        for (index, member) in group.members.iter().enumerate() {
            if market.asset(member).is_none() {
                let place = place(format!("groups.\"{}\"[{index}]", group.name));
                let names = market.assets.iter().map(|asset| asset.symbol.as_str());
                let fault = Violation::new(place, format!("{member} is no asset of the market"));
                found.add(fault.help_if(did_you_mean(member.as_str(), names)));
            }
        }
    }
    for stated in &settings.horizons {
        let Some((selected, kind)) = stated.selector.split_once('.') else { continue };
        let is_group = settings.groups.iter().any(|group| group.name == selected);
        if selected == "*" || is_group || is_factor_of(market, &stated.selector) {
            continue;
        }
        let place = place(format!("horizons.\"{}\"", stated.selector));
        let names = market.assets.iter().map(|asset| format!("{}.{kind}", asset.symbol));
        let names: Vec<String> = names.filter(|name| is_factor_of(market, name)).collect();
        let title = format!("{} is no factor of the market", stated.selector);
        let hint = did_you_mean(&stated.selector, names.iter().map(String::as_str));
        found.add(Violation::new(place, title).help_if(hint));
    }
}

/// Runs of which no ES by liquidity horizons is known.
pub(super) fn check(inputs: &Inputs, found: &mut ViolationCollector) {
    let scenario = &inputs.scenario;
    if scenario.measures.liquidity_horizons.is_none() {
        return;
    }
    let simulation = &scenario.simulation;
    let most = match simulation.precision {
        Some(_) => simulation.paths.max(simulation.paths_max),
        None => simulation.paths,
    };
    let title = if scenario.shock.is_some() {
        "liquidity horizons of a shock: its paths are of the moves given those stated".to_owned()
    } else if most > KEPT_PATHS_MAX {
        format!("liquidity horizons of {most} paths, and at most {KEPT_PATHS_MAX} are kept")
    } else {
        return;
    };
    let place = inputs.scenario_places.places.at("measures.liquidity_horizons");
    found.add(Violation::new(place, title).help("leave the table out of this scenario"));
}

/// ES by liquidity horizons of `portfolio`, whose losses on the plan's paths are `losses`; `None`
/// where none are stated.
pub(super) fn measured(
    plan: &Plan,
    portfolio: &Portfolio,
    losses: &[f64],
    weights: &PathWeights,
    (isa, control): (InstructionSet, &Control),
) -> Result<Option<LiquidityHorizons>, EngineError> {
    let Some(settings) = &plan.scenario.measures.liquidity_horizons else { return Ok(None) };
    let base = plan.scenario.simulation.horizon;
    let horizons = factor_horizons(settings, &plan.model, base);
    let buckets = distinct(&horizons, base);
    let subset_plan = without_chance(plan);
    let subset_book = without_failures(portfolio);
    let mut subsets: Vec<(f64, SubsetShortfall)> =
        vec![(1.0, subset_shortfall(losses, weights, settings.level)?)];
    for (before, horizon) in buckets.iter().zip(buckets.iter().skip(1)) {
        let held: Vec<bool> = horizons.iter().map(|own| own.get() < horizon.get() - SAME).collect();
        let subset = Subset { plan: &subset_plan, portfolio: &subset_book, held: &held };
        let scale = ((horizon.get() - before.get()) / base.get()).sqrt();
        let losses = subset.losses(isa, control)?;
        subsets.push((scale, subset_shortfall(&losses, weights, settings.level)?));
    }
    Ok(Some(told(plan, settings, (&horizons, &buckets), &subsets, weights)))
}

/// The book with some factors held.
struct Subset<'a> {
    plan: &'a Plan,
    portfolio: &'a Portfolio,
    held: &'a [bool],
}

impl Subset<'_> {
    /// One loss a path.
    fn losses(&self, isa: InstructionSet, control: &Control) -> Result<Vec<f64>, EngineError> {
        let Self { plan, portfolio, held } = self;
        let model = plan.model.holding(held);
        let seed = plan.scenario.simulation.seed;
        // Drawn as the run's paths are, held factors included: the same numbers for the rest.
        let simulator = Simulator::with_sampling(&plan.model, &plan.sampling, seed, isa)?;
        let book = Compiled::held(plan, portfolio, &model, simulator.holding(held), isa)?;
        let paths = 0..plan.scenario.simulation.paths;
        let (engine, ledger) = (&book.engine, &book.ledger);
        Ok(pass::losses(engine, ledger, paths, 0, control, Stage::Losses)?.losses)
    }
}

/// The horizon of each factor, in model order.
fn factor_horizons(
    settings: &LiquidityHorizonSettings,
    model: &FactorModel,
    base: Years,
) -> Vec<Years> {
    let names = settings.horizons.iter().map(|one| (one.selector.as_str(), one.horizon));
    let selected = Selected::new(names, &settings.groups);
    let own = |factor: &crate::simulation::Factor| {
        selected.of(&factor.key).map_or(base, |(_, horizon)| Years(horizon.get().max(base.get())))
    };
    model.factors.iter().map(own).collect()
}

/// Horizons from the base to the longest.
fn distinct(horizons: &[Years], base: Years) -> Vec<Years> {
    let mut all: Vec<f64> = horizons.iter().map(|one| one.get()).collect();
    all.sort_by(f64::total_cmp);
    let mut distinct = vec![base];
    for horizon in all {
        if distinct.last().is_some_and(|last| horizon > last.get() + SAME) {
            distinct.push(Years(horizon));
        }
    }
    distinct
}

/// The plan without what happens by chance.
fn without_chance(plan: &Plan) -> Plan {
    let mut without = plan.clone();
    without.hazards = Hazards::default();
    without.scenario.events.peg_breaks.clear();
    without
}

fn without_failures(portfolio: &Portfolio) -> Portfolio {
    let mut without = portfolio.clone();
    without.venues.iter_mut().for_each(|venue| venue.failure = None);
    without
}

fn told(
    plan: &Plan,
    settings: &LiquidityHorizonSettings,
    (horizons, buckets): (&[Years], &[Years]),
    subsets: &[(f64, SubsetShortfall)],
    weights: &PathWeights,
) -> LiquidityHorizons {
    let total = cascaded_shortfall(subsets, weights);
    let loss = total.loss.amount();
    let rows = buckets.iter().zip(subsets).map(|(horizon, (scale, subset))| {
        let own = |own: &Years| (own.get() - horizon.get()).abs() <= SAME;
        let names = plan.model.factors.iter().zip(horizons).filter(|(_, other)| own(other));
        let scaled = scale * subset.loss.amount();
        LiquidityBucket {
            horizon_years: horizon.get(),
            factors: names.map(|(factor, _)| factor.key.to_string()).collect(),
            moving: horizons.iter().filter(|own| own.get() >= horizon.get() - SAME).count(),
            expected_shortfall: subset.loss.amount(),
            standard_error: subset.standard_error,
            scale: *scale,
            scaled,
            share: if loss == 0.0 { 0.0 } else { scaled * scaled / (loss * loss) },
        }
    });
    LiquidityHorizons {
        expected_shortfall: Measure {
            level: settings.level.get(),
            loss,
            interval_95: total.interval_95.map(|end| end.amount()),
            standard_error: Some(total.standard_error),
            estimator: LIQUIDITY_HORIZONS_ESTIMATOR.to_owned(),
        },
        base_years: plan.scenario.simulation.horizon.get(),
        buckets: rows.collect(),
        notes: notes(plan),
    }
}

fn notes(plan: &Plan) -> Vec<String> {
    let mut notes = vec![
        "factors of shorter horizons are held at today's levels, on the run's own draws; time \
         passes, and margin calls, stops and liquidations happen in every subset"
            .to_owned(),
    ];
    let fails = plan.portfolio.venues.iter().any(|venue| venue.failure.is_some());
    if fails || !plan.scenario.events.peg_breaks.is_empty() {
        notes.push(
            "what happens by chance, a failing venue or a breaking peg, is in the ES of the base \
             horizon alone"
                .to_owned(),
        );
    }
    notes
}
