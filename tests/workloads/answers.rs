//! VaR and ES of the workloads against the answers stated with them.

use plimsoll::engine::{self, Control};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::risk::{LossSample, NORMAL_95, expected_shortfall, value_at_risk};
use plimsoll::scenario::Revaluation;
use plimsoll::units::{ConfidenceLevel, Loss};

use crate::workload::data::{SHORTFALL_LEVEL, VALUE_AT_RISK_LEVEL};
use crate::workload::{Sampling, Work, plan};

/// A stated figure and its own standard error (sampling, or what it was rounded to).
struct Answer {
    amount: f64,
    error: f64,
}

fn level(level: f64) -> ConfidenceLevel {
    ConfidenceLevel::new(level).expect("inside (0.5, 1)")
}

fn losses(work: Work, paths: u64) -> Vec<f64> {
    let sampling = Sampling { paths, seed: 20_261_122, revaluation: Revaluation::Full };
    let plan = plan(&work.generate(), sampling);
    let isa = InstructionSet::detect();
    engine::losses(&plan, 0..paths, isa, &Control::none()).expect("it runs").losses
}

#[track_caller]
fn assert_answer(what: &str, found: Loss, interval: [Loss; 2], answer: &Answer) {
    let own = (interval[1].amount() - interval[0].amount()) / (2.0 * NORMAL_95);
    assert!(own < 0.05 * found.amount(), "{what}: error {own} says nothing");
    let error = (own * own + answer.error * answer.error).sqrt();
    let off = (found.amount() - answer.amount) / error;
    assert!(off.abs() <= 4.0, "{what}: {found:?}, not {}: {off:.1} errors", answer.amount);
}

#[track_caller]
fn assert_answers(work: Work, paths: u64, at_risk: &Answer, shortfall: &Answer) {
    let losses = losses(work, paths);
    let levels = [level(VALUE_AT_RISK_LEVEL), level(SHORTFALL_LEVEL)];
    let sample = LossSample::plain(&losses, &levels).expect("finite");
    let found = value_at_risk(&sample, level(VALUE_AT_RISK_LEVEL));
    assert_answer("VaR", found.loss, found.interval_95, at_risk);
    let found = expected_shortfall(&sample, level(SHORTFALL_LEVEL));
    assert_answer("ES", found.loss, found.interval_95, shortfall);
}

// The errors of VaR are stated with the answers; an ES without one is held to its rounding.

#[test]
fn desk() {
    let at_risk = Answer { amount: 21_600.0, error: 110.0 };
    assert_answers(Work::W1, 20_000, &at_risk, &Answer { amount: 21_700.0, error: 100.0 });
}

#[test]
fn wide_and_linear() {
    let at_risk = Answer { amount: 79_800.0, error: 130.0 };
    assert_answers(Work::W2, 20_000, &at_risk, &Answer { amount: 80_100.0, error: 130.0 });
}

/// Liquidation probabilities are stated to two digits, from 20,000 paths or more.
#[test]
fn path_dependent() {
    let paths = 20_000;
    let sampling = Sampling { paths, seed: 20_261_122, revaluation: Revaluation::Full };
    let plan = plan(&Work::W3.generate(), sampling);
    let isa = InstructionSet::detect();
    let found = engine::losses(&plan, 0..paths, isa, &Control::none()).expect("it runs");
    let levels = [level(VALUE_AT_RISK_LEVEL)];
    let sample = LossSample::plain(&found.losses, &levels).expect("finite");
    let at_risk = value_at_risk(&sample, level(VALUE_AT_RISK_LEVEL));
    let answer = Answer { amount: 3_200.0, error: 30.0 };
    assert_answer("VaR", at_risk.loss, at_risk.interval_95, &answer);
    let stated = [
        (0.32, 0.01),
        (0.18, 0.01),
        (0.27, 0.01),
        (0.12, 0.01),
        (0.13, 0.01),
        (0.055, 0.001),
        (0.007, 0.001),
    ];
    assert_eq!(found.liquidations.len(), 10);
    for (tally, (probability, rounding)) in found.liquidations.iter().zip(stated) {
        let share = tally.paths as f64 / paths as f64;
        let variance: f64 = probability * (1.0 - probability) / paths as f64;
        // Both figures have their sampling error; the stated one is rounded besides.
        let error = (2.0 * variance + rounding * rounding / 12.0).sqrt();
        let off = (share - probability) / error;
        assert!(off.abs() < 4.0, "A{}: {share}, not {probability}: {off:.1}", tally.account);
    }
    for tally in &found.liquidations[7..] {
        assert!((tally.paths as f64) < 0.000_3 * paths as f64 + 1.0, "{tally:?}");
    }
}
