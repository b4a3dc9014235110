//! Worst paths and replayed paths: what moved, what it cost, what happened.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::engine::liquidation::LiquidationEvent;
use crate::engine::path::{PathEngine, PathHappening};
use crate::engine::tail::{TailLosses, TailRow};
use crate::margin::displacement::Displacement;
use crate::margin::{Closed, Happening, PathEvent};
use crate::outcome::{FactorMove, PathRow, WorstPath};
use crate::portfolio::{Portfolio, Position};
use crate::simulation::{FactorBlock, FactorKey, FactorModel};
use crate::units::{PathId, Years, usd};

use super::contributions::row_name;
use super::failures;
use super::market;
use super::story::story;

/// Rows and factors a worst path shows in the outcome; `plimsoll replay` shows them all.
const SHOWN: usize = 10;
/// Worst paths told node by node.
const STORIES: usize = 3;

/// The worst paths, worst first.
pub(in crate::engine) fn worst_paths(
    worst: impl Iterator<Item = (PathId, f64)>,
    tail: &TailLosses,
    engine: &PathEngine,
    model: &FactorModel,
    portfolio: &Portfolio,
) -> Vec<WorstPath> {
    let mut workspace = engine.workspace(1);
    let tell = |(path, loss): (PathId, f64)| {
        engine.walk(&mut workspace, &[path.0]);
        let mut factors = factor_moves(model, workspace.factors(), model.grid.nodes.len() - 1);
        factors.sort_by(|a, b| b.deviations.abs().total_cmp(&a.deviations.abs()));
        factors.truncate(SHOWN);
        let losses = tail.path(path).unwrap_or_default();
        let happened = Happened { events: engine.happenings(&workspace, 0), engine };
        let events = events(&tail.rows, &losses, portfolio, model, &happened);
        let mut rows = path_rows(&tail.rows, &losses, portfolio);
        rows.truncate(SHOWN);
        WorstPath { path: path.0, loss, factors, rows, events, story: None }
    };
    let mut told: Vec<WorstPath> = worst.map(tell).collect();
    for one in told.iter_mut().take(STORIES) {
        one.story = story(engine, one.path, model, portfolio, &tail.rows);
    }
    told
}

/// Row losses, largest first.
pub(in crate::engine) fn path_rows(
    rows: &[TailRow],
    losses: &[f64],
    portfolio: &Portfolio,
) -> Vec<PathRow> {
    let row = |(row, &loss): (&TailRow, &f64)| PathRow { name: row_name(row, portfolio), loss };
    let mut rows: Vec<PathRow> = rows.iter().zip(losses).map(row).collect();
    rows.sort_by(|a, b| b.loss.total_cmp(&a.loss));
    rows
}

/// Moves from today to `node` on a block of one path, in model order.
pub(in crate::engine) fn factor_moves(
    model: &FactorModel,
    block: &FactorBlock,
    node: usize,
) -> Vec<FactorMove> {
    let time = model.grid.nodes[node];
    let factors = model.factors.iter().enumerate().filter(|(_, factor)| factor.volatility > 0.0);
    let tell = |(index, factor): (usize, &crate::simulation::Factor)| {
        let additive = matches!(factor.key, FactorKey::Basis(_) | FactorKey::Funding(_));
        let log = block.log(index)[0];
        let change = if additive { log } else { block.level(index)[0] - 1.0 };
        let deviation = factor.volatility * time.get().sqrt();
        FactorMove { factor: factor.key.to_string(), change, deviations: log / deviation }
    };
    factors.map(tell).collect()
}

/// What happened on one path of an engine.
pub(in crate::engine) struct Happened<'a> {
    pub events: Vec<PathHappening>,
    pub engine: &'a PathEngine,
}

/// What happened besides prices moving, in order of time.
pub(in crate::engine) fn events(
    rows: &[TailRow],
    losses: &[f64],
    portfolio: &Portfolio,
    model: &FactorModel,
    happened: &Happened,
) -> Vec<String> {
    let mut events = Vec::new();
    for (row, &loss) in rows.iter().zip(losses) {
        if let TailRow::ClosingCost { account } = *row {
            let name = &portfolio.accounts[account].name;
            events.push(format!(
                "today {name} is below maintenance margin; closed at a cost of {}",
                usd(loss)
            ));
        }
    }
    let horizon = model.grid.nodes.last().copied().unwrap_or_default();
    events.extend(inside(portfolio, horizon, model, happened));
    for (row, &loss) in rows.iter().zip(losses) {
        if let TailRow::BorneByVenue { account } = *row
            && loss < 0.0
        {
            let name = &portfolio.accounts[account].name;
            events.push(format!(
                "at the horizon {name} has lost {} more than its equity; the venue bears it",
                usd(-loss)
            ));
        }
    }
    events
}

