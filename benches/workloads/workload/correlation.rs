//! Correlation matrices of the workloads.

use super::splitmix::dot;

/// How factors correlate.
#[derive(Debug, Clone, PartialEq)]
pub enum Correlation {
    /// The same for every pair.
    Equal(f64),
    /// `C = L·Lᵀ` off the diagonal, 1 on it; a row of L with squared length above 0.95 is scaled to
    /// 0.95. One row a factor.
    Loadings(Vec<Vec<f64>>),
}

/// Largest squared length of a row of loadings.
const COMMUNALITY_MAX: f64 = 0.95;

impl Correlation {
    /// The whole matrix, by row.
    pub fn matrix(&self, size: usize) -> Vec<Vec<f64>> {
        let by_entry = |entry: &dyn Fn(usize, usize) -> f64| {
            let one = |row, column| if row == column { 1.0 } else { entry(row, column) };
            (0..size).map(|row| (0..size).map(|column| one(row, column)).collect()).collect()
        };
        match self {
            Self::Equal(correlation) => by_entry(&|_, _| *correlation),
            Self::Loadings(loadings) => {
                let bounded: Vec<Vec<f64>> = loadings.iter().map(|row| bounded(row)).collect();
                by_entry(&|row, column| dot(&bounded[row], &bounded[column]))
            }
        }
    }
}

fn bounded(row: &[f64]) -> Vec<f64> {
    let length = dot(row, row);
    let scale = if length > COMMUNALITY_MAX { (COMMUNALITY_MAX / length).sqrt() } else { 1.0 };
    row.iter().map(|loading| loading * scale).collect()
}
