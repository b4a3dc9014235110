//! The compiled process: fills a step's returns, matched once a block.

use super::FactorModel;
use super::copula::TCopula;
use super::correlated::{CorrelatedNormals, Draw, Drawn};
use super::elliptical::{Gaussian, StudentT};
use super::historical::Historical;
use super::merton::Merton;
use super::process::Process;
use super::scratch::{Needs, SimulationScratch};
use crate::numeric::Purpose;

/// A process compiled for one grid.
#[derive(Debug, Clone)]
pub(super) struct Driver {
    drawn: Drawn,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Gaussian(Gaussian),
    StudentT(StudentT),
    TCopula(TCopula),
    Merton(Merton),
    Historical(Historical),
}

impl Driver {
    /// For the factors `drawn`, as indices into the model's.
    pub fn new(model: &FactorModel, drawn: &[usize]) -> Self {
        let factors = drawn;
        let drawn = drawn_factors(model, factors);
        let grid = &model.grid;
        let kind = match &model.process {
            Process::Gbm => Kind::Gaussian(Gaussian::new(grid)),
            Process::StudentT { degrees_of_freedom, .. } => {
                Kind::StudentT(StudentT::new(grid, *degrees_of_freedom))
            }
            Process::TCopula { degrees_of_freedom, marginals, .. } => {
                let marginals: Vec<f64> = factors.iter().map(|&factor| marginals[factor]).collect();
                Kind::TCopula(TCopula::new(grid, *degrees_of_freedom, &marginals))
            }
            Process::Merton { common, own } => {
                let jumps = factors.iter().map(|&factor| model.jumps(factor)).collect();
                Kind::Merton(Merton::new(grid, (*common, *own), jumps, &drawn))
            }
            Process::Bootstrap { restart, history } => {
                Kind::Historical(Historical::new(grid, history, factors, *restart, Vec::new()))
            }
            Process::FilteredHistorical { filters, history } => {
                let filters = factors.iter().map(|&factor| filters[factor]).collect();
                Kind::Historical(Historical::new(grid, history, factors, 1.0, filters))
            }
        };
        Self { drawn, kind }
    }

    pub fn work_length(&self, path_capacity: usize) -> usize {
        self.drawn.normals.work_length(path_capacity)
    }

    pub fn needs(&self) -> Needs {
        let none = Needs::default();
        match &self.kind {
            Kind::Gaussian(_) | Kind::StudentT(_) => none,
            Kind::Merton(_) => Needs { correlated: true, ..none },
            Kind::TCopula(_) => Needs { correlated: true, positions: true, partial: true, ..none },
            Kind::Historical(historical) => {
                let variances = historical.is_filtered();
                Needs { correlated: true, positions: true, variances, ..none }
            }
        }
    }

    /// Fills `scratch.increments[drawn factor][path]` with the returns of the step to `node`.
    pub fn fill_increments(&self, node: usize, draw: &Draw, scratch: &mut SimulationScratch) {
        match &self.kind {
            Kind::Gaussian(gaussian) => {
                gaussian.fill_roots(node, &mut scratch.rows[0]);
                self.fill_elliptical(node, draw, scratch);
            }
            Kind::StudentT(student) => {
                let [roots, work] = &mut scratch.rows;
                let paths = draw.paths.len();
                student.fill_roots(node, draw, &mut work[..paths], &mut roots[..paths]);
                self.fill_elliptical(node, draw, scratch);
            }
            Kind::TCopula(copula) => copula.fill_increments(node, draw, &self.drawn, scratch),
            Kind::Merton(merton) => merton.fill_increments(node, draw, &self.drawn, scratch),
            Kind::Historical(history) => {
                history.fill_increments(node, draw, &self.drawn, scratch);
            }
        }
    }

    /// Correlated normals times each factor's volatility and each path's root of variance time.
    fn fill_elliptical(&self, node: usize, draw: &Draw, scratch: &mut SimulationScratch) {
        let SimulationScratch { normals, increments, rows: [roots, _], .. } = scratch;
        self.drawn.normals.fill(draw, Purpose::Diffusion, node as u32, normals, increments);
        let rows = increments.chunks_exact_mut(draw.paths.len()).zip(&self.drawn.volatilities);
        for (row, volatility) in rows {
            for (slot, root) in row.iter_mut().zip(&*roots) {
                *slot *= volatility * root;
            }
        }
    }
}

fn drawn_factors(model: &FactorModel, drawn: &[usize]) -> Drawn {
    let n = model.factors.len();
    let row =
        |&row: &usize| drawn.iter().map(move |&column| model.correlation_factor[row * n + column]);
    let factor = drawn.iter().flat_map(row).collect();
    Drawn {
        normals: CorrelatedNormals::new(drawn.len(), factor),
        volatilities: drawn.iter().map(|&index| model.factors[index].volatility).collect(),
    }
}
