//! Ten thousand accounts, in groups that are alike: what is told of each is what a book of one account
//! a group tells of it, and totals are so many times as large.

use plimsoll::engine::Run;
use plimsoll::outcome::Outcome;

use crate::liquidation::{VENUE, account, inverse, linear, rules};
use crate::world::{World, assert_close, policy, threshold};

/// Accounts of each of four groups.
const EACH: usize = 2_500;

/// `copies` of a long and a short account with leverage, one in a coin, and one that is closed one
/// position at a time.
fn book(copies: usize) -> String {
    let mut text = VENUE.to_owned();
    for copy in 0..copies {
        let named = |kind: &str| format!("{kind} {copy}");
        let (long, short) = (named("long"), named("short"));
        let (coin, isolated) = (named("coin"), named("isolated"));
        let alone = account(&isolated, false, "USD", 9_000.0, 0.0)
            .replace("recourse", "margin_mode = \"isolated\"\nrecourse");
        text += &[
            account(&long, false, "USD", 35_000.0, 0.0),
            account(&short, true, "USD", 40_000.0, 0.0),
            account(&coin, false, "BTC", 1.2, 0.1),
            alone,
            linear(&long, 12.0),
            linear(&short, -12.0),
            inverse(&coin, 900_000.0),
            linear(&isolated, 2.0),
        ]
        .concat();
    }
    text
}

/// Capital in proportion, so that the threshold is too.
fn run_of(copies: usize) -> Run {
    let policy = policy(0.5, 4e5 * copies as f64);
    World { book: book(copies), rules: rules(), policy, steps: 3, paths: 100, ..World::default() }
        .run()
}

/// Against the book of one account a group: sums of 2,500 equal numbers are rounded 2,500 times.
#[test]
fn ten_thousand_accounts_are_so_many_times_one_of_each_group() {
    let (one, many) = (run_of(1), run_of(EACH));
    let times = EACH as f64;
    for (one, many) in one.losses.iter().zip(&many.losses) {
        assert!((times * one - many).abs() < 1e-9 * many.abs().max(times), "{one}, {many}");
    }
    let (one, many) = (one.outcome, many.outcome);
    for (one, many) in one.measures.expected_shortfall.iter().zip(&many.measures.expected_shortfall)
    {
        assert_close("ES", many.loss, times * one.loss, 1e-9);
    }
    let [few, all] = [&one, &many].map(|outcome| threshold(outcome).clone());
    assert_close("potential loss", all.potential_loss, times * few.potential_loss, 1e-9);
    assert_close("threshold", all.threshold, times * few.threshold, 1e-12);
    let bad_debt = |outcome: &Outcome| outcome.path_events.as_ref().expect("told").bad_debt.mean;
    // Amounts are tallied in whole units of 2⁻²⁰ USD.
    assert!(bad_debt(&one) > 0.0);
    assert_close("bad debt", bad_debt(&many), times * bad_debt(&one), 1e-6);
    assert_eq!((one.liquidations.len(), many.liquidations.len()), (4, 4 * EACH));
    for (index, found) in many.liquidations.iter().enumerate() {
        let group = &one.liquidations[index % 4];
        assert!(group.probability > 0.0, "{group:?}");
        assert_eq!((found.probability, found.mean_cost), (group.probability, group.mean_cost));
    }
    assert_eq!(many.incremental.len(), 4 * EACH);
    for (index, found) in many.incremental.iter().enumerate() {
        let group = &one.incremental[index % 4];
        assert_eq!(found.expected_shortfall_alone, group.expected_shortfall_alone);
        let without =
            times * one.contributions.expected_shortfall - found.expected_shortfall_without;
        assert_close("ES without one", found.expected_shortfall_change, without, 1e-5);
    }
}
