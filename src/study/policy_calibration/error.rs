//! Why a policy calibration gave up.

use crate::engine::Interrupted;
use crate::threshold::ThresholdError;

/// Why a policy calibration gave up.
#[derive(Debug, thiserror::Error)]
pub enum PolicyCalibrationError {
    /// The walk-forward does not tell what is searched on.
    #[error("model '{model}' of the walk-forward {what}")]
    Record {
        /// The model.
        model: String,
        /// What it lacks.
        what: String,
    },
    /// No model of that name.
    #[error("the walk-forward has no model '{0}'")]
    NoModel(String),
    /// The policy's potential loss is not the one that was simulated.
    #[error("the terms of policy '{policy}' are not those that the walk-forward simulated: {what}")]
    OtherTerms {
        /// The policy varied.
        policy: String,
        /// Where they differ.
        what: String,
    },
    /// Too few dates to train and to test on.
    #[error(
        "{dates} dates cannot be cut into parts trained on and tested on of at least {needed} each"
    )]
    TooFewDates {
        /// Dates there are.
        dates: usize,
        /// Dates a part needs.
        needed: usize,
    },
    /// No combination of values is a policy.
    #[error("no combination of the values makes a policy that could be written")]
    NoPolicy,
    /// Asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Drivers on series that the history lacks.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
}
