//! What time does: decay, funding, interest, settlement at the contract's own node.

use approx::assert_relative_eq;

use super::fixture::*;
use crate::portfolio::{OptionRight, Settlement};
use crate::pricing::PricingSettings;
use crate::simulation::FactorBlock;

fn blocks(model: &crate::simulation::FactorModel, moves: &[&[(&str, f64)]]) -> Vec<FactorBlock> {
    let block = |moves: &&[(&str, f64)]| {
        let mut block = today(model, 1);
        for (factor, change) in *moves {
            set(&mut block, model, factor, &[*change]);
        }
        block
    };
    moves.iter().map(block).collect()
}

#[test]
fn an_option_decays_to_the_value_of_a_shorter_one() {
    let mut market = market();
    market.underlyings[0].forwards = Default::default();
    let book_with = |expiry| {
        let call = option("BTC", linear("USD"), expiry, 61_000.0, OptionRight::Call);
        book_of(vec![position(call, 1.0)], vec![])
    };
    let long = book_with(0.10);
    let model = model(&market, &long, &[0.04]);
    let compiled = compile(&market, &long, &model, PricingSettings::full());
    let later = walk(&compiled, &[today(&model, 1)])[0];
    let short = compile(&market, &book_with(0.06), &model, PricingSettings::full());
    assert_relative_eq!(later, short.base_values()[0], max_relative = 1e-12);
    assert!(later < compiled.base_values()[0]);
}

#[test]
fn longs_pay_funding_on_the_mark() {
    let market = market();
    let book = book_of(vec![position(perpetual("BTC", linear("USDT")), 2.0)], vec![]);
    let day = 1.0 / 365.0;
    let model = model(&market, &book, &[day, 2.0 * day]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let mark = BTC * 1.0002;
    let value = walk(&compiled, &[today(&model, 1), today(&model, 1)])[0];
    // Six intervals of eight hours at 1 bp of the notional.
    assert_relative_eq!(value, -2.0 * mark * 6.0 * 1e-4, max_relative = 1e-9);
    // The rate jumps to −2 bp at the first node: the mean over the first day is −0.5 bp.
    let jump: &[(&str, f64)] = &[("BTC.funding", -3e-4)];
    let value = walk(&compiled, &blocks(&model, &[jump, jump]))[0];
    let intervals = 3.0 * 0.5e-4 + 3.0 * 2e-4;
    assert_relative_eq!(value, 2.0 * mark * intervals, max_relative = 1e-9);
}

#[test]
fn funding_of_inverse_perpetuals_floats_with_the_coin() {
    let market = market();
    let book = book_of(vec![position(perpetual("BTC", Settlement::Inverse), -90_000.0)], vec![]);
    let third = 8.0 / 24.0 / 365.0;
    let model = model(&market, &book, &[third, 2.0 * third]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let double: &[(&str, f64)] = &[("BTC.spot", std::f64::consts::LN_2)];
    let value = walk(&compiled, &blocks(&model, &[&[], double]))[0];
    let mark = BTC * 1.0002;
    let profit = -90_000.0 * (1.0 / mark - 0.5 / mark) * 2.0 * BTC;
    // Coins: N/X·rate over the first interval, the mean of both marks over the second.
    let coins = 90_000.0 * 1e-4 * (1.0 / mark + 0.5 * (1.0 / mark + 0.5 / mark));
    assert_relative_eq!(value, profit + coins * 2.0 * BTC, max_relative = 1e-9);
}

#[test]
fn borrowed_balances_grow_by_their_rate() {
    let market = market();
    let mut borrowed = balance("BTC", -2.0);
    borrowed.borrow_rate = 0.1;
    let mut lent = balance("BTC", 2.0);
    lent.borrow_rate = 0.1;
    let book = book_of(vec![], vec![borrowed, lent]);
    let model = model(&market, &book, &[0.5]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let values = walk(&compiled, &[today(&model, 1)]);
    assert_relative_eq!(values[0], -2.0 * BTC * libm::exp(0.05), max_relative = 1e-14);
    assert_eq!(values[1], 2.0 * BTC);
}

#[test]
fn expired_contracts_settle_at_their_node_and_the_cash_floats() {
    let market = market();
    let (near, far) = (0.01, 0.02);
    let mut inverse = position(future("BTC", Settlement::Inverse, near), 70_000.0);
    inverse.entry_price = Some(58_000.0);
    let mut usdt = position(future("BTC", linear("USDT"), near), 1.0);
    usdt.entry_price = Some(59_000.0);
    let put = option("BTC", Settlement::Inverse, near, 65_000.0, OptionRight::Put);
    let call = option("BTC", linear("USDT"), near, 50_000.0, OptionRight::Call);
    let worthless = option("BTC", linear("USDT"), near, 66_000.0, OptionRight::Call);
    let positions =
        vec![inverse, usdt, position(put, 3.0), position(call, 2.0), position(worthless, 2.0)];
    let book = book_of(positions, vec![]);
    let model = model(&market, &book, &[near, far]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let settle: &[(&str, f64)] = &[("BTC.spot", 0.05), ("USDT.peg", -0.02), ("BTC.vol", 0.5)];
    let last: &[(&str, f64)] = &[("BTC.spot", -0.3), ("USDT.peg", -0.1)];
    let values = walk(&compiled, &blocks(&model, &[settle, last]));
    let (delivery, quote) = (BTC * libm::exp(0.05), USDT * libm::exp(-0.02));
    let (coin_later, quote_later) = (BTC * libm::exp(-0.3), USDT * libm::exp(-0.1));
    let expected = [
        70_000.0 * (1.0 / 58_000.0 - 1.0 / delivery) * coin_later,
        (delivery / quote - 59_000.0) * quote_later,
        3.0 * (65_000.0 - delivery) / delivery * coin_later,
        2.0 * (delivery / quote - 50_000.0) * quote_later,
        0.0,
    ];
    for (value, expected) in values.iter().zip(expected) {
        assert_relative_eq!(*value, expected, max_relative = 1e-11, epsilon = 1e-9);
    }
}

/// Deribit, Inverse Options, examples 1, 2 and 5 (`inverse_published_examples.json`).
#[test]
fn published_coin_settlements() {
    let cases = [
        (OptionRight::Call, 10_000.0, 12_500.0, 0.2),
        (OptionRight::Put, 10_000.0, 5_000.0, 1.0),
        (OptionRight::Call, 100_000.0, 125_000.0, 0.2),
    ];
    for (right, strike, delivery, coins) in cases {
        let market = market();
        let held = position(option("BTC", Settlement::Inverse, 0.01, strike, right), 1.0);
        let book = book_of(vec![held], vec![]);
        let model = model(&market, &book, &[0.01]);
        let compiled = compile(&market, &book, &model, PricingSettings::full());
        let at_delivery: &[(&str, f64)] = &[("BTC.spot", libm::log(delivery / BTC))];
        let value = walk(&compiled, &blocks(&model, &[at_delivery]))[0];
        assert_relative_eq!(value / delivery, coins, max_relative = 1e-12);
    }
}
