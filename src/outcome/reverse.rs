//! Plain results of a reverse stress: what it would take to reach a target.

use serde::{Deserialize, Serialize};

use super::measures::{FactorMove, Probability};

/// The most plausible moves that reach a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReverseStress {
    /// What is to be reached, in words.
    pub target: String,
    /// The loss to be reached; `None` where a liquidation is.
    pub target_loss: Option<f64>,
    /// `found`, `already_reached` (today, before anything moves) or `unreachable`.
    pub status: String,
    /// The status in one sentence.
    pub description: String,
    /// Largest Mahalanobis distance looked at.
    pub distance_max: f64,
    /// Independent directions of the model's moves.
    pub dimensions: usize,
    /// Directions from which was searched.
    pub starts: usize,
    /// Distinct answers, nearest first.
    pub answers: Vec<ReverseAnswer>,
    /// The largest loss found within `distance_max`, where the target is a loss not reached.
    pub largest_loss: Option<f64>,
    /// Distance at which a linear book of today's sensitivities reaches the loss: `ℓ/√(w'Σw)`.
    pub linear_distance: Option<f64>,
    /// Probability that such a book loses as much, under the model's law.
    pub linear_probability: Option<f64>,
    /// Share of the simulated paths that lose more, with everything that happens on them.
    pub simulated: Option<Probability>,
    /// The simulated path nearest to today's levels among those that reach the target.
    pub path: Option<PlausiblePath>,
    /// What was assumed.
    pub notes: Vec<String>,
}

/// One local minimum of the distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReverseAnswer {
    /// Mahalanobis distance of the moves from today's levels under the model over the horizon.
    pub distance: f64,
    /// Probability of moves at least as far, in any direction; `None` where the model has no law of
    /// the distance in closed form.
    pub plausibility: Option<f64>,
    /// Probability of moves beyond the plane through the answer: that of the loss where the book is
    /// linear.
    pub first_order_probability: Option<f64>,
    /// Loss of the book, revalued in full, accounts below their maintenance margin closed.
    pub loss: f64,
    /// The start it was found from.
    pub found_from: String,
    /// Moves of the factors, largest in standard deviations first.
    pub factors: Vec<FactorMove>,
    /// Losses by account, largest first.
    pub accounts: Vec<ReverseAccount>,
}

/// One account under an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReverseAccount {
    /// Its name.
    pub account: String,
    /// Its loss.
    pub loss: f64,
    /// Notional that its venue closes.
    pub liquidated_notional: f64,
}

/// A simulated path that reaches the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlausiblePath {
    /// Its id, for `plimsoll replay`.
    pub path: u64,
    /// Mahalanobis distance of its moves to the horizon.
    pub distance: f64,
    /// Its loss.
    pub loss: f64,
    /// Its moves to the horizon, largest in standard deviations first.
    pub factors: Vec<FactorMove>,
    /// Simulated paths that reach the target.
    pub reaching: u64,
}
