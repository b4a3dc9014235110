//! The closed set of processes with their fitted parameters.

use serde::{Deserialize, Serialize};

use super::error::SimulationError;
use super::factor::Factor;
use super::historical::{DateShocks, VarianceFilter};
use super::replay::ReplayedPaths;
use crate::scenario::JumpSettings;

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
    /// Student-t copula with Student-t marginals of their own, of unit variance. The model's
    /// matrix is the copula's.
    TCopula {
        /// Degrees of freedom of the copula, above 2.
        degrees_of_freedom: f64,
        /// Degrees of freedom of each factor's marginal, above 2, in factor order.
        marginals: Vec<f64>,
        /// Bound on a factor's cumulative log-return; not applied to simple returns.
        truncation: f64,
    },
    /// Diffusion with common and own jumps of the spot factors (Merton 1976).
    Merton {
        /// Jumps that hit all spot factors at once.
        common: JumpSettings,
        /// Jumps of each spot factor alone.
        own: JumpSettings,
    },
    /// Stationary bootstrap of whole dates (Politis & Romano 1994).
    Bootstrap {
        /// Probability that an interval starts a new block: one over the mean block length.
        restart: f64,
        /// Moves by date.
        history: DateShocks,
    },
    /// Filtered historical simulation (Barone-Adesi, Giannopoulos & Vosper 1999).
    FilteredHistorical {
        /// Variance recursion of each factor, in factor order.
        filters: Vec<VarianceFilter>,
        /// Standardised residuals by date.
        history: DateShocks,
    },
    /// Replayed, not drawn: the moves of a window of history on today's levels.
    Historical {
        /// Levels of every path.
        paths: ReplayedPaths,
    },
}

/// Degrees of freedom beyond which a t is a normal for every purpose here.
pub const DEGREES_OF_FREEDOM_MAX: f64 = 1e4;
/// Largest bound on a log-return: beyond it means are sums of events nobody simulates.
pub const TRUNCATION_MAX: f64 = 20.0;
/// Most jumps a year.
pub const INTENSITY_MAX: f64 = 1e4;

impl Process {
    /// Its name as documents write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::StudentT { .. } => "student_t",
            Self::TCopula { .. } => "t_copula",
            Self::Merton { .. } => "merton",
            Self::Bootstrap { .. } => "bootstrap",
            Self::FilteredHistorical { .. } => "filtered_historical",
            Self::Historical { .. } => "historical",
        }
    }

    /// The bound on log-returns, where there is one.
    pub fn truncation(&self) -> Option<f64> {
        match self {
            Self::StudentT { truncation, .. } | Self::TCopula { truncation, .. } => {
                Some(*truncation)
            }
            _ => None,
        }
    }

    /// Degrees of freedom of a factor's returns over one interval, where they are t.
    pub fn marginal_degrees_of_freedom(&self, factor: usize) -> Option<f64> {
        match self {
            Self::StudentT { degrees_of_freedom, .. } => Some(*degrees_of_freedom),
            Self::TCopula { marginals, .. } => marginals.get(factor).copied(),
            _ => None,
        }
    }

    pub(super) fn with_truncation(&self, bound: f64) -> Option<Self> {
        let mut process = self.clone();
        match &mut process {
            Self::StudentT { truncation, .. } | Self::TCopula { truncation, .. } => {
                *truncation = bound;
                Some(process)
            }
            _ => None,
        }
    }

    /// Jump sizes times `factor`; everything else is in units of the factors' volatilities.
    pub(super) fn scaled_jumps(&self, factor: f64) -> Self {
        let scaled = |jumps: &JumpSettings| JumpSettings {
            intensity: jumps.intensity,
            mean: jumps.mean * factor,
            deviation: jumps.deviation * factor,
        };
        match self {
            Self::Merton { common, own } => {
                Self::Merton { common: scaled(common), own: scaled(own) }
            }
            other => other.clone(),
        }
    }

    pub(super) fn check(&self, factors: &[Factor]) -> Result<(), SimulationError> {
        match self {
            Self::Gbm => Ok(()),
            Self::StudentT { degrees_of_freedom, truncation } => {
                check_degrees_of_freedom("student_t", *degrees_of_freedom)?;
                check_truncation(*truncation)
            }
            Self::TCopula { degrees_of_freedom, marginals, truncation } => {
                check_degrees_of_freedom("t_copula", *degrees_of_freedom)?;
                check_count("marginals", marginals.len(), factors.len())?;
                for (factor, degrees_of_freedom) in factors.iter().zip(marginals) {
                    check_degrees_of_freedom(&factor.key.to_string(), *degrees_of_freedom)?;
                }
                check_truncation(*truncation)
            }
            Self::Merton { common, own } => {
                check_jumps("common", common)?;
                check_jumps("own", own)
            }
            Self::Bootstrap { restart, history } => {
                check_history(history, factors.len())?;
                let valid = *restart > 0.0 && *restart <= 1.0;
                valid.then_some(()).ok_or(SimulationError::Restart(*restart))
            }
            Self::FilteredHistorical { filters, history } => {
                check_history(history, factors.len())?;
                check_count("variance filters", filters.len(), factors.len())?;
                factors.iter().zip(filters).try_for_each(check_filter)
            }
            // Its numbers are counted against the grid, by the model.
            Self::Historical { .. } => Ok(()),
        }
    }
}

fn check_count(what: &'static str, found: usize, expected: usize) -> Result<(), SimulationError> {
    if found == expected { Ok(()) } else { Err(SimulationError::Count { what, found, expected }) }
}

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

fn check_jumps(which: &'static str, jumps: &JumpSettings) -> Result<(), SimulationError> {
    let intensity = (0.0..=INTENSITY_MAX).contains(&jumps.intensity);
    let mean = jumps.mean.abs() <= TRUNCATION_MAX;
    let deviation = (0.0..=TRUNCATION_MAX).contains(&jumps.deviation);
    if intensity && mean && deviation {
        Ok(())
    } else {
        let JumpSettings { intensity, mean, deviation } = *jumps;
        Err(SimulationError::Jumps { which, intensity, mean, deviation })
    }
}

fn check_history(history: &DateShocks, factors: usize) -> Result<(), SimulationError> {
    let expected = history.dates.checked_mul(factors);
    if history.dates < 2 || Some(history.shocks.len()) != expected {
        let (dates, found) = (history.dates, history.shocks.len());
        return Err(SimulationError::History { dates, found, factors });
    }
    match history.shocks.iter().position(|shock| !shock.is_finite()) {
        Some(entry) => Err(SimulationError::HistoryEntry { entry }),
        None => Ok(()),
    }
}

fn check_filter((factor, filter): (&Factor, &VarianceFilter)) -> Result<(), SimulationError> {
    let VarianceFilter { omega, alpha, beta, cap } = *filter;
    let weights = [omega, alpha, beta].iter().all(|weight| *weight >= 0.0 && weight.is_finite());
    if weights && omega + alpha + beta > 0.0 && cap >= 1.0 && cap.is_finite() {
        Ok(())
    } else {
        let factor = factor.key.to_string();
        Err(SimulationError::Filter { factor, omega, alpha, beta, cap })
    }
}
