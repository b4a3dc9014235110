//! `run` and `replay`.

use std::path::PathBuf;

use clap::Args;

use super::catalogue::CatalogueArguments;
use super::report::{LookArguments, ReportFormat};
use super::simulation::SimulationArguments;
use crate::cli::format::FormatParser;

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll run scenarios/desk\n  \
                        plimsoll run scenarios/desk --paths 1000000 --out out/desk\n  \
                        plimsoll run scenarios/desk --json | jq .threshold.utilisation")]
pub struct RunArguments {
    /// Scenario documents, folders that hold a scenario.toml, or `shipped:NAME` (see `plimsoll
    /// scenarios`).
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub simulation: SimulationArguments,
    /// Proposed trades (columns as in a positions CSV): the same figures before and after.
    #[arg(long, value_name = "TRADES.csv")]
    pub with: Option<PathBuf>,
    /// Write result.json, report.html, losses.parquet and manifest.json into this folder; with
    /// several scenarios, into a folder each below it.
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
    /// Keep no copies of the inputs in DIR/inputs: the folder is smaller, and what moved since this
    /// run cannot be explained later.
    #[arg(long, requires = "out")]
    pub no_inputs: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub catalogue: CatalogueArguments,
    /// Print result.json to standard output and nothing else there; one line each with several
    /// scenarios.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll run my-book --json | jq '.worst_paths[0].path'\n  \
                        plimsoll replay my-book --path 77728\n  \
                        plimsoll replay my-book --path 77728 --json\n\n\
                        Give the --paths, --seed and --sampling of the run that the path is from.")]
pub struct ReplayArguments {
    /// The scenario document, or a folder that holds a scenario.toml.
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// Id of the path, as given among the worst paths.
    #[arg(long, value_name = "ID")]
    pub path: u64,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub simulation: SimulationArguments,
    /// Print the path as JSON.
    #[arg(long)]
    pub json: bool,
}
