//! `plimsoll report`: the report of results that stand, without running anything again.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::arguments::{ReportArguments, ReportFormat};
use super::beside;
use super::exit::Exit;
use super::look::look;
use super::output::{rendered, rendered_grid, rendered_stated};
use super::session::machine;
use super::terminal::Terminal;
use crate::catalogue::CatalogueError;
use crate::document::{InputFile, Manifest, OutputError, OutputFolder, visible, whole_results};
use crate::outcome::Outcome;
use crate::report::look::Look;
use crate::report::{Beside, Explained, ReportError};
use crate::study::results::Results;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{} holds no whole results of a run: its manifest or a file that it lists is missing, or was changed since", visible(&path.to_string_lossy()))]
    NotWhole { path: PathBuf },
    #[error("{} draws no paths: no run can be compared with it, and no backtest is of it", visible(&path.to_string_lossy()))]
    NoPaths { path: PathBuf },
    #[error("there is no folder {}: results are where `plimsoll run DIR --out FOLDER` wrote them", visible(&path.to_string_lossy()))]
    NotThere { path: PathBuf },
    #[error("{first} and {second} would be written to the same folder; give them one at a time")]
    SameName { first: String, second: String },
    #[error("--out DIR says where html and xlsx go; without it `--format md` prints one run")]
    NowhereToWrite,
    #[error(transparent)]
    Input(OutputError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Output(OutputError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Told already.
    #[error("no report")]
    Exit(Exit),
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Report(ReportError::NotComparable { .. }) => Exit::Usage,
            Self::Report(_) | Self::Output(_) => Exit::Failure,
            Self::Exit(exit) => *exit,
            _ => Exit::Usage,
        }
    }
}

/// A file of a report.
type Page = (&'static str, Vec<u8>);

/// Writes or prints the reports asked for; all are made before any is written.
pub fn report(arguments: &ReportArguments, terminal: &Terminal) -> Exit {
    let look = match look(&arguments.look, &arguments.format, terminal) {
        Ok(look) => look,
        Err(exit) => return exit,
    };
    match told(arguments, &look, terminal) {
        Ok(exit) => exit,
        Err(Failure::Exit(exit)) => exit,
        Err(failure) => {
            terminal.complain(&failure.to_string());
            failure.exit()
        }
    }
}

fn told(arguments: &ReportArguments, look: &Look, terminal: &Terminal) -> Result<Exit, Failure> {
    if let Some(path) = arguments.runs.iter().find(|run| !run.exists()) {
        return Err(Failure::NotThere { path: path.clone() });
    }
    let Some(out) = &arguments.out else { return printed(arguments, look, terminal) };
    let targets = targets(out, &arguments.runs)?;
    let made: Vec<(Vec<Page>, Manifest)> = arguments
        .runs
        .iter()
        .map(|run| pages(run, arguments, look, terminal))
        .collect::<Result<_, Failure>>()?;
    for (target, (pages, manifest)) in targets.iter().zip(made) {
        let mut folder = OutputFolder::create(target).map_err(Failure::Output)?;
        for (name, bytes) in pages {
            folder.write(name, &bytes).map_err(Failure::Output)?;
        }
        folder.commit(manifest).map_err(Failure::Output)?;
        terminal.tell(&format!("report in {}", visible(&target.to_string_lossy())));
    }
    Ok(Exit::Within)
}

/// One note to standard output.
fn printed(arguments: &ReportArguments, look: &Look, terminal: &Terminal) -> Result<Exit, Failure> {
    let ([run], [ReportFormat::Md]) = (&*arguments.runs, &*arguments.format) else {
        return Err(Failure::NowhereToWrite);
    };
    let (pages, _) = pages(run, arguments, look, terminal)?;
    let note: String = pages.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
    Ok(terminal.print(&note))
}

/// What is told beside the results in `run`.
fn beside(
    run: &Path,
    manifest: &Manifest,
    outcome: &Outcome,
    arguments: &ReportArguments,
    terminal: &Terminal,
) -> Result<Beside, Failure> {
    let earlier = arguments.compare.as_deref().map(simulated).transpose()?;
    let explained = match arguments.compare.as_deref().filter(|_| arguments.explain) {
        Some(earlier) => beside::explained(earlier, run, terminal).map_err(Failure::Exit)?,
        None => Explained::Unasked,
    };
    let history = beside::history(arguments, run, manifest, outcome)?;
    let backtest = arguments.backtest.as_deref().map(beside::backtest).transpose();
    let backtest = backtest.map_err(Failure::Input)?.map(Box::new);
    let inputs = beside::hashed(&manifest.inputs);
    Ok(Beside { earlier, explained, history, backtest, inputs })
}

/// The folder of each report: the one named, or one a run below it by the name of the run's folder.
fn targets(out: &Path, runs: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if runs.len() == 1 {
        return Ok(vec![out.to_path_buf()]);
    }
    let mut targets: Vec<PathBuf> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let target = out.join(run.file_name().unwrap_or(OsStr::new("run")));
        if let Some(other) = targets.iter().position(|one| *one == target) {
            let name = |path: &Path| visible(&path.to_string_lossy());
            let (first, second) = (name(&runs[other]), name(&runs[index]));
            return Err(Failure::SameName { first, second });
        }
        targets.push(target);
    }
    Ok(targets)
}

/// The files of one report, and what its manifest tells.
fn pages(
    run: &Path,
    arguments: &ReportArguments,
    look: &Look,
    terminal: &Terminal,
) -> Result<(Vec<Page>, Manifest), Failure> {
    let manifest = whole(run)?;
    let formats = &arguments.format;
    let simulated_alone = arguments.compare.is_some() || arguments.backtest.is_some();
    let pages = match Results::read(run).map_err(Failure::Input)? {
        Results::Simulated(outcome) => {
            let beside = beside(run, &manifest, &outcome, arguments, terminal)?;
            let rendered = formats.iter().map(|format| rendered(&outcome, &beside, *format, look));
            rendered.collect::<Result<_, ReportError>>()?
        }
        _ if simulated_alone => return Err(Failure::NoPaths { path: run.to_path_buf() }),
        Results::Stated(outcome) => formats
            .iter()
            .map(|format| rendered_stated(&outcome, *format, look))
            .collect::<Result<_, ReportError>>()?,
        Results::Grid(outcome) => formats
            .iter()
            .map(|format| rendered_grid(&outcome, *format, look))
            .collect::<Result<_, ReportError>>()?,
    };
    let results = manifest.results.into_iter();
    let inputs = results.map(|one| InputFile { name: one.name, blake3: one.blake3 }).collect();
    let told = Manifest {
        seed: manifest.seed,
        paths: manifest.paths,
        started_at: jiff::Timestamp::now().to_string(),
        arguments: std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect(),
        inputs,
        ..Manifest::new(env!("CARGO_PKG_VERSION"), &manifest.scenario, machine())
    };
    Ok((pages, told))
}

fn simulated(run: &Path) -> Result<Box<Outcome>, Failure> {
    whole(run)?;
    match Results::read(run).map_err(Failure::Input)? {
        Results::Simulated(outcome) => Ok(outcome),
        _ => Err(Failure::NoPaths { path: run.to_path_buf() }),
    }
}

fn whole(run: &Path) -> Result<Manifest, Failure> {
    whole_results(run).ok_or_else(|| Failure::NotWhole { path: run.to_path_buf() })
}
