//! Monotone one-factor books under full revaluation: the loss at the quantile of spot, and ES by
//! quadrature of Black-76 with the time that is left.

use crate::exact::{Black, Grows, martingale, monotone_tail};
use crate::world::{SPOT, VOLATILITY, World, assert_close, assert_tail};

const DAY: f64 = 1.0 / 365.0;

fn option(settlement: &str, right: &str, strike: f64, quantity: f64) -> String {
    let quote = if settlement == "linear" { "quote = \"USD\"\n" } else { "" };
    format!(
        "[[position]]\ntype = \"option\"\nid = \"o\"\naccount = \"desk\"\nunderlying = \"BTC\"\n\
         settlement = \"{settlement}\"\n{quote}expiry = 2026-01-31T00:00:00Z\n\
         strike = {strike}\nright = \"{right}\"\nquantity = {quantity}\n"
    )
}

/// Value of one option in USD at spot `spot`, `years` before expiry.
fn value(right: &str, strike: f64, spot: f64, years: f64) -> f64 {
    let black = Black { strike, volatility: VOLATILITY, years };
    if right == "call" { black.call(spot) } else { black.put(spot) }
}

/// Both settlements are worth the same USD today and at the horizon: a coin-settled option pays
/// coins worth what the other pays.
#[test]
fn long_calls_and_short_puts_of_both_settlements() {
    let books = [("call", 66_000.0, 10.0), ("put", 54_000.0, -10.0)];
    for (right, strike, quantity) in books {
        for settlement in ["linear", "inverse"] {
            let world = World::of(&option(settlement, right, strike, quantity));
            let found = world.outcome();
            let today = value(right, strike, SPOT, 30.0 * DAY);
            let what = format!("{settlement} {right}");
            assert_close(&what, found.book.positions_value, quantity * today, 1e-10);
            let loss = |z: f64| {
                let spot = SPOT * martingale(z, VOLATILITY, DAY);
                quantity * (today - value(right, strike, spot, 29.0 * DAY))
            };
            let exact = |level| monotone_tail(loss, Grows::AgainstSpot, level);
            assert_tail(&what, &found, exact);
        }
    }
}

/// An inverse perpetual is worth `N·(S/E − S/X)` in USD, X its mark: linear in S where the mark
/// is S.
#[test]
fn inverse_perpetuals_of_both_sides() {
    for (notional, grows) in [(1.0e6, Grows::AgainstSpot), (-1.0e6, Grows::WithSpot)] {
        let world = World::of(&format!(
            "[[position]]\ntype = \"perpetual\"\nid = \"p\"\naccount = \"desk\"\n\
             underlying = \"BTC\"\nsettlement = \"inverse\"\nentry_price = 55_000\n\
             quantity = {notional}\n"
        ));
        let found = world.outcome();
        let value = |spot: f64| notional * spot * (1.0 / 55_000.0 - 1.0 / spot);
        assert_close("value", found.book.positions_value, value(SPOT), 1e-12);
        assert_eq!(found.book.greeks.total.gamma_1pct, 0.0);
        let exact = |level| {
            let at = |z: f64| value(SPOT * martingale(z, VOLATILITY, DAY));
            monotone_tail(|z| value(SPOT) - at(z), grows, level)
        };
        assert_tail("inverse perpetual", &found, exact);
    }
}

/// A position whose implied volatility is not the model's must be told apart from one whose is.
#[test]
fn a_wrong_volatility_would_be_caught() {
    let world =
        World { implied_volatility: 0.5, ..World::of(&option("linear", "call", 66_000.0, 10.0)) };
    let found = world.outcome();
    let today = value("call", 66_000.0, SPOT, 30.0 * DAY);
    let loss = |z: f64| {
        let spot = SPOT * martingale(z, VOLATILITY, DAY);
        10.0 * (today - value("call", 66_000.0, spot, 29.0 * DAY))
    };
    let [_, wrong] = monotone_tail(loss, Grows::AgainstSpot, 0.99);
    let row = &found.measures.expected_shortfall[2];
    let errors = (row.loss - wrong).abs() / row.standard_error.expect("it has one");
    assert!(errors > 20.0, "{errors}");
}
