//! A loss distribution around a shock: paths drawn given where the named factors end.

use super::resolve::stated;
use crate::document::{Violation, ViolationCollector};
use crate::engine::load::Inputs;
use crate::engine::plan::Plan;
use crate::scenario::{Revaluation, SamplingMethod, ShockSettings};
use crate::simulation::conditional::{Conditioning, conditional_sampling};
use crate::simulation::replay::today;

/// Makes the plan's paths end where the shock says, with a note of how far out that is.
pub(in crate::engine) fn condition(
    plan: &mut Plan,
    inputs: &Inputs,
    settings: &ShockSettings,
    collector: &mut ViolationCollector,
) {
    let places = &inputs.scenario_places.places;
    let simulation = &mut plan.scenario.simulation;
    if simulation.sampling.method != SamplingMethod::Plain {
        let title = "sampling other than plain, of paths given where factors end";
        let fault = Violation::new(places.at("simulation.sampling"), title);
        collector.add(fault.expected("`plain`"));
    }
    match simulation.revaluation {
        // Proxies are fitted to where the unconditional model goes.
        Revaluation::Auto => simulation.revaluation = Revaluation::Full,
        Revaluation::Proxy => {
            let title = "proxies, of paths given where factors end";
            let fault = Violation::new(places.at("simulation.revaluation"), title);
            collector.add(fault.expected("`full`, `delta` or `delta-gamma`"));
        }
        _ => {}
    }
    let keys: Vec<_> = plan.model.factors.iter().map(|factor| factor.key.clone()).collect();
    let before: Vec<(f64, f64)> = keys.iter().map(today).collect();
    let leg = &settings.legs[0];
    let named = stated(inputs, (settings, 0, leg), &keys, &before);
    let Some(named) = collector.absorb(named) else { return };
    let named: Vec<(usize, f64)> = named
        .iter()
        .enumerate()
        .filter_map(|(factor, after)| Some((factor, (*after)?.0)))
        .collect();
    match conditional_sampling(&plan.model, &named) {
        Ok(sampling) => {
            plan.fit.notes.push(note(plan, &named));
            plan.sampling = sampling;
        }
        Err(error) => {
            let fault = Violation::new(places.at("shock"), error.to_string());
            collector.add(fault.help("or `result = \"path\"`: one path of conditional medians"));
        }
    }
}

fn note(plan: &Plan, named: &[(usize, f64)]) -> String {
    let names: Vec<String> =
        named.iter().map(|(factor, _)| plan.model.factors[*factor].key.to_string()).collect();
    let factors: Vec<usize> = named.iter().map(|(factor, _)| *factor).collect();
    let moves: Vec<f64> = named.iter().map(|(_, change)| *change).collect();
    let horizon = plan.model.grid.horizon();
    let far = Conditioning::new(&plan.model, &factors)
        .map_or(0.0, |known| known.distance_squared(&moves, horizon).sqrt());
    format!(
        "every figure is conditional: paths are drawn from the law of the model given that {} end \
         where the shock says, {far:.1} standard deviations out over the horizon",
        names.join(", ")
    )
}
