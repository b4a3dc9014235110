//! Plain results of ES by liquidity horizons.

use serde::{Deserialize, Serialize};

use super::measures::Measure;

/// ES of factors that take longer to get out of than the simulation lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiquidityHorizons {
    /// ES over all horizons, with its error.
    pub expected_shortfall: Measure,
    /// The base horizon: that of the simulation, in years.
    pub base_years: f64,
    /// Horizons, shortest first; the squares of `scaled` sum to that of the figure.
    pub buckets: Vec<LiquidityBucket>,
    /// What was assumed.
    pub notes: Vec<String>,
}

/// Factors of one liquidity horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiquidityBucket {
    /// LH_j, in years.
    pub horizon_years: f64,
    /// Factors of this horizon, in model order.
    pub factors: Vec<String>,
    /// Factors that move in its ES: those of this horizon and of longer ones.
    pub moving: usize,
    /// ES(P,j): ES over the base horizon with those factors alone moving.
    pub expected_shortfall: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// √((LH_j − LH_{j−1})/T); one of the base.
    pub scale: f64,
    /// `scale · ES(P,j)`.
    pub scaled: f64,
    /// Its square as a share of the square of the figure.
    pub share: f64,
}
