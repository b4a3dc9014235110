//! A world in which the best policy is known by hand.
//!
//! Capital is 100, of which 20 may be lost; the book's potential loss is 20 at its own scale and
//! proportional to it. Every tenth date implied volatility stands at four times its reference, so
//! that `M = 4^−γ` and 4^−γ of the book is carried; the book then loses 40. What is lost is 40·4^−γ:
//! not beyond 20 from γ = ½ on. Idle capital grows with γ: the best exponent is ½.

use jiff::Timestamp;

use super::*;
use crate::document::{Loader, SourceFile};
use crate::market::{PriceHistory, Quantity, Series};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{Comparison, PolicyCalibration, PolicyMeasures};
use crate::study::walk_forward::{
    DateRecord, ModelRecord, RealisedLoss, ThresholdRecord, WalkRecord,
};
use crate::threshold::Direction;
use crate::threshold::document::read_policy;
use crate::units::Years;

const DATES: usize = 240;
const TRAINED: usize = 140;

const POLICY: &str = r#"
name = "toy"
appetite = 0.2
target_utilisation = 1
capital = { base = "regulatory", regulatory = 100 }

[[term]]
kind = "simulated_shortfall"
name = "ES"
level = 0.975

[condition]
floor = 0
relax_per_day = 1

[[condition.driver]]
driver = "implied_volatility"
series = "BTC"
exponent = 0
reference = { stated = 0.5 }
"#;

fn instant(day: usize) -> Timestamp {
    Timestamp::from_second(1_577_836_800 + 86_400 * day as i64).unwrap()
}

fn is_stressed(day: usize) -> bool {
    day % 10 == 9
}

fn series(name: &str, quantity: Quantity, value: impl Fn(usize) -> f64) -> Series {
    let values = (0..=DATES).map(|day| Some(value(day))).collect();
    Series { name: name.to_owned(), symbol: "BTC".into(), quantity, values }
}

/// The world, the loss on stressed dates by date.
fn record(loss: impl Fn(usize) -> f64) -> WalkRecord {
    let policy = read_policy(&SourceFile::new("policy.toml", POLICY), &Loader::shipped()).unwrap();
    let date = |day: usize| DateRecord {
        instant: instant(day),
        ends: instant(day + 1),
        measures: Vec::new(),
        gross_exposure: 50.0,
        net_exposure: 50.0,
        direction: Direction::Long,
        position_scale: 1.0,
        positions_value: 0.0,
        balances_value: 100.0,
        collateral_after_haircuts: 100.0,
        threshold: Some(ThresholdRecord {
            terms: vec![20.0],
            terms_at_scales: vec![vec![10.0], vec![20.0], vec![40.0]],
            potential_loss: 20.0,
            potential_loss_error: 0.0,
            capital: 100.0,
            appetite: 0.2,
            multiplier: 1.0,
            raw_multiplier: 1.0,
            threshold: 20.0,
            utilisation: Some(1.0),
            status: crate::outcome::Status::Amber,
            indistinct: false,
        }),
        realised: RealisedLoss {
            total: if is_stressed(day) { loss(day) } else { -1.0 },
            positions: if is_stressed(day) { loss(day) } else { -1.0 },
            balances: 0.0,
        },
        transform: 0.5,
        fallbacks: Vec::new(),
    };
    let step = |day: usize| 100.0 + 3.0 * (day % 3) as f64;
    let volatility = |day: usize| if is_stressed(day) { 2.0 } else { 0.5 };
    WalkRecord {
        name: "walk".to_owned(),
        scenario: "toy".to_owned(),
        currency: "USD".to_owned(),
        horizon: Years::from_days(1.0),
        every: Years::from_days(1.0),
        levels: Vec::new(),
        paths: 1_000,
        seed: 1,
        policy: Some(policy.policy),
        scales: vec![0.5, 1.0, 2.0],
        models: vec![ModelRecord {
            name: "only".to_owned(),
            conditional_volatility: false,
            dates: (0..DATES).map(date).collect(),
        }],
        history: PriceHistory {
            interval: Years::from_days(1.0),
            times: (0..=DATES).map(instant).collect(),
            series: vec![
                series("BTC", Quantity::Price, step),
                series("BTC.vol", Quantity::ImpliedVolatility, volatility),
            ],
            quote: "USD".into(),
            findings: Vec::new(),
        },
        left_out: Vec::new(),
    }
}

fn document(exponents: &str, more: &str) -> String {
    format!(
        "name = \"toy\"\nbacktest = \"backtest.toml\"\npolicy = \"policy.toml\"\n\
         volatility_target = {{ series = \"BTC\" }}\n\
         periods = {{ kind = \"split\", test_from = {} }}\n\
         [[vary]]\nfield = \"exponent\"\ndriver = 1\nvalues = {exponents}\n\
         [aim]\ntrading_cost = 0\n[bootstrap]\nreplicates = 200\n{more}",
        instant(TRAINED)
    )
}

