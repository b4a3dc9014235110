//! What the catalogue remembers: runs with their figures, and what people overrode.

use serde::{Deserialize, Serialize};

use super::batch::BatchFigures;
use super::threshold::Status;

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// Its number, counted from 1 without gaps.
    pub entry: u64,
    /// When it was recorded, UTC, RFC 3339.
    pub recorded_at: String,
    /// BLAKE3 hash of the entry and of the one before it, in hexadecimal.
    pub hash: String,
    /// What was recorded.
    pub record: CatalogueRecord,
}

/// What an entry records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CatalogueRecord {
    /// A command that wrote results.
    Run(Box<RunRecord>),
    /// A person's decision to carry on in spite of a breach.
    Override(OverrideRecord),
}

/// A command that wrote results: what ran, on which inputs, with which outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// `run`, `batch`, `backtest` or `calibrate`.
    pub command: String,
    /// Name of the scenario, backtest or calibration.
    pub scenario: String,
    /// Name of the run in its batch: scenario, book and policy; `None` outside of batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Version of plimsoll that ran.
    pub plimsoll_version: String,
    /// Who started it, as the operating system names them; empty where it does not.
    pub by: String,
    /// When it began, UTC, RFC 3339.
    pub started_at: String,
    /// The arguments it was started with.
    pub arguments: Vec<String>,
    /// Folder of its results.
    pub folder: String,
    /// Seed of every draw.
    pub seed: u64,
    /// Paths simulated.
    pub paths: u64,
    /// Every file read.
    pub inputs: Vec<HashedFile>,
    /// Every file written.
    pub results: Vec<HashedFile>,
    /// What was found; `None` of backtests and calibrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<BatchFigures>,
    /// VaR and ES by level; empty where nothing is drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<RecordedTail>,
    /// The threshold and the limits that were breached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
    /// How the threshold was made; `None` without a policy, of other commands than `run` and `batch`,
    /// and of entries before this was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RecordedPolicy>,
}

impl RunRecord {
    /// What tells it from other runs: its name in its batch, or its scenario.
    pub fn name(&self) -> &str {
        self.run.as_deref().unwrap_or(&self.scenario)
    }
}

/// A file with its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HashedFile {
    /// Its name: an input's from the scenario's folder, a result's in its folder.
    pub name: String,
    /// BLAKE3 hash of its bytes, in hexadecimal.
    pub blake3: String,
}

/// VaR and ES at one confidence level, in the reporting currency of the figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedTail {
    /// Confidence level.
    pub level: f64,
    /// Value at risk.
    pub value_at_risk: f64,
    /// Expected shortfall.
    pub expected_shortfall: f64,
}

/// What makes a threshold of capital: `threshold = appetite × capital × multiplier`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedPolicy {
    /// Name of the policy.
    pub name: String,
    /// Share of capital that may be lost.
    pub appetite: f64,
    /// Condition multiplier.
    pub multiplier: f64,
}

/// A bound that was exceeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// `exposure threshold`, or the name of the limit.
    pub name: String,
    /// Whether the bound is hard; the threshold's is.
    pub hard: bool,
    /// What was measured, in money.
    pub value: f64,
    /// The bound, in money.
    pub bound: f64,
}

/// A decision to carry on in spite of a breach. It changes no result and no exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideRecord {
    /// Entry of the run.
    pub run: u64,
    /// Name of the breach.
    pub breach: String,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Until when it holds, as stated: a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What following the chain of a catalogue found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Entries there.
    pub entries: u64,
    /// Hash of the last; kept elsewhere, it shows a log that was written anew.
    pub head: String,
    /// How the results of each run stand, by entry.
    pub results: Vec<(u64, ResultsNow)>,
    /// What is wrong with the log; empty where it is whole.
    pub faults: Vec<CatalogueFault>,
}

/// Something wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueFault {
    /// The entry, where it is one's.
    pub entry: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// How the results of a recorded run stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ResultsNow {
    /// As they were recorded.
    Standing,
    /// A later run wrote to the same folder.
    Replaced {
        /// Its entry.
        by: u64,
    },
    /// The folder is not there.
    Gone,
    /// A file differs from what was recorded, or is missing.
    Changed,
}

impl Verification {
    /// Whether log and results are as they were recorded; results that are gone or replaced are.
    pub fn is_whole(&self) -> bool {
        let changed = |(_, now): &(u64, ResultsNow)| *now == ResultsNow::Changed;
        self.faults.is_empty() && !self.results.iter().any(changed)
    }
}

/// Entries of a catalogue that were asked for, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueListing {
    /// Runs and the decisions about them.
    pub entries: Vec<CatalogueEntry>,
    /// Runs that fit the question but were left out as older than those listed.
    pub older: usize,
}

/// The recorded runs of one scenario up to one of them, and what was decided about that one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunHistory {
    /// Oldest first; the last is the run that is told of.
    pub runs: Vec<RecordedRun>,
    /// Decisions about the last run, oldest first.
    pub decisions: Vec<CatalogueEntry>,
}

/// A run of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedRun {
    /// Its entry; `None` of a run that is not recorded.
    pub entry: Option<u64>,
    /// When it was recorded, or began where it was not, UTC, RFC 3339.
    pub recorded_at: String,
    /// What ran and what it found.
    pub run: RunRecord,
}

/// Two recorded runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunComparison {
    /// Their entries, the earlier first.
    pub entries: [u64; 2],
    /// Their scenarios.
    pub scenarios: [String; 2],
    /// Their reporting currencies; empty where a run has no figures.
    pub currencies: [String; 2],
    /// Figures of either.
    pub figures: Vec<ComparedFigure>,
    /// Statuses.
    pub statuses: [Option<Status>; 2],
    /// Settings that differ, each by name, before and after.
    pub settings: Vec<(String, [String; 2])>,
    /// Input files that differ, by name; those that are the same are counted.
    pub inputs: Vec<ComparedInput>,
    /// Input files with the same contents in both.
    pub inputs_same: usize,
}

/// A figure in two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedFigure {
    /// What it is.
    pub name: String,
    /// Whether it is a share and not money.
    pub is_share: bool,
    /// Before and after; `None` where the run has none.
    pub values: [Option<f64>; 2],
}

/// An input that is not the same in two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedInput {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: InputChange,
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputChange {
    /// Other contents under the same name.
    Changed,
    /// In the later run alone.
    Added,
    /// In the earlier run alone.
    Removed,
}
