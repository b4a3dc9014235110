//! What can be wrong with a model that is to be simulated.

use super::grid::GridError;

/// A model that cannot be simulated; fitted models never are.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// The grid is not one.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The triangular factor has the wrong size.
    #[error("correlation factor has {found} entries, expected {expected}")]
    MatrixShape {
        /// Entries found.
        found: usize,
        /// Factors squared.
        expected: usize,
    },
    /// The triangular factor has an entry that is not a number.
    #[error("entry {entry} of the correlation factor is not a finite number")]
    MatrixEntry {
        /// Row-major position.
        entry: usize,
    },
    /// A volatility that is negative or not a number.
    #[error("{factor}: volatility {volatility} is not a number from zero up")]
    Volatility {
        /// The factor.
        factor: String,
        /// Its volatility.
        volatility: f64,
    },
    /// Means that do not fit the grid.
    #[error("{factor}: expected {nodes} finite means, one a node")]
    LogMean {
        /// The factor.
        factor: String,
        /// Nodes of the grid.
        nodes: usize,
    },
    /// Degrees of freedom without a variance.
    #[error(
        "{of}: {found} degrees of freedom; expected above 2 (else there is no variance) and at \
         most 10000 (else use the normal)"
    )]
    DegreesOfFreedom {
        /// The process or the factor.
        of: String,
        /// Value found.
        found: f64,
    },
    /// A bound on log-returns that is none.
    #[error("truncation {0}, expected a log-return above 0 and at most 20")]
    Truncation(f64),
}