fn loaded(text: &str) -> PolicySearch {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("policy.toml", POLICY);
    put("calibration.toml", text);
    let path = folder.path().join("calibration.toml");
    let search = PolicySearch::read(&path, crate::document::Confinement::Inside);
    search.unwrap_or_else(|violations| panic!("{violations}"))
}

fn found(text: &str, record: &WalkRecord) -> PolicyCalibration {
    loaded(text).run(record, InstructionSet::detect()).unwrap()
}

const GRID: &str = "[0, 0.25, 0.5, 0.75, 1]";
const NOTHING_MISSED: &str = "[constraints]\nmissed_frequency = 0\n";

fn best(found: &PolicyCalibration) -> f64 {
    found.candidates[found.recommended].values[0]
}

#[test]
fn the_best_exponent_is_a_half() {
    let found = found(&document(GRID, NOTHING_MISSED), &record(|_| 40.0));
    assert!(found.feasible);
    assert_eq!(best(&found), 0.5);
    // A tenth of the dates carries a half: the rest is idle there, and none elsewhere.
    let trained = found.folds[0].trained;
    approx::assert_relative_eq!(trained.exposure_carried, 0.95, max_relative = 1e-12);
    approx::assert_relative_eq!(trained.idle_capital, 0.05, max_relative = 1e-9);
    approx::assert_relative_eq!(trained.cost, 0.05 * 0.05, max_relative = 1e-9);
    approx::assert_relative_eq!(trained.forced_per_year, 36.5, max_relative = 1e-12);
    assert_eq!(trained.missed_frequency, 0.0);
    assert_eq!(trained.false_alarms_per_year, 0.0);
    // The multiplier goes from 1 to a half and back once in ten dates, 14 times in 140.
    let moves = (2.0 * 14.0 - 1.0) * 0.5 / 139.0;
    approx::assert_relative_eq!(trained.daily_change, moves, max_relative = 1e-9);
    approx::assert_relative_eq!(trained.largest_change, 0.5, max_relative = 1e-9);
    let constraint = &found.constraints[0];
    assert_eq!(constraint.finding, "binds");
    assert_eq!(constraint.cost_without, Some(0.0));
}

#[test]
fn the_optimiser_comes_near_the_best_between_points_of_the_grid() {
    let found = found(&document("[0, 0.8]", NOTHING_MISSED), &record(|_| 40.0));
    assert!(found.feasible);
    assert!((0.5..0.75).contains(&best(&found)), "{}", best(&found));
    // A range of 0.8 has a thousandth of 0.0008: four decimals are told apart, and evaluated.
    let decimals = 1e4 * best(&found);
    assert_eq!(decimals, decimals.round());
    assert!(found.candidates.len() > 2);
}

#[test]
fn the_policy_wins_against_equal_exposure_and_says_so() {
    let found = found(&document(GRID, NOTHING_MISSED), &record(|_| 40.0));
    let Comparison { policy, static_limit, volatility_target, .. } = &found.comparison;
    assert_eq!(policy.missed_loss, 0.0);
    // 95 % of the book throughout loses 38 on every tenth date: 18 of 100 beyond the tolerance.
    approx::assert_relative_eq!(static_limit.missed_loss, 0.018, max_relative = 1e-9);
    let exposures = [policy, static_limit, volatility_target].map(|one| one.exposure_carried);
    for exposure in exposures {
        approx::assert_relative_eq!(exposure, 0.95, max_relative = 1e-9);
    }
    let missed = &found.comparison.against_static[0];
    approx::assert_relative_eq!(missed.value, -0.018, max_relative = 1e-9);
    assert!(missed.interval_95[1] < 0.0, "{missed:?}");
    assert!(found.verdict[0].contains("the calibrated policy wins"), "{:?}", found.verdict);
    // Ten stressed dates of a hundred: half of the book loses 20, 95 % of it 38.
    assert_eq!(
        found.verdict[3],
        "Why: either missed on 10 dates; the policy carried less on 10 of them (missed loss -1.8000 %) \
         and as much or more on 0 (0.0000 %)."
    );
    assert_eq!(found.comparison.missed_dates.len(), 10);
    for date in &found.comparison.missed_dates {
        approx::assert_relative_eq!(date.scales[..2], [0.5, 0.95], max_relative = 1e-9);
        approx::assert_relative_eq!(date.losses[..2], [0.2, 0.38], max_relative = 1e-9);
        approx::assert_relative_eq!(date.missed[..2], [0.0, 0.18], max_relative = 1e-9);
    }
}

