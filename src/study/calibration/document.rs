//! The calibration document: which scenario, which parameters over which values, what is to be
//! small.
//!
//! Flows in: `calibration.toml` and the scenario that it names. Flows out: a
//! [`LoadedCalibration`]: every name resolved, all violations at once.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidates::Search;
use super::{CANDIDATES_MAX, LoadedCalibration, parameter};
use crate::document::{
    Confinement, FilePath, FolderName, InputFile, Level, Loader, Name, Parsed, Prose, Rate,
    SymbolName, Violation, ViolationCollector, Violations, parse_toml, read_toml,
};
use crate::engine::{self, LoadOptions, Overrides, Plan};
use crate::scenario::{FailureSampling, SamplingMethod};

/// A search for liquidation thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationDocument {
    /// Name of the calibration.
    pub name: FolderName,
    /// Why it exists.
    #[serde(default = "no_prose")]
    pub description: Prose,
    /// The base scenario; every candidate is this with the parameters set.
    pub scenario: FilePath,
    /// Paths a candidate; all candidates see the same. They are drawn plainly.
    #[serde(default = "default_paths")]
    #[schemars(range(min = 1_000, max = 200_000))]
    pub paths: u64,
    /// Seed of every draw. Left out: the scenario's.
    pub seed: Option<u64>,
    /// Level of expected shortfalls; `0.99` is the mean of the largest 1 %.
    #[serde(default = "default_level")]
    pub level: Level,
    /// How candidates are proposed. Left out: a grid.
    #[serde(default)]
    pub search: SearchDocument,
    /// What is searched.
    #[schemars(length(min = 1, max = 8))]
    pub parameter: Vec<ParameterDocument>,
    /// What is to be small. Left out: bad debt by its expected shortfall, liquidated notional and
    /// cost by their means, and idle capital.
    #[serde(default = "default_objectives")]
    #[schemars(length(min = 2, max = 7))]
    pub objective: Vec<ObjectiveDocument>,
}

/// How candidates are proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum SearchDocument {
    /// Every combination of the parameters' values.
    Grid {
        /// Rounds that halve the spacing of ranges around the front.
        #[serde(default)]
        #[schemars(range(max = 6))]
        refinements: u32,
    },
    /// Scrambled Sobol points over ranges, which fill space evenly.
    Sobol {
        /// Points of the first round.
        #[schemars(range(min = 2, max = 4_096))]
        candidates: u32,
        /// Rounds that halve the spacing around the front.
        #[serde(default)]
        #[schemars(range(max = 6))]
        refinements: u32,
    },
}

impl Default for SearchDocument {
    fn default() -> Self {
        Self::Grid { refinements: 0 }
    }
}

/// A parameter and the values it is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterDocument {
    /// What is set.
    pub kind: ParameterKind,
    /// With `stop_distance`: the stop order. Left out: all of them.
    pub order: Option<Name>,
    /// With `leverage`: the account. Left out: every account with leverage. With `rebalancing_target`
    /// and `rebalancing_band`: the account. Left out: every account that is rebalanced. With
    /// `collateral_split`: the account that the share is of.
    pub account: Option<Name>,
    /// With `collateral_split`: the account that holds the rest.
    pub other_account: Option<Name>,
    /// With `collateral_split`: the asset split. With `liquidation_threshold` and `bonus`: the
    /// collateral asset; left out: all.
    pub asset: Option<SymbolName>,
    /// With what a venue sets: the venue, by its name in the portfolio.
    pub venue: Option<Name>,
    /// The values, one by one. Either these or `range`.
    #[schemars(length(min = 1, max = 256))]
    pub values: Option<Vec<Rate>>,
    /// A range of values.
    pub range: Option<RangeDocument>,
}

/// A range of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeDocument {
    /// Its lower end.
    pub from: Rate,
    /// Its upper end.
    pub to: Rate,
    /// Even points of a grid, ends included.
    #[serde(default = "five")]
    #[schemars(range(min = 2, max = 256))]
    pub points: u32,
}

