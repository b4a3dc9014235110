//! A run's results as files: result.json, report.html, losses.parquet, and the manifest last.

use std::path::Path;
use std::time::Duration;

use super::session::Session;
use crate::document::{InputFile, Machine, Manifest, OutputError, OutputFolder, StageTiming};
use crate::engine::Run;
use crate::report::{self, ReportError};

/// Why results were not written; nothing is then left behind.
#[derive(Debug, thiserror::Error)]
pub enum OutputFailure {
    /// A report could not be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The folder could not be written.
    #[error(transparent)]
    Folder(#[from] OutputError),
}

/// A result folder that was opened before the run, so that a wrong one fails at once.
pub struct Output {
    folder: OutputFolder,
    started_at: String,
}

/// What the manifest tells beside the results.
pub struct Circumstances<'a> {
    /// The session that ran.
    pub session: &'a Session,
    /// Every file read.
    pub files: Vec<InputFile>,
    /// Reading and fitting.
    pub planning: Duration,
    /// Simulating and measuring.
    pub running: Duration,
}

impl Output {
    /// Opens the folder that will stand at `target`.
    pub fn open(target: &Path) -> Result<Self, OutputFailure> {
        let started_at = jiff::Timestamp::now().to_string();
        Ok(Self { folder: OutputFolder::create(target)?, started_at })
    }

    /// Writes everything and puts the folder in place.
    pub fn write(mut self, run: &Run, told: Circumstances) -> Result<(), OutputFailure> {
        let outcome = &run.outcome;
        self.folder.write("result.json", report::json(outcome)?.as_bytes())?;
        self.folder.write("report.html", report::html(outcome)?.as_bytes())?;
        let losses = report::losses_parquet(&run.losses, &run.masses, 0)?;
        self.folder.write("losses.parquet", &losses)?;
        let session = told.session;
        let machine = Machine {
            operating_system: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            instruction_set: session.instruction_set().to_string(),
            threads: session.threads(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let timing = |stage: &str, time: Duration| StageTiming {
            stage: stage.to_owned(),
            seconds: time.as_secs_f64(),
        };
        self.folder.commit(Manifest {
            arguments: std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect(),
            seed: outcome.seed,
            paths: outcome.paths,
            started_at: self.started_at,
            inputs: told.files,
            timings: vec![
                timing("read and fit", told.planning),
                timing("simulate and measure", told.running),
            ],
            ..Manifest::new(&outcome.plimsoll_version, &outcome.scenario, machine)
        })?;
        Ok(())
    }
}
