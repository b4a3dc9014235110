//! The manifest of a result folder: where the results came from, and their hashes.
//!
//! The only file with times, paths and the machine in it: everything else in a result folder is a
//! function of the inputs alone.

use serde::{Deserialize, Serialize};

use super::kept::Recipe;
use super::loader::InputFile;

/// What made a folder; a folder whose manifest says otherwise is not ours.
pub(super) const PROGRAM: &str = "plimsoll";
/// Name of the manifest in its folder.
pub(super) const MANIFEST_NAME: &str = "manifest.json";

/// Where the results of one run came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `plimsoll`.
    pub program: String,
    /// Its version.
    pub version: String,
    /// Scenario name.
    pub scenario: String,
    /// The arguments it was started with.
    pub arguments: Vec<String>,
    /// Seed of every draw.
    pub seed: u64,
    /// Paths simulated.
    pub paths: u64,
    /// When the run began, UTC, RFC 3339.
    pub started_at: String,
    /// Every input with its hash, by name.
    pub inputs: Vec<InputFile>,
    /// Time spent, in the order of the stages.
    pub timings: Vec<StageTiming>,
    /// Where it ran.
    pub machine: Machine,
    /// Whether the folder is a batch's, with a folder a run in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub batch: bool,
    /// Hash of everything beside the inputs that the results depend on; of runs of a batch, which
    /// know by it whether they are up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What was asked for beside what the inputs say; of runs whose inputs were copied to `inputs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Every result with its hash; filled in when the folder is committed.
    #[serde(default)]
    pub results: Vec<ResultFile>,
}

/// Time one stage took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageTiming {
    /// Name of the stage.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// The machine of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system.
    pub operating_system: String,
    /// Processor architecture.
    pub architecture: String,
    /// Instruction set used by the kernels; does not move results.
    pub instruction_set: String,
    /// Threads used; does not move results.
    pub threads: usize,
    /// Processors available.
    pub processors: usize,
}

/// A result file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultFile {
    /// File name in the folder.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// BLAKE3 hash of its contents, in hexadecimal.
    pub blake3: String,
}

impl Manifest {
    /// An otherwise empty manifest of this program.
    pub fn new(version: &str, scenario: &str, machine: Machine) -> Self {
        Self {
            program: PROGRAM.to_owned(),
            version: version.to_owned(),
            scenario: scenario.to_owned(),
            arguments: vec![],
            seed: 0,
            paths: 0,
            started_at: String::new(),
            inputs: vec![],
            timings: vec![],
            machine,
            batch: false,
            fingerprint: None,
            recipe: None,
            results: vec![],
        }
    }
}
