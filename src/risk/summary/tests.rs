//! Summaries against the estimators of the full sample.

use proptest::prelude::*;

use super::super::{LossSample, Needs, expected_shortfall, moments, tail_index, value_at_risk};
use super::*;
use crate::units::ConfidenceLevel;

fn levels() -> [ConfidenceLevel; 2] {
    [0.975, 0.99].map(|level| ConfidenceLevel::new(level).unwrap())
}

fn draws(count: u64, seed: u64, shape: impl Fn(f64) -> f64) -> Vec<f64> {
    let mixed = |i: u64| {
        let mixed = (i ^ (seed << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (((mixed ^ (mixed >> 32)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    (1..=count).map(|i| shape(mixed(i))).collect()
}

/// The summary of `losses` cut at `cuts`, planned by the first `pilot`.
fn summarised(
    losses: &[f64],
    pilot: usize,
    cuts: &[usize],
) -> Result<LargeSampleFigures, RiskError> {
    let levels = levels();
    let needs = Needs { levels: &levels, worst_paths: 20 };
    let windows = TailWindows::new(&losses[..pilot], losses.len() as u64, &needs).unwrap();
    let mut merged = TailSummary::new(&windows);
    let ends = cuts.iter().copied().chain([losses.len()]);
    let mut first = 0;
    for end in ends {
        let mut part = TailSummary::new(&windows);
        for (block, at) in losses[first..end].chunks(1_000).zip((first..).step_by(1_000)) {
            part.push(at as u64, block).unwrap();
        }
        // Later parts first: the order of merging cannot be seen either.
        part.merge(merged).unwrap();
        merged = part;
        first = end;
    }
    merged.finish()
}

fn close(found: f64, expected: f64) {
    approx::assert_relative_eq!(found, expected, max_relative = 1e-11, epsilon = 1e-300);
}

fn check(losses: &[f64], pilot: usize, cuts: &[usize]) {
    let found = summarised(losses, pilot, cuts).unwrap();
    let sample = LossSample::plain(losses, &levels()).unwrap();
    for (index, level) in levels().into_iter().enumerate() {
        assert_eq!(found.value_at_risk[index], value_at_risk(&sample, level));
        let (one, other) = (found.expected_shortfall[index], expected_shortfall(&sample, level));
        close(one.loss.amount(), other.loss.amount());
        close(one.standard_error, other.standard_error);
        for (one, other) in one.interval_95.iter().zip(other.interval_95) {
            close(one.amount(), other.amount());
        }
        assert_eq!(one.value_at_risk, other.value_at_risk);
    }
    assert_eq!(found.worst, sample.worst(20));
    assert_eq!(found.extremes, sample.extremes());
    let expected = moments(&sample);
    close(found.moments.mean, expected.mean);
    close(found.moments.deviation, expected.deviation);
    match (found.tail_index, tail_index(&sample)) {
        (Some(one), Some(other)) => close(one.xi, other.xi),
        (one, other) => assert_eq!(one, other),
    }
    let counted: u64 = found.histogram.iter().map(|bin| bin.count).sum();
    assert_eq!(counted, losses.len() as u64);
    for bin in &found.histogram[1..found.histogram.len() - 1] {
        let inside = losses.iter().filter(|l| bin.lower <= **l && **l < bin.upper);
        assert_eq!(inside.count() as u64, bin.count);
    }
}

#[test]
fn figures_are_those_of_the_full_sample() {
    let exponential = |u: f64| -1e4 * libm::log(u) - 3_000.0;
    check(&draws(200_000, 1, exponential), 20_000, &[]);
    // Heavy tails; profits only, without a tail index; an atom at both quantiles.
    check(&draws(100_000, 2, |u| libm::pow(u, -0.4)), 10_000, &[33_333]);
    check(&draws(100_000, 3, |u| libm::log(u) - 100.0), 10_000, &[1, 2, 70_000]);
    check(&draws(100_000, 4, |u| if u < 0.06 { 5e5 } else { -u }), 10_000, &[50_000]);
    // A pilot that is the whole run.
    check(&draws(3_000, 5, exponential), 3_000, &[]);
}

#[test]
fn cuts_do_not_change_a_bit() {
    let losses = draws(60_000, 6, |u| -libm::log(u) * 1e3);
    let whole = summarised(&losses, 6_000, &[]).unwrap();
    for cuts in [&[1usize, 777][..], &[30_000], &[12_345, 23_456, 59_999]] {
        assert_eq!(summarised(&losses, 6_000, cuts).unwrap(), whole);
    }
}

#[test]
fn a_pilot_that_misleads_is_told() {
    // The first paths lose ten times as much as the rest.
    let mut losses = draws(60_000, 7, |u| -libm::log(u));
    losses[..6_000].iter_mut().for_each(|loss| *loss *= 10.0);
    let found = summarised(&losses, 6_000, &[]);
    assert!(matches!(found, Err(RiskError::WindowMissed { .. })), "{found:?}");
}

#[test]
fn missing_paths_and_foreign_parts_are_refused() {
    let levels = levels();
    let needs = Needs { levels: &levels, worst_paths: 3 };
    let windows = TailWindows::new(&[1.0, 2.0, 3.0], 10, &needs).unwrap();
    let mut summary = TailSummary::new(&windows);
    assert_eq!(summary.clone().finish(), Err(RiskError::Empty));
    summary.push(0, &[1.0, 2.0]).unwrap();
    let nan = summary.push(7, &[1.0, f64::NAN]);
    assert!(matches!(nan, Err(RiskError::NotFinite { path: 8, .. })));
    assert!(matches!(summary.clone().finish(), Err(RiskError::Shape { .. })));
    let other = TailWindows::new(&[1.0, 2.0, 3.0], 11, &needs).unwrap();
    assert!(summary.merge(TailSummary::new(&other)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_shape_and_any_cut(
        seed in 100u64..1_000_000,
        power in 0.05f64..0.6,
        offset in -2.0f64..2.0,
        step in 0.0f64..0.2,
        cut in 1usize..29_999,
    ) {
        // Steps make ties; an offset moves zero through the tail.
        let coarse = |x: f64| if step > 0.02 { libm::floor(x / step) * step } else { x };
        let shape = |u: f64| coarse(libm::pow(u, -power) - 1.0 + offset);
        check(&draws(30_000, seed, shape), 8_000, &[cut]);
    }
}
