//! `plimsoll runs`: what the catalogue holds.

use super::arguments::{RunsArguments, StatusArgument};
use super::exit::Exit;
use super::recorder::catalogue_file;
use super::terminal::Terminal;
use crate::catalogue::{Catalogue, CatalogueError, Selection};
use crate::outcome::Status;
use crate::report;

/// Lists, compares or follows recorded runs.
pub fn runs(arguments: &RunsArguments, terminal: &Terminal) -> Exit {
    match shown(arguments, terminal) {
        Ok(exit) => exit,
        Err(error) => {
            terminal.complain(&error.to_string());
            Exit::Usage
        }
    }
}

fn shown(arguments: &RunsArguments, terminal: &Terminal) -> Result<Exit, CatalogueError> {
    let catalogue = Catalogue::open(&catalogue_file(&arguments.catalogue))?;
    let style = terminal.style();
    if let Some([first, second]) = arguments.compare.as_deref().and_then(|two| two.first_chunk()) {
        let comparison = catalogue.compare([*first, *second])?;
        return Ok(terminal.print_report(match arguments.json {
            true => report::run_comparison_json(&comparison),
            false => report::run_comparison_terminal(&comparison, style),
        }));
    }
    let listing = catalogue.select(&selection(arguments))?;
    Ok(terminal.print_report(match (arguments.json, arguments.trend) {
        (true, _) => report::runs_json_lines(&listing),
        (false, true) => report::trends_terminal(&listing, style),
        (false, false) => report::runs_terminal(&listing, style),
    }))
}

fn selection(arguments: &RunsArguments) -> Selection {
    Selection {
        scenario: arguments.scenario.clone(),
        command: arguments.command.clone(),
        status: arguments.status.map(|status| match status {
            StatusArgument::Green => Status::Green,
            StatusArgument::Amber => Status::Amber,
            StatusArgument::Red => Status::Red,
        }),
        since: arguments.since.map(|date| date.to_string()),
        last: Some(arguments.last),
    }
}
