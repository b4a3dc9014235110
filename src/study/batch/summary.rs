//! The summary of a batch: runs by loss, those with faults last.

use super::{LoadedBatch, PlannedRun};
use crate::document::Violations;
use crate::outcome::{BATCH_FORMAT_VERSION, BatchFault, BatchRun, BatchSummary};

/// Runs by loss, largest first, equal losses by name; then those with faults by name.
pub fn summary(batch: &LoadedBatch, mut runs: Vec<BatchRun>) -> BatchSummary {
    runs.sort_by(|a, b| {
        let loss = |run: &BatchRun| run.figures.as_ref().map(|figures| figures.loss);
        let by_loss = match (loss(a), loss(b)) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_loss.then_with(|| a.run.cmp(&b.run))
    });
    BatchSummary {
        format_version: BATCH_FORMAT_VERSION,
        plimsoll_version: env!("CARGO_PKG_VERSION").to_owned(),
        batch: batch.name.clone(),
        description: batch.description.clone(),
        asked: batch.runs.len(),
        runs,
    }
}

impl PlannedRun {
    /// Its line of the summary without figures.
    pub fn line(&self) -> BatchRun {
        BatchRun {
            run: self.name.clone(),
            scenario: self.scenario.clone(),
            book: self.book.clone(),
            policy: self.policy.clone(),
            figures: None,
            faults: Vec::new(),
        }
    }
}

/// Violations as plain results; files named as the scenario's folder names them.
pub fn faults(violations: &Violations) -> Vec<BatchFault> {
    let fault = |one: &crate::document::Violation| BatchFault {
        file: Some(one.place.file.name().to_owned()),
        line: Some(one.place.line()),
        column: Some(one.place.column()),
        title: one.title.clone(),
        expected: one.expected.clone(),
        help: one.help.clone(),
    };
    violations.items().iter().map(fault).collect()
}

/// A fault that stands in no document.
pub fn in_words(message: &str) -> Vec<BatchFault> {
    vec![BatchFault {
        file: None,
        line: None,
        column: None,
        title: message.to_owned(),
        expected: None,
        help: None,
    }]
}
