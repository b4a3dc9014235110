//! The terminal table of a grid.

use comfy_table::Cell;

use super::axis;
use super::words::{figures, headline, moved, moves, reasons, unit};
use crate::outcome::{GridCell, GridOutcome};
use crate::report::figures::{count, instant, number, prose, signed};
use crate::report::readable::readable;
use crate::report::terminal::grid::{Grid, LABEL_COLUMN, render, short_row};
use crate::report::verdict::light;
use crate::report::{ReportError, TerminalStyle};

/// Columns of a matrix on the screen; wider grids are listed by their worst cells.
const COLUMNS_MAX: usize = 8;
/// Rows of a matrix on the screen.
const ROWS_MAX: usize = 15;
/// Cells listed where there is no matrix.
const CELLS_LISTED: usize = 16;

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn grid_terminal(outcome: &GridOutcome, style: TerminalStyle) -> Result<String, ReportError> {
    let outcome = &readable(outcome)?;
    let grid = Grid::new(style);
    let title = format!(
        "{} · {} · grid of {}",
        outcome.scenario,
        instant(&outcome.as_of),
        count(outcome.cells.len(), "cell")
    );
    let cells = if is_matrix(outcome) { matrix(outcome, &grid) } else { list(outcome, &grid) };
    let blocks = [grid.line(&title), answer(outcome, &grid), cells, accounts(outcome, &grid)];
    let mut text = blocks.join("\n\n");
    for warning in &outcome.warnings {
        text.push_str("\n\n");
        text.push_str(&grid.line(&format!("Warning: {}", prose(&warning.message))));
    }
    text.push('\n');
    Ok(text)
}

fn answer(outcome: &GridOutcome, grid: &Grid) -> String {
    let status = outcome.threshold.as_ref().map(|threshold| threshold.status);
    let word = status.map_or("NO POLICY", light);
    let mut table = grid.table(&[]);
    table.add_row(short_row([grid.light(word, status), grid.heading(&headline(outcome))], 3));
    for reason in reasons(outcome) {
        table.add_row(short_row([Cell::new(""), Cell::new(prose(&reason))], 4));
    }
    table.set_constraints([LABEL_COLUMN]);
    render(table, &[])
}

/// Whether every spot move meets every volatility move, few enough for a screen.
fn is_matrix(outcome: &GridOutcome) -> bool {
    let spots = axis(outcome.cells.iter().map(|cell| cell.spot)).len();
    let volatilities = axis(outcome.cells.iter().map(|cell| cell.volatility)).len();
    let whole = spots * volatilities == outcome.cells.len();
    whole && spots <= COLUMNS_MAX && volatilities <= ROWS_MAX
}

/// Profit and loss: a minus is money lost.
fn matrix(outcome: &GridOutcome, grid: &Grid) -> String {
    let spots = axis(outcome.cells.iter().map(|cell| cell.spot));
    let volatilities = axis(outcome.cells.iter().map(|cell| cell.volatility));
    let (divisor, unit) = unit(outcome);
    let mut header = vec!["vol \\ spot".to_owned()];
    header.extend(spots.iter().map(|spot| moved(*spot)));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = grid.table(&header);
    for volatility in volatilities.iter().rev() {
        let at = |spot: &f64| {
            let is_here = |cell: &&GridCell| cell.spot == *spot && cell.volatility == *volatility;
            let cell = outcome.cells.iter().find(is_here);
            cell.map_or_else(String::new, |cell| signed(number((0.0 - cell.loss) / divisor, 0)))
        };
        let cells = std::iter::once(moved(*volatility)).chain(spots.iter().map(at));
        table.add_row(short_row(cells.map(Cell::new_owned), 1));
    }
    let numeric: Vec<usize> = (1..=spots.len()).collect();
    let caption = format!("Profit and loss by move{unit}, {}", outcome.currency);
    format!("{}\n{}", grid.line(&caption), render(table, &numeric))
}

/// The cells that count for most, worst first.
fn list(outcome: &GridOutcome, grid: &Grid) -> String {
    let figures = figures(outcome);
    let mut order: Vec<&GridCell> = outcome.cells.iter().collect();
    order.sort_by(|a, b| b.counted.total_cmp(&a.counted));
    let mut table = grid.table(&["Worst cells", "P&L", "share", "counts"]);
    for cell in order.iter().take(CELLS_LISTED) {
        let share =
            if cell.cover < 1.0 { format!("{:.0} %", cell.cover * 100.0) } else { String::new() };
        let cells = [
            moves(cell),
            figures.change(0.0 - cell.loss),
            share,
            figures.change(0.0 - cell.counted),
        ];
        table.add_row(short_row(cells.map(Cell::new_owned), 1));
    }
    let rest = order.len().saturating_sub(CELLS_LISTED);
    if rest > 0 {
        table.add_row(short_row([Cell::new(format!("{rest} more in result.json"))], 1));
    }
    render(table, &[1, 2, 3])
}

fn accounts(outcome: &GridOutcome, grid: &Grid) -> String {
    let figures = figures(outcome);
    let mut table = grid.table(&["At the worst cell", "loss", "equity after", ""]);
    for row in &outcome.accounts {
        let closed = if row.is_closed { "closed by its venue" } else { "" };
        let cells = [
            row.account.clone(),
            figures.money(row.loss),
            figures.money(row.equity),
            closed.to_owned(),
        ];
        table.add_row(short_row(cells.map(Cell::new_owned), 1));
    }
    render(table, &[1, 2])
}
