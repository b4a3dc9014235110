//! Before and after proposed trades, where the outcome has both.

use super::Page;
use super::grid::{LABEL_COLUMN, render, short_row, text_row};
use crate::outcome::Outcome;
use crate::report::comparison::compared_rows;
use crate::report::verdict::verdict;

pub(super) fn comparison(page: &Page<'_>) -> Option<String> {
    let after: &Outcome = page.outcome.with_trades.as_deref()?;
    let mut table = page.grid.table(&["", "before", "after", "change"]);
    for row in compared_rows(page.outcome, after) {
        table.add_row(text_row([row.name, row.before, row.after, row.change]));
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
