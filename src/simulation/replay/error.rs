//! Why a window cannot be replayed.

use crate::simulation::{GridError, SimulationError};

/// A window, or a statement about it, that makes no replay. Times are shown as RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// An end of the window is no close of the data.
    #[error("the history has no close at {time}; {nearest}")]
    NoClose {
        /// The end asked for.
        time: String,
        /// Whether it is the window's first instant.
        is_start: bool,
        /// The nearest closes, in words.
        nearest: String,
    },
    /// A series has no value at an end of the window.
    #[error("{series} has no value at {time}; it has values from {first} to {last}")]
    NotCovered {
        /// The series.
        series: String,
        /// The end.
        time: String,
        /// Whether it is the window's first instant.
        is_start: bool,
        /// First value of the series.
        first: String,
        /// Last value.
        last: String,
    },
    /// No window of the length searched for.
    #[error("{0}")]
    NoWindow(String),
    /// A bar lacks its open, high or low.
    #[error("{series} has no open, high or low in the bar that closes at {time}")]
    NoBar {
        /// The series.
        series: String,
        /// Close of the bar.
        time: String,
    },
    /// No factor of the book moves.
    #[error("no factor of the book has a history or follows one: nothing would move")]
    NothingMoves,
    /// A follower that has a history, or follows what has none.
    #[error("{symbol}: {fault}")]
    Beta {
        /// The follower.
        symbol: String,
        /// What is wrong.
        fault: String,
    },
    /// As [`Self::Beta`], of a volatility.
    #[error("{symbol}: {fault}")]
    VolatilityBeta {
        /// The coin.
        symbol: String,
        /// What is wrong.
        fault: String,
    },
    /// A level that is no positive number.
    #[error("{factor} would be {level} times today's level at {time}")]
    Level {
        /// The factor.
        factor: String,
        /// Its level over today's.
        level: f64,
        /// When.
        time: String,
    },
    /// More nodes than a grid may have.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// Levels that do not hold together.
    #[error(transparent)]
    Model(#[from] SimulationError),
}
