//! The batch document: which scenarios, on which books, under which policies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{FilePath, FolderName, Prose};

/// Many scenarios run side by side: every scenario on every book under every policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchDocument {
    /// Name of the batch.
    pub name: FolderName,
    /// Why it exists.
    #[serde(default = "no_prose")]
    pub description: Prose,
    /// Scenario documents; of a folder, every scenario in it and the `scenario.toml` of every
    /// folder in it.
    #[schemars(length(min = 1, max = 10_000))]
    pub scenarios: Vec<FilePath>,
    /// Books, each in place of the one that a scenario names. Left out: each scenario's own.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub book: Vec<BookDocument>,
    /// Policies, each in place of the one that a scenario names. Left out: each scenario's own.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub policy: Vec<PolicyChoiceDocument>,
    /// Changes to every scenario that draws paths; stated paths are left as they are.
    #[serde(default)]
    pub overrides: OverridesDocument,
}

/// A book of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookDocument {
    /// Its name in the batch; part of the names of output folders.
    pub name: FolderName,
    /// The portfolio document.
    pub portfolio: FilePath,
}

/// A policy of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChoiceDocument {
    /// Its name in the batch; part of the names of output folders.
    pub name: FolderName,
    /// The policy document.
    pub document: FilePath,
}

/// Changes to every scenario that draws paths.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverridesDocument {
    /// Paths, instead of the scenario's; `--paths` overrides.
    #[schemars(range(min = 100, max = 1_000_000_000))]
    pub paths: Option<u64>,
    /// Seed of every draw, instead of the scenario's: with one seed all runs see the same draws;
    /// `--seed` overrides.
    pub seed: Option<u64>,
}

fn no_prose() -> Prose {
    Prose::try_from(String::new()).expect("no text is text")
}
