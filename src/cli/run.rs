//! `plimsoll run`: the main job, for one scenario or several.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::arguments::RunArguments;
use super::exit::Exit;
use super::found::Found;
use super::look::look;
use super::output::{Circumstances, Output, OutputFailure};
use super::progress::Progress;
use super::recorder::Recorder;
use super::session::{ReadInputs, Session, overrides};
use super::terminal::Terminal;
use crate::engine::Plan;
use crate::report::look::Look;

/// Runs every scenario; one that fails does not stop the rest. Ends with the worst exit.
pub fn run(arguments: &RunArguments, terminal: &Terminal) -> Exit {
    let session = match Session::of(&arguments.simulation.machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let catalogue = &arguments.catalogue;
    let recorder = match Recorder::open("run", catalogue, arguments.out.as_deref(), terminal) {
        Ok(recorder) => recorder,
        Err(exit) => return exit,
    };
    let look = match look(&arguments.look, &arguments.format, terminal) {
        Ok(look) => look,
        Err(exit) => return exit,
    };
    let surroundings = Surroundings { session: &session, recorder: &recorder, look: &look };
    let mut worst = Exit::Within;
    for scenario in &arguments.scenarios {
        let exit = run_one(arguments, scenario, &surroundings, terminal);
        worst = worst.max(exit);
        if exit == Exit::Interrupted {
            break;
        }
    }
    recorder.tell(arguments.quiet, terminal);
    worst
}

/// What all scenarios of one command share.
struct Surroundings<'a> {
    session: &'a Session,
    recorder: &'a Recorder,
    look: &'a Look,
}

fn run_one(
    arguments: &RunArguments,
    scenario: &Path,
    surroundings: &Surroundings<'_>,
    terminal: &Terminal,
) -> Exit {
    let Surroundings { session, recorder, look } = *surroundings;
    let started = Instant::now();
    let overrides = overrides(&arguments.simulation);
    let planned = session.plan(scenario, &overrides, arguments.with.as_deref());
    let (plan, read) = match planned {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let planning = started.elapsed();
    let target = arguments.out.as_ref().map(|out| output_folder(out, arguments, &plan));
    let opened = target.map(|folder| opened(&folder, arguments, &read)).transpose();
    let output = match opened {
        Ok(output) => output,
        Err(failure) => return fail(&failure, terminal),
    };
    let files = read.files;
    drop(read.kept);
    let progress = Progress::new(terminal, arguments.quiet);
    let control = session.control(&progress);
    let found = session.install(|| Found::by(&plan, session.instruction_set(), &control));
    progress.finish();
    let found = match found {
        Ok(found) => found,
        Err(error) => return session.engine_failure(&error),
    };
    if let Some(output) = output {
        let running = started.elapsed() - planning;
        let told = Circumstances {
            session,
            recorder,
            files,
            planning,
            running,
            formats: &arguments.format,
            look,
            fingerprint: None,
        };
        if let Err(failure) = found.write(output, told) {
            return fail(&failure, terminal);
        }
    }
    found.show(arguments, terminal).max(found.verdict())
}

/// The folder for the results, with copies of what they come from.
fn opened(
    folder: &Path,
    arguments: &RunArguments,
    read: &ReadInputs,
) -> Result<Output, OutputFailure> {
    let mut output = Output::open(folder)?;
    if !arguments.no_inputs {
        output.keep(read)?;
    }
    Ok(output)
}

fn fail(failure: &OutputFailure, terminal: &Terminal) -> Exit {
    terminal.complain(&failure.to_string());
    Exit::Failure
}

fn output_folder(folder: &Path, arguments: &RunArguments, plan: &Plan) -> PathBuf {
    match arguments.scenarios.len() {
        1 => folder.to_path_buf(),
        _ => folder.join(&plan.scenario.name),
    }
}
