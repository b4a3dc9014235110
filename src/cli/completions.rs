//! `plimsoll completions`: a script for the user's shell.

use clap::CommandFactory;

use super::arguments::{Arguments, CompletionsArguments};
use super::exit::Exit;
use super::terminal::Terminal;

/// Prints the completion script.
pub fn completions(arguments: &CompletionsArguments, terminal: &Terminal) -> Exit {
    let mut script = Vec::new();
    let name = "plimsoll";
    clap_complete::generate(arguments.shell, &mut Arguments::command(), name, &mut script);
    terminal.print(&String::from_utf8_lossy(&script))
}
