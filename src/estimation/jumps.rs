//! Jumps in daily or hourly returns: common ones, and each series' own.
//!
//! A return is a jump when it is too large for the local volatility, after Lee & Mykland ("Jumps in
//! financial markets", Review of Financial Studies 21, 2008): local variance is the bipower variation
//! of Barndorff-Nielsen & Shephard (2004), which jumps hardly move. Two departures suit a history
//! that lies before us whole and is short: the window takes returns from both sides, and the
//! critical value is that of a Student-t with the window's degrees of freedom instead of the normal
//! limit, which with few returns finds far too many.
//!
//! Common jumps are found on the cross-sectional median return, which one coin's own jump cannot
//! move; own jumps on what is left of a series after its beta to the median of
//! the others. Limits: jumps smaller
//! than about five local standard deviations stay in the diffusion, so intensities are of large
//! jumps and the mean size is that of the jumps found.

use super::estimate::Estimate;
use super::panel::even_length;
use super::{EstimationError, volatility::sample_volatility};
use crate::numeric::special::student_t_quantile;
use crate::units::Years;

/// How jumps are told from diffusion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JumpTest {
    /// Returns on either side of the tested one that local volatility is taken from.
    pub window: usize,
    /// Probability that a series without jumps shows one anywhere.
    pub significance: f64,
}

impl Default for JumpTest {
    /// Thirty returns, five per cent.
    fn default() -> Self {
        Self { window: 30, significance: 0.05 }
    }
}

/// Jumps of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Jumps {
    /// Jumps a year, with the Poisson standard error.
    pub intensity: Estimate,
    /// Mean log size; zero when there is none.
    pub mean: f64,
    /// Standard deviation of the log size; zero with fewer than two jumps.
    pub deviation: f64,
    /// Dates of the jumps, as indices into the panel.
    pub dates: Vec<usize>,
    /// Log size of each.
    pub sizes: Vec<f64>,
}

/// Common and own jumps of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct JumpFit {
    /// Jumps of the cross-sectional median.
    pub common: Jumps,
    /// Own jumps of each series.
    pub own: Vec<Jumps>,
    /// Own jumps of all series taken together; intensity per series and year.
    pub own_pooled: Jumps,
    /// Move of each series per unit of common jump, by least squares through zero.
    pub common_loadings: Vec<f64>,
    /// Standard deviation of each series per interval with its jump dates left out.
    pub diffusive_volatilities: Vec<Estimate>,
    /// The panel `[series][date]` with jump dates blanked.
    pub without_jumps: Vec<Vec<Option<f64>>>,
}

/// Fewest series listed on a date for its median to be tested for a common jump.
const SERIES_MIN: usize = 3;
/// Variance of √n times bipower variation of unit normals, `π²/4 + π − 3` (Barndorff-Nielsen &
/// Shephard 2004); plain variance has 2.
const BIPOWER_VARIANCE: f64 = 2.608_993_753_862_1;

/// Finds common and own jumps in log-returns `[series][date]` that are `interval` apart.
///
/// With fewer than three series listed on a date there is no median: no common jump is looked for
/// there, and own jumps are looked for in the raw return.
///
/// # Errors
/// An uneven panel, settings out of range, a series too short for its diffusive volatility.
pub fn fit_jumps(
    panel: &[&[Option<f64>]],
    interval: Years,
    test: JumpTest,
) -> Result<JumpFit, EstimationError> {
    let length = even_length(panel)?;
    test.check()?;
    let median: Vec<Option<f64>> = (0..length).map(|date| listed_median(panel, date)).collect();
    let common_dates = test.jump_dates(&median);
    let common = Jumps::at(&common_dates, &median, interval);
    let mut own = Vec::new();
    let mut without_jumps = Vec::new();
    for (index, series) in panel.iter().enumerate() {
        let quiet = blanked(series, &common_dates);
        // The median of the others: a series' own median would leave exact zeros.
        let others: Vec<&[Option<f64>]> = [&panel[..index], &panel[index + 1..]].concat();
        let median: Vec<Option<f64>> =
            (0..length).map(|date| listed_median(&others, date)).collect();
        let rest = less_median(&quiet, &median);
        let dates = test.jump_dates(&rest);
        own.push(Jumps::at(&dates, &rest, interval));
        without_jumps.push(blanked(&quiet, &dates));
    }
    let diffusive = without_jumps.iter().map(|series| sample_volatility(series, None));
    Ok(JumpFit {
        own_pooled: pooled(&own, interval, panel),
        common_loadings: panel
            .iter()
            .map(|series| loading(series, &median, &common_dates))
            .collect(),
        diffusive_volatilities: diffusive.collect::<Result<_, _>>()?,
        common,
        own,
        without_jumps,
    })
}

