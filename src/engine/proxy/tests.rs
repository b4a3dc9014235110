use std::path::Path;

use super::choice::{Proxied, Valuation};
use super::settle::{first_pass, settled};
use crate::document::Confinement;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::pass::Unsure;
use crate::engine::path::{PathEngine, PathHappening};
use crate::engine::{Inputs, LoadOptions, Overrides, Partial, Plan, load, pass};
use crate::margin::Liquidation;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Balance;
use crate::pricing::Interpolation;
use crate::simulation::FactorBlock;

const PATHS: u64 = 6_000;

fn desk() -> Plan {
    planned(&inputs())
}

fn planned(inputs: &Inputs) -> Plan {
    let plan = Plan::build(inputs).unwrap_or_else(|error| panic!("{error}"));
    // What a policy makes of the losses is not asked.
    Plan { policy: None, ..plan }
}

fn inputs() -> Inputs {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk/scenario.toml");
    let overrides = Overrides { paths: Some(PATHS), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"))
}

/// The desk in six steps, on flat rules that close accounts inside them; the two that hold options
/// owe so much that a day may well close them.
fn leveraged_desk() -> Plan {
    let mut inputs = inputs();
    inputs.scenario.simulation.steps = 6;
    let flat = inputs.venue_rules[2].clone().expect("the third venue has flat rules");
    let liquidation = Some(Liquidation::PLAIN);
    let closing = crate::margin::VenueRules { liquidation, ..flat };
    inputs.venue_rules.fill(Some(closing));
    let mut plan = planned(&inputs);
    let isa = InstructionSet::detect();
    let book = Compiled::new(&plan, &plan.portfolio, isa).unwrap();
    let stage = book.engine.liquidation().unwrap().stage();
    let today = FactorBlock::new(plan.model.factors.len(), 1);
    let headrooms: Vec<(usize, f64)> =
        stage.standings(isa, &today).iter().map(|one| (one.account, one.headroom)).collect();
    for (account, headroom) in headrooms {
        let account = &mut plan.portfolio.accounts[account];
        let left = match account.name.as_str() {
            "northwind-options" => 250_000.0,
            "meridian-options" => 50_000.0,
            _ => continue,
        };
        let owed = left - headroom;
        let asset = "USDC".into();
        account.balances.push(Balance { asset, quantity: owed, haircut: 0.0, borrow_rate: 0.0 });
    }
    plan
}

/// Accounts closed on each path, with the node.
fn decisions(engine: &PathEngine) -> Vec<Vec<(usize, usize)>> {
    let paths: Vec<u64> = (0..PATHS).collect();
    let mut workspace = engine.workspace(paths.len());
    engine.walk(&mut workspace, &paths);
    let closed = |happening: PathHappening| match happening {
        PathHappening::Closed(one) => Some((one.account, one.closed.node)),
        PathHappening::Event(_) | PathHappening::Market(_) => None,
    };
    let of_path = |path| engine.happenings(&workspace, path).into_iter().filter_map(closed);
    (0..paths.len()).map(|path| of_path(path).collect()).collect()
}

/// First passes of the leveraged desk: by proxies to `tolerance` with nothing done about doubtful
/// paths, as they leave the run, and in full; with the paths in doubt and all decisions.
struct Passes {
    proxied: Box<Proxied>,
    raw: Partial,
    unsure: Unsure,
    /// What is closed on each path, and at which node: by proxy, in full.
    decisions: [Vec<Vec<(usize, usize)>>; 2],
    settled: crate::outcome::ProxyRevaluation,
    found: Partial,
    exact: Partial,
}

fn passes(tolerance: f64) -> Passes {
    let plan = leveraged_desk();
    let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect()).unwrap();
    let valuation = Valuation::proxied(&plan, &book, tolerance, Interpolation::WherePossible);
    let (control, stage) = (Control::none(), Stage::Losses);
    let by_proxy = first_pass(&book, &valuation, 0..PATHS, 0, &control, stage).unwrap();
    let exact = pass::losses(&book.engine, &book.ledger, 0..PATHS, 0, &control, stage).unwrap();
    let done = settled(&plan, &book, &valuation, by_proxy, &control, stage).unwrap();
    let Valuation::Proxied(proxied) = valuation else { panic!("the desk holds options") };
    let engine = &proxied.engine;
    let (raw, unsure) =
        pass::watched_losses(engine, &book.ledger, 0..PATHS, 0, &control, stage).unwrap();
    let decisions = [engine, &book.engine].map(decisions);
    let settled = done.proxy.unwrap();
    Passes { raw, unsure, decisions, settled, found: done.part, exact, proxied }
}

#[test]
fn liquidations_by_proxy_are_those_of_full_revaluation() {
    let Passes { settled, found, exact, proxied, .. } = passes(0.5);
    assert!(settled.paths_in_doubt > 0);
    assert!(settled.paths_revalued < PATHS / 2, "{settled:?}");
    assert_eq!((settled.tail.as_str(), &found.liquidations), ("exact", &exact.liquidations));
    let closed: Vec<u64> = exact.liquidations.iter().map(|tally| tally.paths).collect();
    assert!(closed.iter().any(|paths| *paths > PATHS / 100), "{closed:?}");
    let errors = found.losses.iter().zip(&exact.losses).map(|(found, exact)| (found - exact).abs());
    let largest = errors.fold(0.0, f64::max);
    assert!(largest > 0.0 && largest <= proxied.epsilon, "{largest} {}", proxied.epsilon);
}

