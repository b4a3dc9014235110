//! `backtest` and `calibrate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::catalogue::CatalogueArguments;
use super::machine::MachineArguments;

/// Arguments of `backtest`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll backtest scenarios/backtest\n  \
                        plimsoll backtest scenarios/backtest --out out/backtest\n  \
                        plimsoll backtest scenarios/backtest --json | jq .choices")]
pub struct BacktestArguments {
    /// The backtest document, or a folder that holds a backtest.toml.
    #[arg(value_name = "BACKTEST")]
    pub backtest: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub machine: MachineArguments,
    /// Write result.json, backtest.html, dates.csv and manifest.json into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub catalogue: CatalogueArguments,
    /// Print result.json to standard output and nothing else there.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}

/// What can be calibrated.
#[derive(Debug, Subcommand)]
pub enum CalibrateCommand {
    /// Liquidation thresholds: stop distances, leverage and collateral of a book, or rates, close
    /// fractions and fees of a venue; gives the Pareto front of bad debt, liquidated notional, cost
    /// and idle capital.
    Liquidation(LiquidationArguments),
    /// The market model of a scenario: fits it to the history, tells volatilities, correlations and tail
    /// parameters with their standard errors, and writes a document that states them.
    Market(MarketArguments),
    /// The figures of a threshold policy, searched on a walk-forward for the least cost of idle capital
    /// and of trades under constraints on missed losses, false alarms and how much the threshold
    /// moves; followed out of sample against other limits of equal average exposure.
    Policy(PolicyArguments),
}

/// Arguments of `calibrate policy`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll calibrate policy scenarios/backtest\n  \
                        plimsoll calibrate policy mine/policy_calibration.toml --out out/policy")]
pub struct PolicyArguments {
    /// The calibration document, or a folder that holds a policy_calibration.toml.
    #[arg(value_name = "CALIBRATION")]
    pub calibration: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub machine: MachineArguments,
    /// Write result.json, calibration.html, candidates.csv, the recommended policy.toml and
    /// manifest.json into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub catalogue: CatalogueArguments,
    /// Print result.json to standard output and nothing else there.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `calibrate liquidation`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll calibrate liquidation scenarios/leverage\n  \
                        plimsoll calibrate liquidation scenarios/leverage/venue.toml --out out/venue")]
pub struct LiquidationArguments {
    /// The calibration document, or a folder that holds a calibration.toml.
    #[arg(value_name = "CALIBRATION")]
    pub calibration: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub machine: MachineArguments,
    /// Write result.json, calibration.html, candidates.csv and manifest.json into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub catalogue: CatalogueArguments,
    /// Print result.json to standard output and nothing else there.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `calibrate market`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll calibrate market scenarios/desk\n  \
                        plimsoll calibrate market scenarios/desk --out scenarios/desk/estimated.toml\n  \
                        plimsoll calibrate market scenarios/desk --page out/market.html\n\n\
                        The document extends the scenario and states every fitted parameter: a run of it\n\
                        has the bits of a run of the scenario, and keeps them when the history grows.")]
pub struct MarketArguments {
    /// The scenario document, or a folder that holds a scenario.toml.
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub machine: MachineArguments,
    /// Write the document here; a file that was not written by this command is left alone. Beside the
    /// scenario it needs no --allow-outside to run.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the estimates with charts as one HTML page here; a file that was not written by this
    /// command is left alone.
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Print the estimates as JSON and nothing else on standard output.
    #[arg(long)]
    pub json: bool,
    /// No summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}
