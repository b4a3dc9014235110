//! `plimsoll override`: why a breach is carried on with, for the record.

use super::arguments::OverrideArguments;
use super::exit::Exit;
use super::recorder::{catalogue_file, now, user};
use super::terminal::Terminal;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::document::quoted;
use crate::outcome::{CatalogueRecord, OverrideRecord, RunRecord};

/// Records the decision.
pub fn record(arguments: &OverrideArguments, terminal: &Terminal) -> Exit {
    let mut catalogue = match Catalogue::open(&catalogue_file(&arguments.catalogue)) {
        Ok(catalogue) => catalogue,
        Err(error) => return refuse(&error.to_string(), terminal),
    };
    let decision = catalogue.run(arguments.run).map_err(|error| error.to_string());
    let decision = match decision.and_then(|run| decide(arguments, &run)) {
        Ok(decision) => decision,
        Err(message) => return refuse(&message, terminal),
    };
    let told = format!("{} of entry {} overridden", decision.breach, decision.run);
    match catalogue.append(&now(), CatalogueRecord::Override(decision)) {
        Ok(entry) => terminal.print(&format!("{told}, recorded as entry {}\n", entry.entry)),
        Err(error @ CatalogueError::NoSuchRun { .. }) => refuse(&error.to_string(), terminal),
        Err(error) => {
            terminal.complain(&format!("nothing was recorded: {error}"));
            Exit::Failure
        }
    }
}

fn refuse(message: &str, terminal: &Terminal) -> Exit {
    terminal.complain(message);
    Exit::Usage
}

fn decide(arguments: &OverrideArguments, run: &RunRecord) -> Result<OverrideRecord, String> {
    let by = arguments.by.clone().unwrap_or_else(user);
    for (what, text) in [("--reason", &arguments.reason), ("--by", &by)] {
        if text.trim().is_empty() {
            return Err(format!("{what} is blank: an override says who decided, and why"));
        }
    }
    Ok(OverrideRecord {
        run: arguments.run,
        breach: breach(arguments, run)?,
        by,
        reason: arguments.reason.clone(),
        until: arguments.until.map(|date| date.to_string()),
    })
}

/// The breach that is meant: the one named, or the only one there is.
fn breach(arguments: &OverrideArguments, run: &RunRecord) -> Result<String, String> {
    let entry = arguments.run;
    let names: Vec<String> = run.breaches.iter().map(|one| quoted(&one.name)).collect();
    let named = arguments.breach.as_ref();
    let meant = run.breaches.iter().find(|one| named.is_none_or(|name| one.name == *name));
    match (meant, named, names.len()) {
        (None, _, 0) => {
            Err(format!("entry {entry} breached nothing: there is nothing to override"))
        }
        (None, ..) => {
            let name = quoted(named.map_or("", |name| name));
            Err(format!("entry {entry} did not breach {name}; it breached {}", names.join(", ")))
        }
        (Some(_), None, 2..) => {
            Err(format!("entry {entry} breached {}: name one with --breach", names.join(", ")))
        }
        (Some(one), ..) => Ok(one.name.clone()),
    }
}
