//! Accounts kept at a leverage inside paths, through the whole engine: the moments of a constant
//! leverage, first passages of the edges of a band, and the same bits whatever the cut.

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{LadderRung, PriceOf, RebalancingEvents, RungKind, RungSide};
use plimsoll::scenario::SamplingMethod;

use crate::liquidation::{
    DAY, account, inverse, json, linear, liquidation, normal, sharded, touched, world,
};
use crate::path_events::stepping;
use crate::world::{NORMAL_95, SPOT, VOLATILITY, World, assert_close, policy, run};

/// An account with a rule.
fn kept(name: &str, collateral: f64, rule: &str) -> String {
    format!("{}[account.rebalancing]\n{rule}", account(name, true, "USD", collateral, 0.0))
}

fn continuous(world: World) -> World {
    let both = "close = \"full\"\nmonitoring = \"continuous\"\n";
    World { rules: world.rules.replace("close = \"full\"\n", both), ..world }
}

fn rebalancing(world: &World, name: &str) -> RebalancingEvents {
    let outcome = world.outcome();
    let events = liquidation(&outcome, name).events.clone().expect("the general stage acts");
    events.rebalancing.expect("it is kept at a leverage")
}

/// Traded back at every step without cost, equity is the product of `1 + L(x − 1)` over the steps:
/// without drift in price its mean stays, and its second moment grows by `1 + L²(e^(σ²Δ) − 1)` a step.
#[test]
fn a_constant_leverage_has_the_moments_of_its_product() {
    let paths = 1 << 16;
    for (steps, leverage, quantity) in [(4, 3.0_f64, 3.0_f64), (24, 2.0, -2.0)] {
        let rule = format!(
            "target_leverage = {leverage}\nupper_leverage = {leverage}\nlower_leverage = {leverage}\n"
        );
        let book = [kept("a", SPOT, &rule), linear("a", quantity)];
        let run = world(book.concat(), steps, paths).run();
        let events = liquidation(&run.outcome, "a").events.as_ref().unwrap();
        let found = events.rebalancing.as_ref().unwrap();
        assert_eq!((found.probability.probability, found.cost.mean), (1.0, 0.0));
        assert_eq!(found.mean_trades, f64::from(steps), "every step moves the price");
        let variance = VOLATILITY * VOLATILITY * DAY / f64::from(steps);
        let growth = 1.0 + leverage * leverage * libm::expm1(variance);
        let exact = SPOT * (libm::pow(growth, f64::from(steps)) - 1.0).sqrt();
        let count = paths as f64;
        let mean: f64 = run.losses.iter().sum::<f64>() / count;
        assert!(mean.abs() < 4.0 * exact / count.sqrt(), "{mean} of {exact}");
        let squares: f64 = run.losses.iter().map(|loss| (loss - mean) * (loss - mean)).sum();
        // A nearly normal sample knows its deviation to 1/√(2n).
        let deviation = (squares / count).sqrt();
        assert_close("deviation", deviation, exact, 5.0 / (2.0 * count).sqrt());
    }
}

const TARGET: f64 = 4.0;
const UPPER: f64 = 5.0;
const COST: f64 = 0.001;
const NOTIONAL: f64 = 10.0 * SPOT;
/// Today it has a leverage of 4.5.
const COLLATERAL: f64 = NOTIONAL / 4.5;

/// Price over today's at which `n·x/(n·x − owed)` is the upper edge, of a long; of a short
/// `n·x/(owed − n·x)`.
fn edge(quantity: f64) -> f64 {
    let value = quantity.signum() * NOTIONAL;
    let owed = value - COLLATERAL;
    UPPER * owed / ((UPPER - quantity.signum()) * value)
}

/// Probability that `σW_t − σ²t/2` touches `barrier` on the side it lies on within a day.
fn touched_ever(barrier: f64) -> f64 {
    let (deviation, drift) = (VOLATILITY * DAY.sqrt(), -0.5 * VOLATILITY * VOLATILITY * DAY);
    let (drift, barrier) = (barrier.signum() * drift, barrier.abs());
    let reflected = libm::exp(2.0 * drift * barrier / (deviation * deviation));
    normal((drift - barrier) / deviation) + reflected * normal((-drift - barrier) / deviation)
}

