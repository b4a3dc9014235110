//! What happened inside paths, as figures.
//!
//! In a plain sample tallies say it. Where paths are weighted or depend on each other each counts
//! its mass, amounts are samples of their own (zero on most paths), and every figure has the
//! estimator and interval that the losses have.

use super::Found;
use crate::engine::amounts::{AmountTally, RESOLUTION};
use crate::engine::events::{EventTally, Happened, RebalancingTally};
use crate::engine::liquidation::PathClosing;
use crate::engine::thresholds::tail_amount;
use crate::outcome::{
    AmountAtLevel, EventProbability, EventTime, PathEvents, RebalancingEvents, TailAmount,
    TimeQuantile,
};
use crate::risk::{self, LossSample, Needs, RiskError};
use crate::units::ConfidenceLevel;

/// Shares of the paths with an event of which its time is told.
const TIME_LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

/// What happened to any account; `None` where no account can be closed inside paths.
pub(super) fn of_book(found: &Found) -> Result<Option<PathEvents>, RiskError> {
    if found.part.liquidations.is_empty() {
        return Ok(None);
    }
    if found.sample.weights().are_plain() {
        return Ok(Some(Plain { found }.events(&found.part.events.book, None)?));
    }
    Weighted { found, paths: &any(&found.part.closings) }.events(None).map(Some)
}

/// What happened to one account.
pub(super) fn of_account(found: &Found, account: usize) -> Result<Option<PathEvents>, RiskError> {
    if found.sample.weights().are_plain() {
        let tally = found.part.events.accounts.iter().find(|(index, _)| *index == account);
        return tally.map(|(_, tally)| Plain { found }.events(tally, Some(account))).transpose();
    }
    let own = found.part.closings.iter().filter(|one| one.account == account);
    let own: Vec<(usize, Happened)> = own.map(|one| (one.path as usize, one.happened)).collect();
    Weighted { found, paths: &own }.events(Some(account)).map(Some)
}

/// What happened on each path to any account, by path: closings stand by path and account.
fn any(closings: &[PathClosing]) -> Vec<(usize, Happened)> {
    let is_watched_between = closings.iter().any(|one| one.happened.at_nodes_alone.is_some());
    let mut paths: Vec<(usize, Happened)> = Vec::new();
    for closing in closings {
        let path = closing.path as usize;
        if paths.last().is_none_or(|(last, _)| *last != path) {
            paths.push((path, Happened::default()));
        }
        if let Some((_, happened)) = paths.last_mut() {
            happened.add(&closing.happened);
        }
    }
    if !is_watched_between {
        paths.iter_mut().for_each(|(_, happened)| happened.at_nodes_alone = None);
    }
    paths
}

/// Mean, quantiles and tail mean of amounts of a plain sample, one a path.
pub(super) fn amount(found: &Found, tally: &AmountTally) -> TailAmount {
    Plain { found }.amount(tally)
}

/// The same of amounts on paths that count by their mass: positive ones, by path.
pub(super) fn weighted_amount(
    found: &Found,
    on_paths: &[(usize, f64)],
) -> Result<TailAmount, RiskError> {
    let measures = &found.plan.scenario.measures;
    let (levels, weights) = (&measures.levels, found.sample.weights());
    let mut amounts = vec![0.0; found.part.losses.len()];
    on_paths.iter().for_each(|(path, amount)| amounts[*path] = *amount);
    let sample = LossSample::new(&amounts, weights, &Needs { levels, worst_paths: 1 })?;
    let positive = || on_paths.iter().copied().filter(|(_, amount)| *amount > 0.0);
    Ok(tail_amount(&sample, levels, measures.contribution_level, positive))
}

/// Whether margin calls are looked at: the plain stage knows maintenance margins alone.
fn calls_are_seen(found: &Found) -> bool {
    found.book.engine.event_stage().is_some()
}

