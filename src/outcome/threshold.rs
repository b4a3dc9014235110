//! How much may be carried, how much is, and what to do.

use serde::{Deserialize, Serialize};

use super::hedging::HedgingProgramme;

/// Traffic light of the utilisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Below the amber boundary.
    Green,
    /// Between the boundaries.
    Amber,
    /// Above the red boundary: the threshold is breached.
    Red,
}

/// The dynamic exposure threshold and everything derived from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Policy name.
    pub policy: String,
    /// Potential loss PL, in money.
    pub potential_loss: f64,
    /// 95 % Monte Carlo interval of PL.
    pub potential_loss_interval_95: [f64; 2],
    /// The terms PL is made of, and how they combine.
    pub terms: Vec<PotentialLossTerm>,
    /// What options against procyclicality add: to terms, whose amounts hold it already, and as a
    /// buffer on their combination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<PotentialLossAdjustment>,
    /// `sum` or `maximum`.
    pub combination: String,
    /// Capital base C, in money.
    pub capital: f64,
    /// What C is.
    pub capital_base: String,
    /// Appetite a, share of capital.
    pub appetite: f64,
    /// Condition multiplier M.
    pub condition: Condition,
    /// The net exposure threshold T = a · C · M, in money.
    pub threshold: f64,
    /// T as a share of capital.
    pub share_of_capital: f64,
    /// U = PL / T; `None` is infinite (T ≤ 0 < PL).
    pub utilisation: Option<f64>,
    /// 95 % interval of U; `None` where U is infinite.
    pub utilisation_interval_95: Option<[f64; 2]>,
    /// U with M = 1; `None` is infinite.
    pub utilisation_unconditioned: Option<f64>,
    /// Status by the point estimate.
    pub status: Status,
    /// Whether the Monte Carlo interval straddles a boundary of the status.
    pub indistinct: bool,
    /// Utilisation boundaries `[amber, red]`.
    pub boundaries: [f64; 2],
    /// Scale to threshold k*.
    pub scale_to_threshold: ScaleToThreshold,
    /// k* expressed as exposure.
    pub equivalents: ExposureEquivalents,
    /// Room for more exposure by underlying.
    pub headroom: Vec<Headroom>,
    /// Moves of today's market at which U = 1.
    pub distance_to_breach: DistanceToBreach,
    /// Level of the two following; absent in results of versions that did not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversification_level: Option<f64>,
    /// Sum over accounts of stand-alone ES.
    pub standalone_expected_shortfall: f64,
    /// ES of the whole, same level.
    pub diversified_expected_shortfall: f64,
    /// What would restore the target utilisation.
    pub remedy: Remedy,
    /// The cheapest trades that would, where the book states what may be traded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hedging: Option<HedgingProgramme>,
    /// Limits beside the threshold, on parts of the book.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitReading>,
}

impl Threshold {
    /// Whether the book may not be carried: the light is red or a hard limit is breached.
    pub fn is_breached(&self) -> bool {
        self.status == Status::Red || self.hard_limits_breached() > 0
    }

    /// Limits above their hard bound.
    pub fn hard_limits_breached(&self) -> usize {
        self.limits.iter().filter(|limit| limit.state == LimitState::HardBreached).count()
    }
}

/// How a part of the book stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitState {
    /// Above neither bound.
    Within,
    /// Above the soft bound.
    SoftBreached,
    /// Above the hard bound.
    HardBreached,
}

/// A limit against what one part of the book measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitReading {
    /// Name of the limit.
    pub name: String,
    /// `book`, `venue`, `account`, `underlying` or `tag`.
    pub level: String,
    /// The part; empty for the book.
    pub of: String,
    /// What is measured, in words.
    pub measure: String,
    /// What it measures, in money.
    pub value: f64,
    /// Soft bound in money, where there is one.
    pub soft: Option<f64>,
    /// Hard bound in money, where there is one.
    pub hard: Option<f64>,
    /// Value over capital, where capital is positive.
    pub share_of_capital: Option<f64>,
    /// How they stand.
    pub state: LimitState,
}

/// One named term of the potential loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PotentialLossTerm {
    /// Name, e.g. `simulated ES 97.5 %`.
    pub name: String,
    /// Amount before weight.
    pub amount: f64,
    /// Weight in the sum (or before the maximum).
    pub weight: f64,
    /// How it was found.
    pub estimator: String,
}

/// A step from plain terms to the potential loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PotentialLossAdjustment {
    /// What it is, and in which term.
    pub name: String,
    /// What it adds, in money, weighted.
    pub amount: f64,
    /// How it came about.
    pub description: String,
}

/// The condition multiplier M with its drivers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// M used.
    pub multiplier: f64,
    /// Product of the drivers before floor, cap and smoothing.
    pub raw: f64,
    /// After floor and cap, before smoothing.
    pub target: f64,
    /// Floor of M.
    pub floor: f64,
    /// Cap of M.
    pub cap: f64,
    /// Drivers.
    pub drivers: Vec<ConditionDriver>,
    /// Every clamp and rate limit that acted, in words.
    pub clamps: Vec<String>,
    /// What a later run can continue from (`previous_state` of a policy document).
    pub state: ConditionState,
}

