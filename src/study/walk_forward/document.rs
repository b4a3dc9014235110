//! The backtest document: which book is walked forward over which dates by which models.
//!
//! Flows in: `backtest.toml`. What it names is read and checked by [`super::load`].

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{
    Confinement, DurationText, FilePath, FolderName, Instant, Level, Loader, Name, Positive,
    PositiveRate, Prose, SymbolName, parse_toml,
};
use crate::scenario::document::ModelDocument;

/// A walk-forward of models over a price history, without look-ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestDocument {
    /// Name of the backtest; names its output folder.
    pub name: FolderName,
    /// Why it exists.
    #[serde(default = "no_prose")]
    pub description: Prose,
    /// The base scenario: its market with the history, portfolio, policy, horizon and simulation.
    /// Its model is not used: each `model` here states one of its own.
    pub scenario: FilePath,
    /// The first date is the first close of the history from here on.
    pub from: Instant,
    /// No date is later; the last period may end later.
    pub to: Instant,
    /// Time from one date to the next. Left out: the scenario's horizon, so that periods follow one
    /// another. Shorter than the horizon is refused: losses of periods that overlap depend on each
    /// other.
    pub every: Option<DurationText>,
    /// Length of the part of the history, ending at the date, that models are estimated on.
    pub window: DurationText,
    /// Length that the window may have at the first dates, while the history before them is shorter
    /// than `window`: it then begins with the history and grows. Left out: `window`.
    pub window_min: Option<DurationText>,
    /// Dates from one estimation to the next; in between, the window ends at the last of them. `1`
    /// estimates at every date.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10_000))]
    pub refit: u32,
    /// Levels of VaR and ES, increasing. Left out: the scenario's.
    #[schemars(length(min = 1, max = 20))]
    pub levels: Option<Vec<Level>>,
    /// Paths a date and model, drawn plainly.
    #[serde(default = "default_paths")]
    #[schemars(range(min = 1_000, max = 100_000))]
    pub paths: u64,
    /// Seed of the whole; each date draws by one made from it and its instant. Left out: the
    /// scenario's.
    pub seed: Option<u64>,
    /// Scales of the positions at which the terms of the potential loss are kept for searches over
    /// policies, increasing; 1 is one of them.
    #[serde(default = "default_scales")]
    #[schemars(length(min = 1, max = 50))]
    pub scales: Vec<Positive>,
    /// The models, side by side.
    #[schemars(length(min = 1, max = 20))]
    pub model: Vec<NamedModelDocument>,
    /// What is held at each date.
    #[serde(default)]
    pub book: BookDocument,
    /// Recorded implied-volatility surfaces that options are marked on.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub surface: Vec<SurfaceDocument>,
    /// Some dates walked once more, with the scenario's own steps and all that happens inside paths.
    pub path_events: Option<PathEventsDocument>,
    /// The part of the dates on which a model is chosen. Left out: none is.
    pub chosen_on: Option<PeriodDocument>,
    /// The later part on which the chosen model is judged.
    pub judged_on: Option<PeriodDocument>,
}

/// A model under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedModelDocument {
    /// Name in tables and charts.
    pub name: Name,
    /// How factors move: a scenario's table `model`.
    #[serde(default)]
    pub settings: ModelDocument,
}

/// What is held at each date.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BookDocument {
    /// How large positions are.
    pub size: SizeDocument,
    /// Books by date in place of the scenario's: each is held from its date to the next one's.
    #[schemars(length(max = 10_000))]
    pub dated: Vec<DatedBookDocument>,
    /// What becomes of dated futures and options that `roll` does not name.
    pub unrolled: UnrolledDocument,
    /// Dated futures and options struck anew at each date.
    #[schemars(length(max = 10_000))]
    pub roll: Vec<RollDocument>,
}

/// How large positions are; `type` names it. Collateral stays as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SizeDocument {
    /// The quantities of the book at every date.
    #[default]
    Constant,
    /// All positions rescaled at each date to one gross notional: spot at its value, futures at their
    /// notional, options by coins.
    GrossNotional {
        /// In USD.
        amount: Positive,
    },
    /// The same, to a share of the capital base of the date: the policy's, or collateral after
    /// haircuts without one.
    ShareOfCapital {
        /// Gross notional over capital; above one is leverage.
        share: PositiveRate,
    },
}

/// A book and the date from which it is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedBookDocument {
    /// The first date on which it is held.
    pub from: Instant,
    /// The portfolio document.
    pub portfolio: FilePath,
}

/// What becomes of dated futures and options that are not struck anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnrolledDocument {
    /// Their expiry and strike stand as written; once expired they are no longer held.
    #[default]
    AsWritten,
    /// Their time to expiry and their strike over spot are at every date what they are at the
    /// scenario's `as_of`.
    SameMoneyness,
}

/// A dated future or option struck anew at each date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollDocument {
    /// The position, by its id in the book.
    pub position: Name,
    /// Time to expiry at each date.
    pub tenor: DurationText,
    /// Of an option: strike over the forward of that expiry.
    pub moneyness: Option<Positive>,
}

/// Surfaces recorded over time: a CSV file with the columns `timestamp`, `currency`, `tenor_days`,
/// `forward`, `iv_p10`, `iv_p25`, `iv_atm`, `iv_c25`, `iv_c10`: implied volatility (a fraction) at
/// the money and at puts and calls of 10 and 25 delta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurfaceDocument {
    /// The file.
    pub path: FilePath,
    /// Coins whose surfaces are read from it.
    #[schemars(length(min = 1))]
    pub symbols: Vec<SymbolName>,
    /// Age up to which a surface marks a date; older ones do not.
    #[serde(default = "a_day")]
    pub age_max: DurationText,
}

/// Dates walked once more with path events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathEventsDocument {
    /// How many, spread evenly over the dates.
    #[schemars(range(min = 1, max = 10_000))]
    pub dates: u32,
}

/// A part of the dates, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodDocument {
    /// Its first date.
    pub from: Instant,
    /// Its last.
    pub to: Instant,
}

fn no_prose() -> Prose {
    Prose::try_from(String::new()).expect("no text is text")
}

fn one() -> u32 {
    1
}

fn default_paths() -> u64 {
    10_000
}

fn default_scales() -> Vec<Positive> {
    [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0].into_iter().filter_map(Positive::new).collect()
}

fn a_day() -> DurationText {
    DurationText::try_from("1d".to_owned()).expect("a day is a duration")
}

/// Whether the document at `path` states a window and models, as nothing else does.
pub(super) fn has_models(path: &Path, confinement: Confinement) -> bool {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let tree = Loader::new(folder, confinement)
        .and_then(|loader| loader.open(&name.unwrap_or_default(), None))
        .and_then(|file| parse_toml(&file));
    tree.is_ok_and(|tree| tree.entry("window").is_some() && tree.entry("scenario").is_some())
}
