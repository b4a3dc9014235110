//! Hazards against closed forms and against counts; laws of shares against their moments.

use approx::assert_relative_eq;

use super::*;
use crate::numeric::{Purpose, Streams};

const SEED: u64 = 4;

fn streams() -> Streams {
    Streams::new(SEED, InstructionSet::detect())
}

/// Drawdowns of 20 steps of a day on 500 paths of a random walk.
fn pilot() -> (Vec<Years>, Vec<f64>) {
    let (steps, paths) = (20_u32, (0..500).collect::<Vec<u64>>());
    let (mut prices, mut highest) = (vec![1.0; 500], vec![1.0; 500]);
    let mut normals = vec![0.0; 500];
    let mut all = Vec::new();
    for step in 0..steps {
        streams().fill_normals(Purpose::Synthetic, step, 0, &paths, &mut normals);
        prices.iter_mut().zip(&normals).for_each(|(price, z)| *price *= libm::exp(0.06 * z));
        let mut drawdowns = vec![0.0; 500];
        add_drawdowns(1.0, &prices, &mut highest, &mut drawdowns);
        all.extend(drawdowns);
    }
    (vec![Years::from_days(1.0); steps as usize], all)
}

/// Mean over paths of 1 − Π(1 − p_i), from the block function.
fn mean_probability(hazard: &Hazard, steps: &[Years], drawdowns: &[f64]) -> f64 {
    let paths = drawdowns.len() / steps.len();
    let mut survival = vec![1.0; paths];
    for (step, row) in steps.iter().zip(drawdowns.chunks(paths)) {
        let mut values = row.to_vec();
        hazard.fill_step(InstructionSet::detect(), *step, &mut values);
        let survived = values.iter().map(|hazard| 1.0 - step_probability(*hazard));
        survival.iter_mut().zip(survived).for_each(|(all, one)| *all *= one);
    }
    1.0 - survival.iter().sum::<f64>() / paths as f64
}

#[test]
fn the_calibrated_hazard_has_the_stated_mean_probability() {
    let (steps, drawdowns) = pilot();
    let pilot = PilotDrawdowns { steps: &steps, drawdowns: &drawdowns };
    for (probability, slope) in [(0.02, 0.0), (0.02, 8.0), (1e-5, 20.0), (0.6, 5.0), (0.05, -4.0)] {
        let hazard = Hazard::calibrated(probability, slope, &pilot);
        let found = mean_probability(&hazard, &steps, &drawdowns);
        assert_relative_eq!(found, probability, max_relative = 1e-8);
    }
    // The steeper, the less at the top.
    let at = |slope| Hazard::calibrated(0.02, slope, &pilot).intercept();
    assert!(at(8.0) < at(0.0));
}

#[test]
fn without_a_slope_the_hazard_is_that_of_the_probability() {
    let (steps, drawdowns) = pilot();
    let pilot = PilotDrawdowns { steps: &steps, drawdowns: &drawdowns };
    let years = Years::from_days(20.0);
    let probability = horizon_probability(0.03, years);
    let hazard = Hazard::calibrated(probability, 0.0, &pilot);
    // −ln(1 − 3 %) a year, at any horizon.
    assert_relative_eq!(libm::exp(hazard.intercept()), -libm::log(0.97), max_relative = 1e-10);
    assert_relative_eq!(horizon_probability(0.03, Years(1.0)), 0.03, max_relative = 1e-14);
}

#[test]
fn never_and_surely_are_what_they_say() {
    let (steps, drawdowns) = pilot();
    let pilot = PilotDrawdowns { steps: &steps, drawdowns: &drawdowns };
    for (probability, expected) in [(0.0, false), (1.0, true)] {
        let hazard = Hazard::calibrated(probability, 5.0, &pilot);
        let mut values = [0.0, 0.5, 1.0];
        hazard.fill_step(InstructionSet::Baseline, steps[0], &mut values);
        for hazard in values {
            assert!(!hazard.is_nan());
            assert!([1e-12, 0.5, 1.0 - 1e-12].iter().all(|u| strikes(hazard, *u) == expected));
        }
    }
    assert_eq!(horizon_probability(0.0, Years(0.1)), 0.0);
    assert_eq!(horizon_probability(1.0, Years(0.1)), 1.0);
}