/// The multipliers at the end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConditionState {
    /// Instant of the market data, UTC, RFC 3339.
    pub as_of: String,
    /// Multiplier of hedged books.
    pub hedged: f64,
    /// Multiplier of the long side.
    pub long: f64,
    /// Multiplier of the short side.
    pub short: f64,
    /// How long each has been asked to rise.
    #[serde(default, skip_serializing_if = "DaysAbove::is_none")]
    pub days_above: DaysAbove,
}

/// Days for which the drivers have asked for more than the multiplier; `None` where they do not.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct DaysAbove {
    /// Of hedged books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedged: Option<f64>,
    /// Of the long side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<f64>,
    /// Of the short side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<f64>,
}

impl DaysAbove {
    /// Whether none is asked to rise.
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// One driver of M.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConditionDriver {
    /// Name, e.g. `drawdown`.
    pub name: String,
    /// Observed value in the driver's own unit; `None` while the history is too short.
    pub observed: Option<f64>,
    /// Reference it is compared with, where there is one.
    pub reference: Option<f64>,
    /// Whether both are decimal shares or rates, shown in per cent.
    #[serde(default)]
    pub is_share: bool,
    /// Factor it contributes to M.
    pub factor: f64,
    /// What is observed, on what, with units.
    pub definition: String,
}

/// k*: the end of the interval around 1 where PL(k) ≤ T and initial margins are met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScaleToThreshold {
    /// k*; `None` with a reason where there is none.
    pub value: Option<f64>,
    /// 95 % Monte Carlo interval.
    pub interval_95: Option<[f64; 2]>,
    /// `risk`, `margin` or `none`.
    pub binding: String,
    /// Why there is no value, or what binds, in words.
    pub reason: String,
    /// All crossings of PL(k) = T on the grid 0…10, increasing.
    pub crossings: Vec<f64>,
    /// Utilisation at k* by a run in full: should be 1 where `risk` binds.
    pub utilisation_at_value: Option<f64>,
    /// Paths used to solve.
    pub paths: u64,
}

/// k* as exposure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExposureEquivalents {
    /// Σ|Δ_u| today.
    pub gross_exposure: f64,
    /// |ΣΔ_u| today.
    pub net_exposure: f64,
    /// k* · Σ|Δ_u|.
    pub gross_at_threshold: Option<f64>,
    /// k* · |ΣΔ_u|, only where net is at least 20 % of gross.
    pub net_at_threshold: Option<f64>,
}

/// Room for more linear exposure in one underlying, in money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Headroom {
    /// The underlying.
    pub underlying: String,
    /// Additional long exposure that keeps PL ≤ T; `None` where there is none or no end was found.
    pub long: Option<f64>,
    /// Additional short exposure (positive number) that keeps PL ≤ T.
    pub short: Option<f64>,
    /// The position, and its account, in whose contract exposure is added where venues act inside
    /// paths; `None`: outside all accounts, nothing acts on it.
    #[serde(default)]
    pub held_as: Option<String>,
    /// Details of the long side.
    pub long_bound: HeadroomBound,
    /// Details of the short side.
    pub short_bound: HeadroomBound,
}

/// How a headroom was bounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadroomBound {
    /// 95 % Monte Carlo interval.
    pub interval_95: Option<[f64; 2]>,
    /// What ends it: `risk`, `margin` or `none`.
    #[serde(default)]
    pub binding: String,
    /// Why there is no value, or what ends it where risk does not, else empty.
    pub reason: String,
}

/// Market moves today at which U = 1, book unchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistanceToBreach {
    /// Largest fall of all spots (negative decimal) before U = 1.
    pub spot_down: Option<f64>,
    /// Largest rise of all spots before U = 1.
    pub spot_up: Option<f64>,
    /// Relative rise of factor volatilities (spot and implied) before U = 1.
    pub volatility_up: Option<f64>,
    /// 95 % interval of `spot_down`, by the Monte Carlo error of the potential loss.
    pub spot_down_interval_95: Option<[f64; 2]>,
    /// 95 % interval of `spot_up`.
    pub spot_up_interval_95: Option<[f64; 2]>,
    /// 95 % interval of `volatility_up`.
    pub volatility_up_interval_95: Option<[f64; 2]>,
    /// How they were found, and why one is missing.
    pub notes: Vec<String>,
}

/// What restores the target utilisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    /// Utilisation aimed at.
    pub target_utilisation: f64,
    /// External money to add as capital; zero where none is needed.
    pub margin_call: Option<f64>,
    /// Scale all positions by this instead.
    pub scale_positions: Option<f64>,
    /// Reduce gross exposure by this much, in money.
    pub reduce_gross_exposure: Option<f64>,
    /// Plain sentence.
    pub advice: String,
    /// External money by account.
    #[serde(default)]
    pub accounts: Vec<AccountCall>,
    /// Transfers between own accounts that cure initial margins; they raise no capital.
    #[serde(default)]
    pub transfers: Vec<OwnTransfer>,
}

/// External money for one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountCall {
    /// Account.
    pub account: String,
    /// What it lacks of its initial margin, in money.
    pub to_initial_margin: f64,
    /// Its share of the external money that restores the target utilisation; the shares sum to the
    /// margin call. `None` where no money does.
    pub to_target: Option<f64>,
    /// What the transfers leave lacking of its initial margin.
    pub uncured_by_transfers: f64,
}

/// A transfer between own accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnTransfer {
    /// From this account,
    pub from: String,
    /// to this one,
    pub to: String,
    /// so much, in money.
    pub amount: f64,
}
