//! Liquidation and bankruptcy prices: published values, closed forms, and the search against both.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::{book, market, option, perpetual, rules, usdt};
use crate::margin::liquidation_price::{
    Direction, InverseHolding, LinearHolding, LiquidationPrices, PriceLine, liquidation_moves,
    liquidation_prices,
};
use crate::margin::{FutureRules, MarginBook, VenueRules};
use crate::numeric::root::bisect;
use crate::portfolio::{MarginMode, OptionRight, Portfolio, PositionMode, Settlement};

const BINANCE: &str = "binance-usdm@2024-10-24";

fn brackets() -> FutureRules {
    rules(BINANCE).futures_on(&"BTC".into()).clone()
}

fn holding(direction: Direction, coins: f64, entry: f64, wallet: f64) -> LinearHolding {
    LinearHolding { direction, coins, entry, wallet, others_profit: 0.0, others_maintenance: 0.0 }
}

fn prices(rules: VenueRules, portfolio: &Portfolio) -> Vec<LiquidationPrices> {
    liquidation_prices(&[Some(rules)], &market(), portfolio).unwrap()
}

/// Published check of `formulas.md` §2: long 1 BTC at 100 000, wallet 5 000, tier .5 %/50 →
/// 95 427.14; by the closed form and by the search.
#[test]
fn the_published_liquidation_price_of_binance() {
    let closed = holding(Direction::Long, 1.0, 1e5, 5e3).liquidation_price(&brackets()).unwrap();
    assert!((closed - 95_427.14).abs() < 0.005, "{closed}");
    let mut book = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 5_000.0));
    book.positions[0].entry_price = Some(100_000.0);
    let found = prices(rules(BINANCE), &book);
    assert_eq!(found.len(), 1);
    let PriceLine::At(lower) = found[0].lower else { panic!("{found:?}") };
    assert_relative_eq!(lower, closed, max_relative = 1e-12);
    assert_eq!(found[0].upper, PriceLine::Never);
    let PriceLine::At(bankrupt) = found[0].bankruptcy_lower else { panic!("{found:?}") };
    assert_relative_eq!(bankrupt, 95_000.0, max_relative = 1e-12);
}

/// Isolated at a leverage: bankruptcy price `E(1 − s/leverage)` (`formulas.md` §3).
#[test]
fn isolated_bankruptcy_prices_follow_the_leverage() {
    for (direction, leverage, expected) in [
        (Direction::Long, 10.0, 90_000.0),
        (Direction::Short, 10.0, 110_000.0),
        (Direction::Long, 125.0, 99_200.0),
    ] {
        let found = holding(direction, 2.0, 1e5, 2e5 / leverage).bankruptcy_price().unwrap();
        assert_relative_eq!(found, expected, max_relative = 1e-12);
    }
    // Fully paid: never.
    assert_eq!(holding(Direction::Long, 1.0, 1e5, 1e5).bankruptcy_price(), None);
    assert_eq!(holding(Direction::Long, 1.0, 1e5, 1.1e5).liquidation_price(&brackets()), None);
}

/// Re-bracketing: a short that grows into a higher bracket before it is liquidated.
#[test]
fn the_bracket_is_that_of_the_liquidation_price() {
    // 5 BTC short from 100 000: 0.5 % bracket at entry, 0.65 % beyond 600 000.
    let short = holding(Direction::Short, 5.0, 1e5, 2e5);
    let found = short.liquidation_price(&brackets()).unwrap();
    let expected = (2e5 + 950.0 + 5e5) / (5.0 * 1.0065);
    assert_relative_eq!(found, expected, max_relative = 1e-12);
    assert!(5.0 * found > 600_000.0);
    // Others' profit helps, others' maintenance margin hurts.
    let others = LinearHolding { others_profit: 700.0, others_maintenance: 200.0, ..short };
    let moved = others.liquidation_price(&brackets()).unwrap();
    assert_relative_eq!(moved, found + 500.0 / (5.0 * 1.0065), max_relative = 1e-12);
}

