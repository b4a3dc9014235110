//! The general event stage on the paths of an engine, and how often what happened.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::EngineError;
use super::amounts::AmountTally;
use super::failures::FailureTallies;
use super::liquidation::{LiquidationTally, PathClosing, cost_units};
use super::path::Setting;
use crate::margin::desk_ladder::DeskLadder;
use crate::margin::displacement::Displacement;
use crate::margin::{EventStage, EventState, MarginSetting, PathEvent, is_plain};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::pricing::CompiledBook;
use crate::simulation::FactorBlock;

/// Numbers of state that a worker keeps for a block, all paths together; it is cut smaller where
/// there are many accounts.
const STATE_NUMBERS: usize = 1 << 22;
/// Fewest paths walked together.
const BLOCK_PATHS_MIN: usize = 16;

/// The event stage of a path engine, where its accounts are not the plain case.
#[derive(Clone)]
pub(super) struct Events {
    stage: Arc<EventStage>,
}

/// What happened to one account, or to any, on the paths of a run in which all count the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventTally {
    /// Paths with a margin call, by the node of the first.
    pub called: Vec<u64>,
    /// Paths on which a stop order executed.
    pub stopped: u64,
    /// Paths with a liquidation, by the node of the first.
    pub liquidated: Vec<u64>,
    /// Paths with a liquidation if accounts were looked at at the nodes alone; `None`: they are.
    #[serde(default)]
    pub liquidated_at_nodes_alone: Option<u64>,
    /// Notional closed.
    pub notional: AmountTally,
    /// Fees and slippage.
    pub cost: AmountTally,
    /// What was owed once nothing was left to close.
    pub bad_debt: AmountTally,
    /// Trades back to a leverage that is kept.
    #[serde(default)]
    pub rebalancing: RebalancingTally,
}

/// Trades back to the leverage that an account, or any, is kept at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RebalancingTally {
    /// Paths with a trade, by the node of the first.
    pub first: Vec<u64>,
    /// Trades.
    pub trades: u64,
    /// Notional traded.
    pub notional: AmountTally,
    /// Fees, half-spreads and impact.
    pub cost: AmountTally,
}

/// Tallies of all watched accounts and of the book.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventTallies {
    /// Index into `Portfolio::accounts`, and what happened to the account.
    pub accounts: Vec<(usize, EventTally)>,
    /// What happened to any of them; amounts are sums over accounts.
    pub book: EventTally,
    /// Venues that may fail, and accounts whose calls are met.
    #[serde(default)]
    pub failures: FailureTallies,
}

/// What happened on one path to one account, or to any; amounts in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Happened {
    /// Node of the first margin call.
    pub called: Option<u32>,
    /// Whether a stop order executed.
    pub stopped: bool,
    /// Node of the first liquidation.
    pub liquidated: Option<u32>,
    /// Whether it were liquidated if it were looked at at the nodes alone; `None`: it is.
    #[serde(default)]
    pub at_nodes_alone: Option<bool>,
    /// Notional that venues closed.
    pub notional: f64,
    /// Fees and slippage of that.
    pub cost: f64,
    /// What was owed once nothing was left to close.
    pub bad_debt: f64,
    /// Trades back to a leverage that is kept.
    #[serde(default)]
    pub rebalancing: Rebalanced,
}

/// Trades back to the leverage that an account, or any, is kept at, on one path; amounts in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rebalanced {
    /// Node of the first.
    pub first: Option<u32>,
    /// How many.
    pub trades: u32,
    /// Notional traded.
    pub notional: f64,
    /// Fees, half-spreads and impact.
    pub cost: f64,
}

impl EventTally {
    fn add(&mut self, happened: &Happened) {
        self.stopped += u64::from(happened.stopped);
        if let Some(alone) = happened.at_nodes_alone {
            *self.liquidated_at_nodes_alone.get_or_insert(0) += u64::from(alone);
        }
        if let Some(node) = happened.called {
            count_at(&mut self.called, node);
        }
        if let Some(node) = happened.liquidated {
            count_at(&mut self.liquidated, node);
            self.notional.add(happened.notional);
            self.cost.add(happened.cost);
            self.bad_debt.add(happened.bad_debt);
        }
        self.rebalancing.add(&happened.rebalancing);
    }

