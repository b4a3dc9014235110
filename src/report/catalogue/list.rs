//! Recorded runs, one under the other, with the decisions about them.

use comfy_table::{Cell, Row, Table};

use crate::outcome::{
    BatchFigures, CatalogueEntry, CatalogueListing, CatalogueRecord, OverrideRecord, RunRecord,
};
use crate::report::batch::{brief, utilisation};
use crate::report::figures::{Figures, count, instant};
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::{Grid, render, short_row};
use crate::report::text::shortened_inside;
use crate::report::{ReportError, verdict};

/// Letters of a run's name.
const NAME_LETTERS: usize = 46;
/// Lines of a decision; the rest is in `--json`.
const DECISION_LINES: usize = 6;

/// The list, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn runs_terminal(
    listing: &CatalogueListing,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let listing = &readable(listing)?;
    let grid = Grid::new(style);
    if listing.entries.is_empty() {
        return Ok(grid.line("no recorded run fits") + "\n");
    }
    let mut table =
        grid.table(&["entry", "recorded, UTC", "what ran, its loss, of the threshold", "light"]);
    for entry in &listing.entries {
        match &entry.record {
            CatalogueRecord::Run(run) => run_rows(&mut table, entry, run, &grid),
            CatalogueRecord::Override(decision) => _ = table.add_row(decision_row(entry, decision)),
        }
    }
    let mut text = render(table, &[0]) + "\n";
    if listing.older > 0 {
        let more = format!("and {}, left out by --last", count(listing.older, "older run"));
        text += &(grid.line(&more) + "\n");
    }
    Ok(text)
}

/// Which run it was and its light, then its figures.
fn run_rows(table: &mut Table, entry: &CatalogueEntry, run: &RunRecord, grid: &Grid) {
    let what = match &*run.command {
        "run" => run.name().to_owned(),
        command => format!("{command} {}", run.name()),
    };
    let status = run.figures.as_ref().and_then(|one| one.status);
    let first = [
        Cell::new(entry.entry),
        Cell::new(minute(&entry.recorded_at)),
        Cell::new(shortened_inside(&what, NAME_LETTERS)),
        grid.light(status.map_or("", verdict::light), status),
    ];
    table.add_row(short_row(first, 1));
    if let Some(figures) = &run.figures {
        let second = [Cell::new(""), Cell::new(""), Cell::new(told(figures))];
        table.add_row(short_row(second, 2));
    }
}

fn told(figures: &BatchFigures) -> String {
    let largest = figures.threshold.map_or(0.0, f64::abs).max(figures.loss.abs());
    let money = Figures::up_to(largest);
    let loss = money.money(figures.loss);
    let mut told = format!("{} {loss} {}", brief(&figures.measure), figures.currency);
    if let Some(threshold) = figures.threshold {
        told += &format!(", {} of {}", utilisation(figures), money.money(threshold));
    }
    told
}

/// What was overridden, until when, by whom and why.
fn decision_row(entry: &CatalogueEntry, decision: &OverrideRecord) -> Row {
    let until = decision.until.as_ref().map_or_else(String::new, |date| format!(" until {date}"));
    let told = format!(
        "{} of entry {} overridden{until} by {}: {}",
        decision.breach, decision.run, decision.by, decision.reason
    );
    let cells = [Cell::new(entry.entry), Cell::new(minute(&entry.recorded_at)), Cell::new(told)];
    short_row(cells, DECISION_LINES)
}

/// An instant to the minute.
pub(super) fn minute(text: &str) -> String {
    let shown = instant(text);
    shown.trim_end_matches(" UTC").chars().take(16).collect()
}
