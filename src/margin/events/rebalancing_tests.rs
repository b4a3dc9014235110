//! Accounts kept at a leverage: closed forms, crossings by hand, and every dollar accounted for.

use approx::assert_relative_eq;

use super::failure_tests::{PATHS, Scene};
use super::tests::flat;
use super::*;
use crate::margin::tests::{book, option, perpetual, usdt};
use crate::margin::{CloseAmount, VenueRules};
use crate::portfolio::{MarginMode, OptionRight, Portfolio, Rebalancing, Settlement};
use crate::pricing::Granularity;
use crate::units::Years;

const SPOT: f64 = 100_000.0;

fn rules() -> VenueRules {
    flat(CloseAmount::Full, 0.0)
}

/// Kept at 4, between 3 and 5.
pub(super) const RULE: Rebalancing = Rebalancing {
    target_leverage: 4.0,
    upper_leverage: 5.0,
    lower_leverage: Some(3.0),
    trading_cost: 0.001,
    minimum: 0.0,
    cooldown: Years(0.0),
};

/// Bitcoins of a linear perpetual on some USDT.
fn kept(coins: f64, collateral: f64, rule: Rebalancing) -> Portfolio {
    let mut portfolio = book(&[(perpetual("BTC", usdt()), coins)], ("USDT", collateral));
    portfolio.accounts[0].rebalancing = Some(rule);
    portfolio
}

fn scene(portfolio: &Portfolio, granularity: Granularity) -> Scene {
    Scene::new(portfolio, &[Some(rules())], &[], granularity)
}

/// Rebalanced at every node without cost, equity is multiplied by `1 + L·(x/x₀ − 1)` a step, L the
/// signed leverage: the discrete product of a constant-leverage (constant-mix) strategy (Perold &
/// Sharpe 1988).
#[test]
fn a_constant_leverage_compounds_step_by_step() {
    let levels = [[1.03, 0.96, 1.005, 1.1], [0.99, 0.99, 1.04, 1.15], [1.08, 0.9, 1.01, 1.02]];
    for leverage in [2.0_f64, -1.5] {
        let size = leverage.abs();
        let rule = Rebalancing {
            target_leverage: size,
            upper_leverage: size,
            lower_leverage: Some(size),
            trading_cost: 0.0,
            ..RULE
        };
        for granularity in [Granularity::Account, Granularity::Position] {
            let mut scene = scene(&kept(leverage, SPOT, rule), granularity);
            scene.walk(&levels);
            let found = scene.accounts()[0];
            for (place, found) in found.into_iter().enumerate() {
                let mut expected = SPOT;
                let mut before = 1.0;
                for levels in levels {
                    expected *= 1.0 + leverage * (levels[place] / before - 1.0);
                    before = levels[place];
                }
                assert_relative_eq!(found, expected, max_relative = 1e-12);
                assert_eq!(scene.state.record(0, place).rebalancings, 3);
            }
        }
    }
}

