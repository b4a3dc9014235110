//! Rounds: orders move the price, which triggers others and the book again.
//!
//! Flows in: the paths of a block on which the book executed orders at a node. Flows out: their
//! prices, quantities and records once nothing more is triggered.
//!
//! A round on one path: others' positions are liquidated to the fixed point at the prices that the
//! orders left; the path is repriced; every pool of the book is looked at again: calls are noted,
//! stops and liquidations execute, what has left its band is traded back unless it was at this node
//! already. The next round has their orders. The bound on rounds is that of
//! the cascade; reaching it is told
//! ([`RoundsExhausted`](crate::margin::displacement::MarketHappening)).

use std::sync::Arc;

use super::assess::{At, on_path};
use super::close::liquidate;
use super::orders::Market;
use super::quotes::Quotes;
use super::stage::EventStage;
use super::state::{EventState, Happening, Holdings, PathEvent};
use super::stops::Trigger;
use crate::margin::displacement::{DisplacedPaths, Displacement};
use crate::numeric::isa::InstructionSet;
use crate::simulation::FactorBlock;

/// Rounds on one path at one node where no price moves: debts alone.
const ROUNDS_MAX: u32 = 100;

/// One path of a node whose rounds are gone through.
struct Round {
    isa: InstructionSet,
    node: usize,
    place: usize,
}

/// Paths on which the book executed orders, or somebody owes what no fund has paid.
fn list_places(holdings: &mut Holdings, places: &mut Vec<usize>) {
    places.clear();
    if let Some(paths) = &mut holdings.market {
        paths.take_ordered(places);
    }
    places.extend(holdings.uncovered.iter().map(|(_, one)| one.place));
    places.extend(holdings.funds.debts.iter().map(|debt| debt.place));
    places.sort_unstable();
    places.dedup();
}

impl EventStage {
    /// The same stage where orders move prices.
    pub fn moving(mut self, displacement: Arc<Displacement>) -> Self {
        self.book.market = Some(Market::new(displacement, &self.book));
        self
    }

    /// Whether venues of the book share what bankrupt accounts owe.
    pub fn shares_debts(&self) -> bool {
        !self.book.funds.is_empty()
    }

    /// Goes through the rounds that the orders and the debts of the node visited last set off;
    /// `displaced` is the block that the paths lent to `state` are seen as.
    pub fn answer(
        &self,
        isa: InstructionSet,
        node: usize,
        displaced: &mut FactorBlock,
        state: &mut EventState,
    ) {
        let moves = self.book.market.is_some() || !self.book.funds.is_empty();
        if !moves || node >= self.acting_nodes {
            return;
        }
        let mut places = std::mem::take(&mut state.places);
        state.holdings.absorb_others(&self.book, &state.quotes);
        list_places(&mut state.holdings, &mut places);
        for &place in &places {
            let round = Round { isa, node, place };
            self.go_through(&round, displaced, state);
        }
        state.places = places;
    }

    fn go_through(&self, round: &Round, displaced: &mut FactorBlock, state: &mut EventState) {
        let displacement = self.book.market.as_ref().map(|market| &market.displacement);
        let rounds_max = displacement.map_or(ROUNDS_MAX, |one| one.rounds_max());
        for count in 1..=rounds_max {
            self.share_and_reprice(round, count == 1, displaced, state);
            if count == rounds_max {
                let paths = state.holdings.market.as_mut();
                if let (Some(displacement), Some(paths)) = (displacement, paths) {
                    displacement.leave_unsettled(round.node, round.place, paths);
                }
                break;
            }
            self.look_again(round.node, round.place, state);
            let holdings = &mut state.holdings;
            let ordered =
                holdings.market.as_mut().is_some_and(|paths| paths.take_order(round.place));
            if !ordered && !holdings.funds.is_owed(round.place) {
                break;
            }
        }
        let EventState { quotes, trigger, .. } = state;
        quotes.put(round.place, trigger);
    }

    /// Others are liquidated, the path is repriced, and debts are shared at its new prices.
    fn share_and_reprice(
        &self,
        round: &Round,
        is_first: bool,
        displaced: &mut FactorBlock,
        state: &mut EventState,
    ) {
        let Round { isa, node, place } = *round;
        let EventState { holdings, trigger, single, .. } = state;
        let mut since = std::mem::take(&mut holdings.others);
        since.clear();
        if let (Some(market), Some(paths)) = (&self.book.market, &mut holdings.market) {
            let from = paths.others().len();
            market.displacement.settle_path(node, place, paths);
            market.displacement.write_path(isa, place, displaced, paths);
            since.extend_from_slice(&paths.others()[from..]);
        }
        single.gather(displaced, &[place]);
        trigger.fill(&self.book, isa, node + 1, single);
        let at = At { moment: node + 1, place, quotes: trigger, quoted: 0 };
        let uncovered: Vec<_> = match is_first {
            true => {
                holdings.uncovered.iter().filter(|(_, one)| one.place == place).copied().collect()
            }
            false => Vec::new(),
        };
        holdings.share_debts(&self.book, &uncovered, &since, at);
        holdings.others = since;
    }

    /// Checks every pool on one path at the prices of its trigger quotes.
    fn look_again(&self, node: usize, place: usize, state: &mut EventState) {
        let EventState { holdings, trigger, .. } = state;
        let at = At { moment: node + 1, place, quotes: trigger, quoted: 0 };
        for (index, pool) in self.book.pools.iter().enumerate() {
            let mut now = on_path(&self.book, index, at, holdings);
            let watched = pool.account;
            let record = &mut holdings.records[watched * holdings.path_count + place];
            if now.initial > 0.0 && now.balance < now.initial && record.call(node) {
                let what = Happening::MarginCall { short: now.initial - now.balance };
                let account = self.book.accounts[watched].index;
                holdings.events.push(PathEvent { node, place, account, what });
            }
            for (stop, order) in self.stops.iter().enumerate().filter(|(_, one)| one.pool == index)
            {
                let is_new = !holdings.executed[stop * holdings.path_count + place];
                let known = (&*holdings, &self.streams);
                let found = order.triggered(&self.book, (None, None), at, known);
                if is_new && found == Some(Trigger::Here) {
                    self.fill_stop(stop, node, at, holdings);
                    now = on_path(&self.book, index, at, holdings);
                }
            }
            if now.maintenance > 0.0 && now.balance < now.maintenance {
                liquidate(&self.book, index, at, holdings);
                now = on_path(&self.book, index, at, holdings);
            }
            self.rebalance_on_path(index, now, at, holdings);
        }
    }
}

impl EventState {
    /// Exchanges the displaced paths that orders are executed on: lent for the visit of a node, and
    /// taken back.
    pub fn exchange(&mut self, paths: &mut Option<Box<DisplacedPaths>>) {
        std::mem::swap(&mut self.holdings.market, paths);
    }
}

impl Quotes {
    /// Takes over the prices of one path.
    fn put(&mut self, place: usize, single: &Quotes) {
        let count = self.path_count;
        let pairs = [
            (&mut self.marks, &single.marks),
            (&mut self.prices, &single.prices),
            (&mut self.lines, &single.lines),
            (&mut self.logs, &single.logs),
        ];
        for (all, one) in pairs {
            let slots = all.iter_mut().skip(place).step_by(count);
            slots.zip(one).for_each(|(slot, price)| *slot = *price);
        }
    }
}
