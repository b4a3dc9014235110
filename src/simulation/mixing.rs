//! The mixing variable of Student-t returns: a variance multiplier of mean one.
//!
//! A t with ν degrees of freedom and unit variance is `√w·Z` with `w = (ν−2)/χ²_ν` independent of
//! the normal Z. The multiplier is drawn by inversion, `w = g(z)` of one standard normal, with g
//! tabulated in set-up: smooth, vectorisable, no rejection, and increasing in z.

use super::correlated::Draw;
use super::gamma_quantile::gamma_quantile;
use super::table::EvenTable;
use crate::numeric::Purpose;

/// Normals reach to 8.58 (see `numeric::random`).
const NORMAL_MAX: f64 = 8.6;
const TABLE_POINTS: usize = 2049;
/// Spacing of the trapezoid rule over z: spectral accuracy for integrands as smooth as these.
const QUADRATURE_STEP: f64 = 0.1;

/// Inversion table of the variance multiplier.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MixingTable {
    table: EvenTable,
}

impl MixingTable {
    /// For `degrees_of_freedom` above 2.
    pub fn new(degrees_of_freedom: f64) -> Self {
        let multiplier = |z: f64| variance_multiplier(degrees_of_freedom, z);
        Self { table: EvenTable::new(-NORMAL_MAX, NORMAL_MAX, TABLE_POINTS, multiplier) }
    }

    /// The multiplier given `p` variables of the t at a squared distance under its covariance:
    /// `((ν − 2) + d²)/χ²_{ν+p}`, by conjugacy of the inverse gamma law.
    pub fn posterior(degrees_of_freedom: f64, (p, squared): (usize, f64)) -> Self {
        let known = degrees_of_freedom + p as f64;
        let wider = (degrees_of_freedom - 2.0 + squared) / (known - 2.0);
        let multiplier = |z: f64| wider * variance_multiplier(known, z);
        Self { table: EvenTable::new(-NORMAL_MAX, NORMAL_MAX, TABLE_POINTS, multiplier) }
    }

    /// Replaces standard normals by variance multipliers.
    pub fn apply(&self, normals: &mut [f64]) {
        self.table.apply(normals);
    }

    /// The multiplier of each path in a calibration interval, drawn when the interval is entered.
    pub fn multipliers<'a>(
        &self,
        interval: u32,
        draw: &Draw,
        kept: &'a mut KeptMultipliers,
    ) -> &'a [f64] {
        let values = &mut kept.values[..draw.paths.len()];
        if kept.interval != Some(interval) {
            draw.streams.fill_normals(Purpose::Mixing, interval, 0, draw.paths, values);
            self.apply(values);
            kept.interval = Some(interval);
        }
        values
    }
}

/// Variance multipliers of the calibration interval that a block of paths is in.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptMultipliers {
    interval: Option<u32>,
    values: Vec<f64>,
}

impl KeptMultipliers {
    /// Room for `path_capacity` paths.
    pub fn new(path_capacity: usize) -> Self {
        Self { interval: None, values: vec![0.0; path_capacity] }
    }

    /// Other paths follow.
    pub fn forget(&mut self) {
        self.interval = None;
    }
}

/// `(ν−2)/χ²` at the χ² quantile of probability `Φ(−z)`.
fn variance_multiplier(degrees_of_freedom: f64, z: f64) -> f64 {
    let (lower, upper) = (normal_tail(z), normal_tail(-z));
    let chi_square = 2.0 * gamma_quantile(degrees_of_freedom / 2.0, lower, upper);
    (degrees_of_freedom - 2.0) / chi_square
}

/// `P(Z > z)`.
pub(super) fn normal_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// A discrete law that stands for the law of a positive random variable under smooth integrands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DiscreteLaw {
    /// `(value, probability)`, probabilities sum to one.
    pub atoms: Vec<(f64, f64)>,
}

impl DiscreteLaw {
    /// Zero for sure.
    pub fn zero() -> Self {
        Self { atoms: vec![(0.0, 1.0)] }
    }

    /// The variance multiplier as a trapezoid rule over its normal.
    pub fn mixing(degrees_of_freedom: f64) -> Self {
        let count = (2.0 * NORMAL_MAX / QUADRATURE_STEP).round() as i64 + 1;
        let half = count / 2;
        let atom = |index: i64| {
            let z = index as f64 * QUADRATURE_STEP;
            (variance_multiplier(degrees_of_freedom, z), libm::exp(-0.5 * z * z))
        };
        let mut atoms: Vec<(f64, f64)> = (-half..=half).map(atom).collect();
        let total: f64 = atoms.iter().map(|atom| atom.1).sum();
        for atom in &mut atoms {
            atom.1 /= total;
        }
        Self { atoms }
    }

    /// The law of `scale` times the variable.
    pub fn scaled(&self, scale: f64) -> Self {
        Self { atoms: self.atoms.iter().map(|&(value, weight)| (value * scale, weight)).collect() }
    }

