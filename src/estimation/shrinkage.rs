//! Shrinkage of the correlation matrix toward constant correlation.
//!
//! Source: Ledoit & Wolf, "Honey, I shrunk the sample covariance matrix", Journal of Portfolio
//! Management 30 (2004), appendix B. The shrunk covariance keeps the sample variances, so shrinking
//! the covariance toward the constant-correlation target is shrinking the correlations toward their
//! mean. It works on the dates all series have; dates lost to a late listing are said.

use nalgebra::DMatrix;

use super::panel::{complete_rows, last};
use super::{CorrelationEstimate, EstimationError};

/// A shrunk correlation matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct ShrunkCorrelation {
    /// The matrix with its evidence.
    pub correlation: CorrelationEstimate,
    /// Weight of the target, in [0, 1].
    pub intensity: f64,
    /// The constant correlation aimed at: the mean of the sample correlations.
    pub target: f64,
}

/// Fewest common dates.
const OBSERVATIONS_MIN: usize = 3;
const WHAT: &str = "Ledoit–Wolf correlation";

/// Ledoit–Wolf correlation of a panel `[series][date]` over its last `window` dates.
///
/// # Errors
/// An uneven panel, fewer than three dates all series have, values that are not finite, a constant
/// series.
pub fn ledoit_wolf_correlation(
    panel: &[&[Option<f64>]],
    window: Option<usize>,
) -> Result<ShrunkCorrelation, EstimationError> {
    let panel: Vec<&[Option<f64>]> = panel.iter().map(|series| last(series, window)).collect();
    let length = panel.first().map_or(0, |series| series.len());
    let mut rows = complete_rows(WHAT, &panel, OBSERVATIONS_MIN)?;
    centre(&mut rows);
    let covariance = covariance(&rows);
    let varies =
        |index| covariance[(index, index)] > 0.0 && f64::is_finite(covariance[(index, index)]);
    if !(0..covariance.nrows()).all(varies) {
        return Err(EstimationError::NoVariation { what: WHAT.to_owned() });
    }
    let target = mean_correlation(&covariance);
    let intensity = intensity(&rows, &covariance, target);
    let estimator = format!(
        "Ledoit–Wolf (2004) toward constant correlation {target:.4}, intensity {intensity:.4}"
    );
    let correlation = CorrelationEstimate {
        matrix: shrink(&covariance, target, intensity),
        observations: DMatrix::from_element(panel.len(), panel.len(), rows.len()),
        estimator,
        notes: lost_dates(rows.len(), length),
    };
    Ok(ShrunkCorrelation { correlation, intensity, target })
}

fn lost_dates(used: usize, length: usize) -> Vec<String> {
    if used == length {
        return Vec::new();
    }
    vec![format!("{used} of {length} dates used, those that all series have")]
}

/// Subtracts its mean from each column of `rows`.
fn centre(rows: &mut [Vec<f64>]) {
    let n = rows.len() as f64;
    for column in 0..rows[0].len() {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / n;
        rows.iter_mut().for_each(|row| row[column] -= mean);
    }
}

/// Mean over dates of `f(row)`.
fn mean(rows: &[Vec<f64>], f: impl Fn(&[f64]) -> f64) -> f64 {
    rows.iter().map(|row| f(row)).sum::<f64>() / rows.len() as f64
}

fn covariance(rows: &[Vec<f64>]) -> DMatrix<f64> {
    let n = rows[0].len();
    let mut matrix = DMatrix::zeros(n, n);
    for i in 0..n {
        for j in 0..=i {
            let value = mean(rows, |row| row[i] * row[j]);
            (matrix[(i, j)], matrix[(j, i)]) = (value, value);
        }
    }
    matrix
}

fn correlation_of(covariance: &DMatrix<f64>, i: usize, j: usize) -> f64 {
    covariance[(i, j)] / (covariance[(i, i)].sqrt() * covariance[(j, j)].sqrt())
}

fn mean_correlation(covariance: &DMatrix<f64>) -> f64 {
    let n = covariance.nrows();
    let pairs = n * n.saturating_sub(1) / 2;
    let below = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
    let total: f64 = below.map(|(i, j)| correlation_of(covariance, i, j)).sum();
    if pairs == 0 { 0.0 } else { total / pairs as f64 }
}

