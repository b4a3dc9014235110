//! How a run to a stated precision ended.

use serde::{Deserialize, Serialize};

/// Why a run took as many paths as it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    /// Half-width asked for: of the 95 % intervals of VaR and ES at every level, as a fraction of
    /// the figure.
    pub precision: f64,
    /// Whether it was reached; otherwise the most paths allowed ended the run.
    pub reached: bool,
    /// Where the run looked, in order; the last is where it stopped.
    pub checkpoints: Vec<Checkpoint>,
}

/// One look at the precision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Paths run by then.
    pub paths: u64,
    /// Widest half-width over all figures, as a fraction of its figure; `None` about zero.
    pub relative_half_width: Option<f64>,
    /// The figure it belongs to, e.g. `ES 99 %`.
    pub measure: String,
}