    fn join(&mut self, later: &Self) {
        self.stopped += later.stopped;
        if let Some(later) = later.liquidated_at_nodes_alone {
            *self.liquidated_at_nodes_alone.get_or_insert(0) += later;
        }
        add_counts(&mut self.called, &later.called);
        add_counts(&mut self.liquidated, &later.liquidated);
        self.notional.join(&later.notional);
        self.cost.join(&later.cost);
        self.bad_debt.join(&later.bad_debt);
        self.rebalancing.join(&later.rebalancing);
    }
}

impl RebalancingTally {
    fn add(&mut self, path: &Rebalanced) {
        let Some(first) = path.first else { return };
        count_at(&mut self.first, first);
        self.trades += u64::from(path.trades);
        self.notional.add(path.notional);
        self.cost.add(path.cost);
    }

    fn join(&mut self, later: &Self) {
        add_counts(&mut self.first, &later.first);
        self.trades += later.trades;
        self.notional.join(&later.notional);
        self.cost.join(&later.cost);
    }
}

fn of_margin<'a>(setting: &Setting<'a>) -> MarginSetting<'a> {
    let Setting { rules, market, portfolio, model, pricing, .. } = *setting;
    MarginSetting { rules, market, portfolio, model, pricing }
}

/// Counts one more path at a node.
fn count_at(counts: &mut Vec<u64>, node: u32) {
    let node = node as usize;
    if counts.len() <= node {
        counts.resize(node + 1, 0);
    }
    counts[node] += 1;
}

