//! What happens at a node, stage by stage.

use super::assess::{At, Standing, on_path, over_block, prices_of, sizes_on_path};
use super::balances::{MovedBalances, moved_deviation};
use super::book::{Backing, EventBook, Pool, Watched};
use super::bridge::{Bridge, Step};
use super::close::liquidate;
use super::contract::{ContractKind, ContractPrices};
use super::failing_venues::Failures;
use super::ladder::{Ladder, LadderPaths, LadderRecord};
use super::loans::{LoanState, Loans};
use super::moved_rows::MovedRows;
use super::quotes::{Quotes, row, row_mut};
use super::rebalancing::{Kept, LastTrade, kept};
use super::settle::SettledRows;
use super::state::{AccountRecord, EventState, Happening, Holdings, Margins, PathEvent};
use super::stops::{Stop, Trigger, stops};
use super::substeps::{PathStep, SubSteps};
use super::transfers::Treasury;
use crate::margin::desk_ladder::DeskLadder;
use crate::margin::{Looked, MarginError, MarginSetting, Monitoring};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::pricing::CompiledBook;
use crate::simulation::{FactorBlock, StepDeviation};

/// All accounts that venues act on inside paths; immutable, shared by threads.
#[derive(Debug, Clone)]
pub struct EventStage {
    pub(super) book: EventBook,
    pub(super) rows: SettledRows,
    pub(super) moved_rows: MovedRows,
    pub(super) stops: Vec<Stop>,
    /// By pool; empty where none is kept at a leverage.
    pub(super) kept: Vec<Option<Kept>>,
    /// Present where the desk acts on its own ladder.
    pub(super) ladder: Option<Ladder>,
    /// Present where pools are watched at sub-steps.
    substeps: Option<SubSteps>,
    /// Present where lenders act.
    loans: Option<Loans>,
    /// Whether accounts are looked at between nodes, where their rules say so.
    looks_between: bool,
    /// Nodes from here on are only revalued: nothing is called, stopped or closed there.
    pub(super) acting_nodes: usize,
    /// Present where a venue may fail.
    pub(super) failures: Option<Failures>,
    /// Present where calls are met.
    pub(super) treasury: Option<Treasury>,
    /// Numbers of the bridges, of failures and of claims.
    pub(super) streams: Streams,
    pub(super) factor_count: usize,
}

/// A node of a block of paths.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    /// Instruction set of the kernels.
    pub isa: InstructionSet,
    /// Index of the node.
    pub index: usize,
    /// Factors at the node before; today's for the first.
    pub previous: &'a FactorBlock,
    /// Factors now.
    pub current: &'a FactorBlock,
    /// How far the paths diffused in between; `None`: not by a diffusion.
    pub deviation: Option<StepDeviation<'a>>,
}

impl Node<'_> {
    /// The step of one path, where it was by a diffusion.
    pub(super) fn step(&self, bridge: &Bridge, place: usize) -> Option<Step> {
        let before = self.previous.log(bridge.factor)[place];
        Some(Step {
            node: self.index,
            path: self.current.paths()[place],
            start: before - self.current.log(bridge.factor)[place],
            deviation: bridge.volatility * self.deviation?.at(place),
        })
    }
}

impl EventStage {
    /// Compiles the accounts that `setting`'s rules act on inside paths; `None` where there are
    /// none. `valued` is the book whose rows are valued at the horizon.
    ///
    /// # Errors
    /// [`MarginError::NotLiquidated`] where rules cannot be acted on; what the market lacks.
    pub fn compile(
        setting: &MarginSetting,
        valued: &CompiledBook,
        streams: Streams,
    ) -> Result<Option<Self>, MarginError> {
        let book = EventBook::compile(setting, Watched::WhereActedOn)?;
        book.map(|book| Self::on(book, setting, valued, streams)).transpose()
    }

