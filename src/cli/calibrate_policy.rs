//! `plimsoll calibrate policy`: searches a policy's figures on a walk-forward.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::arguments::PolicyArguments;
use super::exit::Exit;
use super::output::{Circumstances, Output, OutputFailure};
use super::progress::Progress;
use super::recorder::Recorder;
use super::session::{Session, confinement, refuse};
use super::terminal::Terminal;
use crate::outcome::PolicyCalibration;
use crate::report;
use crate::report::look::Look;
use crate::study::policy_calibration::{LoadedPolicyCalibration, PolicyCalibrationError};

/// Runs the calibration asked for.
pub fn policy(arguments: &PolicyArguments, terminal: &Terminal) -> Exit {
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
    let loaded = session.install(|| LoadedPolicyCalibration::read(&path, confinement));
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
        if let Err(failure) = output.write_policy_calibration(&calibration, told) {
            return fail(&failure, terminal);
        }
    }
    recorder.tell(arguments.quiet, terminal);
    show(arguments, &calibration, terminal)
}

/// A folder stands for the policy_calibration.toml in it.
fn document(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("policy_calibration.toml") } else { path.to_path_buf() }
}

fn fail(failure: &OutputFailure, terminal: &Terminal) -> Exit {
    terminal.complain(&failure.to_string());
    Exit::Failure
}

fn give_up(error: &PolicyCalibrationError, terminal: &Terminal) -> Exit {
    if matches!(error, PolicyCalibrationError::Interrupted(_)) {
        terminal.tell("interrupted; nothing was written");
        return Exit::Interrupted;
    }
    terminal.complain(&error.to_string());
    Exit::Usage
}

fn show(arguments: &PolicyArguments, calibration: &PolicyCalibration, terminal: &Terminal) -> Exit {
    if arguments.json {
        return terminal.print_report(report::policy_calibration_json(calibration));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::policy_calibration_terminal(calibration, terminal.style()))
}
