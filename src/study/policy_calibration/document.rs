//! The policy calibration document: which policy is varied, on which walk-forward, toward what aim.
//!
//! Flows in: `policy_calibration.toml`. What it names is read and checked by [`super::load`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parameter::PolicyField;
use crate::document::{
    DurationText, FilePath, FolderName, Instant, Name, NonNegative, NonNegativeRate, PositiveRate,
    Prose, Rate, SymbolName,
};

/// A search over the parameters of a policy on a walk-forward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyCalibrationDocument {
    /// Name of the calibration; names its output folder.
    pub name: FolderName,
    /// Why it exists.
    pub description: Option<Prose>,
    /// The walk-forward whose simulated losses are searched on; nothing is simulated again.
    pub backtest: FilePath,
    /// The model of the walk-forward; its first when left out.
    pub model: Option<Name>,
    /// The policy that is varied. Its terms are those of the walk-forward's policy.
    pub policy: FilePath,
    /// What is varied.
    #[schemars(length(min = 1, max = 12))]
    pub vary: Vec<VaryDocument>,
    /// What is to be least, and how it is told.
    #[serde(default)]
    pub aim: AimDocument,
    /// What must hold where the policy is trained.
    #[serde(default)]
    pub constraints: ConstraintsDocument,
    /// What is trained on and what is tested on.
    pub periods: PeriodsDocument,
    /// How far the optimiser goes beyond the grid.
    #[serde(default)]
    pub search: SearchDocument,
    /// The plain volatility-target limit that is compared with.
    pub volatility_target: VolatilityTargetDocument,
    /// How intervals of differences are drawn.
    #[serde(default)]
    pub bootstrap: BootstrapDocument,
}

/// A figure of the policy and its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VaryDocument {
    /// What is set.
    pub field: PolicyField,
    /// For the figures of a driver: which, counted from 1 in the policy's order.
    #[schemars(range(min = 1, max = 50))]
    pub driver: Option<u32>,
    /// The values of the grid, increasing; the optimiser moves between the first and the last.
    #[schemars(length(min = 1, max = 64))]
    pub values: Vec<Rate>,
}

/// What is minimised: the annual cost of idle capital and of trades, as a share of capital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AimDocument {
    /// Share of capital whose loss within a period counts as missed; the policy's appetite when left
    /// out. The same for every candidate, whatever appetite it has.
    pub tolerance: Option<PositiveRate>,
    /// Annual cost of capital that lies idle.
    pub idle_capital_rate: NonNegativeRate,
    /// Cost of a trade, as a share of the exposure traded; forced ones cost at least the rung's.
    pub trading_cost: NonNegativeRate,
    /// A forced reduction is a false alarm unless the uncut book then loses this share of the
    /// tolerance
    pub alarm_share: PositiveRate,
    /// within this time.
    pub alarm_within: DurationText,
    /// Span of the largest change of the threshold that is told.
    pub change_over: DurationText,
}

impl Default for AimDocument {
    fn default() -> Self {
        let duration = |text: &str| DurationText::try_from(text.to_owned()).expect("a duration");
        Self {
            tolerance: None,
            idle_capital_rate: NonNegativeRate::new(0.05).expect("in range"),
            trading_cost: NonNegativeRate::new(0.0005).expect("in range"),
            alarm_share: PositiveRate::new(0.25).expect("in range"),
            alarm_within: duration("5d"),
            change_over: duration("5d"),
        }
    }
}

/// What must hold; what is left out need not.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConstraintsDocument {
    /// Share of dates on which more than the tolerance is lost.
    pub missed_frequency: Option<NonNegativeRate>,
    /// False alarms a year.
    pub false_alarms_per_year: Option<NonNegative>,
    /// Mean absolute change of the threshold a day, as a share of the tolerated loss.
    pub daily_change: Option<NonNegativeRate>,
}

/// What is trained on and what is tested on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PeriodsDocument {
    /// Once: everything before an instant, everything from it on.
    Split {
        /// The first date tested on is not before it.
        test_from: Instant,
    },
    /// A window of one length, moved on by what is tested.
    Rolling {
        /// Length of what is trained on.
        train: DurationText,
        /// Length of what is tested on after it.
        test: DurationText,
    },
    /// A window that begins at the first date and grows by what is tested.
    Expanding {
        /// Length of the first part trained on.
        train: DurationText,
        /// Length of what is tested on after it.
        test: DurationText,
    },
}

/// How far the optimiser goes beyond the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SearchDocument {
    /// Points of the grid that it starts from.
    #[schemars(range(min = 1, max = 64))]
    pub starts: u32,
    /// Policies that each start may evaluate; 0 leaves the grid alone.
    #[schemars(range(max = 1_000))]
    pub evaluations: u32,
}

impl Default for SearchDocument {
    fn default() -> Self {
        Self { starts: 3, evaluations: 60 }
    }
}

/// A limit inverse to the volatility of one coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolatilityTargetDocument {
    /// The coin.
    pub series: SymbolName,
    /// Half-life of the weights of its squared returns in days; 11.2 when left out.
    pub half_life_days: Option<NonNegative>,
}

/// A circular block bootstrap of the test dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BootstrapDocument {
    /// Length of a block.
    pub block: DurationText,
    /// Replicates.
    #[schemars(range(min = 100, max = 100_000))]
    pub replicates: u32,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for BootstrapDocument {
    fn default() -> Self {
        let block = DurationText::try_from("20d".to_owned()).expect("a duration");
        Self { block, replicates: 2_000, seed: 1 }
    }
}
