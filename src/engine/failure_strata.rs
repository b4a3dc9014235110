//! How failures of venues are drawn: as often as hazards say, or in strata that a scenario asks for.

use super::extended::KEPT_PATHS_MAX;
use super::load::Inputs;
use super::pilot;
use super::plan::Plan;
use crate::document::{Violation, ViolationCollector};
use crate::margin::failure::{ClockTilt, FailureStrata};
use crate::risk::{SampleDesign, Unit};
use crate::scenario::{FailureSampling, SamplingMethod};
use crate::units::grouped;

/// The strata of `plan`, with what a reader should know of them, or the fault at its place.
pub(super) fn choose(plan: &mut Plan, inputs: &Inputs, collector: &mut ViolationCollector) {
    let settings = plan.scenario.simulation.sampling;
    if settings.failures == FailureSampling::Plain || collector.count() > 0 {
        return;
    }
    let Plan { model, scenario, portfolio, hazards, .. } = &*plan;
    let tilts = match pilot::tilts(model, scenario, portfolio, hazards, settings.failure_share) {
        Ok(tilts) => tilts,
        Err(error) => {
            return collector.add(Violation::new(place(inputs, "market"), error.to_string()));
        }
    };
    if tilts.is_empty() {
        return;
    }
    match strata(plan, &tilts) {
        Ok(found) => {
            plan.fit.notes.push(describe(plan, &found));
            plan.hazards.strata = Some(found);
        }
        Err(fault) => collector.add(fault.at(inputs)),
    }
}

/// A fault of a setting of the simulation.
struct Fault {
    key: &'static str,
    title: String,
    expected: String,
}

impl Fault {
    fn at(self, inputs: &Inputs) -> Violation {
        let place = place(inputs, &format!("simulation.{}", self.key));
        Violation::new(place, self.title).expected(self.expected)
    }
}

fn place(inputs: &Inputs, path: &str) -> crate::document::Place {
    inputs.scenario_places.places.at(path)
}

/// Strata of failures need paths that are independent but for them, whole rounds, every path, and
/// one at least for each venue.
fn strata(plan: &Plan, tilts: &[(usize, ClockTilt)]) -> Result<FailureStrata, Fault> {
    let settings = &plan.scenario.simulation;
    let strata = settings.sampling.strata;
    let method = settings.sampling.method;
    if !matches!(method, SamplingMethod::Plain | SamplingMethod::Importance) {
        let name = serde_json::to_string(&method).unwrap_or_default();
        let title =
            format!("failures are stratified on independent paths, not under `sampling` {name}");
        let expected =
            "`sampling` \"plain\" or \"importance\", or `failures = \"plain\"`".to_owned();
        return Err(Fault { key: "failures", title, expected });
    }
    if tilts.len() > strata as usize {
        let title = format!("{strata} strata are shared out over {} venues", tilts.len());
        let expected = format!("at least {}, one a venue that may fail", tilts.len());
        return Err(Fault { key: "strata", title, expected });
    }
    let to_precision = settings.precision.map(|_| ("paths_max", settings.paths_max));
    for (key, paths) in [("paths", settings.paths)].into_iter().chain(to_precision) {
        check_paths(key, paths, u64::from(strata))?;
    }
    Ok(FailureStrata::evenly(strata, tilts))
}

fn check_paths(key: &'static str, paths: u64, unit: u64) -> Result<(), Fault> {
    if paths > KEPT_PATHS_MAX {
        let title = format!("strata of failures keep every path: {paths} paths");
        return Err(Fault { key, title, expected: format!("at most {KEPT_PATHS_MAX}") });
    }
    if !paths.is_multiple_of(unit) {
        let title = format!("{paths} paths are not a multiple of {unit}, the strata of failures");
        let expected = format!("a multiple of {unit}, e.g. {}", paths.next_multiple_of(unit));
        return Err(Fault { key, title, expected });
    }
    Ok(())
}

fn describe(plan: &Plan, strata: &FailureStrata) -> String {
    let venue = |index: usize| plan.portfolio.venues[index].name.as_str();
    let names: Vec<&str> = strata.venues.iter().map(|one| venue(one.venue)).collect();
    format!(
        "failures of {} drawn on about {} % of the paths: {} strata of their exponential clocks under a \
         defensive mixture, weighted by likelihood ratio, {} at most",
        names.join(", "),
        grouped(100.0 * plan.scenario.simulation.sampling.failure_share, 0),
        strata.strata,
        grouped(strata.weight_bound(), 2)
    )
}

/// `drawn`, the design of the factors, with rounds of strata of failures where there are any.
pub(super) fn design(strata: Option<&FailureStrata>, drawn: SampleDesign) -> SampleDesign {
    match strata {
        Some(strata) => {
            SampleDesign { unit: Unit::Round { paths: strata.strata as usize }, ..drawn }
        }
        None => drawn,
    }
}
