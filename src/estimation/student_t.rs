//! Degrees of freedom ν of a Student-t, one- or many-dimensional, by maximum likelihood.
//!
//! Location and scatter are profiled out at each ν by the EM algorithm in the accelerated form of
//! Kent, Tyler & Vardi (1994); ν is searched over 1/ν, so that the normal is an end and not
//! infinity. Meant for standardised residuals: ν of raw returns mixes tails with clustering.
//!
//! The scatter is free, so a sample standard deviation that is itself noisy in heavy tails does not
//! disturb ν. Limits: ν in [1, 200]; the ends are said in the notes.

use nalgebra::{Cholesky, DMatrix};

use super::panel::{Gaps, complete_rows};
use super::search::{Peak, peak};
use super::{Estimate, EstimationError};

/// Smallest and largest ν considered.
pub const DEGREES_OF_FREEDOM_RANGE: [f64; 2] = [1.0, 200.0];
/// Fewest observations ν is fitted to.
pub const STUDENT_T_OBSERVATIONS_MIN: usize = 50;
const WHAT: &str = "Student-t degrees of freedom";
const EM_STEPS_MAX: usize = 500;
/// Gain in log-likelihood at which the EM algorithm stops.
const EM_GAIN: f64 = 1e-9;

/// A fitted Student-t distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct StudentTFit {
    /// ν with its standard error.
    pub degrees_of_freedom: Estimate,
    /// Location of each series.
    pub location: Vec<f64>,
    /// Scatter matrix; the covariance is `ν/(ν−2)` times it where ν > 2.
    pub scatter: DMatrix<f64>,
    /// Log-likelihood at the maximum.
    pub log_likelihood: f64,
}

/// Fits a Student-t to one series of (standardised) residuals.
///
/// # Errors
/// Fewer than [`STUDENT_T_OBSERVATIONS_MIN`] observations, values that are not finite, a constant
/// series.
pub fn fit_student_t(residuals: &[Option<f64>]) -> Result<StudentTFit, EstimationError> {
    let mut fit = fit_multivariate_student_t(&[residuals])?;
    fit.degrees_of_freedom.notes.extend(Gaps::of(residuals).notes());
    Ok(fit)
}

/// Fits one multivariate Student-t to a panel `[series][date]`, on the dates all series have.
///
/// # Errors
/// As [`fit_student_t`], an uneven panel, or series that are linearly dependent.
pub fn fit_multivariate_student_t(
    panel: &[&[Option<f64>]],
) -> Result<StudentTFit, EstimationError> {
    let needed = STUDENT_T_OBSERVATIONS_MIN.max(5 * panel.len());
    let rows = complete_rows(WHAT, panel, needed)?;
    let mut shape = Shape::of_sample(&rows)?;
    let [fewest, most] = DEGREES_OF_FREEDOM_RANGE;
    let mut failed = false;
    let top = peak(
        |inverse| match shape.profile(&rows, 1.0 / inverse) {
            Some(height) => height,
            None => {
                failed = true;
                f64::NEG_INFINITY
            }
        },
        1.0 / most,
        1.0 / fewest,
    );
    let log_likelihood = shape.profile(&rows, 1.0 / top.at);
    let (Some(log_likelihood), false) = (log_likelihood, failed) else {
        return Err(EstimationError::NotPositiveDefinite { what: WHAT });
    };
    Ok(StudentTFit {
        degrees_of_freedom: degrees_of_freedom(&top, rows.len()),
        location: shape.location,
        scatter: shape.scatter,
        log_likelihood,
    })
}

/// Turns a peak over 1/ν into an estimate of ν (error by the delta method).
pub(super) fn degrees_of_freedom(top: &Peak, observations: usize) -> Estimate {
    let nu = 1.0 / top.at;
    let [fewest, most] = DEGREES_OF_FREEDOM_RANGE;
    let notes = match (top.standard_error, nu > 0.5 * (fewest + most)) {
        (Some(_), _) => Vec::new(),
        (None, true) => vec![format!("at the upper end {most}: not told apart from a normal")],
        (None, false) => vec![format!("at the lower end {fewest}: no finite mean is supported")],
    };
    let standard_error = top.standard_error.map(|error| error * nu * nu);
    Estimate { value: nu, standard_error, observations, notes }
}

