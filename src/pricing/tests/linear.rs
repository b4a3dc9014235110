//! Spot, futures and perpetuals against their formulas (`formulas.md` §1).

use approx::assert_relative_eq;

use super::fixture::*;
use crate::portfolio::Settlement;
use crate::pricing::{PERPETUAL_TENOR, PricingSettings};

/// Value today and after the moves, of one position.
fn revalue(position: crate::portfolio::Position, moves: &[(&str, f64)]) -> [f64; 2] {
    let market = market();
    let book = book_of(vec![position], vec![]);
    let model = model(&market, &book, &[1e-3]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let mut block = today(&model, 1);
    for (factor, change) in moves {
        set(&mut block, &model, factor, &[*change]);
    }
    [compiled.base_values()[0], values_today(&compiled, &block)[0]]
}

#[test]
fn spot_is_quantity_times_price() {
    let [base, moved] = revalue(position(spot("BTC"), 2.0), &[("BTC.spot", -0.1)]);
    assert_relative_eq!(base, 120_000.0);
    assert_relative_eq!(moved, 120_000.0 * libm::exp(-0.1), max_relative = 1e-14);
}

#[test]
fn a_position_without_entry_price_has_no_profit_today() {
    for instrument in [
        perpetual("BTC", linear("USDT")),
        perpetual("BTC", Settlement::Inverse),
        future("BTC", linear("USDT"), 0.1),
        future("BTC", Settlement::Inverse, 0.1),
    ] {
        let [base, _] = revalue(position(instrument, 7.0), &[]);
        assert!(base.abs() < 1e-9, "{base}");
    }
}

#[test]
fn linear_perpetual_settles_at_the_peg() {
    let mut held = position(perpetual("BTC", linear("USDT")), -3.0);
    held.entry_price = Some(58_000.0);
    let (spot, peg, basis) = (0.2_f64, -0.05_f64, 0.3);
    let moves = [("BTC.spot", spot), ("USDT.peg", peg), ("BTC.basis", basis)];
    let [base, moved] = revalue(held, &moves);
    assert_relative_eq!(base, -3.0 * (BTC * 1.0002 - 58_000.0 * USDT), max_relative = 1e-12);
    let ratio = 1.0002 * libm::exp(basis * PERPETUAL_TENOR.get());
    let quote = USDT * libm::exp(peg);
    let price = BTC * libm::exp(spot) * ratio / quote;
    let expected = -3.0 * (price - 58_000.0) * quote;
    assert_relative_eq!(moved, expected, max_relative = 1e-12);
}

/// `PnL_coin = N(1/E − 1/X)`, in USD times the coin's price.
#[test]
fn inverse_perpetual_pays_in_coins() {
    let mut held = position(perpetual("BTC", Settlement::Inverse), 50_000.0);
    held.entry_price = Some(61_000.0);
    let [_, moved] = revalue(held, &[("BTC.spot", -0.3)]);
    let spot = BTC * libm::exp(-0.3);
    let mark = spot * 1.0002;
    let expected = 50_000.0 * (1.0 / 61_000.0 - 1.0 / mark) * spot;
    assert_relative_eq!(moved, expected, max_relative = 1e-12);
}

/// BitMEX perpetual guide, as in `reference/1_options/inverse_published_examples.json`: 50 000
/// contracts of 1 USD from 10 000 to 11 000 earn 0.4545 XBT. (The linear formula, which one web
/// page applies to inverse contracts, would give 5 000 × another unit.)
#[test]
fn published_inverse_profit() {
    let mut market = market();
    market.assets[0].price_usd = 11_000.0;
    market.underlyings[0].perpetual_basis = 0.0;
    let mut held = position(perpetual("BTC", Settlement::Inverse), 50_000.0);
    held.entry_price = Some(10_000.0);
    let book = book_of(vec![held], vec![]);
    let model = model(&market, &book, &[1e-3]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let coins = compiled.base_values()[0] / 11_000.0;
    assert_relative_eq!(coins, 0.4545, epsilon = 5e-5);
}

#[test]
fn futures_follow_their_forward_and_basis() {
    let expiry = 0.125;
    let ratio = libm::exp(0.5 * libm::log(1.02));
    let mut long = position(future("BTC", linear("USDT"), expiry), 1.5);
    long.entry_price = Some(60_100.0);
    let moves = [("BTC.spot", 0.1), ("BTC.basis", -0.2), ("USDT.peg", -0.01)];
    let [_, moved] = revalue(long, &moves);
    let forward = BTC * libm::exp(0.1) * ratio * libm::exp(-0.2 * expiry);
    let quote = USDT * libm::exp(-0.01);
    assert_relative_eq!(moved, 1.5 * (forward - 60_100.0 * quote), max_relative = 1e-12);
    let mut short = position(future("BTC", Settlement::Inverse, expiry), -80_000.0);
    short.entry_price = Some(60_100.0);
    let [_, moved] = revalue(short, &moves[..2]);
    let spot = BTC * libm::exp(0.1);
    let expected = -80_000.0 * (1.0 / 60_100.0 - 1.0 / forward) * spot;
    assert_relative_eq!(moved, expected, max_relative = 1e-12);
}
