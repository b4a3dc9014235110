//! What can go wrong in an estimate, with the culprit and the mend.

/// An estimate that cannot be made from the data given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimationError {
    /// Not enough returns.
    #[error("{what}: {found} observations, at least {needed} needed")]
    TooFewObservations {
        /// What was to be estimated.
        what: String,
        /// Observations found.
        found: usize,
        /// Observations needed.
        needed: usize,
    },
    /// A return that is NaN or infinite.
    #[error("{what}: observation {index} is not a finite number")]
    NotFinite {
        /// What was to be estimated.
        what: String,
        /// Position in the series, from 0.
        index: usize,
    },
    /// A series that does not move.
    #[error("{what}: the series does not vary, so nothing can be standardised by it")]
    NoVariation {
        /// What was to be estimated.
        what: String,
    },
    /// A setting outside its range.
    #[error("{setting} is {found}, expected {expected}")]
    InvalidSetting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Series of different lengths given as one panel.
    #[error("series {series} has {found} dates where the first has {expected}")]
    UnevenPanel {
        /// Index of the series.
        series: usize,
        /// Its length.
        found: usize,
        /// Length of the first.
        expected: usize,
    },
    /// A likelihood whose maximum was not found.
    #[error("{what}: no maximum of the likelihood found after {evaluations} evaluations")]
    NotConverged {
        /// What was to be fitted.
        what: &'static str,
        /// Evaluations spent.
        evaluations: usize,
    },
    /// A GARCH fit without a finite long-run variance.
    #[error(
        "GARCH(1,1): alpha {alpha:.4} + beta {beta:.4} is not below 1, so variance has no long-run \
         level; allow integrated fits, or use EWMA"
    )]
    Integrated {
        /// Weight of the last squared residual.
        alpha: f64,
        /// Weight of the last variance.
        beta: f64,
    },
    /// A matrix a density cannot be written with.
    #[error("{what}: the correlation matrix is not positive definite")]
    NotPositiveDefinite {
        /// What was to be fitted.
        what: &'static str,
    },
}
