//! `batch`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::catalogue::CatalogueArguments;
use super::report::{LookArguments, ReportFormat};
use super::simulation::SimulationArguments;
use crate::cli::format::FormatParser;

/// Arguments of `batch`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll batch scenarios/batch --out out/nightly\n  \
                        plimsoll batch scenarios/batch --out out/nightly --resume\n  \
                        plimsoll batch scenarios/batch --json | jq -r '[.run, .figures.loss] | @tsv'")]
pub struct BatchArguments {
    /// The batch document, or a folder that holds a batch.toml.
    #[arg(value_name = "BATCH")]
    pub batch: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub simulation: SimulationArguments,
    /// Write a folder a run into this folder, with summary.json, summary.csv and index.html.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Formats of the report, separated by commas.
    #[arg(
        long,
        value_parser = FormatParser,
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "html",
        requires = "out"
    )]
    pub format: Vec<ReportFormat>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub look: LookArguments,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub catalogue: CatalogueArguments,
    /// Leave out runs whose results stand in --out, whole, with the same inputs and settings.
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Start no more runs after the first that cannot be run.
    #[arg(long)]
    pub fail_fast: bool,
    /// Runs side by side; the outcome does not depend on it [default: one a thread].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// What is written of each run beside result.json and losses.parquet.
    #[arg(long, value_enum, default_value_t = Pages::Report, value_name = "WHICH")]
    pub pages: Pages,
    /// Print a line of JSON a run to standard output and nothing else there, largest loss first.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Pages of a run's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pages {
    /// report.html.
    Report,
    /// None: index.html then links to result.json.
    None,
}
