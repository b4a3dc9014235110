//! Prices moved by orders, cascades and broken pegs, through a whole run.

use std::path::Path;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Partial, Plan};
use plimsoll::margin::failure::Hazard;
use plimsoll::market::{ImpactLaw, ImpactTerms, Liquidity, OpenInterest, OpenInterestBin};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::Outcome;
use plimsoll::scenario::{CascadeSettings, PegBreakSettings, Revaluation, SamplingMethod};
use plimsoll::units::PathId;

use crate::liquidation::{json, sharded};
use crate::path_events::stepping;
use crate::world::{SPOT, World, assert_close, policy, run};

/// λ: logarithmic move of 1 USD.
const SLOPE: f64 = 1e-9;

/// Orders move the coin by `slope` a dollar; others' positions stand evenly up to moves of `width`
/// of its logarithm, `total` USD on each side.
fn moving(mut plan: Plan, slope: f64, total: f64, width: f64) -> Plan {
    let bin = |distance| vec![OpenInterestBin { distance, notional_usd: total }];
    let [long, short] = [-libm::expm1(-width), libm::expm1(width)].map(bin);
    plan.market.underlyings[0].liquidity = Some(Liquidity {
        adv_usd: 1e10,
        half_spread: 0.0,
        half_spread_deviation: 0.0,
        depth_1pct_usd: 0.01 / slope,
        impact: Some(ImpactTerms {
            law: ImpactLaw::Linear,
            daily_volatility: None,
            stress: None,
            half_life: None,
        }),
        open_interest: OpenInterest { long, short, bankruptcy_gap: 0.0 },
    });
    plan.scenario.events.cascade = Some(CascadeSettings { propagation: 1.0, rounds_max: 100 });
    plan
}

fn losses(plan: &Plan) -> Partial {
    let paths = plan.scenario.simulation.paths;
    let isa = InstructionSet::detect();
    engine::losses(plan, 0..paths, isa, &Control::none()).expect("it runs")
}

/// Logarithmic moves of a coin held outright, from the losses on it.
fn moves(plan: &Plan, coins: f64) -> Vec<f64> {
    let held = coins * SPOT;
    losses(plan).losses.iter().map(|loss| libm::log(1.0 - loss / held)).collect()
}

fn holding(coins: f64, paths: u64) -> World {
    let position = format!(
        "[[position]]\nid = \"spot\"\naccount = \"desk\"\ntype = \"spot\"\nasset = \"BTC\"\n\
         quantity = {coins}\n"
    );
    World { paths, ..World::of(&position) }
}

/// One coin, one step, a linear law and an even profile: every move is the model's over 1 − λh.
#[test]
fn every_move_is_amplified_by_one_over_one_less_its_strength() {
    let (coins, paths, width) = (2.0, 1_500, 8.0);
    let plan = holding(coins, paths).plan();
    let drawn = moves(&plan, coins);
    for strength in [0.5, 0.9, 0.99] {
        let moved = moving(plan.clone(), SLOPE, strength / SLOPE * width, width);
        let (mut largest, mut told) = (0.0_f64, losses(&moved).market);
        for (path, (with, without)) in moves(&moved, coins).iter().zip(&drawn).enumerate() {
            // Beyond the last position there is nothing to amplify.
            if without.abs() / (1.0 - strength) < 0.99 * width {
                let expected = without / (1.0 - strength);
                // A price is the loss of what was held: its logarithm has lost the leading digits.
                let error = (with - expected).abs();
                assert!(
                    error < 1e-9 * (1.0 + libm::exp(with.abs())),
                    "path {path}: {with}, {expected}"
                );
            }
            largest = largest.max(without.abs());
        }
        assert!(largest > 0.05);
        assert_eq!(told.moved, paths);
        assert_eq!(told.settled + told.exhausted, paths);
        assert_eq!(told.ran_away + told.unsettled, 0);
        let coin = told.coins.pop().expect("one coin");
        assert_close("largest", coin.largest, 1.0 / (1.0 - strength), 1e-9);
        let exhausted = told.exhausted > 0;
        assert_close(
            "mean",
            coin.mean().unwrap(),
            1.0 / (1.0 - strength),
            if exhausted { 0.1 } else { 1e-6 },
        );
    }
}

