//! The policy's breach ladder acting inside paths: the same paths with it and without.

use serde::{Deserialize, Serialize};

use super::liquidation::EventProbability;
use super::moved_prices::Compared;

/// What the ladder does to the losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreachLadder {
    /// Paths walked twice, plainly drawn.
    pub paths: u64,
    /// Utilisation today, where every path begins; `None`: infinite.
    pub utilisation: Option<f64>,
    /// The potential loss today that the paths' is a multiple of, without the ladder, in reporting
    /// currency.
    pub potential_loss: f64,
    /// The threshold today, likewise.
    pub threshold: f64,
    /// Gross notional of positions today that the potential loss is scaled by.
    pub gross_notional: f64,
    /// Utilisation that a forced reduction aims at.
    pub target_utilisation: f64,
    /// Losses by level.
    pub measures: Vec<LadderMeasures>,
    /// Mean loss.
    pub mean_loss: Compared,
    /// Probability that any account is liquidated by its venue.
    pub liquidation_probability: Compared,
    /// Mean of what was owed to venues once nothing was left to close.
    pub bad_debt: Compared,
    /// Rungs, from the lowest.
    pub rungs: Vec<BreachRung>,
    /// States of the ladder at the horizon, from green.
    pub states: Vec<StateShare>,
    /// Paths on which anything was sold.
    pub acted: EventProbability,
    /// Paths that lose less with the ladder than without.
    pub lost_less: Outcomes,
    /// Paths that lose more.
    pub lost_more: Outcomes,
    /// Paths on which a trade to a higher leverage was refused.
    pub refused: EventProbability,
    /// How utilisation is found inside paths.
    pub remark: String,
}

/// VaR and ES with and without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LadderMeasures {
    /// Confidence level.
    pub level: f64,
    /// Value-at-risk; the error of the difference has a density of losses estimated.
    pub value_at_risk: Compared,
    /// Expected shortfall.
    pub expected_shortfall: Compared,
}

/// A rung, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreachRung {
    /// Utilisation from which it is reached.
    pub utilisation: f64,
    /// What it does.
    pub action: String,
    /// Years from when it is reached to when it acts.
    pub delay_years: f64,
    /// Cost, as a share of what is sold.
    pub cost_rate: f64,
    /// Paths on which it is reached, today included.
    pub reached: EventProbability,
    /// Mean time to that on these paths, in years; `None`: never reached.
    pub mean_time_years: Option<f64>,
    /// Paths on which it acts.
    pub acted: EventProbability,
    /// Mean time to that on these paths, in years; `None`: it never acts.
    pub mean_time_to_action_years: Option<f64>,
    /// Mean notional sold over all paths, in reporting currency.
    pub mean_notional: f64,
    /// Mean cost over all paths.
    pub mean_cost: f64,
}

/// Share of the paths that are in a state at the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateShare {
    /// The state.
    pub state: String,
    /// Share of the paths.
    pub share: f64,
}

/// Paths that fare one way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Share of the paths.
    pub probability: EventProbability,
    /// By how much on average on these paths, in reporting currency; `None`: there are none.
    pub mean: Option<f64>,
}
