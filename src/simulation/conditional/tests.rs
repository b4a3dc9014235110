//! Conditional laws against closed forms and against integrals of joint densities.

use super::{ConditionalError, Conditioning, conditional_moves};
use crate::numeric::special::student_t_cdf;
use crate::simulation::tests::support::model;
use crate::simulation::{DateShocks, Process};
use crate::units::Years;

const DAY: f64 = 1.0 / 365.0;

fn day() -> Years {
    Years(DAY)
}

fn near(found: f64, expected: f64, tolerance: f64) {
    let gap = (found - expected).abs();
    assert!(gap <= tolerance * expected.abs().max(1e-12), "{found}, expected {expected}");
}

fn student_t(nu: f64) -> Process {
    Process::StudentT { degrees_of_freedom: nu, truncation: 1.6 }
}

/// The bivariate normal's: `ρσ₂/σ₁·s` and `σ₂²(1 − ρ²)`.
#[test]
fn one_named_normal_factor_is_a_regression() {
    let model = model(Process::Gbm, &[0.6, 0.9], 0.7, &[1.0]);
    let found = conditional_moves(&model, &[(0, -0.5)], day()).unwrap();
    assert_eq!(found.moves[0], -0.5);
    near(found.moves[1], 0.7 * 0.9 / 0.6 * -0.5, 1e-14);
    near(found.distance, 0.5 / (0.6 * DAY.sqrt()), 1e-14);
    let law = Conditioning::new(&model, &[0]).unwrap().law(&model, &[-0.5], day(), &[1]);
    near(law.covariance(0, 0).unwrap(), 0.81 * DAY * (1.0 - 0.49), 1e-13);
}

/// With one correlation ρ and two named of four factors of unit volatility: both slopes are
/// `ρ/(1 + ρ)`, variances `1 − 2ρ²/(1 + ρ)` and covariances `ρ − 2ρ²/(1 + ρ)`.
#[test]
fn two_named_normal_factors_have_the_slopes_of_equal_correlations() {
    let rho = 0.4;
    let model = model(Process::Gbm, &[1.0; 4], rho, &[1.0]);
    let conditioning = Conditioning::new(&model, &[2, 0]).unwrap();
    let law = conditioning.law(&model, &[-0.3, 0.1], Years(1.0), &[1, 3]);
    for location in &law.location {
        near(*location, rho / (1.0 + rho) * (-0.3 + 0.1), 1e-13);
    }
    let gone = 2.0 * rho * rho / (1.0 + rho);
    near(law.covariance(0, 0).unwrap(), 1.0 - gone, 1e-13);
    near(law.covariance(0, 1).unwrap(), rho - gone, 1e-13);
    near(law.covariance(1, 0).unwrap(), rho - gone, 1e-13);
    // d² = (a² − 2ρab + b²)/(1 − ρ²)
    let squared = (0.09 + 2.0 * rho * 0.03 + 0.01) / (1.0 - rho * rho);
    near(law.distance * law.distance, squared, 1e-13);
}

/// Mean and variance of the second of two t variables given the first, by the trapezoid rule over
/// their joint density.
fn integrated(nu: f64, [first, second]: [f64; 2], rho: f64, given: f64) -> [f64; 2] {
    let unit = ((nu - 2.0) / nu).sqrt();
    let (a, b) = (first * unit, second * unit);
    let density = |y: f64| {
        let (x, y) = (given / a, y / b);
        let q = (x * x - 2.0 * rho * x * y + y * y) / (1.0 - rho * rho);
        libm::pow(1.0 + q / nu, -0.5 * (nu + 2.0))
    };
    let [mut mass, mut sum, mut squares] = [0.0; 3];
    let step = second / 200.0;
    for index in -400_000..=400_000 {
        let y = f64::from(index) * step;
        let weight = density(y);
        mass += weight;
        sum += weight * y;
        squares += weight * y * y;
    }
    let mean = sum / mass;
    [mean, squares / mass - mean * mean]
}

