//! How far a market moves as one: mean pairwise correlation, and the absorption ratio.
//!
//! Both are of daily log-returns over a trailing window. A series counts on a day where it has at
//! least half of the window's returns; both figures are of the dates on which all that count have
//! one, at least half of the window. The absorption ratio is the share of total variance that the
//! first eigenvectors of the covariance matrix explain (Kritzman, Li, Page & Rigobon 2011,
//! "Principal components as a measure of systemic risk", there with exponential weights).

use nalgebra::DMatrix;

use super::super::driver::LevelReference;
use super::history::Closes;
use super::ratio::{compared, power};
use super::{DriverDay, DriverPath, Factors};

/// A mean correlation below this is taken as this: its ratio to a reference would say nothing.
pub(super) const CORRELATION_MIN: f64 = 0.01;

/// A watched group of series and how it is compared.
pub(super) struct Group<'a> {
    /// Closes by series, on the same days.
    pub closes: &'a [Closes],
    pub exponent: f64,
    pub window_days: usize,
    pub reference: LevelReference,
}

/// `(ρ_ref/ρ_t)^η` for both directions, 1 for hedged books.
pub(super) fn correlation_path(group: &Group) -> DriverPath {
    group.path(mean_correlation, |observed, reference| {
        let levels = [reference, observed].map(|level| level.max(CORRELATION_MIN));
        let found = power(levels[0], levels[1], group.exponent);
        let factors = Factors { hedged: 1.0, long: found.factor, short: found.factor };
        (factors, found.held)
    })
}

/// `(AR_ref/AR_t)^η` for all.
pub(super) fn absorption_path(group: &Group, eigenvectors: usize) -> DriverPath {
    let absorbed = |covariances: &DMatrix<f64>| absorption_ratio(covariances, eigenvectors);
    group.path(absorbed, |observed, reference| {
        let found = power(reference, observed, group.exponent);
        (Factors::even(found.factor), found.held)
    })
}

impl Group<'_> {
    fn path(
        &self,
        observe: impl Fn(&DMatrix<f64>) -> Option<f64>,
        factors: impl Fn(f64, f64) -> (Factors, Option<[f64; 2]>),
    ) -> DriverPath {
        let Some(first) = self.closes.first() else { return Vec::new() };
        let returns: Vec<Vec<Option<f64>>> = self.closes.iter().map(daily_returns).collect();
        let window = ((self.window_days as f64 / first.days_per_close).round() as usize).max(2);
        let observed: Vec<(usize, f64)> = (window..first.days)
            .filter_map(|day| Some((day, observe(&covariances(&returns, day, window)?)?)))
            .collect();
        let values: Vec<f64> = observed.iter().map(|day| day.1).collect();
        let days: Vec<DriverDay> = compared(&values, first.days_per_close, self.reference, factors);
        Closes { days: first.days, days_per_close: first.days_per_close, observed }.spread(&days)
    }
}

/// Log-return into each day, where there is a close on it and on the day before.
fn daily_returns(closes: &Closes) -> Vec<Option<f64>> {
    let mut returns = vec![None; closes.days];
    for pair in closes.observed.windows(2) {
        let [(before, from), (day, to)] = [pair[0], pair[1]];
        if day == before + 1 {
            returns[day] = Some(libm::log(to / from));
        }
    }
    returns
}

/// Covariances of the series that count in the window ending on `day`.
fn covariances(returns: &[Vec<Option<f64>>], day: usize, window: usize) -> Option<DMatrix<f64>> {
    let span = day + 1 - window..=day;
    let observed = |series: &[Option<f64>]| series.iter().filter(|one| one.is_some()).count();
    let windows = returns.iter().map(|series| &series[span.clone()]);
    let counted: Vec<&[Option<f64>]> =
        windows.filter(|series| 2 * observed(series) >= window).collect();
    let dates: Vec<usize> =
        (0..window).filter(|&date| counted.iter().all(|series| series[date].is_some())).collect();
    if counted.len() < 2 || 2 * dates.len() < window || dates.len() < 2 {
        return None;
    }
    let centred: Vec<Vec<f64>> = counted
        .iter()
        .map(|series| {
            let values: Vec<f64> = dates.iter().filter_map(|&date| series[date]).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| value - mean).collect()
        })
        .collect();
    let product = |row: usize, column: usize| -> f64 {
        centred[row].iter().zip(&centred[column]).map(|(one, other)| one * other).sum()
    };
    let mut matrix = DMatrix::zeros(counted.len(), counted.len());
    for row in 0..counted.len() {
        for column in 0..=row {
            let covariance = product(row, column) / (dates.len() - 1) as f64;
            (matrix[(row, column)], matrix[(column, row)]) = (covariance, covariance);
        }
    }
    Some(matrix)
}

