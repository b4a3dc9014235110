//! Why a calibration gave up.

use crate::engine::EngineError;

/// Why a calibration gave up.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The engine gave up on a candidate.
    #[error("{candidate}: {source}")]
    Engine {
        /// Which.
        candidate: String,
        /// Why.
        source: Box<EngineError>,
    },
    /// A parameter that nothing inside paths reads.
    #[error(
        "`{parameter}` acts on nothing: {reason}; a calibration of it would rank candidates by \
         chance"
    )]
    Idle {
        /// Its name.
        parameter: String,
        /// Why.
        reason: String,
    },
}
