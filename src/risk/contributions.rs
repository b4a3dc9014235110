//! Where the tail comes from: additive contributions of rows to ES and VaR.
//!
//! Component ES_i is the average of the row's loss under exactly the weights of ES, so that rows
//! sum to it (Tasche 1999; Euler allocation where losses are homogeneous). With path events they
//! are *tail contributions*: additive, not marginal.
//!
//! Errors: for ES the influence function of a weighted tail mean,
//! `√((Var(L_i | tail) + α(ES_i − m_i)²) / (n(1−α)))` with `m_i = E[L_i | L = VaR]`, which is
//! Manistre & Hancock's formula when the row is the whole book. For VaR the error of the local
//! average, given the quantile. Of weighted or dependent paths the same influence values, summed
//! over independent units, controls regressed out.

use super::unit_sums::UnitSums;
use super::{ExpectedShortfallWeights, KernelWeights, PathWeight, PathWeights, RiskError};
use crate::units::PathId;

/// Row losses on the revalued paths.
#[derive(Debug, Clone, Copy)]
pub struct TailSample<'a> {
    /// Revalued paths, ascending.
    pub paths: &'a [PathId],
    /// Losses `[row][path]`.
    pub row_losses: &'a [f64],
}

/// One row's share of ES and VaR.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// Share of ES.
    pub expected_shortfall: f64,
    /// Its standard error.
    pub expected_shortfall_error: f64,
    /// Share of VaR, rescaled to sum to it.
    pub value_at_risk: f64,
    /// Its standard error, given the quantile.
    pub value_at_risk_error: f64,
}

/// Contributions of every row, in row order.
///
/// `value_at_risk` is what the VaR contributions sum to; where the local averages nearly cancel
/// (below 1e-9 of their gross sum) no rescaling makes sense and they stay as they are.
///
/// # Errors
/// [`RiskError::MissingTailPath`] where a weighted path was not revalued, [`RiskError::Shape`]
/// where the matrix is ragged.
pub fn contributions(
    sample: &TailSample<'_>,
    tail: &ExpectedShortfallWeights,
    kernel: &KernelWeights,
    value_at_risk: f64,
    weights: &PathWeights,
) -> Result<Vec<Contribution>, RiskError> {
    let paths = sample.paths.len();
    if paths == 0 || !sample.row_losses.len().is_multiple_of(paths) {
        let found = sample.row_losses.len();
        return Err(RiskError::Shape { found, paths });
    }
    let tail_at = locate(&tail.weights, sample.paths)?;
    let kernel_at = locate(&kernel.weights, sample.paths)?;
    let rows = sample.row_losses.chunks_exact(paths);
    let mut found: Vec<Contribution> = rows
        .map(|row| {
            let row = Row { losses: row, tail: &tail_at, kernel: &kernel_at };
            if weights.are_plain() { row.plain(tail) } else { row.weighted(tail, kernel, weights) }
        })
        .collect();
    rescale(&mut found, value_at_risk);
    Ok(found)
}

/// Weights with the index of their path in the sample.
type Located = Vec<(usize, f64)>;

fn locate(weights: &[PathWeight], paths: &[PathId]) -> Result<Located, RiskError> {
    let index_of = |entry: &PathWeight| match paths.binary_search(&entry.path) {
        Ok(index) => Ok((index, entry.weight)),
        Err(_) => Err(RiskError::MissingTailPath { path: entry.path.0 }),
    };
    weights.iter().map(index_of).collect()
}

/// One row's losses on the revalued paths, and where the weights lie among them.
struct Row<'a> {
    losses: &'a [f64],
    tail: &'a Located,
    kernel: &'a Located,
}

