//! Proxies against full revaluation: the tail must be the same to the last bit.
//!
//! Books: the shipped desk, one made to be hard (short-dated gamma at many strikes, expiries inside
//! the horizon, deep wings, a smile, everything that can move moving, accounts without recourse), the
//! same with venues that liquidate inside the paths, many options on still volatilities, and real
//! chains. Expected figures: full revaluation.
#![allow(clippy::print_stderr)]

mod common;

#[path = "../examples/real_data/book.rs"]
mod book;
#[path = "proxies/books.rs"]
mod books;
#[path = "../examples/real_data/co_movement.rs"]
mod co_movement;

use std::path::Path;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{AccountLiquidation, Measure, Outcome, ProxyRevaluation};
use plimsoll::scenario::Revaluation;

fn plan(scenario: &Path, paths: u64) -> Plan {
    let overrides = Overrides { paths: Some(paths), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"));
    // What a policy makes of the losses is not asked.
    Plan { policy: None, ..plan }
}

fn run(plan: &Plan, revaluation: Revaluation) -> Run {
    let mut plan = plan.clone();
    plan.scenario.simulation.revaluation = revaluation;
    engine::run(&plan, InstructionSet::detect(), &Control::none()).expect("it runs")
}

/// Runs in full and by proxy, and holds one to the other.
#[track_caller]
fn compare(what: &str, plan: &Plan) -> (ProxyRevaluation, Vec<AccountLiquidation>) {
    let full = run(plan, Revaluation::Full);
    let by_proxy = run(plan, Revaluation::Proxy);
    let proxy = by_proxy.outcome.model.proxy.clone().expect("proxies were used");
    assert!(full.outcome.model.proxy.is_none());
    let (a, b) = (&full.outcome, &by_proxy.outcome);
    assert_eq!(a.measures.value_at_risk, b.measures.value_at_risk, "{what}");
    assert_eq!(a.measures.expected_shortfall, b.measures.expected_shortfall, "{what}");
    assert_eq!(a.measures.tail_index, b.measures.tail_index, "{what}");
    assert_eq!(a.measures.maximum_loss, b.measures.maximum_loss, "{what}");
    assert_eq!(a.contributions, b.contributions, "{what}");
    assert_eq!(a.worst_paths, b.worst_paths, "{what}");
    assert_eq!(a.liquidations, b.liquidations, "{what}");
    let errors = full.losses.iter().zip(&by_proxy.losses).map(|(a, b)| (a - b).abs());
    let largest = errors.fold(0.0, f64::max);
    eprintln!("{what}: largest error {largest:.2e}; {proxy:?}");
    assert_ne!(proxy.tail, "full", "{what}: {proxy:?}");
    assert!(largest <= proxy.error_bound, "{what}: {largest} above {}", proxy.error_bound);
    assert!(largest > 0.0, "{what}: nothing was interpolated");
    assert!(proxy.paths_revalued < plan.scenario.simulation.paths / 4, "{what}: {proxy:?}");
    (proxy, full.outcome.liquidations)
}

#[test]
fn the_shipped_desk() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk/scenario.toml");
    let (found, _) = compare("desk", &plan(&scenario, 20_000));
    assert_eq!(found.tail, "exact");
}

#[test]
fn a_book_made_to_be_hard() {
    for process in books::PROCESSES {
        let folder = books::hard(process);
        let (found, _) = compare(process, &plan(&folder.path().join("scenario.toml"), 20_000));
        assert_eq!(found.tail, "verified", "it holds options along a smile");
    }
}

/// Short-dated gamma at many strikes, expiries inside the horizon, deep wings, and venues that close
/// accounts inside the paths on the value of all that.
#[test]
fn an_adversarial_book_with_a_liquidation_barrier() {
    for (process, seeds) in books::PROCESSES.into_iter().zip([[1, 2], [3, 4], [5, 6]]) {
        for seed in seeds {
            let folder = books::barrier(process, seed);
            let plan = plan(&folder.path().join("scenario.toml"), 3_000);
            let (found, liquidations) = compare(&format!("barrier, {process}, seed {seed}"), &plan);
            assert_eq!(found.tail, "verified", "it holds options along a smile");
            assert!(found.decision_error_bound > 0.0);
            assert!(found.largest_error_decision <= found.decision_error_bound);
            assert_eq!(liquidations.len(), 3);
            for row in liquidations {
                let likely = 0.005..0.95;
                assert!(likely.contains(&row.probability), "{}: {}", row.account, row.probability);
            }
        }
    }
}

#[test]
fn threads_and_shards_leave_no_trace_in_liquidations() {
    let folder = books::barrier(books::PROCESSES[2], 7);
    // More than 4 blocks, the last one ragged.
    let mut plan = plan(&folder.path().join("scenario.toml"), 4 * 512 + 77);
    plan.scenario.simulation.revaluation = Revaluation::Proxy;
    let whole = run(&plan, Revaluation::Proxy);
    assert!(whole.outcome.liquidations.iter().all(|row| row.probability > 0.0));
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for threads in [1, 3] {
        assert!(pool(threads).install(|| run(&plan, Revaluation::Proxy)) == whole, "{threads}");
    }
    assert!(sharded(&plan, &[0, 1, 700, 2_000]) == whole, "shards show");
}

