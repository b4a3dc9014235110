//! A stated path as a workbook and as a note.

use super::words::{answer, figures};
use crate::outcome::HistoricalOutcome;
use crate::report::ReportError;
use crate::report::figures::{duration, instant};
use crate::report::head::Head;
use crate::report::markdown::note;
use crate::report::readable::readable;
use crate::report::tables::{Section, sections_of_stated};
use crate::report::xlsx::workbook;

/// The workbook as bytes; the same for the same outcome.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::Workbook`] where a
/// workbook cannot hold the outcome.
pub fn historical_xlsx(outcome: &HistoricalOutcome) -> Result<Vec<u8>, ReportError> {
    let outcome = readable(outcome)?;
    workbook([&outcome.scenario, &outcome.as_of], figures(&outcome), &sections(&outcome))
}

/// The note; a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn historical_markdown(outcome: &HistoricalOutcome) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    Ok(note(&head(&outcome), figures(&outcome), &sections(&outcome)))
}

/// What every format opens with.
pub(in crate::report) fn head(outcome: &HistoricalOutcome) -> Head<'_> {
    let answer = answer(outcome);
    let made = format!(
        "{} · {} · {} of {} · amounts in {}",
        outcome.book.name,
        instant(&outcome.as_of),
        duration(outcome.window.length_years),
        if outcome.shock.is_some() { "a stated shock" } else { "history" },
        outcome.currency
    );
    Head {
        scenario: &outcome.scenario,
        light: answer.light,
        headline: answer.headline,
        made,
        reasons: answer.reasons,
        actions: vec![],
        warnings: &outcome.warnings,
        version: &outcome.plimsoll_version,
    }
}

/// Every table.
pub(in crate::report) fn sections(outcome: &HistoricalOutcome) -> Vec<Section> {
    let answer = answer(outcome);
    let told = [("Light", answer.light.to_owned()), ("What would it cost?", answer.headline)];
    let reasons = answer.reasons.into_iter().map(|reason| ("Because", reason));
    sections_of_stated(outcome, &told.into_iter().chain(reasons).collect::<Vec<_>>())
}
