//! The command line as the user types it.

mod batch;
mod catalogue;
mod compare;
mod documents;
mod machine;
mod report;
mod run;
mod simulation;
mod study;

pub use batch::{BatchArguments, Pages};
pub use catalogue::{
    CatalogueArguments, CatalogueCommand, OverrideArguments, RunsArguments, StatusArgument,
    VerifyArguments,
};
pub use compare::{CompareArguments, ExplainArguments};
pub use documents::{
    CheckArguments, CompletionsArguments, DocumentKind, InitArguments, ManArguments,
    ScenariosArguments, SchemaArguments,
};
pub use machine::MachineArguments;
pub use report::{LookArguments, ReportArguments, ReportFormat};
pub use run::{ReplayArguments, RunArguments};
pub use simulation::{
    FailuresArgument, RevaluationArgument, SamplingArgument, SimulationArguments,
};
pub use study::{
    BacktestArguments, CalibrateCommand, LiquidationArguments, MarketArguments, PolicyArguments,
};

use clap::{Parser, Subcommand, ValueEnum};

/// Draws the load line of a crypto-derivative book: how much exposure it may carry today, given
/// what can go wrong.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Examples:\n  plimsoll init my-book                  # a starter set that runs at once\n  \
                        plimsoll check my-book                 # do the files fit together?\n  \
                        plimsoll run my-book --out out/my-book # simulate; then open report.html\n\n\
                        Exit codes: 0 within limits, 1 threshold or hard limit breached, 2 usage or\n\
                        input, 3 output or internal error, 130 interrupted."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colours in messages and tables.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On terminals, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented starter set that runs at once: book, market, policy, scenario.
    Init(InitArguments),
    /// Simulate, revalue, measure, derive the exposure threshold, report.
    Run(RunArguments),
    /// Run every scenario on every book under every policy, side by side; a summary by loss.
    Batch(BatchArguments),
    /// Walk models forward over a price history, and test what they said against what happened.
    Backtest(BacktestArguments),
    /// Tell what changed between two batches or two runs, by run and by contribution.
    Compare(CompareArguments),
    /// Tell what moved the threshold and ES from one run to another: time, market, positions,
    /// collateral, parameters, Monte Carlo noise.
    Explain(ExplainArguments),
    /// Validate documents without running; reports every violation at once.
    Check(CheckArguments),
    /// Search settings on common paths, and give those worth choosing between.
    #[command(subcommand)]
    Calibrate(CalibrateCommand),
    /// Tell everything that happened on one path of a run.
    Replay(ReplayArguments),
    /// Write the report of results that stand: HTML, Excel, Markdown.
    Report(ReportArguments),
    /// List recorded runs, compare two, or show how their figures went.
    Runs(RunsArguments),
    /// Record why a breach of a recorded run is carried on with.
    Override(OverrideArguments),
    /// Check the catalogue of recorded runs.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// List the scenarios that ship with the program, or print one.
    Scenarios(ScenariosArguments),
    /// Print the JSON Schema of a document kind, for editors.
    Schema(SchemaArguments),
    /// Print a completion script for a shell.
    Completions(CompletionsArguments),
    /// Write manual pages, one a command.
    Man(ManArguments),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
