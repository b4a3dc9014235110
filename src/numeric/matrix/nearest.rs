//! The nearest correlation matrix in the Frobenius norm.
//!
//! The problem is Higham's ("Computing the nearest correlation matrix", IMA J. Numer. Anal. 2002);
//! the method is Newton's on its dual (Qi and Sun, SIAM J. Matrix Anal. 2006), which reaches the
//! same minimiser to rounding in a few steps, where alternating projections close in linearly.
//! The dual variable y shifts the diagonal: X = (G + diag y)₊ with the y that makes diag X = 1.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::{MatrixError, check_symmetric};

const ITERATIONS_MAX: usize = 200;
/// Largest deviation of the diagonal from one before the final rescaling.
const TOLERANCE: f64 = 1e-13;
/// Keeps the Newton system definite where the generalised Hessian is singular.
const REGULARISATION: f64 = 1e-12;

/// A valid correlation matrix and how far it is from what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestCorrelation {
    /// Symmetric, unit diagonal, positive semidefinite to rounding.
    pub matrix: DMatrix<f64>,
    /// Frobenius norm of the change.
    pub distance: f64,
    /// Newton steps taken.
    pub iterations: usize,
}

/// The correlation matrix nearest to a symmetric `matrix` in the Frobenius norm, diagonal included.
///
/// # Errors
/// [`MatrixError`] for a matrix that is not square, finite and symmetric, or if Newton's method
/// stops short.
pub fn nearest_correlation(matrix: &DMatrix<f64>) -> Result<NearestCorrelation, MatrixError> {
    let size = check_symmetric(matrix)?;
    let mut shift = DVector::from_fn(size, |i, _| 1.0 - matrix[(i, i)]);
    let mut spectrum = Spectrum::of(matrix, &shift);
    for iterations in 0..ITERATIONS_MAX {
        let gradient = spectrum.gradient();
        if gradient.amax() <= TOLERANCE * size as f64 {
            return Ok(finish(matrix, &spectrum, iterations));
        }
        let step = spectrum.newton_step(&gradient);
        let Some((next, next_spectrum)) = advance(matrix, &shift, &spectrum, &gradient, &step)
        else {
            return stalled(matrix, &spectrum, iterations);
        };
        (shift, spectrum) = (next, next_spectrum);
    }
    stalled(matrix, &spectrum, ITERATIONS_MAX)
}

/// Rounding ends progress before the tolerance: fine where the diagonal is one to eight digits.
fn stalled(
    matrix: &DMatrix<f64>,
    spectrum: &Spectrum,
    iterations: usize,
) -> Result<NearestCorrelation, MatrixError> {
    let residual = spectrum.gradient().amax();
    if residual <= 1e-9 {
        return Ok(finish(matrix, spectrum, iterations));
    }
    Err(MatrixError::NotConverged { iterations, residual })
}

/// Rescales the last digits of the diagonal to exactly one.
fn finish(matrix: &DMatrix<f64>, spectrum: &Spectrum, iterations: usize) -> NearestCorrelation {
    let positive = &spectrum.positive;
    let nearest = DMatrix::from_fn(positive.nrows(), positive.ncols(), |row, column| {
        if row == column {
            1.0
        } else {
            positive[(row, column)] / (positive[(row, row)] * positive[(column, column)]).sqrt()
        }
    });
    NearestCorrelation { distance: (&nearest - matrix).norm(), matrix: nearest, iterations }
}

/// A damped Newton step (Armijo's rule on the dual objective); `None` if no step descends.
fn advance(
    matrix: &DMatrix<f64>,
    shift: &DVector<f64>,
    spectrum: &Spectrum,
    gradient: &DVector<f64>,
    step: &DVector<f64>,
) -> Option<(DVector<f64>, Spectrum)> {
    let slope = gradient.dot(step);
    let before = spectrum.objective(shift);
    let mut length = 1.0;
    for _ in 0..30 {
        let candidate = shift + step * length;
        let next = Spectrum::of(matrix, &candidate);
        let gained = next.objective(&candidate) - before <= 1e-4 * length * slope;
        // Near the minimum the objective no longer resolves progress; the gradient does.
        if gained || next.gradient().amax() <= 0.5 * gradient.amax() {
            return Some((candidate, next));
        }
        length *= 0.5;
    }
    None
}