/// Whether an account, or any, is kept at a leverage.
fn is_kept(found: &Found, account: Option<usize>) -> bool {
    let events = found.book.engine.event_stage();
    let mut kept = events.into_iter().flat_map(|events| events.stage().rebalanced_accounts());
    kept.any(|kept| account.is_none_or(|account| account == kept))
}

/// Figures of a plain sample.
struct Plain<'a> {
    found: &'a Found<'a>,
}

impl Plain<'_> {
    fn events(&self, tally: &EventTally, account: Option<usize>) -> Result<PathEvents, RiskError> {
        let seen = calls_are_seen(self.found);
        let total = |counts: &[u64]| counts.iter().sum::<u64>();
        Ok(PathEvents {
            margin_call: seen.then(|| self.probability(total(&tally.called))).transpose()?,
            time_to_margin_call: self.time(&tally.called),
            stop: self.probability(tally.stopped)?,
            rebalancing: is_kept(self.found, account)
                .then(|| self.rebalancing(&tally.rebalancing))
                .transpose()?,
            liquidation: self.probability(total(&tally.liquidated))?,
            liquidation_at_steps_alone: tally
                .liquidated_at_nodes_alone
                .map(|count| self.probability(count))
                .transpose()?,
            time_to_liquidation: self.time(&tally.liquidated),
            liquidated_notional: self.amount(&tally.notional),
            cost: self.amount(&tally.cost),
            bad_debt: self.amount(&tally.bad_debt),
            estimator: format!(
                "{}; amounts: order statistics and tail means of amounts tallied in bins \
                 {:.1} % wide, which every quantile is within",
                risk::PROBABILITY_ESTIMATOR,
                100.0 * RESOLUTION
            ),
        })
    }

    fn rebalancing(&self, tally: &RebalancingTally) -> Result<RebalancingEvents, RiskError> {
        Ok(RebalancingEvents {
            probability: self.probability(tally.first.iter().sum())?,
            time_to_first: self.time(&tally.first),
            mean_trades: tally.trades as f64 / self.paths() as f64,
            notional: self.amount(&tally.notional),
            cost: self.amount(&tally.cost),
        })
    }

    fn paths(&self) -> u64 {
        self.found.part.losses.len() as u64
    }

    fn probability(&self, count: u64) -> Result<EventProbability, RiskError> {
        let share = risk::share_of_paths(count, self.paths())?;
        let (probability, interval_95) = (share.probability, share.interval_95);
        Ok(EventProbability { probability, interval_95 })
    }

    fn time(&self, counts: &[u64]) -> Option<EventTime> {
        time(self.found, counts.iter().map(|&count| count as f64))
    }

    fn amount(&self, tally: &AmountTally) -> TailAmount {
        let measures = &self.found.plan.scenario.measures;
        let (headline, paths) = (measures.contribution_level, self.paths());
        let at = |level: &ConfidenceLevel| {
            let quantile = tally.quantile(paths, *level);
            let largest = tally.largest_mean(paths, level.tail());
            AmountAtLevel {
                level: level.get(),
                quantile: quantile.amount,
                interval_95: quantile.interval_95,
                expected_shortfall: largest.mean,
                standard_error: largest.standard_error,
            }
        };
        let largest = tally.largest_mean(paths, headline.tail());
        TailAmount {
            mean: tally.sum() / paths as f64,
            level: headline.get(),
            expected_shortfall: largest.mean,
            standard_error: largest.standard_error,
            probability: tally.count() as f64 / paths as f64,
            levels: measures.levels.iter().map(at).collect(),
        }
    }
}

