//! Stated paths: a window of history, or the legs of a shock, taken by the book, with and without
//! what happens on the way, and the difference told step by step.
//!
//! Flows in: a plan whose process is stated. Flows out: a [`HistoricalOutcome`]. The path goes
//! through the same path engine as simulated paths. Of the paths (one, or the two orders of a bar's
//! prices) the one that loses more is told.
//!
//! *The difference.* Events at node `n` are charged with the loss of the path on which everything
//! up to `n` happens and nothing afterwards, less that of the path on which nothing from `n` on
//! happens. The steps telescope: their sum is the loss with everything less the loss without
//! anything, whatever an event does to other accounts.

mod accounts;
mod checks;
mod factors;
pub(super) mod limit;
mod model;
mod search;
mod shock;
mod steps;
mod walk;

pub(super) use checks::{check_inputs, check_overrides};
pub(super) use model::{Fitted, bars, fitted, leave_others_out, without_chance};
pub use search::Search;
pub(super) use search::worst_plan;

use jiff::Timestamp;

use self::walk::{Acting, Walk, Walker};
use super::EngineError;
use super::assemble;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::path::PathEngine;
use super::plan::Plan;
use super::tail::TailLedger;
use crate::numeric::isa::InstructionSet;
use crate::outcome::{
    FORMAT_VERSION, HistoricalOutcome, OrderLoss, PathRow, ReplayedValue, ReplayedWindow, Warning,
};
use crate::pricing::Granularity;
use crate::scenario::BarOrders;
use crate::units::{PathId, SECONDS_PER_YEAR, Symbol, Years};

/// Names of the orders of a bar's prices, by path.
const ORDERS: [&str; 2] = ["open_high_low_close", "open_low_high_close"];

/// Walks the plan's window of history, the worst of those it searches, or the legs of its shock.
///
/// # Errors
/// [`EngineError`]: a plan of another kind, interrupted, a book that cannot be priced.
pub fn historical(
    plan: &Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<HistoricalOutcome, EngineError> {
    match &plan.search {
        Some(search) => search::worst(plan, search, isa, control),
        None => stated(plan, isa, control),
    }
}

/// Walks the plan's window of history, or the legs of its shock.
fn stated(
    plan: &Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<HistoricalOutcome, EngineError> {
    let terms = Terms::of(plan).ok_or(EngineError::NotHistorical)?;
    let book = Compiled::new(plan, &plan.portfolio, isa)?;
    let clock = Clock { from: terms.from, nodes: &plan.model.grid.nodes };
    let walker = Walker { book: &book };
    let replayed: Vec<Walk> =
        (0..terms.bars.paths()).map(|path| walker.walk(path, Acting::Throughout)).collect();
    let path = worse(&replayed);
    let with = &replayed[path];
    let without = walker.walk(path as u64, Acting::Never);
    let steps = steps::steps(&walker, &clock, (with, &without), control)?;
    let orders: Vec<f64> = replayed.iter().map(Walk::loss).collect();
    let (summary, margin) = assemble::today(plan, &book, control)?;
    Ok(HistoricalOutcome {
        format_version: FORMAT_VERSION,
        kind: terms.kind.to_owned(),
        plimsoll_version: plan.plimsoll_version.clone(),
        scenario: plan.scenario.name.clone(),
        description: plan.scenario.description.clone(),
        as_of: plan.market.as_of.to_string(),
        currency: Symbol::usd().to_string(),
        window: window(plan, &terms, &clock, (path, &orders)),
        search: None,
        shock: shock::told(plan),
        factors: factors::factors(plan, &clock, path),
        loss: with.loss(),
        loss_without_events: without.loss(),
        difference: with.loss() - without.loss(),
        accounts: accounts::accounts(&walker, &clock, with, &without),
        rows: rows(&book, path as u64, control)?,
        values: values(&walker, &clock, with, &without),
        threshold: limit::threshold(plan, &book, with.loss())?,
        book: summary,
        margin,
        data_quality: plan.findings.iter().map(assemble::finding).collect(),
        notes: plan.fit.notes.clone(),
        warnings: warnings(plan, &book),
        steps,
    })
}

/// What the kinds of stated paths differ in.
struct Terms {
    kind: &'static str,
    /// Today, or the instant of the data whose levels are today's.
    from: Timestamp,
    bars: BarOrders,
    length: Years,
}

impl Terms {
    fn of(plan: &Plan) -> Option<Self> {
        if let Some(settings) = &plan.scenario.historical {
            let (from, bars, length) = (settings.window()?.from, settings.bars, settings.length());
            return Some(Self { kind: "historical", from, bars, length });
        }
        let shock = plan.scenario.shock.as_ref().filter(|_| plan.scenario.is_stated())?;
        let from = plan.market.as_of;
        Some(Self { kind: "shock", from, bars: BarOrders::Closes, length: shock.horizon })
    }
}

/// The times of the data at the nodes.
struct Clock<'a> {
    from: Timestamp,
    nodes: &'a [Years],
}

impl Clock<'_> {
    /// RFC 3339, UTC, of a node; of the start without one.
    fn time(&self, node: Option<usize>) -> String {
        let years = node.map_or(0.0, |node| self.nodes[node].get());
        // A grid's times are those of data in whole milliseconds.
        #[allow(clippy::cast_possible_truncation)]
        let milliseconds = (years * SECONDS_PER_YEAR * 1e3).round() as i64;
        let time = self.from.checked_add(jiff::SignedDuration::from_millis(milliseconds));
        time.unwrap_or(self.from).to_string()
    }
}

