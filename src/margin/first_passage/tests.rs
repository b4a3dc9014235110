//! Crossings between nodes against the closed form, with and without the bridge.

use approx::assert_relative_eq;

use super::*;
use crate::numeric::{Purpose, Streams};

const DAY: f64 = 1.0 / 365.0;
const PATHS: usize = 60_000;
const SEED: u64 = 20_261_122;
fn isa() -> InstructionSet {
    InstructionSet::detect()
}

/// Shares of paths that touched `level` within a day: by what the nodes show, by one uniform an
/// interval, and by the product of the probabilities not to.
fn touched(law: LogDiffusion, level: f64, steps: u32) -> [f64; 3] {
    let streams = Streams::new(SEED, isa());
    let paths: Vec<u64> = (0..PATHS as u64).collect();
    let step = DAY / f64::from(steps);
    let variances = vec![law.volatility * law.volatility * step; PATHS];
    let (levels, mut prices) = (vec![level; PATHS], vec![0.0; PATHS]);
    let (mut draws, mut probabilities) = (vec![0.0; PATHS], vec![0.0; PATHS]);
    let (mut seen, mut crossed) = (vec![false; PATHS], vec![false; PATHS]);
    let mut survival = vec![1.0; PATHS];
    for node in 0..steps {
        let before = prices.clone();
        streams.fill_normals(Purpose::Synthetic, node, 0, &paths, &mut draws);
        let moved = |draw: &f64| law.drift * step + law.volatility * step.sqrt() * draw;
        prices.iter_mut().zip(&draws).for_each(|(price, draw)| *price += moved(draw));
        let start = BridgeEnd { price: &before, level: &levels };
        let end = BridgeEnd { price: &prices, level: &levels };
        fill_crossing_probabilities(isa(), start, end, &variances, &mut probabilities);
        // Factor 0 takes both words of its pair: factor 2 is the next that is independent.
        streams.fill_uniforms(Purpose::Synthetic, node, 2, &paths, &mut draws);
        for path in 0..PATHS {
            seen[path] |= (prices[path] - level) * -level <= 0.0;
            crossed[path] |= crosses(probabilities[path], draws[path]);
            survival[path] *= 1.0 - probabilities[path];
        }
    }
    let share = |flags: &[bool]| flags.iter().filter(|flag| **flag).count() as f64 / PATHS as f64;
    let expected = 1.0 - survival.iter().sum::<f64>() / PATHS as f64;
    [share(&seen), share(&crossed), expected]
}

#[test]
fn with_the_bridge_any_number_of_steps_agrees_with_the_closed_form_and_without_it_none() {
    // A fall of 4 % and a rise of 5 % at 100 % a year, with a strong drift down.
    let law = LogDiffusion { drift: -4.0, volatility: 1.0 };
    for level in [libm::log(0.96), libm::log(1.05)] {
        let exact = law.touch_probability(level, DAY);
        let error = (exact * (1.0 - exact) / PATHS as f64).sqrt();
        for steps in [1, 24, 288] {
            let [seen, sampled, expected] = touched(law, level, steps);
            assert!((sampled - exact).abs() < 4.0 * error, "{steps}: {sampled} {exact}");
            assert!((expected - exact).abs() < 4.0 * error, "{steps}: {expected} {exact}");
            assert!(seen < exact - 4.0 * error, "{steps}: {seen} {exact}");
        }
    }
}

#[test]
fn the_closed_form_is_the_reflection_principle_without_drift() {
    // P = 2·Φ(−|b|/σ√T): |b| = 1.5 deviations: 2·0.0668072 (Abramowitz & Stegun, table 26.1).
    let law = LogDiffusion { drift: 0.0, volatility: 0.8 };
    let deviation = 0.8 * DAY.sqrt();
    for sign in [-1.0, 1.0] {
        let touch = law.touch_probability(sign * 1.5 * deviation, DAY);
        assert_relative_eq!(touch, 0.133_614_4, max_relative = 1e-6);
    }
    assert_eq!(law.touch_probability(0.0, DAY), 1.0);
    let never = LogDiffusion::martingale(0.0);
    assert_eq!([never.touch_probability(-0.1, DAY), never.touch_probability(0.1, 0.0)], [0.0; 2]);
    assert_eq!(LogDiffusion { drift: -40.0, volatility: 0.0 }.touch_probability(-0.1, DAY), 1.0);
}

#[test]
fn a_far_level_and_a_strong_drift_stay_probabilities() {
    for drift in [-1e4, -50.0, 0.0, 50.0, 1e4] {
        for distance in [-3.0, -0.5, -1e-9, 1e-9, 0.5, 3.0] {
            let touch = LogDiffusion { drift, volatility: 0.5 }.touch_probability(distance, DAY);
            assert!((0.0..=1.0).contains(&touch), "{drift} {distance} {touch}");
        }
    }
}

#[test]
fn a_bridge_crosses_surely_where_its_ends_do() {
    assert_eq!(crossing_probability(0.1, -0.01, 0.01), 1.0);
    assert_eq!(crossing_probability(-0.1, 0.01, 0.01), 1.0);
    assert_eq!(crossing_probability(0.0, 0.4, 0.01), 1.0);
    assert_eq!(crossing_probability(0.1, 0.1, 0.0), 0.0);
    // exp(−2·0.1·0.2/0.04) = e⁻¹, from either side.
    let expected = 0.367_879_441_171_442_3;
    assert_relative_eq!(crossing_probability(0.1, 0.2, 0.04), expected, max_relative = 1e-14);
    assert_relative_eq!(crossing_probability(-0.1, -0.2, 0.04), expected, max_relative = 1e-14);
}

#[test]
fn slices_are_the_scalar_function_on_every_instruction_set() {
    let price = [0.1, 0.3, -0.2, 0.05, 4.0];
    let (level, variance) = ([0.0, 0.02, -0.3, 0.05, -8.0], [0.04, 0.01, 0.09, 0.01, 1e-9]);
    let end = [0.2, 0.01, -0.25, 0.07, 5.0];
    for isa in InstructionSet::available() {
        let mut out = [f64::NAN; 5];
        let (start, end) =
            (BridgeEnd { price: &price, level: &level }, BridgeEnd { price: &end, level: &level });
        fill_crossing_probabilities(isa, start, end, &variance, &mut out);
        for path in 0..5 {
            let above = |x: &[f64]| x[path] - level[path];
            let one = crossing_probability(above(&price), above(end.price), variance[path]);
            assert_relative_eq!(out[path], one, max_relative = 1e-14);
        }
        assert_eq!(out[4], 0.0);
    }
}
