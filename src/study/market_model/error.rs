//! Why a market model could not be written.

use crate::document::Violations;
use crate::simulation::CalibrationError;

/// Why a market model could not be written.
#[derive(Debug, thiserror::Error)]
pub enum MarketModelError {
    /// The documents have faults.
    #[error("{0}")]
    Violations(Violations),
    /// The model cannot be fitted.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// The scenario states or replays its moves.
    #[error(
        "'{scenario}' states its moves or replays those of history: it has no model that was fitted \
         (expected a scenario of kind `simulated`)"
    )]
    NothingFitted {
        /// The scenario.
        scenario: String,
    },
    /// The model is made worse than the history says.
    #[error(
        "'{scenario}' makes its model worse than the history says: a document of it would stress it \
         twice (help: remove `[model.stressed]`, or calibrate the scenario that this one extends)"
    )]
    Stressed {
        /// The scenario.
        scenario: String,
    },
}
