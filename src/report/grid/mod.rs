//! A grid told: JSON, CSV, the terminal table, the HTML page with its heat map.

mod html;
mod table;
mod tables;
mod terminal;
mod words;

pub use html::grid_html;
pub use table::grid_csv;
pub use tables::{grid_markdown, grid_xlsx};
#[cfg(feature = "pdf")]
pub(super) use tables::{head, sections};
pub use terminal::grid_terminal;
#[cfg(feature = "pdf")]
pub(super) use words::figures;
pub(super) use words::unit;

use super::ReportError;
use super::json::{json_line_of, json_of};
use crate::outcome::GridOutcome;

/// `result.json`: pretty, with a newline at the end; the same bytes for the same outcome.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn grid_json(outcome: &GridOutcome) -> Result<String, ReportError> {
    json_of(outcome)
}

/// The same on one line.
///
/// # Errors
/// As [`grid_json`].
pub fn grid_json_line(outcome: &GridOutcome) -> Result<String, ReportError> {
    json_line_of(outcome)
}

/// The distinct values of one move, increasing.
pub(super) fn axis(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut axis: Vec<f64> = values.collect();
    axis.sort_by(f64::total_cmp);
    axis.dedup();
    axis
}
