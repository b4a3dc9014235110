//! What a walk-forward found, date by date: what statistics are computed from and policies are
//! searched on.
//!
//! Amounts are in `currency`, losses positive when money is lost. A record is a pure function of its
//! inputs, and a date's part of it of what was known at that date; `realised` and `transform` alone
//! know the period that follows.
//!
//! What a search over policies needs is kept per date: the terms of the potential loss at a grid of
//! scales of the positions ([`WalkRecord::scales`]), capital and its two bases, the realised loss
//! of positions and balances apart, and, in `history`, every close that drives the condition
//! multiplier: the condition of a date is replayed over the part of it that ends there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::market::PriceHistory;
use crate::outcome::Status;
use crate::simulation::Fallback;
use crate::threshold::{Direction, Policy};
use crate::units::{ConfidenceLevel, Years};

/// A walk-forward of one book by several models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkRecord {
    /// Name of the backtest.
    pub name: String,
    /// Name of its base scenario.
    pub scenario: String,
    /// Currency of every amount.
    pub currency: String,
    /// Length of a period.
    pub horizon: Years,
    /// Time from one date to the next.
    pub every: Years,
    /// Levels of VaR and ES, in the order of every date's `measures`.
    pub levels: Vec<ConfidenceLevel>,
    /// Paths a date.
    pub paths: u64,
    /// Seed of the whole; each date has one of its own, made from this and its instant.
    pub seed: u64,
    /// The policy in force; `None`: no threshold was derived.
    pub policy: Option<Policy>,
    /// Scales of the positions, increasing, at which terms are kept; one of them is 1.
    pub scales: Vec<f64>,
    /// One a model, in document order.
    pub models: Vec<ModelRecord>,
    /// Every series of the market's history, up to the end of the last period.
    pub history: PriceHistory,
    /// Dates that were left out, each with why.
    pub left_out: Vec<LeftOut>,
}

/// A date without figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The date.
    pub instant: Timestamp,
    /// The model that could not be estimated; `None`: the date has none at all.
    pub model: Option<String>,
    /// Why.
    pub reason: String,
}

/// One model, on all dates that it could be estimated on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Its name.
    pub name: String,
    /// Whether its ES moves with today's volatility, so that a volatility driver would count it
    /// twice.
    pub conditional_volatility: bool,
    /// Dates, increasing.
    pub dates: Vec<DateRecord>,
}

/// One date under one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateRecord {
    /// When the book is marked: a close of the history.
    pub instant: Timestamp,
    /// When the period ends.
    pub ends: Timestamp,
    /// VaR and ES, one a level.
    pub measures: Vec<LevelMeasure>,
    /// Gross exposure: sum over underlyings of the absolute dollar delta, collateral included.
    pub gross_exposure: f64,
    /// Net exposure: absolute sum of the dollar deltas.
    pub net_exposure: f64,
    /// Which way the book leans.
    pub direction: Direction,
    /// Factor that the positions of the book document are held at.
    pub position_scale: f64,
    /// Value of positions at the date.
    pub positions_value: f64,
    /// Value of balances at the date.
    pub balances_value: f64,
    /// Value of balances after their haircuts.
    pub collateral_after_haircuts: f64,
    /// What the policy makes of it; `None` without a policy.
    pub threshold: Option<ThresholdRecord>,
    /// Loss of the period that follows.
    pub realised: RealisedLoss,
    /// Probability integral transform of the realised loss: its rank among the simulated ones over
    /// their number, ties in the middle, inside (0, 1).
    pub transform: f64,
    /// What the fit did in place of what the model's settings ask for.
    #[serde(default)]
    pub fallbacks: Vec<Fallback>,
}

/// VaR and ES at one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelMeasure {
    /// Value at risk.
    pub value_at_risk: f64,
    /// Expected shortfall.
    pub expected_shortfall: f64,
    /// Monte Carlo standard error of the expected shortfall.
    pub standard_error: f64,
}

/// Loss of a period, by full revaluation of the same book at its end.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RealisedLoss {
    /// The desk's loss: both parts less what accounts without recourse do not owe.
    pub total: f64,
    /// Of positions, with the cash they paid; scales with them.
    pub positions: f64,
    /// Of balances.
    pub balances: f64,
}

/// The threshold at a date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdRecord {
    /// Amount of each term before its weight, in policy order.
    pub terms: Vec<f64>,
    /// `[scale][term]`: the same with positions at each of the record's scales; balances stay.
    pub terms_at_scales: Vec<Vec<f64>>,
    /// Potential loss PL.
    pub potential_loss: f64,
    /// Its Monte Carlo standard error.
    pub potential_loss_error: f64,
    /// Capital base C.
    pub capital: f64,
    /// Appetite a.
    pub appetite: f64,
    /// Condition multiplier M, with its memory.
    pub multiplier: f64,
    /// The product of its drivers before floor, cap and memory.
    pub raw_multiplier: f64,
    /// Threshold T = a·C·M.
    pub threshold: f64,
    /// Utilisation U = PL/T; `None`: infinite.
    pub utilisation: Option<f64>,
    /// Status, with hysteresis along the dates.
    pub status: Status,
    /// Whether the Monte Carlo interval of U straddles a boundary.
    pub indistinct: bool,
}