#[test]
fn it_strikes_as_often_as_its_probability_says() {
    let count = 200_000;
    let mut uniforms = vec![0.0; count];
    let paths: Vec<u64> = (0..count as u64).collect();
    streams().fill_uniforms(Purpose::Synthetic, 0, 7, &paths, &mut uniforms);
    for hazard in [0.001, 0.05, 1.5] {
        let struck = uniforms.iter().filter(|uniform| strikes(hazard, **uniform)).count();
        let expected = step_probability(hazard);
        let error = (expected * (1.0 - expected) / count as f64).sqrt();
        assert!((struck as f64 / count as f64 - expected).abs() < 4.0 * error, "{hazard}");
        let exactly = |uniform: &f64| 1.0 - libm::exp(-hazard) > *uniform;
        assert_eq!(struck, uniforms.iter().filter(|uniform| exactly(uniform)).count());
    }
}

#[test]
fn drawdowns_are_from_the_highest_so_far() {
    let (mut highest, mut drawdowns) = ([100.0, 100.0], [0.0; 2]);
    add_drawdowns(0.6, &[120.0, 75.0], &mut highest, &mut drawdowns);
    assert_eq!((highest, drawdowns), ([120.0, 100.0], [0.0, 0.15]));
    drawdowns.fill(0.0);
    add_drawdowns(1.0, &[90.0, 110.0], &mut highest, &mut drawdowns);
    assert_eq!((highest, drawdowns), ([120.0, 110.0], [0.25, 0.0]));
}

#[test]
fn shares_have_the_mean_and_deviation_of_their_law() {
    for (mean, deviation) in [(0.3, 0.2), (0.5, 0.288_675), (0.1, 0.2), (0.9, 0.05), (1e-3, 1e-3)] {
        let law = ShareLaw::beta(mean, deviation).unwrap();
        let draws: Vec<f64> =
            (0..4096).map(|cell| law.draw((f64::from(cell) + 0.5) / 4096.0)).collect();
        let found = draws.iter().sum::<f64>() / 4096.0;
        assert_relative_eq!(found, mean, max_relative = 1e-9);
        let variance = draws.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / 4096.0;
        assert_relative_eq!(variance.sqrt(), deviation, max_relative = 5e-3);
        assert!(draws.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9));
        assert!(draws.iter().all(|one| (0.0..=1.0).contains(one)));
    }
    // Mean ½ and deviation 1/√12 is the uniform law: its quantiles are the uniforms.
    let uniform = ShareLaw::beta(0.5, libm::sqrt(1.0 / 12.0)).unwrap();
    assert!([0.01, 0.37, 0.99].iter().all(|u| (uniform.draw(*u) - u).abs() < 1e-3));
    // Hardly any doubt, and much of it at the ends.
    for (mean, deviation) in
        [(0.5, 1e-7), (0.5, 1e-3), (0.5, 0.4), (1e-4, 0.0079), (0.9999, 0.0079)]
    {
        let law = ShareLaw::beta(mean, deviation).unwrap();
        let draws = (0..512).map(|cell| law.draw((f64::from(cell) + 0.5) / 512.0));
        assert_relative_eq!(draws.sum::<f64>() / 512.0, mean, max_relative = 1e-4);
    }
    assert_eq!(ShareLaw::beta(0.2, 0.0).unwrap().draw(0.7), 0.2);
    for (mean, deviation) in [(0.5, 0.41), (0.0, 0.1), (1.0, 0.1), (0.1, 0.25)] {
        assert!(ShareLaw::beta(mean, deviation).is_err(), "{mean} {deviation}");
    }
}

#[test]
fn expected_loss_is_its_sum() {
    // 60 % of (100·0.01 + 150·0.02 + 0·0.005).
    let loss = expected_loss(0.6, &[100.0, 150.0, 0.0], &[1.0, 0.99, 0.97, 0.965]);
    assert_relative_eq!(loss, 2.4, max_relative = 1e-12);
    assert_eq!(
        [exposure_at_default(5.0, -7.0, 1.0), exposure_at_default(5.0, -7.0, 4.0)],
        [0.0, 2.0]
    );
}

#[test]
fn a_peg_breaks_once_and_by_its_law() {
    let fall = ShareLaw::fixed(0.12);
    let break_ = PegBreak { hazard: Hazard::new(0.0, 4.0), fall };
    let mut state = PegState::default();
    assert!(!break_.step(0.5, [0.9, 0.5], &mut state) && !state.is_broken());
    assert!(break_.step(0.5, [0.3, 0.5], &mut state));
    assert_eq!(state.factor, 0.88);
    assert!(!break_.step(0.5, [0.3, 0.5], &mut state));
    assert_eq!(state.factor, 0.88);
    let mut lost = PegState::default();
    PegBreak { fall: ShareLaw::fixed(1.0), ..break_ }.step(0.5, [0.1, 0.1], &mut lost);
    assert!(lost.factor > 0.0);
}
