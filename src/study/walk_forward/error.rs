//! Why a backtest gave up.

use crate::engine::Interrupted;

/// Why a backtest gave up.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// Asked to stop; nothing was written.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// No model has figures on enough dates.
    #[error(
        "{model}: figures on {dates} of {asked} dates, too few to test; the first left out: {reason}"
    )]
    TooFewDates {
        /// The model.
        model: String,
        /// Dates with figures.
        dates: usize,
        /// Dates asked for.
        asked: usize,
        /// Why the first of the others has none.
        reason: String,
    },
    /// The path events of a date cannot be walked.
    #[error("{model} with path events at {instant}: {reason}")]
    PathEvents {
        /// The model.
        model: String,
        /// The date.
        instant: jiff::Timestamp,
        /// Why.
        reason: String,
    },
}
