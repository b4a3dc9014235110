//! Combinations that make no sense of a historical scenario.

use super::limit::stressed;
use crate::document::{Violation, ViolationCollector};
use crate::engine::load::{Inputs, LoadOptions};
use crate::scenario::document::LoadedScenario;

/// Refuses changes from outside that only a simulation acts on.
pub(in crate::engine) fn check_overrides(
    options: &LoadOptions,
    loaded: &LoadedScenario,
    collector: &mut ViolationCollector,
) {
    if !loaded.scenario.is_stated() {
        return;
    }
    let kind = match (&loaded.scenario.historical, &loaded.scenario.grid) {
        (Some(_), _) => "a historical scenario",
        (None, Some(_)) => "a grid",
        (None, None) => "a shock",
    };
    let overrides = &options.overrides;
    let given = [
        ("paths", overrides.paths.is_some()),
        ("precision", overrides.precision.is_some()),
        ("seed", overrides.seed.is_some()),
        ("revaluation", overrides.revaluation.is_some()),
        ("sampling", overrides.sampling.is_some()),
        ("with", options.trades.is_some()),
    ];
    for (name, _) in given.into_iter().filter(|(_, given)| *given) {
        let title = format!("`--{name}` and {kind}");
        let violation = Violation::new(loaded.places.at("kind"), title)
            .expected("no changes of a simulation: nothing is drawn, the book is revalued in full")
            .help(format!("leave `--{name}` out"));
        collector.add(violation);
    }
}

/// A policy that the loss of a replay says nothing about.
pub(in crate::engine) fn check_inputs(inputs: &Inputs, collector: &mut ViolationCollector) {
    let Some(policy) = &inputs.policy else { return };
    if stressed(&policy.policy).is_some() {
        return;
    }
    let title = "the policy asks for no stressed loss, and a stated path is nothing else";
    let violation = Violation::new(policy.document.places.at("term"), title)
        .expected("a term of kind \"stressed_loss\", in whose place its loss stands")
        .help("add the term, or leave `policy` out of this scenario");
    collector.add(violation);
}
