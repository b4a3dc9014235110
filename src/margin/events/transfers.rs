//! Margin calls met by transfers: from free collateral elsewhere, after a delay.
//!
//! At a node, an account below its initial margin and not below its maintenance margin is called.
//! What it lacks of `target_ratio` times its initial margin, less what is on its way to it, is sent by
//! the sources in their order, asset by asset in theirs, as far as each can spare it: at most what it
//! has of the asset (less what its positions owe in it), and not so much that its own margin balance
//! falls below `keep_ratio` times its initial margin. Nothing is sent to or from a failed venue. Units
//! leave at once and arrive at the first node at or after the delay, before the margin check there.
//!
//! A transfer brings no value: what leaves one balance arrives in another. What is on its way at the
//! horizon belongs to the account called.
//!
//! Limits: isolated contracts are not called; what arrives at a node counts there as if it had been
//! there since the node before, where an account is watched between nodes.

use super::assess::{At, on_path};
use super::book::{Backing, EventBook};
use super::stage::{EventStage, Node};
use super::state::{EventState, Happening, Holdings, PathEvent};
use crate::margin::{MarginBook, MarginError, MarginSetting};
use crate::portfolio::MarginCallRule;
use crate::units::{SECONDS_PER_YEAR, Symbol};

/// A time and a node this close are the same instant: a tenth of a second, as in the grid.
const SAME_INSTANT_YEARS: f64 = 0.1 / SECONDS_PER_YEAR;
/// A need met but for this share of it is met; less of it is not sent.
const ROUNDING: f64 = 1e-9;

/// The rule by which calls are met, compiled.
#[derive(Debug, Clone)]
pub(super) struct Treasury {
    sources: Vec<Source>,
    /// By pool; `None`: it is not called.
    called: Vec<Option<Called>>,
    /// Node at which what leaves at a node arrives; the number of nodes: beyond the horizon.
    arrivals: Vec<usize>,
    target_ratio: f64,
    keep_ratio: f64,
    minimum: f64,
    /// Called watched accounts, in order.
    pub accounts: Vec<usize>,
}

/// An account that is drawn on.
#[derive(Debug, Clone)]
struct Source {
    /// Watched account.
    account: usize,
    /// What margins it, where something does.
    pool: Option<usize>,
    /// Watched balance of each asset of the rule.
    balances: Vec<Option<usize>>,
    /// Its positions' cash in each asset of the rule.
    cash: Vec<Vec<usize>>,
}

/// A pool that can be called.
#[derive(Debug, Clone)]
struct Called {
    /// Index into [`Treasury::accounts`].
    index: usize,
    /// Watched balance of each asset of the rule.
    balances: Vec<Option<usize>>,
}

/// Units on their way.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Transfer {
    place: usize,
    /// Watched account and balance it goes to.
    account: usize,
    balance: usize,
    units: f64,
    /// Node at which it arrives.
    due: usize,
}

/// What became of the calls of one account on one path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CallRecord {
    /// Whether a call was not met in full.
    pub is_short: bool,
    /// Whether there was a call.
    pub is_called: bool,
    /// What was sent, in USD when it left.
    pub sent: f64,
}

/// Transfers on the paths of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct TransferState {
    on_their_way: Vec<Transfer>,
    arriving: Vec<Transfer>,
    /// `[called account][path]`.
    calls: Vec<CallRecord>,
}

impl Treasury {
    /// `None` without a rule, or where nobody can be called.
    pub fn compile(setting: &MarginSetting, book: &EventBook) -> Result<Option<Self>, MarginError> {
        let MarginSetting { rules, market, portfolio, .. } = *setting;
        let Some(rule) = &portfolio.margin_calls else { return Ok(None) };
        let mut accounts = Vec::new();
        let called = book.pools.iter().map(|pool| {
            let is_called = pool.backing == Backing::Account && pool.account < book.acting;
            is_called.then(|| {
                accounts.push(pool.account);
                let balances = balances(book, rule, pool.account);
                Called { index: accounts.len() - 1, balances }
            })
        });
        let called: Vec<Option<Called>> = called.collect();
        if accounts.is_empty() {
            return Ok(None);
        }
        // what its venue closes today has nothing to spare
        let today = MarginBook::compile(rules, market, portfolio)?.requirements(1.0);
        let sources = rule.sources.iter().filter(|source| !today[**source].liquidated_at_once());
        Ok(Some(Self {
            sources: sources.filter_map(|index| source(book, rule, *index)).collect(),
            called,
            arrivals: arrivals(setting, rule),
            target_ratio: rule.target_ratio,
            keep_ratio: rule.keep_ratio,
            minimum: rule.minimum,
            accounts,
        }))
    }

    /// Numbers of state a path.
    pub fn width(&self) -> usize {
        3 * self.accounts.len()
    }

    pub fn state(&self, path_capacity: usize) -> TransferState {
        let room = self.accounts.len() * path_capacity;
        TransferState {
            on_their_way: Vec::with_capacity(room),
            arriving: Vec::with_capacity(room),
            calls: vec![CallRecord::default(); room],
        }
    }

