//! Liquidation on the paths of an engine: the margin stage, with the book by account it looks at.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::EngineError;
use super::events::{EventTallies, Happened};
use super::path::Setting;
use crate::margin::displacement::Displacement;
use crate::margin::{
    Cash, Certainty, Closed, Looked, MarginSetting, MarginStage, MarginState, NodeProxies, is_plain,
};
use crate::numeric::isa::InstructionSet;
use crate::pricing::{CompiledBook, Granularity, PathState};
use crate::simulation::FactorBlock;

/// Costs are summed as whole multiples of this many USD: exact in any order, so that the mean
/// does not depend on how paths were cut into shards.
pub(super) const COST_UNIT: f64 = 1.0 / (1u64 << 20) as f64;

/// The margin stage of a path engine.
#[derive(Clone)]
pub(super) struct Liquidation {
    stage: MarginStage,
    /// Venues look at accounts: where rows are finer, the book by account is walked beside, so that
    /// every pass takes the same decisions, to the last bit.
    by_account: Option<CompiledBook>,
    factor_count: usize,
}

/// What it keeps for a block.
pub(super) struct LiquidationState {
    margin: MarginState,
    by_account: Option<PathState>,
}

impl LiquidationState {
    /// Whether the decisions on each path of the block are those of full revaluation.
    pub fn certainty(&self) -> &[Certainty] {
        self.margin.certainty()
    }

    /// What it knows of the paths, to look at errors of polynomials.
    pub fn margin(&mut self) -> &mut MarginState {
        &mut self.margin
    }
}

/// Node `node` of a block, and the cash of the rows there.
pub(super) struct Visit<'a> {
    pub isa: InstructionSet,
    pub node: usize,
    pub previous: &'a FactorBlock,
    pub current: &'a FactorBlock,
    pub cash: &'a PathState,
}

/// One account closed on one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LiquidationEvent {
    /// Index into `Portfolio::accounts`.
    pub account: usize,
    pub closed: Closed,
}

/// How often one account was closed inside paths, and what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LiquidationTally {
    /// Index of the account in the portfolio.
    pub account: usize,
    /// Paths on which it was closed.
    pub paths: u64,
    /// Sum of the costs, in 2⁻²⁰ USD.
    pub cost: i128,
}

impl LiquidationTally {
    /// Sum of the costs, in USD.
    pub fn cost_usd(&self) -> f64 {
        self.cost as f64 * COST_UNIT
    }
}

/// USD in whole cost units.
pub(super) fn cost_units(cost: f64) -> i128 {
    (cost / COST_UNIT).round() as i128
}

/// What happened to one account on one path: kept path by path where paths do not all count the
/// same, or depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathClosing {
    /// The path.
    pub path: u64,
    /// Index of the account in the portfolio.
    pub account: usize,
    /// What happened to it there.
    pub happened: Happened,
}

/// Adds the tallies of other paths.
pub(super) fn add_tallies(sums: &mut Vec<LiquidationTally>, more: &[LiquidationTally]) {
    if sums.is_empty() {
        sums.extend_from_slice(more);
        return;
    }
    for (sum, more) in sums.iter_mut().zip(more) {
        sum.paths += more.paths;
        sum.cost = sum.cost.saturating_add(more.cost);
    }
}

/// A closing as the general stage would tell it.
fn happened(closed: &Closed) -> Happened {
    let Closed { node, cost, notional, bad_debt, .. } = *closed;
    let liquidated = Some(node as u32);
    Happened { liquidated, notional, cost, bad_debt, ..Happened::default() }
}

impl Liquidation {
    /// `None` where no account can be closed inside paths, one is not the plain case, or orders move
    /// prices (`moving`).
    pub fn compile(
        setting: &Setting,
        valued: &CompiledBook,
        moving: Option<&Arc<Displacement>>,
    ) -> Result<Option<Self>, EngineError> {
        let Setting { rules, market, portfolio, model, pricing, .. } = *setting;
        if rules.iter().flatten().all(|rules| rules.liquidation.is_none()) {
            return Ok(None);
        }
        let settings = MarginSetting { rules, market, portfolio, model, pricing };
        if moving.is_some() || !is_plain(&settings) || model.replayed().is_some() {
            return Ok(None);
        }
        let compile =
            || CompiledBook::compile(market, portfolio, model, pricing, Granularity::Account);
        let by_account = (!valued.is_by_account()).then(compile).transpose()?;
        let seen = by_account.as_ref().unwrap_or(valued);
        let factor_count = model.factors.len();
        let stage = MarginStage::compile(&settings, seen, valued)?;
        Ok(stage.map(|stage| Self { stage, by_account, factor_count }))
    }

