//! The fitted factor model: everything a shard needs to draw paths, and nothing to estimate.
//!
//! A factor's volatility is the *total* annual standard deviation of its return. Where a process
//! jumps, its diffusion has what the jumps leave of the variance.

use serde::{Deserialize, Serialize};

use super::compensator::truncation_probability;
use super::elliptical::variance_time_laws;
use super::error::SimulationError;
use super::factor::{Factor, FactorKey};
use super::grid::TimeGrid;
use super::process::Process;
use super::simulator::applied_truncation;
use crate::scenario::ReturnKind;

/// A fitted, serialisable model of all factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorModel {
    /// Factors in matrix order.
    pub factors: Vec<Factor>,
    /// Log or simple returns.
    pub returns: ReturnKind,
    /// The nodes.
    pub grid: TimeGrid,
    /// Lower triangular factor of the correlation matrix, row-major, n × n.
    pub correlation_factor: Vec<f64>,
    /// The process.
    pub process: Process,
}

impl FactorModel {
    /// Index of a factor.
    pub fn index(&self, key: &FactorKey) -> Option<usize> {
        self.factors.iter().position(|factor| &factor.key == key)
    }

    /// The same model with every factor's standard deviation times `factor`, jumps included.
    pub fn scaled_volatility(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        for item in &mut scaled.factors {
            item.volatility *= factor;
        }
        scaled.process = self.process.scaled_jumps(factor);
        scaled
    }

    /// The same model with another bound on log-returns, to measure what the bound does to ES;
    /// `None` where the process has no bound.
    pub fn with_truncation(&self, bound: f64) -> Option<Self> {
        let process = self.process.with_truncation(bound)?;
        Some(Self { process, ..self.clone() })
    }

    /// Probability that each factor's log-return at the horizon is held at the process's bound;
    /// zeros where there is no bound.
    pub fn truncation_probabilities(&self) -> Vec<f64> {
        match (&self.process, applied_truncation(self)) {
            (Process::StudentT { degrees_of_freedom, truncation }, Some(_)) => {
                let laws = variance_time_laws(&self.grid, *degrees_of_freedom);
                let Some(law) = laws.last() else { return Vec::new() };
                let held =
                    |item: &Factor| truncation_probability(item.volatility, law, *truncation);
                self.factors.iter().map(held).collect()
            }
            _ => vec![0.0; self.factors.len()],
        }
    }

    /// Correlation of two factors' diffusive parts, from the triangular factor.
    pub fn correlation(&self, first: usize, second: usize) -> f64 {
        let n = self.factors.len();
        let row = |index: usize| &self.correlation_factor[index * n..(index + 1) * n];
        row(first).iter().zip(row(second)).map(|(a, b)| a * b).sum()
    }

    /// Checks a model that was read instead of fitted.
    pub(super) fn check(&self) -> Result<(), SimulationError> {
        self.grid.check()?;
        let n = self.factors.len();
        if self.correlation_factor.len() != n * n {
            let found = self.correlation_factor.len();
            return Err(SimulationError::MatrixShape { found, expected: n * n });
        }
        self.check_numbers()?;
        self.process.check(n)
    }

    fn check_numbers(&self) -> Result<(), SimulationError> {
        let nodes = self.grid.node_count();
        for factor in &self.factors {
            let name = || factor.key.to_string();
            if !factor.volatility.is_finite() || factor.volatility < 0.0 {
                let volatility = factor.volatility;
                return Err(SimulationError::Volatility { factor: name(), volatility });
            }
            let finite = factor.log_mean.iter().all(|mean| mean.is_finite());
            if factor.log_mean.len() != nodes || !finite {
                return Err(SimulationError::LogMean { factor: name(), nodes });
            }
        }
        match self.correlation_factor.iter().position(|entry| !entry.is_finite()) {
            Some(entry) => Err(SimulationError::MatrixEntry { entry }),
            None => Ok(()),
        }
    }
}
