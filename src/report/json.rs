//! `result.json`: the outcome, pretty-printed in the order of its fields.
//!
//! Numbers are written in their shortest form that reads back to the same bits, so the file is a
//! function of the outcome and the outcome one of the file. JSON has no NaN and serde writes null
//! in its place, in silence: reading the text back and comparing catches that.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ReportError;
use crate::outcome::Outcome;

/// Results that are written as JSON and read back to the same bits.
pub(super) trait Results: Serialize + DeserializeOwned + PartialEq {}

impl<T: Serialize + DeserializeOwned + PartialEq> Results for T {}

/// The outcome as pretty JSON with a newline at the end; the same bytes for the same outcome.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn json(outcome: &Outcome) -> Result<String, ReportError> {
    json_of(outcome)
}

/// As [`json`], of other results.
pub(super) fn json_of<T: Results>(outcome: &T) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(outcome)?;
    text.push('\n');
    let read_back: T = serde_json::from_str(&text).map_err(|error| not_finite(&text, &error))?;
    if read_back != *outcome {
        return Err(ReportError::NotFinite { place: "an optional figure".to_owned() });
    }
    Ok(text)
}

/// The outcome as JSON on one line, for streams of several outcomes.
///
/// # Errors
/// As [`json`].
pub fn json_line(outcome: &Outcome) -> Result<String, ReportError> {
    json_line_of(outcome)
}

/// As [`json_line`], of other results.
pub(super) fn json_line_of<T: Results>(outcome: &T) -> Result<String, ReportError> {
    Ok(format!("{}\n", finite_value(outcome)?))
}

/// The outcome as a JSON tree whose figures are all finite.
pub(super) fn finite_value<T: Results>(outcome: &T) -> Result<Value, ReportError> {
    Ok(serde_json::from_str(&json_of(outcome)?)?)
}

/// Names the field by the line of the text that did not read back.
fn not_finite(text: &str, error: &serde_json::Error) -> ReportError {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    ReportError::NotFinite { place: format!("line {}: {}", error.line(), line.trim()) }
}