impl Row<'_> {
    fn plain(&self, tail: &ExpectedShortfallWeights) -> Contribution {
        let row = self.losses;
        let expected_shortfall = weighted(row, self.tail, |loss| loss);
        let local = weighted(row, self.kernel, |loss| loss);
        let square = |around: f64| move |loss: f64| (loss - around) * (loss - around);
        let variance = weighted(row, self.tail, square(expected_shortfall));
        let shift = expected_shortfall - local;
        let tail_count = tail.count as f64 * tail.level.tail();
        let spread = (variance + tail.level.get() * shift * shift) / tail_count;
        // The variance of a weighted mean: Σw²·Var, the weights summing to one.
        let weight_squares: f64 = self.kernel.iter().map(|(_, weight)| weight * weight).sum();
        let local_variance = weighted(row, self.kernel, square(local));
        Contribution {
            expected_shortfall,
            expected_shortfall_error: spread.sqrt(),
            value_at_risk: local,
            value_at_risk_error: (weight_squares * local_variance).sqrt(),
        }
    }

    fn weighted(
        &self,
        tail: &ExpectedShortfallWeights,
        kernel: &KernelWeights,
        weights: &PathWeights,
    ) -> Contribution {
        let local = weighted(self.losses, self.kernel, |loss| loss);
        let error = |entries: &[PathWeight], located: &Located| {
            let mut sums = UnitSums::new(weights);
            // Ratios tell the error; the control weights in these are divided out again.
            let values = entries.iter().zip(located).map(|(entry, &(index, weight))| {
                let path = entry.path.0 as usize;
                let excess = self.losses[index] - local;
                (path, weight / weights.control_weight(path) * excess)
            });
            sums.add_ascending(values);
            sums.standard_error() * weights.count() as f64
        };
        Contribution {
            expected_shortfall: weighted(self.losses, self.tail, |loss| loss),
            expected_shortfall_error: error(&tail.weights, self.tail),
            value_at_risk: local,
            value_at_risk_error: error(&kernel.weights, self.kernel),
        }
    }
}

fn weighted(row: &[f64], located: &Located, of: impl Fn(f64) -> f64) -> f64 {
    let terms = located.iter().map(|&(index, weight)| weight * of(row[index]));
    terms.sum()
}

