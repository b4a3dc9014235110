//! Before and after proposed trades, where the outcome has both.

use super::Page;
use super::grid::{LABEL_COLUMN, render, short_row, text_row};
use crate::outcome::Outcome;
use crate::report::comparison::{Row, Unit, rows};
use crate::report::figures::{Figures, number, percent, signed};
use crate::report::verdict::verdict;

pub(super) fn comparison(page: &Page<'_>) -> Option<String> {
    let after: &Outcome = page.outcome.with_trades.as_deref()?;
    let mut table = page.grid.table(&["", "before", "after", "change"]);
    for row in rows(page.outcome, after) {
        table.add_row(text_row(cells(&row, page.figures)));
    }
    Some(format!("{}\n{}", answer_after(page, after), render(table, &[1, 2, 3])))
}

fn answer_after(page: &Page<'_>, after: &Outcome) -> String {
    let verdict = verdict(after);
    let status = after.threshold.as_ref().map(|threshold| threshold.status);
    let mut table = page.grid.table(&[]);
    let headline = format!("With the trades: {}", verdict.headline);
    let light = page.grid.light(verdict.light, status);
    table.add_row(short_row([light, page.grid.heading(&headline)], 2));
    table.set_constraints([LABEL_COLUMN]);
    render(table, &[])
}

fn cells(row: &Row, figures: Figures) -> [String; 4] {
    let shown =
        |value: Option<f64>| value.map_or("none".to_owned(), |v| show(row.unit, v, figures));
    let change = row.before.zip(row.after).map(|(before, after)| after - before);
    let change = change.map_or(String::new(), |v| signed(show_change(row.unit, v, figures)));
    [row.name.clone(), shown(row.before), shown(row.after), change]
}

fn show(unit: Unit, value: f64, figures: Figures) -> String {
    match unit {
        Unit::Money => figures.money(value),
        Unit::Share => percent(value, 1),
        Unit::Number => number(value, 3),
    }
}

/// A change of a percentage is in percentage points.
fn show_change(unit: Unit, value: f64, figures: Figures) -> String {
    match unit {
        Unit::Share => format!("{} points", number(value * 100.0, 1)),
        Unit::Money | Unit::Number => show(unit, value, figures),
    }
}
