//! Failures of venues drawn in strata, through documents: against closed forms of what is exposed,
//! against plain sampling, and whole whatever the cut.

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::margin::failure::horizon_probability;
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{EventProbability, Outcome};
use plimsoll::scenario::{FailureSampling, SamplingMethod};
use plimsoll::units::Years;

use crate::failures::{at, events, everything, failures, venue, world};
use crate::liquidation::{json, sharded};
use crate::world::{World, assert_close, assert_within, error_of, policy, run};

const DAY: f64 = 1.0 / 365.0;
const LOST: f64 = 600_000.0;

/// The world's plan with failures in strata.
fn stratified(world: &World, sampling: Option<SamplingMethod>) -> Plan {
    planned(world, sampling).unwrap_or_else(|error| panic!("{error}"))
}

fn planned(world: &World, sampling: Option<SamplingMethod>) -> Result<Plan, String> {
    let (_folder, scenario) = world.write();
    let failures = Some(FailureSampling::Stratified);
    let overrides = Overrides { sampling, failures, ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).map_err(|error| error.to_string())
}

/// A million dollars of which claims are worth 40 %, at 0.5 % a year over a day: failure has
/// probability p = 1 − 0.995^{1/365}, and the tail at α holds it and nothing else, `ES = ℓ·p/(1 − α)`.
/// Plain sampling would see one failure in 70,000 paths; of as many its variance of ES is
/// `ℓ²·p(1 − p)/(n(1 − α)²)`.
#[test]
fn a_claim_that_fails_once_in_two_hundred_years_is_measured_in_a_day() {
    let exact = 1.0 - libm::exp(DAY * libm::log(0.995));
    assert_close("horizon probability", horizon_probability(0.005, Years(DAY)), exact, 1e-10);
    let coins = "[[account]]\nname = \"coins\"\nbalance = [{ asset = \"BTC\", quantity = 1e-9 }]\n";
    let paths = 20_000;
    for steps in [1, 24] {
        let venue = venue("v", 0.005, "claim_marks = { USD = { mean = \"40%\" } }");
        let book = [venue.as_str(), &at("v", "cash", "USD", 1e6), coins].concat();
        let outcome =
            run(&stratified(&World { horizon: "1d", ..world(book, steps, paths) }, None)).outcome;
        let found = events(&outcome, "v");
        let error = error_of(found.probability.interval_95);
        assert_within("probability", found.probability.probability, exact, error, 0.01);
        // What is to be lost on average is known before the venue fails.
        let tolerance = if steps == 1 { 1e-6 } else { 1e-3 };
        assert_close("expected loss", found.expected_loss, LOST * exact, tolerance);
        assert_close("mean of draws", found.loss.mean, LOST * exact, 0.03);
        for row in &outcome.measures.expected_shortfall {
            let shortfall = LOST * exact / (1.0 - row.level);
            let error = error_of(row.interval_95);
            assert_within("ES", row.loss, shortfall, error, 0.01);
        }
        let drawn = outcome.failure_sampling.as_ref().expect("there are strata");
        assert!((drawn.share_of_paths - 0.25).abs() < 0.01, "{drawn:?}");
        assert_eq!(drawn.probability, found.probability);
        assert_close("bound of weights", drawn.weight_bound, 2.0, 1e-12);
        // Failures are a quarter of the paths and weigh nothing beside the others.
        assert_close("effective paths", drawn.effective_paths, 0.75 * paths as f64, 0.02);
        for row in &drawn.levels {
            let plain = LOST * (exact * (1.0 - exact) / paths as f64).sqrt() / (1.0 - row.level);
            assert_close("error of plain sampling", row.plain_standard_error, plain, 0.01);
            assert!(row.variance_ratio.is_none_or(|ratio| ratio > 1_000.0), "{row:?}");
        }
        let part = &failures(&outcome, "v").contribution;
        assert_close("share of ES", part.share.expect("there is a loss"), 1.0, 1e-6);
    }
}

/// Two figures of independent runs within 4 errors of their difference.
#[track_caller]
fn assert_alike(what: &str, one: (f64, f64), other: (f64, f64)) {
    let error = (one.1 * one.1 + other.1 * other.1).sqrt();
    assert!((one.0 - other.0).abs() <= 4.0 * error, "{what}: {one:?}, {other:?}");
    assert!(one.0 > 0.0 && one.1 > 0.0, "{what}: {one:?}, {other:?}");
}

fn with_error(found: &EventProbability) -> (f64, f64) {
    (found.probability, error_of(found.interval_95))
}

