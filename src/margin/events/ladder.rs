//! The desk acting on its own breach ladder, at every node of a path.
//!
//! Flows in: the ladder as it was derived today ([`DeskLadder`]), and what the watched accounts hold
//! and are worth. Flows out: positions sold, increases refused, and a record of each rung on each
//! path.
//!
//! At a node, after stops and liquidations and before leverages are restored, the desk's utilisation
//! is `U = PL·(N/N₀) / (a·M·(C − L))`: PL, C and a·M as today; N the gross notional of what is held
//! (marks of futures and perpetuals, dollars of inverse ones, coins of options and of spot), N₀
//! today's; L what the desk has lost so far. Today's utilisation sets where a path begins; a rung
//! acts at the first node at which it is due.
//!
//! - Warn is counted.
//! - Reduce only: trades back to a leverage that would increase are refused.
//! - Forced reduction: the one share of every position that brings U to its target, cost included,
//!   is sold at the marks of the node.
//! - Bankrupt: the same with everything.
//!
//! Fills pay the rung's cost rate on what they trade, and what their own orders move prices by
//! ([`super::orders`]).
//!
//! Limits: PL a unit of exposure, and the condition multiplier, stay those of today (a nested
//! simulation at every node of every path would be needed for more), so that neither a new mix of
//! positions nor a new volatility moves U. Sales of accounts that no venue closes move no price. An
//! account that its venue closes today is not of the desk here, nor is what lenders take. Debts that
//! a venue would bear count as lost. Balances are no positions: they are counted in L, never sold.

use super::assess::{At, add_products, prices_of, sizes_on_path};
use super::book::EventBook;
use super::contract::ContractKind;
use super::failing_venues::{FailureState, Failures};
use super::quotes::{Quotes, row, row_mut};
use super::stage::{EventStage, Node};
use super::state::{EventState, Holdings};
use crate::margin::desk_ladder::{Climb, DeskAction, DeskLadder, Due, LadderState, RUNGS_MAX};
use crate::margin::{MarginError, MarginSetting};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Instrument;
use crate::pricing::{LinesScratch, PriceLines, PriceLinesBuilder};
use crate::simulation::FactorBlock;

/// A smaller share of what is held is not sold: it is rounding.
const ROUNDING: f64 = 1e-9;

/// The ladder compiled for a book; immutable.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    terms: DeskLadder,
    /// Gross notional of today's quantity of each watched position, until it settles.
    notionals: PriceLines,
    /// In years, by moment.
    times: Vec<f64>,
    /// Worth of the watched accounts today, in USD.
    worth: f64,
    /// Gross notional of what they hold today, in USD.
    gross: f64,
}

/// What a rung did on a path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RungRecord {
    /// The time at which it was reached first, in years from today.
    pub reached: Option<f64>,
    /// The time at which it acted first.
    pub acted: Option<f64>,
    /// Notional sold, in USD.
    pub notional: f64,
    /// What selling cost, in USD.
    pub cost: f64,
}

/// What the ladder did on a path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LadderRecord {
    climb: Climb,
    /// By rung, from the lowest.
    pub rungs: [RungRecord; RUNGS_MAX],
    /// Trades to a higher leverage that were refused.
    pub refused: u32,
}

/// The ladder on a block of paths, and room to look at it.
#[derive(Debug, Clone, Default)]
pub(super) struct LadderPaths {
    scratch: Option<LinesScratch>,
    /// `[position][path]`: notional of today's quantity, in USD.
    notionals: Vec<f64>,
    /// `[path]`: notional of what is held.
    gross: Vec<f64>,
    /// `[path]`: worth of the watched accounts.
    worth: Vec<f64>,
    /// `[path]`: of one of them.
    own: Vec<f64>,
}

/// A sale of one share of everything that can be traded.
#[derive(Debug, Clone, Copy)]
struct Sale {
    rung: usize,
    share: f64,
}

