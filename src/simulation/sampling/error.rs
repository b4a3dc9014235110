//! What a sampling scheme cannot do.

/// A scheme that the model, the book or the number of paths does not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// The process is not one the scheme is derived for.
    #[error("{scheme} sampling does not support the process {process}; it supports {supported}")]
    Process {
        /// The scheme.
        scheme: &'static str,
        /// The process.
        process: &'static str,
        /// Processes it supports.
        supported: &'static str,
    },
    /// A Student-t over several calibration intervals has several mixing variables.
    #[error(
        "{scheme} sampling of student_t needs a horizon within one calibration interval of \
         {interval_days} days, found {horizon_days} days"
    )]
    SeveralIntervals {
        /// The scheme.
        scheme: &'static str,
        /// The horizon.
        horizon_days: f64,
        /// The calibration interval.
        interval_days: f64,
    },
    /// Paths that do not fill whole units.
    #[error("{paths} paths are not a multiple of {unit}, {what} of {scheme} sampling")]
    Paths {
        /// The scheme.
        scheme: &'static str,
        /// Paths asked for.
        paths: u64,
        /// What they must be a multiple of.
        unit: u64,
        /// What that is.
        what: &'static str,
    },
    /// More points than a replicate can number.
    #[error("{points} paths a replicate, at most {most}")]
    Points {
        /// Paths a replicate.
        points: u64,
        /// Most.
        most: u64,
    },
    /// More paths than are kept one by one, which weights and units need.
    #[error("{scheme} sampling keeps every path: {paths} paths, at most {most}")]
    TooManyPaths {
        /// The scheme.
        scheme: &'static str,
        /// Paths asked for.
        paths: u64,
        /// Most.
        most: u64,
    },
    /// The delta-gamma loss says nothing.
    #[error(
        "{scheme} sampling aims by the delta-gamma loss of the book, which {fault}; use plain \
         sampling"
    )]
    NoAim {
        /// The scheme.
        scheme: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A scheme read from a damaged plan.
    #[error("the plan's sampling scheme does not fit its model: {0}")]
    Damaged(&'static str),
}
