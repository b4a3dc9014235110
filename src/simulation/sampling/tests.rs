//! Every scheme draws the model's law, whatever it aims by; paths are functions of their ids.

use super::*;
use crate::numeric::InstructionSet;
use crate::scenario::{SamplingMethod, SamplingSettings};
use crate::simulation::tests::support::{SEED, model};
use crate::simulation::{FactorBlock, FactorModel, Process, SimulationScratch, Simulator};
use crate::units::ConfidenceLevel;

const PATHS: u64 = 64_000;
const METHODS: [SamplingMethod; 6] = [
    SamplingMethod::Plain,
    SamplingMethod::Antithetic,
    SamplingMethod::Importance,
    SamplingMethod::Stratified,
    SamplingMethod::ControlVariate,
    SamplingMethod::Sobol,
];

/// Short gamma on two of three factors, long delta on the third.
fn expansion() -> LossExpansion {
    let hessian = vec![400.0, 30.0, 0.0, 30.0, 250.0, 0.0, 0.0, 0.0, 0.0];
    LossExpansion { constant: -1.0, slopes: vec![5.0, -3.0, -8.0], hessian }
}

fn models() -> Vec<FactorModel> {
    let student = Process::StudentT { degrees_of_freedom: 5.0, truncation: 1.6 };
    let volatilities = [0.8, 1.1, 0.6];
    vec![
        model(Process::Gbm, &volatilities, 0.4, &[1.0]),
        model(Process::Gbm, &volatilities, 0.4, &[0.25, 0.4, 2.0]),
        model(student.clone(), &volatilities, 0.4, &[1.0]),
        model(student, &volatilities, 0.4, &[0.3, 0.5, 0.9]),
    ]
}

fn level(level: f64) -> ConfidenceLevel {
    ConfidenceLevel::new(level).unwrap()
}

fn fitted(method: SamplingMethod, model: &FactorModel, paths: u64) -> Sampling {
    let expansion = expansion();
    let levels = [level(0.95), level(0.99)];
    let settings = SamplingSettings { method, ..SamplingSettings::default() };
    let request = SamplingRequest {
        model,
        expansion: &expansion,
        settings,
        aim: Aim::Level(levels[1]),
        control_levels: &levels,
        paths,
    };
    fit(method, &request).unwrap()
}

/// What a run of paths shows at the horizon.
struct Drawn {
    /// `[factor][path]`.
    logs: Vec<Vec<f64>>,
    weights: Vec<f64>,
    /// `[control][path]`.
    controls: Vec<Vec<f64>>,
}

fn drawn(model: &FactorModel, sampling: &Sampling, paths: &[u64], block_paths: usize) -> Drawn {
    let isa = InstructionSet::detect();
    drawn_on(model, sampling, paths, block_paths, isa)
}

fn drawn_on(
    model: &FactorModel,
    sampling: &Sampling,
    paths: &[u64],
    block_paths: usize,
    isa: InstructionSet,
) -> Drawn {
    let simulator = Simulator::with_sampling(model, sampling, SEED, isa).unwrap();
    let mut block = FactorBlock::new(model.factors.len(), block_paths);
    let mut scratch = SimulationScratch::new(&simulator, block_paths);
    let controls = vec![vec![]; sampling.control_means().len()];
    let mut found = Drawn { logs: vec![vec![]; model.factors.len()], weights: vec![], controls };
    for paths in paths.chunks(block_paths) {
        simulator.start(paths, &mut block, &mut scratch);
        for node in 0..model.grid.node_count() {
            simulator.advance(node, &mut block, &mut scratch);
        }
        for (factor, logs) in found.logs.iter_mut().enumerate() {
            logs.extend_from_slice(block.log(factor));
        }
        match block.weights() {
            [] => found.weights.extend(paths.iter().map(|_| 1.0)),
            weights => found.weights.extend_from_slice(weights),
        }
        assert_eq!(block.control_count(), found.controls.len());
        for (index, values) in found.controls.iter_mut().enumerate() {
            values.extend_from_slice(block.control(index));
        }
    }
    found
}