/// Adds the counts of other paths, node by node.
fn add_counts(counts: &mut Vec<u64>, more: &[u64]) {
    counts.resize(counts.len().max(more.len()), 0);
    counts.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

impl EventTallies {
    /// None of anything, for watched `accounts` in their order.
    pub(super) fn of(accounts: impl Iterator<Item = usize>) -> Self {
        let tally = |account| (account, EventTally::default());
        Self { accounts: accounts.map(tally).collect(), ..Self::default() }
    }

    /// Adds one path: what happened to each watched account, in their order.
    pub(super) fn add(&mut self, happened: impl Iterator<Item = Happened>) {
        let mut any = Happened::default();
        let mut is_watched_between = false;
        for ((_, tally), here) in self.accounts.iter_mut().zip(happened) {
            tally.add(&here);
            any.add(&here);
            is_watched_between |= here.at_nodes_alone.is_some();
        }
        any.at_nodes_alone = any.at_nodes_alone.filter(|_| is_watched_between);
        self.book.add(&any);
    }

    /// Adds the tallies of other paths.
    pub(super) fn join(&mut self, later: &Self) {
        if self.accounts.is_empty() {
            self.accounts.clone_from(&later.accounts);
        } else {
            let accounts = self.accounts.iter_mut().zip(&later.accounts);
            accounts.for_each(|((_, sum), (_, more))| sum.join(more));
        }
        self.book.join(&later.book);
        self.failures.join(&later.failures);
    }
}

impl Events {
    /// `None` where nothing can happen to any account inside paths, or all are the plain case and
    /// orders move no price (`moving`).
    pub fn compile(
        setting: &Setting,
        valued: &CompiledBook,
        moving: Option<&Arc<Displacement>>,
    ) -> Result<Option<Self>, EngineError> {
        let margin = of_margin(setting);
        // What happens on a replayed path is told step by step: never by the plain stage.
        if moving.is_none() && is_plain(&margin) && setting.model.replayed().is_none() {
            return Ok(None);
        }
        Self::general(setting, valued, moving)
    }

    /// The same, of the plain case too.
    pub fn general(
        setting: &Setting,
        valued: &CompiledBook,
        moving: Option<&Arc<Displacement>>,
    ) -> Result<Option<Self>, EngineError> {
        let stage = EventStage::compile(
            &of_margin(setting),
            valued,
            Streams::new(setting.seed, setting.isa),
        )?;
        Ok(stage.map(|stage| Self::hazardous(setting, stage, moving)))
    }

    /// The same of a desk that acts on its own ladder.
    pub fn of_desk(
        setting: &Setting,
        valued: &CompiledBook,
        moving: Option<&Arc<Displacement>>,
        ladder: &DeskLadder,
    ) -> Result<Option<Self>, EngineError> {
        let streams = Streams::new(setting.seed, setting.isa);
        let stage = EventStage::compile_desk(&of_margin(setting), valued, streams, ladder)?;
        Ok(stage.map(|stage| Self::hazardous(setting, stage, moving)))
    }

    fn hazardous(setting: &Setting, stage: EventStage, moving: Option<&Arc<Displacement>>) -> Self {
        let hazards = setting.hazards;
        let stage = stage
            .with_hazards(&hazards.venues)
            .with_stated_failures(&hazards.stated)
            .with_failure_strata(hazards.strata.as_ref());
        let stage = match moving {
            Some(displacement) => stage.moving(Arc::clone(displacement)),
            None => stage,
        };
        Self { stage: Arc::new(stage) }
    }

    /// The same, acting at the first `nodes` nodes alone.
    pub fn acting_at_first(&self, nodes: usize) -> Self {
        Self { stage: Arc::new(self.stage.acting_at_first(nodes)) }
    }

    /// The same, with accounts looked at at the nodes alone; `None` where all are anyhow.
    pub fn at_nodes_alone(&self) -> Option<Self> {
        Some(Self { stage: Arc::new(self.stage.at_nodes_alone()?) })
    }

    /// The stage.
    pub fn stage(&self) -> &Arc<EventStage> {
        &self.stage
    }

    /// Paths to walk together, at most `wanted`.
    pub fn block_paths(&self, wanted: usize) -> usize {
        wanted.min((STATE_NUMBERS / self.stage.width().max(1)).max(BLOCK_PATHS_MIN))
    }

    /// One empty tally an account.
    pub fn tallies(&self) -> Vec<LiquidationTally> {
        let tally = |account| LiquidationTally { account, ..LiquidationTally::default() };
        self.stage.accounts().map(tally).collect()
    }

    /// Adds those paths of a walked block to tallies of liquidations whose places are `counted`.
    pub fn tally(
        &self,
        state: &EventState,
        counted: impl Iterator<Item = usize> + Clone,
        tallies: &mut [LiquidationTally],
    ) {
        for (watched, tally) in tallies.iter_mut().enumerate() {
            for place in counted.clone() {
                let record = state.record(watched, place);
                if record.liquidated().is_some() {
                    tally.paths += 1;
                    tally.cost = tally.cost.saturating_add(cost_units(record.total_cost()));
                }
            }
        }
    }

    /// Adds what happened on those `paths` of a walked block whose place is `counted`.
    pub fn closings(
        &self,
        state: &EventState,
        paths: &[u64],
        counted: impl Fn(usize) -> bool,
        into: &mut Vec<PathClosing>,
    ) {
        for (watched, account) in self.stage.accounts().enumerate() {
            let places = paths.iter().enumerate().filter(|(place, _)| counted(*place));
            into.extend(places.filter_map(|(place, &path)| {
                let happened = Happened::of(state, watched, place);
                happened.any().then_some(PathClosing { path, account, happened })
            }));
        }
    }

    /// Adds those places of a walked block that are `counted` to tallies of everything.
    pub fn tally_all(
        &self,
        state: &EventState,
        counted: impl Iterator<Item = usize>,
        tallies: &mut EventTallies,
    ) {
        let watched = self.stage.accounts().count();
        for place in counted {
            tallies.failures.add(&self.stage, state, place);
            tallies.add((0..watched).map(|one| Happened::of(state, one, place)));
        }
    }

    /// What happened on the path at `place`, in order of time.
    pub fn events<'a>(
        &self,
        state: &'a EventState,
        place: usize,
    ) -> impl Iterator<Item = PathEvent> + 'a {
        state.events().iter().filter(move |event| event.place == place).copied()
    }

    /// Whether any account was liquidated on the path at `place`.
    pub fn is_liquidated(&self, state: &EventState, place: usize) -> bool {
        let count = self.stage.accounts().count();
        (0..count).any(|watched| state.record(watched, place).liquidated().is_some())
    }

    /// Fees and slippage of each watched account on the path at `place`: index into
    /// `Portfolio::accounts`, USD.
    pub fn costs(&self, state: &EventState, place: usize) -> impl Iterator<Item = (usize, f64)> {
        let accounts = self.stage.accounts().enumerate();
        accounts.map(move |(watched, account)| (account, state.record(watched, place).cost))
    }
}

