//! `plimsoll man`: manual pages, one a command.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::arguments::{Arguments, ManArguments};
use super::exit::Exit;
use super::terminal::Terminal;
use crate::document::write_beside;

/// How every page begins: a comment by which a later version knows it as its own.
const MARK: &str = ".\\\" plimsoll ";

const VERSION: &str = concat!("plimsoll ", env!("CARGO_PKG_VERSION"));

/// Writes the pages.
pub fn man(arguments: &ManArguments, terminal: &Terminal) -> Exit {
    let pages = match pages() {
        Ok(pages) => pages,
        Err(error) => {
            terminal.complain(&format!("the manual pages cannot be made: {error}"));
            return Exit::Failure;
        }
    };
    if let Err(error) = write_beside(&arguments.folder, &pages, MARK) {
        terminal.complain(&error.to_string());
        return Exit::Failure;
    }
    let folder = arguments.folder.display();
    terminal
        .print(&format!("{} pages in {folder}; read one: man {folder}/plimsoll.1\n", pages.len()))
}

/// File name and text of every page, the program's own first.
fn pages() -> std::io::Result<Vec<(String, String)>> {
    let mut program = Arguments::command().disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    add(&program, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, pages: &mut Vec<(String, String)>) -> std::io::Result<()> {
    let page = Man::new(command.clone().after_help(None)).source(VERSION).manual("plimsoll");
    let mut text = format!("{MARK}{}\n", env!("CARGO_PKG_VERSION")).into_bytes();
    page.render(&mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if let Some(help) = command.get_after_help() {
        text.push_str(&examples(&help.to_string()));
    }
    pages.push((page.get_filename(), text));
    command.get_subcommands().try_for_each(|command| add(command, pages))
}

/// What follows the options in the help, its lines as they are.
fn examples(help: &str) -> String {
    let lines = help.trim_start_matches("Examples:\n").lines();
    // A line that begins with a dot or a quote would be an instruction of the page.
    let line = |line: &str| format!("\\&{}\n", line.replace('\\', "\\e").replace('-', "\\-"));
    format!(".SH EXAMPLES\n.nf\n{}.fi\n", lines.map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let pages = super::pages().unwrap();
        let page = |name: &str| &pages.iter().find(|(page, _)| page == name).expect(name).1;
        assert!(page("plimsoll.1").contains("plimsoll\\-run(1)"));
        let run = page("plimsoll-run.1");
        assert!(run.contains(".SH EXAMPLES\n.nf\n\\&  plimsoll run scenarios/desk\n"), "{run}");
        assert!(page("plimsoll-calibrate-market.1").starts_with(super::MARK));
    }
}
