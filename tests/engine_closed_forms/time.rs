//! What time does: options that expire before the horizon, and steps that must not matter.

use crate::exact::{Black, density, martingale, tail, weighted_tail};
use crate::world::{
    LEVELS, SPOT, VOLATILITY, World, assert_close, assert_tail, assert_within, error_of,
};

const DAY: f64 = 1.0 / 365.0;
/// Losses over two independent normals on a grid, with their weights.
fn on_a_grid(loss: impl Fn(f64, f64) -> f64) -> Vec<(f64, f64)> {
    let axis = |cells: u32| {
        let width = 14.0 / f64::from(cells);
        let node = move |i: u32| -7.0 + width * (f64::from(i) + 0.5);
        (0..cells).map(move |i| (node(i), density(node(i)) * width)).collect::<Vec<_>>()
    };
    let (first, second) = (axis(3_000), axis(200));
    let pairs = first.iter().flat_map(|&x| second.iter().map(move |&y| (x, y)));
    pairs.map(|((x, p), (y, q))| (loss(x, y), p * q)).collect()
}

/// A coin-settled call that expires half a day in pays `max(S₁ − K, 0)/S₁` coins, which are worth
/// `S₂` each at the horizon; a dollar-settled one pays dollars, which stay.
#[test]
fn options_that_expire_inside_the_horizon() {
    let strike = 60_500.0;
    let today = Black { strike, volatility: VOLATILITY, years: 0.5 * DAY }.call(SPOT);
    for (settlement, quote) in [("inverse", ""), ("linear", "quote = \"USD\"\n")] {
        let world = World::of(&format!(
            "[[position]]\ntype = \"option\"\nid = \"o\"\naccount = \"desk\"\n\
             underlying = \"BTC\"\nsettlement = \"{settlement}\"\n{quote}right = \"call\"\n\
             expiry = 2026-01-01T12:00:00Z\nstrike = {strike}\nquantity = -10\n"
        ));
        let found = world.outcome();
        assert_eq!(found.nodes_years.len(), 2);
        assert_close("value", found.book.positions_value, -10.0 * today, 1e-10);
        let loss = |x: f64, y: f64| {
            let half = |z: f64| martingale(z, VOLATILITY, 0.5 * DAY);
            let settled = SPOT * half(x);
            let coins = (settled - strike).max(0.0) / settled;
            let price = if settlement == "inverse" { settled * half(y) } else { settled };
            10.0 * (coins * price - today)
        };
        if settlement == "inverse" {
            let points = on_a_grid(loss);
            assert_tail(settlement, &found, |level| weighted_tail(points.clone(), level));
        } else {
            assert_tail(settlement, &found, |level| tail(|z| loss(z, 0.0), level));
        }
    }
}

/// The sum of normal steps is normal: four steps and one are the same book's risk.
#[test]
fn steps_do_not_change_a_diffusion() {
    let option = "[[position]]\ntype = \"option\"\nid = \"o\"\naccount = \"desk\"\n\
         underlying = \"BTC\"\nsettlement = \"inverse\"\nright = \"put\"\nstrike = 58_000\n\
         expiry = 2026-01-31T00:00:00Z\nquantity = -10\n";
    let of = |steps: u32| World { steps, ..World::of(option) }.outcome().measures;
    let (one, four) = (of(1), of(4));
    for index in 0..LEVELS.len() {
        let (a, b) = (&one.value_at_risk[index], &four.value_at_risk[index]);
        let error = libm::hypot(error_of(a.interval_95), error_of(b.interval_95));
        assert_within("VaR", b.loss, a.loss, error, 0.01);
        let (a, b) = (&one.expected_shortfall[index], &four.expected_shortfall[index]);
        let errors = [a, b].map(|row| row.standard_error.expect("it has one"));
        assert_within("ES", b.loss, a.loss, libm::hypot(errors[0], errors[1]), 0.01);
    }
}
