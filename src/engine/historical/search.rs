//! The worst windows of a history: one from every close replayed on today's book, ranked by loss.
//!
//! Every window goes through the path engine with everything that happens; windows that have their
//! closes at the same times after their starts are paths of one model, so that one compiled book
//! walks them in blocks. Of the ranked windows those are told that neither overlap an earlier one
//! nor come nearer to it than asked, each replayed alone as a stated window is, the worst in full.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::missing;
use super::stated;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, PartOf, Stage};
use crate::engine::pass;
use crate::engine::plan::Plan;
use crate::numeric::isa::InstructionSet;
use crate::outcome::{HistoricalOutcome, NamedChange, RankedWindow, WindowsSearched};
use crate::scenario::{ReplayWindow, Stretch, WorstSettings};
use crate::simulation::WindowSearch;
use crate::units::SECONDS_PER_YEAR;

/// Most levels and logs of a model of many windows.
const NUMBERS_MAX: usize = 1 << 20;

/// Windows of a history, one of which is to be found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// The windows.
    pub windows: WindowSearch,
    /// The scenario's file, for findings.
    pub file: String,
}

/// The worst window in full, with those that come after it.
pub(super) fn worst(
    plan: &Plan,
    search: &Search,
    isa: InstructionSet,
    control: &Control,
) -> Result<HistoricalOutcome, EngineError> {
    let (Some(settings), base) = (settings(plan), base(plan)) else {
        return Err(EngineError::NotHistorical);
    };
    let losses = losses(&base, search, isa, control)?;
    let chosen = chosen(&search.windows.windows, &losses, &settings);
    let replayed: Vec<Result<HistoricalOutcome, EngineError>> = chosen
        .par_iter()
        .map(|window| stated(&of_window(&base, search, *window)?, isa, control))
        .collect();
    let replayed = replayed.into_iter().collect::<Result<Vec<HistoricalOutcome>, EngineError>>()?;
    let found = searched(search, &settings, &losses, replayed.iter().map(ranked).collect());
    let mut worst = replayed.into_iter().next().ok_or(EngineError::NotHistorical)?;
    worst.search = Some(found);
    Ok(worst)
}

/// The plan of the worst window; `None` where nothing is searched for.
pub(in crate::engine) fn worst_plan(
    plan: &Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<Option<Plan>, EngineError> {
    let (Some(search), Some(settings)) = (&plan.search, settings(plan)) else { return Ok(None) };
    let base = base(plan);
    let losses = losses(&base, search, isa, control)?;
    let one = WorstSettings { count: 1, ..settings };
    let worst = chosen(&search.windows.windows, &losses, &one);
    worst.first().map(|window| of_window(&base, search, *window)).transpose()
}

fn settings(plan: &Plan) -> Option<WorstSettings> {
    match plan.scenario.historical.as_ref()?.stretch {
        Stretch::Worst(settings) => Some(settings),
        Stretch::Window(_) => None,
    }
}

/// The plan without the history it searches.
fn base(plan: &Plan) -> Plan {
    let mut base = plan.clone();
    base.search = None;
    base
}

/// The plan of one window, as if it were stated.
fn of_window(base: &Plan, search: &Search, window: ReplayWindow) -> Result<Plan, EngineError> {
    let found = search.windows.replay(window)?;
    let mut plan = base.clone();
    plan.model = found.model;
    plan.replayed = found.sources;
    plan.findings.extend(missing(found.missing, search.file.clone()));
    if let Some(settings) = &mut plan.scenario.historical {
        settings.stretch = Stretch::Window(window);
    }
    Ok(plan)
}

/// Loss of every window, in order of time; of two orders of its bars, the larger.
fn losses(
    base: &Plan,
    search: &Search,
    isa: InstructionSet,
    control: &Control,
) -> Result<Vec<f64>, EngineError> {
    let paths = base.scenario.simulation.paths as usize;
    let windows = search.windows.windows.len();
    let whole = PartOf { whole: *control, total: (windows * paths) as u64 };
    let control = control.telling(&whole);
    let lists = search.windows.alike(NUMBERS_MAX);
    let found: Vec<Result<Vec<f64>, EngineError>> = lists
        .par_iter()
        .map(|list| {
            let mut plan = base.clone();
            plan.model = search.windows.model(list)?;
            let book = Compiled::new(&plan, &plan.portfolio, isa)?;
            let range = 0..(list.len() * paths) as u64;
            let (engine, ledger) = (&book.engine, &book.ledger);
            Ok(pass::losses(engine, ledger, range, 0, &control, Stage::Losses)?.losses)
        })
        .collect();
    let mut losses = vec![0.0; windows];
    for (list, found) in lists.iter().zip(found) {
        for (&window, orders) in list.iter().zip(found?.chunks(paths)) {
            losses[window] = orders.iter().fold(f64::NEG_INFINITY, |worst, loss| worst.max(*loss));
        }
    }
    Ok(losses)
}

/// The windows told: worst first, the earlier of equals, apart from each other.
fn chosen(windows: &[ReplayWindow], losses: &[f64], settings: &WorstSettings) -> Vec<ReplayWindow> {
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
    // Documents say at most a century, in whole milliseconds.
    #[allow(clippy::cast_possible_truncation)]
    let separation = (settings.separation.get() * SECONDS_PER_YEAR * 1e3).round() as i64;
    let separation = jiff::SignedDuration::from_millis(separation);
    let apart = |one: &ReplayWindow, other: &ReplayWindow| {
        one.from.duration_since(other.to) >= separation
            || other.from.duration_since(one.to) >= separation
    };
    let mut chosen: Vec<ReplayWindow> = Vec::new();
    for window in order.into_iter().map(|index| windows[index]) {
        if chosen.len() == settings.count {
            break;
        }
        if chosen.iter().all(|other| apart(&window, other)) {
            chosen.push(window);
        }
    }
    chosen
}

fn searched(
    search: &Search,
    settings: &WorstSettings,
    losses: &[f64],
    worst: Vec<RankedWindow>,
) -> WindowsSearched {
    let windows = &search.windows.windows;
    let first = windows.first().map(|window| window.from.to_string());
    let last = windows.last().map(|window| window.to.to_string());
    WindowsSearched {
        length_years: settings.length.get(),
        separation_years: settings.separation.get(),
        windows: windows.len(),
        losing: losses.iter().filter(|loss| **loss > 0.0).count(),
        left_out: search.windows.left_out,
        first: first.unwrap_or_default(),
        last: last.unwrap_or_default(),
        worst,
    }
}

fn ranked(found: &HistoricalOutcome) -> RankedWindow {
    let liquidated = found.accounts.iter().filter(|row| row.liquidated_at.is_some());
    let spots = found.factors.iter().filter(|factor| factor.name.ends_with(".spot"));
    let largest = spots.fold(None, |largest: Option<NamedChange>, factor| {
        let is_larger = largest.as_ref().is_none_or(|one| factor.change.abs() > one.change.abs());
        let this = || NamedChange { name: factor.name.clone(), change: factor.change };
        if is_larger { Some(this()) } else { largest }
    });
    RankedWindow {
        from: found.window.from.clone(),
        to: found.window.to.clone(),
        loss: found.loss,
        loss_without_events: found.loss_without_events,
        liquidated: liquidated.map(|row| row.account.clone()).collect(),
        notional: found.accounts.iter().map(|row| row.notional).sum(),
        worst_contributor: found.rows.first().filter(|row| row.loss > 0.0).cloned(),
        largest_move: largest,
    }
}
