//! Sample and exponentially weighted correlation of series with different listing dates.
//!
//! Pairwise: each pair uses the dates both have, so no observation is wasted, but the matrix need
//! not be positive semidefinite. Common dates: one set of dates for all, always semidefinite.

use nalgebra::DMatrix;

use super::ewma::decay;
use super::panel::{common_dates, even_length, last};
use super::{Estimate, EstimationError};

/// Which dates a correlation is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// For each pair, the dates both series have.
    Pairwise,
    /// The dates all series have.
    CommonDates,
}

/// An estimated correlation matrix with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationEstimate {
    /// Correlations, unit diagonal.
    pub matrix: DMatrix<f64>,
    /// Dates used for each pair; for the diagonal, dates of the series itself.
    pub observations: DMatrix<usize>,
    /// The estimator in words.
    pub estimator: String,
    /// What the reader should know, e.g. dates lost to a late listing.
    pub notes: Vec<String>,
}

impl CorrelationEstimate {
    /// Standard error `(1−ρ²)/√(n−1)` of one entry, for normal returns (Fisher 1915).
    pub fn standard_error(&self, row: usize, column: usize) -> f64 {
        let rho = self.matrix[(row, column)];
        let observations = self.observations[(row, column)] as f64;
        (1.0 - rho * rho) / (observations - 1.0).max(1.0).sqrt()
    }
}

/// Fewest common dates a correlation is taken from.
const PAIR_OBSERVATIONS_MIN: usize = 3;

/// Sample correlation of a panel `[series][date]` over its last `window` dates (all when `None`).
///
/// # Errors
/// An uneven panel, too few common dates, values that are not finite, a constant series.
pub fn sample_correlation(
    panel: &[&[Option<f64>]],
    window: Option<usize>,
    overlap: Overlap,
) -> Result<CorrelationEstimate, EstimationError> {
    let correlate = |pair: &WeightedPairs| pair.centred_correlation();
    weighted_correlation(panel, window, overlap, 1.0, "sample", correlate)
}

/// Correlation with weights `∝ λ^age`, age counted in dates, around zero means.
///
/// # Errors
/// As [`sample_correlation`], and a half-life that is not positive.
pub fn ewma_correlation(
    panel: &[&[Option<f64>]],
    half_life: f64,
    overlap: Overlap,
) -> Result<CorrelationEstimate, EstimationError> {
    let lambda = decay(half_life)?;
    let name = format!("EWMA, half-life {half_life} observations");
    let correlate = |pair: &WeightedPairs| pair.raw_correlation();
    weighted_correlation(panel, None, overlap, lambda, &name, correlate)
}

/// Sample correlation of two series on the dates both have, with its standard error.
///
/// # Errors
/// As [`sample_correlation`].
pub fn pair_correlation(
    first: &[Option<f64>],
    second: &[Option<f64>],
) -> Result<Estimate, EstimationError> {
    let estimate = sample_correlation(&[first, second], None, Overlap::Pairwise)?;
    Ok(Estimate {
        value: estimate.matrix[(0, 1)],
        standard_error: Some(estimate.standard_error(0, 1)),
        observations: estimate.observations[(0, 1)],
        notes: estimate.notes,
    })
}

fn weighted_correlation(
    panel: &[&[Option<f64>]],
    window: Option<usize>,
    overlap: Overlap,
    lambda: f64,
    name: &str,
    correlate: impl Fn(&WeightedPairs) -> Option<f64>,
) -> Result<CorrelationEstimate, EstimationError> {
    even_length(panel)?;
    let panel: Vec<&[Option<f64>]> = panel.iter().map(|series| last(series, window)).collect();
    let everywhere = common_dates(&panel)?;
    let n = panel.len();
    let mut matrix = DMatrix::identity(n, n);
    let mut observations = DMatrix::from_element(n, n, everywhere.len());
    for row in 0..n {
        for column in 0..=row {
            let dates = match overlap {
                Overlap::Pairwise => common_dates(&[panel[row], panel[column]])?,
                Overlap::CommonDates => everywhere.clone(),
            };
            let pairs = WeightedPairs::collect(panel[row], panel[column], &dates, lambda);
            let what = || format!("correlation of series {column} and {row}");
            let value = pairs.check(&what, &dates).and_then(|()| {
                correlate(&pairs).ok_or_else(|| EstimationError::NoVariation { what: what() })
            })?;
            let value = if row == column { 1.0 } else { value.clamp(-1.0, 1.0) };
            (matrix[(row, column)], matrix[(column, row)]) = (value, value);
            observations[(row, column)] = dates.len();
            observations[(column, row)] = dates.len();
        }
    }
    let (dates, method) = describe(overlap);
    let estimator = format!("{name}, {method}");
    let notes = overlap_notes(&observations, dates, panel.first().map_or(0, |series| series.len()));
    Ok(CorrelationEstimate { matrix, observations, estimator, notes })
}

fn describe(overlap: Overlap) -> (&'static str, &'static str) {
    match overlap {
        Overlap::Pairwise => ("dates a pair has in common", "pairwise on common dates"),
        Overlap::CommonDates => ("dates all series have in common", "on dates all series have"),
    }
}

fn overlap_notes(observations: &DMatrix<usize>, dates: &str, length: usize) -> Vec<String> {
    let fewest = observations.iter().copied().min().unwrap_or(length);
    let most = observations.iter().copied().max().unwrap_or(length);
    match (fewest == length, fewest == most) {
        (true, _) => Vec::new(),
        (false, true) => vec![format!("{fewest} of {length} dates used: {dates}")],
        (false, false) => vec![format!(
            "{fewest} to {most} of {length} dates used: {dates}; series have different gaps or \
             listing dates"
        )],
    }
}

