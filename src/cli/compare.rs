//! `plimsoll compare`: what changed between two batches, or two runs.

use super::arguments::CompareArguments;
use super::exit::Exit;
use super::terminal::Terminal;
use crate::report;
use crate::study::batch;

/// Compares the results in two folders.
pub fn compare(arguments: &CompareArguments, terminal: &Terminal) -> Exit {
    let changes = match batch::compare(&arguments.first, &arguments.second) {
        Ok(changes) => changes,
        Err(error) => {
            terminal.complain(&error.to_string());
            return Exit::Usage;
        }
    };
    if arguments.json {
        return terminal.print_report(report::changes_json(&changes));
    }
    terminal.print_report(report::changes_terminal(&changes, terminal.style()))
}