/// What can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Distance of a stop order's price from today's mark, as a share of it.
    StopDistance,
    /// Gross notional over equity: positions and their orders are scaled, collateral stays.
    Leverage,
    /// Share of an asset that one of two accounts holds of what both hold.
    CollateralSplit,
    /// Leverage that an account is traded back to inside paths; the edges of its band stay as far from
    /// it as they are, in shares of it.
    RebalancingTarget,
    /// Distance of the edges of that band from its target, as a share of it.
    RebalancingBand,
    /// Maintenance margin as a share of notional, of flat and sized rules; initial margin is
    /// raised to it where it would be below.
    MaintenanceRate,
    /// Multiple of every maintenance and initial rate of a venue, brackets included.
    MaintenanceMultiple,
    /// Share of an account that a venue closes at a time.
    CloseFraction,
    /// Fee on the notional that a venue liquidates: the penalty.
    LiquidationFee,
    /// Loan: debt over collateral at which it is liquidated.
    LiquidationThreshold,
    /// Loan: share of the debt that one liquidation repays.
    CloseFactor,
    /// Loan: collateral that a liquidator takes beyond what he repays.
    Bonus,
    /// Loan: hours by which the protocol's price lags.
    OracleDelay,
    /// Loan: share by which a price has to be off the one published last to be published anew.
    DeviationThreshold,
}

/// Something that is to be small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveDocument {
    /// What.
    pub quantity: Quantity,
    /// By its mean, or by the mean of its largest values. Idle capital is known exactly.
    #[serde(default = "mean")]
    pub statistic: Statistic,
}

/// What can be made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// What accounts owe venues once nothing is left to close.
    BadDebt,
    /// Notional that venues close.
    LiquidatedNotional,
    /// Fees and slippage of liquidations, slippage of stop orders, cost of rebalancing.
    Cost,
    /// Margin balance beyond initial margin at time zero.
    IdleCapital,
}

/// How a random quantity is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Its mean.
    Mean,
    /// The mean of its largest values, beyond `level`.
    ExpectedShortfall,
}

fn no_prose() -> Prose {
    Prose::try_from(String::new()).expect("no text is text")
}

fn default_paths() -> u64 {
    10_000
}

fn default_level() -> Level {
    Level::new(0.99).expect("in range")
}

fn five() -> u32 {
    5
}

fn mean() -> Statistic {
    Statistic::Mean
}

fn default_objectives() -> Vec<ObjectiveDocument> {
    let by = |quantity, statistic| ObjectiveDocument { quantity, statistic };
    vec![
        by(Quantity::BadDebt, Statistic::ExpectedShortfall),
        by(Quantity::LiquidatedNotional, Statistic::Mean),
        by(Quantity::Cost, Statistic::Mean),
        by(Quantity::IdleCapital, Statistic::Mean),
    ]
}

/// Whether the document at `path` has the table of parameters.
pub(super) fn has_parameters(path: &Path, confinement: Confinement) -> bool {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let tree = Loader::new(folder, confinement)
        .and_then(|loader| loader.open(&name.unwrap_or_default(), None))
        .and_then(|file| parse_toml(&file));
    tree.is_ok_and(|tree| tree.entry("parameter").is_some())
}

/// Reads a calibration and its base scenario.
pub(super) fn read(path: &Path, confinement: Confinement) -> Result<LoadedCalibration, Violations> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let loader = Loader::new(folder, confinement)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let file = loader.open(&name.unwrap_or_default(), None)?;
    let parsed: Parsed<CalibrationDocument> = read_toml(&file)?;
    let mut collector = ViolationCollector::default();
    check_objectives(&parsed, &mut collector);
    check_forms(&parsed, &mut collector);
    let base = collector.absorb(base(&parsed, (&loader, folder), confinement));
    let parameters =
        base.as_ref().and_then(|(plan, _)| parameter::resolve(&parsed, plan, &mut collector));
    let search = Search::of(&parsed.value.search);
    if let Some(parameters) = &parameters {
        check_size(&parsed, search.count(parameters), &mut collector);
    }
    let Some(((plan, mut files), parameters)) = base.zip(parameters) else {
        return collector.finish_some(None);
    };
    files.extend(loader.inputs());
    files.sort();
    files.dedup();
    let document = parsed.value;
    collector.finish(LoadedCalibration {
        name: document.name.to_string(),
        description: document.description.to_string(),
        level: document.level.get(),
        plan,
        parameters,
        objectives: document.objective,
        search,
        files,
    })
}