impl Ladder {
    /// Today's worth and notional are still to be [looked up](EventStage::look_at_today).
    pub fn compile(
        setting: &MarginSetting,
        book: &EventBook,
        terms: &DeskLadder,
    ) -> Result<Self, MarginError> {
        let MarginSetting { market, portfolio, model, .. } = *setting;
        let mut builder = PriceLinesBuilder::new(market, model, book.positions.len());
        for (line, watched) in book.positions.iter().enumerate() {
            let position = &portfolio.positions[watched.index];
            match position.instrument {
                Instrument::Spot { .. } => builder.add_value(line, position)?,
                _ => builder.add_notional(line, position, position.quantity)?,
            }
        }
        let nodes = model.grid.nodes.iter().map(|node| node.get());
        Ok(Self {
            terms: terms.clone(),
            notionals: builder.finish(),
            times: std::iter::once(0.0).chain(nodes).collect(),
            worth: 0.0,
            gross: 0.0,
        })
    }

    pub fn paths(&self, book: &EventBook, path_capacity: usize) -> LadderPaths {
        let rows = |rows: usize| vec![0.0; rows * path_capacity];
        LadderPaths {
            scratch: Some(self.notionals.scratch(path_capacity)),
            notionals: rows(book.positions.len()),
            gross: rows(1),
            worth: rows(1),
            own: rows(1),
        }
    }

    /// Numbers of state a path.
    pub fn width(&self, book: &EventBook) -> usize {
        book.positions.len() + 3 + size_of::<LadderRecord>() / size_of::<f64>()
    }

    /// Fills the notional of what is held on every path.
    fn fill_gross(
        &self,
        book: &EventBook,
        isa: InstructionSet,
        (moment, block): (usize, &FactorBlock),
        holdings: &Holdings,
        paths: &mut LadderPaths,
    ) {
        let LadderPaths { scratch, notionals, gross, .. } = paths;
        let (Some(scratch), count) = (scratch, holdings.path_count) else { return };
        self.notionals.prepare(isa, moment, block, scratch);
        gross[..count].fill(0.0);
        for position in 0..book.positions.len() {
            let own = row_mut(notionals, position, count);
            if self.notionals.is_empty_at(position, moment) {
                own.fill(0.0);
                continue;
            }
            self.notionals.fill(isa, position, moment, block, scratch, own);
            own.iter_mut().for_each(|notional| *notional = notional.abs());
            add_products(row(&holdings.held, position, count), own, &mut gross[..count]);
        }
    }

    /// What an action that is due sells on a path; nothing where there is nothing to sell.
    fn sale(&self, due: &Due, gross: f64, loss: f64) -> Option<Sale> {
        let rungs = self.terms.rungs.rungs().iter().enumerate();
        let highest = rungs
            .rev()
            .find(|(index, rung)| due[*index] && rung.action >= DeskAction::ForcedReduction);
        let (rung, found) = highest?;
        let share = match found.action {
            DeskAction::Bankrupt => 1.0,
            _ => self.terms.share_to_sell((self.exposure(gross), gross), loss, found.cost_rate),
        };
        (gross > 0.0 && share > ROUNDING).then_some(Sale { rung, share })
    }

    /// Gross notional over today's; the same as today where nothing was held then.
    fn exposure(&self, gross: f64) -> f64 {
        if self.gross > 0.0 { gross / self.gross } else { 1.0 }
    }

    /// Takes a path's utilisation at a moment; what is due then.
    fn step(&self, record: &mut LadderRecord, (gross, loss): (f64, f64), moment: usize) -> Due {
        let (time, rungs) = (self.times[moment], &self.terms.rungs);
        let utilisation = self.terms.utilisation(self.exposure(gross), loss);
        let due = rungs.step(&mut record.climb, utilisation, time);
        for (index, one) in record.rungs[..record.climb.standing()].iter_mut().enumerate() {
            one.reached = one.reached.or(Some(time));
            if due[index] {
                one.acted = one.acted.or(Some(time));
            }
        }
        due
    }
}

impl LadderRecord {
    /// The state a path is in.
    pub fn state(&self, ladder: &DeskLadder) -> LadderState {
        ladder.rungs.state(&self.climb)
    }
}

