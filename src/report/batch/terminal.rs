//! A batch on one screen: the answer, the largest losses, what could not be run.

use comfy_table::Cell;

use super::{answer, brief, fault, light, liquidations, money, status, utilisation};
use crate::outcome::{BatchFigures, BatchRun, BatchSummary};
use crate::report::ReportError;
use crate::report::figures::{Figures, count, percent};
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::{Grid, render, short_row};
use crate::report::text::shortened_inside;

/// Runs listed; the rest is counted.
const LISTED: usize = 12;
/// Faulty runs listed.
const FAULTS_LISTED: usize = 10;
/// Letters of a run's name.
const NAME_LETTERS: usize = 48;
/// Letters of a contributor's.
const WORST_LETTERS: usize = 17;

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn batch_terminal(summary: &BatchSummary, style: TerminalStyle) -> Result<String, ReportError> {
    let summary = &readable(summary)?;
    let grid = Grid::new(style);
    let mut blocks = vec![grid.line(&format!("{}: {}", summary.batch, answer(summary).join(" ")))];
    let finished: Vec<(&BatchRun, &BatchFigures)> =
        summary.runs.iter().filter_map(|run| Some((run, run.figures.as_ref()?))).collect();
    if !finished.is_empty() {
        blocks.push(losses(&finished, money(summary), &grid));
    }
    let faulty: Vec<&BatchRun> = summary.runs.iter().filter(|run| run.figures.is_none()).collect();
    if !faulty.is_empty() {
        blocks.push(faults(&faulty, &grid));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

/// Two lines a run: which and how it stands, then its figures. Cells that are too wide are cut at
/// their end, so that nothing is set in from the left.
fn losses(finished: &[(&BatchRun, &BatchFigures)], money: Figures, grid: &Grid) -> String {
    let heading = "runs by loss, of capital, of the threshold";
    let mut table = grid.table(&[heading, "liquidated", "contributes most"]);
    for (run, figures) in finished.iter().take(LISTED) {
        let worst = figures.worst_contributor.as_ref();
        let cells = [
            Cell::new(shortened_inside(&run.run, NAME_LETTERS)),
            grid.light(light(figures), status(run)),
            Cell::new(worst.map_or("–".into(), |one| shortened_inside(&one.name, WORST_LETTERS))),
        ];
        table.add_row(short_row(cells, 1));
        let mut row = short_row([Cell::new(told(figures, money))], 1);
        row.add_cell(Cell::new(liquidations(figures)));
        let part = worst.map_or_else(String::new, |one| money.money(one.loss));
        row.add_cell(Cell::new(part));
        table.add_row(row);
    }
    let mut text = render(table, &[]);
    let hidden = finished.len().saturating_sub(LISTED);
    if hidden > 0 {
        text +=
            &format!("\n{}", grid.line(&format!("and {} that lose less", count(hidden, "run"))));
    }
    text
}

/// The figures of a run on one line.
fn told(figures: &BatchFigures, money: Figures) -> String {
    let mut parts = vec![format!("{} {}", brief(&figures.measure), money.money(figures.loss))];
    if let Some(share) = figures.loss_share_of_capital {
        parts.push(percent(share, 1));
    }
    if let Some(threshold) = figures.threshold {
        parts.push(format!("{} of {}", utilisation(figures), money.money(threshold)));
    }
    parts.join(", ")
}

fn faults(faulty: &[&BatchRun], grid: &Grid) -> String {
    let mut lines: Vec<String> = faulty
        .iter()
        .take(FAULTS_LISTED)
        .map(|run| {
            let first = run.faults.first().map(fault).unwrap_or_default();
            let more = run.faults.len().saturating_sub(1);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            grid.line(&format!("{} could not be run: {first}{more}", run.run))
        })
        .collect();
    let hidden = faulty.len().saturating_sub(FAULTS_LISTED);
    if hidden > 0 {
        lines.push(grid.line(&format!("and {} more", count(hidden, "run"))));
    }
    lines.join("\n")
}
