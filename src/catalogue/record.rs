//! What is recorded of a run.

use std::path::Path;

use crate::document::Manifest;
use crate::outcome::{
    Breach, HashedFile, LimitState, Outcome, RecordedPolicy, RecordedTail, ReplayedThreshold,
    RunRecord, Status, Threshold,
};

/// Name of the breach of the threshold itself.
const THRESHOLD: &str = "exposure threshold";

/// The record of the results in `folder`, without figures.
pub fn run_record(command: &str, by: &str, folder: &Path, manifest: Manifest) -> RunRecord {
    let inputs = manifest.inputs.into_iter();
    let results = manifest.results.into_iter();
    RunRecord {
        command: command.to_owned(),
        scenario: manifest.scenario,
        // A run of a batch has a folder by its name, and a fingerprint.
        run: manifest.fingerprint.and(folder.file_name()).map(|one| one.to_string_lossy().into()),
        plimsoll_version: manifest.version,
        by: by.to_owned(),
        started_at: manifest.started_at,
        arguments: manifest.arguments,
        folder: folder.to_string_lossy().into_owned(),
        seed: manifest.seed,
        paths: manifest.paths,
        inputs: inputs.map(|one| HashedFile { name: one.name, blake3: one.blake3 }).collect(),
        results: results.map(|one| HashedFile { name: one.name, blake3: one.blake3 }).collect(),
        figures: None,
        tail: vec![],
        breaches: vec![],
        policy: None,
    }
}

/// How a threshold was made.
pub fn policy(threshold: &Threshold) -> RecordedPolicy {
    RecordedPolicy {
        name: threshold.policy.clone(),
        appetite: threshold.appetite,
        multiplier: threshold.condition.multiplier,
    }
}

/// The same of a stated path or a grid.
pub fn policy_when_stated(threshold: &ReplayedThreshold) -> RecordedPolicy {
    RecordedPolicy {
        name: threshold.policy.clone(),
        appetite: threshold.appetite,
        multiplier: threshold.multiplier,
    }
}

/// VaR and ES by level.
pub fn tail(outcome: &Outcome) -> Vec<RecordedTail> {
    let measures = &outcome.measures;
    let pairs = measures.value_at_risk.iter().zip(&measures.expected_shortfall);
    let tail = pairs.map(|(var, shortfall)| RecordedTail {
        level: var.level,
        value_at_risk: var.loss,
        expected_shortfall: shortfall.loss,
    });
    tail.collect()
}

/// The threshold, where it is red, and every limit above one of its bounds.
pub fn breaches(threshold: &Threshold) -> Vec<Breach> {
    let red = (threshold.status == Status::Red).then(|| Breach {
        name: THRESHOLD.to_owned(),
        hard: true,
        value: threshold.potential_loss,
        bound: threshold.threshold,
    });
    let limits = threshold.limits.iter().filter_map(|limit| {
        let hard = limit.state == LimitState::HardBreached;
        let bound = match limit.state {
            LimitState::Within => None,
            LimitState::SoftBreached => limit.soft,
            LimitState::HardBreached => limit.hard,
        };
        Some(Breach { name: limit.name.clone(), hard, value: limit.value, bound: bound? })
    });
    red.into_iter().chain(limits).collect()
}

/// The same of a stated path or a grid, whose loss is `loss`.
pub fn breaches_when_stated(loss: f64, threshold: &ReplayedThreshold) -> Vec<Breach> {
    let red = threshold.status == Status::Red;
    let bound = threshold.threshold;
    let breach = || Breach { name: THRESHOLD.to_owned(), hard: true, value: loss, bound };
    red.then(breach).into_iter().collect()
}
