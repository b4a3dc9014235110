//! Plain results of one run: what `result.json` holds, and all that reports read.
//!
//! Money is in `currency`, losses are positive when money is lost, rates are decimals, times are
//! years. Every estimate names its estimator. Field order here is field order in the file.

pub mod backtest;
pub mod batch;
pub mod batch_changes;
pub mod book;
pub mod breach_ladder;
pub mod calibration;
pub mod catalogue;
pub mod explanation;
pub mod exposure;
pub mod failures;
pub mod grid;
pub mod hedging;
pub mod historical;
pub mod liquidation;
pub mod liquidation_price;
pub mod liquidity_horizons;
pub mod market_model;
pub mod measures;
pub mod moved_prices;
pub mod policy_calibration;
mod replay;
pub mod revaluation;
pub mod reverse;
pub mod stopping;
pub mod threshold;

pub use backtest::{
    BACKTEST_FORMAT_VERSION, Backtest, BacktestDate, BacktestFallback, BacktestPart,
    BacktestSeries, BacktestThreshold, CalibrationHistogram, FallbackCount, FallbackKind,
    LeftOutDate, LevelTests, ModelChoice, ModelTests, PartPurpose, PathEventsCheck, PathEventsRow,
    RatioTest, ReplicatedTest, ScoreGap, ThresholdHistory,
};
pub use batch::{
    BATCH_FORMAT_VERSION, BatchFault, BatchFigures, BatchRun, BatchSummary, WorstContributor,
};
pub use batch_changes::{BatchChanges, ContributionChange, RunChange};
pub use book::{
    AccountMargin, BookSummary, Exposure, Greeks, GreeksProfile, GreeksProfilePoint, GreeksRow,
};
pub use breach_ladder::{BreachLadder, BreachRung, LadderMeasures, Outcomes, StateShare};
pub use calibration::{
    CALIBRATION_FORMAT_VERSION, Calibration, Candidate, CandidateFigures, Objective,
    ObjectiveEstimate, ParameterUnit, SearchedParameter, Standing,
};
pub use catalogue::{
    Breach, CatalogueEntry, CatalogueFault, CatalogueListing, CatalogueRecord, ComparedFigure,
    ComparedInput, HashedFile, InputChange, OverrideRecord, RecordedPolicy, RecordedRun,
    RecordedTail, ResultsNow, RunComparison, RunHistory, RunRecord, Verification,
};
pub use explanation::{
    EXPLANATION_FORMAT_VERSION, ExplainedFigure, ExplainedQuantity, ExplainedStep, Explanation,
    FigureStep, StepTaken,
};
pub use exposure::{
    AccountShortfall, AtRiskAccount, AtRiskCurve, BookClosing, CoinBeta, CoinClosing,
    HedgingLadder, HedgingPoint, LadderRung, LiquidationExposure, RungKind, RungSide,
    ThresholdLadder,
};
pub use failures::{
    CallsMet, FailureContribution, FailureSampling, PlainEquivalent, VenueEvents, VenueFailures,
};
pub use grid::{GridAccount, GridCell, GridOutcome};
pub use hedging::{
    AfterTrades, HedgedMeasure, HedgedTerm, HedgingAttempt, HedgingBinding, HedgingProgramme,
    HedgingStatus, ProposedTrade, StandingTerm, UnmetMargin,
};
pub use historical::{
    CoinPrice, HistoricalOutcome, NamedChange, OrderLoss, RankedWindow, ReplayStep,
    ReplayedAccount, ReplayedFactor, ReplayedThreshold, ReplayedValue, ReplayedWindow, ToldLeg,
    ToldMove, ToldShock, WindowsSearched,
};
pub use liquidation::{
    AccountLiquidation, AmountAtLevel, EventProbability, EventTime, PathEvents, RebalancingEvents,
    TailAmount, TimeQuantile,
};
pub use liquidation_price::{AccountPrices, PriceOf};
pub use liquidity_horizons::{LiquidityBucket, LiquidityHorizons};
pub use market_model::{EstimatedParameter, EstimatedVolatility, MarketModel};
pub use measures::{
    ContributionRow, Contributions, FactorMove, Histogram, HistogramBin, IncrementalRow, Measure,
    Measures, PathRow, PathStory, Probability, StoryNode, TailIndex, WorstPath,
};
pub use moved_prices::{Amplification, Cascades, Compared, MovedPrices, PegBroken, WithAndWithout};
pub use policy_calibration::{
    Comparison, Difference, MissedDate, POLICY_CALIBRATION_FORMAT_VERSION, PolicyCalibration,
    PolicyCandidate, PolicyConstraint, PolicyDate, PolicyFold, PolicyMeasures, Sensitivity,
    SensitivityPoint, VariedParameter,
};
pub use replay::{ReplayedNode, ReplayedPath};
pub use revaluation::ProxyRevaluation;
pub use reverse::{PlausiblePath, ReverseAccount, ReverseAnswer, ReverseStress};
pub use stopping::{Checkpoint, Stopping};
pub use threshold::{
    AccountCall, Condition, ConditionDriver, ConditionState, DaysAbove, DistanceToBreach,
    ExposureEquivalents, Headroom, HeadroomBound, LimitReading, LimitState, OwnTransfer,
    PotentialLossAdjustment, PotentialLossTerm, Remedy, ScaleToThreshold, Status, Threshold,
};

use serde::{Deserialize, Serialize};

/// Layout version of `result.json`; raised when a field changes meaning or goes.
pub const FORMAT_VERSION: u32 = 1;