/// Proxies ever coarser, until they close accounts they should not, or the reverse: all such paths
/// are in doubt, and once they are revalued nothing is wrong.
#[test]
fn doubtful_paths_left_alone_would_be_wrong() {
    let mut wrong = 0;
    for tolerance in [1.0, 10.0, 100.0, 1_000.0] {
        let Passes { raw, unsure, settled, found, exact, decisions, .. } = passes(tolerance);
        let [by_proxy, in_full] = &decisions;
        for path in (0..PATHS).filter(|&path| by_proxy[path as usize] != in_full[path as usize]) {
            assert!(unsure.all().binary_search(&path).is_ok(), "path {path} is taken for sure");
            wrong += usize::from(unsure.doubtful.binary_search(&path).is_ok());
        }
        assert_eq!(settled.paths_in_doubt, unsure.doubtful.len() as u64);
        assert_ne!(raw.liquidations, exact.liquidations);
        assert_eq!(found.liquidations, exact.liquidations);
    }
    assert!(wrong > 0, "no doubtful path was decided wrongly");
}

/// Few options an expiry, moving volatilities: polynomials at every node cost about what they save.
#[test]
fn full_revaluation_is_chosen_where_proxies_at_every_node_do_not_pay() {
    let mut plan = leveraged_desk();
    plan.scenario.simulation.paths = 10_000;
    plan.scenario.simulation.revaluation = crate::scenario::Revaluation::Auto;
    let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect()).unwrap();
    let Valuation::Full(Some(why)) = Valuation::choose(&plan, &book) else { panic!("proxies") };
    assert!(why.starts_with("proxies would save"), "{why}");
}

/// Proxies to a coarse tolerance that claim to be `epsilon` good, against full revaluation.
fn claimed(epsilon: f64) -> (crate::outcome::ProxyRevaluation, Vec<f64>, Vec<f64>) {
    let plan = desk();
    let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect()).unwrap();
    let mut valuation = Valuation::proxied(&plan, &book, 1e-2, Interpolation::WherePossible);
    let Valuation::Proxied(proxied) = &mut valuation else { panic!("the desk holds options") };
    if epsilon > 0.0 {
        proxied.epsilon = epsilon;
    }
    let (control, stage) = (Control::none(), Stage::Losses);
    let by_proxy = first_pass(&book, &valuation, 0..PATHS, 0, &control, stage).unwrap();
    let exact = pass::losses(&book.engine, &book.ledger, 0..PATHS, 0, &control, stage).unwrap();
    let found = settled(&plan, &book, &valuation, by_proxy, &control, stage).unwrap();
    (found.proxy.unwrap(), found.part.losses, exact.losses)
}

#[test]
fn an_error_bound_that_is_too_small_is_caught_and_all_paths_are_revalued() {
    let (summary, found, exact) = claimed(1e-6);
    assert_eq!(summary.tail, "full");
    assert_eq!(summary.paths_revalued, PATHS);
    assert!(summary.largest_error_sample.max(summary.largest_error_tail) > 1e-6);
    assert_eq!(found, exact);
}

#[test]
fn an_honest_bound_leaves_most_paths_to_the_proxies() {
    let (summary, found, exact) = claimed(0.0);
    assert_eq!(summary.tail, "exact");
    assert!(summary.paths_revalued < PATHS / 4, "{}", summary.paths_revalued);
    let errors = found.iter().zip(&exact).map(|(found, exact)| (found - exact).abs());
    let largest = errors.fold(0.0, f64::max);
    assert!(largest > 0.0 && largest <= summary.error_bound, "{largest} {}", summary.error_bound);
}

/// Operations of a run in full and by the proxies chosen, counted here from the book alone.
fn counts(plan: &Plan, book: &Compiled, chosen: &Valuation) -> Option<(f64, f64)> {
    let Valuation::Proxied(proxied) = chosen else { return None };
    let (node, paths) = (plan.model.grid.node_count() - 1, plan.scenario.simulation.paths as f64);
    let (full, by_proxy) = (book.engine.book(), proxied.engine.book());
    let in_full = full.option_cost(node) + full.settlement_cost();
    let a_path = by_proxy.proxied_cost(node) + by_proxy.settlement_cost();
    Some((paths * in_full, paths * a_path))
}

/// Books of one to all options of the desk, short and long runs: proxies are chosen only where
/// they take fewer operations, for long runs of many options they are.
#[test]
fn proxies_are_chosen_only_where_the_count_says_that_they_are_faster() {
    let mut chosen = Vec::new();
    for paths in [5_000, 10_000, 40_000, 1_000_000] {
        for share in [1, 4, 40] {
            let mut plan = desk();
            plan.scenario.simulation.paths = paths;
            plan.scenario.simulation.revaluation = crate::scenario::Revaluation::Auto;
            thin_out(&mut plan, share);
            let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect()).unwrap();
            let found = counts(&plan, &book, &Valuation::choose(&plan, &book));
            if let Some((in_full, by_proxy)) = found {
                assert!(by_proxy < in_full, "{paths} paths, one option in {share}");
                assert!(paths >= 10_000, "{paths} paths");
            }
            chosen.push(((paths, share), found.is_some()));
        }
    }
    assert!(chosen.iter().any(|one| !one.1), "{chosen:?}");
}

/// Keeps one option in `share`.
fn thin_out(plan: &mut Plan, share: usize) {
    let mut options = 0;
    plan.portfolio.positions.retain(|position| {
        let option = matches!(position.instrument, crate::portfolio::Instrument::Option { .. });
        options += usize::from(option);
        !option || options % share == 0
    });
}
