//! `plimsoll calibrate`: searches settings, and tells which are worth choosing between.

use std::path::Path;
use std::time::Instant;

use super::arguments::{CalibrateCommand, LiquidationArguments};
use super::calibrate_market::market;
use super::calibrate_policy;
use super::exit::Exit;
use super::output::{Circumstances, Output, OutputFailure};
use super::progress::Progress;
use super::recorder::Recorder;
use super::session::{Session, confinement, refuse};
use super::terminal::Terminal;
use crate::engine::EngineError;
use crate::outcome::Calibration;
use crate::report;
use crate::report::look::Look;
use crate::study::calibration::{CalibrationError, LoadedCalibration};

/// Runs the calibration asked for.
pub fn calibrate(command: &CalibrateCommand, terminal: &Terminal) -> Exit {
    match command {
        CalibrateCommand::Liquidation(arguments) => liquidation(arguments, terminal),
        CalibrateCommand::Market(arguments) => market(arguments, terminal),
        CalibrateCommand::Policy(arguments) => calibrate_policy::policy(arguments, terminal),
    }
}

fn liquidation(arguments: &LiquidationArguments, terminal: &Terminal) -> Exit {
    let session = match Session::of(&arguments.machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let catalogue = &arguments.catalogue;
    let recorder = match Recorder::open("calibrate", catalogue, arguments.out.as_deref(), terminal)
    {
        Ok(recorder) => recorder,
        Err(exit) => return exit,
    };
    let started = Instant::now();
    let path = document(&arguments.calibration);
    let confinement = confinement(arguments.machine.allow_outside);
    let loaded = session.install(|| LoadedCalibration::read(&path, confinement));
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
    let calibration = match ran {
        Ok(calibration) => calibration,
        Err(error) => return give_up(&error, terminal),
    };
    if let Some(output) = output {
        let running = started.elapsed() - planning;
        let files = loaded.files.clone();
        let told = Circumstances {
            session: &session,
            recorder: &recorder,
            files,
            planning,
            running,
            formats: &[],
            look: &Look::default(),
            fingerprint: None,
        };
        if let Err(failure) = output.write_calibration(&calibration, told) {
            return fail(&failure, terminal);
        }
    }
    recorder.tell(arguments.quiet, terminal);
    show(arguments, &calibration, terminal)
}

/// A folder stands for the calibration.toml in it.
fn document(path: &Path) -> std::path::PathBuf {
    if path.is_dir() { path.join("calibration.toml") } else { path.to_path_buf() }
}

fn fail(failure: &OutputFailure, terminal: &Terminal) -> Exit {
    terminal.complain(&failure.to_string());
    Exit::Failure
}

fn give_up(error: &CalibrationError, terminal: &Terminal) -> Exit {
    if let CalibrationError::Engine { source, .. } = error
        && matches!(**source, EngineError::Interrupted(_))
    {
        terminal.tell("interrupted; nothing was written");
        return Exit::Interrupted;
    }
    terminal.complain(&error.to_string());
    Exit::Usage
}

fn show(arguments: &LiquidationArguments, calibration: &Calibration, terminal: &Terminal) -> Exit {
    if arguments.json {
        return terminal.print_report(report::calibration_json(calibration));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::calibration_terminal(calibration, terminal.style()))
}
