//! A comparison of two batches or runs on one screen, and as JSON.

use comfy_table::Cell;

use crate::outcome::{BatchChanges, RunChange};
use crate::report::figures::{Figures, count, percent};
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::{Grid, render, short_row};
use crate::report::text::shortened_inside;
use crate::report::{ReportError, json, verdict};

/// Runs listed; the rest is counted.
const LISTED: usize = 12;
/// Contributions told of a run.
const CONTRIBUTIONS: usize = 3;
/// Letters of a name.
const NAME_LETTERS: usize = 34;

/// The comparison as pretty JSON with a newline at the end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn changes_json(changes: &BatchChanges) -> Result<String, ReportError> {
    json::json_of(changes)
}

/// The largest changes, each with the contributions that made it; a newline at the end.
///
/// # Errors
/// As [`changes_json`].
pub fn changes_terminal(
    changes: &BatchChanges,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let changes = &readable(changes)?;
    let grid = Grid::new(style);
    let mut blocks = vec![grid.line(&answer(changes))];
    if !changes.runs.is_empty() {
        blocks.push(table(changes, &grid));
    }
    let sides = [(&changes.only_in_first, 0), (&changes.only_in_second, 1)];
    for (only, side) in sides.into_iter().filter(|(only, _)| !only.is_empty()) {
        let name = ["first", "second"][side];
        let shown = only.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
        let line = format!("only in the {name}: {} ({shown})", count(only.len(), "run"));
        blocks.push(grid.line(&line));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

fn answer(changes: &BatchChanges) -> String {
    let moved = changes.runs.iter().filter(|run| run.change != 0.0).count();
    let turned = changes.runs.iter().filter(|run| run.statuses[0] != run.statuses[1]).count();
    format!(
        "{} and {}: {} in both; the loss changed in {moved}, the status in {turned}.",
        changes.names[0],
        changes.names[1],
        count(changes.runs.len(), "run")
    )
}

fn table(changes: &BatchChanges, grid: &Grid) -> String {
    let losses = changes.runs.iter().flat_map(|run| run.losses).map(f64::abs);
    let money = Figures::up_to(losses.fold(0.0, f64::max));
    let loss = format!("loss, {}", changes.runs[0].currency);
    let mut table = grid.table(&["largest change first", &loss, "before", "change", "used"]);
    for run in changes.runs.iter().take(LISTED) {
        table.add_row(short_row(
            [
                Cell::new(shortened_inside(&run.run, NAME_LETTERS)),
                Cell::new(money.money(run.losses[1])),
                Cell::new(money.money(run.losses[0])),
                Cell::new(money.change(run.change)),
                Cell::new(used(run)),
            ],
            1,
        ));
        let moved = run.contributions.iter().filter(|one| one.change != 0.0);
        for one in moved.take(CONTRIBUTIONS) {
            let name = format!("  {}", shortened_inside(&one.name, NAME_LETTERS - 2));
            table.add_row(short_row(
                [
                    Cell::new(name),
                    Cell::new(money.money(one.losses[1])),
                    Cell::new(money.money(one.losses[0])),
                    Cell::new(money.change(one.change)),
                    Cell::new(""),
                ],
                1,
            ));
        }
    }
    let mut text = render(table, &[1, 2, 3, 4]);
    let hidden = changes.runs.len().saturating_sub(LISTED);
    if hidden > 0 {
        text +=
            &format!("\n{}", grid.line(&format!("and {} that changed less", count(hidden, "run"))));
    }
    text
}

/// Utilisation after, and the light where it turned.
fn used(run: &RunChange) -> String {
    let share = run.utilisations[1].map_or("–".to_owned(), |one| percent(one, 1));
    match run.statuses {
        [before, Some(after)] if before != Some(after) => {
            format!("{share} {}", verdict::light(after))
        }
        _ => share,
    }
}