#[test]
fn a_policy_that_cuts_for_nothing_is_told_not_to_win() {
    // What is lost comes on calm dates: cutting on stressed ones saves nothing.
    let mut record = record(|_| -1.0);
    for (day, date) in record.models[0].dates.iter_mut().enumerate() {
        if day % 10 == 4 {
            date.realised.positions = 30.0;
        }
    }
    let found = found(&document("[0.5]", ""), &record);
    assert!(!found.verdict[0].contains("policy wins"), "{:?}", found.verdict);
    assert!(found.comparison.against_static[0].value > 0.0);
    // Nothing is lost on the five dates from a cut on: the next loss comes on the sixth.
    approx::assert_relative_eq!(
        found.folds[0].trained.false_alarms_per_year,
        36.5,
        max_relative = 1e-9
    );
}

#[test]
fn alarms_without_loss_conflict_with_a_loss_that_may_not_be_missed() {
    // Every second stressed date loses nothing: a cut there is a false alarm.
    let alternating = |day: usize| if day % 20 == 9 { 40.0 } else { -1.0 };
    let constraints = "[constraints]\nmissed_frequency = 0\nfalse_alarms_per_year = 0\n";
    let found = found(&document(GRID, constraints), &record(alternating));
    assert!(!found.feasible);
    assert!(found.notes.iter().any(|note| note.contains("no candidate meets every constraint")));
    for constraint in &found.constraints {
        assert_eq!(constraint.least, 0.0, "{constraint:?}");
    }
    let findings: Vec<&str> =
        found.constraints.iter().map(|constraint| constraint.finding.as_str()).collect();
    assert!(findings.contains(&"conflicts with the others"), "{findings:?}");
    // Seven of fourteen alarms in 140 dates.
    let cut = found.candidates.iter().find(|one| one.values == [0.5]).unwrap();
    approx::assert_relative_eq!(cut.trained.false_alarms_per_year, 18.25, max_relative = 1e-9);
}

#[test]
fn a_constraint_that_nobody_meets_is_named() {
    // What the book loses at any scale on calm dates: 25 of balances.
    let mut record = record(|_| 40.0);
    record.models[0].dates[15].realised.balances = 25.0;
    let found = found(&document(GRID, NOTHING_MISSED), &record);
    assert!(!found.feasible);
    assert_eq!(found.constraints[0].finding, "cannot be met by any candidate");
}

#[test]
fn what_comes_after_the_training_changes_no_recommendation() {
    let text = document(GRID, NOTHING_MISSED);
    let before = found(&text, &record(|_| 40.0));
    let mut record = record(|_| 40.0);
    for series in &mut record.history.series {
        for value in &mut series.values[TRAINED..] {
            *value = value.map(|value| 3.0 * value + 0.1);
        }
    }
    for date in &mut record.models[0].dates[TRAINED..] {
        date.realised.positions *= 5.0;
        date.gross_exposure *= 2.0;
        if let Some(threshold) = &mut date.threshold {
            threshold.terms_at_scales.iter_mut().flatten().for_each(|term| *term *= 1.5);
        }
    }
    let after = found(&text, &record);
    assert_eq!(before.document, after.document);
    assert_eq!(before.folds[0].values, after.folds[0].values);
    assert_eq!(before.folds[0].trained, after.folds[0].trained);
    let trained = |found: &PolicyCalibration| -> Vec<PolicyMeasures> {
        found.candidates.iter().map(|one| one.trained).collect()
    };
    assert_eq!(trained(&before), trained(&after));
    assert_ne!(before.folds[0].tested, after.folds[0].tested);
}

