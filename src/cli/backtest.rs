//! `plimsoll backtest`: walks models forward over a price history and tests what they said.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::arguments::BacktestArguments;
use super::exit::Exit;
use super::output::{Circumstances, Output, OutputFailure};
use super::progress::Progress;
use super::recorder::Recorder;
use super::session::{Session, confinement, refuse};
use super::terminal::Terminal;
use crate::document::visible;
use crate::outcome::Backtest;
use crate::report;
use crate::report::look::Look;
use crate::study::walk_forward::{BacktestError, LoadedBacktest};

/// Where a backtest begins, for a folder without one.
const MISSING: &str = "is not there; `plimsoll init DIR` writes a backtest.toml to copy beside a \
                       scenario, and `plimsoll schema backtest` says all that it may hold";

/// Runs the backtest asked for.
pub fn backtest(arguments: &BacktestArguments, terminal: &Terminal) -> Exit {
    let session = match Session::of(&arguments.machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let catalogue = &arguments.catalogue;
    let recorder = match Recorder::open("backtest", catalogue, arguments.out.as_deref(), terminal) {
        Ok(recorder) => recorder,
        Err(exit) => return exit,
    };
    let started = Instant::now();
    let path = document(&arguments.backtest);
    if arguments.backtest.is_dir() && !path.is_file() {
        terminal.complain(&format!("{} {MISSING}", visible(&path.to_string_lossy())));
        return Exit::Usage;
    }
    let confinement = confinement(arguments.machine.allow_outside);
    let loaded = session.install(|| LoadedBacktest::read(&path, confinement));
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(violations) => return refuse(&violations, terminal),
    };
    let planning = started.elapsed();
    let output = match arguments.out.as_deref().map(Output::open).transpose() {
        Ok(output) => output,
        Err(failure) => return fail(&failure, terminal),
    };
    let progress = Progress::new(terminal, arguments.quiet);
    let control = session.control(&progress);
    let ran = session.install(|| loaded.run(session.instruction_set(), &control));
    progress.finish();
    let backtest = match ran {
        Ok((_, backtest)) => backtest,
        Err(error) => return give_up(&error, terminal),
    };
    if let Some(output) = output {
        let told = Circumstances {
            session: &session,
            recorder: &recorder,
            files: loaded.files.clone(),
            planning,
            running: started.elapsed() - planning,
            formats: &[],
            look: &Look::default(),
            fingerprint: None,
        };
        if let Err(failure) = output.write_backtest(&backtest, told) {
            return fail(&failure, terminal);
        }
    }
    recorder.tell(arguments.quiet, terminal);
    show(arguments, &backtest, terminal)
}

/// A folder stands for the backtest.toml in it.
fn document(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("backtest.toml") } else { path.to_path_buf() }
}

fn fail(failure: &OutputFailure, terminal: &Terminal) -> Exit {
    terminal.complain(&failure.to_string());
    Exit::Failure
}

fn give_up(error: &BacktestError, terminal: &Terminal) -> Exit {
    if matches!(error, BacktestError::Interrupted(_)) {
        terminal.tell("interrupted; nothing was written");
        return Exit::Interrupted;
    }
    terminal.complain(&error.to_string());
    Exit::Usage
}

fn show(arguments: &BacktestArguments, backtest: &Backtest, terminal: &Terminal) -> Exit {
    if arguments.json {
        return terminal.print_report(report::backtest_json(backtest));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::backtest_terminal(backtest, terminal.style()))
}