impl Events {
    /// Adds to `losses` (one an account of the portfolio) what was lost by venue failures on the path
    /// at `place`, in USD.
    pub fn add_failure_losses(&self, state: &EventState, place: usize, losses: &mut [f64]) {
        let lost = self.stage.claimants().zip(self.stage.failure_losses(state, place));
        lost.for_each(|(account, loss)| losses[account] += loss);
    }
}

impl Happened {
    /// What happened to a watched account on the path at `place`.
    fn of(state: &EventState, watched: usize, place: usize) -> Self {
        let record = state.record(watched, place);
        Self {
            at_nodes_alone: state.liquidated_at_nodes_alone(watched, place),
            called: record.called().map(|node| node as u32),
            stopped: record.stopped().is_some(),
            liquidated: record.liquidated().map(|node| node as u32),
            notional: record.notional,
            cost: record.total_cost(),
            bad_debt: record.bad_debt,
            rebalancing: Rebalanced {
                first: record.first_rebalanced().map(|node| node as u32),
                trades: record.rebalancings,
                notional: record.rebalanced,
                cost: record.rebalancing_cost,
            },
        }
    }

    fn any(&self) -> bool {
        let alone = self.at_nodes_alone == Some(true);
        let traded = self.stopped || self.rebalancing.first.is_some();
        self.called.is_some() || traded || self.liquidated.is_some() || alone
    }

    /// Adds what happened to another account, or to the same pool of accounts.
    pub(super) fn add(&mut self, account: &Self) {
        self.called = first(self.called, account.called);
        self.stopped |= account.stopped;
        self.liquidated = first(self.liquidated, account.liquidated);
        // an account that is looked at at the nodes alone anyhow
        let as_it_is = account.liquidated.is_some();
        let alone = account.at_nodes_alone.unwrap_or(as_it_is);
        *self.at_nodes_alone.get_or_insert(false) |= alone;
        self.notional += account.notional;
        self.cost += account.cost;
        self.bad_debt += account.bad_debt;
        self.rebalancing.add(&account.rebalancing);
    }
}

impl Rebalanced {
    fn add(&mut self, account: &Self) {
        self.first = first(self.first, account.first);
        self.trades += account.trades;
        self.notional += account.notional;
        self.cost += account.cost;
    }
}

/// The earlier of two nodes, where there are any.
fn first(before: Option<u32>, node: Option<u32>) -> Option<u32> {
    match (before, node) {
        (Some(before), Some(node)) => Some(before.min(node)),
        (before, node) => before.or(node),
    }
}

/// Closings of a book under one instantaneous shock.
pub(super) struct ShockedEvents {
    pub stage: Arc<EventStage>,
    /// One path.
    pub block: FactorBlock,
    pub isa: InstructionSet,
}

impl ShockedEvents {
    /// Fees and slippage of each watched account with positions times `scale`, over `scale`.
    pub fn costs(&self, scale: f64) -> Vec<(usize, f64)> {
        if scale <= 0.0 {
            return Vec::new();
        }
        let mut costs = self.stage.costs_today(self.isa, &self.block, scale);
        costs.iter_mut().for_each(|(_, cost)| *cost /= scale);
        costs
    }
}
