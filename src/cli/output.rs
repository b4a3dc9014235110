//! A run's results as files: result.json, report.html, losses.parquet, and the manifest last.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::arguments::ReportFormat;
use super::beside::hashed;
use super::recorder::{Recorder, run_figures, stated_figures};
use super::session::{ReadInputs, Session};
use crate::catalogue::CatalogueError;
use crate::document::{InputFile, Manifest, OutputError, OutputFolder, Recipe, StageTiming};
use crate::engine::Run;
use crate::outcome::{
    Backtest, Calibration, GridOutcome, HistoricalOutcome, Outcome, PolicyCalibration, RunRecord,
};
use crate::report::look::Look;
use crate::report::{self, Beside, ReportError};
use crate::study::batch;

/// Names of reports in their folder.
const HTML: &str = "report.html";
const XLSX: &str = "report.xlsx";
const MD: &str = "report.md";
#[cfg(feature = "pdf")]
const PDF: &str = "report.pdf";

/// Why results were not written; nothing is then left behind.
#[derive(Debug, thiserror::Error)]
pub enum OutputFailure {
    /// A report could not be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The folder could not be written.
    #[error(transparent)]
    Folder(#[from] OutputError),
    /// The results stand, but the catalogue does not know of them.
    #[error("the results were written but could not be recorded: {0}")]
    Unrecorded(#[from] CatalogueError),
}

/// A result folder that was opened before the run, so that a wrong one fails at once.
pub struct Output {
    folder: OutputFolder,
    target: PathBuf,
    started_at: String,
    recipe: Option<Recipe>,
}

/// What the manifest tells beside the results.
pub struct Circumstances<'a> {
    /// The session that ran.
    pub session: &'a Session,
    /// Where results are recorded.
    pub recorder: &'a Recorder,
    /// Every file read.
    pub files: Vec<InputFile>,
    /// Reading and fitting.
    pub planning: Duration,
    /// Simulating and measuring.
    pub running: Duration,
    /// Formats of the report; none: no report.
    pub formats: &'a [ReportFormat],
    /// How the html page looks.
    pub look: &'a Look,
    /// Of a run of a batch: what its results depend on beside the files.
    pub fingerprint: Option<String>,
}

impl Output {
    /// Opens the folder that will stand at `target`.
    pub fn open(target: &Path) -> Result<Self, OutputFailure> {
        let started_at = jiff::Timestamp::now().to_string();
        let folder = OutputFolder::create(target)?;
        Ok(Self { folder, target: target.to_owned(), started_at, recipe: None })
    }

    /// Keeps copies of the inputs with the results, and what was asked for, so that the run can be
    /// repeated.
    pub fn keep(&mut self, read: &ReadInputs) -> Result<(), OutputFailure> {
        for kept in &read.kept {
            self.folder.keep(kept)?;
        }
        self.recipe.clone_from(&read.recipe);
        Ok(())
    }

    /// Writes what a replay found and puts the folder in place.
    pub fn write_historical(
        mut self,
        outcome: &HistoricalOutcome,
        told: Circumstances,
    ) -> Result<(), OutputFailure> {
        self.folder.write("result.json", report::historical_json(outcome)?.as_bytes())?;
        for format in told.formats {
            let (name, bytes) = rendered_stated(outcome, *format, told.look)?;
            self.folder.write(name, &bytes)?;
        }
        let paths = outcome.window.orders.len().max(1) as u64;
        let (version, scenario) = (&outcome.plimsoll_version, &outcome.scenario);
        let machine = told.session.machine();
        let manifest = Manifest { paths, ..Manifest::new(version, scenario, machine) };
        let figures = batch::figures_of_stated(outcome);
        let threshold = outcome.threshold.as_ref();
        self.commit(manifest, told, |run| stated_figures(run, figures, threshold))
    }

    /// Writes a grid and puts the folder in place.
    pub fn write_grid(
        mut self,
        outcome: &GridOutcome,
        told: Circumstances,
    ) -> Result<(), OutputFailure> {
        self.folder.write("result.json", report::grid_json(outcome)?.as_bytes())?;
        for format in told.formats {
            let (name, bytes) = rendered_grid(outcome, *format, told.look)?;
            self.folder.write(name, &bytes)?;
        }
        self.folder.write("grid.csv", &report::grid_csv(outcome)?)?;
        let (version, scenario) = (&outcome.plimsoll_version, &outcome.scenario);
        let machine = told.session.machine();
        let paths = outcome.cells.len() as u64;
        let manifest = Manifest { paths, ..Manifest::new(version, scenario, machine) };
        let figures = batch::figures_of_grid(outcome);
        let threshold = outcome.threshold.as_ref();
        self.commit(manifest, told, |run| stated_figures(run, figures, threshold))
    }

    /// Writes a calibration and puts the folder in place.
    pub fn write_calibration(
        mut self,
        calibration: &Calibration,
        told: Circumstances,
    ) -> Result<(), OutputFailure> {
        self.folder.write("result.json", report::calibration_json(calibration)?.as_bytes())?;
        self.folder.write("calibration.html", report::calibration_html(calibration)?.as_bytes())?;
        self.folder.write("candidates.csv", &report::calibration_csv(calibration)?)?;
        let (version, name) = (&calibration.plimsoll_version, &calibration.name);
        let machine = told.session.machine();
        let manifest = Manifest {
            seed: calibration.seed,
            paths: calibration.paths,
            ..Manifest::new(version, name, machine)
        };
        self.commit(manifest, told, |run| run)
    }

