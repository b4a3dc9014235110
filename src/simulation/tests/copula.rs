//! The t copula: its marginals, its tail dependence, its steps.

use super::support::*;
use crate::estimation::tail_dependence;
use crate::numeric::special::student_t_quantile;
use crate::scenario::ReturnKind;
use crate::simulation::{FactorBlock, FactorModel, Process};

fn process(marginals: &[f64]) -> Process {
    Process::TCopula { degrees_of_freedom: 4.0, marginals: marginals.to_vec(), truncation: 1.6 }
}

/// Unit-variance returns of two factors over one calibration interval, no truncation.
fn unit_returns(rho: f64, node_days: &[f64]) -> [Vec<f64>; 2] {
    let mut model = model(process(&[3.0, 6.0]), &[0.8, 0.5], rho, node_days);
    model.returns = ReturnKind::Simple;
    let last = node_days.len() - 1;
    let growth = libm::exp(0.1 * model.grid.horizon().get());
    let root = model.grid.horizon().get().sqrt();
    let unit = |factor: usize, volatility: f64| {
        let read = |block: &FactorBlock, factor| {
            block.level(factor).iter().map(|x| (x - growth) / (volatility * root)).collect()
        };
        sample(&model, last, factor, MILLION, read)
    };
    [unit(0, 0.8), unit(1, 0.5)]
}

fn share(values: impl Iterator<Item = bool>) -> Vec<f64> {
    values.map(|held| f64::from(u8::from(held))).collect()
}

/// The quantile of a unit-variance t.
fn unit_quantile(probability: f64, nu: f64) -> f64 {
    student_t_quantile(probability, nu) * ((nu - 2.0) / nu).sqrt()
}

#[test]
fn prices_are_martingales_at_the_forward() {
    let model = |nodes: &[f64]| model(process(&[2.5, 6.0]), &[0.8, 3.0], 0.6, nodes);
    assert_martingale(&model(&[1.0]), MILLION);
    assert_martingale(&model(&[0.4, 2.5]), MILLION);
}

#[test]
fn marginals_are_their_own_t_at_every_node_of_the_interval() {
    for nodes in [vec![1.0], vec![0.2, 0.6]] {
        let returns = unit_returns(0.5, &nodes);
        for (values, nu) in returns.iter().zip([3.0, 6.0]) {
            for probability in [0.001, 0.05, 0.4, 0.9, 0.99] {
                let bound = unit_quantile(probability, nu);
                let below = share(values.iter().map(|&x| x <= bound));
                assert_mean(&below, probability, "marginal");
            }
        }
    }
}

#[test]
fn tails_meet_as_often_as_the_closed_form_says() {
    // P(both below their u-quantiles)/u falls to λ = 2 t_{ν+1}(−√((ν+1)(1−ρ)/(1+ρ))) as u → 0
    // (Demarta & McNeil 2005); a normal copula of the same ρ has λ = 0.
    let limit = tail_dependence(4.0, 0.5);
    assert!((limit - 0.253_169_995_100_322_6).abs() < 1e-12, "t_5 at −√(5/3)");
    let [x, y] = unit_returns(0.5, &[1.0]);
    let together = |u: f64| {
        let (left, right) = (unit_quantile(u, 3.0), unit_quantile(u, 6.0));
        let both = x.iter().zip(&y).filter(|&(&a, &b)| a <= left && b <= right).count();
        both as f64 / (u * MILLION as f64)
    };
    let found = [0.1, 0.01, 0.001].map(together);
    assert!(found[0] > found[1] && found[1] > found[2], "{found:?}");
    // At u = 0.001, 4 standard errors of a share of 1000 are 0.056; the limit is nearly reached.
    assert!((found[2] - limit).abs() < 0.07, "{found:?}");
}

#[test]
fn steps_do_not_change_the_law_of_an_interval() {
    let paths = 200_000;
    let logs = |nodes: &[f64]| {
        let model = model(process(&[3.0, 6.0]), &[0.8, 0.5], 0.5, nodes);
        final_logs(&model, paths)
    };
    let (mut one, mut many) = (logs(&[1.0]), logs(&[0.1, 0.5, 0.75, 1.0]));
    for (left, right) in one.iter_mut().zip(&mut many) {
        let distance = distance_in_distribution(left, right);
        assert!(distance < critical_distance(paths), "{distance}");
    }
}

#[test]
fn equal_degrees_of_freedom_are_the_multivariate_t_path_by_path() {
    let volatilities = [0.8, 0.5];
    let copula = model(process(&[4.0, 4.0]), &volatilities, 0.5, &[1.0, 2.0]);
    let student = Process::StudentT { degrees_of_freedom: 4.0, truncation: 1.6 };
    let student = FactorModel { process: student, ..copula.clone() };
    let (left, right) = (final_logs(&copula, 1000), final_logs(&student, 1000));
    for (a, b) in left.concat().iter().zip(right.concat()) {
        assert!((a - b).abs() < 1e-6 * b.abs().max(0.01), "{a} {b}");
    }
}
