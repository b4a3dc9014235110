//! Venues that fail inside paths, and calls met by transfers, through documents: against closed forms
//! of what is exposed, and whole whatever the cut.

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Run};
use plimsoll::margin::failure::{expected_loss, horizon_probability};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Outcome, VenueEvents, VenueFailures};
use plimsoll::units::{PathId, Years};

use crate::liquidation::{account, inverse, json, linear, rules, sharded};
use crate::world::{SPOT, VOLATILITY, World, assert_close, assert_within, policy, run};

pub(crate) const MONTH: f64 = 30.0 / 365.0;

/// A venue that fails with this probability within a year.
pub(crate) fn venue(name: &str, probability: f64, failure: &str) -> String {
    format!(
        "[[venue]]\nname = \"{name}\"\ndefault_probability_1y = {probability}\n\
         [venue.failure]\n{failure}\n"
    )
}

pub(crate) fn at(venue: &str, name: &str, asset: &str, quantity: f64) -> String {
    format!(
        "[[account]]\nname = \"{name}\"\nvenue = \"{venue}\"\nrecourse = true\n\
         balance = [{{ asset = \"{asset}\", quantity = {quantity} }}]\n"
    )
}

pub(crate) fn world(book: String, steps: u32, paths: u64) -> World {
    World { horizon: "30d", book, steps, paths, ..World::default() }
}

pub(crate) fn failures<'a>(outcome: &'a Outcome, venue: &str) -> &'a VenueFailures {
    let found = outcome.venue_failures.iter().find(|row| row.venue == venue);
    found.unwrap_or_else(|| panic!("{venue} may fail"))
}

pub(crate) fn events<'a>(outcome: &'a Outcome, venue: &str) -> &'a VenueEvents {
    failures(outcome, venue).events.as_ref().expect("all paths count the same")
}

/// A million dollars of which claims are worth 40 %, at 90 % a year: probability, expected loss and ES
/// of a constant exposure, `0.6·10⁶·(1 − 0.1^(30/365))`; where more than 2.5 % of paths lose 600,000,
/// ES at 97.5 % is that, and all of it is the failure's.
#[test]
fn a_constant_exposure_loses_what_the_closed_form_says() {
    let exact = 1.0 - libm::exp(MONTH * libm::log(0.1));
    assert_close("horizon probability", horizon_probability(0.9, Years(MONTH)), exact, 1e-12);
    let loss = 600_000.0;
    let venue = venue("v", 0.9, "claim_marks = { USD = { mean = \"40%\" } }");
    let coins = "[[account]]\nname = \"coins\"\nbalance = [{ asset = \"BTC\", quantity = 1e-6 }]\n";
    for steps in [1, 30] {
        let paths = 1 << 16;
        let book = [venue.as_str(), &at("v", "cash", "USD", 1e6), coins].concat();
        let outcome = world(book, steps, paths).outcome();
        let found = events(&outcome, "v");
        let error = (exact * (1.0 - exact) / paths as f64).sqrt();
        assert_within("probability", found.probability.probability, exact, error, 0.02);
        let [low, high] = found.probability.interval_95;
        assert!(low < found.probability.probability && found.probability.probability < high);
        let survival =
            |step: u32| libm::exp(MONTH * f64::from(step) / f64::from(steps) * libm::log(0.1));
        let survival: Vec<f64> = (0..=steps).map(survival).collect();
        let pure = expected_loss(0.6, &vec![1e6; steps as usize], &survival);
        assert_close("pure function", pure, loss * exact, 1e-12);
        if steps == 1 {
            // Every path says the same before anything is drawn.
            assert_close("expected loss", found.expected_loss, loss * exact, 1e-6);
        } else {
            let error = found.expected_loss_error;
            assert_within("expected loss", found.expected_loss, loss * exact, error, 0.02);
            // The draws themselves say it too, with five times the variance or more.
            let draws = loss * (exact * (1.0 - exact) / paths as f64).sqrt();
            assert_within("mean of draws", found.loss.mean, loss * exact, draws, 0.02);
            assert!(error * error < 0.2 * draws * draws, "{error} against {draws}");
        }
        let part = &failures(&outcome, "v").contribution;
        assert_close("part of ES", part.expected_shortfall, loss, 1e-6);
        assert_close("share of ES", part.share.expect("there is a loss"), 1.0, 1e-6);
    }
}

