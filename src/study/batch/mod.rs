//! A batch: every scenario on every book under every policy, with the work that runs share done
//! once.
//!
//! ```text
//! batch.toml ─▶ runs, each with its own name ─▶ inputs ─▶ plan ─▶ engine ─▶ row ─▶ summary
//!                              Shared: files, markets, fits
//! ```
//!
//! A run of a batch has the bits of the same scenario run alone: what is shared is a function of
//! what goes into it. Runs of the same seed see the same draws, so that differences between them
//! are not noise.
//!
//! Limits: a scenario of a batch is given no proposed trades.

mod compare;
mod document;
mod expand;
mod figures;
mod summary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use compare::compare;
pub use document::{BatchDocument, BookDocument, OverridesDocument, PolicyChoiceDocument};
pub use figures::{figures, figures_of_grid, figures_of_results, figures_of_stated};
pub use summary::{faults, in_words, summary};

use crate::document::{Confinement, InputFile, Manifest, Violations};
use crate::engine::{self, Inputs, Member, Overrides, Shared};

/// Most runs of one batch.
pub const RUNS_MAX: usize = 100_000;

/// A batch whose documents were found.
#[derive(Debug)]
pub struct LoadedBatch {
    /// Its name.
    pub name: String,
    /// Why it exists.
    pub description: String,
    /// Every run, scenarios first, then books, then policies.
    pub runs: Vec<PlannedRun>,
    /// Changes to every scenario that draws paths.
    pub overrides: Overrides,
    /// The batch's own document.
    pub files: Vec<InputFile>,
    folder: PathBuf,
    confinement: Confinement,
}

/// One run of a batch before it is run.
#[derive(Debug, Clone)]
pub struct PlannedRun {
    /// Its name and that of its folder: scenario, book and policy, joined by dots.
    pub name: String,
    /// Scenario name.
    pub scenario: String,
    /// Name of the book; `None`: the scenario's own.
    pub book: Option<String>,
    /// Name of the policy; `None`: the scenario's own.
    pub policy: Option<String>,
    member: Member,
}

impl LoadedBatch {
    /// Reads a batch and finds every document that it names; `overrides` take precedence over the
    /// document's.
    ///
    /// # Errors
    /// Every violation in the batch's own document. Faults of scenarios show when they are run.
    pub fn read(
        path: &Path,
        confinement: Confinement,
        overrides: Overrides,
    ) -> Result<Self, Violations> {
        expand::read(path, confinement, overrides)
    }

    /// What the runs have in common.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::new(Shared::new(&self.folder, self.confinement))
    }

    /// Reads the documents of a run.
    ///
    /// # Errors
    /// Every violation in any of them, and between them.
    pub fn load(&self, run: &PlannedRun, shared: &Arc<Shared>) -> Result<Inputs, Violations> {
        engine::load_member(&run.member, self.overrides, shared)
    }

    /// Hash of everything beside its inputs that the results of a run depend on, with `pages`: what
    /// is written of them.
    pub fn fingerprint(&self, run: &PlannedRun, pages: &str) -> String {
        let Overrides { paths, precision, seed, revaluation, sampling, failures } = &self.overrides;
        let Member { scenario, portfolio, policy, .. } = &run.member;
        let text = format!(
            "{:?}",
            (
                env!("CARGO_PKG_VERSION"),
                (scenario, portfolio, policy),
                (paths, precision.map(|share| share.get().to_bits()), seed),
                (revaluation, sampling, failures, pages),
            )
        );
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }

    /// Whether results with this manifest are those that the run would give: settings, version and
    /// the content of every file read are the same.
    pub fn is_current(
        &self,
        run: &PlannedRun,
        fingerprint: &str,
        manifest: &Manifest,
        shared: &Arc<Shared>,
    ) -> bool {
        let Ok(loader) = shared.loader(&run.member.folder) else { return false };
        manifest.fingerprint.as_deref() == Some(fingerprint)
            && !manifest.inputs.is_empty()
            && manifest
                .inputs
                .iter()
                .all(|input| loader.hash(&input.name).as_ref() == Some(&input.blake3))
    }
}

/// Whether the document at `path` is a batch: nothing else lists scenarios.
pub fn is_batch(path: &Path, confinement: Confinement) -> bool {
    expand::lists_scenarios(path, confinement)
}

/// Checks a batch with every scenario on every book under every policy. Says what was found.
///
/// # Errors
/// Every violation in any document.
pub fn check(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let batch = LoadedBatch::read(path, confinement, Overrides::default())?;
    let shared = batch.shared();
    let mut collector = crate::document::ViolationCollector::default();
    for run in &batch.runs {
        let inputs = collector.absorb(batch.load(run, &shared));
        inputs.and_then(|inputs| collector.absorb(engine::Plan::build(&inputs)));
    }
    let count = batch.runs.len();
    collector.finish(format!("batch '{}', no violations: {count} runs", batch.name))
}
