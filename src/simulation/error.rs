//! What can be wrong with a model that is to be simulated.

use super::grid::GridError;
use super::sampling::SamplingError;

/// A model that cannot be simulated; fitted models never are.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// The grid is not one.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The sampling scheme is not the model's.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
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
    /// Replayed levels that do not fit grid and factors, or are no numbers.
    #[error(
        "{found} replayed levels, expected finite ones for {nodes} nodes and {factors} factors"
    )]
    Replayed {
        /// Levels found.
        found: usize,
        /// Nodes.
        nodes: usize,
        /// Factors.
        factors: usize,
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
    /// A list with the wrong number of entries.
    #[error("{found} {what}, expected {expected}, one a factor")]
    Count {
        /// What the list holds.
        what: &'static str,
        /// Entries found.
        found: usize,
        /// Factors.
        expected: usize,
    },
    /// Jump parameters outside their range.
    #[error(
        "{which} jumps: intensity {intensity}, mean {mean}, deviation {deviation}; expected an \
         intensity in [0, 10000] a year, a mean log jump in [-20, 20] and a deviation in [0, 20]"
    )]
    Jumps {
        /// Common or own.
        which: &'static str,
        /// Jumps a year.
        intensity: f64,
        /// Mean log jump.
        mean: f64,
        /// Standard deviation of the log jump.
        deviation: f64,
    },
    /// Jumps that alone move a factor more than its volatility says.
    #[error(
        "{factor}: jumps alone have an annual volatility of {jump_volatility:.4}, more than the \
         factor's total volatility {volatility:.4}; state a higher volatility, or fewer or smaller \
         jumps"
    )]
    JumpsExceedVolatility {
        /// The factor.
        factor: String,
        /// Its total volatility.
        volatility: f64,
        /// `√(λ(m² + s²))` of common and own jumps.
        jump_volatility: f64,
    },
    /// A block restart probability that is none.
    #[error("probability {0} of starting a new block, expected one in (0, 1]")]
    Restart(f64),
    /// Date moves of the wrong shape.
    #[error("{found} moves on {dates} dates for {factors} factors; expected at least two dates")]
    History {
        /// Dates.
        dates: usize,
        /// Moves found.
        found: usize,
        /// Factors.
        factors: usize,
    },
    /// A date move that is not a number.
    #[error("move {entry} of the history is not a finite number")]
    HistoryEntry {
        /// Position in `[factor][date]`.
        entry: usize,
    },
    /// A variance recursion that is none.
    #[error(
        "{factor}: variance filter omega {omega}, alpha {alpha}, beta {beta}, cap {cap}; expected \
         weights from zero up, not all zero, and a cap of at least one"
    )]
    Filter {
        /// The factor.
        factor: String,
        /// Constant.
        omega: f64,
        /// Weight of the squared move.
        alpha: f64,
        /// Weight of the variance.
        beta: f64,
        /// Largest variance over today's.
        cap: f64,
    },
}
