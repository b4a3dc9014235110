//! Moves of the factors over the horizon as independent directions of unit variance, and back.
//!
//! *Law.* Distances are Mahalanobis distances from today's levels under the model's covariance over
//! the horizon: drift, a small part of a deviation, is left out. Where moves are normal the square of
//! the distance is chi-square; where they are multivariate Student-t over one interval, it follows F
//! times a constant (Kotz & Nadarajah 2004). Other processes have no law of it in closed form.

use crate::numeric::special::{chi_square_survival, f_survival, normal_cdf, student_t_cdf};
use crate::scenario::ReturnKind;
use crate::simulation::{FactorModel, Process};

/// The model's moves over the horizon.
pub(super) struct Whitening<'a> {
    model: &'a FactorModel,
    /// Standard deviation of each factor over the horizon.
    deviations: Vec<f64>,
    /// Columns of the triangular factor that are not empty, of factors that move.
    columns: Vec<usize>,
}

impl<'a> Whitening<'a> {
    pub fn of(model: &'a FactorModel) -> Self {
        let horizon = model.grid.nodes.last().copied().unwrap_or_default().get();
        let deviations: Vec<f64> =
            model.factors.iter().map(|factor| factor.volatility * horizon.sqrt()).collect();
        let count = deviations.len();
        let moves = |column: &usize| {
            deviations[*column] > 0.0 && model.correlation_factor[column * count + column] > 0.0
        };
        let columns = (0..count).filter(moves).collect();
        Self { model, deviations, columns }
    }

    /// Independent directions.
    pub fn dimensions(&self) -> usize {
        self.columns.len()
    }

    fn row(&self, factor: usize) -> &[f64] {
        let count = self.deviations.len();
        &self.model.correlation_factor[factor * count..(factor + 1) * count]
    }

    /// Standard deviations of `factor` at a point of independent directions.
    pub fn deviations_of(&self, factor: usize, point: &[f64]) -> f64 {
        let row = self.row(factor);
        self.columns.iter().zip(point).map(|(column, value)| row[*column] * value).sum()
    }

    /// Move of `factor` there: its return, or additive change.
    pub fn change(&self, factor: usize, point: &[f64]) -> f64 {
        if self.deviations[factor] == 0.0 {
            return 0.0;
        }
        self.deviations[factor] * self.deviations_of(factor, point)
    }

    /// The move that a log and a level are.
    pub fn change_of(&self, factor: usize, log: f64, level: f64) -> f64 {
        let additive = self.model.factors[factor].key.is_additive();
        if additive || self.model.returns == ReturnKind::Log { log } else { level - 1.0 }
    }

    /// The direction that goes with `factor` alone: the others at their conditional means.
    pub fn along_factor(&self, factor: usize) -> Option<Vec<f64>> {
        let row = self.row(factor);
        let moves = self.deviations[factor] > 0.0;
        moves.then(|| self.columns.iter().map(|column| row[*column]).collect())
    }

    /// The matrix of the model's correlations seen from the independent directions, times `point`.
    pub fn correlate(&self, point: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; point.len()];
        for factor in (0..self.deviations.len()).filter(|factor| self.deviations[*factor] > 0.0) {
            let deviations = self.deviations_of(factor, point);
            let row = self.row(factor);
            for (sum, column) in sums.iter_mut().zip(&self.columns) {
                *sum += row[*column] * deviations;
            }
        }
        sums
    }

    /// Distance of moves, by factor, from today's levels.
    pub fn distance(&self, change: impl Fn(usize) -> f64) -> f64 {
        let mut point: Vec<f64> = Vec::with_capacity(self.columns.len());
        for &column in &self.columns {
            let row = self.row(column);
            let known: f64 =
                self.columns.iter().zip(&point).map(|(one, value)| row[*one] * value).sum();
            point.push((change(column) / self.deviations[column] - known) / row[column]);
        }
        point.iter().map(|value| value * value).sum::<f64>().sqrt()
    }

    /// Degrees of freedom of the moves; infinite where they are normal, `None` where neither.
    fn degrees(&self) -> Option<f64> {
        let horizon = self.model.grid.nodes.last()?.get();
        let one_interval = horizon <= self.model.grid.calibration_interval.get() * (1.0 + 1e-9);
        match &self.model.process {
            Process::Gbm => Some(f64::INFINITY),
            Process::StudentT { degrees_of_freedom, .. } if one_interval => {
                Some(*degrees_of_freedom)
            }
            _ => None,
        }
    }

    /// Probability of moves at least `distance` away.
    pub fn plausibility(&self, distance: f64) -> Option<f64> {
        let count = self.dimensions();
        let square = distance * distance;
        let degrees = self.degrees()?;
        if degrees.is_infinite() {
            return Some(chi_square_survival(square, count));
        }
        let ratio = square * degrees / (degrees - 2.0) / count as f64;
        Some(f_survival(ratio, count as f64, degrees))
    }

    /// Probability of moves beyond a plane at `distance`.
    pub fn beyond_plane(&self, distance: f64) -> Option<f64> {
        let degrees = self.degrees()?;
        if degrees.is_infinite() {
            return Some(normal_cdf(-distance));
        }
        Some(student_t_cdf(-distance * (degrees / (degrees - 2.0)).sqrt(), degrees))
    }

    /// What the distance is, where its law is not that of the model.
    pub fn note(&self) -> Option<String> {
        self.degrees().is_none().then(|| {
            format!(
                "under {} over this horizon moves are not elliptical, and their density has no \
                 closed form: answers are ranked by Mahalanobis distance under the model's \
                 covariance, and have no probability",
                self.model.process.name()
            )
        })
    }
}