/// Paired observations with weights by age, newest weighing 1.
struct WeightedPairs {
    first: Vec<f64>,
    second: Vec<f64>,
    weights: Vec<f64>,
}

impl WeightedPairs {
    fn collect(
        first: &[Option<f64>],
        second: &[Option<f64>],
        dates: &[usize],
        lambda: f64,
    ) -> Self {
        let newest = first.len().saturating_sub(1);
        let weight = |&date: &usize| libm::pow(lambda, (newest - date) as f64);
        Self {
            first: dates.iter().filter_map(|&date| first[date]).collect(),
            second: dates.iter().filter_map(|&date| second[date]).collect(),
            weights: dates.iter().map(weight).collect(),
        }
    }

    fn check(&self, what: &impl Fn() -> String, dates: &[usize]) -> Result<(), EstimationError> {
        let found = self.first.len();
        if found < PAIR_OBSERVATIONS_MIN {
            let needed = PAIR_OBSERVATIONS_MIN;
            return Err(EstimationError::TooFewObservations { what: what(), found, needed });
        }
        let finite = |index: &usize| (self.first[*index] + self.second[*index]).is_finite();
        match (0..found).find(|index| !finite(index)) {
            Some(bad) => Err(EstimationError::NotFinite { what: what(), index: dates[bad] }),
            None => Ok(()),
        }
    }

    fn mean(&self, values: &[f64]) -> f64 {
        let total: f64 =
            self.weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
        total / self.weights.iter().sum::<f64>()
    }

    fn centred_correlation(&self) -> Option<f64> {
        self.correlation_around(self.mean(&self.first), self.mean(&self.second))
    }

    fn raw_correlation(&self) -> Option<f64> {
        self.correlation_around(0.0, 0.0)
    }

    /// Weighted correlation around two centres; `None` where a series does not vary.
    fn correlation_around(&self, first_centre: f64, second_centre: f64) -> Option<f64> {
        let (mut covariance, mut first_variance, mut second_variance) = (0.0, 0.0, 0.0);
        for ((first, second), weight) in self.first.iter().zip(&self.second).zip(&self.weights) {
            let (x, y) = (first - first_centre, second - second_centre);
            covariance += weight * x * y;
            first_variance += weight * x * x;
            second_variance += weight * y * y;
        }
        let scale = first_variance.sqrt() * second_variance.sqrt();
        (scale > 0.0 && scale.is_finite()).then(|| covariance / scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anscombes_first_pair() {
        // Anscombe (1973), set I: r = 0.81642.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0].map(Some);
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68].map(Some);
        let estimate = pair_correlation(&x, &y).unwrap();
        assert!((estimate.value - 0.816_420_516_344_84).abs() < 1e-12);
        assert_eq!(estimate.observations, 11);
    }

    #[test]
    fn a_late_listing_is_used_pairwise_and_said() {
        let x = [1.0, -1.0, 2.0, -2.0, 0.5, 1.5].map(Some);
        let y = [2.0, -1.5, 1.0, -2.5, 1.0, 1.0].map(Some);
        let late = [None, None, Some(1.0), Some(-1.0), Some(0.3), Some(0.7)];
        let pairwise = sample_correlation(&[&x, &y, &late], None, Overlap::Pairwise).unwrap();
        assert_eq!(pairwise.observations[(0, 1)], 6);
        assert_eq!(pairwise.observations[(0, 2)], 4);
        assert_eq!(pairwise.notes.len(), 1);
        let common = sample_correlation(&[&x, &y, &late], None, Overlap::CommonDates).unwrap();
        assert_eq!(common.observations[(0, 1)], 4);
        let alone = pair_correlation(&x[2..], &y[2..]).unwrap();
        assert_eq!(common.matrix[(0, 1)], alone.value);
        assert_ne!(pairwise.matrix[(0, 1)], common.matrix[(0, 1)]);
    }

    #[test]
    fn ewma_forgets_at_its_half_life() {
        // Four pairs, half-life 1: weights 1/8, 1/4, 1/2, 1 from oldest to newest.
        let x = [1.0, 1.0, 1.0, 2.0].map(Some);
        let y = [1.0, -1.0, 1.0, 1.0].map(Some);
        let estimate = ewma_correlation(&[&x, &y], 1.0, Overlap::Pairwise).unwrap();
        let covariance = 0.125 - 0.25 + 0.5 + 2.0;
        let expected = covariance / ((0.875_f64 + 4.0) * 1.875).sqrt();
        assert!((estimate.matrix[(0, 1)] - expected).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_correlated_is_refused() {
        let x = [Some(1.0), Some(2.0), Some(4.0)];
        let flat = [Some(1.0); 3];
        let short = [Some(1.0); 2];
        assert!(matches!(pair_correlation(&x, &flat), Err(EstimationError::NoVariation { .. })));
        assert!(matches!(
            pair_correlation(&x, &short),
            Err(EstimationError::UnevenPanel { series: 1, found: 2, expected: 3 })
        ));
        let apart = [None, None, Some(1.0)];
        assert!(matches!(
            pair_correlation(&x, &apart),
            Err(EstimationError::TooFewObservations { found: 1, .. })
        ));
    }
}