/// Scales VaR contributions so that they sum to VaR.
fn rescale(found: &mut [Contribution], value_at_risk: f64) {
    let total: f64 = found.iter().map(|row| row.value_at_risk).sum();
    let gross: f64 = found.iter().map(|row| row.value_at_risk.abs()).sum();
    if total.abs() <= 1e-9 * gross {
        return;
    }
    let factor = value_at_risk / total;
    for row in found {
        row.value_at_risk *= factor;
        row.value_at_risk_error *= factor.abs();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LossSample, expected_shortfall, value_at_risk};
    use super::*;
    use crate::units::ConfidenceLevel;

    /// Three rows with different dependence on two pseudo-random drivers.
    fn rows(count: usize) -> Vec<Vec<f64>> {
        let uniform = |i: usize, salt: u64| {
            let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt;
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            (mixed >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        let driver = |salt| move |i| uniform(i, salt) + uniform(i, salt * 3) + uniform(i, salt * 7);
        let (first, second) = (driver(0x1234_5678_9ABC), driver(0xFEDC_BA98_7654));
        vec![
            (0..count).map(|i| 3.0 * first(i)).collect(),
            (0..count).map(|i| -first(i) + 2.0 * second(i)).collect(),
            (0..count).map(|i| second(i) * second(i)).collect(),
        ]
    }

    fn total(rows: &[Vec<f64>], scales: [f64; 3]) -> Vec<f64> {
        let sum = |i: usize| (0..3).map(|row| scales[row] * rows[row][i]).sum();
        (0..rows[0].len()).map(sum).collect()
    }

    struct Case {
        losses: Vec<f64>,
        level: ConfidenceLevel,
        found: Vec<Contribution>,
    }

    fn measured(rows: &[Vec<f64>], alpha: f64) -> Case {
        let level = ConfidenceLevel::new(alpha).unwrap();
        let losses = total(rows, [1.0; 3]);
        let ordered = LossSample::plain(&losses, &[level]).unwrap();
        let tail = ExpectedShortfallWeights::new(&ordered, level);
        let kernel = KernelWeights::new(&ordered, level);
        let paths: Vec<PathId> = (0..rows[0].len() as u64).map(PathId).collect();
        let row_losses = rows.concat();
        let sample = TailSample { paths: &paths, row_losses: &row_losses };
        let var = value_at_risk(&ordered, level).loss.amount();
        let found = contributions(&sample, &tail, &kernel, var, ordered.weights()).unwrap();
        Case { level, found, losses }
    }

    #[test]
    fn rows_sum_to_the_measures() {
        for alpha in [0.9, 0.987, 0.99] {
            let case = measured(&rows(9_973), alpha);
            let ordered = LossSample::plain(&case.losses, &[]).unwrap();
            let es = expected_shortfall(&ordered, case.level).loss.amount();
            let var = value_at_risk(&ordered, case.level).loss.amount();
            let sum: f64 = case.found.iter().map(|row| row.expected_shortfall).sum();
            approx::assert_relative_eq!(sum, es, max_relative = 1e-12);
            let sum: f64 = case.found.iter().map(|row| row.value_at_risk).sum();
            approx::assert_relative_eq!(sum, var, max_relative = 1e-12);
        }
    }

    #[test]
    fn they_are_the_derivatives_of_the_shortfall() {
        // Euler: ES_i = dES/dλ_i at λ = 1; the sample ES is piecewise linear in λ, so a small
        // central difference gives the same number but for reordered boundary paths.
        let rows = rows(20_000);
        let case = measured(&rows, 0.98);
        for (row, found) in case.found.iter().enumerate() {
            let shortfall = |scale: f64| {
                let mut scales = [1.0; 3];
                scales[row] = scale;
                let losses = total(&rows, scales);
                let ordered = LossSample::plain(&losses, &[case.level]).unwrap();
                expected_shortfall(&ordered, case.level).loss.amount()
            };
            let difference = (shortfall(1.0 + 1e-4) - shortfall(1.0 - 1e-4)) / 2e-4;
            assert!(
                (difference - found.expected_shortfall).abs() < 2e-3,
                "{difference} against {found:?}"
            );
        }
    }

    #[test]
    fn the_error_of_the_whole_book_is_that_of_the_shortfall() {
        let rows = rows(20_000);
        let whole = total(&rows, [1.0; 3]);
        let zero = vec![0.0; whole.len()];
        let case = measured(&[whole, zero.clone(), zero], 0.98);
        let ordered = LossSample::plain(&case.losses, &[]).unwrap();
        let expected = expected_shortfall(&ordered, case.level).standard_error;
        let found = case.found[0].expected_shortfall_error;
        // The kernel average stands for VaR itself: equal to a few parts in a thousand.
        approx::assert_relative_eq!(found, expected, max_relative = 0.01);
        assert_eq!(case.found[1].expected_shortfall_error, 0.0);
    }

    #[test]
    fn a_path_that_was_not_revalued_is_named() {
        let level = ConfidenceLevel::new(0.75).unwrap();
        let ordered = LossSample::plain(&[1.0, 2.0, 3.0, 4.0], &[]).unwrap();
        let tail = ExpectedShortfallWeights::new(&ordered, level);
        let kernel = KernelWeights::new(&ordered, level);
        let paths = [PathId(0), PathId(1)];
        let sample = TailSample { paths: &paths, row_losses: &[1.0, 2.0] };
        let found = contributions(&sample, &tail, &kernel, 3.0, ordered.weights());
        assert_eq!(found, Err(RiskError::MissingTailPath { path: 3 }));
        let ragged = TailSample { paths: &paths, row_losses: &[1.0, 2.0, 3.0] };
        assert!(contributions(&ragged, &tail, &kernel, 3.0, ordered.weights()).is_err());
    }
}