/// The path that loses most, the first of equals.
fn worse(walks: &[Walk]) -> usize {
    let losses = walks.iter().map(Walk::loss).enumerate();
    losses.fold((0, f64::NEG_INFINITY), |worst, one| if one.1 > worst.1 { one } else { worst }).0
}

fn window(
    plan: &Plan,
    terms: &Terms,
    clock: &Clock<'_>,
    (path, losses): (usize, &[f64]),
) -> ReplayedWindow {
    let both = terms.bars == BarOrders::BothOrders;
    let named =
        |(order, loss): (&&str, &f64)| OrderLoss { order: (*order).to_owned(), loss: *loss };
    let orders = ORDERS.iter().zip(losses).filter(|_| both).map(named).collect();
    ReplayedWindow {
        from: terms.from.to_string(),
        to: clock.time(clock.nodes.len().checked_sub(1)),
        length_years: terms.length.get(),
        interval_years: plan.model.grid.calibration_interval.get(),
        nodes: clock.nodes.len(),
        order: match (both, terms.kind) {
            (true, _) => ORDERS[path],
            (false, "shock") => "legs",
            (false, _) => "closes",
        }
        .to_owned(),
        orders,
    }
}

/// Losses by position, balance and venue.
fn rows(book: &Compiled, path: u64, control: &Control) -> Result<Vec<PathRow>, EngineError> {
    let portfolio = book.setting.portfolio;
    let by_position = PathEngine::compile(&book.setting, Granularity::Position)?;
    let ledger = &book.ledger;
    let reader = TailLedger::new(&by_position, portfolio, &ledger.terms, &ledger.closing_costs);
    let tail = reader.losses(vec![PathId(path)], control)?;
    let losses = tail.path(PathId(path)).unwrap_or_default();
    control.advanced(Stage::Tail, 1, 1);
    Ok(assemble::path_rows(&tail.rows, &losses, portfolio))
}

fn values(
    walker: &Walker<'_>,
    clock: &Clock<'_>,
    with: &Walk,
    without: &Walk,
) -> Vec<ReplayedValue> {
    let moments = std::iter::once(None).chain((0..clock.nodes.len()).map(Some));
    let value = |node: Option<usize>| {
        let accounts = walker.values(with, node);
        let accounts_without_events = walker.values(without, node);
        ReplayedValue {
            time: clock.time(node),
            time_years: node.map_or(0.0, |node| clock.nodes[node].get()),
            book: accounts.iter().sum(),
            book_without_events: accounts_without_events.iter().sum(),
            accounts,
            accounts_without_events,
        }
    };
    moments.map(value).collect()
}

fn warnings(plan: &Plan, book: &Compiled) -> Vec<Warning> {
    // Of a replay the times of the data are all there are.
    let mut warnings = assemble::warnings(plan, book);
    warnings.retain(|warning| warning.code != "watched_at_steps");
    warnings.extend(factors::warnings(plan));
    warnings
}