    pub fn start_block(&self, state: &mut TransferState, path_count: usize) {
        state.on_their_way.clear();
        state.calls[..self.accounts.len() * path_count].fill(CallRecord::default());
    }
}

/// Node at which what leaves at each node arrives.
fn arrivals(setting: &MarginSetting, rule: &MarginCallRule) -> Vec<usize> {
    let times: Vec<f64> = setting.model.grid.nodes.iter().map(|node| node.get()).collect();
    let arrival = |(node, sent): (usize, &f64)| {
        let due = sent + rule.delay.get() - SAME_INSTANT_YEARS;
        times.partition_point(|time| *time < due).max(node + 1)
    };
    times.iter().enumerate().map(arrival).collect()
}

/// The watched account at an index of the portfolio, as a source.
fn source(book: &EventBook, rule: &MarginCallRule, index: usize) -> Option<Source> {
    let account = book.accounts.iter().position(|watched| watched.index == index)?;
    let balances = balances(book, rule, account);
    let cash = |balance: &Option<usize>| {
        let Some(balance) = balance.map(|index| &book.balances[index]) else { return Vec::new() };
        let positions = book.accounts[account].positions.clone();
        positions.filter(|one| book.positions[*one].price == balance.price).collect()
    };
    Some(Source {
        account,
        pool: book.pools.iter().position(|pool| pool.account == account),
        cash: balances.iter().map(cash).collect(),
        balances,
    })
}

/// Watched balance of each asset of the rule.
fn balances(book: &EventBook, rule: &MarginCallRule, account: usize) -> Vec<Option<usize>> {
    let own = book.accounts[account].balances.clone();
    let find = |asset: &Symbol| own.clone().find(|balance| book.balances[*balance].asset == *asset);
    rule.assets.iter().map(find).collect()
}

impl Source {
    /// Units of an asset that it can spare on a path.
    fn spare(
        &self,
        (book, keep_ratio): (&EventBook, f64),
        asset: usize,
        at: At,
        holdings: &Holdings,
    ) -> f64 {
        let Some(index) = self.balances[asset] else { return 0.0 };
        let (count, balance) = (holdings.path_count, &book.balances[index]);
        let held = balance.units[at.moment] + holdings.balances.moved[index * count + at.place];
        let cash = self.cash[asset].iter().map(|one| holdings.cash[one * count + at.place]);
        let units = held + cash.sum::<f64>().min(0.0);
        let Some(pool) = self.pool else { return units };
        let standing = on_path(book, pool, at, holdings);
        let free = standing.balance - keep_ratio * standing.initial;
        let counted = at.quotes.price(balance.price)[at.quoted] * balance.share_counted(held);
        // what does not count as collateral is free
        if counted > 0.0 { units.min(free / counted) } else { units }
    }
}

impl EventStage {
    /// Indices into `Portfolio::accounts` of the accounts whose calls are met.
    pub fn called_accounts(&self) -> impl Iterator<Item = usize> {
        let accounts = self.treasury.iter().flat_map(|treasury| &treasury.accounts);
        accounts.map(|account| self.book.accounts[*account].index)
    }

    /// What became of the calls of one of [`Self::called_accounts`] on the path at `place`.
    pub fn call_record(&self, state: &EventState, called: usize, place: usize) -> CallRecord {
        state.transfers.calls[called * state.holdings.path_count + place]
    }

    /// Transfers due arrive.
    pub(super) fn arrive(&self, node: &Node, state: &mut EventState) {
        if self.treasury.is_none() {
            return;
        }
        let TransferState { on_their_way, arriving, .. } = &mut state.transfers;
        arriving.clear();
        arriving.extend(on_their_way.iter().filter(|one| one.due <= node.index));
        on_their_way.retain(|one| one.due > node.index);
        for index in 0..state.transfers.arriving.len() {
            let transfer = state.transfers.arriving[index];
            let value = self.deliver(transfer, node, state);
            let Transfer { place, account, balance, units, .. } = transfer;
            let balance = self.book.balances[balance].index;
            let what = Happening::TransferArrival { balance, units, value };
            let (node, account) = (node.index, self.book.accounts[account].index);
            state.holdings.events.push(PathEvent { node, place, account, what });
        }
    }

    /// What is on its way at the horizon belongs to the account it goes to; call after the checks.
    pub(super) fn arrive_at_horizon(&self, node: &Node, state: &mut EventState) {
        let Some(treasury) = &self.treasury else { return };
        if node.index + 1 < treasury.arrivals.len() {
            return;
        }
        let TransferState { on_their_way, arriving, .. } = &mut state.transfers;
        arriving.clear();
        arriving.append(on_their_way);
        for index in 0..state.transfers.arriving.len() {
            self.deliver(state.transfers.arriving[index], node, state);
        }
    }

    /// Puts a transfer into its balance, or into the claim that is left of it; its USD.
    fn deliver(&self, transfer: Transfer, node: &Node, state: &mut EventState) -> f64 {
        let EventState { quotes, holdings, failures, .. } = state;
        let Transfer { place, account, balance, units, .. } = transfer;
        let slot = balance * holdings.path_count + place;
        holdings.balances.incoming[slot] -= units;
        let value = units * quotes.price(self.book.balances[balance].price)[place];
        let path = node.current.paths()[place];
        let joined = (value, place, path);
        if !self.join_claim((account, balance), joined, holdings.path_count, failures) {
            holdings.balances.add(slot, units, node.index + 1);
        }
        value
    }

