//! Cholesky factors of positive semidefinite matrices, singular ones included.
//!
//! Columns whose pivot is zero to rounding are zero; they are legitimate only where the rest of
//! the column is as small as a semidefinite matrix allows (each 2 × 2 minor non-negative), which
//! is checked, so nothing is repaired in silence.

use nalgebra::DMatrix;

use super::{MatrixError, check_symmetric, smallest_of_checked};

/// A lower triangular matrix L, row-major with zeros above the diagonal.
#[derive(Debug, Clone, PartialEq)]
pub struct TriangularFactor {
    size: usize,
    entries: Vec<f64>,
}

impl TriangularFactor {
    /// Rows and columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// All entries, `[row][column]`.
    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// All entries, `[row][column]`.
    pub fn into_entries(self) -> Vec<f64> {
        self.entries
    }

    /// Rows, each of full length.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.entries.chunks_exact(self.size)
    }

    /// L·Lᵀ.
    pub fn product(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.size, self.size, |row, column| {
            self.overlap(row, column, row.min(column) + 1)
        })
    }

    /// Σ L[row][k]·L[column][k] over the first `count` columns.
    fn overlap(&self, row: usize, column: usize, count: usize) -> f64 {
        let left = &self.entries[row * self.size..][..count];
        let right = &self.entries[column * self.size..][..count];
        left.iter().zip(right).map(|(x, y)| x * y).sum()
    }
}

/// The factor L of a symmetric positive semidefinite matrix, `matrix = L·Lᵀ`.
///
/// Pivots below 8·n·ε of the largest diagonal entry count as zero.
///
/// # Errors
/// [`MatrixError::NotPositiveSemidefinite`] with the smallest eigenvalue; others for a matrix that
/// is not square, finite and symmetric.
pub fn semidefinite_cholesky(matrix: &DMatrix<f64>) -> Result<TriangularFactor, MatrixError> {
    let size = check_symmetric(matrix)?;
    let scale = matrix.diagonal().iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let threshold = 8.0 * size as f64 * f64::EPSILON * scale;
    let mut factor = TriangularFactor { size, entries: vec![0.0; size * size] };
    let mut sound = true;
    for column in 0..size {
        sound &= eliminate(matrix, &mut factor, column, threshold);
    }
    // Where every pivot passed, what is left over is of the order of zeroed columns.
    let residual = (factor.product() - matrix).amax();
    if sound && residual <= 4.0 * (threshold * scale).sqrt() {
        return Ok(factor);
    }
    Err(MatrixError::NotPositiveSemidefinite { smallest_eigenvalue: smallest_of_checked(matrix) })
}

/// Computes one column of the factor; false if the matrix cannot be semidefinite.
fn eliminate(
    matrix: &DMatrix<f64>,
    factor: &mut TriangularFactor,
    column: usize,
    threshold: f64,
) -> bool {
    let size = factor.size;
    let left_of = |factor: &TriangularFactor, row: usize, other: usize| {
        matrix[(row, other)] - factor.overlap(row, other, column)
    };
    let pivot = left_of(factor, column, column);
    if pivot > threshold {
        let root = pivot.sqrt();
        factor.entries[column * size + column] = root;
        for row in column + 1..size {
            factor.entries[row * size + column] = left_of(factor, row, column) / root;
        }
        return true;
    }
    let minor_allows = |row: usize| {
        let beside = left_of(factor, row, column);
        let below = left_of(factor, row, row);
        beside * beside <= 16.0 * threshold * (below.abs() + threshold)
    };
    pivot >= -threshold && (column + 1..size).all(minor_allows)
}
