//! A historical scenario told: JSON, the terminal summary, the HTML page.
//!
//! One path has no quantiles and no interval: what is told is the loss of the replay, what it is
//! against the threshold, and what margin calls, stops and liquidations made of it.

mod html;
mod tables;
mod terminal;
mod words;

#[cfg(feature = "pdf")]
pub(super) use html::account_charts;
pub use html::historical_html;
#[cfg(feature = "pdf")]
pub(super) use tables::{head, sections};
pub use tables::{historical_markdown, historical_xlsx};
pub use terminal::historical_terminal;
#[cfg(feature = "pdf")]
pub(super) use words::figures;

use super::ReportError;
use super::json::{json_line_of, json_of};
use crate::outcome::HistoricalOutcome;

/// `result.json`: pretty, with a newline at the end; the same bytes for the same outcome.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn historical_json(outcome: &HistoricalOutcome) -> Result<String, ReportError> {
    json_of(outcome)
}

/// The same on one line.
///
/// # Errors
/// As [`historical_json`].
pub fn historical_json_line(outcome: &HistoricalOutcome) -> Result<String, ReportError> {
    json_line_of(outcome)
}