    /// Mean of `function`.
    pub fn mean(&self, function: impl Fn(f64) -> f64) -> f64 {
        self.atoms.iter().map(|&(value, weight)| weight * function(value)).sum()
    }

    /// The law of the sum of two independent variables, on an even grid of logarithms; masses are
    /// split between neighbours so that the mean is kept.
    pub fn sum(&self, other: &Self) -> Self {
        if self.atoms == Self::zero().atoms {
            return other.clone();
        }
        let mut grid = LogGrid::around(self, other);
        for &(left, left_weight) in &self.atoms {
            for &(right, right_weight) in &other.atoms {
                let weight = left_weight * right_weight;
                if weight > NEGLIGIBLE {
                    grid.add(left + right, weight);
                }
            }
        }
        grid.law()
    }
}

/// Weights below this cannot be seen in any mean taken here.
const NEGLIGIBLE: f64 = 1e-22;
const GRID_POINTS: usize = 600;

/// Even grid in the logarithm of a positive value.
pub(super) struct LogGrid {
    log_start: f64,
    log_step: f64,
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl LogGrid {
    /// `points` values from `smallest` to `largest`, with no weight yet.
    pub fn new(smallest: f64, largest: f64, points: usize) -> Self {
        let log_start = libm::log(smallest);
        let log_step = (libm::log(largest) - log_start) / (points - 1) as f64;
        let value = |index: usize| libm::exp(log_start + log_step * index as f64);
        let values = (0..points).map(value).collect();
        Self { log_start, log_step, values, weights: vec![0.0; points] }
    }

    fn around(left: &DiscreteLaw, right: &DiscreteLaw) -> Self {
        let bound = |law: &DiscreteLaw, pick: fn(f64, f64) -> f64| {
            law.atoms.iter().map(|atom| atom.0).reduce(pick).unwrap_or(1.0)
        };
        let smallest = bound(left, f64::min) + bound(right, f64::min);
        let largest = bound(left, f64::max) + bound(right, f64::max);
        Self::new(smallest, largest * (1.0 + 1e-9), GRID_POINTS)
    }

    /// Lower neighbour of `value` and the upper neighbour's share; values beyond the ends are put
    /// on them.
    pub fn place(&self, value: f64) -> (usize, f64) {
        let position = (libm::log(value) - self.log_start) / self.log_step;
        let left = (position.max(0.0) as usize).min(self.values.len() - 2);
        let (low, high) = (self.values[left], self.values[left + 1]);
        (left, ((value - low) / (high - low)).clamp(0.0, 1.0))
    }

    /// Grid values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    fn add(&mut self, value: f64, weight: f64) {
        let (left, share) = self.place(value);
        self.weights[left] += weight * (1.0 - share);
        self.weights[left + 1] += weight * share;
    }

    fn law(self) -> DiscreteLaw {
        let atoms = self.values.into_iter().zip(self.weights);
        DiscreteLaw { atoms: atoms.filter(|atom| atom.1 > 0.0).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplier_has_the_moments_of_inverse_gamma() {
        // (ν−2)/χ²_ν: mean 1, variance 2/(ν−4).
        for nu in [6.0, 12.5, 60.0] {
            let law = DiscreteLaw::mixing(nu);
            assert!((law.mean(|w| w) - 1.0).abs() < 1e-9, "{nu}");
        }
        let law = DiscreteLaw::mixing(12.5);
        assert!((law.mean(|w| (w - 1.0) * (w - 1.0)) - 2.0 / 8.5).abs() < 1e-8);
    }

    #[test]
    fn table_agrees_with_the_quantile_between_its_points() {
        for nu in [2.1, 3.0, 8.0, 1000.0] {
            let table = MixingTable::new(nu);
            for z in [-8.1234, -2.0003, -0.00317, 0.7, 3.1, 5.678] {
                let mut values = [z];
                table.apply(&mut values);
                let exact = variance_multiplier(nu, z);
                assert!((values[0] / exact - 1.0).abs() < 2e-7, "{nu} {z}");
            }
        }
    }

    #[test]
    fn sums_keep_mean_and_variance() {
        let one = DiscreteLaw::mixing(10.0);
        let variance = |law: &DiscreteLaw, mean: f64| law.mean(|w| (w - mean) * (w - mean));
        let mut total = DiscreteLaw::zero();
        for _ in 0..5 {
            total = total.sum(&one);
        }
        let weight: f64 = total.atoms.iter().map(|atom| atom.1).sum();
        assert!((weight - 1.0).abs() < 1e-12);
        assert!((total.mean(|w| w) - 5.0).abs() < 1e-8);
        let expected = 5.0 * 2.0 / 6.0; // 2/(ν−4) each
        assert!((variance(&total, 5.0) / expected - 1.0).abs() < 0.01);
    }
}
