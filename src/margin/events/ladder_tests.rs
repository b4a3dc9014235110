//! A desk on its own ladder, by hand: what is sold where and at what cost, what is refused.

use approx::assert_relative_eq;

use super::failure_tests::{PATHS, Scene};
use super::rebalancing_tests::RULE;
use super::tests::flat;
use crate::margin::desk_ladder::{DeskAction, DeskLadder, DeskRung, DeskRungs, LadderState};
use crate::margin::tests::{book, perpetual, usdt};
use crate::margin::{CloseAmount, RungRecord, VenueRules};
use crate::portfolio::{Instrument, Portfolio};
use crate::pricing::Granularity;
use crate::units::Years;

const SPOT: f64 = 100_000.0;
/// A step of the scene.
const STEP_DAYS: f64 = 1.0 / 3.0;

fn rules() -> VenueRules {
    flat(CloseAmount::Full, 0.0)
}

/// Warn at 0.9 at once, then the rest; half of the threshold is aimed at.
fn ladder(potential_loss: f64, capital: f64, rungs: &[(f64, DeskAction, f64, f64)]) -> DeskLadder {
    let rung = |&(utilisation, action, steps, cost_rate): &(f64, DeskAction, f64, f64)| DeskRung {
        utilisation,
        action,
        delay: Years::from_days(steps * STEP_DAYS).get(),
        cost_rate,
    };
    DeskLadder {
        potential_loss,
        capital,
        share_of_capital: 0.25,
        target_utilisation: 0.5,
        rungs: DeskRungs::new(rungs.iter().map(rung).collect(), 0.0).unwrap(),
    }
}

fn short_bitcoin() -> Portfolio {
    book(&[(perpetual("BTC", usdt()), -1.0)], ("USDT", SPOT))
}

fn rungs(scene: &Scene, place: usize) -> [RungRecord; 4] {
    scene.stage.ladder_record(&scene.state, place).unwrap().rungs
}