/// Median over the series listed on `date`; `None` where they are too few.
fn listed_median(panel: &[&[Option<f64>]], date: usize) -> Option<f64> {
    let mut values: Vec<f64> = panel.iter().filter_map(|series| series[date]).collect();
    if values.len() < SERIES_MIN {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    Some(if odd { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) })
}

fn blanked(series: &[Option<f64>], dates: &[usize]) -> Vec<Option<f64>> {
    let mut series = series.to_vec();
    dates.iter().for_each(|&date| series[date] = None);
    series
}

/// The series less its beta to the median; the series itself where there is no median.
fn less_median(series: &[Option<f64>], median: &[Option<f64>]) -> Vec<Option<f64>> {
    let all: Vec<usize> = (0..series.len()).collect();
    let beta = loading(series, median, &all);
    let rest = |(value, median): (&Option<f64>, &Option<f64>)| {
        value.map(|value| value - beta * median.unwrap_or(0.0))
    };
    series.iter().zip(median).map(rest).collect()
}

/// Least-squares slope through zero of `series` on `factor` over `dates`; zero without data.
fn loading(series: &[Option<f64>], factor: &[Option<f64>], dates: &[usize]) -> f64 {
    let (mut cross, mut square) = (0.0, 0.0);
    for &date in dates {
        if let (Some(value), Some(factor)) = (series[date], factor[date]) {
            cross += value * factor;
            square += factor * factor;
        }
    }
    if square > 0.0 { cross / square } else { 0.0 }
}

fn pooled(own: &[Jumps], interval: Years, panel: &[&[Option<f64>]]) -> Jumps {
    let mut sizes = Vec::new();
    let mut dates = Vec::new();
    for jumps in own {
        sizes.extend_from_slice(&jumps.sizes);
        dates.extend_from_slice(&jumps.dates);
    }
    let observations = panel.iter().map(|series| series.iter().flatten().count()).sum();
    Jumps::of(dates, sizes, observations, interval)
}

impl Jumps {
    fn at(dates: &[usize], series: &[Option<f64>], interval: Years) -> Self {
        let sizes = dates.iter().filter_map(|&date| series[date]).collect();
        Self::of(dates.to_vec(), sizes, series.iter().flatten().count(), interval)
    }

    fn of(dates: Vec<usize>, sizes: Vec<f64>, observations: usize, interval: Years) -> Self {
        let count = sizes.len() as f64;
        let years = observations.max(1) as f64 * interval.get();
        let mean = if sizes.is_empty() { 0.0 } else { sizes.iter().sum::<f64>() / count };
        let squares: f64 = sizes.iter().map(|size| (size - mean) * (size - mean)).sum();
        let deviation = if sizes.len() < 2 { 0.0 } else { (squares / (count - 1.0)).sqrt() };
        let intensity = Estimate {
            value: count / years,
            standard_error: (!sizes.is_empty()).then(|| count.sqrt() / years),
            observations,
            notes: Vec::new(),
        };
        Self { intensity, mean, deviation, dates, sizes }
    }
}

impl JumpTest {
    fn check(&self) -> Result<(), EstimationError> {
        let (setting, expected) = ("jump test window", "at least 5 returns");
        if self.window < 5 {
            let found = self.window as f64;
            return Err(EstimationError::InvalidSetting { setting, found, expected });
        }
        let (setting, expected) = ("jump test significance", "a probability in (0, 1)");
        if self.significance > 0.0 && self.significance < 1.0 {
            return Ok(());
        }
        Err(EstimationError::InvalidSetting { setting, found: self.significance, expected })
    }

    /// Dates whose return is too large for the bipower variation around it; missing dates are
    /// skipped, and a series shorter than two windows is not tested.
    fn jump_dates(&self, series: &[Option<f64>]) -> Vec<usize> {
        let dates: Vec<usize> = (0..series.len()).filter(|&date| series[date].is_some()).collect();
        let values: Vec<f64> = series.iter().flatten().copied().collect();
        if values.len() <= 2 * self.window {
            return Vec::new();
        }
        let critical = self.critical_value(values.len());
        let is_jump = |&index: &usize| {
            let variance = self.local_variance(&values, index);
            values[index] * values[index] > critical * critical * variance && variance > 0.0
        };
        (0..values.len()).filter(is_jump).map(|index| dates[index]).collect()
    }