/// `formulas.md` §2: long `N(1 + mm)/(c + N/E)`, short `N(1 − mm)/(N/E − c)`; against a numeric
/// solution of equity in coins = mm·N/X, and the search on a whole account.
#[test]
fn inverse_liquidation_prices_against_a_numeric_solution() {
    let (notional, entry, coins, rate) = (100_000.0, 1e5, 0.25, 0.025);
    for direction in [Direction::Long, Direction::Short] {
        let holding = InverseHolding { direction, notional, entry, coins };
        let closed = holding.liquidation_price(rate).unwrap();
        let sign = direction.sign();
        let surplus = |price: f64| {
            coins + sign * notional * (1.0 / entry - 1.0 / price) - rate * notional / price
        };
        let numeric = bisect(surplus, 1e4, 1e6, 0.0).unwrap();
        assert_relative_eq!(closed, numeric, max_relative = 1e-12);
        let expected = match direction {
            Direction::Long => notional * (1.0 + rate) / (coins + notional / entry),
            Direction::Short => notional * (1.0 - rate) / (notional / entry - coins),
        };
        assert_relative_eq!(closed, expected, max_relative = 1e-14);
        let perp = perpetual("BTC", Settlement::Inverse);
        let book = book(&[(perp, sign * notional)], ("BTC", coins));
        let found = &prices(rules("generic-flat@2026-01-01"), &book)[0];
        let (line, broke) = match direction {
            Direction::Long => (found.lower, found.bankruptcy_lower),
            Direction::Short => (found.upper, found.bankruptcy_upper),
        };
        assert_relative_eq!(line.price().unwrap(), closed, max_relative = 1e-12);
        let closed = holding.bankruptcy_price().unwrap();
        assert_relative_eq!(broke.price().unwrap(), closed, max_relative = 1e-12);
    }
    // A short no larger than its coins is never liquidated.
    let covered =
        InverseHolding { direction: Direction::Short, notional, entry, coins: notional / entry };
    assert_eq!(covered.liquidation_price(rate), None);
}

/// Short strangle: a line on each side; more collateral moves both outwards.
#[test]
fn options_have_a_line_on_each_side() {
    let legs =
        [(option(120_000.0, OptionRight::Call), -1.0), (option(80_000.0, OptionRight::Put), -1.0)];
    let of = |wallet| prices(rules("deribit-standard@2025-01-01"), &book(&legs, ("USDT", wallet)));
    let (near, far) = (of(20_000.0), of(40_000.0));
    let (near, far) = (&near[0], &far[0]);
    let at = |line: PriceLine| line.price().unwrap();
    assert!(at(far.lower) < at(near.lower) && at(near.lower) < 1e5);
    assert!(1e5 < at(near.upper) && at(near.upper) < at(far.upper));
    assert!(at(near.bankruptcy_lower) < at(near.lower));
    assert!(at(near.bankruptcy_upper) > at(near.upper));
}

/// Portfolio-margined: at the line the margin balance meets the requirement.
#[test]
fn portfolio_margined_accounts_have_lines_too() {
    let mut book = book(&[(perpetual("BTC", Settlement::Inverse), 100_000.0)], ("BTC", 0.6));
    book.accounts[0].margin_mode = MarginMode::Portfolio;
    let found = prices(rules("deribit@2024-06-01"), &book);
    let line = found[0].lower.price().unwrap();
    // c + N/E − N/X = 0.8·(N/X)(0.16/0.84 + 0.01) in coins.
    let rate = 0.8 * (0.16 / 0.84 + 0.01);
    assert_relative_eq!(line, 100_000.0 * (1.0 + rate) / 1.6, max_relative = 1e-9);
}

/// Isolated positions stand alone: each its own line, whatever the account has.
#[test]
fn isolated_positions_have_lines_of_their_own() {
    let perp = perpetual("BTC", usdt());
    let mut book = book(&[(perp.clone(), 1.0), (perp, -2.0)], ("USDT", 1e6));
    book.accounts[0].margin_mode = MarginMode::Isolated;
    book.accounts[0].position_mode = PositionMode::Hedge;
    book.accounts[0].isolated_margins = [(0, 5_000.0)].into();
    book.positions.iter_mut().for_each(|held| held.entry_price = Some(100_000.0));
    let found = prices(rules(BINANCE), &book);
    assert_eq!(found.iter().map(|one| one.position).collect::<Vec<_>>(), [Some(0), Some(1)]);
    let closed = holding(Direction::Long, 1.0, 1e5, 5e3).liquidation_price(&brackets()).unwrap();
    assert_relative_eq!(found[0].lower.price().unwrap(), closed, max_relative = 1e-12);
    assert_eq!(found[0].upper, PriceLine::Never);
    // The other states nothing: its initial margin at entry, 200 000 at 100 times.
    let short = holding(Direction::Short, 2.0, 1e5, 2e3);
    let closed = short.liquidation_price(&brackets()).unwrap();
    assert_relative_eq!(found[1].upper.price().unwrap(), closed, max_relative = 1e-12);
    let broke = found[1].bankruptcy_upper.price().unwrap();
    assert_relative_eq!(broke, 100_000.0 * (1.0 + 1.0 / 100.0), max_relative = 1e-12);
    let compiled = MarginBook::compile(&[Some(rules(BINANCE))], &market(), &book).unwrap();
    let isolated = compiled.isolated(0);
    assert_relative_eq!(isolated[0].equity, 5_000.0, max_relative = 1e-12);
    assert_relative_eq!(isolated[0].margin.maintenance, 450.0, max_relative = 1e-12);
    assert!(!isolated[0].liquidated_at_once());
}