    /// Writes a backtest and puts the folder in place.
    pub fn write_backtest(
        mut self,
        backtest: &Backtest,
        told: Circumstances,
    ) -> Result<(), OutputFailure> {
        self.folder.write("result.json", report::backtest_json(backtest)?.as_bytes())?;
        self.folder.write("backtest.html", report::backtest_html(backtest)?.as_bytes())?;
        self.folder.write("dates.csv", &report::backtest_csv(backtest)?)?;
        let (version, name) = (&backtest.plimsoll_version, &backtest.name);
        let machine = told.session.machine();
        let manifest = Manifest {
            seed: backtest.seed,
            paths: backtest.paths,
            ..Manifest::new(version, name, machine)
        };
        self.commit(manifest, told, |run| run)
    }

    /// Writes a calibration of a policy and puts the folder in place.
    pub fn write_policy_calibration(
        mut self,
        calibration: &PolicyCalibration,
        told: Circumstances,
    ) -> Result<(), OutputFailure> {
        let json = report::policy_calibration_json(calibration)?;
        self.folder.write("result.json", json.as_bytes())?;
        let page = report::policy_calibration_html(calibration)?;
        self.folder.write("calibration.html", page.as_bytes())?;
        self.folder.write("candidates.csv", &report::policy_calibration_csv(calibration)?)?;
        self.folder.write("policy.toml", calibration.document.as_bytes())?;
        let (version, name) = (&calibration.plimsoll_version, &calibration.name);
        let machine = told.session.machine();
        let manifest = Manifest { seed: calibration.seed, ..Manifest::new(version, name, machine) };
        self.commit(manifest, told, |run| run)
    }

    /// Writes everything and puts the folder in place.
    pub fn write(mut self, run: &Run, told: Circumstances) -> Result<(), OutputFailure> {
        let outcome = &run.outcome;
        self.folder.write("result.json", report::json(outcome)?.as_bytes())?;
        let beside = Beside { inputs: hashed(&told.files), ..Beside::default() };
        for format in told.formats {
            let (name, bytes) = rendered(outcome, &beside, *format, told.look)?;
            self.folder.write(name, &bytes)?;
        }
        let losses = report::losses_parquet(&run.losses, &run.masses, 0)?;
        self.folder.write("losses.parquet", &losses)?;
        let (version, scenario) = (&outcome.plimsoll_version, &outcome.scenario);
        let machine = told.session.machine();
        let manifest = Manifest {
            seed: outcome.seed,
            paths: outcome.paths,
            ..Manifest::new(version, scenario, machine)
        };
        self.commit(manifest, told, |run| run_figures(run, outcome))
    }

    /// Writes the manifest, with how the results came about, puts the folder in place and records it.
    fn commit(
        self,
        manifest: Manifest,
        told: Circumstances,
        figures: impl FnOnce(RunRecord) -> RunRecord,
    ) -> Result<(), OutputFailure> {
        let timing = |stage: &str, time: Duration| StageTiming {
            stage: stage.to_owned(),
            seconds: time.as_secs_f64(),
        };
        let manifest = self.folder.commit(Manifest {
            arguments: std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect(),
            started_at: self.started_at,
            inputs: told.files,
            fingerprint: told.fingerprint,
            recipe: self.recipe,
            timings: vec![
                timing("read and fit", told.planning),
                timing("simulate and measure", told.running),
            ],
            ..manifest
        })?;
        Ok(told.recorder.record(&self.target, manifest, figures)?)
    }
}

/// The report of a stated path in one format: the name of its file, and its bytes.
pub fn rendered_stated(
    outcome: &HistoricalOutcome,
    format: ReportFormat,
    look: &Look,
) -> Result<(&'static str, Vec<u8>), ReportError> {
    Ok(match format {
        ReportFormat::Html => (HTML, report::historical_html(outcome, look)?.into_bytes()),
        ReportFormat::Xlsx => (XLSX, report::historical_xlsx(outcome)?),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => (PDF, report::historical_pdf(outcome, look)?),
        ReportFormat::Md => (MD, report::historical_markdown(outcome)?.into_bytes()),
    })
}

/// The same of a grid.
pub fn rendered_grid(
    outcome: &GridOutcome,
    format: ReportFormat,
    look: &Look,
) -> Result<(&'static str, Vec<u8>), ReportError> {
    Ok(match format {
        ReportFormat::Html => (HTML, report::grid_html(outcome, look)?.into_bytes()),
        ReportFormat::Xlsx => (XLSX, report::grid_xlsx(outcome)?),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => (PDF, report::grid_pdf(outcome, look)?),
        ReportFormat::Md => (MD, report::grid_markdown(outcome)?.into_bytes()),
    })
}

/// The report of a simulated run in one format: the name of its file, and its bytes.
pub fn rendered(
    outcome: &Outcome,
    beside: &Beside,
    format: ReportFormat,
    look: &Look,
) -> Result<(&'static str, Vec<u8>), ReportError> {
    Ok(match format {
        ReportFormat::Html => (HTML, report::html_beside(outcome, beside, look)?.into_bytes()),
        ReportFormat::Xlsx => (XLSX, report::xlsx(outcome, beside)?),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => (PDF, report::pdf(outcome, beside, look)?),
        ReportFormat::Md => (MD, report::markdown(outcome, beside)?.into_bytes()),
    })
}
