//! The closed set of processes with their fitted parameters.

use serde::{Deserialize, Serialize};

use super::error::SimulationError;

/// Parameters of the joint process; correlations are in the model's triangular factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "process", rename_all = "snake_case")]
pub enum Process {
    /// Correlated geometric Brownian motion.
    Gbm,
    /// Multivariate Student-t: one mixing variable a calibration interval for all factors and
    /// steps. Its covariance is the model's: the scale is `(ν−2)/ν` of it.
    StudentT {
        /// Degrees of freedom ν, above 2.
        degrees_of_freedom: f64,
        /// Bound on a factor's cumulative log-return; not applied to simple returns.
        truncation: f64,
    },
}

impl Process {
    /// Its name as documents write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::StudentT { .. } => "student_t",
        }
    }

    /// The bound on log-returns, where there is one.
    pub fn truncation(&self) -> Option<f64> {
        match self {
            Self::StudentT { truncation, .. } => Some(*truncation),
            Self::Gbm => None,
        }
    }

    pub(super) fn with_truncation(&self, bound: f64) -> Option<Self> {
        let mut process = self.clone();
        match &mut process {
            Self::StudentT { truncation, .. } => *truncation = bound,
            Self::Gbm => return None,
        }
        Some(process)
    }

    pub(super) fn scaled_jumps(&self, _factor: f64) -> Self {
        self.clone()
    }

    pub(super) fn check(&self, _factor_count: usize) -> Result<(), SimulationError> {
        match self {
            Self::Gbm => Ok(()),
            Self::StudentT { degrees_of_freedom, truncation } => {
                check_degrees_of_freedom("process", *degrees_of_freedom)?;
                check_truncation(*truncation)
            }
        }
    }
}

/// Degrees of freedom beyond which a t is a normal for every purpose here.
pub const DEGREES_OF_FREEDOM_MAX: f64 = 1e4;

fn check_degrees_of_freedom(of: &str, found: f64) -> Result<(), SimulationError> {
    if found > 2.0 && found <= DEGREES_OF_FREEDOM_MAX {
        Ok(())
    } else {
        Err(SimulationError::DegreesOfFreedom { of: of.to_owned(), found })
    }
}

fn check_truncation(found: f64) -> Result<(), SimulationError> {
    if found > 0.0 && found <= TRUNCATION_MAX {
        Ok(())
    } else {
        Err(SimulationError::Truncation(found))
    }
}

/// Largest bound on a log-return: beyond it means are sums of events nobody simulates.
pub const TRUNCATION_MAX: f64 = 20.0;
