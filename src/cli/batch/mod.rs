//! `plimsoll batch`: many scenarios side by side, resumed after a kill, summed up by loss.

mod progress;
mod runner;

use std::path::{Path, PathBuf};

use super::arguments::{BatchArguments, Pages};
use super::exit::Exit;
use super::look::look;
use super::output::OutputFailure;
use super::recorder::Recorder;
use super::session::{Session, overrides, refuse};
use super::terminal::Terminal;
use crate::document::{BatchFolder, Manifest};
use crate::outcome::{BatchRun, BatchSummary};
use crate::report;
use crate::report::look::Look;
use crate::study::batch::{self, LoadedBatch};
use progress::BatchProgress;
use runner::Runner;

/// Runs the batch; ends with the worst exit of its runs.
pub fn batch(arguments: &BatchArguments, terminal: &Terminal) -> Exit {
    let session = match Session::of(&arguments.simulation.machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let path = document(&arguments.batch);
    let overrides = overrides(&arguments.simulation);
    let loaded = match LoadedBatch::read(&path, session.confinement(), overrides) {
        Ok(loaded) => loaded,
        Err(violations) => return refuse(&violations, terminal),
    };
    let look = match look(&arguments.look, &arguments.format, terminal) {
        Ok(look) => look,
        Err(exit) => return exit,
    };
    let mut folder = match arguments.out.as_deref().map(|out| open(out, &loaded, &session)) {
        None => None,
        Some(Ok(folder)) => Some(folder),
        Some(Err(failure)) => return fail(&failure, terminal),
    };
    let catalogue = &arguments.catalogue;
    let recorder = match Recorder::open("batch", catalogue, arguments.out.as_deref(), terminal) {
        Ok(recorder) => recorder,
        Err(exit) => return exit,
    };
    let progress = BatchProgress::new(terminal, arguments.quiet, loaded.runs.len());
    let at = folder.as_ref();
    let runner = Runner::new(arguments, &session, &loaded, at, &recorder, &progress, &look);
    let done = runner.run();
    progress.finish();
    let mut worst = done.worst;
    if done.skipped > 0 && !arguments.quiet {
        let (skipped, all) = (done.skipped, loaded.runs.len());
        terminal.tell(&format!("{skipped} of {all} runs stood already, unchanged"));
    }
    let summary = batch::summary(&loaded, done.runs);
    if let Some(folder) = folder.take()
        && let Err(failure) = write(folder, &summary, arguments.pages, &look)
    {
        worst = worst.max(fail(&failure, terminal));
    }
    recorder.tell(arguments.quiet, terminal);
    if session.is_interrupted() {
        let finished = summary.runs.len();
        let go_on = if arguments.out.is_some() { "; go on with --resume" } else { "" };
        let all = loaded.runs.len();
        terminal.tell(&format!("interrupted after {finished} of {all} runs{go_on}"));
        return Exit::Interrupted;
    }
    show(arguments, &summary, terminal).max(worst)
}

/// A folder stands for the batch.toml in it.
fn document(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("batch.toml") } else { path.to_path_buf() }
}

fn open(out: &Path, loaded: &LoadedBatch, session: &Session) -> Result<BatchFolder, OutputFailure> {
    let version = env!("CARGO_PKG_VERSION");
    let manifest = Manifest {
        arguments: std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect(),
        started_at: jiff::Timestamp::now().to_string(),
        inputs: loaded.files.clone(),
        ..Manifest::new(version, &loaded.name, session.machine())
    };
    Ok(BatchFolder::open(out, manifest)?)
}

fn write(
    mut folder: BatchFolder,
    summary: &BatchSummary,
    pages: Pages,
    look: &Look,
) -> Result<(), OutputFailure> {
    let linked = |run: &BatchRun| {
        run.figures.as_ref().map(|_| match pages {
            Pages::Report => format!("{}/report.html", run.run),
            Pages::None => format!("{}/result.json", run.run),
        })
    };
    folder.write("summary.json", report::batch_json(summary)?.as_bytes())?;
    folder.write("summary.csv", &report::batch_csv(summary)?)?;
    folder.write("index.html", report::batch_html(summary, linked, look)?.as_bytes())?;
    Ok(folder.commit()?)
}

fn show(arguments: &BatchArguments, summary: &BatchSummary, terminal: &Terminal) -> Exit {
    if arguments.json {
        return terminal.print_report(report::batch_json_lines(summary));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::batch_terminal(summary, terminal.style()))
}

fn fail(failure: &OutputFailure, terminal: &Terminal) -> Exit {
    terminal.complain(&failure.to_string());
    Exit::Failure
}
