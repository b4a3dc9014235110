//! Settings of a grid: a risk array of spot and volatility moves.

use serde::{Deserialize, Serialize};

use crate::units::Symbol;

/// Moves of spot and volatility that are tried together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridSettings {
    /// The moves.
    pub axes: GridAxes,
    /// Coins that move; empty: all.
    pub coins: Vec<Symbol>,
}

/// Where the moves of a grid are from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridAxes {
    /// Every spot move with every volatility move, decimals.
    Stated {
        /// Relative moves of spot.
        spot: Vec<f64>,
        /// Relative moves of the 30-day volatility.
        volatility: Vec<f64>,
    },
    /// The scenarios of a venue's portfolio margin, of one of its coins.
    Rules {
        /// Id of the rules, e.g. `span-generic` or `deribit@2024-06-01`.
        rules: String,
        /// The coin whose ranges are taken.
        coin: Symbol,
    },
}
