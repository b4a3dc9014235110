//! What happened inside paths, as figures.

use super::Found;
use crate::engine::amounts::AmountTally;
use crate::engine::events::EventTally;
use crate::outcome::{EventProbability, PathEvents, TailAmount};
use crate::risk::{self, RiskError};

/// What happened to any account; `None` where the general stage was not used, or paths do not all
/// count the same.
pub(super) fn of_book(found: &Found) -> Result<Option<PathEvents>, RiskError> {
    let happened = !found.part.events.accounts.is_empty() && found.sample.weights().are_plain();
    happened.then(|| events(found, &found.part.events.book)).transpose()
}

/// What happened to one account.
pub(super) fn of_account(found: &Found, account: usize) -> Result<Option<PathEvents>, RiskError> {
    let accounts = &found.part.events.accounts;
    let tally = accounts.iter().find(|(index, _)| *index == account);
    let tally = tally.filter(|_| found.sample.weights().are_plain());
    tally.map(|(_, tally)| events(found, tally)).transpose()
}

fn events(found: &Found, tally: &EventTally) -> Result<PathEvents, RiskError> {
    let paths = found.part.losses.len() as u64;
    let probability = |count: u64| {
        let share = risk::share_of_paths(count, paths)?;
        let (probability, interval_95) = (share.probability, share.interval_95);
        Ok(EventProbability { probability, interval_95 })
    };
    let amount = |tally: &AmountTally| amount(found, tally);
    let nodes = &found.plan.model.grid.nodes;
    let times = tally.liquidated.iter().zip(nodes);
    let total: f64 = times.map(|(&count, node)| count as f64 * node.get()).sum();
    let liquidated = tally.liquidated_paths();
    Ok(PathEvents {
        margin_call: probability(tally.called)?,
        stop: probability(tally.stopped)?,
        liquidation: probability(liquidated)?,
        liquidation_at_steps_alone: tally.liquidated_at_nodes_alone.map(probability).transpose()?,
        mean_time_to_liquidation_years: (liquidated > 0).then(|| total / liquidated as f64),
        liquidated_notional: amount(&tally.notional),
        cost: amount(&tally.cost),
        bad_debt: amount(&tally.bad_debt),
    })
}

/// Mean and tail mean of amounts, one a path.
pub(super) fn amount(found: &Found, tally: &AmountTally) -> TailAmount {
    let paths = found.part.losses.len() as u64;
    let level = found.plan.scenario.measures.contribution_level.get();
    let largest = tally.largest_mean(paths, 1.0 - level);
    TailAmount {
        mean: tally.sum() / paths as f64,
        level,
        expected_shortfall: largest.mean,
        standard_error: largest.standard_error,
        probability: tally.count() as f64 / paths as f64,
    }
}