/// From λh = 1 on, a move of either sign takes all positions of its side, and is told so.
#[test]
fn a_run_away_is_told_on_every_path() {
    let (coins, paths, width) = (2.0, 500, 0.3);
    let plan = holding(coins, paths).plan();
    let drawn = moves(&plan, coins);
    for strength in [1.0, 1.3] {
        let moved = moving(plan.clone(), SLOPE, strength / SLOPE * width, width);
        let told = losses(&moved).market;
        assert_eq!((told.ran_away, told.settled, told.exhausted), (paths, 0, 0));
        for (with, without) in moves(&moved, coins).iter().zip(&drawn) {
            let expected = without + without.signum() * strength * width;
            assert!((with - expected).abs() < 1e-8, "{with}, not {expected}");
        }
    }
}

/// A depth that no order dents leaves every bit of a book of the general stage as it was.
#[test]
fn without_impact_no_bit_changes() {
    let plan = World { policy: policy(0.5, 1e5), ..stepping(2_000) }.plan();
    let before = losses(&plan);
    let after = losses(&moving(plan, 1e-250, 1e9, 0.5));
    assert!(before.losses == after.losses && before.columns == after.columns);
    assert_eq!(before.liquidations, after.liquidations);
    assert_eq!(before.events, after.events);
    assert!(before.events.book.liquidated.iter().sum::<u64>() > 100);
    assert_eq!((before.market.moved, after.market.moved), (0, 2_000));
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show_in_moved_prices() {
    let paths = 1_500;
    let plan = World { policy: policy(0.5, 1e5), ..stepping(paths) }.plan();
    let plan = moving(plan, 5.0 * SLOPE, 3e7, 0.4);
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}

/// The shipped leveraged desk.
fn leverage(method: SamplingMethod, paths: u64) -> Plan {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/leverage/scenario.toml");
    let overrides =
        Overrides { paths: Some(paths), sampling: Some(method), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

/// The first account's forty bitcoin are four million: sold, they take the price down by 2 %, and
/// others' with it.
fn illiquid(method: SamplingMethod, paths: u64) -> Plan {
    moving(leverage(method, paths), 5.0 * SLOPE, 1e7, 0.2)
}

/// Both runs of the comparison are runs of their own; impact makes liquidations dearer, and a run by
/// proxy is taken in full.
#[test]
fn with_and_without_are_the_two_runs() {
    let mut plan = illiquid(SamplingMethod::Plain, 3_000);
    plan.scenario.simulation.revaluation = Revaluation::Proxy;
    let run = run(&plan).outcome;
    assert!(run.model.revaluation.contains("full"), "{}", run.model.revaluation);
    let moved = run.moved_prices.as_ref().expect("orders move prices");
    let compared = moved.without.as_ref().expect("both were run");
    assert_eq!(compared.paths, 3_000);
    plan.scenario.events.cascade = None;
    let calm = crate::world::run(&plan).outcome;
    assert!(calm.moved_prices.is_none());
    let shortfall = |outcome: &Outcome| outcome.contributions.expected_shortfall;
    let found = &compared.expected_shortfall;
    assert_close("ES with", found.with, shortfall(&run), 1e-12);
    assert_close("ES without", found.without, shortfall(&calm), 1e-12);
    assert!(found.difference > 2.0 * found.standard_error, "{found:?}");
    let liquidated = |outcome: &Outcome| {
        outcome.path_events.as_ref().expect("the general stage").liquidation.probability
    };
    let found = &compared.liquidation_probability;
    assert_close("liquidated with", found.with, liquidated(&run), 1e-12);
    assert_close("liquidated without", found.without, liquidated(&calm), 1e-12);
    assert!(found.difference > 0.0 && found.standard_error > 0.0);
    let cost = |outcome: &Outcome| {
        outcome.liquidations.iter().map(|account| account.mean_cost).sum::<f64>()
    };
    let found = &compared.liquidation_cost;
    assert_close("cost with", found.with, cost(&run), 1e-6);
    assert_close("cost without", found.without, cost(&calm), 1e-6);
    assert!(found.difference > 0.0 && found.standard_error > 0.0, "{found:?}");
    let cascades = moved.cascades.as_ref().expect("plain paths");
    assert!(cascades.impact_cost.mean > 0.0 && cascades.others_notional.mean > 0.0);
    let told = run.worst_paths.iter().flat_map(|path| &path.events);
    assert!(told.clone().any(|event| event.contains("others' positions of ")));
    assert!(told.clone().any(|event| event.contains("the cascade settles")));
}

/// Moved prices under every sampling scheme: ES agrees with plain paths within 4 standard errors of
/// both.
#[test]
fn every_sampling_scheme_sees_moved_prices() {
    let paths = 4_000;
    let plain = run(&illiquid(SamplingMethod::Plain, 4 * paths)).outcome;
    let shortfall = |outcome: &Outcome| {
        let row = outcome.measures.expected_shortfall.iter().find(|row| row.level == 0.95);
        let row = row.expect("the level is asked for").clone();
        (row.loss, row.standard_error.expect("ES has one"))
    };
    let (expected, error) = shortfall(&plain);
    for method in [SamplingMethod::Antithetic, SamplingMethod::Importance, SamplingMethod::Sobol] {
        let other = run(&illiquid(method, paths)).outcome;
        let (found, own) = shortfall(&other);
        let both = (error * error + own * own).sqrt();
        assert!((found - expected).abs() < 4.0 * both, "{method:?}: {found}, {expected} ± {both}");
        let moved = other.moved_prices.expect("orders move prices");
        assert!(moved.cascades.is_none() && moved.without.is_some());
    }
}

/// A peg breaks on as many paths as its hazard says, within 4 standard errors; collateral in it is
/// worth less from then on, and accounts are called.
#[test]
fn a_broken_peg_lowers_collateral_and_calls_for_margin() {
    let paths = 3_000;
    let calm = leverage(SamplingMethod::Plain, paths);
    let mut plan = calm.clone();
    let probability = 0.2_f64;
    plan.scenario.events.peg_breaks = vec![PegBreakSettings {
        asset: "USDT".into(),
        probability_1y: 0.2,
        wrong_way_slope: 0.0,
        main_coins: Vec::new(),
        fall: 0.4,
        fall_deviation: 0.0,
    }];
    // 20 % within the day.
    let intercept = libm::log(-libm::log(1.0 - probability) * 365.0);
    plan.hazards.peg_breaks = vec![Hazard::new(intercept, 0.0)];
    let (without, with) = (losses(&calm), losses(&plan));
    let broken = with.market.pegs[0] as f64;
    let expected = paths as f64 * probability;
    let error = (expected * (1.0 - probability)).sqrt();
    assert!((broken - expected).abs() < 4.0 * error, "{broken}, {expected} ± {error}");
    let called = |run: &Partial| run.events.book.called.iter().sum::<u64>();
    assert!(called(&with) > called(&without) + broken as u64 / 4);
    let pairs = with.losses.iter().zip(&without.losses);
    let changed: Vec<usize> = pairs
        .enumerate()
        .filter(|(_, (with, without))| (*with - *without).abs() > 1e-3)
        .map(|(path, _)| path)
        .collect();
    assert_eq!(changed.len(), broken as usize, "what does not break loses what it lost");
    let isa = InstructionSet::detect();
    let path = changed.first().map(|&path| path as u64);
    let told = engine::replay(&plan, PathId(path.expect("some break")), isa).expect("it replays");
    let told = told.events.join("\n");
    assert!(told.contains("the peg of USDT breaks: 40.00 % of its price is lost"), "{told}");
}
