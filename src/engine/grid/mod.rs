//! Grids: the book revalued today at every pair of a spot and a volatility move.
//!
//! Flows in: a plan with a grid. Flows out: a [`GridOutcome`]. Every cell is a stated instantaneous
//! stress, as policies have them ([`stress`](super::stress)): accounts below their maintenance margin
//! there are closed where their venue's rules act inside paths.

mod axes;
mod plan;
mod rows;

pub use axes::GridPoint;
pub(super) use plan::{check, planned};

use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::historical::limit;
use super::plan::Plan;
use super::scaled::Variation;
use super::stress::Stressed;
use super::{EngineError, assemble};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{FORMAT_VERSION, GridAccount, GridCell, GridOutcome};
use crate::scenario::GridSettings;
use crate::threshold::{Stress, StressShock};
use crate::units::Symbol;

/// Revalues the plan's grid.
///
/// # Errors
/// [`EngineError`]: a plan of another kind, interrupted, a book that cannot be priced.
pub fn grid(
    plan: &Plan,
    isa: InstructionSet,
    control: &Control,
) -> Result<GridOutcome, EngineError> {
    let settings = plan.scenario.grid.as_ref().ok_or(EngineError::NotAGrid)?;
    let book = Compiled::new(plan, &plan.portfolio, isa)?;
    let mut cells = Vec::with_capacity(plan.grid.len());
    for (index, point) in plan.grid.iter().enumerate() {
        control.check()?;
        cells.push(cell(&book, settings, point)?);
        control.advanced(Stage::Losses, index as u64 + 1, plan.grid.len() as u64);
    }
    let worst = worst(&cells);
    let rows = rows::rows(plan, &stress(settings, &plan.grid[worst]), isa)?;
    let (summary, margin) = assemble::today(plan, &book, control)?;
    Ok(GridOutcome {
        format_version: FORMAT_VERSION,
        kind: "grid".to_owned(),
        plimsoll_version: plan.plimsoll_version.clone(),
        scenario: plan.scenario.name.clone(),
        description: plan.scenario.description.clone(),
        as_of: plan.market.as_of.to_string(),
        currency: Symbol::usd().to_string(),
        source: axes::source(&settings.axes),
        coins: settings.coins.iter().map(Symbol::to_string).collect(),
        loss: cells[worst].counted,
        worst,
        accounts: accounts(&book, settings, &plan.grid[worst])?,
        rows,
        threshold: limit::threshold(plan, &book, cells[worst].counted)?,
        cells,
        book: summary,
        margin,
        notes: plan.fit.notes.clone(),
        warnings: assemble::warnings(plan, &book),
    })
}

/// The cell whose loss counts for most, the first of equals.
fn worst(cells: &[GridCell]) -> usize {
    let losses = cells.iter().map(|cell| cell.counted).enumerate();
    losses.fold((0, f64::NEG_INFINITY), |worst, one| if one.1 > worst.1 { one } else { worst }).0
}

fn cell(
    book: &Compiled,
    settings: &GridSettings,
    point: &GridPoint,
) -> Result<GridCell, EngineError> {
    let stressed = Stressed::new(book, &stress(settings, point))?;
    let terms = &book.ledger.terms;
    let closing_costs = &book.ledger.closing_costs;
    let variation = Variation { scale: 1.0, added: None, closing_costs };
    let loss = stressed.loss(terms, &variation);
    Ok(GridCell {
        spot: point.spot,
        volatility: point.volatility,
        cover: point.cover,
        loss,
        loss_held: stressed.loss_held(terms, &variation),
        counted: point.cover * loss,
    })
}

fn accounts(
    book: &Compiled,
    settings: &GridSettings,
    point: &GridPoint,
) -> Result<Vec<GridAccount>, EngineError> {
    let stressed = Stressed::new(book, &stress(settings, point))?;
    let portfolio = book.setting.portfolio;
    let row = |(index, account): (usize, &crate::portfolio::Account)| {
        let found = stressed.account(index, &book.ledger, 1.0);
        GridAccount {
            account: account.name.clone(),
            loss: found.loss,
            is_closed: found.is_closed,
            equity: found.equity,
        }
    };
    Ok(portfolio.accounts.iter().enumerate().map(row).collect())
}

/// A point as the stress of all coins that move.
fn stress(settings: &GridSettings, point: &GridPoint) -> Stress {
    let shock = |factor: String, change: f64| StressShock { factor, change };
    let shocks = if settings.coins.is_empty() {
        vec![shock("*.spot".to_owned(), point.spot), shock("*.vol".to_owned(), point.volatility)]
    } else {
        let of = |coin: &Symbol| {
            [
                shock(format!("{coin}.spot"), point.spot),
                shock(format!("{coin}.vol"), point.volatility),
            ]
        };
        settings.coins.iter().flat_map(of).collect()
    };
    Stress { name: "grid".to_owned(), shocks }
}
