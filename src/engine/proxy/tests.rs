use std::path::Path;

use super::choice::Valuation;
use super::settle::{first_pass, settled};
use crate::document::Confinement;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::{LoadOptions, Overrides, Plan, load, pass};
use crate::numeric::isa::InstructionSet;
use crate::pricing::Interpolation;

const PATHS: u64 = 6_000;

fn desk() -> Plan {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk/scenario.toml");
    let overrides = Overrides { paths: Some(PATHS), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"));
    // What a policy makes of the losses is not asked.
    Plan { policy: None, ..plan }
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
