//! `plimsoll replay`: everything that happened on one path.

use super::arguments::ReplayArguments;
use super::exit::Exit;
use super::session::{Session, overrides};
use super::terminal::Terminal;
use crate::engine;
use crate::report;
use crate::units::PathId;

/// Replays the path and prints it.
pub fn replay(arguments: &ReplayArguments, terminal: &Terminal) -> Exit {
    let session = match Session::of(&arguments.simulation.machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let overrides = overrides(&arguments.simulation);
    let plan = match session.plan(&arguments.scenario, &overrides, None) {
        Ok((plan, _)) => plan,
        Err(exit) => return exit,
    };
    let path = PathId(arguments.path);
    match session.install(|| engine::replay(&plan, path, session.instruction_set())) {
        Ok(replayed) if arguments.json => terminal.print_report(report::replay_json(&replayed)),
        Ok(replayed) => terminal.print(&report::replay_text(&replayed)),
        Err(error) => session.engine_failure(&error),
    }
}
