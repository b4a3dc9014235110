//! Volatility regime: `(σ_ref/σ_t)^γ`.
//!
//! `σ² ← λσ² + (1−λ)r²` (RiskMetrics), λ from the half-life, started at the mean square of the
//! first twenty returns, so that no day looks ahead. Or σ² of the next day by GARCH(1,1).

use super::super::driver::{RegimeEstimator, VolatilityReference};
use super::garch_regime;
use super::history::Closes;
use super::ratio::{WARM_UP, power};
use super::{DriverDay, DriverPath, Factors, ShortfallVolatility};
use crate::units::DAYS_PER_YEAR;

/// γ: as stated, else 0 where ES already uses conditional volatility and 1 where it does not.
pub(super) fn exponent(stated: Option<f64>, volatility: ShortfallVolatility) -> f64 {
    stated.unwrap_or(match volatility {
        ShortfallVolatility::Conditional => 0.0,
        ShortfallVolatility::Unconditional => 1.0,
    })
}

pub(super) fn path(
    closes: &Closes,
    exponent: f64,
    estimator: RegimeEstimator,
    reference: VolatilityReference,
) -> DriverPath {
    let returns = closes.log_returns();
    if returns.len() < WARM_UP {
        return vec![None; closes.days];
    }
    let annual = (DAYS_PER_YEAR / closes.days_per_close).sqrt();
    let variances = variances(closes, &returns, estimator);
    let first = returns.len() - variances.len();
    let day = |(index, variance): (usize, &f64)| {
        let observed = variance.sqrt() * annual;
        let reference = match reference {
            VolatilityReference::Stated(volatility) => volatility,
            VolatilityReference::TrailingDays(days) => {
                let closes_back = (days as f64 / closes.days_per_close).round() as usize;
                root_mean_square(&returns[..=first + index], closes_back) * annual
            }
        };
        let found = power(reference, observed, exponent);
        DriverDay {
            observed,
            reference: Some(reference),
            factors: Factors::even(found.factor),
            held: found.held,
        }
    };
    let days: Vec<DriverDay> = variances.iter().enumerate().map(day).collect();
    closes.spread(&days)
}

/// Variance a close after each of the last returns, as many as the estimator has.
fn variances(closes: &Closes, returns: &[f64], estimator: RegimeEstimator) -> Vec<f64> {
    match estimator {
        RegimeEstimator::Ewma { half_life_days } => {
            let decay = libm::exp2(-closes.days_per_close / half_life_days);
            exponential_variances(returns, decay)
        }
        RegimeEstimator::GarchFitted { refit_days, window_days } => {
            let window = window_days.map(|days| closes.in_closes(days));
            garch_regime::fitted(returns, closes.in_closes(refit_days), window)
        }
        RegimeEstimator::GarchStated { alpha, beta, volatility } => {
            let long_run = volatility * volatility * closes.days_per_close / DAYS_PER_YEAR;
            let mut all = garch_regime::stated(returns, alpha, beta, long_run);
            all.split_off(WARM_UP - 1)
        }
    }
}

/// Variance after each return from the twentieth on.
fn exponential_variances(returns: &[f64], decay: f64) -> Vec<f64> {
    let start = root_mean_square(&returns[..WARM_UP], WARM_UP);
    let mut variance = start * start;
    let mut variances = vec![variance];
    for value in &returns[WARM_UP..] {
        variance = decay * variance + (1.0 - decay) * value * value;
        variances.push(variance);
    }
    variances
}

