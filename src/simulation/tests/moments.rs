//! Means, deviations, correlations and distributions of the elliptical processes.

use super::support::*;
use crate::numeric::special::student_t_cdf;
use crate::scenario::ReturnKind;
use crate::simulation::{FactorKey, FactorModel, Process};
use crate::units::Symbol;

const STUDENT: Process =
    Process::StudentT { degrees_of_freedom: 4.0, truncation: std::f64::consts::LN_10 };

fn simple(mut model: FactorModel) -> FactorModel {
    model.returns = ReturnKind::Simple;
    model
}

#[test]
fn prices_are_martingales_at_the_forward() {
    assert_martingale(&model(Process::Gbm, &[0.8, 3.0], 0.6, &[1.0, 30.0]), MILLION);
    assert_martingale(&model(STUDENT, &[0.8, 3.0], 0.6, &[0.5, 1.0]), MILLION);
    assert_martingale(&model(STUDENT, &[0.8, 3.0], 0.6, &[0.25, 2.5, 7.0]), MILLION);
}

#[test]
fn the_truncated_t_is_compensated_where_the_bound_bites() {
    let close = Process::StudentT { degrees_of_freedom: 2.2, truncation: 0.2 };
    assert_martingale(&model(close.clone(), &[1.5, 6.0], 0.3, &[1.0]), MILLION);
    assert_martingale(&model(close, &[1.5, 6.0], 0.3, &[0.7, 3.0]), MILLION);
}

#[test]
fn gbm_has_the_stated_deviations_and_correlation() {
    let model = model(Process::Gbm, &[0.8, 0.5], 0.6, &[2.0, 10.0]);
    let logs = final_logs(&model, MILLION);
    let root_time = (10.0_f64 / 365.0).sqrt();
    for (values, volatility) in logs.iter().zip([0.8, 0.5]) {
        let expected = volatility * root_time;
        // Standard error of a normal deviation: σ/√(2n).
        let error = expected / (2.0 * MILLION as f64).sqrt();
        assert!((deviation(values) - expected).abs() < 4.0 * error);
    }
    let error = (1.0 - 0.36) / (MILLION as f64).sqrt();
    assert!((correlation(&logs[0], &logs[1]) - 0.6).abs() < 4.0 * error);
}

#[test]
fn simple_student_returns_are_a_multivariate_t_of_matched_covariance() {
    // Unit-variance t: P(X ≤ x) = t_ν(x √(ν/(ν−2))), no truncation under simple returns.
    let model = simple(model(STUDENT, &[0.8, 0.5], 0.6, &[0.25, 1.0]));
    let returns =
        |factor| sample(&model, 1, factor, MILLION, |block, factor| block.level(factor).to_vec());
    let growth = libm::exp(0.1 / 365.0);
    let first: Vec<f64> = returns(0).iter().map(|level| level - growth).collect();
    let second: Vec<f64> = returns(1).iter().map(|level| level - growth).collect();
    let daily = 0.8 / 365.0_f64.sqrt();
    for multiple in [-6.0, -2.0, -0.5, 0.3, 4.0] {
        let below: Vec<f64> =
            first.iter().map(|&x| f64::from(u8::from(x <= multiple * daily))).collect();
        let expected = student_t_cdf(multiple * 2.0_f64.sqrt(), 4.0);
        assert_mean(&below, expected, "distribution function");
    }
    // Elliptical: X/σ₁ + Y/σ₂ is a t again, of variance 2(1 + ρ).
    let scale = (2.0_f64 * 1.6).sqrt() / 2.0_f64.sqrt();
    let mixed = first.iter().zip(&second).map(|(x, y)| x / daily + y / (daily * 0.625));
    let below: Vec<f64> = mixed.map(|z| f64::from(u8::from(z <= -3.0))).collect();
    assert_mean(&below, student_t_cdf(-3.0 / scale, 4.0), "mixture");
}

