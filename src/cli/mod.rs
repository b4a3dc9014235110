//! The command line: one file a command, and the only place that knows clock and environment.

mod arguments;
mod backtest;
mod batch;
mod beside;
mod calibrate;
mod calibrate_market;
mod calibrate_policy;
mod catalogue;
mod check;
mod compare;
mod completions;
mod exit;
mod explain;
mod format;
mod found;
mod init;
mod look;
mod man;
mod output;
mod overriding;
mod progress;
mod recorder;
mod replay;
mod report;
mod run;
mod runs;
mod scenarios;
mod schema;
mod session;
mod terminal;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::Exit;
use terminal::Terminal;

/// Runs the program on this process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let terminal = Terminal::new(arguments.color);
    panic::set_hook(Box::new(move |panic| terminal.complain(&internal_error(panic))));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| dispatch(&arguments.command, &terminal)));
    outcome.unwrap_or(Exit::Failure).into()
}

fn dispatch(command: &Command, terminal: &Terminal) -> Exit {
    match command {
        Command::Init(arguments) => init::init(arguments, terminal),
        Command::Run(arguments) => run::run(arguments, terminal),
        Command::Batch(arguments) => batch::batch(arguments, terminal),
        Command::Backtest(arguments) => backtest::backtest(arguments, terminal),
        Command::Compare(arguments) => compare::compare(arguments, terminal),
        Command::Explain(arguments) => explain::explain(arguments, terminal),
        Command::Check(arguments) => check::check(arguments, terminal),
        Command::Calibrate(command) => calibrate::calibrate(command, terminal),
        Command::Replay(arguments) => replay::replay(arguments, terminal),
        Command::Report(arguments) => report::report(arguments, terminal),
        Command::Runs(arguments) => runs::runs(arguments, terminal),
        Command::Override(arguments) => overriding::record(arguments, terminal),
        Command::Catalogue(command) => catalogue::catalogue(command, terminal),
        Command::Scenarios(arguments) => scenarios::scenarios(arguments, terminal),
        Command::Schema(arguments) => schema::schema(arguments, terminal),
        Command::Completions(arguments) => completions::completions(arguments, terminal),
        Command::Man(arguments) => man::man(arguments, terminal),
    }
}

/// Help and version are answers (0), anything else is a usage error (2).
fn usage(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Within };
    // A closed pipe is silent.
    let _ = error.print();
    exit.into()
}

fn internal_error(panic: &panic::PanicHookInfo) -> String {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    let message = panic.payload_as_str().unwrap_or("no message");
    format!(
        "internal error{place}: {message}\nThis is a fault of plimsoll, not of your input; nothing \
         was written. Please report it with the command you ran."
    )
}