/// Everything one run found. A pure function of its inputs: no time, path or machine in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Layout version of this file.
    pub format_version: u32,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Scenario name.
    pub scenario: String,
    /// Why the scenario exists.
    pub description: String,
    /// Instant of the market data, UTC, RFC 3339.
    pub as_of: String,
    /// Reporting currency of every amount.
    pub currency: String,
    /// Horizon in ACT/365 years.
    pub horizon_years: f64,
    /// Nodes at which paths were evaluated, in years.
    pub nodes_years: Vec<f64>,
    /// Paths simulated.
    pub paths: u64,
    /// Why so many; `None` where the scenario states their number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopping: Option<Stopping>,
    /// Seed of every draw.
    pub seed: u64,
    /// The factor model.
    pub model: ModelSummary,
    /// The book today.
    pub book: BookSummary,
    /// Losses measured.
    pub measures: Measures,
    /// Where the tail comes from.
    pub contributions: Contributions,
    /// Effect of dropping each account.
    pub incremental: Vec<IncrementalRow>,
    /// The worst paths, worst first.
    pub worst_paths: Vec<WorstPath>,
    /// How much may be carried; `None` without a policy.
    pub threshold: Option<Threshold>,
    /// Margin of every account at time zero.
    pub margin: Vec<AccountMargin>,
    /// Liquidation of every account that its venue's rules close inside paths.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub liquidations: Vec<AccountLiquidation>,
    /// What happened inside paths to any account; amounts are sums over accounts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path_events: Option<PathEvents>,
    /// Failure of every venue that may fail inside paths.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub venue_failures: Vec<VenueFailures>,
    /// How failures were drawn more often than they happen, where they were.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure_sampling: Option<FailureSampling>,
    /// Margin calls, and how far transfers met them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub calls_met: Vec<CallsMet>,
    /// Prices that orders, others' liquidations and broken pegs moved inside paths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub moved_prices: Option<MovedPrices>,
    /// The policy's breach ladder acting inside paths, where the scenario asks for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub breach_ladder: Option<BreachLadder>,
    /// The most plausible moves that reach a target, where they were searched for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reverse: Option<ReverseStress>,
    /// ES by liquidity horizons, where they are stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub liquidity_horizons: Option<LiquidityHorizons>,
    /// Ladders of thresholds, notional at risk, shortfalls, hedging flow, cost of closing.
    #[serde(default)]
    pub liquidation_exposure: LiquidationExposure,
    /// What was found in the data, and what was repaired.
    pub data_quality: Vec<DataFinding>,
    /// What a reader should know before relying on the figures.
    pub warnings: Vec<Warning>,
    /// The same run with proposed trades, where asked for; compare with this outcome.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub with_trades: Option<Box<Outcome>>,
}

/// A caution, with a stable code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable code, e.g. `heavy_tail`.
    pub code: String,
    /// Plain sentence.
    pub message: String,
}

/// Something found in a data file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataFinding {
    /// File as the user named it.
    pub file: String,
    /// First line concerned, 1-based.
    pub line: Option<usize>,
    /// What was found.
    pub what: String,
    /// What was done about it.
    pub repair: Option<String>,
}

/// The model that moved the factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Process and parameters in one line.
    pub process: String,
    /// `log` or `simple`.
    pub returns: String,
    /// How positions were revalued, and why where the engine chose.
    pub revaluation: String,
    /// Where proxies were used: their error and what was revalued in full.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proxy: Option<ProxyRevaluation>,
    /// Drift in one line.
    pub drift: String,
    /// How correlations were set, e.g. `Ledoit–Wolf, 1095 observations, shrinkage 0.08`.
    pub correlation_source: String,
    /// Frobenius distance of the repair to a valid matrix; `None` where none was needed.
    pub correlation_projection_distance: Option<f64>,
    /// Factors in matrix order.
    pub factors: Vec<FactorSummary>,
    /// Correlation matrix used, row-major in factor order.
    pub correlation: Vec<Vec<f64>>,
    /// What was made worse than the history says, where anything was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stressed: Option<StressedModel>,
    /// Notes of the fit: assets with short history, proxies, truncation effect on ES.
    pub notes: Vec<String>,
}

/// What was made worse than the history says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressedModel {
    /// First and last close that the model was estimated from, UTC, RFC 3339; `None`: the whole
    /// history.
    pub window: Option<[String; 2]>,
    /// Returns in the window.
    pub returns_in_window: Option<usize>,
    /// How far correlations were moved toward one, from 0 to 1.
    pub correlation_toward_one: f64,
    /// What every volatility was multiplied by.
    pub volatility_multiplier: f64,
    /// Most degrees of freedom that returns were given; `None`: tails as the process has them.
    pub degrees_of_freedom: Option<f64>,
    /// Mean correlation of the factors without the stress; signed: 1 where all prices fall and all
    /// volatilities rise at once.
    pub unstressed_correlation: Option<f64>,
    /// The same with it.
    pub correlation: Option<f64>,
    /// Volatilities with and without, of the factors that move.
    pub volatilities: Vec<StressedVolatility>,
    /// All this in one sentence.
    pub description: String,
}

/// A volatility with and without the stress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressedVolatility {
    /// Factor.
    pub factor: String,
    /// Annual volatility without the stress; `None` where the model cannot be had without it.
    pub unstressed: Option<f64>,
    /// With it.
    pub volatility: f64,
}

/// One factor of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorSummary {
    /// Name, e.g. `BTC.spot`.
    pub name: String,
    /// Annual volatility, decimal.
    pub volatility: f64,
    /// Where it came from.
    pub source: String,
}