/// Long a coin at A, short one at B; A fails at the first of two steps, and all of the claim is paid.
/// What is left is the short over the second step: `L = S·(x₂ − x₁)`, of mean 0 and variance
/// `S²·E[x₁²]·(e^{σ²Δ} − 1)`, `E[x₁²] = e^{σ²Δ}`; without the failure nothing is lost.
#[test]
fn a_hedge_whose_venue_fails_leaves_its_other_leg() {
    let venues = [
        venue("v", 1.0, "claim_marks = { USD = { mean = \"100%\" } }"),
        "[[venue]]\nname = \"w\"\n".to_owned(),
    ];
    let legs =
        [at("v", "a", "USD", 1e6), at("w", "b", "USD", 1e6), linear("a", 1.0), linear("b", -1.0)];
    let paths = 1 << 16;
    let outcome = world([venues.concat(), legs.concat()].concat(), 2, paths).outcome();
    let growth = libm::exp(VOLATILITY * VOLATILITY * 0.5 * MONTH);
    let variance = SPOT * SPOT * growth * (growth - 1.0);
    let measures = &outcome.measures;
    let error = (variance / paths as f64).sqrt();
    assert!(measures.mean_loss.abs() < 4.0 * error, "{} ± {error}", measures.mean_loss);
    // A log-normal step of 12 % has little more kurtosis than the normal 3: √(3/4n) of its deviation.
    let deviation = variance.sqrt();
    let error = deviation * (0.75 / paths as f64).sqrt();
    assert_within("deviation", measures.loss_deviation, deviation, error, 0.01);
    assert_eq!(events(&outcome, "v").loss.mean, 0.0, "the claim is paid in full");
    let safe = legs.concat().replace("venue = \"v\"", "venue = \"w\"");
    let hedged = world([venues[1].clone(), safe].concat(), 2, 512).outcome();
    assert!(hedged.measures.loss_deviation < 1e-6, "{}", hedged.measures.loss_deviation);
}

/// The same probability, tied to falls of the coin that the account holds as well: ES rises by more
/// than ten of its errors, and the probability stays within 4 of its own.
#[test]
fn wrong_way_failures_raise_expected_shortfall() {
    let paths = 1 << 16;
    let with_slope = |slope: f64| {
        let failure = format!("wrong_way_slope = {slope}\nmain_coins = {{ BTC = 1 }}");
        let treasury =
            "[[account]]\nname = \"desk\"\nbalance = [{ asset = \"BTC\", quantity = 5 }]\n";
        let book = [&venue("v", 0.2, &failure), &at("v", "cash", "USD", 2e5), treasury].concat();
        world(book, 30, paths).outcome()
    };
    let exact = horizon_probability(0.2, Years(MONTH));
    let found = [0.0, 20.0].map(|slope| {
        let outcome = with_slope(slope);
        let probability = events(&outcome, "v").probability.probability;
        // On the pilot's paths the mean is exact; on these it has the error of both.
        let error = (2.0 * exact * (1.0 - exact) / paths as f64).sqrt();
        assert_within("probability", probability, exact, error + 0.01 * exact, 0.1);
        let row = outcome.measures.expected_shortfall.iter().find(|row| row.level == 0.99);
        let row = row.expect("the level was asked for");
        (row.loss, row.standard_error.expect("ES has one"))
    });
    let error = (found[0].1 * found[0].1 + found[1].1 * found[1].1).sqrt();
    let rise = found[1].0 - found[0].0;
    assert!(rise > 10.0 * error, "{rise} ± {error}");
}