/// Location and scatter, improved in place.
struct Shape {
    location: Vec<f64>,
    scatter: DMatrix<f64>,
}

impl Shape {
    fn of_sample(rows: &[Vec<f64>]) -> Result<Self, EstimationError> {
        let mut shape = Self { location: vec![0.0; rows[0].len()], scatter: DMatrix::zeros(0, 0) };
        shape.reweigh(rows, &vec![1.0; rows.len()]);
        let varies = (0..rows[0].len()).all(|series| shape.scatter[(series, series)] > 0.0);
        let error = || EstimationError::NoVariation { what: WHAT.to_owned() };
        varies.then_some(shape).ok_or_else(error)
    }

    /// Weighted mean, then weighted scatter around it, weights normalised to sum to one.
    fn reweigh(&mut self, rows: &[Vec<f64>], weights: &[f64]) {
        let size = self.location.len();
        let total: f64 = weights.iter().sum();
        for series in 0..size {
            let weighted = rows.iter().zip(weights).map(|(row, weight)| weight * row[series]);
            self.location[series] = weighted.sum::<f64>() / total;
        }
        let mut scatter = DMatrix::<f64>::zeros(size, size);
        for (row, weight) in rows.iter().zip(weights) {
            for i in 0..size {
                let left = weight * (row[i] - self.location[i]);
                for j in 0..=i {
                    scatter[(i, j)] += left * (row[j] - self.location[j]);
                }
            }
        }
        self.scatter = DMatrix::from_fn(size, size, |i, j| scatter[(i.max(j), i.min(j))] / total);
    }

    /// Highest log-likelihood over location and scatter at ν; `None` when the scatter is singular.
    fn profile(&mut self, rows: &[Vec<f64>], nu: f64) -> Option<f64> {
        let size = self.location.len() as f64;
        let mut best = f64::NEG_INFINITY;
        for _ in 0..EM_STEPS_MAX {
            let (log_determinant, distances) = self.distances(rows)?;
            let height = log_likelihood(nu, size, log_determinant, &distances);
            if height - best < EM_GAIN {
                return Some(height.max(best));
            }
            best = height;
            let weights: Vec<f64> =
                distances.iter().map(|square| (nu + size) / (nu + square)).collect();
            self.reweigh(rows, &weights);
        }
        Some(best)
    }

    /// Logarithm of the scatter's determinant, and each row's squared Mahalanobis distance.
    fn distances(&self, rows: &[Vec<f64>]) -> Option<(f64, Vec<f64>)> {
        let form = QuadraticForm::new(&self.scatter)?;
        let mut centred = vec![0.0; self.location.len()];
        let distance = |row: &Vec<f64>| {
            for ((slot, value), centre) in centred.iter_mut().zip(row).zip(&self.location) {
                *slot = value - centre;
            }
            form.solve_square(&mut centred)
        };
        Some((form.log_determinant, rows.iter().map(distance).collect()))
    }
}

/// `x'A⁻¹x` through the Cholesky factor of A.
pub(super) struct QuadraticForm {
    factor: DMatrix<f64>,
    /// Logarithm of A's determinant.
    pub log_determinant: f64,
}

impl QuadraticForm {
    /// `None` where `matrix` is not positive definite.
    pub fn new(matrix: &DMatrix<f64>) -> Option<Self> {
        let factor = Cholesky::new(matrix.clone())?.unpack();
        let logs = (0..factor.nrows()).map(|index| libm::log(factor[(index, index)]));
        let log_determinant = 2.0 * logs.sum::<f64>();
        log_determinant.is_finite().then_some(Self { factor, log_determinant })
    }

    /// The form at `vector`, which is used up (forward substitution in place).
    pub fn solve_square(&self, vector: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        for i in 0..vector.len() {
            let (solved, rest) = vector.split_at_mut(i);
            for (j, earlier) in solved.iter().enumerate() {
                rest[0] -= self.factor[(i, j)] * earlier;
            }
            rest[0] /= self.factor[(i, i)];
            sum += rest[0] * rest[0];
        }
        sum
    }
}

