//! Standard output and standard error, and what may be written to them.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::arguments::Colour;
use super::exit::Exit;
use crate::report::{self, ReportError, TerminalStyle};

/// Where text goes, and whether it is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    colour: Colour,
}

impl Terminal {
    /// Colours as the user asked.
    pub fn new(colour: Colour) -> Self {
        Self { colour }
    }

    /// Writes results to standard output. A closed pipe is silent: the reader has seen enough.
    pub fn print(&self, text: &str) -> Exit {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.complain(&format!("standard output cannot be written: {error}"));
                Exit::Failure
            }
            _ => Exit::Within,
        }
    }

    /// Writes a message for people to standard error; there is nowhere to report its failure.
    pub fn tell(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.write_all(b"\n");
    }

    /// Writes an error that has no place in a document.
    pub fn complain(&self, message: &str) {
        let (bold, plain) =
            if self.colours_stderr() { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        self.tell(&format!("{bold}error{plain}: {message}"));
    }

    /// Whether standard error takes colours.
    pub fn colours_stderr(&self) -> bool {
        self.colours(AutoStream::choice(&io::stderr()))
    }

    fn colours_stdout(&self) -> bool {
        self.colours(AutoStream::choice(&io::stdout()))
    }

    /// Width and colours of standard output, for tables.
    pub fn style(&self) -> TerminalStyle {
        let colour =
            if self.colours_stdout() { report::Colour::Always } else { report::Colour::Never };
        TerminalStyle { colour, ..TerminalStyle::default() }
    }

    /// Writes a report that could be made, or says why it could not.
    pub fn print_report(&self, report: Result<String, ReportError>) -> Exit {
        match report {
            Ok(text) => self.print(&text),
            Err(error) => {
                self.complain(&error.to_string());
                Exit::Failure
            }
        }
    }

    /// Whether a person watches standard error.
    pub fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    fn colours(&self, detected: ColorChoice) -> bool {
        match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => detected != ColorChoice::Never,
        }
    }
}