    /// The margin stage.
    pub fn stage(&self) -> &MarginStage {
        &self.stage
    }

    /// The same with decisions by polynomials, those of every node in order.
    pub fn with_proxies(&self, nodes: Vec<NodeProxies>) -> Self {
        Self { stage: self.stage.with_proxies(nodes), ..self.clone() }
    }

    pub fn state(&self, path_capacity: usize) -> LiquidationState {
        let by_account = self.by_account.as_ref();
        LiquidationState {
            margin: self.stage.state(path_capacity, self.factor_count),
            by_account: by_account.map(|book| PathState::new(book, path_capacity)),
        }
    }

    pub fn start(&self, state: &mut LiquidationState, path_count: usize) {
        self.stage.start_block(&mut state.margin, path_count);
        if let (Some(book), Some(cash)) = (&self.by_account, &mut state.by_account) {
            book.start_block(cash, path_count);
        }
    }

    /// Checks every account at a node, after the valued book was stepped there.
    pub fn check(&self, visit: &Visit, state: &mut LiquidationState) {
        let Visit { isa, node, previous, current, cash } = *visit;
        if let (Some(book), Some(cash)) = (&self.by_account, &mut state.by_account) {
            book.step(isa, node, previous, current, cash);
        }
        let cash = Cash { by_account: state.by_account.as_ref().unwrap_or(cash), by_row: cash };
        self.stage.check(isa, node, current, cash, &mut state.margin);
    }

    /// Equity and maintenance margin of the accounts still open at a node of one path, after it was
    /// checked there.
    pub fn looked(&self, visit: &Visit, state: &mut LiquidationState) -> Vec<Looked> {
        let cash = state.by_account.as_ref().unwrap_or(visit.cash);
        self.stage.looked(visit.isa, visit.node, visit.current, cash, &mut state.margin)
    }

    /// Puts what closed accounts are worth over their rows.
    pub fn settle(&self, block: &FactorBlock, state: &mut LiquidationState, values: &mut [f64]) {
        self.stage.settle(block, &mut state.margin, values);
    }

    /// One empty tally an account.
    pub fn tallies(&self) -> Vec<LiquidationTally> {
        let tally = |account| LiquidationTally { account, ..LiquidationTally::default() };
        self.stage.accounts().map(tally).collect()
    }

    /// Adds those paths of a walked block to its tallies whose place is `counted`.
    pub fn tally(
        &self,
        state: &LiquidationState,
        counted: impl Fn(usize) -> bool,
        tallies: &mut [LiquidationTally],
    ) {
        for (watched, tally) in tallies.iter_mut().enumerate() {
            for place in state.margin.closed_places(watched).filter(|&place| counted(place)) {
                let cost = state.margin.closed(watched, place).map_or(0.0, |closed| closed.cost);
                tally.paths += 1;
                tally.cost = tally.cost.saturating_add(cost_units(cost));
            }
        }
    }

    /// Adds the liquidations of a walked block on those of its `paths` whose place is `counted`.
    pub fn closings(
        &self,
        state: &LiquidationState,
        paths: &[u64],
        counted: impl Fn(usize) -> bool,
        into: &mut Vec<PathClosing>,
    ) {
        for (watched, account) in self.stage.accounts().enumerate() {
            let places = state.margin.closed_places(watched).filter(|&place| counted(place));
            into.extend(places.filter_map(|place| {
                let happened = happened(state.margin.closed(watched, place)?);
                Some(PathClosing { path: paths[place], account, happened })
            }));
        }
    }

    /// Adds those places of a walked block that are `counted` to tallies of everything.
    pub fn tally_all(
        &self,
        state: &LiquidationState,
        counted: impl Iterator<Item = usize>,
        tallies: &mut EventTallies,
    ) {
        let watched = self.stage.accounts().count();
        for place in counted {
            let here =
                |one| state.margin.closed(one, place).map_or_else(Happened::default, happened);
            tallies.add((0..watched).map(here));
        }
    }

    /// What happened on the path at `place` of a walked block, in portfolio order.
    pub fn events(
        &self,
        state: &LiquidationState,
        place: usize,
    ) -> impl Iterator<Item = LiquidationEvent> {
        self.stage.accounts().enumerate().filter_map(move |(watched, account)| {
            let closed = *state.margin.closed(watched, place)?;
            Some(LiquidationEvent { account, closed })
        })
    }
}