/// Mean correlation of the pairs that both move.
fn mean_correlation(covariances: &DMatrix<f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for row in 0..covariances.nrows() {
        for column in 0..row {
            let scale = (covariances[(row, row)] * covariances[(column, column)]).sqrt();
            if scale > 0.0 {
                sum += covariances[(row, column)] / scale;
                count += 1.0;
            }
        }
    }
    (count > 0.0).then(|| sum / count)
}

/// Share of variance in the first eigenvectors, where there are more series than those.
fn absorption_ratio(covariances: &DMatrix<f64>, eigenvectors: usize) -> Option<f64> {
    let total: f64 = (0..covariances.nrows()).map(|row| covariances[(row, row)]).sum();
    if covariances.nrows() <= eigenvectors || total <= 0.0 {
        return None;
    }
    let mut values: Vec<f64> = covariances.symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(|one, other| other.total_cmp(one));
    Some((values[..eigenvectors].iter().sum::<f64>() / total).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes from returns of one and another common and own size, signs by day.
    fn closes(returns: impl Fn(usize) -> f64, days: usize) -> Closes {
        let mut price = 100.0;
        let observed = (0..days)
            .map(|day| {
                price *= libm::exp(if day == 0 { 0.0 } else { returns(day) });
                (day, price)
            })
            .collect();
        Closes { days, days_per_close: 1.0, observed }
    }

    /// ±1 with periods 2 and 4: uncorrelated over whole periods.
    fn common(day: usize) -> f64 {
        if day.is_multiple_of(2) { 0.01 } else { -0.01 }
    }

    fn own(day: usize) -> f64 {
        if (day / 2).is_multiple_of(2) { 0.01 } else { -0.01 }
    }

    fn group(closes: &[Closes], reference: LevelReference) -> Group<'_> {
        Group { closes, exponent: 1.0, window_days: 40, reference }
    }

    #[test]
    fn correlation_by_hand_and_only_for_a_direction() {
        // Returns c and 0.6c + 0.8o with uncorrelated c and o of one size: correlation 0.6.
        let series = [closes(common, 80), closes(|day| 0.6 * common(day) + 0.8 * own(day), 80)];
        let found = correlation_path(&group(&series, LevelReference::Stated(0.3)));
        assert_eq!(found[39], None);
        let today = found[79].unwrap();
        approx::assert_relative_eq!(today.observed, 0.6, max_relative = 1e-9);
        approx::assert_relative_eq!(today.factors.long, 0.5, max_relative = 1e-9);
        assert_eq!(today.factors.hedged, 1.0);
    }

    #[test]
    fn absorption_by_hand() {
        // Variances in ratio 3² : 1² and no correlation: the first eigenvector absorbs 0.9.
        let series = [closes(|day| 3.0 * common(day), 80), closes(own, 80)];
        let found = absorption_path(&group(&series, LevelReference::Stated(0.45)), 1);
        let today = found[79].unwrap();
        approx::assert_relative_eq!(today.observed, 0.9, max_relative = 1e-9);
        approx::assert_relative_eq!(today.factors.hedged, 0.5, max_relative = 1e-9);
        // As many eigenvectors as series absorb everything: nothing to tell.
        assert!(absorption_path(&group(&series, LevelReference::Stated(0.45)), 2)[79].is_none());
    }

    #[test]
    fn a_late_listing_counts_from_half_a_window_on() {
        let mut late = closes(own, 100);
        late.observed.retain(|close| close.0 >= 60);
        let pair = [closes(common, 100), closes(common, 100)];
        let [first, second] = pair;
        let series = [first, second, late];
        let found = correlation_path(&group(&series, LevelReference::Stated(0.3)));
        approx::assert_relative_eq!(found[70].unwrap().observed, 1.0, max_relative = 1e-9);
        // Twenty returns of it by day 80: pairs of correlation 1, 0, 0.
        approx::assert_relative_eq!(found[80].unwrap().observed, 1.0 / 3.0, max_relative = 1e-9);
    }

    #[test]
    fn a_trailing_reference_in_an_unchanging_market_is_neutral() {
        let series = [closes(common, 120), closes(|day| common(day) + own(day), 120)];
        let trailing = LevelReference::TrailingDays(60);
        let found = correlation_path(&group(&series, trailing))[119].unwrap();
        approx::assert_relative_eq!(found.factors.short, 1.0, max_relative = 1e-9);
    }
}
