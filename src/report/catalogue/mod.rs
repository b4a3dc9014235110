//! What a catalogue holds, on one screen: a list of runs, their trends, two side by side, and
//! whether the log is whole.

mod comparison;
mod list;
pub(super) mod series;
mod trend;
mod verification;

pub use comparison::run_comparison_terminal;
pub use list::runs_terminal;
pub use trend::trends_terminal;
pub use verification::verification_terminal;

use super::{ReportError, json};
use crate::outcome::{CatalogueListing, RunComparison, Verification};

/// The entries as one line of JSON each, oldest first.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn runs_json_lines(listing: &CatalogueListing) -> Result<String, ReportError> {
    listing.entries.iter().map(json::json_line_of).collect()
}

/// The comparison as pretty JSON with a newline at the end.
///
/// # Errors
/// As [`runs_json_lines`].
pub fn run_comparison_json(comparison: &RunComparison) -> Result<String, ReportError> {
    json::json_of(comparison)
}

/// The verification as pretty JSON with a newline at the end.
///
/// # Errors
/// As [`runs_json_lines`].
pub fn verification_json(verification: &Verification) -> Result<String, ReportError> {
    json::json_of(verification)
}
