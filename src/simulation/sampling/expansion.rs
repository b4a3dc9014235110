//! The delta-gamma loss in the principal directions of the model's normals.

use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::numeric::quadratic_law::QuadraticLaw;
use crate::simulation::FactorModel;
use crate::simulation::simulator::drawn_factors;

/// Second-order expansion of a book's loss over the horizon in the returns X of the model's
/// factors: `L ≈ constant + slopes·X + ½X′·hessian·X`.
#[derive(Debug, Clone, PartialEq)]
pub struct LossExpansion {
    /// Loss where no factor moves: decay, carry and funding.
    pub constant: f64,
    /// First derivatives, one a factor.
    pub slopes: Vec<f64>,
    /// Second derivatives, row-major `[factor][factor]`, symmetric.
    pub hessian: Vec<f64>,
}

/// The same in standard normals: `L ≈ a + b′y + y′Λy`, y the coordinates of the horizon's drawn
/// normals along a few orthonormal directions, those of largest variance first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrincipalQuadratic {
    /// a, b and Λ: the law of the delta-gamma loss under normal returns.
    pub law: QuadraticLaw,
    /// `[direction][drawn factor]`, orthonormal rows.
    pub directions: Vec<f64>,
}

/// Directions whose curvatures together carry less than this share of the variance count as
/// straight: the twist and the weights are exact for any quadratic, this one is only as good.
const NEGLIGIBLE_SHARE: f64 = 1e-6;
/// A straight remainder below this share of the variance is rounding.
const NEGLIGIBLE_REMAINDER: f64 = 1e-18;

impl PrincipalQuadratic {
    /// Rotates `expansion` by the model's triangular factor and the eigenvectors of its curvature.
    pub fn new(model: &FactorModel, expansion: &LossExpansion) -> Self {
        let loadings = loadings(model);
        let size = loadings.ncols();
        let slope = straight(&loadings, &expansion.slopes);
        let curvature = curved(&loadings, &expansion.hessian);
        let trace: f64 = (0..size).map(|i| curvature[(i, i)]).sum();
        let mut found = Directions::new(slope, size);
        let eigen = SymmetricEigen::new(curvature.clone());
        found.take_curved(&eigen);
        found.take_remainder(&curvature);
        let kept: f64 = found.curvature.iter().sum();
        found.finish(expansion.constant + trace - kept)
    }

    /// Directions.
    pub fn rank(&self) -> usize {
        self.law.linear.len()
    }
}

/// Return of each moving factor per unit of each drawn normal over the horizon.
fn loadings(model: &FactorModel) -> DMatrix<f64> {
    let (n, drawn) = (model.factors.len(), drawn_factors(model));
    let root = model.grid.horizon().get().sqrt();
    DMatrix::from_fn(n, drawn.len(), |row, column| {
        model.factors[row].volatility * root * model.correlation_factor[row * n + drawn[column]]
    })
}

/// M′·slopes.
fn straight(loadings: &DMatrix<f64>, slopes: &[f64]) -> Vec<f64> {
    let column = |column: usize| {
        slopes.iter().enumerate().map(|(row, slope)| loadings[(row, column)] * slope).sum()
    };
    (0..loadings.ncols()).map(column).collect()
}

/// ½·M′·H·M in a fixed order of summation.
fn curved(loadings: &DMatrix<f64>, hessian: &[f64]) -> DMatrix<f64> {
    let (n, size) = loadings.shape();
    let mut half = DMatrix::<f64>::zeros(n, size);
    for row in 0..n {
        for (other, entry) in hessian[row * n..(row + 1) * n].iter().enumerate() {
            if *entry != 0.0 {
                for column in 0..size {
                    half[(row, column)] += 0.5 * entry * loadings[(other, column)];
                }
            }
        }
    }
    let mut curved = DMatrix::zeros(size, size);
    for row in 0..size {
        for column in 0..=row {
            let terms = (0..n).map(|k| loadings[(k, row)] * half[(k, column)]);
            let sum = terms.sum();
            curved[(row, column)] = sum;
            curved[(column, row)] = sum;
        }
    }
    curved
}

/// Directions found so far.
struct Directions {
    size: usize,
    /// What the directions found leave of the slope.
    slope: Vec<f64>,
    linear: Vec<f64>,
    curvature: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl Directions {
    fn new(slope: Vec<f64>, size: usize) -> Self {
        Self { size, slope, linear: vec![], curvature: vec![], rows: vec![] }
    }

    fn slope_square(&self) -> f64 {
        self.slope.iter().map(|b| b * b).sum()
    }

    /// Eigenvectors by falling curvature until the rest is negligible.
    fn take_curved(&mut self, eigen: &SymmetricEigen<f64, nalgebra::Dyn>) {
        let values = &eigen.eigenvalues;
        let mut order: Vec<usize> = (0..self.size).collect();
        order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()).then(a.cmp(&b)));
        let mut rest: f64 = values.iter().map(|value| 2.0 * value * value).sum();
        let negligible = NEGLIGIBLE_SHARE * (rest + self.slope_square());
        for index in order {
            if rest <= negligible {
                break;
            }
            rest -= 2.0 * values[index] * values[index];
            let direction: Vec<f64> = eigen.eigenvectors.column(index).iter().copied().collect();
            let linear = dot(&direction, &self.slope);
            for (left, entry) in self.slope.iter_mut().zip(&direction) {
                *left -= linear * entry;
            }
            self.push(direction, linear, values[index]);
        }
    }

    /// One more direction for what is left of the slope.
    fn take_remainder(&mut self, curvature: &DMatrix<f64>) {
        let square = self.slope_square();
        let found: f64 = self.linear.iter().map(|b| b * b).sum();
        if self.rows.len() == self.size || square <= NEGLIGIBLE_REMAINDER * (square + found) {
            return;
        }
        let norm = square.sqrt();
        let direction: Vec<f64> = self.slope.iter().map(|b| b / norm).collect();
        let mut bend = 0.0;
        for (row, left) in direction.iter().enumerate() {
            for (column, right) in direction.iter().enumerate() {
                bend += left * curvature[(row, column)] * right;
            }
        }
        self.push(direction, norm, bend);
    }

    fn push(&mut self, direction: Vec<f64>, linear: f64, curvature: f64) {
        self.rows.push(direction);
        self.linear.push(linear);
        self.curvature.push(curvature);
    }

    /// Orders directions by the variance they carry.
    fn finish(self, constant: f64) -> PrincipalQuadratic {
        let variance = |k: usize| {
            self.linear[k] * self.linear[k] + 2.0 * self.curvature[k] * self.curvature[k]
        };
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|&a, &b| variance(b).total_cmp(&variance(a)).then(a.cmp(&b)));
        PrincipalQuadratic {
            law: QuadraticLaw {
                constant,
                linear: order.iter().map(|&k| self.linear[k]).collect(),
                curvature: order.iter().map(|&k| self.curvature[k]).collect(),
            },
            directions: order.iter().flat_map(|&k| self.rows[k].iter().copied()).collect(),
        }
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(x, y)| x * y).sum()
}