/// A bitcoin sold short on 100,000; a potential loss of 20,000 a bitcoin at 100,000 against a quarter
/// of what capital is left: utilisation is 0.8·x/(2 − x) at x times today's price. Sold down to half
/// the threshold a step after 1.0 is reached.
///
/// | path | prices | what happens |
/// |---|---|---|
/// | 0 | 1.05, 1.1, 1.0 | 0.884, 0.978: warned at the second node |
/// | 1 | 1.2, 1.3, 1.0 | 1.2, 1.486: sold at the second node at 130,000 |
/// | 2 | 1.2, 1.05, 1.2 | 1.2, 0.884, 1.2: the breach does not last a step |
/// | 3 | 1.0, 1.0, 1.2 | breached at the horizon: too late |
#[test]
fn a_reduction_at_its_delay_by_hand() {
    let ladder = ladder(
        20_000.0,
        SPOT,
        &[(0.9, DeskAction::Warn, 0.0, 0.0), (1.0, DeskAction::ForcedReduction, 1.0, 0.002)],
    );
    // at a venue that closes accounts, and at one that nobody watches
    let watched = [(Some(rules()), Granularity::Account), (None, Granularity::Position)];
    for (rules, granularity) in watched {
        let mut scene = Scene::of_desk(&short_bitcoin(), &[rules], granularity, &ladder);
        assert_relative_eq!(scene.stage.gross_notional().unwrap(), SPOT, max_relative = 1e-14);
        scene.walk(&[[1.05, 1.2, 1.2, 1.0], [1.1, 1.3, 1.05, 1.0], [1.0, 1.0, 1.2, 1.2]]);
        // (26,000 − 0.125·70,000) over (26,000 − 0.125·0.002·130,000)
        let share = 17_250.0 / 25_967.5;
        let (sold, cost) = (share * 130_000.0, 0.002 * share * 130_000.0);
        let step = Years::from_days(STEP_DAYS).get();
        for place in 0..PATHS {
            let [warned, forced, ..] = rungs(&scene, place);
            let first = [2.0, 1.0, 1.0, 3.0][place] * step;
            assert_relative_eq!(warned.acted.unwrap(), first, max_relative = 1e-12);
            assert_eq!(forced.reached.is_some(), place != 0);
            assert_eq!(forced.acted.is_some(), place == 1);
            assert_eq!((warned.notional, warned.cost), (0.0, 0.0));
        }
        let forced = rungs(&scene, 1)[1];
        assert_relative_eq!(forced.acted.unwrap(), 2.0 * step, max_relative = 1e-12);
        assert_relative_eq!(forced.notional, sold, max_relative = 1e-12);
        assert_relative_eq!(forced.cost, cost, max_relative = 1e-12);
        let found = scene.accounts()[0];
        let expected = [SPOT, SPOT - share * 30_000.0 - cost, 80_000.0, 80_000.0];
        for (found, expected) in found.into_iter().zip(expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
        let states = [0, 1, 2, 3]
            .map(|place| scene.stage.ladder_record(&scene.state, place).unwrap().state(&ladder));
        use LadderState::{Forced, Green};
        assert_eq!(states, [Green, Green, Forced, Forced]);
    }
}

/// Two bitcoins sold short beside half a coin, bankrupt at twice the threshold: 48,000 against a
/// quarter of 70,000 at 1.2, 44,000 against a quarter of 85,000 at 1.1. Everything is closed there at
/// 1 % of its notional, and nothing moves the desk afterwards.
#[test]
fn a_bankrupt_desk_closes_everything() {
    let ladder = ladder(40_000.0, SPOT, &[(2.0, DeskAction::Bankrupt, 0.0, 0.01)]);
    let spot = Instrument::Spot { asset: "BTC".into() };
    let portfolio = book(&[(perpetual("BTC", usdt()), -2.0), (spot, 0.5)], ("USDT", SPOT));
    for granularity in [Granularity::Account, Granularity::Position] {
        let mut scene = Scene::of_desk(&portfolio, &[None], granularity, &ladder);
        assert_relative_eq!(
            scene.stage.gross_notional().unwrap(),
            2.5 * SPOT,
            max_relative = 1e-12
        );
        scene.walk(&[[1.2, 1.0, 0.9, 1.1], [1.0; PATHS], [0.5; PATHS]]);
        let notional = [300_000.0, 0.0, 0.0, 275_000.0];
        // 100,000 less 2·(x − 1) of the short, and the coin's x/2, less the cost; 0.5 is a gain.
        let kept = 100_000.0 + 2.0 * 50_000.0 + 0.5 * 50_000.0;
        let worth = [117_000.0, kept, kept, 132_250.0];
        let found = scene.accounts()[0];
        for place in 0..PATHS {
            let closed = rungs(&scene, place)[0];
            assert_relative_eq!(closed.notional, notional[place], max_relative = 1e-12);
            assert_relative_eq!(closed.cost, 0.01 * notional[place], max_relative = 1e-12);
            assert_relative_eq!(found[place], worth[place], max_relative = 1e-12);
        }
    }
}

/// One bitcoin on 25,000, kept at four times its equity: at 1.2 more would be bought, which a desk that
/// may only reduce refuses; at 0.93 it sells all the same.
#[test]
fn a_desk_that_may_only_reduce_buys_nothing() {
    let mut portfolio = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 25_000.0));
    portfolio.accounts[0].rebalancing = Some(RULE);
    for (utilisation, refused) in [(1.0, true), (1.5, false)] {
        // 12,000 against a quarter of 45,000: 1.067.
        let ladder = ladder(10_000.0, 25_000.0, &[(utilisation, DeskAction::ReduceOnly, 0.0, 0.0)]);
        let mut scene = Scene::of_desk(&portfolio, &[Some(rules())], Granularity::Account, &ladder);
        scene.walk(&[[1.2, 0.93, 1.0, 1.0]]);
        let record = |place: usize| *scene.stage.ladder_record(&scene.state, place).unwrap();
        assert_eq!(record(0).refused, u32::from(refused));
        let trades = [0, 1].map(|place| scene.state.record(0, place).rebalancings);
        assert_eq!(trades, [u32::from(!refused), 1]);
    }
}
