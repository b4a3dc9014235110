//! `summary.csv`: one line a run, numbers with all their digits.

use super::{fault, light};
use crate::outcome::{BatchRun, BatchSummary};
use crate::report::ReportError;
use crate::report::readable::readable;

const HEADER: [&str; 18] = [
    "run",
    "scenario",
    "book",
    "policy",
    "currency",
    "measure",
    "loss",
    "loss interval 95 % low",
    "loss interval 95 % high",
    "loss as share of capital",
    "threshold",
    "utilisation",
    "status",
    "probability of liquidation",
    "accounts liquidated",
    "worst contributor",
    "its part of the loss",
    "faults",
];

/// Every run, in the order of the summary; what was not measured is empty.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn batch_csv(summary: &BatchSummary) -> Result<Vec<u8>, ReportError> {
    let summary = &readable(summary)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for run in &summary.runs {
        writer.write_record(row(run))?;
    }
    writer.into_inner().map_err(|error| ReportError::Csv(error.into_error().into()))
}

fn row(run: &BatchRun) -> Vec<String> {
    let text = |text: Option<&String>| text.map_or_else(String::new, |text| cell(text));
    let figures = run.figures.as_ref();
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let interval = figures.and_then(|one| one.loss_interval_95);
    let worst = figures.and_then(|one| one.worst_contributor.as_ref());
    let status = figures.filter(|one| one.status.is_some()).map(light);
    let faults: Vec<String> = run.faults.iter().map(fault).collect();
    vec![
        cell(&run.run),
        cell(&run.scenario),
        text(run.book.as_ref()),
        text(run.policy.as_ref()),
        text(figures.map(|one| &one.currency)),
        text(figures.map(|one| &one.measure)),
        number(figures.map(|one| one.loss)),
        number(interval.map(|ends| ends[0])),
        number(interval.map(|ends| ends[1])),
        number(figures.and_then(|one| one.loss_share_of_capital)),
        number(figures.and_then(|one| one.threshold)),
        number(figures.and_then(|one| one.utilisation)),
        status.unwrap_or_default().to_lowercase(),
        number(figures.and_then(|one| one.liquidation_probability)),
        figures
            .and_then(|one| one.accounts_liquidated)
            .map_or_else(String::new, |accounts| accounts.to_string()),
        text(worst.map(|one| &one.name)),
        number(worst.map(|one| one.loss)),
        cell(&faults.join("; ")),
    ]
}

/// Text that a spreadsheet would take for a formula gets a quote before it.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}
