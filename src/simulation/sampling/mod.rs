//! Sampling schemes: fewer paths for the same answer.
//!
//! Flows in: a fitted model and the book's [`LossExpansion`], at plan time. Flows out: a
//! serialisable [`Sampling`], from which the simulator draws paths as pure functions of their ids,
//! with the likelihood ratio and the control values of each.
//!
//! | scheme | paths | independent units |
//! |---|---|---|
//! | plain | independent draws | 1 path |
//! | antithetic | each draw and its mirror image | 2 paths |
//! | importance | drawn where the delta-gamma loss is large, weighted (GHS 2000, 2002) | 1 path |
//! | stratified | importance, one path in each stratum of the delta-gamma loss | a path a stratum |
//! | control variate | independent draws, with control values of known mean | 1 path |
//! | Sobol | scrambled nets along the directions of largest variance | a replicate |
//!
//! Mechanism: importance, stratified, control variate and Sobol draw the standard normals of the
//! whole horizon first; with several steps a Brownian bridge leads there. They need one scaling of
//! all normals over the horizon: `gbm`, or `student_t` within one calibration interval.
//!
//! Weights are exact likelihood ratios whatever the expansion is worth: a poor one costs paths,
//! never bias. Sources: Glasserman, Heidelberger and Shahabuddin (GHS), Management Science 46
//! (2000) and Mathematical Finance 12 (2002); Owen (1997) for scrambled nets.

mod bridge;
mod controls;
mod error;
mod expansion;
mod fit;
mod horizon;
mod law;
mod memory;
mod scheme;
mod sobol;
mod strata;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use error::SamplingError;
pub use expansion::{LossExpansion, PrincipalQuadratic};
pub use fit::{Aim, SamplingRequest, fit};
pub(super) use memory::SamplingMemory;
pub(super) use scheme::Scheme;

/// A fitted sampling scheme: all a shard needs, nothing to estimate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "snake_case")]
pub enum Sampling {
    /// Independent draws.
    #[default]
    Plain,
    /// Paths 2k and 2k + 1 have opposite returns about the drift, with one mixing variable.
    Antithetic,
    /// Exponential twist of the delta-gamma loss.
    Importance {
        /// The delta-gamma loss.
        quadratic: PrincipalQuadratic,
        /// How far.
        twist: Twist,
    },
    /// The same, with equiprobable strata of the delta-gamma loss under the twist; path id modulo
    /// their number is the stratum.
    Stratified {
        /// The delta-gamma loss.
        quadratic: PrincipalQuadratic,
        /// How far.
        twist: Twist,
        /// Inner ends of the strata, increasing, as values of the twisted quantity (the loss less
        /// the target; of Student-t returns, over the path's variance multiplier).
        bounds: Vec<f64>,
    },
    /// Independent draws with the delta-gamma loss as control.
    ControlVariate {
        /// The delta-gamma loss.
        quadratic: PrincipalQuadratic,
        /// What is controlled for, at each of several thresholds.
        controls: Vec<ControlPair>,
    },
    /// Independent draws given where named factors end.
    Conditional {
        /// The factors, as indices into the model.
        named: Vec<usize>,
        /// Their returns at the horizon, without drift.
        targets: Vec<f64>,
    },
    /// Scrambled Sobol points, one independent scramble a replicate.
    Sobol {
        /// The delta-gamma loss, whose principal directions take the first dimensions.
        quadratic: PrincipalQuadratic,
        /// Paths a replicate: path id over this is the replicate.
        points: u64,
    },
}

/// An exponential twist: the loss it aims at, and its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Twist {
    /// Loss whose neighbourhood is drawn often.
    pub target: f64,
    /// θ ≥ 0, a loss to the power −1.
    pub theta: f64,
}

/// Two controls at one delta-gamma loss: whether it is exceeded, and by how much, at most up to a
/// ceiling; each block gives their values on every path as controls `2i` and `2i + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ControlPair {
    /// Threshold of the delta-gamma loss.
    pub threshold: f64,
    /// P(delta-gamma loss > threshold).
    pub probability: f64,
    /// Delta-gamma loss up to which the excess counts: without end, or the threshold where there
    /// is none to count.
    #[serde(default)]
    pub ceiling: Option<f64>,
    /// E\[(delta-gamma loss − threshold)₊\], no higher than the ceiling's.
    pub excess: f64,
}

impl Sampling {
    /// Number of consecutive paths, counted from id 0, that form one independent unit: means over
    /// units are independent and identically distributed.
    pub fn unit(&self) -> u64 {
        match self {
            Self::Plain
            | Self::Conditional { .. }
            | Self::Importance { .. }
            | Self::ControlVariate { .. } => 1,
            Self::Antithetic => 2,
            Self::Stratified { bounds, .. } => bounds.len() as u64 + 1,
            Self::Sobol { points, .. } => *points,
        }
    }

    /// Whether paths are independent draws that all count the same, without controls.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain | Self::Conditional { .. })
    }

    /// Plain draws of the same law.
    pub fn plainly(&self) -> Self {
        if self.is_plain() { self.clone() } else { Self::Plain }
    }

    /// Whether paths carry likelihood ratios other than one.
    pub fn is_weighted(&self) -> bool {
        matches!(self, Self::Importance { .. } | Self::Stratified { .. })
    }

    /// Exactly known means of the controls, in the order of the block's controls.
    pub fn control_means(&self) -> Vec<f64> {
        match self {
            Self::ControlVariate { controls, .. } => {
                controls.iter().flat_map(|pair| [pair.probability, pair.excess]).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Its name as documents write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Conditional { .. } => "conditional",
            Self::Antithetic => "antithetic",
            Self::Importance { .. } => "importance",
            Self::Stratified { .. } => "stratified",
            Self::ControlVariate { .. } => "control_variate",
            Self::Sobol { .. } => "sobol",
        }
    }
}
