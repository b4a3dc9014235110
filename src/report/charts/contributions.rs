//! Contributions to ES by position: the largest as bars, the rest as one, so that all sum to ES.

use super::canvas::Canvas;
use super::rows::{Bar, Rows, height};
use crate::outcome::{ContributionRow, Outcome};
use crate::report::figures::{Figures, NORMAL_95, compact, level};
use crate::report::ranking::largest_and_rest;

const ROWS_MAX: usize = 15;

/// The chart; `None` where there are no contributions.
pub fn contributions(outcome: &Outcome, id: &str) -> Option<String> {
    let contributions = &outcome.contributions;
    let (largest, rest) = largest_and_rest(&contributions.by_position, ROWS_MAX);
    if largest.is_empty() {
        return None;
    }
    let figures = Figures::of(outcome);
    let shown: Vec<&ContributionRow> = largest.iter().copied().chain(rest.as_ref()).collect();
    let title = format!("Contributions to ES {}", level(contributions.level));
    let canvas = Canvas::new(id, height(shown.len()), &title, &description(outcome, &shown));
    let axis = format!("contribution to ES {} in {}", level(contributions.level), outcome.currency);
    let mut rows = Rows::new(canvas, extent(&shown), shown.len(), &axis, &compact);
    for (index, row) in shown.iter().enumerate() {
        rows.bar(&bar(row, figures));
        if index < largest.len() {
            rows.whisker(interval(row));
        }
    }
    Some(rows.canvas.finish())
}

fn interval(row: &ContributionRow) -> [f64; 2] {
    let half = NORMAL_95 * row.expected_shortfall_error;
    [row.expected_shortfall - half, row.expected_shortfall + half]
}

fn extent(rows: &[&ContributionRow]) -> [f64; 2] {
    let ends =
        rows.iter().flat_map(|row| interval(row).into_iter().chain([row.expected_shortfall]));
    ends.fold([0.0, 0.0], |[low, high], end| [low.min(end), high.max(end)])
}

fn bar(row: &ContributionRow, figures: Figures) -> Bar<'_> {
    let figure = figures.money(row.expected_shortfall).replace('-', "−");
    Bar {
        name: &row.name,
        class: if row.expected_shortfall < 0.0 { "bar hedge" } else { "bar" },
        series: "contribution",
        from: 0.0,
        to: row.expected_shortfall,
        tip: format!("{}: {figure}, 95 % interval {}", row.name, figures.interval(interval(row))),
        figure,
    }
}

fn description(outcome: &Outcome, rows: &[&ContributionRow]) -> String {
    let figures = Figures::of(outcome);
    let shares: Vec<String> = rows
        .iter()
        .take(3)
        .map(|row| format!("{} {}", row.name, figures.money(row.expected_shortfall)))
        .collect();
    format!(
        "Bars of the contributions of positions and balances to ES, which sum to {} {}; the \
         largest are {}. Negative bars offset losses of others.",
        outcome.currency,
        figures.money(outcome.contributions.expected_shortfall),
        shares.join(", ")
    )
}
