//! Settings of a stressed estimation: what is made worse than the history says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is made worse before paths are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StressedSettings {
    /// The window of history that volatilities, correlations and tails are estimated from; `None`:
    /// the whole history, as the other settings say.
    pub window: Option<StressWindow>,
    /// How far correlations are moved toward one, θ in [0, 1].
    pub correlation_toward_one: f64,
    /// Every volatility times this.
    pub volatility_multiplier: f64,
    /// Most degrees of freedom of returns, which become Student-t where they are not; `None`: tails
    /// as the process has them.
    pub degrees_of_freedom: Option<f64>,
}

/// A window of history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StressWindow {
    /// First close.
    pub from: Timestamp,
    /// Last close, after `from`.
    pub to: Timestamp,
}
