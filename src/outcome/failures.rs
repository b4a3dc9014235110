//! Venues that fail inside paths, and margin calls met by transfers.

use serde::{Deserialize, Serialize};

use super::liquidation::{EventProbability, TailAmount};

/// Failure of one venue inside paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VenueFailures {
    /// Venue.
    pub venue: String,
    /// Its part in the losses.
    pub contribution: FailureContribution,
    /// How often it fails and for how much; `None` in outcomes of versions that did not say where
    /// paths do not all count the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub events: Option<VenueEvents>,
}

/// What the failure of a venue adds to the losses: part of what its accounts were worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FailureContribution {
    /// Confidence level of the ES.
    pub level: f64,
    /// Its contribution to that ES, by the estimator of all contributions.
    pub expected_shortfall: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Over the ES of the book; `None` where that is not positive.
    pub share: Option<f64>,
}

/// How often a venue fails within the horizon, and for how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VenueEvents {
    /// Probability that it fails.
    pub probability: EventProbability,
    /// Mean over all paths of what is to be lost on average given the path: at every node, the
    /// probability of failing there times the loss of a claim at its mean mark.
    pub expected_loss: f64,
    /// Its standard error.
    pub expected_loss_error: f64,
    /// Estimator of the expected loss.
    pub estimator: String,
    /// What its accounts were worth when it failed.
    pub claims: TailAmount,
    /// What was lost of it: claims less what they are worth at the horizon.
    pub loss: TailAmount,
}

/// Failures drawn more often than they happen, and what that was worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureSampling {
    /// Strata of the clocks of failure, shared out over the venues.
    pub strata: u32,
    /// Share of the paths on which a venue failed.
    pub share_of_paths: f64,
    /// Probability that a venue fails: what that share stands for.
    pub probability: EventProbability,
    /// Most that a path may count for by its failures; one on average.
    pub weight_bound: f64,
    /// Paths of equal weight that would spread an even loss no more.
    pub effective_paths: f64,
    /// By level, what plain sampling would have known of ES.
    pub levels: Vec<PlainEquivalent>,
    /// Estimators.
    pub estimator: String,
}

/// ES of as many plain paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlainEquivalent {
    /// Confidence level.
    pub level: f64,
    /// Standard error that ES would have.
    pub plain_standard_error: f64,
    /// Its variance over that of this run; `None` where this run has no error.
    pub variance_ratio: Option<f64>,
}

/// Margin calls of one account, and how far transfers met them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallsMet {
    /// Account.
    pub account: String,
    /// Probability that there are calls and all are met in full.
    pub met: EventProbability,
    /// Probability that something is sent, and not all that is needed.
    pub in_part: EventProbability,
    /// Probability that nothing can be sent.
    pub unmet: EventProbability,
    /// What is sent to it, valued when it leaves.
    pub sent: TailAmount,
}