#[test]
fn the_outcome_has_the_same_bits_for_any_number_of_threads() {
    let text = document(GRID, NOTHING_MISSED);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| serde_json::to_string(&found(&text, &record(|_| 40.0))).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn the_recommended_document_reads_as_the_policy_that_was_chosen() {
    let found = found(&document(GRID, NOTHING_MISSED), &record(|_| 40.0));
    let file = SourceFile::new("policy.toml", &found.document);
    let read = read_policy(&file, &Loader::shipped()).unwrap().policy;
    let expected = POLICY.replace("exponent = 0\n", "exponent = 0.5\n");
    let file = SourceFile::new("policy.toml", &expected);
    assert_eq!(read, read_policy(&file, &Loader::shipped()).unwrap().policy);
}

#[test]
fn one_parameter_at_a_time_tells_what_it_does() {
    let found = found(&document(GRID, NOTHING_MISSED), &record(|_| 40.0));
    let points = &found.sensitivity[0].points;
    assert_eq!(
        points.iter().map(|point| point.value).collect::<Vec<f64>>(),
        [0.0, 0.25, 0.5, 0.75, 1.0]
    );
    let missed: Vec<bool> =
        points.iter().map(|point| point.tested.missed_frequency > 0.0).collect();
    assert_eq!(missed, [true, true, false, false, false]);
}

#[test]
fn positions_that_hedge_balances_are_not_cut_to_lose_more() {
    // 80 without the positions, 30 with all of them: never within a threshold of 20.
    let mut hedged = record(|_| 10.0);
    for date in &mut hedged.models[0].dates {
        let threshold = date.threshold.as_mut().unwrap();
        threshold.terms_at_scales = vec![vec![55.0], vec![30.0], vec![80.0]];
    }
    let told = found(&document("[0]", ""), &hedged);
    assert_eq!(told.folds[0].trained.exposure_carried, 1.0);
    assert!(told.path.iter().all(|date| date.scale == 1.0 && !date.forced));
    let note = format!("on {0} of {0} dates followed no scale of the positions", told.path.len());
    assert!(told.notes.iter().any(|one| one.starts_with(&note)), "{:?}", told.notes);
    // A book within its threshold at some scale has no such note.
    let told = found(&document("[0]", ""), &record(|_| 40.0));
    assert!(!told.notes.iter().any(|one| one.contains("no scale of the positions")));
}

#[test]
fn delays_of_whole_periods_come_too_late_for_one_bad_day() {
    let ladder = "[[ladder]]\nutilisation = 1\naction = \"forced_reduction\"\ndelay = \"1d\"\n";
    let delayed = PolicySearch {
        policy: read_policy(
            &SourceFile::new("policy.toml", &format!("{POLICY}{ladder}")),
            &Loader::shipped(),
        )
        .unwrap(),
        ..loaded(&document("[0.5]", ""))
    };
    let found = delayed.run(&record(|_| 40.0), InstructionSet::detect()).unwrap();
    let trained = found.folds[0].trained;
    assert_eq!((trained.forced_per_year, trained.exposure_carried), (0.0, 1.0));
    approx::assert_relative_eq!(trained.missed_frequency, 0.1, max_relative = 1e-12);
}

#[test]
fn other_terms_than_those_simulated_are_refused() {
    let mut record = record(|_| 40.0);
    if let Some(policy) = &mut record.policy {
        policy.terms[0].kind = crate::threshold::TermKind::ClosingCost;
    }
    let error = loaded(&document(GRID, "")).run(&record, InstructionSet::detect()).unwrap_err();
    assert!(error.to_string().contains("'ES' measures something else"), "{error}");
}

fn faults(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("policy.toml", POLICY);
    put("calibration.toml", text);
    let path = folder.path().join("calibration.toml");
    let violations = PolicySearch::read(&path, crate::document::Confinement::Inside).unwrap_err();
    let show = |one: &crate::document::Violation| {
        format!("{}:{} {} {}", one.place.line(), one.place.column(), one.place.text(), one.title)
    };
    violations.items().iter().map(show).collect()
}

#[test]
fn every_fault_shows_at_its_place() {
    let vary = "[[vary]]\nfield = \"exponent\"\nvalues = [1]\n\
                [[vary]]\nfield = \"floor\"\ndriver = 1\nvalues = [0.5]\n\
                [[vary]]\nfield = \"half_life_days\"\ndriver = 1\nvalues = [5]\n\
                [[vary]]\nfield = \"appetite\"\nvalues = [0.3, 0.2, 1.5]\n\
                [[vary]]\nfield = \"appetite\"\nvalues = [0.3]\n";
    let expected = [
        "13:9 \"exponent\" the exponent of which driver?",
        "17:10 1 the floor is no figure of a driver",
        "22:11 5 the policy has no half-life in days to vary",
        "25:16 0.2 values must increase",
        "25:21 1.5 appetite cannot be 1.5",
        "27:9 \"appetite\" this figure is varied twice",
    ];
    assert_eq!(
        faults(&document(GRID, vary).replace("[bootstrap]\nreplicates = 200\n", "")),
        expected
    );
    let many = "[[vary]]\nfield = \"floor\"\nvalues = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]\n\
                [[vary]]\nfield = \"appetite\"\nvalues = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]\n\
                [[vary]]\nfield = \"cap\"\nvalues = [1, 2, 3, 4, 5, 6, 7, 8]\n\
                [[vary]]\nfield = \"red\"\nvalues = [1, 2, 3, 4, 5, 6, 7, 8]\n";
    let found = faults(&document(GRID, many));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("too many policies"), "{found:?}");
}
