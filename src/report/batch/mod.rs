//! A batch as a terminal table, as JSON, as CSV, and as a page that links to each run's report.

mod changes;
mod page;
mod table;
mod terminal;

pub use changes::{changes_json, changes_terminal};
pub use page::batch_html;
pub use table::batch_csv;
pub use terminal::batch_terminal;

use super::figures::{Figures, count, percent};
use super::{ReportError, json, verdict};
use crate::outcome::{BatchFault, BatchFigures, BatchRun, BatchSummary, Status};

/// The summary as pretty JSON with a newline at the end; the same bytes for the same batch.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn batch_json(summary: &BatchSummary) -> Result<String, ReportError> {
    json::json_of(summary)
}

/// The measure in few letters.
pub(super) fn brief(measure: &str) -> &str {
    if measure == "loss of the path" { "path" } else { measure }
}

/// One run a line as JSON, in the order of the summary.
///
/// # Errors
/// As [`batch_json`].
pub fn batch_json_lines(summary: &BatchSummary) -> Result<String, ReportError> {
    summary.runs.iter().map(json::json_line_of).collect()
}

/// The answer in one or two sentences.
fn answer(summary: &BatchSummary) -> Vec<String> {
    let is = |wanted: Status| move |run: &&BatchRun| status(run) == Some(wanted);
    let with = |wanted| summary.runs.iter().filter(is(wanted)).count();
    let faulty = summary.runs.iter().filter(|run| run.figures.is_none()).count();
    let finished = summary.runs.len() - faulty;
    let mut sentences = vec![format!(
        "{} of {} finished: {} above the threshold, {} close to it, {} within.",
        finished,
        count(summary.asked, "run"),
        with(Status::Red),
        with(Status::Amber),
        with(Status::Green)
    )];
    if faulty > 0 {
        sentences.push(format!("{} could not be run.", count(faulty, "run")));
    }
    let left = summary.asked - summary.runs.len();
    if left > 0 {
        sentences.push(format!("{} not started.", count(left, "run")));
    }
    sentences
}

fn status(run: &BatchRun) -> Option<Status> {
    run.figures.as_ref()?.status
}

/// Money to the largest loss.
fn money(summary: &BatchSummary) -> Figures {
    let losses = summary.runs.iter().filter_map(|run| Some(run.figures.as_ref()?.loss.abs()));
    Figures::up_to(losses.fold(0.0, f64::max))
}

/// Liquidations in words.
fn liquidations(figures: &BatchFigures) -> String {
    match (figures.liquidation_probability, figures.accounts_liquidated) {
        (Some(probability), _) => percent(probability, 2),
        (None, Some(accounts)) => count(accounts, "account"),
        (None, None) => "–".to_owned(),
    }
}

/// Utilisation as people read it: infinite where there is a threshold that nothing fits.
pub(super) fn utilisation(figures: &BatchFigures) -> String {
    match (figures.utilisation, figures.threshold) {
        (Some(utilisation), _) => percent(utilisation, 1),
        (None, Some(_)) => "infinite".to_owned(),
        (None, None) => "–".to_owned(),
    }
}

/// The light's word.
fn light(figures: &BatchFigures) -> &'static str {
    figures.status.map_or("–", verdict::light)
}

/// A fault in one line.
fn fault(fault: &BatchFault) -> String {
    let mut text = String::new();
    if let (Some(file), Some(line), Some(column)) = (&fault.file, fault.line, fault.column) {
        text = format!("{file}:{line}:{column}: ");
    }
    text + &fault.title
}
