//! `candidates.csv`: every policy with its values, where it was trained and where it was tested.

use crate::outcome::{PolicyCalibration, PolicyCandidate, PolicyMeasures};
use crate::report::ReportError;
use crate::report::readable::readable;

/// Every candidate. Numbers are written with all their digits.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn policy_calibration_csv(calibration: &PolicyCalibration) -> Result<Vec<u8>, ReportError> {
    let calibration = &readable(calibration)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header(calibration))?;
    for (index, candidate) in calibration.candidates.iter().enumerate() {
        writer.write_record(row(index, candidate))?;
    }
    writer.into_inner().map_err(|error| ReportError::Csv(error.into_error().into()))
}

const MEASURES: [&str; 13] = [
    "missed frequency",
    "missed loss",
    "worst loss",
    "tail loss",
    "forced a year",
    "false alarms a year",
    "turnover a year",
    "trading cost",
    "exposure carried",
    "idle capital",
    "largest change",
    "daily change",
    "cost",
];

fn figures(measures: &PolicyMeasures) -> [f64; 13] {
    [
        measures.missed_frequency,
        measures.missed_loss,
        measures.worst_loss,
        measures.tail_loss,
        measures.forced_per_year,
        measures.false_alarms_per_year,
        measures.turnover_per_year,
        measures.trading_cost,
        measures.exposure_carried,
        measures.idle_capital,
        measures.largest_change,
        measures.daily_change,
        measures.cost,
    ]
}

fn header(calibration: &PolicyCalibration) -> Vec<String> {
    let values = calibration.parameters.iter().map(|parameter| parameter.name.clone());
    let measures = ["trained", "tested"]
        .into_iter()
        .flat_map(|part| MEASURES.iter().map(move |name| format!("{part}: {name}")));
    let first = ["id", "feasible", "on front"].map(str::to_owned);
    first.into_iter().chain(values).chain(measures).collect()
}

fn row(index: usize, candidate: &PolicyCandidate) -> Vec<String> {
    let first = [index.to_string(), candidate.feasible.to_string(), candidate.on_front.to_string()];
    let measures = [&candidate.trained, &candidate.tested].into_iter().flat_map(figures);
    let numbers = candidate.values.iter().copied().chain(measures);
    first.into_iter().chain(numbers.map(|number| number.to_string())).collect()
}
