//! What a return does to a factor's level.

use super::block::SMALLEST_LEVEL;
use super::factor::FactorKey;
use crate::numeric::{InstructionSet, accumulate, kernel};
use crate::scenario::ReturnKind;

/// How returns become levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Movement {
    /// `level = exp(Σ returns)`.
    Exponential,
    /// `level = 1 + Σ returns`.
    Simple,
    /// `level = Σ changes`.
    Additive,
}

impl Movement {
    pub fn of(key: &FactorKey, returns: ReturnKind) -> Self {
        match (key.is_additive(), returns) {
            (true, _) => Self::Additive,
            (false, ReturnKind::Log) => Self::Exponential,
            (false, ReturnKind::Simple) => Self::Simple,
        }
    }

    /// The level of a logarithm (or additive change).
    pub fn level_of(self, log: f64) -> f64 {
        match self {
            Self::Exponential | Self::Simple => libm::exp(log),
            Self::Additive => log,
        }
    }

    pub fn level_today(self) -> f64 {
        match self {
            Self::Exponential | Self::Simple => 1.0,
            Self::Additive => 0.0,
        }
    }
}

/// Moves one factor's logs and levels by `scale·changes` and the drift of a step.
pub(super) fn move_factor(
    movement: Movement,
    isa: InstructionSet,
    (scale, changes): (f64, &[f64]),
    drift: f64,
    logs: &mut [f64],
    levels: &mut [f64],
) {
    match movement {
        Movement::Exponential => {
            accumulate::accumulate_exponential(isa, scale, changes, drift, logs, levels);
        }
        Movement::Simple => {
            accumulate::accumulate(isa, scale, changes, drift, levels);
            for (log, level) in logs.iter_mut().zip(&*levels) {
                *log = level.max(SMALLEST_LEVEL);
            }
            kernel::ln_in_place(isa, logs);
        }
        Movement::Additive => {
            accumulate::accumulate(isa, scale, changes, drift, logs);
            levels.copy_from_slice(logs);
        }
    }
}