/// Long bitcoin and half as much doge: along betas of one and two, 1 BTC and 250 000 DOGE at 0.2
/// (50 000) are short where W + 100 000(m − 1) + 50 000(m² − 1) meets 2.5 % and 5 % of them.
#[test]
fn several_coins_can_move_together() {
    let held = [(perpetual("BTC", usdt()), 1.0), (perpetual("DOGE", usdt()), 250_000.0)];
    let account = book(&held, ("USDT", 20_000.0));
    let rules = [Some(rules("generic-flat@2026-01-01"))];
    let betas = [("BTC".into(), 1.0), ("DOGE".into(), 2.0)].into();
    let found = liquidation_moves(&rules, &market(), &account, &betas).unwrap();
    assert_eq!(found.len(), 1);
    let surplus =
        |m: f64| 20_000.0 + 1e5 * (m - 1.0) + 5e4 * (m * m - 1.0) - 2_500.0 * m - 2_500.0 * m * m;
    let expected = bisect(surplus, 0.5, 1.0, 0.0).unwrap();
    assert_relative_eq!(found[0].lower.price().unwrap(), expected, max_relative = 1e-10);
    assert_eq!(found[0].upper, PriceLine::Never);
    // Prices are today's again for the next account, and nothing moves without betas.
    let still = liquidation_moves(&rules, &market(), &account, &[].into()).unwrap();
    assert_eq!((still[0].lower, still[0].upper), (PriceLine::Never, PriceLine::Never));
}

#[test]
fn accounts_that_cannot_be_liquidated_have_no_lines() {
    let empty = book(&[], ("BTC", 1.0));
    let found = prices(rules(BINANCE), &empty);
    assert!(found.iter().all(|one| one.lower == PriceLine::Never && one.upper == PriceLine::Never));
    let long = book(&[(option(1e5, OptionRight::Call), 1.0)], ("BTC", 1.0));
    let found = prices(rules("generic-flat@2026-01-01"), &long);
    assert_eq!((found[0].lower, found[0].upper), (PriceLine::Never, PriceLine::Never));
    let free = liquidation_prices(&[None], &market(), &long).unwrap();
    assert_eq!(free, []);
    // Nothing behind it: beyond both lines today.
    let broke = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 0.0));
    let found = prices(rules(BINANCE), &broke);
    assert_eq!((found[0].lower, found[0].upper), (PriceLine::Passed, PriceLine::Passed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// At the closed liquidation price equity equals maintenance margin, in the price's own bracket;
    /// beyond it the account is short, before it it is not.
    #[test]
    fn equity_meets_maintenance_at_the_liquidation_price(
        long in any::<bool>(), coins in 0.01..5_000.0_f64, entry in 1e3..2e5_f64,
        leverage in 1.5..100.0_f64,
    ) {
        let direction = if long { Direction::Long } else { Direction::Short };
        let holding = holding(direction, coins, entry, coins * entry / leverage);
        let price = holding.liquidation_price(&brackets()).unwrap();
        let surplus = |price: f64| {
            let profit = direction.sign() * coins * (price - entry);
            holding.wallet + profit - brackets().margin(coins * price, coins).maintenance
        };
        let scale = coins * entry;
        prop_assert!(surplus(price).abs() < 1e-9 * scale, "{price} {}", surplus(price));
        let step = direction.sign() * 1e-6 * price;
        prop_assert!(surplus(price + step) > 0.0 && surplus(price - step) < 0.0);
    }

    /// The search agrees with the closed form wherever the account is not beyond its line.
    #[test]
    fn the_search_agrees_with_the_closed_form(
        long in any::<bool>(), coins in 0.01..2_000.0_f64, leverage in 2.0..20.0_f64,
    ) {
        let direction = if long { Direction::Long } else { Direction::Short };
        let wallet = coins * 1e5 / leverage;
        let held = [(perpetual("BTC", usdt()), direction.sign() * coins)];
        let found = &prices(rules(BINANCE), &book(&held, ("USDT", wallet)))[0];
        let line = if long { found.lower } else { found.upper };
        let closed = holding(direction, coins, 1e5, wallet).liquidation_price(&brackets());
        match line {
            PriceLine::At(price) => {
                prop_assert!((price / closed.unwrap() - 1.0).abs() < 1e-11, "{price} {closed:?}");
            }
            PriceLine::Passed => {
                // Too large for its leverage already: the closed form lies beyond today's price.
                prop_assert!(direction.sign() * (closed.unwrap() - 1e5) > 0.0);
            }
            PriceLine::Never => prop_assert!(false, "no line"),
        }
    }
}
