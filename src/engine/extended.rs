//! Runs of more paths than are kept: the loss distribution of all of them, a range at a time.
//!
//! The first [`KEPT_PATHS_MAX`] paths are a run of their own, with everything a run finds. The rest
//! add to VaR, ES and the loss distribution only: of their losses the tail's order statistics are
//! kept, sums and a histogram, so that memory does not grow with the number of paths.

use rayon::prelude::*;

use super::EngineError;
use super::assemble::{self, WholeSample};
use super::compiled::Compiled;
use super::control::{Control, PartOf, Stage};
use super::pass;
use super::plan::Plan;
use crate::outcome::{Measures, Outcome};
use crate::risk::{Needs, RiskError, TailSummary, TailWindows};
use crate::units::grouped;

/// Most paths of which every loss is kept.
pub const KEPT_PATHS_MAX: u64 = 10_000_000;
/// Paths simulated at a time beyond those kept.
const RANGE_PATHS: u64 = 1 << 20;

/// Paths of the plan that are kept.
pub(super) fn kept_paths(plan: &Plan) -> u64 {
    plan.scenario.simulation.paths.min(KEPT_PATHS_MAX)
}

/// The plan of the paths that are kept.
pub(super) fn kept(plan: &Plan) -> Plan {
    let mut kept = plan.clone();
    kept.scenario.simulation.paths = kept_paths(plan);
    kept
}

/// Turns the outcome of the kept paths, whose losses are `first`, into that of all of the plan's.
pub(super) fn extend(
    plan: &Plan,
    book: &Compiled,
    first: &[f64],
    outcome: &mut Outcome,
    control: &Control,
) -> Result<(), EngineError> {
    let capital = outcome.threshold.as_ref().map(|threshold| threshold.capital);
    outcome.measures = measures(plan, book, first, capital, control)?;
    outcome.paths = plan.scenario.simulation.paths;
    outcome.model.notes.push(format!(
        "VaR, ES, mean, deviation, tail index and histogram rest on all {} paths; contributions, \
         worst paths, liquidations, incremental figures and the threshold on the first {}",
        grouped(outcome.paths as f64, 0),
        grouped(first.len() as f64, 0)
    ));
    Ok(())
}

fn measures(
    plan: &Plan,
    book: &Compiled,
    first: &[f64],
    capital: Option<f64>,
    control: &Control,
) -> Result<Measures, EngineError> {
    let paths = plan.scenario.simulation.paths;
    let levels = &plan.scenario.measures.levels;
    let needs = Needs { levels, worst_paths: plan.scenario.measures.worst_paths };
    // The kept losses tell where the quantiles of all will lie.
    let windows = TailWindows::new(first, paths, &needs)?;
    let mut summaries = Summaries::new(&windows, capital);
    summaries.push(0, first)?;
    let mut from = first.len() as u64;
    let rest = PartOf { whole: *control, total: paths - from };
    let control = &control.telling(&rest);
    while from < paths {
        let range = from..paths.min(from + RANGE_PATHS);
        let (engine, ledger) = (&book.engine, &book.ledger);
        let part = pass::losses(engine, ledger, range.clone(), 0, control, Stage::Losses)?;
        summaries.push(from, &part.losses)?;
        from = range.end;
    }
    let (summary, hits) = summaries.merged()?;
    let figures = summary.finish()?;
    let whole = WholeSample { figures, capital, beyond_capital: hits };
    Ok(assemble::measures_of_all(&whole)?)
}

/// One summary a thread: they merge to the same bits however losses were shared among them.
struct Summaries {
    parts: Vec<(TailSummary, u64)>,
    capital: Option<f64>,
}

impl Summaries {
    fn new(windows: &TailWindows, capital: Option<f64>) -> Self {
        let part = (TailSummary::new(windows), 0);
        Self { parts: vec![part; rayon::current_num_threads()], capital }
    }

    /// Takes in the losses of consecutive paths from `first_path` on.
    fn push(&mut self, first_path: u64, losses: &[f64]) -> Result<(), RiskError> {
        let share = losses.len().div_ceil(self.parts.len()).max(1);
        let capital = self.capital.unwrap_or(f64::INFINITY);
        let shares = losses.par_chunks(share).enumerate().zip(&mut self.parts);
        shares.try_for_each(|((index, losses), (summary, beyond_capital))| {
            *beyond_capital += losses.iter().filter(|loss| **loss > capital).count() as u64;
            summary.push(first_path + (index * share) as u64, losses)
        })
    }

    /// The summary of all losses, and how many are beyond capital.
    fn merged(self) -> Result<(TailSummary, u64), RiskError> {
        let mut parts = self.parts.into_iter();
        let (mut summary, mut beyond_capital) = parts.next().ok_or(RiskError::Empty)?;
        for (part, beyond) in parts {
            summary.merge(part)?;
            beyond_capital += beyond;
        }
        Ok((summary, beyond_capital))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::Confinement;
    use crate::engine::{LoadOptions, Overrides, load};
    use crate::numeric::isa::InstructionSet;

    const FIRST: u64 = 60_000;

    fn plan(paths: u64) -> Plan {
        let scenario =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/minimal/scenario.toml");
        let overrides = Overrides { paths: Some(paths), ..Overrides::default() };
        let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
        Plan::build(&load(&scenario, &options).unwrap()).unwrap()
    }

    /// What is kept of the paths after the first gives the figures of all of them.
    #[test]
    fn figures_of_paths_not_kept_are_those_of_the_whole_sample() {
        let plan = plan(300_000);
        let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect()).unwrap();
        let control = Control::none();
        let losses = |range| {
            let (engine, ledger) = (&book.engine, &book.ledger);
            pass::losses(engine, ledger, range, 0, &control, Stage::Losses).unwrap()
        };
        let first = losses(0..FIRST);
        let found = measures(&plan, &book, &first.losses, Some(3_000.0), &control).unwrap();
        let whole = losses(0..300_000);
        let expected = assemble::measures(&plan, &whole).unwrap();
        for (found, expected) in found.value_at_risk.iter().zip(&expected.value_at_risk) {
            assert_eq!(found, expected);
        }
        for (found, expected) in found.expected_shortfall.iter().zip(&expected.expected_shortfall) {
            approx::assert_relative_eq!(found.loss, expected.loss, max_relative = 1e-11);
        }
        assert_eq!(found.maximum_loss, expected.maximum_loss);
        approx::assert_relative_eq!(found.mean_loss, expected.mean_loss, max_relative = 1e-8);
        let beyond = whole.losses.iter().filter(|loss| **loss > 3_000.0).count();
        let told = found.loss_beyond_capital.as_ref().unwrap().probability;
        assert_eq!(told, beyond as f64 / 300_000.0);
        assert!(beyond > 0);
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let again =
            alone.install(|| measures(&plan, &book, &first.losses, Some(3_000.0), &control));
        assert_eq!(again.unwrap(), found, "however many threads summed");
        let counted: u64 = found.histogram.bins.iter().map(|bin| bin.count).sum();
        assert_eq!(counted, 300_000);
    }
}
