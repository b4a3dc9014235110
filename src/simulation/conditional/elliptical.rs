//! Conditioning a covariance matrix on some of its factors.

use super::ConditionalError;
use crate::simulation::{FactorModel, Process};
use crate::units::Years;

/// Share of its own variance below which what the other named factors leave of a factor is rounding.
const COLLINEAR: f64 = 1e-10;

/// A model's covariance factored for the factors that are named.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditioning {
    /// Named factors that move at random, as indices into the model.
    pub named: Vec<usize>,
    /// Lower triangular factor of their covariance a year, `[row][column]` by row.
    factor: Vec<f64>,
}

/// The law of the factors that are not named, given those that are.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalLaw {
    /// The factors, as indices into the model.
    pub factors: Vec<usize>,
    /// Their location, in moves over the whole time.
    pub location: Vec<f64>,
    /// Their scale matrix, by row; the covariance where they are normal.
    pub scale: Vec<f64>,
    /// Degrees of freedom; `None`: normal.
    pub degrees_of_freedom: Option<f64>,
    /// Mahalanobis distance of the named moves under the model's covariance.
    pub distance: f64,
}

impl ConditionalLaw {
    /// Covariance of two of its factors, by their places in it; `None` where it is infinite.
    pub fn covariance(&self, first: usize, second: usize) -> Option<f64> {
        let scale = self.scale[first * self.factors.len() + second];
        match self.degrees_of_freedom {
            None => Some(scale),
            Some(nu) if nu > 2.0 => Some(scale * nu / (nu - 2.0)),
            Some(_) => None,
        }
    }
}

/// Covariance a year of two factors' total returns.
pub(super) fn covariance(model: &FactorModel, first: usize, second: usize) -> f64 {
    let volatility = |factor: usize| model.factors[factor].volatility;
    let size = volatility(first) * volatility(second);
    if size == 0.0 { 0.0 } else { size * model.total_correlation(first, second) }
}

impl Conditioning {
    /// Of the model on the factors `named`; those that do not move at random are left out.
    ///
    /// # Errors
    /// [`ConditionalError::Collinear`].
    pub fn new(model: &FactorModel, named: &[usize]) -> Result<Self, ConditionalError> {
        let moving = named.iter().copied().filter(|&one| model.factors[one].volatility > 0.0);
        let named: Vec<usize> = moving.collect();
        let p = named.len();
        let mut factor = vec![0.0; p * p];
        for row in 0..p {
            for column in 0..=row {
                let overlap: f64 =
                    (0..column).map(|k| factor[row * p + k] * factor[column * p + k]).sum();
                let rest = covariance(model, named[row], named[column]) - overlap;
                if row > column {
                    factor[row * p + column] = rest / factor[column * p + column];
                    continue;
                }
                let own = covariance(model, named[row], named[row]);
                if rest <= COLLINEAR * own {
                    let factor = model.factors[named[row]].key.to_string();
                    return Err(ConditionalError::Collinear { factor });
                }
                factor[row * p + row] = rest.sqrt();
            }
        }
        Ok(Self { named, factor })
    }

    /// `L⁻¹ v`.
    fn solve_forward(&self, vector: &[f64]) -> Vec<f64> {
        let p = self.named.len();
        let mut solved: Vec<f64> = Vec::with_capacity(p);
        for (row, value) in vector.iter().enumerate() {
            let overlap: f64 = (0..row).map(|k| self.factor[row * p + k] * solved[k]).sum();
            solved.push((value - overlap) / self.factor[row * p + row]);
        }
        solved
    }

    /// `L⁻ᵀ v`.
    fn solve_backward(&self, vector: &[f64]) -> Vec<f64> {
        let p = self.named.len();
        let mut solved = vec![0.0; p];
        for row in (0..p).rev() {
            let overlap: f64 = (row + 1..p).map(|k| self.factor[k * p + row] * solved[k]).sum();
            solved[row] = (vector[row] - overlap) / self.factor[row * p + row];
        }
        solved
    }

    /// A row of `Σ_un Σ_nn⁻¹`: what each unit of the named moves moves `factor` by.
    pub fn slopes(&self, model: &FactorModel, factor: usize) -> Vec<f64> {
        if let Some(own) = self.named.iter().position(|&named| named == factor) {
            return (0..self.named.len()).map(|index| f64::from(u8::from(index == own))).collect();
        }
        self.solve_backward(&self.solve_forward(&self.covariances(model, factor)))
    }

    fn covariances(&self, model: &FactorModel, factor: usize) -> Vec<f64> {
        self.named.iter().map(|&named| covariance(model, factor, named)).collect()
    }

    /// `sᵀ(Σ_nn·time)⁻¹s` of the moves of the named factors, in their order here.
    pub fn distance_squared(&self, moves: &[f64], time: Years) -> f64 {
        let solved = self.solve_forward(moves);
        solved.iter().map(|one| one * one).sum::<f64>() / time.get()
    }

    /// The law of `factors` given the moves of the named ones, in their order here, over `time`.
    ///
    /// `model` is normal (jumps by their covariance) or a Student-t of one calibration interval.
    pub fn law(
        &self,
        model: &FactorModel,
        moves: &[f64],
        time: Years,
        factors: &[usize],
    ) -> ConditionalLaw {
        let half: Vec<Vec<f64>> = factors
            .iter()
            .map(|&factor| self.solve_forward(&self.covariances(model, factor)))
            .collect();
        let solved = self.solve_forward(moves);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let location = half.iter().map(|row| dot(row, &solved)).collect();
        let squared = self.distance_squared(moves, time);
        let (degrees_of_freedom, widened) = widening(model, self.named.len(), squared);
        let entry = |(first, second): (usize, usize)| {
            let whole = covariance(model, factors[first], factors[second]);
            (whole - dot(&half[first], &half[second])) * time.get() * widened
        };
        let count = factors.len();
        let pairs = (0..count * count).map(|index| (index / count, index % count));
        ConditionalLaw {
            factors: factors.to_vec(),
            location,
            scale: pairs.map(entry).collect(),
            degrees_of_freedom,
            distance: squared.sqrt(),
        }
    }
}

/// Degrees of freedom given p factors at a squared distance under the model's covariance, and the
/// conditional scale over the conditional covariance of the normal.
fn widening(model: &FactorModel, p: usize, squared: f64) -> (Option<f64>, f64) {
    let Process::StudentT { degrees_of_freedom: nu, .. } = model.process else {
        return (None, 1.0);
    };
    // The scale matrix is (ν−2)/ν of the covariance, so distances under it are longer.
    let shrunk = (nu - 2.0) / nu;
    let p = p as f64;
    (Some(nu + p), shrunk * (nu + squared / shrunk) / (nu + p))
}
