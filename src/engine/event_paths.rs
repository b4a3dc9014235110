//! What venues did to a book, path by path: for studies that set many books side by side on the same
//! paths, where the error of a difference needs both books' amounts on each path.
//!
//! The same stages as a run's, always by the general event stage and in full revaluation; paths are
//! plain, so that all count the same. Only paths on which something happened are kept.

use rayon::prelude::*;

use super::EngineError;
use super::compiled::Compiled;
use super::control::{Control, Interrupted, Stage};
use super::path::{PathEngine, Workspace};
use super::plan::Plan;
use crate::margin::{Happening, Requirement};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Order;

/// Blocks one task walks with one workspace.
const BLOCKS_PER_TASK: usize = 4;

/// What happened on one path, all accounts together, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PathAmounts {
    /// Its id.
    pub path: u64,
    /// Whether a venue liquidated anything.
    pub liquidated: bool,
    /// Whether a stop order executed.
    pub stopped: bool,
    /// Whether an account was traded back to the leverage that it is kept at.
    pub rebalanced: bool,
    /// Notional that venues closed, debt that liquidators of loans repaid.
    pub liquidated_notional: f64,
    /// Fees and slippage of liquidations, slippage of stop orders, cost of rebalancing, what liquidators
    /// of loans take beyond what they repay.
    pub cost: f64,
    /// What was owed to venues once nothing was left to close.
    pub bad_debt: f64,
}

/// What happened on the paths of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPaths {
    /// Paths walked.
    pub paths: u64,
    /// Those on which something happened, ascending.
    pub happened: Vec<PathAmounts>,
    /// Indices into `Portfolio::accounts` of those that venues act on inside paths.
    pub watched: Vec<usize>,
    /// Margin of every account at time zero.
    pub requirements: Vec<Requirement>,
}

/// Walks the plan's paths with its book; sampling is plain whatever the plan says.
///
/// # Errors
/// [`EngineError`]: interrupted, or a book that the model or the rules cannot take.
pub fn event_paths(
    plan: &Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<EventPaths, EngineError> {
    let plain = plan.plainly();
    let book = Compiled::new(&plain, &plain.portfolio, isa)?;
    let engine = book.engine.clone().with_general_stage(&book.setting)?;
    let paths = plan.scenario.simulation.paths;
    let watched = engine.watched_accounts();
    let happened =
        if watched.is_empty() { Vec::new() } else { walk(&engine, &plain, paths, control)? };
    Ok(EventPaths { paths, happened, watched, requirements: book.requirements })
}

fn walk(
    engine: &PathEngine,
    plan: &Plan,
    paths: u64,
    control: &Control,
) -> Result<Vec<PathAmounts>, Interrupted> {
    let block = engine.block_paths();
    let task = (BLOCKS_PER_TASK * block) as u64;
    let one = |index: u64| {
        let (first, end) = (index * task, paths.min((index + 1) * task));
        let ids: Vec<u64> = (first..end).collect();
        let mut workspace = engine.workspace(block.min(ids.len()));
        let mut found = Vec::new();
        for ids in ids.chunks(block) {
            control.check()?;
            engine.walk(&mut workspace, ids);
            read(engine, &workspace, (ids, &plan.portfolio.orders), &mut found);
            control.advanced(Stage::Losses, ids.len() as u64, paths);
        }
        Ok(found)
    };
    let tasks = (0..paths.div_ceil(task)).into_par_iter().map(one);
    let found: Vec<Vec<PathAmounts>> = tasks.collect::<Result<_, Interrupted>>()?;
    Ok(found.concat())
}

/// Adds what happened on the block walked last.
fn read(
    engine: &PathEngine,
    workspace: &Workspace,
    (ids, orders): (&[u64], &[Order]),
    found: &mut Vec<PathAmounts>,
) {
    let Some((events, state)) = engine.events_walked(workspace) else { return };
    let mut stop_costs = vec![0.0; ids.len()];
    for event in state.events() {
        if let Happening::Stop { order, notional } = event.what {
            stop_costs[event.place] += orders[order].slippage * notional;
        }
    }
    let accounts = events.stage().accounts().count();
    for (place, &path) in ids.iter().enumerate() {
        let mut sum = PathAmounts { path, cost: stop_costs[place], ..PathAmounts::default() };
        for record in (0..accounts).map(|account| state.record(account, place)) {
            sum.liquidated |= record.liquidated().is_some();
            sum.stopped |= record.stopped().is_some();
            sum.liquidated_notional += record.notional;
            sum.rebalanced |= record.rebalancings > 0;
            sum.cost += record.total_cost() + record.rebalancing_cost;
            sum.bad_debt += record.bad_debt;
        }
        if sum.liquidated || sum.stopped || sum.rebalanced {
            found.push(sum);
        }
    }
}
