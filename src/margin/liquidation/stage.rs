//! The margin stage of a path: checks every watched account at a node and closes what is below.

use super::reader::{Line, Reader, bare};
use super::state::{CLOSING_PATHS, Certainty, Closed, Closing, MarginState, ProxyErrors};
use super::watched::{Watched, refused, watched};
use crate::margin::{Looked, MarginError, VenueRules};
use crate::market::Market;
use crate::numeric::combination::count_below;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Balance, Portfolio};
use crate::pricing::{
    CompiledBook, Granularity, PathState, PriceSource, PricingSettings, Revaluation, Row,
    settlement_price,
};
use crate::simulation::{FactorBlock, FactorModel};

/// What a stage is compiled from.
#[derive(Clone, Copy)]
pub struct MarginSetting<'a> {
    /// Margin rules by venue.
    pub rules: &'a [Option<VenueRules>],
    /// The world today.
    pub market: &'a Market,
    /// What is held.
    pub portfolio: &'a Portfolio,
    /// Factors and nodes.
    pub model: &'a FactorModel,
    /// How positions are priced.
    pub pricing: PricingSettings,
}

/// Cash of the paths: funding and settlements so far.
#[derive(Clone, Copy)]
pub struct Cash<'a> {
    /// Of the book by account, which venues look at, whatever rows are valued.
    pub by_account: &'a PathState,
    /// Of the book whose rows are valued.
    pub by_row: &'a PathState,
}

/// One account under stated levels of today's factors, in USD; positions can be scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Index into `Portfolio::accounts`.
    pub account: usize,
    /// Balances after haircuts.
    pub collateral: f64,
    /// Equity less maintenance margin.
    pub headroom: f64,
    /// What closing all positions would cost.
    pub closing_cost: f64,
}

impl Standing {
    /// Whether the account would be liquidated with its positions times `scale`, at least zero.
    pub fn is_liquidated(&self, scale: f64) -> bool {
        scale > 0.0 && self.collateral + scale * (self.headroom - self.collateral) < 0.0
    }
}

/// All accounts that can be liquidated inside paths; immutable, shared by threads.
#[derive(Debug, Clone)]
pub struct MarginStage {
    accounts: Vec<WatchedAccount>,
    reader: Reader,
    slots: usize,
}

/// One account that can be liquidated.
#[derive(Debug, Clone)]
struct WatchedAccount {
    /// Index into `Portfolio::accounts`.
    index: usize,
    /// Share of gross notional that closing costs.
    fee: f64,
    /// What all balances are worth today, debts counted as positive, in USD.
    balances: f64,
    /// The positions, one a row, never stepped: their marks without cash.
    marks: CompiledBook,
    /// Cash slots of the book by account that equity counts.
    counted: Vec<(usize, PriceSource)>,
    /// Where money lies once the account is closed.
    proceeds: Vec<Proceeds>,
    /// Rows of the valued book that hold positions.
    rows: Vec<usize>,
    /// The one row that pays the cost, where positions have no rows of their own.
    cost_row: Option<usize>,
}

/// Cash of one asset in one row of the valued book, once the account is closed.
#[derive(Debug, Clone)]
struct Proceeds {
    row: usize,
    price: PriceSource,
    /// Slot of [`MarginState`].
    slot: usize,
    /// Slots of the valued book whose cash so far it takes over.
    taken_over: Vec<usize>,
    /// Positions (rows of `marks`) that are paid into it.
    paid_in: Vec<usize>,
}

/// Place and kind of what a stage looks at: node `i` is moment `i + 1`.
#[derive(Clone, Copy)]
struct At<'a> {
    isa: InstructionSet,
    node: usize,
    block: &'a FactorBlock,
}