#[test]
fn the_student_t_is_that_of_its_joint_density() {
    let (nu, rho, volatilities) = (4.5, 0.6, [0.6, 0.8]);
    let model = model(student_t(nu), &volatilities, rho, &[1.0]);
    let given = -0.12;
    let deviations = volatilities.map(|one| one * DAY.sqrt());
    let [mean, variance] = integrated(nu, deviations, rho, given);
    let law = Conditioning::new(&model, &[0]).unwrap().law(&model, &[given], day(), &[1]);
    near(law.location[0], mean, 1e-8);
    near(law.covariance(0, 0).unwrap(), variance, 1e-4);
    assert_eq!(law.degrees_of_freedom, Some(nu + 1.0));
    let found = conditional_moves(&model, &[(0, given)], day()).unwrap();
    near(found.moves[1], mean, 1e-8);
    // far out it is wider than the normal's
    assert!(law.covariance(0, 0).unwrap() > deviations[1] * deviations[1] * (1.0 - rho * rho));
}

/// Probabilities are carried: the copula's coordinate of the named move has its probability, and
/// the median of the other has that of the location.
#[test]
fn the_copula_conditions_in_its_own_coordinates() {
    let (nu, rho) = (5.0, 0.55);
    let process =
        Process::TCopula { degrees_of_freedom: nu, marginals: vec![3.0, 8.0], truncation: 1.6 };
    let model = model(process, &[0.6, 0.9], rho, &[1.0]);
    let given = -0.15;
    let found = conditional_moves(&model, &[(0, given)], day()).unwrap();
    let standard = |change: f64, volatility: f64, own: f64| {
        change / (volatility * DAY.sqrt() * ((own - 2.0) / own).sqrt())
    };
    let probability = student_t_cdf(standard(given, 0.6, 3.0), 3.0);
    let (mut low, mut high) = (-100.0, 0.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if student_t_cdf(middle, nu) < probability { low = middle } else { high = middle }
    }
    let expected = student_t_cdf(rho * low, nu);
    near(student_t_cdf(standard(found.moves[1], 0.9, 8.0), 8.0), expected, 1e-9);
    // With marginals like the copula it is the Student-t.
    let alike =
        Process::TCopula { degrees_of_freedom: nu, marginals: vec![nu; 2], truncation: 1.6 };
    let alike = conditional_moves(&model_of(alike, rho), &[(0, given)], day()).unwrap();
    near(alike.moves[1], rho * 1.5 * given, 1e-12);
}

fn model_of(process: Process, rho: f64) -> crate::simulation::FactorModel {
    model(process, &[0.6, 0.9], rho, &[1.0])
}

/// Of nine dates three count; the nearest is the date of the move itself.
#[test]
fn history_answers_with_its_nearest_dates() {
    let first = [-3.0, -2.9, -2.8, 0.0, 0.1, 0.2, 1.0, 1.5, 2.0];
    let second = [-1.0, -2.0, -4.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0];
    let shocks: Vec<f64> = first.iter().chain(&second).copied().collect();
    let history = DateShocks { dates: 9, shocks };
    let model = model_of(Process::Bootstrap { restart: 0.2, history }, 0.5);
    let unit = DAY.sqrt();
    let found = conditional_moves(&model, &[(0, -3.0 * 0.6 * unit)], day()).unwrap();
    // Distances 0, 0.1, 0.2 and next 3: weights near one; the median is the middle of −4, −2, −1.
    near(found.moves[1], -2.0 * 0.9 * unit, 1e-13);
    // Beyond all of history the same dates answer, unstretched; the nearest weighs most.
    let far = conditional_moves(&model, &[(0, -9.0 * 0.6 * unit)], day()).unwrap();
    near(far.moves[1], -2.0 * 0.9 * unit, 1e-13);
}

#[test]
fn what_does_not_move_informs_nobody_and_what_is_determined_is_refused() {
    let model = model(Process::Gbm, &[0.6, 0.0, 0.9], 0.5, &[1.0]);
    let found = conditional_moves(&model, &[(0, -0.2), (1, -0.5)], day()).unwrap();
    assert_eq!(found.moves[1], -0.5);
    near(found.moves[2], 0.5 * 1.5 * -0.2, 1e-14);
    let none = conditional_moves(&model, &[(1, -0.5)], day()).unwrap();
    assert_eq!((none.moves[0], none.moves[2], none.distance), (0.0, 0.0, 0.0));
    let alike = self::model_of(Process::Gbm, 1.0);
    let refused = conditional_moves(&alike, &[(0, -0.2), (1, -0.3)], day());
    assert_eq!(refused, Err(ConditionalError::Collinear { factor: "C1.spot".to_owned() }));
}
