//! The first lines: the light, the answer, what it rests on, what to do.

use comfy_table::Cell;

use super::grid::{LABEL_COLUMN, render, short_row};
use super::{Limits, Page};
use crate::report::verdict::Verdict;

pub(super) fn answer(page: &Page<'_>, verdict: &Verdict) -> String {
    let status = page.outcome.threshold.as_ref().map(|threshold| threshold.status);
    let Limits { actions, sentence_lines, .. } = page.limits();
    let mut table = page.grid.table(&[]);
    let light = page.grid.light(verdict.light, status);
    table.add_row(short_row([light, page.grid.heading(&verdict.headline)], sentence_lines));
    for reason in &verdict.reasons {
        table.add_row(short_row([Cell::new(""), Cell::new(reason)], sentence_lines));
    }
    for (index, action) in verdict.actions.iter().take(actions).enumerate() {
        let label = if index == 0 { "To do" } else { "" };
        table.add_row(short_row([page.grid.heading(label), Cell::new(action)], sentence_lines));
    }
    table.set_constraints([LABEL_COLUMN]);
    render(table, &[])
}
