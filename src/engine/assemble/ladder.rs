//! The policy's breach ladder inside paths: the same paths with it and without.
//!
//! The threshold is that of the run, in which nothing acts on it: a ladder does not lower its own
//! trigger. Then the first paths are walked twice, drawn plainly whatever the sampling of the run,
//! by the same stage: once with a ladder that has no rungs, once with the policy's. Paths on which
//! nothing is due are the same to the bit.

use rayon::prelude::*;

use super::Found;
use super::without::{error_of_mean, means, quantile, shortfalls};
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Interrupted, Stage};
use crate::margin::{LadderRecord, RungRecord};
use crate::outcome::{
    BreachLadder, BreachRung, Compared, EventProbability, LadderMeasures, Outcomes, StateShare,
    Threshold,
};
use crate::risk::{self, KernelWeights, RiskError};
use crate::threshold::{self, DeskLadder, DeskRungs, LadderState, Policy};
use crate::units::ConfidenceLevel;

/// How utilisation is found inside paths.
const REMARK: &str = "Inside paths the potential loss is today's, without the ladder, times gross \
    notional over today's; capital is today's less the loss so far; the condition multiplier stays \
    as today.";

/// What is compared, `[path]`.
#[derive(Default)]
struct Walked {
    losses: Vec<f64>,
    /// 1 where any account was liquidated.
    liquidated: Vec<f64>,
    /// Owed to venues, in USD.
    bad_debts: Vec<f64>,
    records: Vec<LadderRecord>,
    gross_notional: f64,
}

/// One path of it.
type OfPath = (f64, f64, f64, LadderRecord);

/// `None` where the scenario does not ask for it, or the policy has no ladder.
pub(super) fn breach_ladder(
    found: &Found,
    threshold: Option<&Threshold>,
    control: &Control,
) -> Result<Option<BreachLadder>, EngineError> {
    let Some(settings) = found.plan.scenario.events.breach_ladder else { return Ok(None) };
    let Some((policy, threshold)) = found.plan.policy.as_ref().zip(threshold) else {
        return Ok(None);
    };
    let Some(ladder) = compiled(policy, threshold) else { return Ok(None) };
    let paths = found.plan.scenario.simulation.paths.min(settings.paths);
    let none = DeskRungs::new(Vec::new(), 0.0).expect("no rungs climb");
    let bare = DeskLadder { rungs: none, ..ladder.clone() };
    let with = walk(found, &ladder, paths, control)?;
    let without = walk(found, &bare, paths, control)?;
    told(found, (threshold, &ladder), &with, &without).map(Some).map_err(EngineError::from)
}

/// The ladder with the figures of today's threshold.
fn compiled(policy: &Policy, threshold: &Threshold) -> Option<DeskLadder> {
    let Threshold { potential_loss, capital, share_of_capital, .. } = threshold;
    threshold::desk_ladder(policy, (*potential_loss, *capital, *share_of_capital))
}

fn walk(
    found: &Found,
    ladder: &DeskLadder,
    paths: u64,
    control: &Control,
) -> Result<Walked, EngineError> {
    let plan = found.plan.plainly();
    let setting = &found.book.setting;
    let book = Compiled::on(&plan, setting.portfolio, setting.market, setting.model, setting.isa)?;
    let Compiled { setting, engine, ledger, .. } = book;
    let engine = engine.with_ladder(&setting, ladder)?;
    let ids: Vec<u64> = (0..paths).collect();
    let walked = ids.par_chunks(engine.block_paths()).map(|ids| {
        control.check()?;
        let mut workspace = engine.workspace(ids.len());
        engine.walk(&mut workspace, ids);
        let mut losses = vec![0.0; ids.len()];
        ledger.losses(&workspace, &mut losses);
        let of_path = |(place, loss): (usize, f64)| {
            let liquidated = f64::from(u8::from(engine.is_liquidated(&workspace, place)));
            let record = engine.ladder_record(&workspace, place).unwrap_or_default();
            (loss, liquidated, engine.bad_debt(&workspace, place), record)
        };
        control.advanced(Stage::Threshold, ids.len() as u64, 2 * paths);
        Ok(losses.into_iter().enumerate().map(of_path).collect())
    });
    let walked: Vec<Vec<OfPath>> = walked.collect::<Result<_, Interrupted>>()?;
    let stage = engine.event_stage().map(|events| events.stage());
    let gross_notional = stage.and_then(|stage| stage.gross_notional()).unwrap_or(0.0);
    let mut all = Walked { gross_notional, ..Walked::default() };
    for (loss, liquidated, bad_debt, record) in walked.into_iter().flatten() {
        all.losses.push(loss);
        all.liquidated.push(liquidated);
        all.bad_debts.push(bad_debt);
        all.records.push(record);
    }
    Ok(all)
}

