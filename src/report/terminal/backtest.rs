//! A backtest on a screen: the answer, then a table a level and part of the dates.

use comfy_table::Cell;

use super::TerminalStyle;
use super::grid::{Grid, render, short_row};
use crate::outcome::{
    Backtest, BacktestPart, LevelTests, ModelTests, PathEventsCheck, ThresholdHistory,
};
use crate::report::ReportError;
use crate::report::backtest::{answers, fallbacks, p_value, purpose};
use crate::report::figures::{compact, count, duration, level, number, percent};
use crate::report::readable::readable;

/// Short names of the replicated tests, in their order.
const TESTS: [(&str, &str); 6] = [
    ("Kupiec", "uc"),
    ("Christoffersen, independence", "ind"),
    ("Christoffersen, conditional coverage", "cc"),
    ("dynamic quantile", "DQ"),
    ("Acerbi-Szekely Z1", "Z1"),
    ("Acerbi-Szekely Z2", "Z2"),
];
const LEGEND: [&str; 3] = [
    "exc: losses above VaR found/expected; *: rejected, at 5 % over all tests together",
    "uc Kupiec, ind and cc Christoffersen, DQ dynamic quantile, Z1 and Z2 Acerbi-Szekely: p-values \
     under the model's own replicates",
    "score: mean joint score of VaR and ES (FZ0) above that of the best model",
];
/// Notes shown; the rest is counted.
const NOTES: usize = 8;

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn backtest_terminal(backtest: &Backtest, style: TerminalStyle) -> Result<String, ReportError> {
    let backtest = &readable(backtest)?;
    let grid = Grid::new(style);
    let answers = answers(backtest);
    let answers: Vec<String> = answers.iter().map(|one| grid.line(one)).collect();
    let mut blocks = vec![title(backtest, &grid), answers.join("\n")];
    for part in &backtest.parts {
        for (index, at) in backtest.levels.iter().enumerate() {
            blocks.push(tests(part, (index, *at), &grid));
        }
    }
    let legend: Vec<String> = LEGEND.iter().map(|line| grid.line(line)).collect();
    blocks.push(legend.join("\n"));
    blocks.extend(thresholds(backtest, &grid));
    blocks.extend(backtest.path_events.as_ref().map(|check| path_events(check, &grid)));
    let fallbacks: Vec<String> =
        fallbacks(backtest).iter().map(|line| grid.line(&format!("fit: {line}"))).collect();
    blocks.extend((!fallbacks.is_empty()).then(|| fallbacks.join("\n")));
    let mut notes: Vec<String> =
        backtest.notes.iter().take(NOTES).map(|note| grid.line(&format!("note: {note}"))).collect();
    let hidden = backtest.notes.len().saturating_sub(NOTES);
    if hidden > 0 {
        notes.push(format!("… and {}: see --out or --json", count(hidden, "more note")));
    }
    if !notes.is_empty() {
        blocks.push(notes.join("\n"));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

fn title(backtest: &Backtest, grid: &Grid) -> String {
    grid.line(&format!(
        "{} · {} · {} of {} · {} a date and model · seed {}",
        backtest.name,
        backtest.scenario,
        count(backtest.dates, "period"),
        duration(backtest.horizon_years),
        count(backtest.paths as usize, "path"),
        backtest.seed
    ))
}

fn tests(part: &BacktestPart, (index, at): (usize, f64), grid: &Grid) -> String {
    let heading = format!(
        "{}: {}, {} to {}, {}",
        level(at),
        purpose(part.purpose),
        part.from.get(..10).unwrap_or_default(),
        part.to.get(..10).unwrap_or_default(),
        count(part.dates, "period")
    );
    let mut header = vec!["model", "exc"];
    header.extend(TESTS.map(|(_, short)| short));
    header.extend(["Basel", "score"]);
    let mut table = grid.table(&header);
    for model in &part.models {
        table.add_row(row(model, &model.levels[index]));
    }
    let numeric: Vec<usize> = (1..header.len()).collect();
    format!("{}\n{}", grid.line(&heading), render(table, &numeric))
}

fn row(model: &ModelTests, tests: &LevelTests) -> comfy_table::Row {
    let mark = if tests.rejected { " *" } else { "" };
    let mut cells = vec![
        format!("{}{mark}", model.model),
        format!("{}/{}", tests.exceptions, expected(tests.expected)),
    ];
    cells.extend(TESTS.map(|(name, _)| {
        let found = tests.tests.iter().find(|test| test.name == name);
        found.map_or_else(|| "–".to_owned(), |test| short(test.p_value))
    }));
    cells.push(tests.zone.clone());
    cells.push(match (tests.rank, tests.to_best) {
        (Some(1), _) => "best".to_owned(),
        (_, Some(gap)) => format!("+{}", number(gap.mean, 3)),
        _ => "–".to_owned(),
    });
    short_row(cells.into_iter().map(Cell::new_owned), 2)
}

/// A number of exceptions in few letters.
fn expected(count: f64) -> String {
    number(count, usize::from(count < 9.95))
}

/// A p-value to three digits.
fn short(value: f64) -> String {
    if value < 0.0005 { p_value(value) } else { number(value, 3) }
}

/// How threshold and status went; `None` without a policy.
fn thresholds(backtest: &Backtest, grid: &Grid) -> Option<String> {
    let found: Vec<(&str, &ThresholdHistory)> = backtest
        .series
        .iter()
        .filter_map(|one| Some((one.model.as_str(), one.thresholds.as_ref()?)))
        .collect();
    let (_, first) = found.first()?;
    let heading = format!(
        "threshold: mean in {}, share of {} at amber and red, losses beyond it (at red)",
        backtest.currency,
        count(first.dates, "date")
    );
    let header = ["model", "potential loss", "threshold", "amber", "red", "beyond"];
    let mut table = grid.table(&header);
    for (model, one) in found {
        let of_dates = |dates: usize| percent(dates as f64 / one.dates as f64, 1);
        let cells = [
            model.to_owned(),
            compact(one.mean_potential_loss.round()),
            compact(one.mean_threshold.round()),
            of_dates(one.amber),
            of_dates(one.red),
            format!("{} ({})", one.losses_beyond, one.losses_beyond_at_red),
        ];
        table.add_row(short_row(cells.into_iter().map(Cell::new_owned), 1));
    }
    Some(format!("{}\n{}", grid.line(&heading), render(table, &[1, 2, 3, 4, 5])))
}

fn path_events(check: &PathEventsCheck, grid: &Grid) -> String {
    let heading = format!(
        "{} with everything inside paths, in {}: mean change of VaR and ES",
        count(check.dates.len(), "date"),
        count(check.steps as usize, "step")
    );
    let mut table = grid.table(&["model", "level", "VaR", "change", "ES", "change"]);
    for row in &check.rows {
        let cells = [
            row.model.clone(),
            level(row.level),
            compact(row.mean_value_at_risk.round()),
            compact(row.value_at_risk_difference.round()),
            compact(row.mean_expected_shortfall.round()),
            compact(row.expected_shortfall_difference.round()),
        ];
        table.add_row(short_row(cells.into_iter().map(Cell::new_owned), 1));
    }
    format!("{}\n{}", grid.line(&heading), render(table, &[1, 2, 3, 4, 5]))
}
