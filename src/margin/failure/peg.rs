//! A stablecoin whose peg jumps, more likely when prices have fallen.

use super::{Hazard, ShareLaw, strikes};

/// How a peg breaks: at most once on a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PegBreak {
    /// When, by the drawdown of the main coins; so the break comes jointly with their fall.
    pub hazard: Hazard,
    /// Share of its price that the coin loses.
    pub fall: ShareLaw,
}

/// What a peg is worth on a path, over what the model says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PegState {
    /// 1 until it breaks.
    pub factor: f64,
}

impl Default for PegState {
    fn default() -> Self {
        Self { factor: 1.0 }
    }
}

/// No coin falls below this share of its price: its logarithm stays finite.
const FACTOR_LEAST: f64 = 1e-9;

impl PegState {
    /// Whether it has broken.
    pub fn is_broken(&self) -> bool {
        self.factor != 1.0
    }
}

impl PegBreak {
    /// Breaks the peg in a step, where it has not broken, by one uniform for whether and one for
    /// how far; returns whether it broke now. `hazard` is that of the step, by
    /// [`Hazard::fill_step`].
    pub fn step(&self, hazard: f64, uniforms: [f64; 2], state: &mut PegState) -> bool {
        if state.is_broken() || !strikes(hazard, uniforms[0]) {
            return false;
        }
        state.factor = (1.0 - self.fall.draw(uniforms[1])).max(FACTOR_LEAST);
        state.is_broken()
    }
}