    /// Meets the calls of a pool at a node, whose margins were just found.
    pub(super) fn meet_calls(&self, pool: usize, node: &Node, state: &mut EventState) {
        let Some(treasury) = &self.treasury else { return };
        let Some(called) = &treasury.called[pool] else { return };
        for place in 0..state.holdings.path_count {
            let (balance, initial) = (state.margins.balance[place], state.margins.initial[place]);
            let is_called = initial > 0.0 && balance < initial;
            if is_called && balance >= state.margins.maintenance[place] {
                self.meet_call(treasury, (pool, called), (node, place), state);
            }
        }
    }

    fn meet_call(
        &self,
        treasury: &Treasury,
        (pool, called): (usize, &Called),
        (node, place): (&Node, usize),
        state: &mut EventState,
    ) {
        let count = state.holdings.path_count;
        let (balance, initial) = (state.margins.balance[place], state.margins.initial[place]);
        let expected = balance + self.expected(called, node.index + 1, place, state);
        if initial - expected <= ROUNDING * initial {
            return;
        }
        let needed = (treasury.target_ratio * initial - expected).max(treasury.minimum);
        let mut left = needed;
        let account = self.book.pools[pool].account;
        let mut sent = 0.0;
        for source in treasury.sources.iter().filter(|source| source.account != account) {
            if self.is_failed(source.account, place, state) {
                continue;
            }
            for asset in 0..called.balances.len() {
                let to = (account, called.balances[asset]);
                let found = self.send(treasury, (source, asset), to, left, (node, place), state);
                left -= found.collateral;
                sent += found.value;
            }
        }
        let record = &mut state.transfers.calls[called.index * count + place];
        record.is_called = true;
        record.is_short |= left > ROUNDING * needed;
        record.sent += sent;
    }

    /// Collateral that is on its way to a called pool, in USD.
    fn expected(&self, called: &Called, moment: usize, place: usize, state: &EventState) -> f64 {
        let EventState { quotes, holdings, .. } = state;
        let count = holdings.path_count;
        let value = |&index: &usize| {
            let (balance, slot) = (&self.book.balances[index], index * count + place);
            let held = balance.units[moment] + holdings.balances.moved[slot];
            let counted = balance.collateral_of(held, holdings.balances.incoming[slot]);
            counted * quotes.price(balance.price)[place]
        };
        called.balances.iter().flatten().map(value).sum()
    }

    fn is_failed(&self, account: usize, place: usize, state: &EventState) -> bool {
        let claimant = self.failures.as_ref().and_then(|failures| failures.claimant_of(account));
        let count = state.holdings.path_count;
        claimant.is_some_and(|(_, venue)| state.failures.failed(venue * count + place).is_some())
    }

    /// Sends what a source can spare of an asset, as far as it is needed.
    fn send(
        &self,
        treasury: &Treasury,
        (source, asset): (&Source, usize),
        (account, balance): (usize, Option<usize>),
        needed: f64,
        (node, place): (&Node, usize),
        state: &mut EventState,
    ) -> Sent {
        let (Some(from), Some(to)) = (source.balances[asset], balance) else { return Sent::NONE };
        let EventState { quotes, holdings, transfers, .. } = state;
        let at = At { moment: node.index + 1, place, quotes, quoted: place };
        let target = &self.book.balances[to];
        let price = quotes.price(target.price)[place];
        let slot = to * holdings.path_count + place;
        let held = target.units[at.moment] + holdings.balances.moved[slot];
        let counted = price * target.share_counted(held);
        let spare = source.spare((&self.book, treasury.keep_ratio), asset, at, holdings);
        let units = (needed / counted).min(spare);
        // a price of zero helps nobody; a NaN is not sent
        let least = (treasury.minimum * (1.0 - ROUNDING)).max(ROUNDING * needed);
        let is_sent = counted > 0.0 && units * price > least;
        if !is_sent {
            return Sent::NONE;
        }
        holdings.balances.add(from * holdings.path_count + place, -units, at.moment);
        holdings.balances.incoming[slot] += units;
        let due = treasury.arrivals[node.index];
        transfers.on_their_way.push(Transfer { place, account, balance: to, units, due });
        let (to, balance) = (self.book.accounts[account].index, self.book.balances[from].index);
        let value = units * price;
        let what = Happening::TransferSent { to, balance, units, value };
        let account = self.book.accounts[source.account].index;
        holdings.events.push(PathEvent { node: node.index, place, account, what });
        Sent { value, collateral: units * counted }
    }
}

/// What was sent, in USD, and what it counts as collateral where it goes.
#[derive(Debug, Clone, Copy)]
struct Sent {
    value: f64,
    collateral: f64,
}

impl Sent {
    const NONE: Self = Self { value: 0.0, collateral: 0.0 };
}