/// The run cut into shards that begin at `cuts`, joined in another order.
fn sharded(plan: &Plan, cuts: &[u64]) -> Run {
    let (control, isa) = (Control::none(), InstructionSet::detect());
    let ends = cuts.iter().skip(1).chain([&plan.scenario.simulation.paths]);
    let mut parts: Vec<_> = cuts
        .iter()
        .zip(ends)
        .map(|(&from, &to)| engine::losses(plan, from..to, isa, &control).expect("a shard runs"))
        .collect();
    parts.rotate_left(2);
    engine::finish(plan, parts, isa, &control).expect("the parts join")
}

#[test]
fn many_options_on_few_coins_are_a_polynomial_a_coin() {
    let folder = books::still(20_000);
    let plan = plan(&folder.path().join("scenario.toml"), 20_000);
    let (found, _) = compare("still", &plan);
    assert_eq!((found.tail.as_str(), found.polynomials), ("exact", 2));
    // The same is what the engine chooses by itself.
    let chosen = run(&plan, Revaluation::Auto);
    let chosen = chosen.outcome.model.proxy.expect("proxies pay");
    assert!(chosen.reason.is_some());
    assert_eq!(chosen.paths_revalued, found.paths_revalued);
}

/// The first look is too short for proxies, the last is not: all losses are then by proxy.
#[test]
fn a_run_to_a_precision_forgets_how_fewer_paths_were_valued() {
    let folder = books::still(6_000);
    let mut plan = plan(&folder.path().join("scenario.toml"), 6_000);
    let full = run(&plan, Revaluation::Auto).outcome;
    assert!(full.model.proxy.is_none());
    let half_width = |measure: &Measure| {
        (measure.interval_95[1] - measure.interval_95[0]) / (2.0 * measure.loss.abs())
    };
    let measures = full.measures.value_at_risk.iter().chain(&full.measures.expected_shortfall);
    // Twice the paths bring the widest interval to 0.71 of what it was.
    let precision = 0.8 * measures.map(half_width).fold(0.0, f64::max);
    plan.scenario.simulation.precision = Some(precision);
    let found = run(&plan, Revaluation::Auto);
    let paths = found.outcome.paths;
    assert!(paths > 6_000 && found.outcome.model.proxy.is_some(), "{:?}", found.outcome.stopping);
    plan.scenario.simulation.precision = None;
    plan.scenario.simulation.paths = paths;
    let stated = run(&plan, Revaluation::Auto);
    assert!(stated.losses == found.losses, "losses are not those of a run of {paths} paths");
    assert_eq!(Outcome { stopping: None, ..found.outcome }, stated.outcome);
}

/// What expires inside the horizon is piecewise linear at its node, what expires right after it is
/// cut in pieces around its strikes: nothing stays in full, with volatilities still or moving.
#[test]
fn forty_strikes_inside_the_horizon_and_forty_minutes_beyond_it() {
    for volatility in ["", "\"BTC.vol\" = 0.5\n"] {
        let folder = books::expiring(20_000, volatility);
        let plan = plan(&folder.path().join("scenario.toml"), 20_000);
        let (found, _) = compare("expiring", &plan);
        assert_eq!(found.tail, "exact");
        assert_eq!(found.contracts_in_full, 0);
        assert!(found.largest_error_tail > 0.0, "the tail was not by proxy before");
    }
}

/// Many options an expiry on still volatilities: at every node they are a polynomial a coin, and that
/// is what the engine chooses.
#[test]
fn decisions_on_many_options_are_a_polynomial_a_coin_and_node() {
    let folder = books::still_barrier(10_000);
    let plan = plan(&folder.path().join("scenario.toml"), 10_000);
    let (found, liquidations) = compare("still barrier", &plan);
    assert_eq!(found.tail, "exact");
    assert!(found.polynomials <= 2 * 13, "{}", found.polynomials);
    let chosen = run(&plan, Revaluation::Auto);
    assert!(chosen.outcome.model.proxy.expect("proxies pay").reason.is_some());
    assert_eq!(chosen.outcome.liquidations, liquidations);
}

#[test]
fn real_chains() {
    let Some(data) = common::shared("data") else { return };
    for chain in [book::CRASH, book::CALM] {
        let folder = tempfile::tempdir().unwrap();
        let written = book::write(&data, chain, folder.path()).unwrap();
        assert!(written.options >= 200, "{} options", written.options);
        compare(&written.as_of, &plan(&written.scenario, 10_000));
    }
}

#[test]
fn cuts_threads_and_instruction_sets_leave_no_trace() {
    let folder = books::hard(books::PROCESSES[1]);
    // More than 16 blocks, the last one ragged.
    let mut plan = plan(&folder.path().join("scenario.toml"), 16 * 512 + 77);
    plan.scenario.simulation.revaluation = Revaluation::Proxy;
    let control = Control::none();
    let best = InstructionSet::detect();
    let whole = engine::run(&plan, best, &control).expect("it runs");
    for isa in InstructionSet::available() {
        assert!(engine::run(&plan, isa, &control).expect("it runs") == whole, "{isa}");
    }
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    assert!(one.install(|| engine::run(&plan, best, &control).expect("it runs")) == whole);
    assert!(sharded(&plan, &[0, 1, 700, 5_000]) == whole);
}
