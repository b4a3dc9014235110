//! The command line as the user types it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::format::FormatParser;
use crate::document::PositiveRate;
use crate::numeric::isa::InstructionSet;

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

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll init my-book\n  plimsoll check my-book\n  \
                        plimsoll run my-book --out out/my-book\n\n\
                        Book and prices are made up. Put your positions into positions.csv and your\n\
                        daily closes into prices.csv; what does not fit is said with file and line.")]
pub struct InitArguments {
    /// The folder to make; it may be there, but must be empty.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Write the templates of the html reports instead, for `report --template DIR`.
    #[arg(long)]
    pub templates: bool,
}

/// Options that change what is simulated.
#[derive(Debug, Clone, Args)]
pub struct SimulationArguments {
    /// Number of paths, instead of the scenario's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub paths: Option<u64>,
    /// Run until the 95 % intervals of VaR and ES at every level are within this fraction of the
    /// figure, e.g. 1%: looked at after the scenario's paths, after twice as many, and so on.
    #[arg(long, value_name = "SHARE", value_parser = clap::value_parser!(PositiveRate))]
    pub precision: Option<PositiveRate>,
    /// Seed of every draw, instead of the scenario's; same seed, same bits.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Worker threads; the outcome does not depend on it [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// How positions are revalued, instead of the scenario's.
    #[arg(long, value_name = "HOW", value_enum)]
    pub revaluation: Option<RevaluationArgument>,
    /// How paths are drawn, instead of the scenario's.
    #[arg(long, value_name = "HOW", value_enum)]
    pub sampling: Option<SamplingArgument>,
    /// How failures of venues inside paths are drawn, instead of the scenario's.
    #[arg(long, value_name = "HOW", value_enum)]
    pub failures: Option<FailuresArgument>,
    /// Instruction set of the kernels: baseline, avx2 or avx512; the outcome does not depend on it
    /// [default: the best this machine has].
    #[arg(long, value_name = "SET", value_parser = instruction_set)]
    pub instruction_set: Option<InstructionSet>,
    /// Let documents name files outside the scenario's folder.
    #[arg(long)]
    pub allow_outside: bool,
}

/// Revaluation as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RevaluationArgument {
    /// Every instrument by its own formula on every path.
    Full,
    /// First-order sensitivities.
    Delta,
    /// First order, and second order in each spot.
    DeltaGamma,
    /// Options as polynomials, every path of the tail in full: VaR and ES as by `full`.
    Proxy,
    /// Full or proxy, whichever takes fewer operations; the report says which and why.
    Auto,
}

/// Sampling as typed; names as documents write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SamplingArgument {
    /// Independent draws.
    Plain,
    /// Pairs of opposite returns.
    Antithetic,
    /// Where the delta-gamma loss is large, weighted.
    Importance,
    /// The same, in strata of the delta-gamma loss.
    Stratified,
    /// Independent draws, corrected by the delta-gamma loss.
    ControlVariate,
    /// Scrambled Sobol points.
    Sobol,
    /// Chosen by a pilot run.
    Auto,
}

/// Sampling of failures as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailuresArgument {
    /// As often as hazards say.
    Plain,
    /// On a stated share of the paths, which are weighted for it.
    Stratified,
}

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

/// Pages of a run's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pages {
    /// report.html.
    Report,
    /// None: index.html then links to result.json.
    None,
}

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

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll compare out/monday out/tuesday\n  \
                        plimsoll compare out/monday/crash.long out/tuesday/crash.long --json")]
pub struct CompareArguments {
    /// Result folder of the earlier batch or run.
    #[arg(value_name = "DIR_A")]
    pub first: PathBuf,
    /// Result folder of the later batch or run.
    #[arg(value_name = "DIR_B")]
    pub second: PathBuf,
    /// Print the comparison as JSON, all runs and contributions.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll explain out/monday out/tuesday\n  \
                        plimsoll explain out/monday out/tuesday --out out/moved\n  \
                        plimsoll explain out/monday out/tuesday --json | jq '.figures[0].steps'\n\n\
                        Both folders are of `plimsoll run --out`, which keeps copies of its inputs. The \
                        earlier run\nis run again with one part of its inputs after another replaced \
                        by that of the later run, on\nthe same random numbers until the seed is \
                        replaced last: up to seven runs.")]
pub struct ExplainArguments {
    /// Result folder of the earlier run.
    #[arg(value_name = "EARLIER")]
    pub earlier: PathBuf,
    /// Result folder of the later run.
    #[arg(value_name = "LATER")]
    pub later: PathBuf,
    /// Worker threads; the outcome does not depend on it [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Write explanation.json, explanation.html and manifest.json into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print explanation.json to standard output and nothing else there.
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

/// Options of the machine that works, which no outcome depends on.
#[derive(Debug, Clone, Args)]
pub struct MachineArguments {
    /// Worker threads; the outcome does not depend on it [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Instruction set of the kernels: baseline, avx2 or avx512; the outcome does not depend on it
    /// [default: the best this machine has].
    #[arg(long, value_name = "SET", value_parser = instruction_set)]
    pub instruction_set: Option<InstructionSet>,
    /// Let documents name files outside their folder.
    #[arg(long)]
    pub allow_outside: bool,
}

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

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll check my-book\n  \
                        plimsoll check my-book/portfolio.toml my-book/market.toml")]
pub struct CheckArguments {
    /// Documents: a scenario, calibration or backtest is checked with every file it names; portfolio,
    /// market, policy and venue documents on their own.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Let documents name files outside their folder.
    #[arg(long)]
    pub allow_outside: bool,
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

/// Arguments of `scenarios`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll scenarios\n  \
                        plimsoll scenarios 2020-03-12-close > mine/crash.toml\n  \
                        plimsoll run shipped:2020-03-12-close")]
pub struct ScenariosArguments {
    /// Name of the scenario to print; without one all are listed, each with why it exists.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll schema portfolio > schema/portfolio.json\n\n\
                        A document whose first line is `#:schema schema/portfolio.json` is then\n\
                        completed and checked by editors that know TOML schemas.")]
pub struct SchemaArguments {
    /// The document kind.
    #[arg(value_enum, value_name = "DOCUMENT")]
    pub document: DocumentKind,
}

/// Kinds of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentKind {
    /// What may happen, and how much is simulated.
    Scenario,
    /// What is held, where.
    Portfolio,
    /// The world today.
    Market,
    /// How much may be carried.
    Policy,
    /// A venue's margin rules.
    Venue,
    /// A search for liquidation thresholds.
    Calibration,
    /// Many scenarios run side by side.
    Batch,
    /// Models walked forward over a price history.
    Backtest,
    /// A search for a threshold policy.
    #[value(name = "policy_calibration")]
    PolicyCalibration,
    /// Name, logo and colours of a house's reports.
    Theme,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        plimsoll completions bash > ~/.local/share/bash-completion/completions/plimsoll\n  \
                        plimsoll completions zsh > ~/.zfunc/_plimsoll\n  \
                        plimsoll completions fish > ~/.config/fish/completions/plimsoll.fish")]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll man ~/.local/share/man/man1\n  man plimsoll-run")]
pub struct ManArguments {
    /// The folder to write them into; pages of other programs there stay.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

fn instruction_set(text: &str) -> Result<InstructionSet, String> {
    let set: InstructionSet = text.parse().map_err(|error| format!("{error}"))?;
    if set.is_supported() { Ok(set) } else { Err(format!("this machine does not have {set}")) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