    /// `(π/2) · mean |r_{t−1}||r_t|` over the window on both sides of `index`.
    fn local_variance(&self, values: &[f64], index: usize) -> f64 {
        let before = &values[index.saturating_sub(self.window)..index];
        let after = &values[index + 1..values.len().min(index + 1 + self.window)];
        let products =
            |side: &[f64]| side.windows(2).map(|pair| (pair[0] * pair[1]).abs()).sum::<f64>();
        let pairs = before.len().saturating_sub(1) + after.len().saturating_sub(1);
        0.5 * std::f64::consts::PI * (products(before) + products(after)) / pairs.max(1) as f64
    }

    /// Critical value in local standard deviations for the largest of `count` normal returns.
    fn critical_value(&self, count: usize) -> f64 {
        let single = -libm::expm1(libm::log1p(-self.significance) / count as f64);
        let pairs = 2 * (self.window - 1);
        let degrees = 2.0 * pairs as f64 / BIPOWER_VARIANCE;
        -student_t_quantile(0.5 * single, degrees)
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    fn normal(random: &mut StdRng) -> f64 {
        StandardNormal.sample(random)
    }

    /// Five series with a common factor; common jumps of −0.2 ± 0.02 with probability 1/60, own
    /// ones of +0.2 ± 0.02 with probability 1/90.
    fn panel(dates: usize, common: f64, own: f64) -> Vec<Vec<Option<f64>>> {
        let mut random = StdRng::seed_from_u64(11);
        let mut panel = vec![Vec::new(); 5];
        for _ in 0..dates {
            let mut factor = 0.025 * normal(&mut random);
            if random.random_bool(common) {
                factor += -0.2 + 0.02 * normal(&mut random);
            }
            for series in &mut panel {
                let mut value = factor + 0.015 * normal(&mut random);
                if random.random_bool(own) {
                    value += 0.2 + 0.02 * normal(&mut random);
                }
                series.push(Some(value));
            }
        }
        panel
    }

    fn fit(panel: &[Vec<Option<f64>>]) -> JumpFit {
        let borrowed: Vec<&[Option<f64>]> = panel.iter().map(Vec::as_slice).collect();
        fit_jumps(&borrowed, Years::from_days(1.0), JumpTest::default()).unwrap()
    }

    #[test]
    fn recovers_common_and_own_jumps() {
        let fit = fit(&panel(3000, 1.0 / 60.0, 1.0 / 90.0));
        let near = |found: &Jumps, intensity: f64, mean: f64| {
            let error = found.intensity.standard_error.unwrap();
            assert!(
                (found.intensity.value - intensity).abs() < 4.0 * error,
                "{:?}",
                found.intensity
            );
            assert!((found.mean - mean).abs() < 0.02, "{}", found.mean);
        };
        near(&fit.common, 365.0 / 60.0, -0.2);
        near(&fit.own_pooled, 365.0 / 90.0, 0.2);
        for (loading, volatility) in fit.common_loadings.iter().zip(&fit.diffusive_volatilities) {
            assert!((loading - 1.0).abs() < 0.1, "{loading}");
            let expected = (0.025_f64 * 0.025 + 0.015 * 0.015).sqrt();
            assert!((volatility.value / expected - 1.0).abs() < 0.08, "{volatility:?}");
        }
    }

    #[test]
    fn finds_next_to_nothing_where_there_is_nothing() {
        // Six tests at 5 % each: more than three by chance has probability below 1e-4.
        let fit = fit(&panel(3000, 0.0, 0.0));
        let found = fit.common.sizes.len() + fit.own_pooled.sizes.len();
        assert!(found <= 3, "{found}");
    }

    #[test]
    fn a_wide_window_has_the_normal_critical_value() {
        // Bonferroni (Šidák) over 1000 normal returns at 5 %: each side 2.56460e-5, whose normal
        // quantile is 4.04966 (Python: NormalDist().inv_cdf((1 - .95**.001) / 2)).
        let test = JumpTest { window: 10_000_000, significance: 0.05 };
        let expected = 4.049_660_55;
        assert!((test.critical_value(1000) - expected).abs() < 1e-4);
        assert!(JumpTest::default().critical_value(1000) > expected + 0.3);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let series: &[Option<f64>] = &[Some(0.1); 10];
        for (window, significance) in [(4, 0.05), (30, 0.0), (30, 1.0), (30, f64::NAN)] {
            let test = JumpTest { window, significance };
            assert!(fit_jumps(&[series], Years::from_days(1.0), test).is_err());
        }
    }
}