/// The optimal weight `(π − ρ)/(γT)`, clamped to [0, 1].
fn intensity(rows: &[Vec<f64>], covariance: &DMatrix<f64>, target: f64) -> f64 {
    let n = covariance.nrows();
    let (mut pi, mut rho, mut gamma) = (0.0, 0.0, 0.0);
    for i in 0..n {
        for j in 0..n {
            let (s_ii, s_jj, s_ij) = (covariance[(i, i)], covariance[(j, j)], covariance[(i, j)]);
            let product_variance =
                mean(rows, |row| row[i] * row[i] * row[j] * row[j]) - s_ij * s_ij;
            pi += product_variance;
            if i == j {
                rho += product_variance;
                continue;
            }
            let theta = mean(rows, |row| row[i] * row[i] * row[i] * row[j]) - s_ii * s_ij;
            rho += target * (s_jj / s_ii).sqrt() * theta;
            let distance = s_ij - target * (s_ii * s_jj).sqrt();
            gamma += distance * distance;
        }
    }
    // Two series, or a sample that already is constant-correlation, leave nothing to shrink.
    if gamma <= f64::EPSILON * f64::EPSILON * pi.abs() {
        return 0.0;
    }
    ((pi - rho) / gamma / rows.len() as f64).clamp(0.0, 1.0)
}

fn shrink(covariance: &DMatrix<f64>, target: f64, intensity: f64) -> DMatrix<f64> {
    let n = covariance.nrows();
    DMatrix::from_fn(n, n, |i, j| {
        let sample = correlation_of(covariance, i, j);
        if i == j { 1.0 } else { intensity * target + (1.0 - intensity) * sample }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic heavy-ish noise in (−1, 1) for structure tests (not random numbers).
    fn noise(date: usize, series: usize) -> f64 {
        let x = ((date * 7919 + series * 104_729 + 13) % 9973) as f64 / 9973.0;
        let y = ((date * 6007 + series * 50_021 + 101) % 9967) as f64 / 9967.0;
        x + y - 1.0
    }

    fn panel(dates: usize, loadings: &[f64]) -> Vec<Vec<Option<f64>>> {
        let value = |series: usize, date: usize| {
            loadings[series] * noise(date, 99) + (1.0 + series as f64) * noise(date, series)
        };
        (0..loadings.len())
            .map(|series| (0..dates).map(|date| Some(value(series, date))).collect())
            .collect()
    }

    fn borrow(panel: &[Vec<Option<f64>>]) -> Vec<&[Option<f64>]> {
        panel.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn lies_between_sample_and_target() {
        let data = panel(40, &[1.0, 2.0, 0.0, 4.0]);
        let shrunk = ledoit_wolf_correlation(&borrow(&data), None).unwrap();
        assert!(shrunk.intensity > 0.0 && shrunk.intensity < 1.0, "{}", shrunk.intensity);
        let sample = crate::estimation::sample_correlation(
            &borrow(&data),
            None,
            crate::estimation::Overlap::CommonDates,
        );
        let sample = sample.unwrap().matrix;
        let expected = shrunk.intensity * shrunk.target + (1.0 - shrunk.intensity) * sample[(0, 3)];
        assert!((shrunk.correlation.matrix[(0, 3)] - expected).abs() < 1e-14);
    }

    #[test]
    fn more_data_shrinks_less() {
        let loadings = [1.0, 2.0, 0.0, 4.0];
        let few = ledoit_wolf_correlation(&borrow(&panel(30, &loadings)), None).unwrap();
        let many = ledoit_wolf_correlation(&borrow(&panel(3000, &loadings)), None).unwrap();
        assert!(many.intensity < few.intensity / 10.0, "{} {}", many.intensity, few.intensity);
    }

    #[test]
    fn dates_lost_to_a_late_listing_are_said() {
        let mut data = panel(50, &[1.0, 2.0, 3.0]);
        data[1][..20].fill(None);
        let shrunk = ledoit_wolf_correlation(&borrow(&data), Some(45)).unwrap();
        assert_eq!(shrunk.correlation.observations[(0, 2)], 30);
        assert_eq!(shrunk.correlation.notes, ["30 of 45 dates used, those that all series have"]);
    }

    #[test]
    fn two_series_are_left_alone() {
        let data = panel(50, &[1.0, 2.0]);
        assert_eq!(ledoit_wolf_correlation(&borrow(&data), None).unwrap().intensity, 0.0);
    }
}
