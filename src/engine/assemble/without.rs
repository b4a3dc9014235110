//! The same paths with and without orders that move prices: what the book's own impact and others'
//! cascades add.
//!
//! Both runs draw the first paths plainly, whatever the sampling of the run, so that a difference is
//! a mean over independent paths; pegs break on the same ones in both.

use rayon::prelude::*;

use super::Found;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Interrupted, Stage};
use crate::engine::plan::Plan;
use crate::outcome::{Compared, WithAndWithout};
use crate::risk::{self, PathWeights, RiskError, SampleDesign};
use crate::units::ConfidenceLevel;

/// Paths walked twice.
const PATHS_MAX: u64 = 10_000;

/// What is compared, `[path]`.
struct Walked {
    losses: Vec<f64>,
    /// 1 where any account was liquidated.
    liquidated: Vec<f64>,
    /// Of liquidations, in USD.
    costs: Vec<f64>,
}

/// Losses of a block, and for each path whether any account was liquidated and at what cost.
type OfBlock = (Vec<f64>, Vec<(f64, f64)>);

/// Both runs; `None` where orders move nothing.
pub(super) fn with_and_without(
    found: &Found,
    control: &Control,
) -> Result<Option<WithAndWithout>, EngineError> {
    let displacement = found.book.engine.displacement();
    if displacement.is_none_or(|one| one.symbols().next().is_none()) {
        return Ok(None);
    }
    let mut plan = found.plan.plainly();
    let paths = plan.scenario.simulation.paths.min(PATHS_MAX);
    let with = walk(&plan, found, paths, control)?;
    plan.scenario.events.cascade = None;
    let without = walk(&plan, found, paths, control)?;
    let level = plan.scenario.measures.contribution_level;
    Ok(Some(WithAndWithout {
        paths,
        level: level.get(),
        expected_shortfall: shortfalls(&with.losses, &without.losses, level)?,
        liquidation_probability: means(&with.liquidated, &without.liquidated),
        liquidation_cost: means(&with.costs, &without.costs),
    }))
}

fn walk(plan: &Plan, found: &Found, paths: u64, control: &Control) -> Result<Walked, EngineError> {
    let setting = &found.book.setting;
    let book = Compiled::on(plan, setting.portfolio, setting.market, setting.model, setting.isa)?;
    let ids: Vec<u64> = (0..paths).collect();
    let blocks = ids.par_chunks(book.engine.block_paths());
    let walked = blocks.map(|ids| {
        control.check()?;
        let mut workspace = book.engine.workspace(ids.len());
        book.engine.walk(&mut workspace, ids);
        let mut losses = vec![0.0; ids.len()];
        book.ledger.losses(&workspace, &mut losses);
        let mut costs = vec![0.0; setting.portfolio.accounts.len()];
        let of_path = |place: usize| {
            costs.fill(0.0);
            book.engine.add_costs(&workspace, place, &mut costs);
            let cost: f64 = costs.iter().sum();
            let liquidated = book.engine.is_liquidated(&workspace, place);
            (f64::from(u8::from(liquidated)), cost)
        };
        let closed: Vec<(f64, f64)> = (0..ids.len()).map(of_path).collect();
        control.advanced(Stage::Threshold, ids.len() as u64, 2 * paths);
        Ok((losses, closed))
    });
    let walked: Vec<OfBlock> = walked.collect::<Result<_, Interrupted>>()?;
    let (losses, closed): (Vec<_>, Vec<_>) = walked.into_iter().unzip();
    let (liquidated, costs) = closed.into_iter().flatten().unzip();
    Ok(Walked { losses: losses.concat(), liquidated, costs })
}

pub(super) fn means(with: &[f64], without: &[f64]) -> Compared {
    let count = with.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let differences = with.iter().zip(without).map(|(with, without)| with - without);
    let standard_error = error_of_mean(differences);
    let (with, without) = (mean(with), mean(without));
    Compared { with, without, difference: with - without, standard_error }
}

/// ES of both; a path's influence on it is `(L − VaR)⁺/(1 − α)` to first order.
pub(super) fn shortfalls(
    with: &[f64],
    without: &[f64],
    level: ConfidenceLevel,
) -> Result<Compared, RiskError> {
    let (found, found_without) = (shortfall(with, level)?, shortfall(without, level)?);
    let influence = |loss: f64, value_at_risk: f64| (loss - value_at_risk).max(0.0) / level.tail();
    let (quantile, quantile_without) = (quantile(with, level), quantile(without, level));
    let differences = with
        .iter()
        .zip(without)
        .map(|(with, without)| influence(*with, quantile) - influence(*without, quantile_without));
    Ok(Compared {
        with: found,
        without: found_without,
        difference: found - found_without,
        standard_error: error_of_mean(differences),
    })
}

fn shortfall(losses: &[f64], level: ConfidenceLevel) -> Result<f64, RiskError> {
    let design = SampleDesign { unit: risk::Unit::Path, control_means: Vec::new() };
    let weights = PathWeights::new(losses.len(), &[], &[], &design)?;
    Ok(risk::tail_mean(losses, &weights, level)?.expected_shortfall)
}

/// `L_(⌈nα⌉)`.
pub(super) fn quantile(losses: &[f64], level: ConfidenceLevel) -> f64 {
    let mut losses = losses.to_vec();
    let rank = (losses.len() as f64 * level.get()).ceil() as usize;
    let index = rank.clamp(1, losses.len()) - 1;
    *losses.select_nth_unstable_by(index, f64::total_cmp).1
}

pub(super) fn error_of_mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
    (squares / (count * (count - 1.0).max(1.0))).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differences of 1 on one path in ten: mean 0.1, error √(0.09/9)/√10… of ten values.
    #[test]
    fn a_difference_has_the_error_of_its_mean() {
        let without = [0.0; 10];
        let mut with = without;
        with[3] = 1.0;
        let found = means(&with, &without);
        assert_eq!((found.with, found.without, found.difference), (0.1, 0.0, 0.1));
        approx::assert_relative_eq!(found.standard_error, (0.9_f64 / 90.0).sqrt());
    }

    /// Losses that differ by a constant differ in ES by it, with the error of the tail's weight
    /// alone; equal losses differ by nothing.
    #[test]
    fn equal_losses_differ_by_nothing() {
        let losses: Vec<f64> = (0..400).map(|index| f64::from(index * 7 % 400)).collect();
        let level = ConfidenceLevel::new(0.95).unwrap();
        let same = shortfalls(&losses, &losses, level).unwrap();
        assert_eq!((same.difference, same.standard_error), (0.0, 0.0));
        // The mean of 380 … 399.
        approx::assert_relative_eq!(same.with, 389.5, max_relative = 1e-12);
        let double: Vec<f64> = losses.iter().map(|loss| 2.0 * loss).collect();
        let found = shortfalls(&double, &losses, level).unwrap();
        approx::assert_relative_eq!(found.difference, 389.5, max_relative = 1e-12);
        assert!(found.standard_error > 0.0);
    }
}
