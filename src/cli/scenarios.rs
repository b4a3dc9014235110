//! `plimsoll scenarios`: what ships, and why.

use super::arguments::ScenariosArguments;
use super::exit::Exit;
use super::terminal::Terminal;
use crate::document::{did_you_mean, embedded};
use crate::scenario::{LibraryEntry, SHELVES, library, library_path};

/// Lists the shipped scenarios, or prints one.
pub fn scenarios(arguments: &ScenariosArguments, terminal: &Terminal) -> Exit {
    match &arguments.name {
        None => terminal.print(&listed(&library())),
        Some(name) => printed(name, terminal),
    }
}

/// Every scenario with its kind and why it exists, folder by folder.
fn listed(entries: &[LibraryEntry]) -> String {
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let kinds = entries.iter().map(|entry| entry.kind.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    let shelves = SHELVES.iter().map(|(shelf, what)| (Some(*shelf), *shelf, *what));
    let own = (None, "with a folder of their own", "books, markets and policies to start from");
    for (shelf, name, what) in shelves.chain([own]) {
        text.push_str(&format!("{name}: {what}\n"));
        for entry in entries.iter().filter(|entry| entry.shelf == shelf) {
            let (name, kind) = (&entry.name, entry.kind.name());
            text.push_str(&format!("  {name:width$}  {kind:kinds$}  {}\n", entry.description));
        }
        text.push('\n');
    }
    text.push_str(
        "plimsoll scenarios NAME prints a document; plimsoll run shipped:NAME runs it on the book it\n\
         names. For a book of your own write a scenario that says `extends = \"shipped:FOLDER/NAME.toml\"`\n\
         and names your portfolio and market.\n",
    );
    text
}

fn printed(name: &str, terminal: &Terminal) -> Exit {
    if let Some(file) = library_path(name).and_then(|path| embedded::file(&path)) {
        return terminal.print(file.text());
    }
    let entries = library();
    let names = entries.iter().map(|entry| entry.name.as_str());
    let hint = did_you_mean(name, names).map_or_else(String::new, |hint| format!("; {hint}"));
    terminal.complain(&format!(
        "no shipped scenario is called '{name}'{hint}\n`plimsoll scenarios` lists them"
    ));
    Exit::Usage
}
