//! Why a model cannot be conditioned.

/// Named moves that a model says nothing about.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConditionalError {
    /// Named factors that determine each other.
    #[error(
        "under the model {factor} is determined by the other named factors: their moves cannot all be stated"
    )]
    Collinear {
        /// The factor.
        factor: String,
    },
    /// Paths that are not drawn have no distribution.
    #[error("stated paths have no distribution to condition")]
    NothingDrawn,
    /// A move too far for the marginal distributions.
    #[error("the move of {factor} is beyond what its distribution can tell from impossible")]
    TooFar {
        /// The factor.
        factor: String,
    },
    /// A named factor that the model holds still.
    #[error(
        "{factor} does not move at random under the model: no path can be drawn given its move"
    )]
    NotRandom {
        /// The factor.
        factor: String,
    },
    /// A process whose law given its end is not known.
    #[error("{0}")]
    NotDrawn(String),
}
