//! The fitted factor model: everything a shard needs to draw paths, and nothing to estimate.
//!
//! A factor's volatility is the *total* annual standard deviation of its return. Where a process
//! jumps, its diffusion has what the jumps leave of the variance.

use serde::{Deserialize, Serialize};

use super::block::SMALLEST_LEVEL;
use super::compensator::truncation_probability;
use super::error::SimulationError;
use super::factor::{Factor, FactorKey};
use super::grid::TimeGrid;
use super::merton::jump_variance;
use super::movement::Movement;
use super::own_means::OwnMeans;
use super::process::Process;
use super::replay::ReplayedPaths;
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

    /// The model with some factors held at today's levels.
    #[must_use]
    pub fn holding(&self, held: &[bool]) -> Self {
        let mut model = self.clone();
        for (factor, _) in model.factors.iter_mut().zip(held).filter(|(_, held)| **held) {
            factor.volatility = 0.0;
            factor.log_mean.fill(0.0);
        }
        model
    }

    /// Whether logarithms of prices are Brownian motions between nodes, given the mixing variable of
    /// their interval where there is one.
    pub fn prices_diffuse(&self) -> bool {
        let diffuses = matches!(self.process, Process::Gbm | Process::StudentT { .. });
        diffuses && self.returns == ReturnKind::Log
    }

    /// The paths that are replayed, where they are not drawn.
    pub fn replayed(&self) -> Option<&ReplayedPaths> {
        match &self.process {
            Process::Historical { paths } => Some(paths),
            _ => None,
        }
    }

    /// Log and level (see [`FactorBlock`](super::FactorBlock)) of a factor after a return of
    /// `change` from today.
    pub fn moved(&self, factor: usize, change: f64) -> (f64, f64) {
        match Movement::of(&self.factors[factor].key, self.returns) {
            Movement::Additive => (change, change),
            Movement::Exponential => (change, libm::exp(change)),
            Movement::Simple => {
                let level = 1.0 + change;
                (libm::log(level.max(SMALLEST_LEVEL)), level)
            }
        }
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

    /// The same model with no factor's standard deviation below its floor: one a factor, zero for
    /// none. Jumps stay.
    #[must_use]
    pub fn with_volatilities_at_least(&self, floors: &[f64]) -> Self {
        let mut floored = self.clone();
        for (item, floor) in floored.factors.iter_mut().zip(floors) {
            item.volatility = item.volatility.max(*floor);
        }
        floored
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
        let mut means = OwnMeans::new(self);
        (0..self.factors.len())
            .map(|factor| self.truncation_probability(factor, &mut means))
            .collect()
    }

    fn truncation_probability(&self, factor: usize, means: &mut OwnMeans) -> f64 {
        let degrees_of_freedom = self.process.marginal_degrees_of_freedom(factor);
        let (Some(bound), Some(nu)) = (applied_truncation(self), degrees_of_freedom) else {
            return 0.0;
        };
        let volatility = self.factors[factor].volatility;
        means.laws(nu).last().map_or(0.0, |law| truncation_probability(volatility, law, bound))
    }

    /// Whether a factor jumps: under Merton the spot factors that move.
    pub(super) fn jumps(&self, factor: usize) -> bool {
        let item = &self.factors[factor];
        matches!(self.process, Process::Merton { .. })
            && matches!(item.key, FactorKey::Spot(_))
            && item.volatility > 0.0
    }

    /// Variance a year that a factor owes to jumps.
    pub(super) fn jump_variance(&self, factor: usize) -> f64 {
        match &self.process {
            Process::Merton { common, own } if self.jumps(factor) => {
                jump_variance(common) + jump_variance(own)
            }
            _ => 0.0,
        }
    }

    /// Correlation of two factors' total returns over an interval, jumps included: the model's
    /// matrix except under Merton, where own jumps lower and the mean common jump raises it.
    pub fn total_correlation(&self, first: usize, second: usize) -> f64 {
        let diffusive = self.correlation(first, second);
        let (Process::Merton { common, .. }, true, true) =
            (&self.process, self.jumps(first), self.jumps(second))
        else {
            return diffusive;
        };
        if first == second {
            return 1.0;
        }
        let volatility = |factor: usize| self.factors[factor].volatility;
        let rest = |factor| {
            (volatility(factor) * volatility(factor) - self.jump_variance(factor)).max(0.0).sqrt()
        };
        let sizes = common.intensity * common.deviation * common.deviation;
        let covariance = diffusive * (rest(first) * rest(second) + sizes)
            + common.intensity * common.mean * common.mean;
        covariance / (volatility(first) * volatility(second))
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
        self.process.check(&self.factors)?;
        if let Some(paths) = self.replayed().filter(|one| !one.holds(self.grid.node_count(), n)) {
            let found = paths.levels.len();
            return Err(SimulationError::Replayed {
                found,
                nodes: self.grid.node_count(),
                factors: n,
            });
        }
        (0..n).try_for_each(|factor| self.check_jumps(factor))
    }

    fn check_jumps(&self, factor: usize) -> Result<(), SimulationError> {
        let volatility = self.factors[factor].volatility;
        let jump_volatility = self.jump_variance(factor).sqrt();
        if jump_volatility <= volatility {
            return Ok(());
        }
        let factor = self.factors[factor].key.to_string();
        Err(SimulationError::JumpsExceedVolatility { factor, volatility, jump_volatility })
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