/// A long and a short of ten coins at a leverage of 4.5, kept at 4 and reduced once above 5, watched at all
/// times: the edge is touched as often as the closed form says, however few the steps, and each path
/// loses what that one trade at the edge makes of it. Looked at at the steps alone it is touched as
/// often as the price is beyond it there; the ladder has the same edge.
#[test]
fn an_edge_is_touched_and_filled_however_few_the_steps() {
    let rule = format!(
        "target_leverage = {TARGET}\nupper_leverage = {UPPER}\ntrading_cost = {COST}\n\
         cooldown = \"2d\"\n"
    );
    for quantity in [10.0, -10.0] {
        let book = [kept("a", COLLATERAL, &rule), linear("a", quantity)].concat();
        let level = edge(quantity);
        let share = (UPPER - TARGET) / UPPER / (1.0 - TARGET * COST);
        let traded = share * NOTIONAL * level;
        for (steps, paths) in [(1, 1 << 15), (24, 1 << 13)] {
            let world = continuous(world(book.clone(), steps, paths));
            let run = world.run();
            let events = liquidation(&run.outcome, "a").events.as_ref().unwrap();
            assert_eq!(events.liquidation.probability, 0.0, "the line is far beyond");
            let found = events.rebalancing.as_ref().unwrap();
            let exact = touched_ever(libm::log(level));
            let error = (exact * (1.0 - exact) / paths as f64).sqrt();
            let errors = (found.probability.probability - exact) / error;
            assert!(errors.abs() < 4.0, "{steps} steps: {found:?}, not {exact}");
            assert_eq!(found.mean_trades, found.probability.probability);
            let mean = traded * found.mean_trades;
            assert_close("notional", found.notional.mean, mean, 1e-6);
            assert_close("cost", found.cost.mean, COST * mean, 1e-6);
            let bare = World { book: world.book.replace(&rule, NEVER), ..world.clone() }.run();
            let at_edge = quantity * SPOT * (1.0 - level);
            let mut touched = 0;
            for (loss, whole) in run.losses.iter().zip(&bare.losses) {
                // what was sold loses what it had lost, and its cost; the rest what all of it does
                let traded = share * at_edge + COST * traded + (1.0 - share) * whole;
                let is_touched = (loss - traded).abs() < 1e-5;
                assert!(is_touched || (loss - whole).abs() < 1e-5, "{loss} of {whole}");
                touched += u32::from(is_touched);
            }
            assert_eq!(f64::from(touched) / paths as f64, found.probability.probability);
            let rungs = &run.outcome.liquidation_exposure.ladders[0].rungs;
            let side = if quantity > 0.0 { RungSide::Below } else { RungSide::Above };
            let is_edge = |rung: &&LadderRung| rung.kind == RungKind::Rebalancing;
            let edges: Vec<_> = rungs.iter().filter(is_edge).collect();
            assert_eq!(edges.len(), 1, "it has no lower edge: {edges:?}");
            let PriceOf::At(price) = edges[0].price else { panic!("{edges:?}") };
            assert_close("edge", price, level * SPOT, 1e-9);
            assert_eq!(edges[0].side, side);
            assert_close("ever", edges[0].touch_at_any_time.unwrap(), exact, 1e-3);
        }
        let paths = 1 << 15;
        let found = rebalancing(&world(book, 1, paths), "a").probability.probability;
        let exact = touched(libm::log(level), 1);
        let error = (exact * (1.0 - exact) / paths as f64).sqrt();
        assert!((found - exact).abs() < 4.0 * error, "{found}, not {exact}");
    }
}

/// A rule that nothing reaches: the same stage, and no trade.
const NEVER: &str = "target_leverage = 4\nupper_leverage = 15\n";

