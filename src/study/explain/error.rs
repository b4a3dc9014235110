//! Why two runs could not be explained.

use crate::document::OutputError;
use crate::engine::{EngineError, RepeatError};

/// Why two runs could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// A run cannot be repeated from its folder.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// Results that cannot be read.
    #[error(transparent)]
    Results(#[from] OutputError),
    /// Not the results of drawn paths.
    #[error(
        "{folder} holds {kind}: only runs that draw their paths can be explained (`plimsoll compare` \
         tells what changed between others)"
    )]
    Kind {
        /// The folder of results.
        folder: String,
        /// What it holds instead.
        kind: String,
    },
    /// Amounts that cannot be subtracted.
    #[error("{} reports in {}, {} in {}: their amounts cannot be compared", .folders[0], .currencies[0], .folders[1], .currencies[1])]
    Currencies {
        /// The folders.
        folders: [String; 2],
        /// Their currencies.
        currencies: [String; 2],
    },
    /// No level of ES in both.
    #[error("the runs measure ES at no common level: {} and {}", .0[0], .0[1])]
    Levels([String; 2]),
    /// A repeated run has other results.
    #[error(transparent)]
    NotReproduced(Box<NotReproduced>),
    /// The inputs of a run, which once made sense together, no longer do.
    #[error("the inputs of {folder} cannot be run again: {reason}")]
    Refused {
        /// The folder of results.
        folder: String,
        /// Why.
        reason: String,
    },
    /// A run gave up.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A run whose inputs give other results than it has.
#[derive(Debug, thiserror::Error)]
#[error(
    "{folder} cannot be reproduced: its {place} is {stored}, and {repeated} when it is run again by \
     this binary, plimsoll {version} (the results are of plimsoll {made_by})"
)]
pub struct NotReproduced {
    /// The folder of results.
    pub folder: String,
    /// The first field that differs.
    pub place: String,
    /// What `result.json` says.
    pub stored: String,
    /// What the run says now.
    pub repeated: String,
    /// Version of this binary.
    pub version: String,
    /// Version that made the results.
    pub made_by: String,
}
