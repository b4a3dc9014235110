//! Conditional laws against closed forms and against integrals of joint densities.

use super::{ConditionalError, Conditioning, conditional_moves, conditional_sampling};
use crate::numeric::InstructionSet;
use crate::numeric::special::student_t_cdf;
use crate::simulation::drift::drift_steps;
use crate::simulation::tests::support::assert_mean;
use crate::simulation::tests::support::model;
use crate::simulation::{
    DateShocks, FactorBlock, FactorModel, Process, SimulationScratch, Simulator,
};
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

fn model_of(process: Process, rho: f64) -> FactorModel {
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

/// Logs `[node][factor][path]` of paths drawn given the named moves.
fn drawn(model: &FactorModel, named: &[(usize, f64)], paths: usize) -> Vec<Vec<Vec<f64>>> {
    const BLOCK: usize = 1000;
    let sampling = conditional_sampling(model, named).unwrap();
    let isa = InstructionSet::detect();
    let simulator = Simulator::with_sampling(model, &sampling, 20_251_010, isa).unwrap();
    let mut block = FactorBlock::new(model.factors.len(), BLOCK);
    let mut scratch = SimulationScratch::new(&simulator, BLOCK);
    let mut logs = vec![vec![Vec::new(); model.factors.len()]; model.grid.node_count()];
    for first in (0..paths as u64).step_by(BLOCK) {
        let ids: Vec<u64> = (first..first + BLOCK as u64).collect();
        simulator.start(&ids, &mut block, &mut scratch);
        for (node, logs) in logs.iter_mut().enumerate() {
            simulator.advance(node, &mut block, &mut scratch);
            for (factor, values) in logs.iter_mut().enumerate() {
                values.extend_from_slice(block.log(factor));
            }
        }
    }
    logs
}

/// Drift of a factor up to each node.
fn drift_to(model: &FactorModel, factor: usize) -> Vec<f64> {
    let steps = drift_steps(model);
    let own = steps.iter().skip(factor).step_by(model.factors.len());
    own.scan(0.0, |sum, step| {
        *sum += step;
        Some(*sum)
    })
    .collect()
}

/// Over three uneven steps: the named factors end where they are to, to rounding, on a Brownian
/// bridge (mean `s·t/T`, variance `σ²·t(T − t)/T`); the others have the closed-form conditional mean
/// and covariance, within 4 standard errors.
#[test]
fn normal_paths_have_the_conditional_mean_and_covariance() {
    let rho = 0.5;
    let model = model(Process::Gbm, &[0.6, 0.9, 0.8, 1.1], rho, &[1.0, 2.5, 4.0]);
    let horizon = model.grid.horizon();
    let named = [(0, -0.35), (2, 0.1)];
    let logs = drawn(&model, &named, 200_000);
    let drifts: Vec<Vec<f64>> = (0..4).map(|factor| drift_to(&model, factor)).collect();
    for (factor, target) in named {
        assert!(logs[2][factor].iter().all(|log| (log - target).abs() < 1e-12));
        let (at, end) = (2.5 / 4.0, target - drifts[factor][2]);
        let own: Vec<f64> = logs[1][factor].iter().map(|log| log - drifts[factor][1]).collect();
        assert_mean(&own, at * end, "mean of the bridge");
        let volatility = model.factors[factor].volatility;
        let squares: Vec<f64> = own.iter().map(|one| (one - at * end) * (one - at * end)).collect();
        let variance = volatility * volatility * horizon.get() * at * (1.0 - at);
        assert_mean(&squares, variance, "variance of the bridge");
    }
    let conditioning = Conditioning::new(&model, &[0, 2]).unwrap();
    let moves: Vec<f64> = named.iter().map(|(one, target)| target - drifts[*one][2]).collect();
    let law = conditioning.law(&model, &moves, horizon, &[1, 3]);
    let rest: Vec<Vec<f64>> = [1, 3]
        .iter()
        .zip(&law.location)
        .map(|(&one, location)| {
            let centre = drifts[one][2] + location;
            logs[2][one].iter().map(|log| log - centre).collect()
        })
        .collect();
    for (first, second) in [(0, 0), (0, 1), (1, 1)] {
        assert_mean(&rest[first], 0.0, "mean");
        let products: Vec<f64> =
            rest[first].iter().zip(&rest[second]).map(|(a, b)| a * b).collect();
        assert_mean(&products, law.covariance(first, second).unwrap(), "covariance");
    }
}

/// Within one calibration interval: location, and covariance by ν + p degrees of freedom and the
/// distance; a draw that left the mixing variable at its prior is far outside.
#[test]
fn student_t_paths_have_the_conditional_mean_and_covariance() {
    let nu = 7.0;
    let model = model(student_t(nu), &[0.6, 0.9], 0.6, &[0.25, 1.0]);
    let target = -0.12;
    let logs = drawn(&model, &[(0, target)], 400_000);
    assert!(logs[1][0].iter().all(|log| (log - target).abs() < 1e-12));
    let drift = |factor: usize| drift_to(&model, factor)[1];
    let conditioning = Conditioning::new(&model, &[0]).unwrap();
    let law = conditioning.law(&model, &[target - drift(0)], model.grid.horizon(), &[1]);
    let centre = drift(1) + law.location[0];
    let rest: Vec<f64> = logs[1][1].iter().map(|log| log - centre).collect();
    assert_mean(&rest, 0.0, "mean");
    let squares: Vec<f64> = rest.iter().map(|one| one * one).collect();
    let variance = law.covariance(0, 0).unwrap();
    assert_mean(&squares, variance, "variance");
    let prior = 0.81 * DAY * (1.0 - 0.36);
    assert!(variance > 1.5 * prior, "{variance} against {prior}");
}

#[test]
fn paths_that_cannot_be_drawn_given_an_end_are_refused() {
    let several = model(student_t(4.0), &[0.6, 0.9], 0.6, &[1.0, 2.0]);
    let refused = conditional_sampling(&several, &[(0, -0.1)]).unwrap_err();
    assert!(refused.to_string().contains("within one calibration interval"), "{refused}");
    let held = model(Process::Gbm, &[0.6, 0.0], 0.0, &[1.0]);
    let refused = conditional_sampling(&held, &[(1, -0.1)]);
    assert_eq!(refused, Err(ConditionalError::NotRandom { factor: "C1.spot".to_owned() }));
    let short = model(student_t(4.0), &[0.6, 0.9], 0.6, &[1.0]);
    let refused = conditional_sampling(&short, &[(0, -1.7)]);
    assert_eq!(refused, Err(ConditionalError::TooFar { factor: "C0.spot".to_owned() }));
}