fn told(
    found: &Found,
    (threshold, ladder): (&Threshold, &DeskLadder),
    with: &Walked,
    without: &Walked,
) -> Result<BreachLadder, RiskError> {
    let levels = &found.plan.scenario.measures.levels;
    let measures = levels.iter().map(|level| measured(&with.losses, &without.losses, *level));
    let records = &with.records;
    let sold = |record: &LadderRecord| record.rungs.iter().any(|rung| rung.notional > 0.0);
    Ok(BreachLadder {
        paths: with.losses.len() as u64,
        utilisation: threshold.utilisation,
        potential_loss: threshold.potential_loss,
        threshold: threshold.threshold,
        gross_notional: with.gross_notional,
        target_utilisation: ladder.target_utilisation,
        measures: measures.collect::<Result<_, _>>()?,
        mean_loss: means(&with.losses, &without.losses),
        liquidation_probability: means(&with.liquidated, &without.liquidated),
        bad_debt: means(&with.bad_debts, &without.bad_debts),
        rungs: rungs(ladder, records)?,
        states: states(ladder, records),
        acted: share(records, sold)?,
        lost_less: outcomes(&without.losses, &with.losses)?,
        lost_more: outcomes(&with.losses, &without.losses)?,
        refused: share(records, |record| record.refused > 0)?,
        remark: REMARK.to_owned(),
    })
}

fn measured(
    with: &[f64],
    without: &[f64],
    level: ConfidenceLevel,
) -> Result<LadderMeasures, RiskError> {
    Ok(LadderMeasures {
        level: level.get(),
        value_at_risk: values_at_risk(with, without, level),
        expected_shortfall: shortfalls(with, without, level)?,
    })
}

/// VaR of both; a path's influence on it is `(1{L > VaR} − (1 − α))/f` to first order, with the
/// density f at VaR from the losses of ranks on each side of it (Bloch & Gastwirth 1968).
fn values_at_risk(with: &[f64], without: &[f64], level: ConfidenceLevel) -> Compared {
    let influence = |losses: &[f64]| {
        let (at, over_density) = (quantile(losses, level), over_density(losses, level));
        move |loss: f64| (f64::from(u8::from(loss > at)) - level.tail()) * over_density
    };
    let (of, of_without) = (influence(with), influence(without));
    let pairs = with.iter().zip(without);
    let differences = pairs.map(|(with, without)| of(*with) - of_without(*without));
    let (found, found_without) = (quantile(with, level), quantile(without, level));
    Compared {
        with: found,
        without: found_without,
        difference: found - found_without,
        standard_error: error_of_mean(differences),
    }
}

/// One over the density of losses at VaR: n times the distance of two order statistics over that of
/// their ranks.
fn over_density(losses: &[f64], level: ConfidenceLevel) -> f64 {
    let count = losses.len();
    let rank = ((count as f64 * level.get()).ceil() as usize).clamp(1, count);
    let half_width = KernelWeights::half_width(count, level).max(1);
    let (low, high) = (rank.saturating_sub(half_width).max(1), (rank + half_width).min(count));
    if high <= low {
        return 0.0;
    }
    let mut losses = losses.to_vec();
    let above = *losses.select_nth_unstable_by(high - 1, f64::total_cmp).1;
    let below = *losses.select_nth_unstable_by(low - 1, f64::total_cmp).1;
    count as f64 * (above - below) / (high - low) as f64
}