/// The plan of the base scenario, drawn plainly on the calibration's paths.
fn base(
    parsed: &Parsed<CalibrationDocument>,
    (loader, folder): (&Loader, &Path),
    confinement: Confinement,
) -> Result<(Plan, Vec<InputFile>), Violations> {
    let document = &parsed.value;
    let name = document.scenario.as_str();
    loader.open(name, Some(&parsed.places.at("scenario")))?;
    let overrides = Overrides {
        paths: Some(document.paths),
        seed: document.seed,
        sampling: Some(SamplingMethod::Plain),
        failures: Some(FailureSampling::Plain),
        ..Overrides::default()
    };
    let inputs =
        engine::load(&folder.join(name), &LoadOptions { confinement, overrides, trades: None })?;
    let plan = Plan::build(&inputs)?;
    Ok((plan, inputs.files))
}

/// What is minimised twice says nothing more.
fn check_objectives(parsed: &Parsed<CalibrationDocument>, collector: &mut ViolationCollector) {
    let objectives = &parsed.value.objective;
    for (index, one) in objectives.iter().enumerate() {
        let exact = one.quantity == Quantity::IdleCapital;
        let same = |earlier: &ObjectiveDocument| {
            earlier.quantity == one.quantity && (exact || earlier.statistic == one.statistic)
        };
        if objectives[..index].iter().any(same) {
            let place = parsed.places.at(&format!("objective[{index}]"));
            let violation = Violation::new(place, "this objective is stated twice");
            collector.add(violation.help("remove it, or change its `statistic`"));
        }
        if exact && one.statistic == Statistic::ExpectedShortfall {
            let place = parsed.places.at(&format!("objective[{index}].statistic"));
            let title = "idle capital is known exactly: it has no expected shortfall";
            collector.add(Violation::new(place, title).help("remove the key"));
        }
    }
}

/// Values given in one way, in order; ranges where points fill space.
fn check_forms(parsed: &Parsed<CalibrationDocument>, collector: &mut ViolationCollector) {
    let fills = matches!(parsed.value.search, SearchDocument::Sobol { .. });
    for (index, one) in parsed.value.parameter.iter().enumerate() {
        let at = |key: &str| parsed.places.at(&format!("parameter[{index}]{key}"));
        match (&one.values, &one.range) {
            (Some(_), Some(_)) => {
                let violation =
                    Violation::new(at(".values"), "both `values` and `range` are given");
                collector.add(violation.help("keep one of them"));
            }
            (None, None) => {
                let violation = Violation::new(at(""), "the parameter has no values");
                collector.add(violation.expected("`values = [...]` or `range = { from, to }`"));
            }
            (Some(values), None) => {
                for (place, pair) in values.windows(2).enumerate() {
                    if pair[0].get() >= pair[1].get() {
                        let place = at(&format!(".values[{}]", place + 1));
                        collector.add(Violation::new(place, "values must increase"));
                    }
                }
                if fills {
                    let title = "points that fill space need a range";
                    let violation = Violation::new(at(".values"), title);
                    collector.add(violation.help("write `range`, or search by `grid`"));
                }
            }
            (None, Some(range)) if range.from.get() >= range.to.get() => {
                let violation = Violation::new(at(".range.to"), "the range is empty");
                collector.add(violation.expected("a number above `from`"));
            }
            (None, Some(_)) => {}
        }
    }
}

/// A search that would not end today.
fn check_size(
    parsed: &Parsed<CalibrationDocument>,
    count: usize,
    collector: &mut ViolationCollector,
) {
    if count > CANDIDATES_MAX {
        let violation = Violation::new(parsed.places.at("parameter"), "too many candidates")
            .found(format!("{} in the first round", crate::units::grouped(count as f64, 0)))
            .expected(format!("at most {}", crate::units::grouped(CANDIDATES_MAX as f64, 0)))
            .help("give fewer points, or search by `method = \"sobol\"`");
        collector.add(violation);
    }
}
