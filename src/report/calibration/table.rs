//! `candidates.csv`: every candidate with its settings, its objectives and their errors.

use super::standing;
use crate::outcome::{Calibration, Candidate};
use crate::report::ReportError;
use crate::report::readable::readable;

/// Every candidate, the scenario as it stands first (id 0, its settings empty). Numbers are written
/// with all their digits; what was not measured is empty.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn calibration_csv(calibration: &Calibration) -> Result<Vec<u8>, ReportError> {
    let calibration = &readable(calibration)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header(calibration))?;
    writer.write_record(row(calibration, &calibration.as_it_stands))?;
    for candidate in &calibration.candidates {
        writer.write_record(row(calibration, candidate))?;
    }
    writer.into_inner().map_err(|error| ReportError::Csv(error.into_error().into()))
}

fn header(calibration: &Calibration) -> Vec<String> {
    let settings = calibration.parameters.iter().map(|parameter| cell(&parameter.name));
    let objectives = calibration.objectives.iter().flat_map(|objective| {
        let name = format!("{}, {}", objective.name, calibration.currency);
        [cell(&name), cell(&format!("standard error of {name}"))]
    });
    let first = ["id", "round", "standing", "dominated by"].map(str::to_owned);
    let last = [
        "probability of liquidation",
        "probability of a stop",
        "probability of rebalancing",
        "infeasible because",
    ];
    first.into_iter().chain(settings).chain(objectives).chain(last.map(str::to_owned)).collect()
}

fn row(calibration: &Calibration, candidate: &Candidate) -> Vec<String> {
    let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let figures = candidate.figures.as_ref();
    let first = [
        candidate.id.to_string(),
        candidate.round.to_string(),
        standing(candidate.standing).to_owned(),
        candidate.dominated_by.map_or_else(String::new, |id| id.to_string()),
    ];
    let settings = (0..calibration.parameters.len())
        .map(|index| optional(candidate.values.get(index).copied()));
    let objectives = (0..calibration.objectives.len()).flat_map(|index| {
        let one = figures.map(|figures| figures.objectives[index]);
        [optional(one.map(|one| one.value)), optional(one.map(|one| one.standard_error))]
    });
    let last = [
        optional(figures.map(|figures| figures.liquidation_probability)),
        optional(figures.map(|figures| figures.stop_probability)),
        optional(figures.map(|figures| figures.rebalancing_probability)),
        candidate.infeasible.as_deref().map_or_else(String::new, cell),
    ];
    first.into_iter().chain(settings).chain(objectives).chain(last).collect()
}

/// Text that a spreadsheet would take for a formula gets a quote before it.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}
