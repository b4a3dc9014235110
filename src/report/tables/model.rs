//! What the figures rest on: factors, correlations, assumptions, data.

use super::{Cell, Section};
use crate::outcome::Outcome;
use crate::report::beside::Beside;
use crate::report::model_error::model_errors;

/// Every factor with its volatility.
pub(super) fn factors(outcome: &Outcome) -> Section {
    let note =
        "Annual volatility of the log of spots and implied volatilities; of basis and funding in \
                their own units."
            .to_owned();
    let mut section = Section::new("Factors", note, &["factor", "volatility", "source"]);
    for one in &outcome.model.factors {
        section.row([Cell::text(&one.name), Cell::Share(one.volatility), Cell::text(&one.source)]);
    }
    section
}

/// The correlation matrix, a pair a row: every pair once, those without a correlation left out.
pub(super) fn correlation(outcome: &Outcome) -> Section {
    let model = &outcome.model;
    let note = format!("{}. Pairs that are not listed are uncorrelated.", model.correlation_source);
    let mut section = Section::new("Correlations", note, &["factor", "other", "correlation"]);
    for (row, first) in model.factors.iter().enumerate() {
        for (column, second) in model.factors.iter().enumerate().take(row) {
            let found = model.correlation.get(row).and_then(|line| line.get(column));
            if let Some(value) = found.filter(|value| **value != 0.0) {
                let value = Cell::Number(*value);
                section.row([Cell::text(&first.name), Cell::text(&second.name), value]);
            }
        }
    }
    section
}

/// What was assumed, and what a reader should know before relying on the figures.
pub(super) fn assumptions(outcome: &Outcome) -> Section {
    let model = &outcome.model;
    let mut section = Section::new("Assumptions", String::new(), &["what", "assumed"]);
    let mut tell = |what: &str, text: &str| section.row([Cell::text(what), Cell::text(text)]);
    tell("Process", &model.process);
    tell("Returns", &model.returns);
    tell("Drift", &model.drift);
    tell("Revaluation", &model.revaluation);
    tell("Correlations", &model.correlation_source);
    model.stressed.iter().for_each(|stressed| tell("Stressed model", &stressed.description));
    model.notes.iter().for_each(|note| tell("Fit", note));
    outcome.warnings.iter().for_each(|warning| tell("Warning", &warning.message));
    section
}

/// How wrong the figures may be, by source.
pub(super) fn errors(outcome: &Outcome) -> Section {
    let note =
        "Errors of the calculation; what the model gets wrong shows in a backtest.".to_owned();
    let mut section = Section::new("Model error", note, &["source", "size", "what it is"]);
    for one in model_errors(outcome) {
        section.row([Cell::text(&one.source), Cell::text(&one.size), Cell::text(&one.meaning)]);
    }
    section
}

/// Every file that was read.
pub(super) fn inputs(beside: &Beside) -> Section {
    let mut section = Section::new("Inputs", String::new(), &["file", "BLAKE3"]);
    for one in &beside.inputs {
        section.row([Cell::text(&one.name), Cell::text(&one.blake3)]);
    }
    section
}

/// What was found in the data, and what was done about it.
pub(super) fn data_quality(outcome: &Outcome) -> Section {
    let note = "Nothing is repaired but what the documents opt in to.".to_owned();
    let mut section = Section::new("Data quality", note, &["file", "line", "found", "repair"]);
    for one in &outcome.data_quality {
        section.row([
            Cell::text(&one.file),
            one.line.map_or(Cell::Nothing, |line| Cell::Count(line as u64)),
            Cell::text(&one.what),
            one.repair.as_deref().map_or(Cell::text("none"), Cell::text),
        ]);
    }
    section
}