fn root_mean_square(returns: &[f64], last: usize) -> f64 {
    let window = &returns[returns.len().saturating_sub(last.max(1))..];
    let squares: f64 = window.iter().map(|value| value * value).sum();
    (squares / window.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes whose log-returns alternate ±size, so that every square is size².
    fn closes(sizes: impl IntoIterator<Item = f64>) -> Closes {
        let mut price = 100.0;
        let mut observed = vec![(0, price)];
        for (index, size) in sizes.into_iter().enumerate() {
            price *= libm::exp(if index % 2 == 0 { size } else { -size });
            observed.push((index + 1, price));
        }
        Closes { days: observed.len(), days_per_close: 1.0, observed }
    }

    fn ewma(half_life_days: f64) -> RegimeEstimator {
        RegimeEstimator::Ewma { half_life_days }
    }

    #[test]
    fn garch_warms_up_and_holds_the_last_variance_forecast() {
        // Every square is 4e-4 = the long-run variance: the forecast stays there.
        let annual = 0.02 * 365f64.sqrt();
        let stated = RegimeEstimator::GarchStated { alpha: 0.1, beta: 0.8, volatility: annual };
        let reference = VolatilityReference::Stated(annual / 2.0);
        let found = path(&closes([0.02; 60]), 1.0, stated, reference);
        assert_eq!(found[19], None);
        for day in found[20..].iter().flatten() {
            approx::assert_relative_eq!(day.factors.hedged, 0.5, max_relative = 1e-9);
        }
        let fitted = RegimeEstimator::GarchFitted { refit_days: 10, window_days: None };
        let sizes = (0..150).map(|day| if day % 60 < 40 { 0.01 } else { 0.04 });
        let found = path(&closes(sizes), 1.0, fitted, VolatilityReference::TrailingDays(365));
        assert_eq!(found[99], None);
        assert!(found[100].is_some() && found[150].is_some());
    }

    #[test]
    fn doubled_volatility_halves_the_factor() {
        // After a long spell at 4 %, σ_t is 4 % a day; stated reference 2 % a day.
        let stated = VolatilityReference::Stated(0.02 * 365f64.sqrt());
        let found = path(&closes([0.04; 100]), 1.0, ewma(10.0), stated);
        let today = found[100].unwrap();
        approx::assert_relative_eq!(today.factors.hedged, 0.5, max_relative = 1e-9);
        approx::assert_relative_eq!(today.observed, 0.04 * 365f64.sqrt(), max_relative = 1e-9);
        let squared = path(&closes([0.04; 100]), 2.0, ewma(10.0), stated)[100].unwrap();
        approx::assert_relative_eq!(squared.factors.hedged, 0.25, max_relative = 1e-9);
    }

    #[test]
    fn a_jump_in_volatility_decays_by_its_half_life() {
        // Calm 1 %, one day of 10 %: variance 1e-4 + (1−λ)(1e-2 − 1e-4), and its excess over the
        // calm level is halved ten days later.
        let sizes = std::iter::repeat_n(0.01, 50).chain([0.1]).chain(std::iter::repeat_n(0.01, 10));
        let found = path(&closes(sizes), 1.0, ewma(10.0), VolatilityReference::Stated(0.2));
        let excess = |day: usize| {
            let daily = found[day].unwrap().observed / 365f64.sqrt();
            daily * daily - 1e-4
        };
        let weight = 1.0 - libm::exp2(-0.1);
        approx::assert_relative_eq!(excess(51), weight * (1e-2 - 1e-4), max_relative = 1e-9);
        approx::assert_relative_eq!(excess(61), 0.5 * excess(51), max_relative = 1e-9);
    }

    #[test]
    fn a_trailing_reference_in_an_unchanging_market_is_neutral() {
        let trailing = VolatilityReference::TrailingDays(90);
        for day in path(&closes([0.03; 200]), 1.5, ewma(11.0), trailing).into_iter().skip(20) {
            approx::assert_relative_eq!(day.unwrap().factors.hedged, 1.0, max_relative = 1e-9);
        }
    }

    #[test]
    fn a_dead_series_stays_finite() {
        let dead = path(&closes([0.0; 30]), 2.0, ewma(11.0), VolatilityReference::Stated(0.5));
        assert_eq!(dead[30].unwrap().factors.hedged, 10_000.0);
        let trailing = VolatilityReference::TrailingDays(10);
        assert_eq!(
            path(&closes([0.0; 30]), 2.0, ewma(11.0), trailing)[30].unwrap().factors.hedged,
            1.0
        );
    }

    #[test]
    fn the_default_exponent_avoids_counting_twice() {
        assert_eq!(exponent(None, ShortfallVolatility::Conditional), 0.0);
        assert_eq!(exponent(None, ShortfallVolatility::Unconditional), 1.0);
        assert_eq!(exponent(Some(0.5), ShortfallVolatility::Conditional), 0.5);
    }
}