/// Three accounts, one of them isolated, all kept at leverages that they leave, beside calls and
/// liquidations: the same bits for any threads, shards, instruction sets, and rows of tail paths that
/// sum to their losses.
#[test]
fn whatever_the_cut_the_bits_are_the_same() {
    let paths = 2_500;
    let rule = "]\n[account.rebalancing]\ntarget_leverage = 18\nupper_leverage = 36\n\
                lower_leverage = 14\ntrading_cost = \"0.05%\"\nminimum = 1_000\n\
                cooldown = \"1h\"\n";
    let stepping = stepping(paths);
    let book = stepping.book.replace("]\n[[", &format!("{rule}[["));
    assert!(book.matches("rebalancing").count() >= 2, "{book}");
    let plan = World { book, policy: policy(0.5, 1e5), ..stepping }.plan();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    let events = whole.outcome.path_events.as_ref().expect("something happens");
    let found = events.rebalancing.as_ref().expect("accounts are kept");
    assert!(found.mean_trades > 0.1 && found.cost.mean > 0.0, "{found:?}");
    assert!(events.liquidation.probability > 0.0, "{events:?}");
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
    let contributions = &whole.outcome.contributions;
    let sum: f64 = contributions.by_position.iter().map(|row| row.expected_shortfall).sum();
    assert_close("rows", sum, contributions.expected_shortfall, 1e-9);
    let told = whole.outcome.worst_paths.iter().flat_map(|path| &path.events);
    assert!(told.filter(|event| event.contains("to its target from a leverage of")).count() > 0);
}

/// Paths that are weighted or depend on each other: traded at every step of every one of them, and an
/// edge touched as often as by independent paths.
#[test]
fn weighted_paths_tell_the_same() {
    let paths = 16_000;
    let rule = |upper: f64| format!("target_leverage = {TARGET}\nupper_leverage = {upper}\n");
    let always = format!("{}lower_leverage = {TARGET}\n", rule(TARGET));
    let book = [
        kept("always", COLLATERAL, &always),
        kept("seldom", COLLATERAL, &rule(UPPER)),
        linear("always", 10.0),
        linear("seldom", 10.0),
    ];
    let world = world(book.concat(), 1, paths);
    let exact = touched(libm::log(edge(10.0)), 1);
    for method in [SamplingMethod::Antithetic, SamplingMethod::Importance, SamplingMethod::Sobol] {
        let (_folder, scenario) = world.write();
        let overrides = Overrides { sampling: Some(method), ..Overrides::default() };
        let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
        let inputs = engine::load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
        let plan = Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"));
        let outcome = run(&plan).outcome;
        let of = |name: &str| {
            let events = liquidation(&outcome, name).events.as_ref().unwrap();
            events.rebalancing.clone().unwrap()
        };
        let always = of("always");
        assert!((always.mean_trades - 1.0).abs() < 0.02, "{method:?}: {always:?}");
        let seldom = of("seldom").probability;
        let half_width = 0.5 * (seldom.interval_95[1] - seldom.interval_95[0]);
        let errors = (seldom.probability - exact) / (half_width / NORMAL_95);
        assert!(errors.abs() < 4.0, "{method:?}: {seldom:?}, not {exact}");
    }
}

/// Coins behind an inverse long: its edge is touched as often as the closed form says.
#[test]
fn the_edge_of_an_inverse_contract_is_its_closed_form() {
    // N/(c·S·x + N(x − 1)) = U at x = N(1 + 1/U)/(c·S + N)
    let dollars = 1_000_000.0;
    let coins = dollars / 4.5 / SPOT;
    let level = dollars * (1.0 + 1.0 / UPPER) / (coins * SPOT + dollars);
    let rule = format!("target_leverage = {TARGET}\nupper_leverage = {UPPER}\n");
    let holder = account("a", true, "BTC", coins, 0.0);
    let book = format!("{holder}[account.rebalancing]\n{rule}{}", inverse("a", dollars));
    for (steps, paths) in [(1, 1 << 15), (24, 1 << 13)] {
        let found = rebalancing(&continuous(world(book.clone(), steps, paths)), "a");
        let exact = touched_ever(libm::log(level));
        let error = (exact * (1.0 - exact) / paths as f64).sqrt();
        let errors = (found.probability.probability - exact) / error;
        assert!(exact > 0.05 && errors.abs() < 4.0, "{steps} steps: {found:?}, not {exact}");
    }
}
