//! Accounts at venues: one that would be closed at once, and losses that stay with the venue.

use plimsoll::outcome::Outcome;

use crate::exact::{martingale, tail};
use crate::world::{
    SPOT, VOLATILITY, World, assert_close, assert_tail, assert_within, policy, threshold,
};

const DAY: f64 = 1.0 / 365.0;

fn rows_sum_to_the_shortfall(outcome: &Outcome) {
    let found = &outcome.contributions;
    let groups = [
        &found.by_position,
        &found.by_underlying,
        &found.by_account,
        &found.by_venue,
        &found.by_tag,
    ];
    for rows in groups {
        let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
        assert_close("sum of ES rows", sum, found.expected_shortfall, 1e-9);
        let sum: f64 = rows.iter().map(|row| row.value_at_risk).sum();
        assert_close("sum of VaR rows", sum, found.value_at_risk, 1e-9);
    }
}

fn shortfall_of(outcome: &Outcome, name: &str) -> [f64; 2] {
    let mut rows = outcome.contributions.by_position.iter();
    let row = rows.find(|row| row.name == name).unwrap_or_else(|| panic!("no row {name}"));
    [row.expected_shortfall, row.expected_shortfall_error]
}

/// 10 coins bought at 66,000 on 1.2 coins of collateral: equity 12,000 under a maintenance margin
/// of 2.5 % of 600,000 (`scenarios/venues/generic-flat.toml`; initial 5 %, closing fee 1 %).
///
/// Closed at today's marks for 6,000, what is left moves with the coins of the balance and is worth
/// nothing at worst. At a scale k of the position equity is 72,000 − 60,000k against an initial
/// margin of 30,000k: met up to k = 0.8.
#[test]
fn an_account_that_would_be_closed_at_once() {
    let book = "[[venue]]\nname = \"v\"\nrules = \"generic-flat@2026-01-01\"\n\
         [[account]]\nname = \"a\"\nvenue = \"v\"\n\
         balance = [{ asset = \"BTC\", quantity = 1.2 }]\n\
         [[position]]\ntype = \"perpetual\"\nid = \"p\"\naccount = \"a\"\nunderlying = \"BTC\"\n\
         quote = \"USD\"\nquantity = 10\nentry_price = 66_000\n";
    let world = World { book: book.to_owned(), policy: policy(0.5, 1e6), ..World::default() };
    let outcome = world.outcome();
    let margin = &outcome.margin[0];
    assert_close("equity", margin.equity, 12_000.0, 1e-9);
    assert_close("initial", margin.initial_margin, 30_000.0, 1e-9);
    assert_close("maintenance", margin.maintenance_margin, 15_000.0, 1e-9);
    assert_close("call", margin.margin_call, 18_000.0, 1e-9);
    assert_close("leverage", margin.leverage.expect("equity is positive"), 50.0, 1e-9);
    assert!(margin.liquidated_at_once);
    assert!(outcome.warnings.iter().any(|warning| warning.code == "liquidated_at_once"));

    let left = |z: f64| 6_000.0 + 1.2 * SPOT * (martingale(z, VOLATILITY, DAY) - 1.0);
    assert_tail("closed", &outcome, |level| tail(|z| 12_000.0 - left(z).max(0.0), level));
    rows_sum_to_the_shortfall(&outcome);
    assert_close("fee", shortfall_of(&outcome, "a: cost of closing today")[0], 6_000.0, 1e-9);
    // Closed at today's mark, the position no longer moves.
    assert_eq!(shortfall_of(&outcome, "p")[0], 0.0);

    let scale = &threshold(&outcome).scale_to_threshold;
    assert!(threshold(&outcome).utilisation.expect("finite") < 0.05);
    assert_eq!(scale.binding, "margin");
    assert_close("k*", scale.value.expect("found"), 0.8, 1e-8);
    assert!(scale.crossings.is_empty(), "{:?}", scale.crossings);
}

fn leveraged(recourse: bool) -> World {
    let book = format!(
        "[[venue]]\nname = \"v\"\n[[account]]\nname = \"a\"\nvenue = \"v\"\nrecourse = {recourse}\n\
         balance = [{{ asset = \"USD\", quantity = 150_000 }}]\n\
         [[position]]\ntype = \"perpetual\"\nid = \"p\"\naccount = \"a\"\nunderlying = \"BTC\"\n\
         quote = \"USD\"\nquantity = 15\n"
    );
    World { book, horizon: "7d", ..World::default() }
}

/// 15 coins on 150,000: a fall of more than a sixth in a week is beyond the account's equity.
#[test]
fn losses_beyond_equity_stay_with_the_venue_unless_there_is_recourse() {
    let lost = |z: f64| -15.0 * SPOT * (martingale(z, VOLATILITY, 7.0 * DAY) - 1.0);
    let recourse = leveraged(true).outcome();
    assert_tail("recourse", &recourse, |level| tail(lost, level));
    rows_sum_to_the_shortfall(&recourse);
    assert!(recourse.measures.maximum_loss > 250_000.0);

    let limited = leveraged(false).outcome();
    assert_eq!(limited.measures.maximum_loss, 150_000.0);
    // At 95 % VaR is inside the equity, and part of the tail is beyond it.
    let [quantile, shortfall] = tail(|z| lost(z).min(150_000.0), 0.95);
    let [quantile_row, shortfall_row] =
        [&limited.measures.value_at_risk[0], &limited.measures.expected_shortfall[0]];
    let error = crate::world::error_of(quantile_row.interval_95);
    assert_within("VaR", quantile_row.loss, quantile, error, 0.01);
    let error = shortfall_row.standard_error.expect("it has one");
    assert_within("ES", shortfall_row.loss, shortfall, error, 0.01);
    rows_sum_to_the_shortfall(&limited);

    // At the contribution level the position loses the tail mean and the venue bears the excess.
    let level = 0.975;
    let [_, position] = tail(lost, level);
    let [found, error] = shortfall_of(&limited, "p");
    let capped = tail(|z| lost(z).min(150_000.0), level)[1];
    let [borne, borne_error] = shortfall_of(&limited, "a: borne by the venue");
    if tail(lost, level)[0] < 150_000.0 {
        assert_within("position", found, position, error, 0.02);
        assert_within("borne", borne, capped - position, borne_error, 0.05);
    } else {
        panic!("the case is chosen so that VaR lies below equity");
    }
}