/// Accounts that are liquidated, fail, are called and helped, on two venues and a treasury.
pub(crate) fn everything(paths: u64) -> World {
    let failure = "wrong_way_slope = 8\nmain_coins = { BTC = 1 }\n\
                   claim_marks = { USD = { mean = \"30%\", deviation = \"20%\" }, BTC = { mean = 0.5 } }";
    let failing = venue("v", 0.5, failure)
        .replace("[venue.failure]", "rules = \"rules.toml\"\n[venue.failure]");
    let other = "[[venue]]\nname = \"w\"\nrules = \"rules.toml\"\n";
    let treasury = "[[account]]\nname = \"treasury\"\nbalance = [{ asset = \"USD\", quantity = 30_000 }, \
                    { asset = \"BTC\", quantity = 0.5 }]\n";
    let calls = "[margin_calls]\ndelay = \"26h\"\nsources = [\"treasury\", \"c\"]\n\
                 assets = [\"USD\", \"BTC\"]\ntarget_ratio = 1.2\nkeep_ratio = 1.5\nminimum = 100\n";
    let book = [
        failing.as_str(),
        other,
        &account("a", false, "USD", 90_000.0, 0.0),
        &account("b", false, "BTC", 1.2, 0.1),
        &account("c", true, "USD", 200_000.0, 0.0).replace("venue = \"v\"", "venue = \"w\""),
        treasury,
        &linear("a", 10.0),
        &inverse("b", 300_000.0),
        &linear("c", -9.0),
        calls,
    ];
    let steps = rules().replace("close = \"full\"\n", "close = \"steps\"\nclose_fraction = 0.3\n");
    World { horizon: "10d", rules: steps, ..world(book.concat(), 10, paths) }
}

#[test]
fn tail_rows_with_failures_sum_to_losses_and_replays_tell_them() {
    let plan = everything(4_096).plan();
    let Run { outcome, losses, .. } = run(&plan);
    let contributions = &outcome.contributions;
    for rows in [&contributions.by_position, &contributions.by_account, &contributions.by_venue] {
        let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
        assert_close("sum of ES rows", sum, contributions.expected_shortfall, 1e-9);
    }
    let row = contributions.by_underlying.iter().find(|row| row.name == "venue failures");
    let part = &failures(&outcome, "v").contribution;
    assert_close("part", part.expected_shortfall, row.expect("a row").expected_shortfall, 1e-12);
    assert!(part.expected_shortfall > 0.05 * contributions.expected_shortfall, "{part:?}");
    let mut told = [0; 3];
    for worst in &outcome.worst_paths {
        let isa = InstructionSet::detect();
        let replayed = engine::replay(&plan, PathId(worst.path), isa).expect("it replays");
        let sum: f64 = replayed.rows.iter().map(|row| row.loss).sum();
        assert_close("rows", sum, losses[worst.path as usize], 1e-9);
        assert_eq!(replayed.events, worst.events);
        for (count, words) in told.iter_mut().zip(["v fails; ", " sends ", " arrive at "]) {
            *count += worst.events.iter().filter(|event| event.contains(words)).count();
        }
    }
    assert!(told.iter().all(|count| *count > 0), "{told:?}");
    for account in ["a", "c"] {
        let row =
            outcome.calls_met.iter().find(|row| row.account == account).expect("it is called");
        assert!(row.met.probability > 0.0 && row.sent.mean > 0.0, "{row:?}");
    }
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show_in_failures() {
    let paths = 2_500;
    let plan = World { policy: policy(0.5, 1e5), ..everything(paths) }.plan();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    assert!(events(&whole.outcome, "v").probability.probability > 0.005);
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}

/// An add-on for what the paths contain is refused, where it stands.
#[test]
fn a_counterparty_add_on_beside_failures_is_counted_twice() {
    let add_on =
        "[[term]]\nkind = \"counterparty\"\nname = \"default\"\nmeasure = \"expected_loss\"\n";
    let policy = [policy(0.5, 1e5).as_str(), add_on].concat();
    let world = World { policy, ..everything(100) };
    let (_folder, scenario) = world.write();
    let (confinement, overrides) = (Confinement::Inside, Overrides::default());
    let options = LoadOptions { confinement, overrides, trades: None };
    let refused = engine::load(&scenario, &options).expect_err("it is refused").to_string();
    assert!(refused.contains("twice") && refused.contains("policy.toml"), "{refused}");
}