fn share(
    records: &[LadderRecord],
    holds: impl Fn(&LadderRecord) -> bool,
) -> Result<EventProbability, RiskError> {
    let hits = records.iter().filter(|record| holds(record)).count();
    probability(hits, records.len())
}

fn probability(hits: usize, count: usize) -> Result<EventProbability, RiskError> {
    let found = risk::share_of_paths(hits as u64, count as u64)?;
    Ok(EventProbability { probability: found.probability, interval_95: found.interval_95 })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    (count > 0.0).then(|| sum / count)
}

fn rungs(ladder: &DeskLadder, records: &[LadderRecord]) -> Result<Vec<BreachRung>, RiskError> {
    let actions = ladder.rungs.rungs().iter().enumerate();
    let told = |(index, rung): (usize, &threshold::DeskRung)| {
        let own = |of: fn(&RungRecord) -> Option<f64>| {
            records.iter().filter_map(move |record| of(&record.rungs[index]))
        };
        let all = |of: fn(&RungRecord) -> f64| {
            mean(records.iter().map(|record| of(&record.rungs[index]))).unwrap_or(0.0)
        };
        Ok(BreachRung {
            utilisation: rung.utilisation,
            action: rung.action.name().to_owned(),
            delay_years: rung.delay,
            cost_rate: rung.cost_rate,
            reached: share(records, |record| record.rungs[index].reached.is_some())?,
            mean_time_years: mean(own(|one| one.reached)),
            acted: share(records, |record| record.rungs[index].acted.is_some())?,
            mean_time_to_action_years: mean(own(|one| one.acted)),
            mean_notional: all(|one| one.notional),
            mean_cost: all(|one| one.cost),
        })
    };
    actions.map(told).collect()
}

fn states(ladder: &DeskLadder, records: &[LadderRecord]) -> Vec<StateShare> {
    let count = records.len() as f64;
    let share = |state: LadderState| {
        let paths = records.iter().filter(|record| record.state(ladder) == state).count();
        StateShare { state: state.name().to_owned(), share: paths as f64 / count }
    };
    LadderState::ALL.into_iter().map(share).collect()
}

/// Paths that lose more by `more` than by `less`, and by how much.
fn outcomes(more: &[f64], less: &[f64]) -> Result<Outcomes, RiskError> {
    let differences = || {
        let pairs = more.iter().zip(less);
        pairs.map(|(more, less)| more - less).filter(|difference| *difference > 0.0)
    };
    let probability = probability(differences().count(), more.len())?;
    Ok(Outcomes { probability, mean: mean(differences()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Losses 1 … 1000: their density is 1/1000, so that one over it is 1000 whatever the ranks; a
    /// common shift moves VaR by itself, without error.
    #[test]
    fn a_quantile_has_the_error_of_its_density() {
        let losses: Vec<f64> = (0..1_000).map(|index| f64::from(index * 7 % 1_000 + 1)).collect();
        let level = ConfidenceLevel::new(0.95).unwrap();
        approx::assert_relative_eq!(over_density(&losses, level), 1_000.0, max_relative = 1e-12);
        let shifted: Vec<f64> = losses.iter().map(|loss| loss - 10.0).collect();
        let found = values_at_risk(&shifted, &losses, level);
        assert_eq!((found.with, found.without, found.difference), (940.0, 950.0, -10.0));
        assert_eq!(found.standard_error, 0.0);
        // Against a constant the error is that of one quantile: √(α(1 − α)/n)/f.
        let constant = values_at_risk(&losses, &[0.0; 1_000], level);
        let expected = (0.95_f64 * 0.05 / 999.0).sqrt() * 1_000.0;
        approx::assert_relative_eq!(constant.standard_error, expected, max_relative = 1e-9);
    }

    #[test]
    fn paths_that_fare_better_are_counted() {
        let found = outcomes(&[3.0, 1.0, 5.0, 0.0], &[1.0, 1.0, 1.0, 2.0]).unwrap();
        assert_eq!((found.probability.probability, found.mean), (0.5, Some(3.0)));
        assert_eq!(outcomes(&[1.0], &[1.0]).unwrap().mean, None);
    }
}