/// Log-density constants of a `size`-dimensional Student-t with unit scatter.
pub(super) fn log_constant(nu: f64, size: f64) -> f64 {
    libm::lgamma(0.5 * (nu + size))
        - libm::lgamma(0.5 * nu)
        - 0.5 * size * libm::log(nu * std::f64::consts::PI)
}

fn log_likelihood(nu: f64, size: f64, log_determinant: f64, distances: &[f64]) -> f64 {
    let kernels: f64 = distances.iter().map(|square| libm::log1p(square / nu)).sum();
    let n = distances.len() as f64;
    n * (log_constant(nu, size) - 0.5 * log_determinant) - 0.5 * (nu + size) * kernels
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use rand_distr::{Distribution, StandardNormal, StudentT};

    use super::*;

    /// Independent draws of a t with 4 degrees of freedom, scaled by 0.02.
    fn draws(count: usize, seed: u64) -> Vec<Option<f64>> {
        let mut random = StdRng::seed_from_u64(seed);
        let t = StudentT::new(4.0).unwrap();
        (0..count).map(|_| Some(0.01 + 0.02 * t.sample(&mut random))).collect()
    }

    #[test]
    fn recovers_four_degrees_of_freedom_within_four_standard_errors() {
        let fit = fit_student_t(&draws(20_000, 1)).unwrap();
        let nu = &fit.degrees_of_freedom;
        let error = nu.standard_error.unwrap();
        assert!((nu.value - 4.0).abs() < 4.0 * error, "{nu:?}");
        // Fisher information (Lange, Little & Taylor 1989): I_νν = ¼(ψ'(2) − ψ'(2.5) − 18/140),
        // I_νσ = −2/35, I_σσ = 8/7 for ν = 4, so the error is 1/√(20 000 (I_νν − I_νσ²/I_σσ)).
        assert!((error - 0.1171).abs() < 0.015, "{error}");
        assert!((fit.location[0] - 0.01).abs() < 0.001);
        assert!((fit.scatter[(0, 0)].sqrt() - 0.02).abs() < 0.0005);
    }

    #[test]
    fn normal_draws_reach_the_upper_end_and_say_so() {
        let mut random = StdRng::seed_from_u64(2);
        let series: Vec<Option<f64>> =
            (0..4000).map(|_| Some(StandardNormal.sample(&mut random))).collect();
        let nu = fit_student_t(&series).unwrap().degrees_of_freedom;
        assert!(nu.value > 50.0, "{nu:?}");
    }

    #[test]
    fn a_common_mixing_variable_is_found_in_three_series() {
        let mut random = StdRng::seed_from_u64(3);
        let chi_squared = rand_distr::ChiSquared::new(5.0).unwrap();
        let mut panel = vec![Vec::new(); 3];
        for _ in 0..8000 {
            let mixing: f64 = (5.0_f64 / chi_squared.sample(&mut random)).sqrt();
            let common: f64 = StandardNormal.sample(&mut random);
            for series in &mut panel {
                let own: f64 = StandardNormal.sample(&mut random);
                series.push(Some(mixing * (0.8 * common + 0.6 * own)));
            }
        }
        let borrowed: Vec<&[Option<f64>]> = panel.iter().map(Vec::as_slice).collect();
        let fit = fit_multivariate_student_t(&borrowed).unwrap();
        let nu = &fit.degrees_of_freedom;
        assert!((nu.value - 5.0).abs() < 4.0 * nu.standard_error.unwrap(), "{nu:?}");
        assert!((fit.scatter[(0, 1)] - 0.64).abs() < 0.04, "{}", fit.scatter);
    }

    #[test]
    fn dependent_or_constant_series_are_refused() {
        let series = draws(200, 4);
        let twice: Vec<Option<f64>> = series.iter().map(|value| value.map(|v| 2.0 * v)).collect();
        assert!(fit_multivariate_student_t(&[&series, &twice]).is_err());
        assert!(fit_student_t(&[Some(1.0); 100]).is_err());
        assert!(fit_student_t(&series[..20]).is_err());
    }
}
