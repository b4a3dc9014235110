//! Bootstrap and filtered historical simulation: whole dates, blocks, clusters, bridges.

use super::support::*;
use crate::scenario::ReturnKind;
use crate::simulation::{FactorModel, Process, VarianceFilter};

const DATES: usize = 400;

fn bootstrap(restart: f64) -> Process {
    Process::Bootstrap { restart, history: history(2, DATES) }
}

fn filtered(filter: VarianceFilter) -> Process {
    Process::FilteredHistorical { filters: vec![filter; 2], history: history(2, DATES) }
}

const GARCH: VarianceFilter = VarianceFilter { omega: 0.05, alpha: 0.12, beta: 0.85, cap: 16.0 };
const EWMA: VarianceFilter = VarianceFilter { omega: 0.0, alpha: 0.06, beta: 0.94, cap: 16.0 };

fn simple(process: Process, rho: f64, node_days: &[f64]) -> FactorModel {
    let mut model = model(process, &[0.8, 0.5], rho, node_days);
    model.returns = ReturnKind::Simple;
    model.factors.iter_mut().for_each(|factor| factor.log_mean.fill(0.0));
    model
}

/// Standardised returns of consecutive nodes one day apart, `[node][path]`.
fn daily(model: &FactorModel, factor: usize, paths: usize) -> Vec<Vec<f64>> {
    let scale = model.factors[factor].volatility / 365.0_f64.sqrt();
    let mut days: Vec<Vec<f64>> = vec![Vec::new(); model.grid.node_count()];
    simulate(model, paths, |node, block| {
        days[node].extend(block.level(factor).iter().map(|level| (level - 1.0) / scale));
    });
    for node in (1..days.len()).rev() {
        let (before, after) = days.split_at_mut(node);
        after[0].iter_mut().zip(&before[node - 1]).for_each(|(x, earlier)| *x -= earlier);
    }
    days
}

/// The date whose move is `value`.
fn date_of(shocks: &[f64], value: f64) -> usize {
    let found = shocks.iter().position(|shock| (shock - value).abs() < 1e-9);
    found.unwrap_or_else(|| panic!("{value} is the move of no date"))
}

#[test]
fn prices_are_martingales_at_the_forward() {
    let nodes = [0.3, 1.0, 6.5, 10.0];
    for process in [bootstrap(1.0), bootstrap(0.1), filtered(GARCH), filtered(EWMA)] {
        assert_martingale(&model(process, &[0.8, 3.0], 0.6, &nodes), 300_000);
    }
    // A month of clusters; at much higher volatilities the sample mean itself is heavy-tailed.
    assert_martingale(&model(filtered(GARCH), &[0.4, 0.8], 0.6, &[30.0]), 300_000);
}

#[test]
fn a_day_is_one_date_for_all_factors() {
    let history = history(2, DATES);
    let model = simple(bootstrap(0.2), 0.3, &[1.0, 2.0]);
    let (first, second) = (daily(&model, 0, 2000), daily(&model, 1, 2000));
    for node in 0..2 {
        for (&x, &y) in first[node].iter().zip(&second[node]) {
            assert_eq!(date_of(history.factor(0), x), date_of(history.factor(1), y));
        }
    }
}

#[test]
fn blocks_go_on_with_the_stated_probability() {
    let history = history(2, DATES);
    let model = simple(bootstrap(0.2), 0.3, &[1.0, 2.0, 3.0]);
    let days = daily(&model, 0, 20_000);
    let dates: Vec<Vec<usize>> = days
        .iter()
        .map(|day| day.iter().map(|&value| date_of(history.factor(0), value)).collect())
        .collect();
    for pair in dates.windows(2) {
        let follows =
            |(&date, &next): (&usize, &usize)| f64::from(u8::from(next == (date + 1) % DATES));
        let share: Vec<f64> = pair[0].iter().zip(&pair[1]).map(follows).collect();
        assert_mean(&share, 0.8 + 0.2 / DATES as f64, "block goes on");
    }
    let uniform: Vec<f64> = dates[2].iter().map(|&date| date as f64).collect();
    assert_mean(&uniform, (DATES - 1) as f64 / 2.0, "every date as likely");
}

#[test]
fn variance_grows_evenly_inside_the_day() {
    // Correlated bridges: variance σ²t and, with independent moves, covariance only by the bridge.
    let nodes = [0.25, 0.5, 1.0];
    for process in [bootstrap(0.2), filtered(GARCH)] {
        let model = simple(process, 0.6, &nodes);
        for (node, day) in nodes.into_iter().enumerate() {
            let values = sample(&model, node, 0, 300_000, |block, factor| {
                block.level(factor).iter().map(|level| (level - 1.0) * (level - 1.0)).collect()
            });
            assert_mean(&values, 0.64 * day / 365.0, "variance");
        }
    }
}

#[test]
fn filtered_variance_follows_its_recursion() {
    let model = simple(filtered(GARCH), 0.3, &[1.0, 2.0, 3.0]);
    let history = history(2, DATES);
    let days = daily(&model, 0, 2000);
    for path in 0..2000 {
        let mut variance = 1.0_f64;
        for day in &days {
            let shock = day[path] / variance.sqrt();
            let date = date_of(history.factor(0), shock);
            variance = GARCH.next(variance, history.factor(0)[date]);
        }
    }
    // E[g₃] = 1 when ω + α + β = 1.02 → 1 + 0.02 + 0.02·0.97, the cap aside (it is far).
    let squares: Vec<f64> = daily(&model, 0, 300_000)[2].iter().map(|x| x * x).collect();
    assert_mean(&squares, 1.02 * 0.97 + 0.05, "variance of the third day");
}

#[test]
fn the_cap_holds() {
    let filter = VarianceFilter { omega: 0.0, alpha: 2.0, beta: 0.5, cap: 1.5 };
    let model = simple(filtered(filter), 0.3, &[1.0, 2.0]);
    let history = history(2, DATES);
    let widest = history.factor(0).iter().fold(0.0_f64, |most, shock| most.max(shock.abs()));
    let days = daily(&model, 0, 50_000);
    let found = days[1].iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    assert!((found - widest * 1.5_f64.sqrt()).abs() < 1e-9, "{found}");
}