/// One bitcoin on 25,000, leverage 4. At 0.94 it is 94,000/19,000 = 4.95: left alone. At 0.93 it is
/// 93,000/18,000 = 5.17: 21,000/0.996 is sold, which costs 0.1 % of it. At 1.2 it is 120,000/45,000 =
/// 2.67: 60,000/1.004 is bought. At 0.75 nothing is left: it is the venue's.
#[test]
fn one_crossing_by_hand() {
    for granularity in [Granularity::Account, Granularity::Position] {
        let mut scene = scene(&kept(1.0, 25_000.0, RULE), granularity);
        scene.walk(&[[0.94, 0.93, 1.2, 0.75], [1.0; PATHS], [1.01; PATHS]]);
        let (sold, bought) = (21_000.0 / 0.996, 60_000.0 / 1.004);
        let records = [0, 1, 2, 3].map(|place| *scene.state.record(0, place));
        assert_eq!(records.map(|one| one.rebalancings), [0, 1, 2, 0]);
        assert_eq!(records.map(|one| one.first_rebalanced()), [None, Some(0), Some(0), None]);
        assert_relative_eq!(records[1].rebalanced, sold, max_relative = 1e-12);
        assert_relative_eq!(records[1].rebalancing_cost, 0.001 * sold, max_relative = 1e-12);
        assert_eq!(records[3].liquidated(), Some(0));
        let found = scene.accounts()[0];
        assert_relative_eq!(found[0], 26_000.0, max_relative = 1e-12);
        let left = 1.0 - sold / 93_000.0;
        let expected = 18_000.0 - 0.001 * sold + left * 8_000.0;
        assert_relative_eq!(found[1], expected, max_relative = 1e-12);
        // Bought at 1.2, it falls to 1.0 with equity 45,000 − 59.76 − 1.498 · 20,000: sold at once.
        let held = 1.0 + bought / 120_000.0;
        let equity = 45_000.0 - 0.001 * bought - held * 20_000.0;
        let leverage = held * SPOT / equity;
        let sold = (held * SPOT - 4.0 * equity) / 0.996;
        let happened = scene.happened(2);
        let Happening::Rebalancing { leverage: found_leverage, notional, cost, is_reduction } =
            happened.last().unwrap().1
        else {
            panic!("{happened:?}")
        };
        assert!(is_reduction);
        assert_relative_eq!(found_leverage, leverage, max_relative = 1e-12);
        assert_relative_eq!(notional, sold, max_relative = 1e-12);
        assert_relative_eq!(cost, 0.001 * sold, max_relative = 1e-12);
        let left = held - sold / SPOT;
        let expected = equity - 0.001 * sold + left * 1_000.0;
        assert_relative_eq!(found[2], expected, max_relative = 1e-12);
    }
}

/// Without a lower edge nothing is bought; a trade below the smallest is left out; none follows
/// within the cooldown.
#[test]
fn what_a_rule_leaves_out() {
    let count = |rule: Rebalancing, levels: &[[f64; PATHS]]| {
        let mut scene = scene(&kept(1.0, 25_000.0, rule), Granularity::Account);
        scene.walk(levels);
        [0, 1, 2, 3].map(|place| scene.state.record(0, place).rebalancings)
    };
    let once = [[1.2, 0.93, 1.0, 1.0]];
    assert_eq!(count(RULE, &once), [1, 1, 0, 0]);
    assert_eq!(count(Rebalancing { lower_leverage: None, ..RULE }, &once), [0, 1, 0, 0]);
    // 21,084.34 is sold at 0.93.
    let minimum = |minimum| Rebalancing { minimum, ..RULE };
    assert_eq!(count(minimum(21_084.0), &once), [1, 1, 0, 0]);
    assert_eq!(count(minimum(21_085.0), &once), [1, 0, 0, 0]);
    // Each fall is out of the band again: nodes are eight hours apart.
    let falls = [[0.93; PATHS], [0.86; PATHS], [0.8; PATHS]];
    let wait = |hours: f64| Rebalancing { cooldown: Years::from_days(hours / 24.0), ..RULE };
    assert_eq!(count(RULE, &falls), [3; PATHS]);
    assert_eq!(count(wait(8.0), &falls), [3; PATHS]);
    assert_eq!(count(wait(8.5), &falls), [2; PATHS]);
    assert_eq!(count(wait(17.0), &falls)[0], 1);
}

