//! A backtest: its tests, a row a level and model; how the threshold went, a row a model.

use super::{Cell, Section};
use crate::outcome::{Backtest, LevelTests, ThresholdHistory};
use crate::report::figures::instant;

pub(super) fn sections(backtest: &Backtest) -> [Section; 2] {
    [tests(backtest), thresholds(backtest)]
}

/// Without a policy it has no rows.
fn thresholds(backtest: &Backtest) -> Section {
    let note = format!(
        "Amounts in {}; amber, red and losses beyond the threshold are counted in dates; falls and \
         rises are from one date to the next. The book is held whatever its status.",
        backtest.currency
    );
    let columns = [
        "model",
        "dates",
        "mean potential loss",
        "mean threshold",
        "amber",
        "red",
        "changes of status",
        "largest fall of the threshold",
        "largest rise",
        "losses beyond the threshold",
        "of them at red",
    ];
    let mut section = Section::new("Backtest, threshold", note, &columns);
    for series in &backtest.series {
        if let Some(found) = &series.thresholds {
            section.row(threshold_row(&series.model, found));
        }
    }
    section
}

fn threshold_row(model: &str, found: &ThresholdHistory) -> Vec<Cell> {
    let count = |dates: usize| Cell::Count(dates as u64);
    vec![
        Cell::text(model),
        count(found.dates),
        Cell::Money(found.mean_potential_loss),
        Cell::Money(found.mean_threshold),
        count(found.amber),
        count(found.red),
        count(found.status_changes),
        Cell::Share(found.largest_fall),
        Cell::Share(found.largest_rise),
        count(found.losses_beyond),
        count(found.losses_beyond_at_red),
    ]
}

/// The first part of the dates: all of them.
fn tests(backtest: &Backtest) -> Section {
    let part = backtest.parts.first();
    let dates = part.map_or_else(
        || "No dates have figures of every model".to_owned(),
        |part| {
            format!("{} periods from {} to {}", part.dates, instant(&part.from), instant(&part.to))
        },
    );
    let note = format!(
        "{dates}; amounts in {}; p-values of the model's own replicates, the smallest of all tests; \
         score FZ0, less is better.",
        backtest.currency
    );
    let columns = [
        "level",
        "model",
        "exceptions",
        "expected",
        "mean VaR",
        "mean ES",
        "Basel zone",
        "smallest p-value",
        "score",
        "rank",
        "verdict",
    ];
    let mut section = Section::new("Backtest", note, &columns);
    for (index, level) in backtest.levels.iter().enumerate() {
        for model in part.map_or(&[][..], |part| &part.models) {
            section.row(row(*level, &model.model, &model.levels[index]));
        }
    }
    section
}

fn row(level: f64, model: &str, tests: &LevelTests) -> Vec<Cell> {
    let smallest = tests.tests.iter().map(|test| test.p_value).reduce(f64::min);
    let number = |value: Option<f64>| value.map_or(Cell::Nothing, Cell::Number);
    vec![
        Cell::Share(level),
        Cell::text(model),
        Cell::Count(tests.exceptions as u64),
        Cell::Number(tests.expected),
        Cell::Money(tests.mean_value_at_risk),
        Cell::Money(tests.mean_expected_shortfall),
        Cell::text(&tests.zone),
        number(smallest),
        number(tests.mean_score),
        tests.rank.map_or(Cell::Nothing, |rank| Cell::Count(rank as u64)),
        Cell::text(if tests.rejected { "rejected" } else { "not rejected" }),
    ]
}
