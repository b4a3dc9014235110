//! Margin calls met by transfers, by hand and on random books.

use approx::assert_relative_eq;

use super::failure_tests::{PATHS, Scene, add_account, balance, failing};
use super::tests::flat;
use super::*;
use crate::margin::CloseAmount;
use crate::margin::failure::Hazard;
use crate::margin::tests::{book, perpetual, usdt};
use crate::portfolio::{MarginCallRule, Portfolio, Venue};
use crate::pricing::Granularity;
use crate::units::Years;

/// One bitcoin long at 100,000 on 8,000 USDT, and a treasury: 8,000 + 100,000(x − 1) of equity, 5 % of
/// 100,000 x of initial margin, half of it of maintenance margin.
fn called(treasury: &[(&str, f64)], delay_days: f64) -> Portfolio {
    let mut portfolio = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 8_000.0));
    add_account(&mut portfolio, "treasury", None, treasury);
    portfolio.margin_calls = Some(MarginCallRule {
        delay: Years::from_days(delay_days),
        sources: vec![1],
        assets: vec!["USDT".into(), "BTC".into()],
        target_ratio: 1.0,
        keep_ratio: 1.0,
        minimum: 0.0,
    });
    portfolio
}

fn scene(portfolio: &Portfolio, granularity: Granularity) -> Scene {
    let rules = vec![Some(flat(CloseAmount::Full, 0.0)); portfolio.venues.len()];
    Scene::new(portfolio, &rules, &[], granularity)
}

/// At 0.96 it has 4,000 of 4,800; at 0.94 2,000 of 2,350, and is closed, unless the 800 have arrived.
#[test]
fn a_transfer_in_time_saves_an_account_and_one_node_later_does_not() {
    for granularity in [Granularity::Account, Granularity::Position] {
        for (delay, saved) in [(1.0 / 3.0, true), (0.34, false), (2.0 / 3.0, false)] {
            let mut scene = scene(&called(&[("USDT", 50_000.0)], delay), granularity);
            scene.walk(&[[0.96; PATHS], [0.94; PATHS], [1.0; PATHS]]);
            assert_eq!(scene.state.record(0, 0).liquidated().is_none(), saved, "{delay}");
            let [account, treasury] = [0, 1].map(|index| scene.accounts()[index][0]);
            let sent = scene.stage.call_record(&scene.state, 0, 0).sent;
            // A second call at 0.94, 2,800 of 4,700, where it still stands.
            assert_relative_eq!(sent, if saved { 800.0 + 1_900.0 } else { 800.0 }, epsilon = 1e-6);
            assert_relative_eq!(treasury, 50_000.0 - sent, max_relative = 1e-12);
            let alone = if saved { 8_000.0 } else { 8_000.0 - 6_000.0 - 0.01 * 94_000.0 };
            assert_relative_eq!(account, alone + sent, max_relative = 1e-9);
        }
    }
}

/// What is on its way counts: no second call for the same need. What arrives after the horizon is
/// the account's all the same.
#[test]
fn what_is_in_transit_counts_and_is_the_accounts_at_the_horizon() {
    let mut scene = scene(&called(&[("USDT", 50_000.0)], 30.0), Granularity::Account);
    scene.walk(&[[0.96; PATHS]; 3]);
    let happened = scene.happened(0);
    let sent: Vec<f64> = happened
        .iter()
        .filter_map(|(_, what)| match what {
            Happening::TransferSent { to: 0, balance: 0, units, .. } => Some(*units),
            _ => None,
        })
        .collect();
    assert_eq!(sent.len(), 1, "{happened:?}");
    assert_relative_eq!(sent[0], 800.0, max_relative = 1e-9);
    let accounts = scene.accounts();
    assert_relative_eq!(accounts[0][0], 4_000.0 + 800.0, max_relative = 1e-9);
    assert_relative_eq!(accounts[1][0], 49_200.0, max_relative = 1e-12);
}

/// 500 USDT first, then bitcoin at its price; a need below the smallest transfer is rounded up, and
/// what is left of an asset below it stays.
#[test]
fn assets_are_sent_in_order_and_in_transfers_of_a_size() {
    let mut portfolio = called(&[("USDT", 500.0), ("BTC", 1.0)], 1.0 / 3.0);
    portfolio.accounts[0].balances.push(balance("BTC", 0.0));
    let mut both = scene(&portfolio, Granularity::Position);
    both.walk(&[[0.96; PATHS]; 3]);
    let units = |scene: &Scene| -> Vec<(usize, f64)> {
        let happened = scene.happened(0).into_iter();
        let sent = happened.filter_map(|(_, what)| match what {
            Happening::TransferSent { balance, units, .. } => Some((balance, units)),
            _ => None,
        });
        sent.collect()
    };
    let found = units(&both);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], (0, 500.0));
    assert_relative_eq!(found[1].1, 300.0 / 96_000.0, max_relative = 1e-9);
    portfolio.margin_calls.as_mut().unwrap().minimum = 2_000.0;
    let mut large = scene(&portfolio, Granularity::Position);
    large.walk(&[[0.96; PATHS]; 3]);
    let found = units(&large);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, 1);
    assert_relative_eq!(found[0].1, 2_000.0 / 96_000.0, max_relative = 1e-9);
}