#[test]
fn many_steps_are_one_step_in_distribution() {
    let paths = 200_000;
    for process in [Process::Gbm, STUDENT] {
        let one = model(process.clone(), &[0.8], 0.0, &[1.0]);
        let many = model(process, &[0.8], 0.0, &[0.1, 0.2, 0.45, 0.7, 0.9, 1.0]);
        let mut left = final_logs(&one, paths).remove(0);
        let mut right = final_logs(&many, paths).remove(0);
        let distance = distance_in_distribution(&mut left, &mut right);
        assert!(distance < critical_distance(paths), "{distance}");
    }
}

#[test]
fn sums_of_t_over_intervals_are_not_t() {
    // Kurtosis excess of a t is 6/(ν−4); of a sum of four independent ones a quarter of it.
    let process = Process::StudentT { degrees_of_freedom: 12.0, truncation: 20.0 };
    let kurtosis = |node_days: &[f64]| {
        let values = final_logs(&model(process.clone(), &[0.8], 0.0, node_days), MILLION).remove(0);
        let (mean, scale) = (mean_and_error(&values).0, deviation(&values));
        let fourth = values.iter().map(|x| ((x - mean) / scale) * ((x - mean) / scale));
        fourth.map(|square| square * square).sum::<f64>() / MILLION as f64 - 3.0
    };
    // Standard error of the excess, from the eighth moment of t_12, is about 0.05.
    assert!((kurtosis(&[1.0]) - 0.75).abs() < 0.1);
    assert!((kurtosis(&[4.0]) - 0.1875).abs() < 0.05);
    assert!((kurtosis(&[0.5, 1.5, 4.0]) - 0.1875).abs() < 0.05);
}

#[test]
fn additive_and_constant_factors_follow_their_own_rules() {
    let mut model = model(Process::Gbm, &[0.8, 0.01, 0.0], 0.0, &[1.0]);
    model.factors[1].key = FactorKey::Funding(Symbol::new("C1"));
    model.factors[1].log_mean = vec![0.0];
    model.factors[2].log_mean = vec![0.25];
    simulate(&model, 1000, |_, block| {
        assert_eq!(block.log(1), block.level(1));
        assert!(block.level(2).iter().all(|&level| (level - libm::exp(0.25)).abs() < 1e-15));
    });
    let funding = sample(&model, 0, 1, MILLION, |block, factor| block.level(factor).to_vec());
    assert_mean(&funding, 0.0, "funding");
    let expected = 0.01 / 365.0_f64.sqrt();
    assert!((deviation(&funding) / expected - 1.0).abs() < 4.0 / (2.0 * MILLION as f64).sqrt());
}

#[test]
fn scaled_volatility_scales_deviations_and_stays_at_the_forward() {
    for process in processes(1) {
        let one = model(process, &[0.4], 0.0, &[1.0]);
        let twice = one.scaled_volatility(2.0);
        assert_martingale(&twice, 100_000);
        // Common random numbers: quartiles of the same paths.
        let ratio = interquartile_range(&twice) / interquartile_range(&one);
        assert!((ratio - 2.0).abs() < 1e-3, "{}: {ratio}", one.process.name());
    }
}

#[test]
fn truncation_probabilities_are_the_shares_of_paths_held() {
    let process = Process::StudentT { degrees_of_freedom: 3.0, truncation: 0.2 };
    let model = model(process, &[0.8, 1.6], 0.5, &[0.5, 2.0]);
    let logs = final_logs(&model, MILLION);
    for (values, expected) in logs.iter().zip(model.truncation_probabilities()) {
        let (low, high) = values.iter().fold((0.0_f64, 0.0_f64), |(l, h), &x| (l.min(x), h.max(x)));
        assert!((high - low - 0.4).abs() < 1e-12, "both bounds are reached");
        let held = |&x: &f64| f64::from(u8::from(x < low + 1e-12 || x > high - 1e-12));
        assert_mean(&values.iter().map(held).collect::<Vec<f64>>(), expected, "share held");
    }
    let wide = model.with_truncation(3.0).unwrap();
    assert!(wide.truncation_probabilities()[1] < 1e-3 * model.truncation_probabilities()[1]);
}

fn interquartile_range(model: &FactorModel) -> f64 {
    let mut values = final_logs(model, 100_000).remove(0);
    values.sort_by(f64::total_cmp);
    values[75_000] - values[25_000]
}