/// Everything that is told of paths, in strata and under importance sampling, against plain ones.
#[test]
fn strata_tell_of_failures_calls_and_liquidations_what_plain_paths_do() {
    let world = everything(20_000);
    let plain = world.outcome();
    for sampling in [None, Some(SamplingMethod::Importance)] {
        let strata = run(&stratified(&World { paths: 10_000, ..world.clone() }, sampling)).outcome;
        let [one, other] = [events(&plain, "v"), events(&strata, "v")];
        assert_alike("failure", with_error(&one.probability), with_error(&other.probability));
        let expected = |found: &plimsoll::outcome::VenueEvents| {
            (found.expected_loss, found.expected_loss_error)
        };
        assert_alike("expected loss", expected(one), expected(other));
        let tail = |found: &plimsoll::outcome::TailAmount| {
            (found.expected_shortfall, found.standard_error)
        };
        assert_alike("loss", tail(&one.loss), tail(&other.loss));
        assert_alike("claims", tail(&one.claims), tail(&other.claims));
        let part = |outcome: &Outcome| {
            let found = failures(outcome, "v").contribution;
            (found.expected_shortfall, found.standard_error)
        };
        assert_alike("part of ES", part(&plain), part(&strata));
        assert_eq!(plain.calls_met.len(), strata.calls_met.len());
        // Importance sampling draws next to no path on which the coin rises, where c is called.
        let is_told = |account: &str| sampling.is_none() || account == "a";
        let calls = plain.calls_met.iter().zip(&strata.calls_met);
        for (one, other) in calls.filter(|(one, _)| is_told(&one.account)) {
            assert_alike("met", with_error(&one.met), with_error(&other.met));
            assert_alike("sent", tail(&one.sent), tail(&other.sent));
        }
        let accounts = plain.liquidations.iter().zip(&strata.liquidations);
        for (one, other) in accounts.filter(|(one, _)| is_told(&one.account)) {
            let told = |found: &plimsoll::outcome::AccountLiquidation| {
                (found.probability, error_of(found.interval_95))
            };
            assert_alike("liquidation", told(one), told(other));
        }
        let bad_debt = |outcome: &Outcome| tail(&outcome.path_events.as_ref().unwrap().bad_debt);
        assert_alike("bad debt", bad_debt(&plain), bad_debt(&strata));
        for (one, other) in
            plain.measures.expected_shortfall.iter().zip(&strata.measures.expected_shortfall)
        {
            let found = |row: &plimsoll::outcome::Measure| (row.loss, error_of(row.interval_95));
            assert_alike("ES", found(one), found(other));
        }
    }
}

/// Two venues with a clock each, one likelier than the other: both as often as hazards say, and both
/// at once as often as their product.
#[test]
fn every_venue_has_a_clock_of_its_own() {
    let exact = [0.02, 0.002].map(|annual| horizon_probability(annual, Years(30.0 * DAY)));
    let cash = |name: &str, annual: f64| {
        venue(name, annual, "") + &at(name, &format!("{name} cash"), "USD", 1e6)
    };
    let coins = "[[account]]\nname = \"coins\"\nbalance = [{ asset = \"BTC\", quantity = 1e-9 }]\n";
    let book = [cash("v", 0.02).as_str(), &cash("w", 0.002), coins].concat();
    let plan = stratified(&world(book, 3, 20_000), None);
    let strata = plan.hazards.strata.as_ref().expect("there are strata");
    assert_eq!(strata.venues.iter().map(|one| one.count).collect::<Vec<_>>(), [20, 20]);
    let outcome = run(&plan).outcome;
    for (name, exact) in ["v", "w"].into_iter().zip(exact) {
        let found = events(&outcome, name).probability;
        assert_within(name, found.probability, exact, error_of(found.interval_95), 0.05);
    }
    let any = outcome.failure_sampling.as_ref().expect("there are strata");
    assert!((any.share_of_paths - 0.25).abs() < 0.02, "{any:?}");
    let both = exact[0] + exact[1] - exact[0] * exact[1];
    let error = error_of(any.probability.interval_95);
    assert_within("either", any.probability.probability, both, error, 0.05);
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show_in_strata() {
    let paths = 2_520;
    let plan = stratified(&World { policy: policy(0.5, 1e5), ..everything(paths) }, None);
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    let drawn = whole.outcome.failure_sampling.as_ref().expect("there are strata");
    assert!(drawn.share_of_paths > 0.2, "{drawn:?}");
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}

#[test]
fn what_strata_of_failures_cannot_do_is_said_where_it_stands() {
    let refused = |world: &World, sampling| planned(world, sampling).expect_err("it is refused");
    let told = refused(&everything(2_500), None);
    assert!(told.contains("2500 paths are not a multiple of 40, the strata of failures"), "{told}");
    assert!(told.contains("2520") && told.contains("scenario.toml"), "{told}");
    for (sampling, name) in
        [(SamplingMethod::Sobol, "\"sobol\""), (SamplingMethod::Antithetic, "\"antithetic\"")]
    {
        let told = refused(&everything(3_200), Some(sampling));
        assert!(told.contains("independent paths") && told.contains(name), "{told}");
    }
    // Where no venue may fail the setting is idle, and said to be.
    let safe = World { paths: 101, ..World::of("") };
    let outcome = run(&stratified(&safe, None)).outcome;
    assert!(outcome.failure_sampling.is_none());
    let idle = outcome.warnings.iter().find(|warning| warning.code == "settings_idle");
    assert!(idle.is_some_and(|warning| warning.message.contains("failures of the simulation")));
}
