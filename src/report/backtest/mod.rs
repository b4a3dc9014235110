//! A backtest as JSON, as a table of all dates, and as a page.

mod page;
mod table;

pub use page::backtest_html;
pub(super) use page::{best_exceptions, parts, threshold_rows};
pub use table::backtest_csv;

use super::figures::{level, number};
use super::{ReportError, json};
use crate::outcome::{Backtest, BacktestPart, BacktestSeries, LevelTests, PartPurpose};

/// The backtest as pretty JSON with a newline at the end; the same bytes for the same one.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn backtest_json(backtest: &Backtest) -> Result<String, ReportError> {
    json::json_of(backtest)
}

/// The answer, one sentence a level: which models hold.
pub(super) fn answers(backtest: &Backtest) -> Vec<String> {
    let Some(part) = backtest.parts.first() else {
        return vec!["No dates have figures of every model: nothing is tested.".to_owned()];
    };
    let levels = backtest.levels.iter().enumerate();
    levels.map(|(index, at)| answer(part, index, *at)).collect()
}

fn answer(part: &BacktestPart, index: usize, at: f64) -> String {
    let tests = |keep: fn(&LevelTests) -> bool| -> Vec<&str> {
        let kept = part.models.iter().filter(|model| keep(&model.levels[index]));
        kept.map(|model| model.model.as_str()).collect()
    };
    let (held, rejected) = (tests(|one| !one.rejected), tests(|one| one.rejected));
    let best = part.models.iter().find(|model| model.levels[index].rank == Some(1));
    let best = best.map_or(String::new(), |model| format!(" Best by score: {}.", model.model));
    let names = |names: &[&str]| names.join(", ");
    match (held.is_empty(), rejected.is_empty()) {
        (_, true) => format!("At {} no model is rejected.{best}", level(at)),
        (true, false) => format!("At {} every model is rejected.{best}", level(at)),
        (false, false) => format!(
            "At {} not rejected: {}; rejected: {}.{best}",
            level(at),
            names(&held),
            names(&rejected)
        ),
    }
}

/// One sentence a model and thing that its fits did in place of what its settings ask for.
pub(super) fn fallbacks(backtest: &Backtest) -> Vec<String> {
    let of = |series: &BacktestSeries| -> Vec<String> {
        let dates = number(series.dates.len() as f64, 0);
        let told = series.fallbacks.iter().map(|one| {
            let on = number(one.dates as f64, 0);
            format!("{}: {} on {on} of {dates} dates", series.model, one.what)
        });
        told.collect()
    };
    backtest.series.iter().flat_map(of).collect()
}

/// What a part of the dates is for, in words.
pub(super) fn purpose(purpose: PartPurpose) -> &'static str {
    match purpose {
        PartPurpose::All => "all dates",
        PartPurpose::Choice => "dates a model is chosen on",
        PartPurpose::Judgement => "dates the chosen model is judged on",
    }
}

/// A p-value to four digits, never a bare zero.
pub(super) fn p_value(value: f64) -> String {
    if value < 0.00005 { "<0.0001".to_owned() } else { number(value, 4) }
}