/// Expiries and what venues did, in order of time; what settles at a node settles before its check.
fn inside(
    portfolio: &Portfolio,
    horizon: Years,
    model: &FactorModel,
    happened: &Happened,
) -> Vec<String> {
    let mut events = expiries(portfolio, horizon);
    let displacement = happened.engine.displacement().map(Arc::as_ref);
    let told = |one| happening(one, portfolio, (model, displacement));
    events.extend(happened.events.iter().map(told));
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let tell = |(hours, what): (f64, String)| format!("after {hours:.1} hours: {what}");
    events.into_iter().map(tell).collect()
}

/// Hours from today, and what happened.
pub(in crate::engine) fn happening(
    happened: &PathHappening,
    portfolio: &Portfolio,
    (model, displacement): (&FactorModel, Option<&Displacement>),
) -> (f64, String) {
    match happened {
        PathHappening::Closed(event) => liquidation(event, portfolio, model),
        PathHappening::Event(event) => event_told(event, portfolio, model),
        PathHappening::Market(event) => {
            let hours = 24.0 * model.grid.nodes[event.node].days();
            (hours, market::told(event, portfolio, displacement))
        }
    }
}

fn liquidation(
    event: &LiquidationEvent,
    portfolio: &Portfolio,
    model: &FactorModel,
) -> (f64, String) {
    let Closed { node, equity, requirement, cost, .. } = event.closed;
    let account = &portfolio.accounts[event.account].name;
    let what = format!(
        "{account} is liquidated at a cost of {}: equity {}, maintenance margin {}",
        usd(cost),
        usd(equity),
        usd(requirement)
    );
    (24.0 * model.grid.nodes[node].days(), what)
}

/// Hours, and what a venue did.
fn event_told(event: &PathEvent, portfolio: &Portfolio, model: &FactorModel) -> (f64, String) {
    let account = &portfolio.accounts[event.account].name;
    let what = match event.what {
        Happening::VenueFailure { .. }
        | Happening::TransferSent { .. }
        | Happening::TransferArrival { .. } => failures::told(event, portfolio).unwrap_or_default(),
        Happening::MarginCall { short } => {
            format!("{account} is called: {} short of its initial margin", usd(short))
        }
        Happening::Stop { order, notional } => {
            let order = &portfolio.orders[order].id;
            format!("{account}: stop {order} executes, {} closed", usd(notional))
        }
        Happening::Rebalancing { leverage, notional, cost, is_reduction } => {
            let does = if is_reduction { "reduced" } else { "increased" };
            format!(
                "{account} is {does} to its target from a leverage of {leverage:.2}: {} traded at \
                 a cost of {}",
                usd(notional),
                usd(cost)
            )
        }
        Happening::Liquidation { balance, maintenance, notional, cost, bad_debt, is_flat } => {
            let extent = if is_flat { "all" } else { "part" };
            let debt = match bad_debt > 0.0 {
                true => format!(", {} of bad debt", usd(bad_debt)),
                false => String::new(),
            };
            format!(
                "{account} is liquidated, {extent} of it: {} closed at a cost of {}{debt}; margin \
                 balance {}, maintenance margin {}",
                usd(notional),
                usd(cost),
                usd(balance),
                usd(maintenance)
            )
        }
    };
    (24.0 * model.grid.nodes[event.node].days(), what)
}

/// Positions of one expiry that are named; the rest is counted.
const EXPIRING_NAMED: usize = 3;

/// Hours, and what expires then.
fn expiries(portfolio: &Portfolio, horizon: Years) -> Vec<(f64, String)> {
    let time = |position: &Position| position.instrument.expiry().map(Years::days);
    let expires =
        |position: &&Position| position.instrument.expiry().is_some_and(|expiry| expiry <= horizon);
    let mut expiring: Vec<&Position> = portfolio.positions.iter().filter(expires).collect();
    expiring.sort_by(|a, b| time(a).partial_cmp(&time(b)).unwrap_or(Ordering::Equal));
    let at_once = expiring.chunk_by(|a, b| time(a) == time(b));
    at_once.filter_map(|all| Some((24.0 * time(all.first()?)?, settles(all)))).collect()
}

fn settles(all: &[&Position]) -> String {
    let ids = |some: &[&Position]| some.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
    match all {
        [one] => format!("{} expires and settles", one.id),
        all if all.len() <= EXPIRING_NAMED + 1 => {
            format!("{} positions expire and settle: {}", all.len(), ids(all).join(", "))
        }
        all => format!(
            "{} positions expire and settle: {} and {} others",
            all.len(),
            ids(&all[..EXPIRING_NAMED]).join(", "),
            all.len() - EXPIRING_NAMED
        ),
    }
}