/// Options stay: with a call that counts one coin on 50,000 and a perpetual of one, 200,000 over what
/// they are worth, only the perpetual is reduced, and never turned. Of an isolated account each
/// contract is kept by itself.
#[test]
fn futures_alone_are_traded_and_contracts_of_isolated_accounts_alone() {
    let call = option(200_000.0, OptionRight::Call);
    let mut portfolio = book(&[(perpetual("BTC", usdt()), 1.0), (call, 1.0)], ("USDT", 50_000.0));
    let rule = Rebalancing { target_leverage: 1.0, upper_leverage: 1.5, ..RULE };
    let rule = Rebalancing { lower_leverage: None, trading_cost: 0.0, ..rule };
    portfolio.accounts[0].rebalancing = Some(rule);
    let mut scene = scene(&portfolio, Granularity::Position);
    scene.visit(0, [1.0; PATHS]);
    assert_eq!(scene.state.holdings.held[0], 0.0);
    assert_eq!(scene.state.holdings.held[PATHS], 1.0);

    let legs = [(perpetual("BTC", usdt()), 1.0), (perpetual("DOGE", usdt()), 100_000.0)];
    let mut portfolio = book(&legs, ("USDT", 45_000.0));
    portfolio.accounts[0].margin_mode = MarginMode::Isolated;
    portfolio.accounts[0].isolated_margins = [(0, 25_000.0), (1, 10_000.0)].into();
    portfolio.accounts[0].rebalancing = Some(RULE);
    let mut scene = self::scene(&portfolio, Granularity::Position);
    // 20,000 of dogecoin on 10,000 has leverage 2, and is increased to 4.
    scene.visit(0, [0.93; PATHS]);
    let held = &scene.state.holdings.held;
    assert_relative_eq!(held[0], 1.0 - 21_000.0 / 0.996 / 93_000.0, max_relative = 1e-12);
    assert_relative_eq!(held[PATHS], 2.0 * (1.0 - 0.002 / 1.004), max_relative = 1e-12);
}

/// Numbers in [0, 1) from a linear congruence: books, not paths.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Over random books, node by node: what quantities are worth less at their marks is in cash, but for
/// the cost, which is the stated share of the notional; after a trade the account is at its target.
#[test]
fn every_dollar_traded_is_in_cash_or_paid() {
    let mut dice = Dice(5);
    let (mut reduced, mut increased) = (0, 0);
    for _ in 0..60 {
        let legs = [
            (perpetual("BTC", usdt()), 2.0 * dice.roll()),
            (perpetual("BTC", usdt()), -dice.roll()),
            (perpetual("BTC", Settlement::Inverse), 100_000.0 * (dice.roll() - 0.5)),
            (perpetual("DOGE", usdt()), 400_000.0 * (dice.roll() - 0.5)),
        ];
        let mut portfolio = book(&legs, ("USDT", 60_000.0 + 60_000.0 * dice.roll()));
        let target = 1.0 + 2.0 * dice.roll();
        let rule = Rebalancing {
            target_leverage: target,
            upper_leverage: target * (1.0 + 0.1 * dice.roll()),
            lower_leverage: (dice.roll() < 0.7).then(|| target * (1.0 - 0.1 * dice.roll())),
            trading_cost: 0.01 * dice.roll(),
            ..RULE
        };
        portfolio.accounts[0].rebalancing = Some(rule);
        let mut scene = scene(&portfolio, Granularity::Position);
        for node in 0..3 {
            let held = scene.state.holdings.held.clone();
            let cash = scene.state.holdings.cash.clone();
            let records = [0, 1, 2, 3].map(|place| *scene.state.record(0, place));
            scene.visit(node, [0, 1, 2, 3].map(|_| 0.85 + 0.3 * dice.roll()));
            let (holdings, quotes) = (&scene.state.holdings, &scene.state.quotes);
            for (place, before) in records.iter().enumerate() {
                let mut lost = 0.0;
                for position in 0..legs.len() {
                    let slot = position * PATHS + place;
                    let sold = held[slot] - holdings.held[slot];
                    let price = quotes.price(scene.stage.book.positions[position].price)[place];
                    lost += sold * quotes.mark(position)[place];
                    lost -= (holdings.cash[slot] - cash[slot]) * price;
                }
                let now = scene.state.record(0, place);
                let cost = now.rebalancing_cost - before.rebalancing_cost;
                assert_relative_eq!(lost, cost, max_relative = 1e-9, epsilon = 1e-7);
                let notional = now.rebalanced - before.rebalanced;
                let expected = rule.trading_cost * notional;
                assert_relative_eq!(cost, expected, max_relative = 1e-9, epsilon = 1e-9);
            }
        }
        for (_, what) in (0..PATHS).flat_map(|place| scene.happened(place)) {
            if let Happening::Rebalancing { is_reduction, .. } = what {
                *(if is_reduction { &mut reduced } else { &mut increased }) += 1;
            }
        }
    }
    assert!(reduced > 50 && increased > 50, "{reduced} reduced, {increased} increased");
}
