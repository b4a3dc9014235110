//! The compiled process: fills a step's changes, matched once a block.

use super::FactorModel;
use super::copula::TCopula;
use super::correlated::{CorrelatedNormals, Draw, Drawn};
use super::elliptical::{Gaussian, StudentT};
use super::historical::Historical;
use super::merton::Merton;
use super::process::Process;
use super::replay::ReplayedPaths;
use super::scratch::{Needs, SimulationScratch};
use crate::numeric::Purpose;

/// A process compiled for one grid.
#[derive(Debug, Clone)]
pub(super) enum Driver {
    Gaussian(Gaussian),
    StudentT(StudentT),
    TCopula(TCopula, Drawn),
    Merton(Merton, Drawn),
    Historical(Historical, Drawn),
    /// Nothing is drawn.
    Replayed(ReplayedPaths),
}

/// What the changes of a step are multiplied by to become returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// One number.
    Common(f64),
    /// `scratch.rows[0]`, a number a path.
    Paths,
}

impl Driver {
    /// For the factors `drawn`, as indices into the model's.
    pub fn new(model: &FactorModel, drawn: &[usize]) -> Self {
        let grid = &model.grid;
        match &model.process {
            Process::Gbm => Self::Gaussian(Gaussian::new(grid, annual_returns(model, drawn))),
            Process::StudentT { degrees_of_freedom, .. } => {
                let returns = annual_returns(model, drawn);
                Self::StudentT(StudentT::new(grid, *degrees_of_freedom, returns))
            }
            Process::TCopula { degrees_of_freedom, marginals, .. } => {
                let marginals: Vec<f64> = drawn.iter().map(|&factor| marginals[factor]).collect();
                let copula = TCopula::new(grid, *degrees_of_freedom, &marginals);
                Self::TCopula(copula, standard_normals(model, drawn))
            }
            Process::Merton { common, own } => {
                let jumps = drawn.iter().map(|&factor| model.jumps(factor)).collect();
                let normals = standard_normals(model, drawn);
                Self::Merton(Merton::new(grid, (*common, *own), jumps, &normals), normals)
            }
            Process::Bootstrap { restart, history } => {
                let historical = Historical::new(grid, history, drawn, *restart, Vec::new());
                Self::Historical(historical, standard_normals(model, drawn))
            }
            Process::FilteredHistorical { filters, history } => {
                let filters = drawn.iter().map(|&factor| filters[factor]).collect();
                let historical = Historical::new(grid, history, drawn, 1.0, filters);
                Self::Historical(historical, standard_normals(model, drawn))
            }
            Process::Historical { paths } => Self::Replayed(paths.clone()),
        }
    }

    /// The same with the mixing variable of a Student-t drawn from its posterior, given `p` of its
    /// variables at a squared distance.
    pub fn given(self, degrees_of_freedom: f64, evidence: (usize, f64)) -> Self {
        match self {
            Self::StudentT(student) => Self::StudentT(student.given(degrees_of_freedom, evidence)),
            other => other,
        }
    }

    /// Length of the slice of independent normals.
    pub fn work_length(&self) -> usize {
        let normals = match self {
            Self::Gaussian(gaussian) => &gaussian.returns,
            Self::StudentT(student) => &student.returns,
            Self::TCopula(_, drawn) | Self::Merton(_, drawn) | Self::Historical(_, drawn) => {
                &drawn.normals
            }
            Self::Replayed(_) => return 0,
        };
        normals.work_length()
    }

    pub fn needs(&self) -> Needs {
        let none = Needs::default();
        match self {
            Self::Gaussian(_) | Self::StudentT(_) | Self::Replayed(_) => none,
            Self::Merton(..) => Needs { correlated: true, ..none },
            Self::TCopula(..) => Needs { correlated: true, positions: true, partial: true, ..none },
            Self::Historical(historical, _) => {
                let variances = historical.is_filtered();
                Needs { correlated: true, positions: true, variances, ..none }
            }
        }
    }

    /// Fills `scratch.increments[drawn factor][path]`; times the scale they are the returns of the
    /// step to `node`.
    pub fn fill_increments(
        &self,
        node: usize,
        draw: &Draw,
        scratch: &mut SimulationScratch,
    ) -> Scale {
        match self {
            Self::Gaussian(gaussian) => {
                fill_elliptical(&gaussian.returns, node, draw, scratch);
                return Scale::Common(gaussian.root(node));
            }
            Self::StudentT(student) => {
                let SimulationScratch { rows: [roots, _], memory, .. } = &mut *scratch;
                let roots = &mut roots[..draw.paths.len()];
                student.fill_roots(node, draw, &mut memory.multipliers, roots);
                fill_elliptical(&student.returns, node, draw, scratch);
                return Scale::Paths;
            }
            Self::TCopula(copula, drawn) => copula.fill_increments(node, draw, drawn, scratch),
            Self::Merton(merton, drawn) => merton.fill_increments(node, draw, drawn, scratch),
            Self::Historical(history, drawn) => {
                history.fill_increments(node, draw, drawn, scratch);
            }
            Self::Replayed(_) => {}
        }
        Scale::Common(1.0)
    }
}

fn fill_elliptical(
    returns: &CorrelatedNormals,
    node: usize,
    draw: &Draw,
    scratch: &mut SimulationScratch,
) {
    let SimulationScratch { normals, increments, .. } = scratch;
    returns.fill(draw, Purpose::Diffusion, node as u32, normals, increments);
}

/// Rows and columns of the triangular factor that are drawn, each row times `length(factor)`.
fn rows_of(model: &FactorModel, drawn: &[usize], length: impl Fn(usize) -> f64) -> Vec<f64> {
    let n = model.factors.len();
    let entry = |row: usize, column: usize| model.correlation_factor[row * n + column];
    let row = |&row: &usize| {
        let length = length(row);
        drawn.iter().map(move |&column| entry(row, column) * length)
    };
    drawn.iter().flat_map(row).collect()
}

/// Volatility in the factor: nothing is left to multiply by on a path but time.
fn annual_returns(model: &FactorModel, drawn: &[usize]) -> CorrelatedNormals {
    let volatility = |factor: usize| model.factors[factor].volatility;
    CorrelatedNormals::new(drawn.len(), &rows_of(model, drawn, volatility))
}

fn standard_normals(model: &FactorModel, drawn: &[usize]) -> Drawn {
    Drawn {
        normals: CorrelatedNormals::new(drawn.len(), &rows_of(model, drawn, |_| 1.0)),
        volatilities: drawn.iter().map(|&index| model.factors[index].volatility).collect(),
    }
}
