//! The dynamic quantile test (Engle and Manganelli 2004): nothing known the day before may tell an
//! exception. Exceptions less their expectation are regressed on a constant, exceptions of earlier
//! periods and VaR itself.
//!
//! The statistic `b'X'Xb / (p(1 − p))` is the squared length of the projection on the columns, so it
//! is found from their Gram matrix alone; sums over exceptions are sparse, which makes thousands of
//! replicates cheap.

use nalgebra::DMatrix;

use super::LikelihoodRatio;
use super::exceptions::Exceptions;
use crate::numeric::matrix::semidefinite_cholesky;

/// The test for one series of VaR.
#[derive(Debug, Clone, PartialEq)]
pub struct DynamicQuantile {
    lags: usize,
    tail: f64,
    /// VaR from period `lags` on, centred and of unit root mean square; empty where it is constant
    /// or not a regressor.
    value_at_risk: Vec<f64>,
    /// Rows of the regression.
    rows: usize,
}

impl DynamicQuantile {
    /// The test with VaR among the regressors; `values` by period.
    pub fn with_value_at_risk(values: &[f64], lags: usize, tail: f64) -> Self {
        let used = values.get(lags..).unwrap_or_default();
        Self { value_at_risk: standardised(used), ..Self::of_exceptions(values.len(), lags, tail) }
    }

    /// The test on a constant and `lags` earlier periods alone.
    pub fn of_exceptions(observations: usize, lags: usize, tail: f64) -> Self {
        let rows = observations.saturating_sub(lags);
        Self { lags, tail, value_at_risk: Vec::new(), rows }
    }

    /// Regressors: the degrees of freedom.
    pub fn degrees(&self) -> usize {
        1 + usize::from(!self.value_at_risk.is_empty()) + self.lags
    }

    /// The test of `exceptions`; absent where there are fewer periods than regressors.
    pub fn test(&self, exceptions: &Exceptions) -> Option<LikelihoodRatio> {
        Some(LikelihoodRatio::new(self.statistic(exceptions.periods)?, self.degrees()))
    }

    /// The statistic of exceptions at `periods`, ascending.
    pub(super) fn statistic(&self, periods: &[usize]) -> Option<f64> {
        if self.rows <= self.degrees() {
            return None;
        }
        let columns = self.degrees();
        let gram = DMatrix::from_fn(columns, columns, |row, column| {
            self.inner(periods, self.regressor(row), self.regressor(column))
        });
        let factor = semidefinite_cholesky(&gram).ok()?;
        let target = (0..columns).map(|column| {
            let regressor = self.regressor(column);
            self.inner(periods, regressor, Regressor::Earlier(0))
                - self.tail * self.inner(periods, regressor, Regressor::Constant)
        });
        let target: Vec<f64> = target.collect();
        let mut projected: Vec<f64> = Vec::with_capacity(columns);
        for (row, entries) in factor.rows().enumerate() {
            let known: f64 = entries.iter().zip(&projected).map(|(entry, z)| entry * z).sum();
            let pivot = entries[row];
            // A column that others span adds nothing.
            projected.push(if pivot > 0.0 { (target[row] - known) / pivot } else { 0.0 });
        }
        let length: f64 = projected.iter().map(|z| z * z).sum();
        Some(length / (self.tail * (1.0 - self.tail)))
    }

    fn regressor(&self, column: usize) -> Regressor {
        let has_value = !self.value_at_risk.is_empty();
        match column {
            0 => Regressor::Constant,
            1 if has_value => Regressor::ValueAtRisk,
            column => Regressor::Earlier(column - usize::from(has_value)),
        }
    }

    /// Inner product of two columns over the rows, in sparse sums where an exception is one.
    fn inner(&self, periods: &[usize], one: Regressor, other: Regressor) -> f64 {
        use Regressor::{Constant, Earlier, ValueAtRisk};
        match (one, other) {
            (Constant, Constant) => self.rows as f64,
            (Constant, ValueAtRisk) | (ValueAtRisk, Constant) => self.value_at_risk.iter().sum(),
            (ValueAtRisk, ValueAtRisk) => {
                self.value_at_risk.iter().map(|value| value * value).sum()
            }
            (Earlier(lag), Constant) | (Constant, Earlier(lag)) => {
                self.rows_after(periods, lag).count() as f64
            }
            (Earlier(lag), ValueAtRisk) | (ValueAtRisk, Earlier(lag)) => {
                self.rows_after(periods, lag).map(|row| self.value_at_risk[row]).sum()
            }
            (Earlier(lag), Earlier(other)) => {
                let both = |row: &usize| periods.binary_search(&(row + self.lags - other)).is_ok();
                self.rows_after(periods, lag).filter(both).count() as f64
            }
        }
    }

    /// Rows whose period comes `lag` after an exception.
    fn rows_after<'p>(
        &self,
        periods: &'p [usize],
        lag: usize,
    ) -> impl Iterator<Item = usize> + use<'p> {
        let (lags, rows) = (self.lags, self.rows);
        let row = move |&period: &usize| (period + lag).checked_sub(lags);
        periods.iter().filter_map(row).filter(move |&row| row < rows)
    }
}

/// A column of the regression.
#[derive(Debug, Clone, Copy)]
enum Regressor {
    Constant,
    ValueAtRisk,
    /// Exceptions so many periods before; 0 is the period's own, the target.
    Earlier(usize),
}

/// Centred, of unit root mean square; empty where it does not vary beyond rounding.
fn standardised(values: &[f64]) -> Vec<f64> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt();
    if deviation <= 1e-9 * mean.abs() {
        return Vec::new();
    }
    values.iter().map(|value| (value - mean) / deviation).collect()
}
