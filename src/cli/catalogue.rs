//! `plimsoll catalogue verify`: whether the log of runs is as it was written.

use super::arguments::{CatalogueCommand, VerifyArguments};
use super::exit::Exit;
use super::recorder::catalogue_file;
use super::terminal::Terminal;
use crate::catalogue::Catalogue;
use crate::report;

/// Runs the command on a catalogue.
pub fn catalogue(command: &CatalogueCommand, terminal: &Terminal) -> Exit {
    match command {
        CatalogueCommand::Verify(arguments) => verify(arguments, terminal),
    }
}

/// A log or results that are not as they were recorded are a finding.
fn verify(arguments: &VerifyArguments, terminal: &Terminal) -> Exit {
    let catalogue = Catalogue::open(&catalogue_file(&arguments.catalogue));
    let verified = catalogue.and_then(|one| one.verify(arguments.head.as_deref()));
    let verification = match verified {
        Ok(verification) => verification,
        Err(error) => {
            terminal.complain(&error.to_string());
            return Exit::Usage;
        }
    };
    let text = match arguments.json {
        true => report::verification_json(&verification),
        false => report::verification_terminal(&verification, terminal.style()),
    };
    let found = if verification.is_whole() { Exit::Within } else { Exit::Breached };
    terminal.print_report(text).max(found)
}