fn first(paths: u64) -> Vec<u64> {
    (0..paths).collect()
}

/// Mean over units of `unit` values, and its standard error.
fn unit_mean(values: impl Iterator<Item = f64>, unit: u64) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let units: Vec<f64> = values
        .chunks_exact(unit as usize)
        .map(|one| one.iter().sum::<f64>() / unit as f64)
        .collect();
    let n = units.len() as f64;
    let mean = units.iter().sum::<f64>() / n;
    let square = units.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>();
    (mean, (square / (n - 1.0) / n).sqrt())
}

#[track_caller]
fn assert_within_errors((mean, error): (f64, f64), expected: f64, what: &str) {
    let distance = (mean - expected).abs();
    assert!(distance <= 4.5 * error + 1e-12, "{what}: {mean} ± {error}, expected {expected}");
}

/// Weighted second moments of the factors against plain sampling's, and the mean weight against
/// one. Plain sampling is held to closed forms elsewhere. Under Student-t returns the weights of
/// importance sampling have no variance outside the tail it aims at: those figures are left out.
#[test]
fn every_scheme_draws_the_law_of_the_model() {
    for (index, model) in models().iter().enumerate() {
        let plain = drawn(model, &Sampling::Plain, &first(4 * PATHS), 512);
        for method in METHODS {
            let tail_only =
                matches!(method, SamplingMethod::Importance | SamplingMethod::Stratified);
            if tail_only && model.process != Process::Gbm {
                continue;
            }
            let sampling = fitted(method, model, PATHS);
            let found = drawn(model, &sampling, &first(PATHS), 512);
            let what = |of: &str| format!("model {index}, {}, {of}", sampling.name());
            let unit = sampling.unit();
            assert_within_errors(
                unit_mean(found.weights.iter().copied(), unit),
                1.0,
                &what("weight"),
            );
            let pairs = [(0, 0), (0, 1), (1, 2), (2, 2)];
            for (a, b) in pairs {
                let product = |drawn: &Drawn, path: usize| {
                    drawn.weights[path]
                        * drawn.logs[a][path].clamp(-0.2, 0.2)
                        * drawn.logs[b][path].clamp(-0.2, 0.2)
                };
                let here = unit_mean((0..PATHS as usize).map(|path| product(&found, path)), unit);
                let there = unit_mean((0..4 * PATHS as usize).map(|path| product(&plain, path)), 1);
                let error = (here.1 * here.1 + there.1 * there.1).sqrt();
                assert_within_errors((here.0, error), there.0, &what("product"));
            }
        }
    }
}

/// The delta-gamma loss itself, whose law is known by inversion: P(L > x) and its excess at the
/// target, weighted, for normal and Student-t, one step and several. (Log-returns' drift is taken
/// off again, truncation does not bind.)
#[test]
fn the_delta_gamma_tail_is_the_one_known_by_inversion() {
    for (index, model) in models().iter().enumerate() {
        let means = fitted(SamplingMethod::ControlVariate, model, PATHS);
        let Sampling::ControlVariate { quadratic, controls } = &means else { unreachable!() };
        let drift: Vec<f64> = {
            // Opposite returns cancel: what is left of a pair's mean is the drift.
            let pair = drawn(model, &Sampling::Antithetic, &[0, 1], 2);
            pair.logs.iter().map(|logs| 0.5 * (logs[0] + logs[1])).collect()
        };
        let (threshold, probability) = (controls[1].threshold, controls[1].probability);
        assert!((probability - 0.01).abs() < 1e-11);
        let law = law::LossLaw::of(model, quadratic, "control_variate").unwrap();
        let excess = law.expected_excess(threshold);
        // The excess of a curved loss is no control under Student-t returns.
        let is_normal = model.process == Process::Gbm;
        assert_eq!(controls[1].excess, if is_normal { excess } else { 0.0 });
        for method in METHODS {
            let sampling = fitted(method, model, PATHS);
            let found = drawn(model, &sampling, &first(PATHS), 512);
            let beyond = |path: usize| {
                let x: Vec<f64> = (0..3).map(|f| found.logs[f][path] - drift[f]).collect();
                loss(&expansion(), &x) - threshold
            };
            let estimate = |value: &dyn Fn(f64) -> f64| {
                let paths = 0..PATHS as usize;
                let values = paths.map(|path| found.weights[path] * value(beyond(path)));
                unit_mean(values, sampling.unit())
            };
            let what = |of: &str| format!("model {index}, {}, {of}", sampling.name());
            let tail = estimate(&|x| f64::from(u8::from(x > 0.0)));
            assert_within_errors(tail, 0.01, &what("tail"));
            assert_within_errors(estimate(&|x| x.max(0.0)), excess, &what("excess"));
            let variance_ratio = 0.01 * 0.99 / PATHS as f64 / (tail.1 * tail.1);
            let expected = match method {
                SamplingMethod::Plain | SamplingMethod::ControlVariate => 0.9,
                // Short gamma loses in both tails: mirrored paths fail together.
                SamplingMethod::Antithetic => 0.45,
                SamplingMethod::Importance => 10.0,
                SamplingMethod::Stratified => 60.0,
                SamplingMethod::Sobol => 1.5,
                SamplingMethod::Auto => unreachable!(),
            };
            assert!(variance_ratio > expected, "{}: {variance_ratio}", what("variance ratio"));
        }
        assert_eq!(quadratic.rank(), 3, "two curved directions and what is left of the slope");
    }
}