impl MarginStage {
    /// Compiles the accounts that `setting`'s rules liquidate inside paths; `None` where there are
    /// none. `by_account` is the book by account, `valued` the book whose rows are valued.
    ///
    /// # Errors
    /// [`MarginError::NotLiquidated`] where rules cannot be acted on yet; what the market lacks.
    pub fn compile(
        setting: &MarginSetting,
        by_account: &CompiledBook,
        valued: &CompiledBook,
    ) -> Result<Option<Self>, MarginError> {
        let MarginSetting { rules, market, portfolio, model, pricing } = *setting;
        let watched = watched(rules, market, portfolio)?;
        let Some(first) = watched.first() else { return Ok(None) };
        if pricing.revaluation != Revaluation::Full {
            let item = format!("account '{}'", first.account.name);
            let found = "the revaluation is by sensitivities, not full".to_owned();
            return Err(refused(&item, first.account, first.rules, found));
        }
        let reader = Reader::compile(&watched, market, portfolio, model, pricing)?;
        let mut slots = 0;
        let accounts: Result<Vec<WatchedAccount>, MarginError> = watched
            .iter()
            .map(|one| WatchedAccount::compile(one, setting, by_account, valued, &mut slots))
            .collect();
        Ok(Some(Self { accounts: accounts?, reader, slots }))
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(super) fn with_reader(&self, reader: Reader) -> Self {
        Self { reader, ..self.clone() }
    }

    /// What each account's equity less requirement is made of today, in USD: what rounding is
    /// relative to.
    pub(super) fn worths(&self, isa: InstructionSet, factor_count: usize) -> Vec<f64> {
        let today = FactorBlock::new(factor_count, 1);
        let mut readings = self.reader.readings(1);
        self.reader.prepare(isa, 0, &today, &mut readings);
        let accounts = self.accounts.iter().enumerate();
        let worth = |(index, account): (usize, &WatchedAccount)| {
            let mut notional = [0.0];
            let line = (index, Line::Notional);
            self.reader.read(isa, line, 0, &today, &mut readings, &mut notional);
            account.balances + 2.0 * notional[0]
        };
        accounts.map(worth).collect()
    }

    /// Indices into `Portfolio::accounts` of the watched accounts, in their order here.
    pub fn accounts(&self) -> impl Iterator<Item = usize> {
        self.accounts.iter().map(|account| account.index)
    }

    /// Room for blocks of up to `path_capacity` paths.
    pub fn state(&self, path_capacity: usize, factor_count: usize) -> MarginState {
        let closing_paths = CLOSING_PATHS.min(path_capacity);
        let positions = self.accounts.iter().map(|account| account.marks.rows().len()).max();
        let marks = self.accounts.iter().map(|one| PathState::new(&one.marks, closing_paths));
        MarginState {
            path_capacity,
            path_count: 0,
            bounds: vec![0.0; self.accounts.len() * path_capacity],
            closed: vec![Closed::default(); self.accounts.len() * path_capacity],
            certainty: vec![Certainty::Sure; path_capacity],
            errors: None,
            cash: vec![0.0; self.slots * path_capacity],
            headroom: vec![0.0; path_capacity],
            prices: vec![0.0; path_capacity],
            readings: self.reader.readings(path_capacity),
            closing: Closing {
                places: Vec::with_capacity(path_capacity),
                block: FactorBlock::new(factor_count, closing_paths),
                readings: self.reader.readings(closing_paths),
                marks: marks.collect(),
                values: vec![0.0; positions.unwrap_or(0) * closing_paths],
                prices: vec![0.0; closing_paths],
                requirement: vec![0.0; closing_paths],
                notional: vec![0.0; closing_paths],
                balances: vec![0.0; closing_paths],
                paid: vec![0.0; closing_paths],
            },
        }
    }

    /// Every watched account today, at the levels in `block`, one path of it.
    pub fn standings(&self, isa: InstructionSet, block: &FactorBlock) -> Vec<Standing> {
        let mut readings = self.reader.readings(1);
        self.reader.prepare(isa, 0, block, &mut readings);
        let mut read = |index: usize, line: Line| {
            let mut out = [0.0];
            self.reader.read(isa, (index, line), 0, block, &mut readings, &mut out);
            out[0]
        };
        let accounts = self.accounts.iter().enumerate();
        let standing = |(index, account): (usize, &WatchedAccount)| Standing {
            account: account.index,
            collateral: read(index, Line::Collateral),
            headroom: read(index, Line::Headroom),
            closing_cost: account.fee * read(index, Line::Notional),
        };
        accounts.map(standing).collect()
    }

    /// Begins a block of `path_count` paths: every account is open.
    ///
    /// # Panics
    /// If `state` was built for fewer paths.
    pub fn start_block(&self, state: &mut MarginState, path_count: usize) {
        state.start(self.accounts.len(), path_count);
    }

    /// Closes, on every path of `block`, the open accounts whose equity is below their maintenance
    /// margin at `node`; call after the books were stepped there. Where options are valued by
    /// polynomials, paths on which that is too close to call are marked.
    pub fn check(
        &self,
        isa: InstructionSet,
        node: usize,
        block: &FactorBlock,
        cash: Cash,
        state: &mut MarginState,
    ) {
        let at = At { isa, node, block };
        self.reader.prepare(isa, node + 1, block, &mut state.readings);
        for (index, account) in self.accounts.iter().enumerate() {
            if !self.reader.needs_margin_at(index, node + 1) {
                continue;
            }
            self.fill_headroom(index, at, cash.by_account, state);
            let count = block.path_count();
            let (headroom, bounds) = (&state.headroom[..count], &state.bounds[index * count..]);
            let mut below = 0;
            count_below(isa, headroom, &bounds[..count], &mut below);
            if below > 0 {
                self.close(index, account, at, cash.by_row, state);
            }
        }
    }

    /// Equity and maintenance margin at `node` of the accounts that are still open on a block of one
    /// path; call after [`MarginStage::check`].
    pub fn looked(
        &self,
        isa: InstructionSet,
        node: usize,
        block: &FactorBlock,
        cash: &PathState,
        state: &mut MarginState,
    ) -> Vec<Looked> {
        let open = |index: &usize, state: &MarginState| {
            self.reader.needs_margin_at(*index, node + 1)
                && state.closed_places(*index).next().is_none()
        };
        self.reader.prepare(isa, node + 1, block, &mut state.readings);
        let mut looked = Vec::new();
        for (index, account) in self.accounts.iter().enumerate() {
            if !open(&index, state) {
                continue;
            }
            self.fill_headroom(index, At { isa, node, block }, cash, state);
            let mut maintenance = [0.0];
            let line = (index, Line::Requirement);
            let readings = &mut state.readings;
            self.reader.read(isa, line, node + 1, block, readings, &mut maintenance);
            let [maintenance] = maintenance;
            let equity = state.headroom[0] + maintenance;
            looked.push(Looked { account: account.index, equity, maintenance });
        }
        looked
    }

    /// Equity less requirement of one account on every path, and where it is not sure.
    fn fill_headroom(&self, index: usize, at: At, cash: &PathState, state: &mut MarginState) {
        let At { isa, node, block } = at;
        let count = block.path_count();
        let mut headroom = std::mem::take(&mut state.headroom);
        let Some(proxied) = self.reader.proxied(index) else {
            let line = (index, Line::Headroom);
            let readings = &mut state.readings;
            self.reader.read(isa, line, node + 1, block, readings, &mut headroom[..count]);
            self.add_cash(index, block, cash, state, &mut headroom[..count]);
            state.headroom = headroom;
            return;
        };
        let (from, readings) = ((index, node), &mut state.readings);
        self.reader.read_by_proxy(isa, from, block, readings, &mut headroom[..count]);
        self.add_cash(index, block, cash, state, &mut headroom[..count]);
        state.headroom = headroom;
        let epsilon = proxied.epsilon(node);
        state.mark_unsure(index, epsilon);
        if state.errors.is_some() {
            self.compare(index, at, cash, epsilon, state);
        }
    }

    /// Looks how far the headroom by polynomials is off that in full.
    fn compare(
        &self,
        index: usize,
        at: At,
        cash: &PathState,
        epsilon: f64,
        state: &mut MarginState,
    ) {
        let At { isa, node, block } = at;
        let count = block.path_count();
        let Some(ProxyErrors { mut exact, seen }) = state.errors.take() else { return };
        let line = (index, Line::Headroom);
        self.reader.read(isa, line, node + 1, block, &mut state.readings, &mut exact[..count]);
        self.add_cash(index, block, cash, state, &mut exact[..count]);
        let seen = state.largest_error(index, &exact[..count], (epsilon, seen));
        state.errors = Some(ProxyErrors { exact, seen });
    }

    /// Adds what equity counts of an account's cash so far.
    fn add_cash(
        &self,
        index: usize,
        block: &FactorBlock,
        cash: &PathState,
        state: &mut MarginState,
        headroom: &mut [f64],
    ) {
        let prices = &mut state.prices[..block.path_count()];
        for &(slot, price) in &self.accounts[index].counted {
            price.fill(block, prices);
            for ((sum, units), price) in headroom.iter_mut().zip(cash.cash(slot)).zip(&*prices) {
                *sum += units * price;
            }
        }
    }

    /// Closes one account on the paths where its equity is below the requirement.
    fn close(
        &self,
        index: usize,
        account: &WatchedAccount,
        at: At,
        cash: &PathState,
        state: &mut MarginState,
    ) {
        let count = at.block.path_count();
        let bounds = &state.bounds[index * count..][..count];
        let below = state.headroom.iter().zip(bounds).enumerate();
        let below = below.filter(|(_, (headroom, bound))| headroom < bound);
        let mut places = std::mem::take(&mut state.closing.places);
        places.clear();
        places.extend(below.map(|(place, _)| place));
        for places in places.chunks(CLOSING_PATHS) {
            self.read_closing(index, account, places, at, &mut state.closing);
            self.book_closing(index, account, places, at.node, cash, state);
        }
        state.closing.places = places;
    }

    /// Requirement, notional and marks of the account on the paths at `places`.
    fn read_closing(
        &self,
        index: usize,
        account: &WatchedAccount,
        places: &[usize],
        at: At,
        closing: &mut Closing,
    ) {
        let At { isa, node, block } = at;
        let Closing { block: few, readings, marks, values, requirement, notional, .. } = closing;
        let balances = &mut closing.balances[..places.len()];
        few.gather(block, places);
        let count = places.len();
        self.reader.prepare(isa, node + 1, few, readings);
        let requirement = &mut requirement[..count];
        self.reader.read(isa, (index, Line::Requirement), node + 1, few, readings, requirement);
        let notional = &mut notional[..count];
        self.reader.read(isa, (index, Line::Notional), node + 1, few, readings, notional);
        self.reader.read(isa, (index, Line::Balances), node + 1, few, readings, balances);
        account.marks.start_block(&mut marks[index], count);
        let values = &mut values[..account.marks.rows().len() * count];
        account.marks.values(isa, node, few, &mut marks[index], values);
    }

    /// Turns what was read into cash, cost and a closed account.
    fn book_closing(
        &self,
        index: usize,
        account: &WatchedAccount,
        places: &[usize],
        node: usize,
        cash: &PathState,
        state: &mut MarginState,
    ) {
        let (count, path_count) = (places.len(), state.path_count);
        state.closing.paid[..count].fill(0.0);
        for proceeds in &account.proceeds {
            let Closing { block, values, prices, paid, .. } = &mut state.closing;
            proceeds.price.fill(block, &mut prices[..count]);
            let slots = &mut state.cash[proceeds.slot * path_count..][..path_count];
            for (few, &place) in places.iter().enumerate() {
                let paid_in = proceeds.paid_in.iter().map(|&row| values[row * count + few]);
                let paid_in = paid_in.fold(0.0, |sum, value| sum + value) / prices[few];
                let so_far = proceeds.cash_so_far(cash, place);
                // a price of zero pays nothing
                slots[place] = so_far + if paid_in.is_finite() { paid_in } else { 0.0 };
                paid[few] += slots[place] * prices[few];
            }
        }
        for (few, &place) in places.iter().enumerate() {
            let Closing { requirement, notional, balances, paid, .. } = &state.closing;
            let (requirement, notional) = (requirement[few], notional[few]);
            let equity = state.headroom[place] + requirement;
            let cost = account.fee * notional;
            let bad_debt = (cost - balances[few] - paid[few]).max(0.0);
            let closed = Closed { node, equity, requirement, notional, cost, bad_debt };
            state.close(index, place, closed);
        }
    }

    /// Writes what closed accounts are worth at the horizon over their rows in `values`
    /// (`[row][path]` of the valued book at the levels of `block`). Where positions have rows of
    /// their own, costs stay in [`Closed::cost`]; else the account's row pays them.
    pub fn settle(&self, block: &FactorBlock, state: &mut MarginState, values: &mut [f64]) {
        let count = block.path_count();
        for (index, account) in self.accounts.iter().enumerate() {
            let mut places = std::mem::take(&mut state.closing.places);
            places.clear();
            places.extend(state.closed_places(index));
            if !places.is_empty() {
                for &row in &account.rows {
                    places.iter().for_each(|&place| values[row * count + place] = 0.0);
                }
                for proceeds in &account.proceeds {
                    proceeds.price.fill(block, &mut state.prices[..count]);
                    for &place in &places {
                        let units = state.cash[proceeds.slot * count + place];
                        values[proceeds.row * count + place] += units * state.prices[place];
                    }
                }
                if let Some(row) = account.cost_row {
                    for &place in &places {
                        let closed = &state.closed[index * count + place];
                        values[row * count + place] -= closed.cost;
                    }
                }
            }
            state.closing.places = places;
        }
    }
}

impl WatchedAccount {
    fn compile(
        watched: &Watched,
        setting: &MarginSetting,
        by_account: &CompiledBook,
        valued: &CompiledBook,
        slots: &mut usize,
    ) -> Result<Self, MarginError> {
        let MarginSetting { market, portfolio, model, pricing, .. } = *setting;
        let mut held = bare(portfolio);
        let positions = portfolio.positions.iter().enumerate();
        let (indices, positions): (Vec<usize>, Vec<_>) =
            positions.filter(|(_, position)| position.account == watched.index).unzip();
        held.positions = positions.into_iter().cloned().collect();
        let marks = CompiledBook::compile(market, &held, model, pricing, Granularity::Position)?;
        let mut proceeds: Vec<Proceeds> = Vec::new();
        let mut rows = Vec::new();
        for (mark, (&index, position)) in indices.iter().zip(&held.positions).enumerate() {
            let row = row_of(valued, index, watched.index);
            let price = settlement_price(market, model, position)?;
            rows.push(row);
            proceeds_in(&mut proceeds, row, price, slots).paid_in.push(mark);
        }
        rows.sort_unstable();
        rows.dedup();
        for (slot, row, price) in valued.cash_slots() {
            if rows.contains(&row) {
                proceeds_in(&mut proceeds, row, price, slots).taken_over.push(slot);
            }
        }
        let own = Row::AccountPositions(watched.index);
        let counted = by_account.cash_slots();
        let counted = counted.filter(|(_, row, _)| by_account.rows()[*row] == own);
        let counted = counted.filter(|_| by_account.moves_cash());
        let worth = |balance: &Balance| {
            let asset = market.asset(&balance.asset);
            balance.quantity.abs() * asset.map_or(0.0, |asset| asset.price_usd)
        };
        Ok(Self {
            index: watched.index,
            fee: watched.rules.liquidation_fee,
            balances: watched.account.balances.iter().map(worth).sum(),
            marks,
            counted: counted.map(|(slot, _, price)| (slot, price)).collect(),
            proceeds,
            cost_row: valued.rows().iter().position(|row| *row == own),
            rows,
        })
    }
}

impl Proceeds {
    /// Units that funding and settlements have left so far.
    fn cash_so_far(&self, cash: &PathState, place: usize) -> f64 {
        self.taken_over.iter().fold(0.0, |sum, &slot| sum + cash.cash(slot)[place])
    }
}

/// The row of the valued book that holds a position.
fn row_of(valued: &CompiledBook, position: usize, account: usize) -> usize {
    let holds = |row: &Row| match *row {
        Row::Position(index) => index == position,
        Row::AccountPositions(index) => index == account,
        Row::AccountBalances(_) | Row::Balance { .. } => false,
    };
    let found = valued.rows().iter().position(holds);
    found.expect("every position of a portfolio has a row in its book")
}

/// The proceeds of one asset in one row, added where there were none.
fn proceeds_in<'a>(
    all: &'a mut Vec<Proceeds>,
    row: usize,
    price: PriceSource,
    slots: &mut usize,
) -> &'a mut Proceeds {
    let found = all.iter().position(|one| one.row == row && one.price == price);
    let at = found.unwrap_or_else(|| {
        all.push(Proceeds {
            row,
            price,
            slot: *slots,
            taken_over: Vec::new(),
            paid_in: Vec::new(),
        });
        *slots += 1;
        all.len() - 1
    });
    &mut all[at]
}
