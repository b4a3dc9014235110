//! One run: plan → losses → merge → tail → outcome.

use std::ops::Range;

use super::EngineError;
use super::assemble;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::extended::{self, KEPT_PATHS_MAX};
use super::pass::{self, Partial, PathColumns};
use super::path::PathEngine;
use super::plan::Plan;
use super::precision::{Decision, Precision};
use super::prepared::Prepared;
use super::proxy::{self, Valuation};
use super::tail::{TailLedger, TailLosses};
use super::{historical, liquidity_horizons};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{Measures, Outcome, ProxyRevaluation, ReplayedPath};
use crate::portfolio::Portfolio;
use crate::pricing::Granularity;
use crate::risk::{ExpectedShortfallWeights, KernelWeights, LossSample, Needs};
use crate::units::PathId;

/// What a run leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The results.
    pub outcome: Outcome,
    /// One loss a path, in path order.
    pub losses: Vec<f64>,
    /// What each path counts for, one on average; empty where all count the same.
    pub masses: Vec<f64>,
}

/// Losses of a whole run, their tail that of full revaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledLosses {
    /// All paths, without columns.
    pub part: Partial,
    /// How proxies stood in for full revaluation; `None` where they were not used.
    pub proxy: Option<ProxyRevaluation>,
}

/// Runs the whole plan on this thread pool.
///
/// # Errors
/// [`EngineError`]: interrupted, or a book the model cannot price.
pub fn run(plan: &Plan, isa: InstructionSet, control: &Control) -> Result<Run, EngineError> {
    if plan.scenario.is_stated() {
        return Err(EngineError::OnePath);
    }
    let settings = &plan.scenario.simulation;
    if let Some(fraction) = settings.precision {
        let precision = Precision::new(fraction, settings.paths_max);
        return run_to(precision, plan.clone(), isa, control);
    }
    let (book, valuation) = prepared(plan, &plan.portfolio, isa)?;
    let part = first_pass(plan, &book, &valuation, 0..extended::kept_paths(plan), control)?;
    whole(plan, &book, &valuation, part, control)
}

