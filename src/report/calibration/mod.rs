//! A calibration as JSON, as a table of all candidates, and as a page.

mod page;
mod table;

pub use page::calibration_html;
pub use table::calibration_csv;

use super::{ReportError, json};
use crate::outcome::{Calibration, ParameterUnit, Standing};
use crate::report::figures::{number, percent};

/// The calibration as pretty JSON with a newline at the end; the same bytes for the same one.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn calibration_json(calibration: &Calibration) -> Result<String, ReportError> {
    json::json_of(calibration)
}

/// Shares below this are shown to a basis point.
const FINE_BELOW: f64 = 0.02;

/// The value of a parameter as people read it.
pub(super) fn setting(unit: ParameterUnit, value: f64) -> String {
    match unit {
        ParameterUnit::Share => percent(value, if value.abs() < FINE_BELOW { 2 } else { 1 }),
        ParameterUnit::Multiple => number(value, 2),
        ParameterUnit::Hours => format!("{} h", number(value, 1)),
    }
}

/// A standing in words.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Front => "front",
        Standing::WithinError => "within error",
        Standing::Dominated => "dominated",
        Standing::Infeasible => "infeasible",
    }
}

/// The answer in two sentences: how many stand on the front, and where the scenario stands.
pub(super) fn answer(calibration: &Calibration) -> [String; 2] {
    let count = |wanted| calibration.candidates.iter().filter(|one| one.standing == wanted).count();
    let of = format!(
        "Of {} candidates {} stand on the front and {} more within error of it.",
        number(calibration.candidates.len() as f64, 0),
        number(count(Standing::Front) as f64, 0),
        number(count(Standing::WithinError) as f64, 0)
    );
    let base = &calibration.as_it_stands;
    let by = base.dominated_by.map(|id| format!("candidate {id}")).unwrap_or_default();
    let stands = match base.standing {
        Standing::Front => "The scenario as it stands is dominated by none of them.".to_owned(),
        Standing::WithinError => {
            format!("The scenario as it stands is dominated by {by}, but within error.")
        }
        Standing::Dominated => format!("The scenario as it stands is dominated by {by}."),
        Standing::Infeasible => format!(
            "The scenario as it stands cannot be held: {}.",
            base.infeasible.as_deref().unwrap_or("no reason was told")
        ),
    };
    [of, stands]
}