/// Fills the worth of the watched accounts on every path.
fn fill_worth(
    book: &EventBook,
    quotes: &Quotes,
    (failures, failed): (Option<&Failures>, &FailureState),
    holdings: &Holdings,
    paths: &mut LadderPaths,
) {
    let count = holdings.path_count;
    let LadderPaths { worth, own, .. } = paths;
    let (worth, own) = (&mut worth[..count], &mut own[..count]);
    worth.fill(0.0);
    for (index, account) in book.accounts.iter().enumerate() {
        own.copy_from_slice(quotes.line(book.balances_line(index)));
        for balance in account.balances.clone() {
            let prices = quotes.price(book.balances[balance].price);
            add_products(row(&holdings.balances.moved, balance, count), prices, own);
            add_products(row(&holdings.balances.incoming, balance, count), prices, own);
        }
        for position in account.positions.clone() {
            let price = quotes.price(book.positions[position].price);
            add_products(row(&holdings.held, position, count), quotes.mark(position), own);
            add_products(row(&holdings.cash, position, count), price, own);
        }
        let records = &holdings.records[index * count..][..count];
        own.iter_mut().zip(records).for_each(|(own, record)| *own -= record.cost);
        if let Some((claimant, venue)) = failures.and_then(|one| one.claimant_of(index)) {
            for place in (0..count).filter(|place| failed.failed(venue * count + place).is_some()) {
                let positions = account.positions.clone();
                let kept = positions.map(|one| failed.positions[one * count + place]);
                let balances = account.balances.clone();
                let frozen = balances.map(|one| failed.balances[one * count + place]);
                let lost = failed.claims[claimant * count + place].loss();
                own[place] = kept.chain(frozen).sum::<f64>() - lost - records[place].cost;
            }
        }
        worth.iter_mut().zip(&*own).for_each(|(sum, own)| *sum += own);
    }
}

/// Sells a share of everything that a path holds and can trade, at the marks of `at`; notional and
/// cost in USD. `notionals` are those of today's quantities.
fn sell(
    book: &EventBook,
    (share, rate): (f64, f64),
    at: At,
    notionals: &[f64],
    holdings: &mut Holdings,
) -> (f64, f64) {
    let (place, count) = (at.place, holdings.path_count);
    let mut sold = (0.0, 0.0);
    for (index, account) in book.accounts.iter().enumerate() {
        let mut is_traded = false;
        for position in account.positions.clone() {
            let slot = position * count + place;
            let (moved, whole) = (share * holdings.held[slot], notionals[slot]);
            let notional = moved.abs() * whole;
            if notional <= 0.0 {
                continue;
            }
            let cost = rate * notional;
            let paid = moved * at.quotes.mark(position)[at.quoted] - cost;
            pay(book, (position, paid), at, holdings);
            holdings.held[slot] -= moved;
            sold = (sold.0 + notional, sold.1 + cost);
            is_traded = true;
        }
        if is_traded {
            holdings.records[index * count + place].reduce();
        }
    }
    sold
}

/// Pays dollars to a position, in the asset it settles in.
fn pay(book: &EventBook, (position, paid): (usize, f64), at: At, holdings: &mut Holdings) {
    let units = paid / at.quotes.price(book.positions[position].price)[at.quoted];
    // a price of zero pays nothing
    let slot = position * holdings.path_count + at.place;
    holdings.cash[slot] += if units.is_finite() { units } else { 0.0 };
}

/// Executes the orders that sell a share of every contract, which pay what they move prices by, in
/// USD.
fn execute(book: &EventBook, share: f64, at: At, holdings: &mut Holdings) -> f64 {
    if book.market.is_none() {
        return 0.0;
    }
    let mut cost = 0.0;
    for pool in &book.pools {
        for contract in pool.contracts.clone() {
            let is_spot = book.contracts[contract].kind == ContractKind::Spot;
            if !is_spot && !book.is_alive(contract, at.moment) {
                continue;
            }
            let prices = prices_of(book, contract, at.quotes, at.quoted);
            let of = |one| share * holdings.held_at(one, at.place);
            let sizes = sizes_on_path(book, contract, of);
            let paid = holdings.execute(book, contract, sizes, &prices, at.place);
            if let Some(&(first, _)) = book.contracts[contract].positions.first() {
                pay(book, (first, -paid), at, holdings);
            }
            cost += paid;
        }
    }
    cost
}