fn loss(expansion: &LossExpansion, x: &[f64]) -> f64 {
    let mut loss = expansion.constant;
    for (row, left) in x.iter().enumerate() {
        loss += expansion.slopes[row] * left;
        for (column, right) in x.iter().enumerate() {
            loss += 0.5 * left * expansion.hessian[row * x.len() + column] * right;
        }
    }
    loss
}

/// Controls are the delta-gamma loss of the path, their means those of the law.
#[test]
fn control_values_average_to_their_known_means() {
    for model in models() {
        let sampling = fitted(SamplingMethod::ControlVariate, &model, PATHS);
        let found = drawn(&model, &sampling, &first(PATHS), 512);
        let means = sampling.control_means();
        assert_eq!(means.len(), 4);
        for (values, mean) in found.controls.iter().zip(means) {
            assert_within_errors(unit_mean(values.iter().copied(), 1), mean, "control");
        }
    }
}

/// A path is the same in any company: other block sizes, scattered ids, other instruction sets.
#[test]
fn a_path_is_a_function_of_its_id() {
    for model in models() {
        for method in METHODS {
            let sampling = fitted(method, &model, PATHS);
            let all = drawn(&model, &sampling, &first(3000), 512);
            let scattered = [2999, 17, 40, 41, 1203, 1204, 0, 640, 2047];
            let sets = InstructionSet::available().into_iter();
            let others = sets.map(|isa| drawn_on(&model, &sampling, &scattered, 4, isa));
            for some in others {
                for (index, &path) in scattered.iter().enumerate() {
                    let path = path as usize;
                    assert_eq!(some.weights[index], all.weights[path], "{}", sampling.name());
                    for (here, there) in some.logs.iter().zip(&all.logs) {
                        assert_eq!(here[index], there[path], "{} path {path}", sampling.name());
                    }
                    for (here, there) in some.controls.iter().zip(&all.controls) {
                        assert_eq!(here[index], there[path]);
                    }
                }
            }
        }
    }
}

/// Each round of a stratified run has one path in each stratum.
#[test]
fn every_round_fills_every_stratum() {
    for model in models() {
        let sampling = fitted(SamplingMethod::Stratified, &model, PATHS);
        let Sampling::Stratified { twist, bounds, .. } = &sampling else { unreachable!() };
        let found = drawn(&model, &sampling, &first(4000), 512);
        // e^{ψ−θQ} falls with Q: the order of strata is the opposite order of weights.
        for round in found.weights.chunks_exact(bounds.len() + 1) {
            assert!(round.windows(2).all(|pair| pair[0] > pair[1]), "{round:?}");
        }
        assert!(twist.theta > 0.0);
    }
}

