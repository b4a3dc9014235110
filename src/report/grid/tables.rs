//! A grid as a workbook and as a note.

use super::words::{figures, headline, reasons};
use crate::outcome::GridOutcome;
use crate::report::ReportError;
use crate::report::figures::{count, instant};
use crate::report::head::Head;
use crate::report::markdown::note;
use crate::report::readable::readable;
use crate::report::tables::{Section, sections_of_grid};
use crate::report::verdict::light;
use crate::report::xlsx::workbook;

/// The workbook as bytes; the same for the same outcome.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::Workbook`] where a
/// workbook cannot hold the outcome.
pub fn grid_xlsx(outcome: &GridOutcome) -> Result<Vec<u8>, ReportError> {
    let outcome = readable(outcome)?;
    workbook([&outcome.scenario, &outcome.as_of], figures(&outcome), &sections(&outcome))
}

/// The note; a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn grid_markdown(outcome: &GridOutcome) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    Ok(note(&head(&outcome), figures(&outcome), &sections(&outcome)))
}

/// What every format opens with.
pub(in crate::report) fn head(outcome: &GridOutcome) -> Head<'_> {
    let made = format!(
        "{} · {} · {} · amounts in {}",
        outcome.book.name,
        instant(&outcome.as_of),
        count(outcome.cells.len(), "cell"),
        outcome.currency
    );
    Head {
        scenario: &outcome.scenario,
        light: word(outcome),
        headline: headline(outcome),
        made,
        reasons: reasons(outcome),
        actions: vec![],
        warnings: &outcome.warnings,
        version: &outcome.plimsoll_version,
    }
}

fn word(outcome: &GridOutcome) -> &'static str {
    outcome.threshold.as_ref().map_or("NO POLICY", |one| light(one.status))
}

/// Every table.
pub(in crate::report) fn sections(outcome: &GridOutcome) -> Vec<Section> {
    let told = [("Light", word(outcome).to_owned()), ("What would it cost?", headline(outcome))];
    let reasons = reasons(outcome).into_iter().map(|reason| ("Because", reason));
    sections_of_grid(outcome, &told.into_iter().chain(reasons).collect::<Vec<_>>())
}
