//! A policy calibration as JSON, as a table of all candidates, and as a page.

mod page;
mod table;

pub use page::policy_calibration_html;
pub use table::policy_calibration_csv;

use super::figures::{number, percent};
use super::{ReportError, json};
use crate::outcome::{Difference, PolicyCalibration, PolicyMeasures};

/// The calibration as pretty JSON with a newline at the end; the same bytes for the same one.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn policy_calibration_json(calibration: &PolicyCalibration) -> Result<String, ReportError> {
    json::json_of(calibration)
}

/// The answer in a sentence.
pub(super) fn answer(calibration: &PolicyCalibration) -> String {
    let best = &calibration.candidates[calibration.recommended];
    let settings: Vec<String> = calibration
        .parameters
        .iter()
        .zip(&best.values)
        .map(|(parameter, value)| format!("{} {value}", parameter.name))
        .collect();
    let meets = match (calibration.constraints.is_empty(), calibration.feasible) {
        (true, _) => "",
        (false, true) => ", which meets every constraint where it was trained",
        (false, false) => ", although no candidate meets every constraint where it was trained",
    };
    format!("Recommended: {}{meets}.", settings.join(", "))
}

/// Names of what is told of a limit, in the order of [`cells`].
pub(super) const COLUMNS: [&str; 10] = [
    "missed",
    "missed loss",
    "tail loss",
    "worst",
    "forced/y",
    "false/y",
    "turnover/y",
    "carried",
    "change/d",
    "cost/y",
];

/// What is told of a limit.
pub(super) fn cells(measures: &PolicyMeasures) -> [String; 10] {
    [
        percent(measures.missed_frequency, 2),
        percent(measures.missed_loss, 3),
        percent(measures.tail_loss, 1),
        percent(measures.worst_loss, 1),
        number(measures.forced_per_year, 1),
        number(measures.false_alarms_per_year, 1),
        number(measures.turnover_per_year, 1),
        percent(measures.exposure_carried, 1),
        percent(measures.daily_change, 2),
        percent(measures.cost, 2),
    ]
}

/// A difference with its interval.
pub(super) fn difference(found: &Difference) -> [String; 3] {
    let told = |value: f64| number(value, 5);
    [told(found.value), told(found.interval_95[0]), told(found.interval_95[1])]
}