#[test]
fn what_a_scheme_cannot_do_is_refused() {
    let expansion = expansion();
    let levels = [level(0.99)];
    let refused = |process: Process, days: &[f64], method, paths| {
        let model = model(process, &[0.8, 1.1, 0.6], 0.4, days);
        let settings = SamplingSettings { method, ..SamplingSettings::default() };
        let request = SamplingRequest {
            model: &model,
            expansion: &expansion,
            settings,
            aim: Aim::Level(levels[0]),
            control_levels: &levels,
            paths,
        };
        fit(method, &request).unwrap_err()
    };
    let student = || Process::StudentT { degrees_of_freedom: 5.0, truncation: 1.6 };
    let merton = || {
        let jumps = crate::simulation::tests::support::jumps(1.0, 0.0, 0.01);
        Process::Merton { common: jumps, own: jumps }
    };
    for method in [SamplingMethod::Importance, SamplingMethod::Sobol, SamplingMethod::Antithetic] {
        let error = refused(merton(), &[1.0], method, 6400);
        assert!(matches!(error, SamplingError::Process { process: "merton", .. }), "{error}");
    }
    let error = refused(student(), &[2.0], SamplingMethod::Stratified, 6400);
    assert!(matches!(error, SamplingError::SeveralIntervals { .. }), "{error}");
    let error = refused(Process::Gbm, &[1.0], SamplingMethod::Stratified, 6401);
    assert!(matches!(error, SamplingError::Paths { unit: 40, .. }), "{error}");
    let error = refused(Process::Gbm, &[1.0], SamplingMethod::Sobol, 100);
    assert!(matches!(error, SamplingError::Paths { unit: 32, .. }), "{error}");
}

#[test]
fn a_book_that_does_not_move_has_no_aim() {
    let model = &models()[0];
    let still = LossExpansion { constant: 1.0, slopes: vec![0.0; 3], hessian: vec![0.0; 9] };
    let levels = [level(0.99)];
    let request = SamplingRequest {
        model,
        expansion: &still,
        settings: SamplingSettings::default(),
        aim: Aim::Level(levels[0]),
        control_levels: &levels,
        paths: 6400,
    };
    for method in [SamplingMethod::Importance, SamplingMethod::Stratified] {
        let error = fit(method, &request).unwrap_err();
        assert!(matches!(error, SamplingError::NoAim { fault: "does not move", .. }), "{error}");
    }
    // Without directions Sobol points still drive every factor.
    let sobol = fit(SamplingMethod::Sobol, &request).unwrap();
    let found = drawn(model, &sobol, &first(64), 64);
    assert!(found.logs[0].windows(2).any(|pair| pair[0] != pair[1]));
}

/// A plan damaged on its way is refused, not walked for ever.
#[test]
fn damaged_schemes_are_refused() {
    let model = &models()[0];
    let Sampling::Stratified { quadratic, twist, bounds } =
        fitted(SamplingMethod::Stratified, model, PATHS)
    else {
        unreachable!()
    };
    let refused = |sampling: Sampling| {
        Simulator::with_sampling(model, &sampling, SEED, InstructionSet::Baseline).is_err()
    };
    let mut swapped = bounds.clone();
    swapped.swap(3, 4);
    assert!(refused(Sampling::Stratified { quadratic: quadratic.clone(), twist, bounds: swapped }));
    let endless = Twist { theta: f64::INFINITY, ..twist };
    assert!(refused(Sampling::Importance { quadratic: quadratic.clone(), twist: endless }));
    let mut short = quadratic.clone();
    short.directions.pop();
    assert!(refused(Sampling::Importance { quadratic: short, twist }));
}

#[test]
fn a_fitted_scheme_survives_json_bit_by_bit() {
    for method in METHODS {
        let sampling = fitted(method, &models()[2], PATHS);
        let text = serde_json::to_string(&sampling).unwrap();
        assert_eq!(serde_json::from_str::<Sampling>(&text).unwrap(), sampling);
    }
}
