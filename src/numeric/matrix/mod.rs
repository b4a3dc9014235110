//! Correlation matrices: factor, smallest eigenvalue, nearest valid matrix, correlated draws.
//!
//! Flows in: symmetric `nalgebra::DMatrix`. Flows out: a triangular factor, row-major, and the
//! kernel that applies it to blocks of draws `[factor][path]`. nalgebra holds matrices and finds
//! eigenvalues; products are our own loops in a fixed order, because its matrix product chooses
//! an instruction set by CPU and so its bits.

mod cholesky;
mod multiply;
mod nearest;

pub use cholesky::{TriangularFactor, semidefinite_cholesky};
pub use multiply::{PackedFactor, TILE_PATHS, TilePlace};
pub use nearest::{NearestCorrelation, nearest_correlation};

use nalgebra::DMatrix;

/// What is wrong with a matrix.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MatrixError {
    /// Rows and columns differ in number, or there are none.
    #[error("the matrix is {rows} × {columns}; it must be square and not empty")]
    NotSquare {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// An entry is NaN or infinite.
    #[error("entry ({row}, {column}) is {value}")]
    NotFinite {
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// The entry.
        value: f64,
    },
    /// Two entries that must be equal are not.
    #[error("entries ({row}, {column}) = {value} and its mirror {mirror} differ")]
    NotSymmetric {
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// The entry.
        value: f64,
        /// The entry across the diagonal.
        mirror: f64,
    },
    /// The matrix has a negative eigenvalue.
    #[error(
        "the matrix is not positive semidefinite: its smallest eigenvalue is {smallest_eigenvalue:.6e}"
    )]
    NotPositiveSemidefinite {
        /// Its smallest eigenvalue.
        smallest_eigenvalue: f64,
    },
    /// The search for the nearest correlation matrix stopped short.
    #[error("no nearest correlation matrix after {iterations} iterations (residual {residual:e})")]
    NotConverged {
        /// Newton steps taken.
        iterations: usize,
        /// Largest deviation of the diagonal from one.
        residual: f64,
    },
}

/// Differences between mirrored entries up to this are rounding.
const SYMMETRY_TOLERANCE: f64 = 1e-12;

/// Refuses what is not a finite symmetric square matrix.
fn check_symmetric(matrix: &DMatrix<f64>) -> Result<usize, MatrixError> {
    let (rows, columns) = matrix.shape();
    if rows != columns || rows == 0 {
        return Err(MatrixError::NotSquare { rows, columns });
    }
    for row in 0..rows {
        for column in 0..=row {
            check_pair(matrix, row, column)?;
        }
    }
    Ok(rows)
}

fn check_pair(matrix: &DMatrix<f64>, row: usize, column: usize) -> Result<(), MatrixError> {
    let (value, mirror) = (matrix[(row, column)], matrix[(column, row)]);
    for (row, column, value) in [(row, column, value), (column, row, mirror)] {
        if !value.is_finite() {
            return Err(MatrixError::NotFinite { row, column, value });
        }
    }
    if (value - mirror).abs() > SYMMETRY_TOLERANCE * value.abs().max(mirror.abs()).max(1.0) {
        return Err(MatrixError::NotSymmetric { row, column, value, mirror });
    }
    Ok(())
}

/// The smallest eigenvalue of a symmetric matrix.
///
/// # Errors
/// [`MatrixError`] for a matrix that is not square, finite and symmetric.
pub fn smallest_eigenvalue(matrix: &DMatrix<f64>) -> Result<f64, MatrixError> {
    check_symmetric(matrix)?;
    Ok(smallest_of_checked(matrix))
}

fn smallest_of_checked(matrix: &DMatrix<f64>) -> f64 {
    let eigenvalues = matrix.symmetric_eigenvalues();
    eigenvalues.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests;