/// The eigenvalues and vectors of G + diag y, and its positive part.
struct Spectrum {
    values: DVector<f64>,
    vectors: DMatrix<f64>,
    positive: DMatrix<f64>,
}

impl Spectrum {
    fn of(matrix: &DMatrix<f64>, shift: &DVector<f64>) -> Self {
        let mut shifted = matrix.clone();
        for (i, y) in shift.iter().enumerate() {
            shifted[(i, i)] += y;
        }
        let eigen = SymmetricEigen::new(shifted);
        let (values, vectors) = (eigen.eigenvalues, eigen.eigenvectors);
        let positive = weighted_square(&vectors, &values.map(|value| value.max(0.0)));
        Self { values, vectors, positive }
    }

    /// ½‖(G + diag y)₊‖² − Σ y.
    fn objective(&self, shift: &DVector<f64>) -> f64 {
        let squares = self.values.iter().map(|value| value.max(0.0) * value.max(0.0));
        0.5 * squares.sum::<f64>() - shift.sum()
    }

    fn gradient(&self) -> DVector<f64> {
        self.positive.diagonal().add_scalar(-1.0)
    }

    /// Solves (V + εI)·h = −gradient by conjugate gradients.
    fn newton_step(&self, gradient: &DVector<f64>) -> DVector<f64> {
        let size = gradient.len();
        let mut step = DVector::zeros(size);
        let mut residual = -gradient;
        let mut direction = residual.clone();
        let mut square = residual.norm_squared();
        let target = square * 1e-24;
        for _ in 0..4 * size {
            if square <= target {
                break;
            }
            let image = self.hessian_times(&direction);
            let length = square / direction.dot(&image);
            step.axpy(length, &direction, 1.0);
            residual.axpy(-length, &image, 1.0);
            let next = residual.norm_squared();
            direction = &residual + direction * (next / square);
            square = next;
        }
        step
    }

    /// diag(P·(W ∘ (Pᵀ·diag h·P))·Pᵀ) + εh, the generalised Hessian of the dual.
    fn hessian_times(&self, h: &DVector<f64>) -> DVector<f64> {
        let size = h.len();
        let vectors = &self.vectors;
        let inner = weighted_square(&vectors.transpose(), h);
        let weighted = inner.zip_map(&self.weights(), |x, weight| x * weight);
        DVector::from_fn(size, |i, _| {
            let mut sum = REGULARISATION * h[i];
            for column in 0..size {
                let mut part = 0.0;
                for row in 0..size {
                    part += vectors[(i, row)] * weighted[(row, column)];
                }
                sum += part * vectors[(i, column)];
            }
            sum
        })
    }

    /// First divided differences of x ↦ max(x, 0) at pairs of eigenvalues.
    fn weights(&self) -> DMatrix<f64> {
        let size = self.values.len();
        DMatrix::from_fn(size, size, |row, column| {
            let (x, y) = (self.values[row], self.values[column]);
            match (x > 0.0, y > 0.0) {
                (true, true) => 1.0,
                (false, false) => 0.0,
                (true, false) => x / (x - y),
                (false, true) => y / (y - x),
            }
        })
    }
}

/// A·diag(weights)·Aᵀ in a fixed order of summation.
fn weighted_square(matrix: &DMatrix<f64>, weights: &DVector<f64>) -> DMatrix<f64> {
    let size = matrix.nrows();
    let mut product = DMatrix::zeros(size, size);
    for row in 0..size {
        for column in 0..=row {
            let mut sum = 0.0;
            for (k, weight) in weights.iter().enumerate() {
                sum += matrix[(row, k)] * weight * matrix[(column, k)];
            }
            product[(row, column)] = sum;
            product[(column, row)] = sum;
        }
    }
    product
}