impl EventStage {
    /// What the ladder did on the path at `place`; `None` without one.
    pub fn ladder_record<'a>(
        &self,
        state: &'a EventState,
        place: usize,
    ) -> Option<&'a LadderRecord> {
        self.ladder.as_ref().map(|_| &state.holdings.ladder[place])
    }

    /// Gross notional of the watched positions today, in USD, with a ladder.
    pub fn gross_notional(&self) -> Option<f64> {
        self.ladder.as_ref().map(|ladder| ladder.gross)
    }

    /// Takes what the watched accounts hold and are worth today as what paths are compared with.
    pub(super) fn look_at_today(&mut self) {
        let Some(mut ladder) = self.ladder.take() else { return };
        let mut state = self.state(1);
        state.ladder = ladder.paths(&self.book, 1);
        self.start_block(&mut state, 1);
        let block = FactorBlock::new(self.factor_count, 1);
        let isa = InstructionSet::Baseline;
        self.revalue(isa, 0, &block, &mut state);
        let EventState { quotes, holdings, failures, ladder: paths, .. } = &mut state;
        ladder.fill_gross(&self.book, isa, (0, &block), holdings, paths);
        let failed = (self.failures.as_ref(), &*failures);
        fill_worth(&self.book, quotes, failed, holdings, paths);
        (ladder.gross, ladder.worth) = (paths.gross[0], paths.worth[0]);
        self.ladder = Some(ladder);
    }

    /// Begins a block: every path stands where today's utilisation puts it.
    pub(super) fn start_ladder(&self, holdings: &mut Holdings) {
        let Some(ladder) = &self.ladder else { return };
        let today = ladder.terms.utilisation(ladder.exposure(ladder.gross), 0.0);
        let mut record =
            LadderRecord { climb: ladder.terms.rungs.begin(today), ..LadderRecord::default() };
        for rung in &mut record.rungs[..record.climb.standing()] {
            rung.reached = Some(0.0);
        }
        holdings.ladder[..holdings.path_count].fill(record);
    }

    /// The desk looks at its utilisation on every path and does what is due.
    pub(super) fn climb(&self, node: &Node, state: &mut EventState) {
        let Some(ladder) = &self.ladder else { return };
        let moment = node.index + 1;
        let EventState { quotes, holdings, failures, ladder: paths, .. } = state;
        ladder.fill_gross(&self.book, node.isa, (moment, node.current), holdings, paths);
        let failed = (self.failures.as_ref(), &*failures);
        fill_worth(&self.book, quotes, failed, holdings, paths);
        for place in 0..holdings.path_count {
            let (gross, loss) = (paths.gross[place], ladder.worth - paths.worth[place]);
            let due = ladder.step(&mut holdings.ladder[place], (gross, loss), moment);
            let Some(sale) = ladder.sale(&due, gross, loss) else { continue };
            let at = At { moment, place, quotes, quoted: place };
            let impact = execute(&self.book, sale.share, at, holdings);
            let rate = ladder.terms.rungs.rungs()[sale.rung].cost_rate;
            let sold = sell(&self.book, (sale.share, rate), at, &paths.notionals, holdings);
            let record = &mut holdings.ladder[place].rungs[sale.rung];
            record.notional += sold.0;
            record.cost += sold.1 + impact;
        }
    }
}

impl Holdings {
    /// Whether the desk lets nothing increase on a path; notes that something would have.
    pub fn refuses_increase(&mut self, ladder: Option<&Ladder>, place: usize) -> bool {
        let Some(ladder) = ladder else { return false };
        let record = &mut self.ladder[place];
        let refuses = ladder.terms.rungs.refuses_increases(&record.climb);
        record.refused += u32::from(refuses);
        refuses
    }
}
