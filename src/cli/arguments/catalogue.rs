//! The catalogue, and the commands that read or add to it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Where results that are written are recorded.
#[derive(Debug, Clone, Args)]
pub struct CatalogueArguments {
    /// Record what is written to --out in this catalogue [default: plimsoll-catalogue.sqlite in the
    /// folder that holds DIR].
    #[arg(long, value_name = "FILE", requires = "out")]
    pub catalogue: Option<PathBuf>,
    /// Record nothing.
    #[arg(long, conflicts_with = "catalogue")]
    pub no_catalogue: bool,
}

/// Arguments of `runs`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll runs --catalogue out/plimsoll-catalogue.sqlite\n  \
                        plimsoll runs --scenario desk --trend\n  \
                        plimsoll runs --status red --since 2026-01-01\n  \
                        plimsoll runs --compare 12 17\n  \
                        plimsoll runs --json | jq -r '[.entry, .record.figures.loss] | @tsv'")]
pub struct RunsArguments {
    /// The catalogue, or the folder it lies in.
    #[arg(long, value_name = "FILE", default_value = ".")]
    pub catalogue: PathBuf,
    /// Runs of this scenario, backtest or calibration alone.
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Runs of this command alone.
    #[arg(long, value_name = "COMMAND", value_parser = ["run", "batch", "backtest", "calibrate"])]
    pub command: Option<String>,
    /// Runs with this light alone.
    #[arg(long, value_enum, value_name = "LIGHT")]
    pub status: Option<StatusArgument>,
    /// Runs recorded on this day or later, UTC.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: Option<jiff::civil::Date>,
    /// This many, the latest.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: usize,
    /// How VaR, ES, threshold and utilisation went from run to run, by scenario.
    #[arg(long, conflicts_with = "json")]
    pub trend: bool,
    /// Two runs side by side: figures, settings, inputs that changed.
    #[arg(long, num_args = 2, value_names = ["ENTRY", "ENTRY"], conflicts_with = "trend")]
    pub compare: Option<Vec<u64>>,
    /// Print a line of JSON an entry, or the comparison as JSON, and nothing else there.
    #[arg(long)]
    pub json: bool,
}

/// A light as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusArgument {
    /// Within the threshold.
    Green,
    /// Close to it.
    Amber,
    /// Above it.
    Red,
}

/// What can be done with a catalogue.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Follow the chain of hashes from the first entry, and look at the results of every run. Ends
    /// with 1 where anything is not as it was recorded.
    Verify(VerifyArguments),
}

/// Arguments of `catalogue verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  plimsoll catalogue verify --catalogue out/plimsoll-catalogue.sqlite\n  \
                        plimsoll catalogue verify --head 9f2c…\n\n\
                        Who writes the whole log anew can make its hashes fit. Keep the head that is printed\n\
                        somewhere else, a ticket or the minutes, and give it with --head later."
)]
pub struct VerifyArguments {
    /// The catalogue, or the folder it lies in.
    #[arg(long, value_name = "FILE", default_value = ".")]
    pub catalogue: PathBuf,
    /// Hash of an entry, as an earlier verification printed it: it must still be there.
    #[arg(long, value_name = "HASH")]
    pub head: Option<String>,
    /// Print the verification as JSON and nothing else on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `override`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  plimsoll override 17 --reason \"hedge agreed, booked at the open\"\n  \
                        plimsoll override 17 --breach venue-a --by \"J. Doe, CRO\" --until 2026-12-01 \\\n      \
                        --reason \"limit under review\"\n\n\
                        An override is a note for the record: it changes no result and no exit code."
)]
pub struct OverrideArguments {
    /// Entry of the run, as `plimsoll runs` lists it.
    #[arg(value_name = "ENTRY")]
    pub run: u64,
    /// What is overridden: `exposure threshold` or the name of a limit; may be left out where one
    /// thing alone is breached.
    #[arg(long, value_name = "NAME")]
    pub breach: Option<String>,
    /// Who decides [default: the user who is logged in].
    #[arg(long, value_name = "WHO")]
    pub by: Option<String>,
    /// Why; there is no override without a reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Last day on which it holds.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: Option<jiff::civil::Date>,
    /// The catalogue, or the folder it lies in.
    #[arg(long, value_name = "FILE", default_value = ".")]
    pub catalogue: PathBuf,
}
