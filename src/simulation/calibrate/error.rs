//! What can be wrong when a model is fitted, with the culprit and the mend.

use crate::estimation::EstimationError;
use crate::numeric::matrix::MatrixError;
use crate::simulation::SimulationError;
use crate::simulation::factor::UnknownFactor;
use crate::simulation::grid::GridError;

/// A model that cannot be fitted from the settings and the market given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// A name in the settings that is no factor's.
    #[error(transparent)]
    UnknownFactor(#[from] UnknownFactor),
    /// The nodes are no grid.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The fitted model does not hold together.
    #[error(transparent)]
    Model(#[from] SimulationError),
    /// A spot factor whose volatility nobody gave.
    #[error(
        "{factor}: no volatility: state one under stated volatilities, or give the market a price \
         history with {symbol}"
    )]
    NoVolatility {
        /// The factor.
        factor: String,
        /// The coin without a history.
        symbol: String,
    },
    /// A stated number outside its range.
    #[error("{what} is {found}, expected {expected}")]
    InvalidSetting {
        /// What was stated.
        what: String,
        /// Its value.
        found: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A factor stated twice.
    #[error("{factor} is stated twice in {list}")]
    StatedTwice {
        /// The factor.
        factor: String,
        /// The list.
        list: &'static str,
    },
    /// A stated matrix whose shape does not fit its names.
    #[error("stated correlation matrix: {found} {what}, expected {expected}, one a named factor")]
    MatrixShape {
        /// Rows, or the entries of a row.
        what: String,
        /// Number found.
        found: usize,
        /// Number of names.
        expected: usize,
    },
    /// A stated matrix that is no correlation matrix.
    #[error("stated correlation matrix, {row} against {column}: {found}, expected {expected}")]
    MatrixEntry {
        /// Factor of the row.
        row: String,
        /// Factor of the column.
        column: String,
        /// Entry found.
        found: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A matrix with a negative eigenvalue.
    #[error(
        "correlation matrix ({source_of_matrix}) is not positive semidefinite: smallest eigenvalue \
         {smallest_eigenvalue:.3e}; correct it, or opt into projection to the nearest one"
    )]
    NotPositiveSemidefinite {
        /// Where the matrix came from.
        source_of_matrix: String,
        /// Its smallest eigenvalue.
        smallest_eigenvalue: f64,
    },
    /// A projection farther than the user accepts.
    #[error(
        "the nearest correlation matrix is {distance:.4} away (Frobenius), more than the accepted \
         {distance_max}: the matrix is not merely rounded"
    )]
    ProjectionTooFar {
        /// Distance found.
        distance: f64,
        /// Distance accepted.
        distance_max: f64,
    },
    /// Another fault of the correlation matrix, or a projection that did not converge.
    #[error("correlation matrix: {0}")]
    Matrix(#[from] MatrixError),
    /// An estimate that failed.
    #[error("{factor}: {error}")]
    Estimation {
        /// The factor, or what was fitted.
        factor: String,
        /// Why.
        error: EstimationError,
    },
    /// A factor without a history under a process that draws from history.
    #[error(
        "{factor}: no history to draw from; supply one, hold the factor constant by stating a \
         volatility of 0, or choose a process with parameters"
    )]
    NoHistory {
        /// The factor.
        factor: String,
    },
    /// A stress window that the history does not cover.
    #[error("the stress window from {from} to {to} lies outside the data: {history}")]
    StressWindow {
        /// First close asked for.
        from: String,
        /// Last close.
        to: String,
        /// What there is.
        history: String,
    },
    /// Correlations moved toward one under a process that draws whole dates.
    #[error(
        "a process that draws whole dates of history has no correlation matrix to move toward one; \
         choose a process with parameters, or add `fat_tails = true`"
    )]
    CorrelationIdle,
    /// A process parameter that is to be fitted without a history.
    #[error("{what} is not stated, and there is no history to fit it to")]
    NothingToFit {
        /// The parameter.
        what: &'static str,
    },
}

impl CalibrationError {
    /// Attaches what was being fitted.
    pub(super) fn estimating(what: impl ToString) -> impl FnOnce(EstimationError) -> Self {
        move |error| Self::Estimation { factor: what.to_string(), error }
    }
}