/// Mean and quantiles of the first node, by what the paths of each node count for.
fn time(found: &Found, masses: impl Iterator<Item = f64>) -> Option<EventTime> {
    let nodes = found.plan.model.grid.nodes.iter().map(|node| node.get());
    let nodes: Vec<(f64, f64)> = masses.zip(nodes).collect();
    let total: f64 = nodes.iter().map(|(mass, _)| mass).sum();
    if total <= 0.0 {
        return None;
    }
    let quantile = |level: f64| {
        let mut reached = 0.0;
        let first = nodes.iter().find(|(mass, _)| {
            reached += mass;
            reached >= level * total
        });
        let (_, years) = *first.or(nodes.last())?;
        Some(TimeQuantile { level, years })
    };
    Some(EventTime {
        mean_years: nodes.iter().map(|(mass, years)| mass * years).sum::<f64>() / total,
        quantiles: TIME_LEVELS.into_iter().filter_map(quantile).collect(),
    })
}

/// Figures of paths that count by their mass: what happened on those on which anything did, by
/// path.
struct Weighted<'a> {
    found: &'a Found<'a>,
    paths: &'a [(usize, Happened)],
}

impl Weighted<'_> {
    fn events(&self, account: Option<usize>) -> Result<PathEvents, RiskError> {
        let weights = self.found.sample.weights();
        let seen = calls_are_seen(self.found);
        Ok(PathEvents {
            margin_call: seen.then(|| self.probability(|one| one.called.is_some())),
            time_to_margin_call: self.time(|one| one.called),
            stop: self.probability(|one| one.stopped),
            rebalancing: is_kept(self.found, account).then(|| self.rebalancing()).transpose()?,
            liquidation: self.probability(|one| one.liquidated.is_some()),
            liquidation_at_steps_alone: self
                .is_watched_between()
                .then(|| self.probability(|one| one.at_nodes_alone == Some(true))),
            time_to_liquidation: self.time(|one| one.liquidated),
            liquidated_notional: self.amount(|one| one.notional)?,
            cost: self.amount(|one| one.cost)?,
            bad_debt: self.amount(|one| one.bad_debt)?,
            estimator: format!(
                "{}; quantiles: {}",
                risk::probability_estimator(weights),
                risk::value_at_risk_estimator(weights)
            ),
        })
    }

    fn rebalancing(&self) -> Result<RebalancingEvents, RiskError> {
        let weights = self.found.sample.weights();
        let trades = self
            .paths
            .iter()
            .map(|(path, happened)| weights.mass(*path) * f64::from(happened.rebalancing.trades));
        Ok(RebalancingEvents {
            probability: self.probability(|one| one.rebalancing.first.is_some()),
            time_to_first: self.time(|one| one.rebalancing.first),
            mean_trades: trades.sum::<f64>() / self.found.part.losses.len() as f64,
            notional: self.amount(|one| one.rebalancing.notional)?,
            cost: self.amount(|one| one.rebalancing.cost)?,
        })
    }

    /// Whether any account is; known only where anything happened.
    fn is_watched_between(&self) -> bool {
        self.paths.iter().any(|(_, one)| one.at_nodes_alone.is_some())
    }

    fn probability(&self, hit: impl Fn(&Happened) -> bool + Copy) -> EventProbability {
        let hits = self.paths.iter().filter(move |(_, one)| hit(one)).map(|(path, _)| *path);
        let share = risk::probability_of_paths(self.found.sample.weights(), hits);
        let (probability, interval_95) = (share.probability, share.interval_95);
        EventProbability { probability, interval_95 }
    }

    fn time(&self, node: impl Fn(&Happened) -> Option<u32>) -> Option<EventTime> {
        let weights = self.found.sample.weights();
        let mut masses = vec![0.0; self.found.plan.model.grid.nodes.len()];
        for (path, happened) in self.paths {
            if let Some(node) = node(happened) {
                masses[node as usize] += weights.mass(*path);
            }
        }
        // Control weights of either sign can take the mass of a node below zero.
        time(self.found, masses.into_iter().map(|mass| mass.max(0.0)))
    }

    fn amount(&self, of: impl Fn(&Happened) -> f64) -> Result<TailAmount, RiskError> {
        let amounts = self.paths.iter().map(|(path, happened)| (*path, of(happened)));
        weighted_amount(self.found, &amounts.collect::<Vec<_>>())
    }
}