    /// The same for all accounts of a desk that acts on its own ladder.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn compile_desk(
        setting: &MarginSetting,
        valued: &CompiledBook,
        streams: Streams,
        ladder: &DeskLadder,
    ) -> Result<Option<Self>, MarginError> {
        let Some(book) = EventBook::compile(setting, Watched::WholeDesk)? else { return Ok(None) };
        let mut stage = Self::on(book, setting, valued, streams)?;
        stage.ladder = Some(Ladder::compile(setting, &stage.book, ladder)?);
        stage.look_at_today();
        Ok(Some(stage))
    }

    fn on(
        book: EventBook,
        setting: &MarginSetting,
        valued: &CompiledBook,
        streams: Streams,
    ) -> Result<Self, MarginError> {
        let rows = SettledRows::new(&book, valued);
        let moved_rows = MovedRows::new(&book, valued);
        let stops = stops(setting, &book);
        let kept = kept(setting, &book);
        let failures = Failures::compile(setting, &book, valued)?;
        let treasury = Treasury::compile(setting, &book)?;
        let loans = Loans::compile(setting, &book, valued);
        let mut stage = Self {
            book,
            rows,
            moved_rows,
            stops,
            kept,
            ladder: None,
            failures,
            treasury,
            streams,
            substeps: None,
            loans,
            looks_between: true,
            acting_nodes: usize::MAX,
            factor_count: setting.model.factors.len(),
        };
        stage.post_collateral(setting);
        let mut today = stage.state(1);
        stage.start_block(&mut today, 1);
        let Self { book, streams, .. } = &stage;
        stage.substeps = SubSteps::compile(setting, book, &today.holdings, *streams)?;
        Ok(stage)
    }

    /// The same, acting at the first `nodes` nodes alone: what it did there stays, and nothing
    /// happens afterwards.
    pub fn acting_at_first(&self, nodes: usize) -> Self {
        Self { acting_nodes: nodes, ..self.clone() }
    }

    /// The same, with accounts looked at at the nodes alone; `None` where all are anyhow.
    pub fn at_nodes_alone(&self) -> Option<Self> {
        let mut pools = 0..self.book.pools.len();
        let any_between = pools.any(|pool| self.is_watched_between(pool));
        any_between.then(|| Self { looks_between: false, ..self.clone() })
    }

    /// Indices into `Portfolio::accounts` of the accounts that venues close, in their order here.
    pub fn accounts(&self) -> impl Iterator<Item = usize> {
        self.book.accounts[..self.book.acting].iter().map(|account| account.index)
    }

    /// Indices into `Portfolio::orders` of the stop orders that act.
    pub fn orders(&self) -> impl Iterator<Item = usize> {
        self.stops.iter().map(|stop| stop.order)
    }

    /// Accounts that are to be watched at all times, but are moved by jumps: they are watched at the
    /// nodes alone. Indices into `Portfolio::accounts`.
    pub fn watched_at_nodes_alone(&self) -> Vec<usize> {
        let pools = self.book.pools.iter().enumerate();
        let alone = pools.filter(|(index, pool)| {
            let monitoring = self.book.accounts[pool.account].liquidation.monitoring;
            monitoring == Monitoring::Continuous && !self.is_watched_between(*index)
        });
        let mut found: Vec<usize> = alone.map(|(_, pool)| pool.account).collect();
        found.dedup();
        found.iter().map(|account| self.book.accounts[*account].index).collect()
    }

    /// Goes through the whole grid of portfolio margin on every path.
    #[cfg(test)]
    pub(super) fn decide_in_full(&mut self) {
        let pools = self.book.pools.iter_mut().filter_map(|pool| pool.portfolio.as_mut());
        pools.for_each(|pool| pool.without_screen());
    }

    /// Whether a pool is watched between nodes.
    fn is_watched_between(&self, pool: usize) -> bool {
        let steps = self.substeps.as_ref();
        self.book.pools[pool].bridge.is_some() || steps.is_some_and(|steps| steps.watches(pool))
    }

    /// Numbers of state a path.
    pub fn width(&self) -> usize {
        let book = &self.book;
        let failures = self.failures.as_ref().map_or(0, |failures| failures.width(book));
        let transfers = self.treasury.as_ref().map_or(0, Treasury::width);
        let loans = self.loans.as_ref().map_or(0, Loans::width);
        let ladder = self.ladder.as_ref().map_or(0, |ladder| ladder.width(book));
        let moved = 2 * book.balances.len() + failures + transfers + loans + ladder;
        let held = 3 * book.positions.len() + book.line_count() + book.logged.len();
        held + book.pools.len() + self.kept.len() + book.prices.len() + moved
    }

    /// Room for blocks of up to `path_capacity` paths.
    pub fn state(&self, path_capacity: usize) -> EventState {
        let book = &self.book;
        let mut between = vec![false; book.accounts.len()];
        for (index, pool) in book.pools.iter().enumerate() {
            between[pool.account] |= self.is_watched_between(index);
        }
        let holdings = Holdings {
            path_count: 0,
            held: vec![1.0; book.positions.len() * path_capacity],
            cash: vec![0.0; book.positions.len() * path_capacity],
            costs: vec![0.0; book.pools.len() * path_capacity],
            records: vec![AccountRecord::default(); book.accounts.len() * path_capacity],
            executed: vec![false; self.stops.len() * path_capacity],
            last_trades: vec![LastTrade::default(); self.kept.len() * path_capacity],
            ladder: vec![LadderRecord::default(); self.ladder.iter().len() * path_capacity],
            balances: MovedBalances::new(book.balances.len(), path_capacity),
            events: Vec::new(),
            at_trigger: Vec::with_capacity(book.positions.len()),
            market: None,
            funds: book.funds.paths(path_capacity),
            shared_events: Vec::new(),
            uncovered: Vec::new(),
            others: Vec::new(),
        };
        let failures = self.failures.as_ref().map(|one| one.state(book, path_capacity));
        let transfers = self.treasury.as_ref().map(|treasury| treasury.state(path_capacity));
        EventState {
            path_capacity,
            at_nodes_alone: Vec::with_capacity(between.len() * path_capacity),
            has_parted: vec![false; path_capacity],
            between,
            substeps: self.substeps.as_ref().map(|steps| steps.state(book, path_capacity)),
            loans: match &self.loans {
                Some(loans) => loans.state(path_capacity),
                None => LoanState::default(),
            },
            ladder: match &self.ladder {
                Some(ladder) => ladder.paths(book, path_capacity),
                None => LadderPaths::default(),
            },
            holdings,
            failures: failures.unwrap_or_default(),
            transfers: transfers.unwrap_or_default(),
            quotes: Quotes::new(book, path_capacity),
            margins: Margins::new(path_capacity),
            places: Vec::with_capacity(path_capacity),
            touched: Vec::with_capacity(path_capacity),
            trigger: Quotes::new(book, 1),
            single: FactorBlock::new(self.factor_count, 1),
        }
    }

    /// Begins a block of `path_count` paths: everything is held, nothing has happened.
    ///
    /// # Panics
    /// If `state` was built for fewer paths.
    pub fn start_block(&self, state: &mut EventState, path_count: usize) {
        assert!(path_count <= state.path_capacity, "event state too small");
        self.start(state, path_count);
        state.has_parted[..path_count].fill(false);
        state.at_nodes_alone.clear();
        if let Some((steps, state)) = self.substeps.as_ref().zip(state.substeps.as_mut()) {
            steps.start_block(state, path_count);
        }
        if let Some(loans) = &self.loans {
            loans.start_block(&self.book, &mut state.loans, path_count);
        }
    }

    /// Everything is held, nothing has failed, nothing is on its way.
    fn start(&self, state: &mut EventState, path_count: usize) {
        let book = &self.book;
        let holdings = &mut state.holdings;
        holdings.path_count = path_count;
        holdings.held[..book.positions.len() * path_count].fill(1.0);
        holdings.cash[..book.positions.len() * path_count].fill(0.0);
        holdings.costs[..book.pools.len() * path_count].fill(0.0);
        holdings.records[..book.accounts.len() * path_count].fill(AccountRecord::default());
        holdings.executed[..self.stops.len() * path_count].fill(false);
        holdings.last_trades[..self.kept.len() * path_count].fill(LastTrade::default());
        holdings.balances.start_block(book.balances.len(), path_count);
        holdings.events.clear();
        self.start_ladder(holdings);
        book.funds.start_block(path_count, &mut holdings.funds);
        holdings.shared_events.clear();
        if let Some(failures) = &self.failures {
            failures.start_block(&mut state.failures, path_count);
        }
        if let Some(treasury) = &self.treasury {
            treasury.start_block(&mut state.transfers, path_count);
        }
    }

    /// Balance and maintenance margin of every pool that needs any, on the path at `place` at the node
    /// visited last.
    pub fn looked(&self, node: usize, place: usize, state: &EventState) -> Vec<Looked> {
        let EventState { quotes, holdings, .. } = state;
        let at = At { moment: node + 1, place, quotes, quoted: place };
        let look = |(index, pool): (usize, &Pool)| {
            let Standing { balance, maintenance, .. } = on_path(&self.book, index, at, holdings);
            let account = self.book.accounts[pool.account].index;
            Looked { account, equity: balance, maintenance }
        };
        let looked = self.book.pools.iter().enumerate().map(look);
        looked.filter(|one| one.maintenance > 0.0).collect()
    }

    /// Everything that happens at a node, in this order; prices and vols have moved.
    pub fn visit(&self, node: &Node, state: &mut EventState) {
        let deviation = node.deviation.filter(|_| self.looks_between);
        let node = &Node { deviation, ..*node };
        self.accrue_and_settle(node, state);
        self.revalue(node.isa, node.index + 1, node.current, state);
        self.act(node, state);
    }

    /// What follows the revaluation; past the nodes that act, what is on its way still arrives.
    fn act(&self, node: &Node, state: &mut EventState) {
        let acts = node.index < self.acting_nodes;
        if acts {
            self.strike(node, state);
        }
        self.arrive(node, state);
        if acts {
            self.check_margin(node.index + 1, Some(node), state);
        }
        self.arrive_at_horizon(node, state);
        if let Some(lenders) = self.loans.as_ref().filter(|_| acts) {
            let EventState { quotes, holdings, loans, .. } = state;
            lenders.visit(&self.book, (node.index + 1, quotes), holdings, loans);
        }
    }

    /// Funding accrues on the path's own quantities; options and futures that expire settle.
    fn accrue_and_settle(&self, node: &Node, state: &mut EventState) {
        let book = &self.book;
        if !book.marks.moves_cash() {
            return;
        }
        let EventState { quotes, holdings, .. } = state;
        let Holdings { held, cash, path_count, .. } = holdings;
        quotes.step(book, node.isa, node.index, (node.previous, node.current));
        for (position, watched) in book.positions.iter().enumerate() {
            let held = row(held, position, *path_count);
            let cash = row_mut(cash, position, *path_count);
            for &slot in &watched.slots {
                let paid = quotes.paid(slot).iter().zip(held);
                cash.iter_mut().zip(paid).for_each(|(cash, (paid, held))| *cash += held * paid);
            }
        }
    }

    /// Positions, coins and collateral are revalued.
    pub(super) fn revalue(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut EventState,
    ) {
        state.quotes.fill(&self.book, isa, moment, block);
    }

    /// Margin is checked: calls are noted, and what is below its maintenance margin is closed.
    ///
    /// With a node, also what was below on the way to it.
    fn check_margin(&self, moment: usize, node: Option<&Node>, state: &mut EventState) {
        for pool in 0..self.book.pools.len() {
            let EventState { quotes, holdings, margins, .. } = state;
            if over_block(&self.book, pool, (moment, quotes), holdings, margins) {
                self.call(pool, moment, state);
                state.touched.clear();
                if let Some(node) = node {
                    self.meet_calls(pool, node, state);
                    self.execute_stops(pool, node, state);
                    self.rebalance_between(pool, node, state);
                    self.close_between(pool, node, state);
                    self.close_at_substeps(pool, node, state);
                }
                self.liquidate(pool, moment, state);
                if let Some(node) = node.filter(|_| self.ladder.is_none()) {
                    self.rebalance(pool, node, state);
                }
            }
        }
        if let Some(node) = node.filter(|_| self.ladder.is_some()) {
            self.climb(node, state);
            self.rebalance_all(node, state);
        }
    }

    /// Trades every pool that is kept at a leverage, as it stands now.
    fn rebalance_all(&self, node: &Node, state: &mut EventState) {
        let moment = node.index + 1;
        for pool in (0..self.book.pools.len()).filter(|_| !self.kept.is_empty()) {
            let EventState { quotes, holdings, margins, places, touched, .. } = state;
            places.clear();
            touched.clear();
            if over_block(&self.book, pool, (moment, quotes), holdings, margins) {
                self.rebalance(pool, node, state);
            }
        }
    }

    /// Notes the paths on which a pool is below its initial margin for the first time.
    fn call(&self, pool: usize, moment: usize, state: &mut EventState) {
        let watched = self.book.pools[pool].account;
        let account = self.book.accounts[watched].index;
        let EventState { holdings, margins, .. } = state;
        let Holdings { path_count: count, records, events, .. } = holdings;
        let node = moment.saturating_sub(1);
        for (place, record) in records[watched * *count..][..*count].iter_mut().enumerate() {
            let (balance, initial) = (margins.balance[place], margins.initial[place]);
            if initial > 0.0 && balance < initial && record.call(node) {
                let what = Happening::MarginCall { short: initial - balance };
                events.push(PathEvent { node, place, account, what });
            }
        }
    }

    /// Executes the stop orders of a pool that were triggered in the step to a node.
    fn execute_stops(&self, pool: usize, node: &Node, state: &mut EventState) {
        let bridge = self.book.pools[pool].bridge.as_ref();
        let EventState { quotes, holdings, margins, trigger, has_parted, .. } = state;
        for (index, stop) in self.stops.iter().enumerate().filter(|(_, stop)| stop.pool == pool) {
            for (place, parted) in has_parted[..holdings.path_count].iter_mut().enumerate() {
                let slot = index * holdings.path_count + place;
                let at = At { moment: node.index + 1, place, quotes, quoted: place };
                let step = bridge.and_then(|bridge| node.step(bridge, place));
                let known = (&*holdings, &self.streams);
                let found = (!holdings.executed[slot])
                    .then(|| stop.triggered(&self.book, (bridge, step), at, known));
                let Some(found) = found.flatten() else { continue };
                match (found, bridge) {
                    (Trigger::Between(ratio), Some(bridge)) => {
                        *parted = true;
                        bridge.quote(&self.book, pool, (ratio, at), trigger);
                        let at = At { quotes: trigger, quoted: 0, ..at };
                        self.fill_stop(index, node.index, at, holdings);
                    }
                    _ => self.fill_stop(index, node.index, at, holdings),
                }
                let left = on_path(&self.book, pool, at, holdings);
                margins.balance[place] = left.balance;
                margins.maintenance[place] = left.maintenance;
            }
        }
    }

    /// Fills a stop order at the prices of `at`.
    pub(super) fn fill_stop(&self, index: usize, node: usize, at: At, holdings: &mut Holdings) {
        let (stop, place) = (&self.stops[index], at.place);
        let notional = stop.execute(&self.book, at, holdings);
        let watched = self.book.pools[stop.pool].account;
        holdings.executed[index * holdings.path_count + place] = true;
        holdings.records[watched * holdings.path_count + place].stop(node);
        let what = Happening::Stop { order: stop.order, notional };
        let account = self.book.accounts[watched].index;
        holdings.events.push(PathEvent { node, place, account, what });
    }

    /// Closes a pool on the paths on which it touched its line on the way to a node, at the price
    /// that triggered it.
    fn close_between(&self, pool: usize, node: &Node, state: &mut EventState) {
        let Some(bridge) = &self.book.pools[pool].bridge else { return };
        let EventState { quotes, holdings, margins, touched, trigger, has_parted, .. } = state;
        for (place, parted) in has_parted[..holdings.path_count].iter_mut().enumerate() {
            let step = node.step(bridge, place).filter(|_| margins.maintenance[place] > 0.0);
            let Some(step) = step else { continue };
            let at = At { moment: node.index + 1, place, quotes, quoted: place };
            let found = (margins.balance[place], step);
            let known = (&*holdings, &self.streams);
            let Some(ratio) = bridge.touched(&self.book, pool, found, at, known) else { continue };
            bridge.quote(&self.book, pool, (ratio, at), trigger);
            let at = At { quotes: trigger, quoted: 0, ..at };
            liquidate(&self.book, pool, at, holdings);
            touched.push((place, ratio));
            *parted = true;
        }
    }

    /// As [`Self::close_between`], for a pool that is watched at sub-steps.
    fn close_at_substeps(&self, pool: usize, node: &Node, state: &mut EventState) {
        let EventState { quotes, holdings, margins, touched, substeps, has_parted, .. } = state;
        let steps = self.substeps.as_ref().filter(|steps| steps.watches(pool));
        let known = steps.zip(substeps.as_mut()).zip(node.deviation);
        let Some(((steps, substeps), deviation)) = known else { return };
        let (account, count) = (self.book.pools[pool].account, holdings.path_count);
        let (balance, maintenance) = (&margins.balance[..count], &margins.maintenance[..count]);
        for place in 0..count {
            let root = deviation.at(place);
            let headroom = balance[place] - maintenance[place];
            let balances = self.book.accounts[account].balances.clone();
            let moved = holdings.balances.last_moved(balances, place, count);
            let at = At { moment: node.index + 1, place, quotes, quoted: place };
            let beside = moved.map_or(0.0, |_| moved_deviation(&self.book, account, at, holdings));
            let is_near = holdings.records[account * count + place].is_changed()
                // moved since the headroom at the node before was kept, or with it
                || moved.is_some_and(|moment| moment >= node.index)
                || steps.is_near(pool, (place, count), (headroom, beside, root), substeps);
            if maintenance[place] <= 0.0 || !is_near {
                continue;
            }
            let Node { isa, index, previous, current, .. } = *node;
            let step = PathStep { isa, node: index, place, previous, current, root };
            let found = steps.touched(&self.book, pool, step, holdings, substeps);
            let Some(quotes) = found else { continue };
            let at = At { moment: index + 1, place, quotes, quoted: 0 };
            liquidate(&self.book, pool, at, holdings);
            touched.push((place, 1.0));
            has_parted[place] = true;
        }
        steps.keep(pool, (balance, maintenance), substeps);
    }

    /// Closes a pool on the paths on which it is below its maintenance margin.
    fn liquidate(&self, pool: usize, moment: usize, state: &mut EventState) {
        let EventState { quotes, holdings, margins, places, touched, .. } = state;
        for &mut (place, _) in touched {
            // what is left of it at the node
            let at = At { moment, place, quotes, quoted: place };
            let left = on_path(&self.book, pool, at, holdings);
            (margins.balance[place], margins.maintenance[place]) = (left.balance, left.maintenance);
        }
        let Margins { balance, maintenance, .. } = margins;
        let below =
            |place: &usize| maintenance[*place] > 0.0 && balance[*place] < maintenance[*place];
        places.clear();
        places.extend((0..holdings.path_count).filter(below));
        for &place in places.iter() {
            let at = At { moment, place, quotes, quoted: place };
            liquidate(&self.book, pool, at, holdings);
        }
    }

    /// Writes what accounts to which something happened are worth at the horizon over their rows
    /// in `values` (`[row][path]` of the valued book); call after the last node was visited.
    ///
    /// Where positions have rows of their own, fees and slippage stay in [`AccountRecord::cost`];
    /// else the account's row pays them.
    pub fn settle(&self, state: &EventState, values: &mut [f64]) {
        self.rows.settle(&self.book, state, values);
        self.moved_rows.add_moved(&self.book, state, values);
        if let Some(loans) = &self.loans {
            loans.settle(&state.quotes, &state.loans, values);
        }
        if let Some(failures) = &self.failures {
            self.moved_rows.freeze((&self.book, failures), self.rows.positions(), state, values);
        }
    }

    /// Fees and slippage of each watched account if `block`, one path of today's factors, came at
    /// once and its positions were `scale` times as large: index into `Portfolio::accounts`, USD.
    pub fn costs_today(
        &self,
        isa: InstructionSet,
        block: &FactorBlock,
        scale: f64,
    ) -> Vec<(usize, f64)> {
        let mut state = self.state(1);
        self.start_block(&mut state, 1);
        state.holdings.held.fill(scale);
        self.revalue(isa, 0, block, &mut state);
        self.check_margin(0, None, &mut state);
        let costs = self.book.accounts.iter().zip(&state.holdings.records);
        costs.map(|(account, record)| (account.index, record.cost)).collect()
    }

    /// Notional that each watched account would have closed if `block`, today's factors moved on
    /// each of its paths, came at once: `[watched account][path]`, USD.
    pub fn closings_today(&self, isa: InstructionSet, block: &FactorBlock) -> Vec<Vec<f64>> {
        let count = block.path_count();
        let mut state = self.state(count);
        self.start_block(&mut state, count);
        self.revalue(isa, 0, block, &mut state);
        self.check_margin(0, None, &mut state);
        let closed = |account: usize| {
            (0..count).map(|place| state.record(account, place).notional).collect()
        };
        (0..self.book.accounts.len()).map(closed).collect()
    }

    /// What closing each watched account did if `block`, today's factors moved on each of its paths,
    /// came at once: index into `Portfolio::accounts`, then one record a path.
    pub fn records_today(
        &self,
        isa: InstructionSet,
        block: &FactorBlock,
    ) -> Vec<(usize, Vec<AccountRecord>)> {
        let count = block.path_count();
        let mut state = self.state(count);
        self.start_block(&mut state, count);
        self.revalue(isa, 0, block, &mut state);
        self.check_margin(0, None, &mut state);
        let records = |(account, index): (usize, usize)| {
            let records = (0..count).map(|place| *state.record(account, place));
            (index, records.collect())
        };
        self.accounts().enumerate().map(records).collect()
    }

    /// Gives each isolated contract the collateral its positions state, or its initial margin at
    /// entry (of short options: today).
    fn post_collateral(&mut self, setting: &MarginSetting) {
        let mut state = self.state(1);
        self.start_block(&mut state, 1);
        let block = FactorBlock::new(setting.model.factors.len(), 1);
        self.revalue(InstructionSet::Baseline, 0, &block, &mut state);
        for index in 0..self.book.pools.len() {
            let pool = &self.book.pools[index];
            if pool.backing == Backing::Account {
                continue;
            }
            let account = self.book.accounts[pool.account].index;
            let stated = &setting.portfolio.accounts[account].isolated_margins;
            let of = |position: &usize| {
                let watched = &self.book.positions[*position];
                Some((watched.price, *stated.get(&watched.index)?))
            };
            let given: Vec<(usize, f64)> = pool.positions.iter().filter_map(of).collect();
            let posted = if given.is_empty() {
                at_entry(&self.book, pool.contracts.start, &state.quotes)
            } else {
                given
            };
            self.book.pools[index].backing = Backing::Posted(posted);
        }
    }
}

/// Initial margin of a contract's positions at the prices they were entered at, in the asset they
/// settle in; of an option today.
fn at_entry(book: &EventBook, contract: usize, quotes: &Quotes) -> Vec<(usize, f64)> {
    let found = &book.contracts[contract];
    let today = prices_of(book, contract, quotes, 0);
    let units = |initial: f64, price: f64| {
        let units = initial / price;
        if units.is_finite() { units } else { 0.0 }
    };
    if found.is_option() {
        let price = book.positions[found.positions[0].0].price;
        let initial = found.margin(sizes_on_path(book, contract, |_| 1.0), &today).initial;
        return vec![(price, units(initial, quotes.price(price)[0]))];
    }
    let one = |&(position, _): &(usize, f64)| {
        let watched = &book.positions[position];
        let entry = watched.entry.map_or(today.forward, |entry| entry * today.quote);
        let prices = ContractPrices { forward: entry, ..today };
        let sizes = sizes_on_path(book, contract, |one| f64::from(u8::from(one == position)));
        let paid = match found.kind {
            ContractKind::Inverse => entry,
            _ => quotes.price(watched.price)[0],
        };
        (watched.price, units(found.margin(sizes, &prices).initial, paid))
    };
    found.positions.iter().map(one).collect()
}
