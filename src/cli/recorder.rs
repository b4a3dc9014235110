//! Recording what commands write, in the catalogue beside it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::arguments::CatalogueArguments;
use super::exit::Exit;
use super::terminal::Terminal;
use crate::catalogue::{self, CATALOGUE_NAME, Catalogue, CatalogueError, run_record};
use crate::document::{Manifest, visible};
use crate::outcome::{BatchFigures, CatalogueRecord, Outcome, ReplayedThreshold, RunRecord};
use crate::study::batch;

/// The catalogue of a command; without one, nothing is recorded.
pub struct Recorder {
    command: &'static str,
    path: Option<PathBuf>,
    /// Entries that were recorded.
    recorded: Mutex<Vec<u64>>,
}

impl Recorder {
    /// Looks at the catalogue that the arguments name before anything is computed: a wrong one fails
    /// at once. Without a folder of results there is nothing to record.
    pub fn open(
        command: &'static str,
        arguments: &CatalogueArguments,
        out: Option<&Path>,
        terminal: &Terminal,
    ) -> Result<Self, Exit> {
        let path = match (out, &arguments.catalogue) {
            (None, _) => None,
            _ if arguments.no_catalogue => None,
            (Some(_), Some(named)) => Some(named.clone()),
            (Some(out), None) => Some(out.parent().unwrap_or(Path::new("")).join(CATALOGUE_NAME)),
        };
        match path.as_deref().map(Catalogue::open) {
            None | Some(Ok(_) | Err(CatalogueError::Absent { .. })) => {
                Ok(Self { command, path, recorded: Mutex::default() })
            }
            Some(Err(error)) => {
                terminal.complain(&error.to_string());
                Err(Exit::Usage)
            }
        }
    }

    /// Records the results that stand in `folder`, with what `figures` adds.
    pub fn record(
        &self,
        folder: &Path,
        manifest: Manifest,
        figures: impl FnOnce(RunRecord) -> RunRecord,
    ) -> Result<(), CatalogueError> {
        let Some(path) = &self.path else { return Ok(()) };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let record = figures(run_record(self.command, &user(), &folder, manifest));
        let entry =
            Catalogue::create(path)?.append(&now(), CatalogueRecord::Run(Box::new(record)))?;
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(entry.entry);
        Ok(())
    }

    /// Says what was recorded, and where.
    pub fn tell(&self, quiet: bool, terminal: &Terminal) {
        let Some(path) = self.path.as_ref().filter(|_| !quiet) else { return };
        let shown = visible(&path.to_string_lossy());
        match &**self.recorded.lock().unwrap_or_else(PoisonError::into_inner) {
            [] => {}
            [entry] => terminal.tell(&format!("recorded as entry {entry} of {shown}")),
            entries => terminal.tell(&format!("{} runs recorded in {shown}", entries.len())),
        }
    }
}

/// Adds what was found on simulated paths.
pub fn run_figures(record: RunRecord, outcome: &Outcome) -> RunRecord {
    RunRecord {
        figures: Some(batch::figures(outcome)),
        tail: catalogue::tail(outcome),
        breaches: outcome.threshold.as_ref().map_or_else(Vec::new, catalogue::breaches),
        policy: outcome.threshold.as_ref().map(catalogue::policy),
        ..record
    }
}

/// Adds what was found where nothing is drawn.
pub fn stated_figures(
    record: RunRecord,
    figures: BatchFigures,
    threshold: Option<&ReplayedThreshold>,
) -> RunRecord {
    let breaches = |one| catalogue::breaches_when_stated(figures.loss, one);
    let breaches = threshold.map_or_else(Vec::new, breaches);
    let policy = threshold.map(catalogue::policy_when_stated);
    RunRecord { figures: Some(figures), breaches, policy, ..record }
}

/// The instant that entries are recorded as of.
pub fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// The user as the system names them; empty where it does not.
pub fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.unwrap_or_default()
}

/// A folder stands for the catalogue in it.
pub fn catalogue_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(CATALOGUE_NAME) } else { path.to_path_buf() }
}
