//! The tests of a backtest, a row a level and model.

use super::{Cell, Section};
use crate::outcome::{Backtest, LevelTests};
use crate::report::figures::instant;

/// The first part of the dates: all of them.
pub(super) fn backtest(backtest: &Backtest) -> Section {
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
