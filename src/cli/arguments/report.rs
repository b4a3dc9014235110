//! `report`, and the look and formats of every report.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::format::FormatParser;

/// How reports look.
#[derive(Debug, Clone, Args)]
pub struct LookArguments {
    /// Name, logo and colours of the house on html and pdf reports, from a theme document.
    #[arg(long, value_name = "THEME.toml", requires = "out")]
    pub theme: Option<PathBuf>,
    /// Folder of templates of your own: each takes the place of the shipped one of its name.
    /// `plimsoll init DIR --templates` writes the shipped ones to begin from.
    #[arg(long, value_name = "DIR", requires = "out")]
    pub template: Option<PathBuf>,
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// report.html: one page that loads nothing.
    Html,
    /// report.xlsx: a workbook with a sheet a table, and charts.
    Xlsx,
    /// report.md: a note for chats and tickets.
    Md,
    /// report.pdf: pages with contents and numbers.
    #[cfg(feature = "pdf")]
    Pdf,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll report out/desk --format md\n  \
                        plimsoll report out/desk --format html,xlsx --out out/committee\n  \
                        plimsoll report out/today --compare out/yesterday --explain --out out/committee\n  \
                        plimsoll report out/desk --theme scenarios/theme/house.toml --out out/committee")]
pub struct ReportArguments {
    /// Folders of results, as `run --out` wrote them.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Folder of an earlier run: the report tells what moved since.
    #[arg(long, value_name = "RUN")]
    pub compare: Option<PathBuf>,
    /// Tell what moved step by step (time, market, positions, collateral, parameters, Monte Carlo
    /// noise), as `plimsoll explain` does: runs up to seven times again, so both runs must have kept
    /// their inputs.
    #[arg(long, requires = "compare")]
    pub explain: bool,
    /// Folder of results of `plimsoll backtest --out`: its tests stand in the report.
    #[arg(long, value_name = "DIR")]
    pub backtest: Option<PathBuf>,
    /// Show the recorded runs of the scenario from this catalogue, which is only read [default:
    /// plimsoll-catalogue.sqlite in the folder that holds RUN, where there is one].
    #[arg(long, value_name = "FILE")]
    pub catalogue: Option<PathBuf>,
    /// Show no recorded runs.
    #[arg(long, conflicts_with = "catalogue")]
    pub no_catalogue: bool,
    /// Formats, separated by commas.
    #[arg(
        long,
        value_parser = FormatParser,
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "html"
    )]
    pub format: Vec<ReportFormat>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub look: LookArguments,
    /// Write the reports into this folder; of several runs, into a folder each below it. Without it
    /// `--format md` prints to standard output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
