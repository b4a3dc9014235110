//! Two recorded runs side by side.

use comfy_table::Cell;

use crate::outcome::{ComparedFigure, InputChange, RunComparison};
use crate::report::figures::{Figures, count, percent, signed};
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::{Grid, render, short_row, text_row};
use crate::report::{ReportError, verdict};

/// The comparison, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn run_comparison_terminal(
    comparison: &RunComparison,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let comparison = &readable(comparison)?;
    let grid = Grid::new(style);
    let [first, second] = comparison.entries;
    let mut blocks = vec![grid.line(&heading(comparison))];
    let [before, after] = [format!("entry {first}"), format!("entry {second}")];
    let mut table = grid.table(&["", &before, &after, "change"]);
    for figure in &comparison.figures {
        table.add_row(text_row(row(figure, comparison)));
    }
    let lights = comparison.statuses.map(|one| grid.light(one.map_or("", verdict::light), one));
    let [was, is] = lights;
    table.add_row(short_row([Cell::new("light"), was, is], 1));
    for (name, [before, after]) in &comparison.settings {
        table.add_row(text_row([name.clone(), before.clone(), after.clone(), "other".to_owned()]));
    }
    blocks.push(render(table, &[1, 2, 3]));
    blocks.push(grid.line(&inputs(comparison)));
    Ok(blocks.join("\n\n") + "\n")
}

fn heading(comparison: &RunComparison) -> String {
    let [first, second] = &comparison.scenarios;
    let names = if first == second { first.clone() } else { format!("{first} and {second}") };
    match &comparison.currencies {
        [one, other] if one != other => {
            format!("{names}, in {one} and {other}: no change of money can be told")
        }
        [one, _] if one.is_empty() => names,
        [one, _] => format!("{names}, in {one}"),
    }
}

fn row(figure: &ComparedFigure, comparison: &RunComparison) -> [String; 4] {
    let largest = figure.values.iter().flatten().fold(0.0, |most: f64, one| most.max(one.abs()));
    let money = Figures::up_to(largest);
    let shown = |value: Option<f64>| match value {
        None => "–".to_owned(),
        Some(value) if figure.is_share => percent(value, 1),
        Some(value) => money.money(value),
    };
    let one_currency = comparison.currencies[0] == comparison.currencies[1];
    let change = match figure.values {
        [Some(before), Some(after)] if figure.is_share => {
            signed(percent(after - before, 1)).replace('%', "points")
        }
        [Some(before), Some(after)] if one_currency => money.change(after - before),
        _ => String::new(),
    };
    [figure.name.clone(), shown(figure.values[0]), shown(figure.values[1]), change]
}

fn inputs(comparison: &RunComparison) -> String {
    let same = format!("{} the same", count(comparison.inputs_same, "input"));
    let told = |input: &crate::outcome::ComparedInput| {
        let change = match input.change {
            InputChange::Changed => "changed",
            InputChange::Added => "added",
            InputChange::Removed => "removed",
        };
        format!("{} {change}", input.name)
    };
    let changed: Vec<String> = comparison.inputs.iter().map(told).collect();
    match changed.is_empty() {
        true => format!("{same}, none changed"),
        false => format!("{same}; {}", changed.join(", ")),
    }
}