/// Runs from checkpoint to checkpoint; ends as a run of the number of paths it stopped at.
fn run_to(
    mut precision: Precision,
    mut plan: Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<Run, EngineError> {
    let mut found = extended(&plan, None, isa, control)?;
    let stopping = loop {
        let paths = plan.scenario.simulation.paths;
        match precision.decide(paths, &found.measures) {
            Decision::Stop(stopping) => break stopping,
            Decision::Continue(more) => {
                plan.scenario.simulation.paths = more;
                found = extended(&plan, Some(found), isa, control)?;
            }
        }
    };
    let mut run = finish(&plan, vec![found.part], isa, control)?;
    run.outcome.stopping = Some(stopping);
    Ok(run)
}

/// What is known at a checkpoint.
struct Checkpoint {
    /// Losses as the first pass left them: with more paths the tail is another.
    part: Partial,
    valuation: Valuation,
    /// Of the losses settled: the decision is that of full revaluation.
    measures: Measures,
}

/// `earlier` with the paths that it lacks of the plan's. More paths can make another valuation the
/// cheapest; all paths are then walked again, so that the losses are those of a run of that many.
fn extended(
    plan: &Plan,
    earlier: Option<Checkpoint>,
    isa: InstructionSet,
    control: &Control,
) -> Result<Checkpoint, EngineError> {
    let (book, valuation) = prepared(plan, &plan.portfolio, isa)?;
    let paths = plan.scenario.simulation.paths;
    let kept = earlier.filter(|earlier| earlier.valuation.values_as(&valuation));
    let part = kept.map(|earlier| earlier.part);
    let from = part.as_ref().map_or(0, |part| part.losses.len() as u64);
    let added = first_pass(plan, &book, &valuation, from..paths, control)?;
    let part = pass::merge(part.into_iter().chain([added]).collect(), paths)?;
    let settled = proxy::settled(plan, &book, &valuation, part.clone(), control, Stage::Losses)?;
    let measures = assemble::measures(plan, &settled.part)?;
    Ok(Checkpoint { part, valuation, measures })
}

/// First pass over a range of path ids: what a shard does.
///
/// # Errors
/// As [`run`].
pub fn losses(
    plan: &Plan,
    range: Range<u64>,
    isa: InstructionSet,
    control: &Control,
) -> Result<Partial, EngineError> {
    let (book, valuation) = prepared(plan, &plan.portfolio, isa)?;
    first_pass(plan, &book, &valuation, range, control)
}

/// The losses of all paths and nothing else, their tail that of full revaluation: what VaR, ES and
/// their intervals are read from.
///
/// # Errors
/// As [`run`].
pub fn settled_losses(
    plan: &Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<SettledLosses, EngineError> {
    Prepared::new(plan, isa)?.losses(control)
}

/// Joins the shards' partials and finds everything else.
///
/// Of a run of more than [`KEPT_PATHS_MAX`](super::KEPT_PATHS_MAX) paths the parts hold that many
/// first ones; the rest is simulated here.
///
/// # Errors
/// As [`run`]; also partials that do not join.
pub fn finish(
    plan: &Plan,
    parts: Vec<Partial>,
    isa: InstructionSet,
    control: &Control,
) -> Result<Run, EngineError> {
    let path_count = extended::kept_paths(plan);
    let merged = pass::merge(parts, path_count)?;
    let (book, valuation) = prepared(plan, &plan.portfolio, isa)?;
    whole(plan, &book, &valuation, merged, control)
}

/// A book compiled, and how its first pass values it.
fn prepared<'a>(
    plan: &'a Plan,
    portfolio: &'a Portfolio,
    isa: InstructionSet,
) -> Result<(Compiled<'a>, Valuation), EngineError> {
    let book = Compiled::new(plan, portfolio, isa)?;
    let valuation = Valuation::choose(plan, &book);
    Ok((book, valuation))
}

fn first_pass(
    plan: &Plan,
    book: &Compiled,
    valuation: &Valuation,
    range: Range<u64>,
    control: &Control,
) -> Result<Partial, EngineError> {
    let kept = book.kept_paths(plan.scenario.simulation.paths);
    Ok(proxy::first_pass(book, valuation, range, kept, control, Stage::Losses)?)
}

/// From the first pass to the run, with proposed trades where there are any.
fn whole(
    plan: &Plan,
    book: &Compiled,
    valuation: &Valuation,
    part: Partial,
    control: &Control,
) -> Result<Run, EngineError> {
    let mut run = conclude_all(plan, book, valuation, part, control)?;
    if let Some(portfolio) = &plan.portfolio_with_trades {
        let (book, valuation) = prepared(plan, portfolio, book.setting.isa)?;
        let range = 0..extended::kept_paths(plan);
        let part = first_pass(plan, &book, &valuation, range, control)?;
        let traded = conclude_all(plan, &book, &valuation, part, control)?.outcome;
        run.outcome.with_trades = Some(Box::new(traded));
    }
    Ok(run)
}

/// From the losses of one book that are kept to its outcome, those not kept included.
fn conclude_all(
    plan: &Plan,
    book: &Compiled,
    valuation: &Valuation,
    part: Partial,
    control: &Control,
) -> Result<Run, EngineError> {
    if plan.scenario.simulation.paths <= KEPT_PATHS_MAX {
        return conclude(plan, book, valuation, part, control);
    }
    let mut run = conclude(&extended::kept(plan), book, valuation, part, control)?;
    extended::extend(plan, book, &run.losses, &mut run.outcome, control)?;
    Ok(run)
}

/// From the losses of one book to its outcome.
fn conclude(
    plan: &Plan,
    book: &Compiled,
    valuation: &Valuation,
    part: Partial,
    control: &Control,
) -> Result<Run, EngineError> {
    let settled = proxy::settled(plan, book, valuation, part, control, Stage::Losses)?;
    let revalued = proxy::Revalued::new(valuation, settled.proxy);
    let mut part = settled.part;
    let accounts = book.setting.portfolio.accounts.len();
    let columns = std::mem::take(&mut part.columns);
    let columns = PathColumns::new(accounts, book.underlyings.len(), columns);
    let weights = part.weights(part.losses.len(), &book.design)?;
    let kept_weights = part.weights(columns.path_count(), &book.design)?;
    let levels = assemble::levels(plan);
    let needs = Needs { levels: &levels, worst_paths: plan.scenario.measures.worst_paths };
    let sample = LossSample::new(&part.losses, &weights, &needs)?;
    let by_position = PathEngine::compile(&book.setting, Granularity::Position)?;
    let tail = tail(plan, book, &by_position, &sample, control)?;
    let found = assemble::Found {
        plan,
        book,
        by_position: &by_position,
        part: &part,
        sample: &sample,
        columns: &columns,
        kept_weights: &kept_weights,
        tail: &tail,
        revalued: &revalued,
    };
    let mut outcome = assemble::outcome(&found, control)?;
    let (portfolio, walk) = (book.setting.portfolio, (book.setting.isa, control));
    outcome.liquidity_horizons =
        liquidity_horizons::measured(plan, portfolio, &part.losses, &weights, walk)?;
    let masses = weights.listed();
    Ok(Run { outcome, masses, losses: part.losses })
}

/// Revalues by position the paths that contributions and worst paths rest on.
fn tail(
    plan: &Plan,
    book: &Compiled,
    by_position: &PathEngine,
    sample: &LossSample,
    control: &Control,
) -> Result<TailLosses, EngineError> {
    let measures = &plan.scenario.measures;
    let level = measures.contribution_level;
    let shortfall = ExpectedShortfallWeights::new(sample, level).weights;
    let kernel = KernelWeights::new(sample, level).weights;
    let worst = sample.worst(measures.worst_paths).into_iter().map(|(path, _)| path);
    let mut paths: Vec<PathId> =
        shortfall.iter().chain(&kernel).map(|weight| weight.path).chain(worst).collect();
    paths.sort_unstable();
    paths.dedup();
    let portfolio = book.setting.portfolio;
    let Compiled { ledger, .. } = book;
    let reader = TailLedger::new(by_position, portfolio, &ledger.terms, &ledger.closing_costs);
    Ok(reader.losses(paths, control)?)
}

/// Everything that happens on one path; of a search for the worst windows, on that of the worst.
///
/// # Errors
/// As [`run`].
pub fn replay(plan: &Plan, path: PathId, isa: InstructionSet) -> Result<ReplayedPath, EngineError> {
    if let Some(worst) = historical::worst_plan(plan, isa, &Control::none())? {
        return replay(&worst, path, isa);
    }
    if let Some(replayed) = plan.model.replayed().filter(|all| path.0 >= all.paths as u64) {
        let last = replayed.paths as u64 - 1;
        return Err(EngineError::NoSuchPath { path: path.0, last });
    }
    let book = Compiled::new(plan, &plan.portfolio, isa)?;
    let by_position = PathEngine::compile(&book.setting, Granularity::Position)?;
    assemble::replay(plan, &book, &by_position, path)
}