/// A source with a position of its own keeps twice its initial margin.
#[test]
fn a_source_keeps_its_own_margin() {
    let legs = [(perpetual("BTC", usdt()), 1.0), (perpetual("BTC", usdt()), 0.5)];
    let mut portfolio = book(&legs, ("USDT", 8_000.0));
    portfolio.venues.push(Venue { failure: None, ..failing("b", &[]) });
    add_account(&mut portfolio, "source", Some(1), &[("USDT", 7_000.0)]);
    portfolio.positions[1].account = 1;
    let rule = called(&[], 1.0 / 3.0).margin_calls.unwrap();
    portfolio.margin_calls = Some(MarginCallRule { keep_ratio: 2.0, ..rule });
    let mut scene = scene(&portfolio, Granularity::Account);
    // Half a coin: 7,000 − 2,000 = 5,000 of margin balance, 2,400 of initial margin: 200 are free.
    scene.walk(&[[0.96; PATHS]; 3]);
    let record = scene.stage.call_record(&scene.state, 0, 0);
    assert_relative_eq!(record.sent, 200.0, max_relative = 1e-9);
    assert!(record.is_called && record.is_short);
    // The source can be called too, and is not.
    assert!(!scene.stage.call_record(&scene.state, 1, 0).is_called);
}

/// A transfer that arrives at a venue which failed meanwhile joins the claim, at the mark of its
/// asset, 30 %: called for 800 at 0.96; the venue fails where the coin is 5 % below its highest.
#[test]
fn what_arrives_after_the_failure_joins_the_claim() {
    let mut portfolio = called(&[("USDT", 50_000.0)], 2.0 / 3.0);
    portfolio.venues = vec![failing("a", &[("USDT", 0.3)])];
    portfolio.accounts[0].balances[0].quantity = 8_000.0;
    let rules = [Some(flat(CloseAmount::Full, 0.0))];
    for granularity in [Granularity::Account, Granularity::Position] {
        let hazard = Hazard::new(-500.0, 1e4);
        let mut scene = Scene::new(&portfolio, &rules, &[Some(hazard)], granularity);
        // The second path rises first: its fall is from 1.1, at 0.97, where 5,000 are left.
        scene.walk(&[[0.96, 1.1, 0.96, 0.96], [0.96, 0.97, 0.96, 0.945], [0.96, 1.0, 0.85, 1.2]]);
        let accounts = scene.accounts();
        assert_relative_eq!(accounts[0][0], 4_000.0 + 800.0, max_relative = 1e-9);
        assert_relative_eq!(accounts[0][1], 0.3 * 5_000.0, max_relative = 1e-9);
        // 8,000 − 15,000, and 800 that arrive at the node at which it fails: 6,200 are owed.
        assert_relative_eq!(accounts[0][2], -7_000.0 + 800.0, max_relative = 1e-9);
        assert_relative_eq!(accounts[1][2], 49_200.0, max_relative = 1e-12);
        // 2,500 claimed at 0.945, and 800 more a node later, whatever the price is then.
        assert_relative_eq!(accounts[0][3], 0.3 * (2_500.0 + 800.0), max_relative = 1e-9);
    }
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

/// Units of every asset that leave balances are on their way or have arrived, and the book is worth
/// what its positions, cash and balances of today are, whatever was sent.
#[test]
fn transfers_conserve_units_on_random_books() {
    let mut dice = Dice(11);
    let mut sent = 0;
    for _ in 0..60 {
        let mut portfolio = book(
            &[
                (perpetual("BTC", usdt()), 1.0 - 2.0 * dice.roll()),
                (perpetual("BTC", usdt()), 1.0 - 2.0 * dice.roll()),
            ],
            ("USDT", 4_000.0 + 8_000.0 * dice.roll()),
        );
        portfolio.venues.push(Venue { failure: None, ..failing("b", &[]) });
        let other = 4_000.0 + 8_000.0 * dice.roll();
        add_account(&mut portfolio, "b", Some(1), &[("USDT", other), ("BTC", 0.02 * dice.roll())]);
        let owed = -3_000.0 * dice.roll();
        add_account(&mut portfolio, "treasury", None, &[("BTC", 0.05), ("USDT", 2_000.0 + owed)]);
        portfolio.accounts[0].balances.push(balance("BTC", -0.01 * dice.roll()));
        portfolio.accounts[1].balances[1].haircut = 0.3 * dice.roll();
        portfolio.positions[1].account = 1;
        let rule = called(&[], if dice.roll() < 0.5 { 0.3 } else { 0.6 }).margin_calls.unwrap();
        let sources = if dice.roll() < 0.5 { vec![2, 1] } else { vec![0, 2] };
        let target_ratio = 1.0 + dice.roll();
        portfolio.margin_calls = Some(MarginCallRule { sources, target_ratio, ..rule });
        let mut scene = scene(&portfolio, Granularity::Account);
        for node in 0..3 {
            let level = |_| 0.85 + 0.3 * dice.roll();
            scene.visit(node, [0, 1, 2, 3].map(level));
            sent += scene.conserved();
        }
    }
    assert!(sent > 100, "{sent} transfers");
}

impl Scene {
    /// Asserts that what was moved adds up to nothing, asset by asset; transfers so far on all paths.
    fn conserved(&self) -> usize {
        let moved = &self.state.holdings.balances;
        for place in 0..PATHS {
            for asset in ["USDT", "BTC"] {
                let balances = self.stage.book.balances.iter().enumerate();
                let units =
                    balances.filter(|(_, one)| one.asset.as_str() == asset).map(|(at, _)| {
                        moved.moved[at * PATHS + place] + moved.incoming[at * PATHS + place]
                    });
                assert!(units.sum::<f64>().abs() < 1e-9, "{asset} on path {place}");
            }
        }
        let is_sent = |event: &&PathEvent| matches!(event.what, Happening::TransferSent { .. });
        self.state.events().iter().filter(is_sent).count()
    }
}
