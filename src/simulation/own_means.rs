//! What a process adds by itself to a factor's mean, to be taken off by the drift.

use std::collections::BTreeMap;

use super::FactorModel;
use super::compensator::mixed_log_mean;
use super::elliptical::variance_time_laws;
use super::grid::Segment;
use super::historical_means::{bootstrap_log_means, filtered_log_means};
use super::merton::exponential_growth;
use super::mixing::DiscreteLaw;
use super::movement::Movement;
use super::process::Process;

/// Work shared by the factors of a model.
pub(super) struct OwnMeans<'a> {
    model: &'a FactorModel,
    segments: Vec<Vec<Segment>>,
    /// Laws of the variance time at each node, by the bits of ν.
    laws: BTreeMap<u64, Vec<DiscreteLaw>>,
}

impl<'a> OwnMeans<'a> {
    pub fn new(model: &'a FactorModel) -> Self {
        Self { model, segments: model.grid.segments(), laws: BTreeMap::new() }
    }

    /// At each node `ln E[e^X]` for log-returns, `E[X]` for simple returns and additive changes.
    pub fn of(&mut self, factor: usize) -> Vec<f64> {
        let item = &self.model.factors[factor];
        let nodes = self.model.grid.node_count();
        if item.volatility == 0.0 {
            return vec![0.0; nodes];
        }
        match Movement::of(&item.key, self.model.returns) {
            Movement::Exponential => self.exponential(factor),
            Movement::Simple => self.per_year(self.mean_jump(factor)),
            Movement::Additive => vec![0.0; nodes],
        }
    }

    /// Laws of the variance time at each node, for mixing with `degrees_of_freedom`.
    pub fn laws(&mut self, degrees_of_freedom: f64) -> &[DiscreteLaw] {
        let grid = &self.model.grid;
        let laws = || variance_time_laws(grid, degrees_of_freedom);
        self.laws.entry(degrees_of_freedom.to_bits()).or_insert_with(laws)
    }

    fn exponential(&mut self, factor: usize) -> Vec<f64> {
        let model = self.model;
        let volatility = model.factors[factor].volatility;
        let deviation = volatility * model.grid.calibration_interval.get().sqrt();
        match &model.process {
            Process::Gbm => self.per_year(0.5 * volatility * volatility),
            Process::StudentT { degrees_of_freedom, truncation } => {
                self.truncated(volatility, *degrees_of_freedom, *truncation)
            }
            Process::TCopula { marginals, truncation, .. } => {
                self.truncated(volatility, marginals[factor], *truncation)
            }
            Process::Merton { common, own } => {
                let jumps = if model.jumps(factor) {
                    exponential_growth(common) + exponential_growth(own)
                } else {
                    0.0
                };
                let diffusive = volatility * volatility - model.jump_variance(factor);
                self.per_year(0.5 * diffusive + jumps)
            }
            Process::Bootstrap { restart, history } => {
                bootstrap_log_means(history.factor(factor), deviation, *restart, &self.segments)
            }
            // Levels are stated, with their means.
            Process::Historical { .. } => vec![0.0; model.grid.node_count()],
            Process::FilteredHistorical { filters, history } => filtered_log_means(
                history.factor(factor),
                deviation,
                &filters[factor],
                &self.segments,
            ),
        }
    }

    fn truncated(&mut self, volatility: f64, degrees_of_freedom: f64, bound: f64) -> Vec<f64> {
        let laws = self.laws(degrees_of_freedom);
        laws.iter().map(|law| mixed_log_mean(volatility, law, bound)).collect()
    }

    fn per_year(&self, rate: f64) -> Vec<f64> {
        self.model.grid.nodes.iter().map(|node| rate * node.get()).collect()
    }

    /// Mean a year of jumps under simple returns.
    fn mean_jump(&self, factor: usize) -> f64 {
        match &self.model.process {
            Process::Merton { common, own } if self.model.jumps(factor) => {
                common.intensity * common.mean + own.intensity * own.mean
            }
            _ => 0.0,
        }
    }
}
