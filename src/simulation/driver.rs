//! The compiled process: fills a step's returns, matched once a block.

use super::FactorModel;
use super::compensator;
use super::correlated::{CorrelatedNormals, Draw};
use super::elliptical::{self, Gaussian, StudentT};
use super::movement::Movement;
use super::process::Process;
use super::scratch::SimulationScratch;
use super::simulator::applied_truncation;
use crate::numeric::Purpose;

/// A process compiled for one grid.
#[derive(Debug, Clone)]
pub(super) struct Driver {
    normals: CorrelatedNormals,
    /// Annual volatility of each drawn factor.
    volatilities: Vec<f64>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Gaussian(Gaussian),
    StudentT(StudentT),
}

impl Driver {
    pub fn new(model: &FactorModel, drawn: &[usize]) -> Self {
        let n = model.factors.len();
        let entry = |&row: &usize| {
            drawn.iter().map(move |&column| model.correlation_factor[row * n + column])
        };
        let factor = drawn.iter().flat_map(entry).collect();
        let kind = match &model.process {
            Process::Gbm => Kind::Gaussian(Gaussian::new(&model.grid)),
            Process::StudentT { degrees_of_freedom, .. } => {
                Kind::StudentT(StudentT::new(&model.grid, *degrees_of_freedom))
            }
        };
        Self {
            normals: CorrelatedNormals::new(drawn.len(), factor),
            volatilities: drawn.iter().map(|&index| model.factors[index].volatility).collect(),
            kind,
        }
    }

    pub fn work_length(&self, path_capacity: usize) -> usize {
        self.normals.work_length(path_capacity)
    }

    /// Fills `scratch.increments[drawn factor][path]` with the returns of the step to `node`.
    pub fn fill_increments(&self, node: usize, draw: &Draw, scratch: &mut SimulationScratch) {
        let paths = draw.path_count;
        let SimulationScratch { normals, increments, rows: [roots, work], .. } = scratch;
        let (roots, work) = (&mut roots[..paths], &mut work[..paths]);
        match &self.kind {
            Kind::Gaussian(gaussian) => gaussian.fill_roots(node, roots),
            Kind::StudentT(student) => student.fill_roots(node, draw, work, roots),
        }
        self.normals.fill(draw, Purpose::Diffusion, node as u32, normals, increments);
        self.scale(roots, increments);
    }

    /// Times each factor's volatility and each path's root of variance time.
    fn scale(&self, roots: &[f64], increments: &mut [f64]) {
        for (row, volatility) in increments.chunks_exact_mut(roots.len()).zip(&self.volatilities) {
            for (slot, root) in row.iter_mut().zip(roots) {
                *slot *= volatility * root;
            }
        }
    }
}

/// What a process adds by itself to each factor's mean, `[node][factor]`: `ln E[e^X]` for log
/// returns, `E[X]` for simple returns and additive changes.
pub(super) fn own_log_means(model: &FactorModel) -> Vec<f64> {
    let (nodes, factors) = (model.grid.node_count(), model.factors.len());
    let mut means = vec![0.0; nodes * factors];
    let laws = match (&model.process, applied_truncation(model)) {
        (Process::StudentT { degrees_of_freedom, .. }, Some(_)) => {
            elliptical::variance_time_laws(&model.grid, *degrees_of_freedom)
        }
        _ => Vec::new(),
    };
    for (index, factor) in model.factors.iter().enumerate() {
        if Movement::of(&factor.key, model.returns) != Movement::Exponential {
            continue;
        }
        for node in 0..nodes {
            means[node * factors + index] = match &model.process {
                Process::Gbm => {
                    0.5 * factor.volatility * factor.volatility * model.grid.nodes[node].get()
                }
                Process::StudentT { truncation, .. } => {
                    compensator::mixed_log_mean(factor.volatility, &laws[node], *truncation)
                }
            };
        }
    }
    means
}
