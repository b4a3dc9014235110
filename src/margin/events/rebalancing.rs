//! Accounts kept at a leverage: traded back to a target once they leave a band around it.
//!
//! Leverage is gross notional of derivatives (options count their coins) over equity: the margin
//! balance, with the value of options where rules leave that out. Above the upper edge the pool's
//! futures and perpetuals are reduced, below the lower one increased, all by one share f of what is
//! held, so that the target L is met after the cost c of the trade: with N of notional, T of it
//! tradable, and equity E,
//!
//! `f = (N − L·E) / (T·(1 − L·c))` reduces, `f = (L·E − N) / (T·(1 + L·c))` increases.
//!
//! At a node a pool is looked at after stops and liquidations, and traded at its marks at most once;
//! one below its maintenance margin is its venue's. Where one diffusing coin moves a pool that its
//! venue watches at all times, an edge touched between nodes is traded there, at its price, before
//! the margin line beyond it is looked at ([`super::bridge`]). Fills pay c, and what their own orders
//! move the price by ([`super::orders`]).
//!
//! Limits: the share does not foresee the impact of its own orders; pools moved by more than one coin
//! are looked at at the nodes; of both edges touched in one step the upper one is traded.

use super::assess::{At, Standing, add_products, on_path, prices_of, sizes_on_path};
use super::book::EventBook;
use super::bridge::{Bridge, Step};
use super::contract::{Contract, ContractKind};
use super::quotes::{Quotes, row};
use super::stage::{EventStage, Node};
use super::state::{EventState, Happening, Holdings, Margins, PathEvent};
use super::stops::{Side, is_touched};
use crate::margin::MarginSetting;
use crate::numeric::Streams;
use crate::portfolio::Rebalancing;
use crate::units::SECONDS_PER_YEAR;

/// A time and a node this close are the same instant: a tenth of a second, as in the grid.
const SAME_INSTANT_YEARS: f64 = 0.1 / SECONDS_PER_YEAR;
/// A smaller share of the notional is not traded: it is rounding.
const ROUNDING: f64 = 1e-9;

/// A pool that is kept at a leverage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    rule: Rebalancing,
    /// By node: the first one at which a pool traded there may be traded again.
    ready: Vec<usize>,
}

/// When a pool was traded last on a path, in order of time; the default is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct LastTrade(u32);

impl LastTrade {
    /// On the way to a node.
    fn before(node: usize) -> Self {
        Self(2 * node as u32 + 1)
    }

    /// At a node.
    fn at(node: usize) -> Self {
        Self(2 * node as u32 + 2)
    }

    fn node(self) -> Option<usize> {
        self.0.checked_sub(1).map(|code| code as usize / 2)
    }
}

/// What a pool holds on one path, in USD.
#[derive(Debug, Clone, Copy, Default)]
struct Exposure {
    notional: f64,
    /// Of futures and perpetuals.
    tradable: f64,
    equity: f64,
}

/// Notional traded and what it cost, in USD.
#[derive(Debug, Clone, Copy, Default)]
struct Traded {
    notional: f64,
    cost: f64,
}

/// The rule of each pool; empty where none has one.
pub(super) fn kept(setting: &MarginSetting, book: &EventBook) -> Vec<Option<Kept>> {
    let times: Vec<f64> = setting.model.grid.nodes.iter().map(|node| node.get()).collect();
    let of = |pool: &super::book::Pool| {
        let account = book.accounts[pool.account].index;
        let rule = setting.portfolio.accounts[account].rebalancing?;
        let is_traded = book.contracts[pool.contracts.clone()].iter().any(is_tradable);
        is_traded.then(|| {
            let after = |time: &f64| time + rule.cooldown.get() - SAME_INSTANT_YEARS;
            let ready = |time: &f64| times.partition_point(|one| *one < after(time));
            Kept { rule, ready: times.iter().map(ready).collect() }
        })
    };
    let kept: Vec<Option<Kept>> = book.pools.iter().map(of).collect();
    if kept.iter().all(Option::is_none) { Vec::new() } else { kept }
}

fn is_tradable(contract: &Contract) -> bool {
    matches!(contract.kind, ContractKind::Linear | ContractKind::Inverse)
}

impl Kept {
    /// Whether a pool traded last at `last` may be traded `now`.
    fn may_trade(&self, last: LastTrade, now: LastTrade) -> bool {
        let ready = |node: usize| self.ready[node] <= now.node().unwrap_or(0);
        last < now && last.node().is_none_or(ready)
    }

    /// Whether leverage is outside of the band; never where there is no equity.
    #[inline(always)]
    fn is_outside(&self, notional: f64, equity: f64) -> bool {
        let lower = self.rule.lower_leverage.unwrap_or(0.0);
        equity > 0.0 && (notional > self.rule.upper_leverage * equity || notional < lower * equity)
    }

    /// Share of what is held by which a pool is reduced to get to its target; below zero: increased.
    /// `None` where there is nothing to trade.
    fn share(&self, found: Exposure) -> Option<f64> {
        let Exposure { notional, tradable, equity } = found;
        let Rebalancing { target_leverage, trading_cost, minimum, .. } = self.rule;
        if tradable <= 0.0 || equity <= 0.0 {
            return None;
        }
        let excess = notional - target_leverage * equity;
        let slope = target_leverage * trading_cost;
        let share = if excess > 0.0 {
            (excess / (tradable * (1.0 - slope))).min(1.0)
        } else {
            excess / (tradable * (1.0 + slope))
        };
        let traded = share.abs() * tradable;
        let is_traded = traded >= minimum && traded > ROUNDING * notional;
        is_traded.then_some(share)
    }

    /// The price of the coin, over that at the end of a step, at which a pool touched an edge of its
    /// band on the way; `None` where it did not, or was beyond it when the step began.
    fn touched(
        &self,
        book: &EventBook,
        pool: usize,
        (bridge, step): (&Bridge, Step),
        (at, balance): (At, f64),
        (holdings, streams): (&Holdings, &Streams),
    ) -> Option<f64> {
        let slope = bridge.slope(book, pool, at, holdings);
        let [mut rising, mut fixed] = [0.0; 2];
        for contract in book.pools[pool].contracts.clone() {
            let notional = notional_of(book, contract, at, holdings);
            match book.contracts[contract].kind {
                ContractKind::Inverse => fixed += notional,
                _ => rising += notional,
            }
        }
        // Leverage is monotone in the price: its change has one sign wherever there is equity.
        let rest = balance - slope;
        let rises = rising * rest > fixed * slope;
        let edges = [
            Some((self.rule.upper_leverage, rises)),
            self.rule.lower_leverage.map(|lower| (lower, !rises)),
        ];
        edges.into_iter().flatten().find_map(|(edge, is_above)| {
            let ratio = (edge * rest - fixed) / (rising - edge * slope);
            let side = if is_above { Side::Above } else { Side::Below };
            let exists = ratio > 0.0 && ratio.is_finite() && rest + slope * ratio > 0.0;
            (exists && is_touched((pool, side), libm::log(ratio), step, streams)).then_some(ratio)
        })
    }
}

/// Notional of one contract on a path; nothing once it has expired.
fn notional_of(book: &EventBook, contract: usize, at: At, holdings: &Holdings) -> f64 {
    if !book.is_alive(contract, at.moment) {
        return 0.0;
    }
    let sizes = sizes_on_path(book, contract, |one| holdings.held_at(one, at.place));
    book.contracts[contract].notional(sizes, &prices_of(book, contract, at.quotes, at.quoted))
}

/// A pool on one path whose margin balance is known.
fn exposure(
    book: &EventBook,
    (index, balance): (usize, f64),
    at: At,
    holdings: &Holdings,
) -> Exposure {
    let pool = &book.pools[index];
    let mut found = Exposure { equity: balance, ..Exposure::default() };
    for contract in pool.contracts.clone() {
        let notional = notional_of(book, contract, at, holdings);
        found.notional += notional;
        if is_tradable(&book.contracts[contract]) {
            found.tradable += notional;
        }
    }
    let apart =
        pool.positions.iter().filter(|one| pool.options_apart && book.positions[**one].is_option);
    for &position in apart {
        let mark = at.quotes.mark(position)[at.quoted];
        found.equity += holdings.held_at(position, at.place) * mark;
    }
    found
}

/// Fills notional and equity of a pool on every path, whose margin balances are known.
fn fill_exposure(
    book: &EventBook,
    index: usize,
    (moment, quotes): (usize, &Quotes),
    holdings: &Holdings,
    margins: &mut Margins,
) {
    let (pool, count) = (&book.pools[index], holdings.path_count);
    let Margins { balance, long, short, notional, equity, .. } = margins;
    let (long, short) = (&mut long[..count], &mut short[..count]);
    notional[..count].fill(0.0);
    equity[..count].copy_from_slice(&balance[..count]);
    for contract in pool.contracts.clone().filter(|one| book.is_alive(*one, moment)) {
        let found = &book.contracts[contract];
        long.fill(0.0);
        short.fill(0.0);
        for &(position, today) in &found.positions {
            let side = if today < 0.0 { &mut *short } else { &mut *long };
            let held = row(&holdings.held, position, count);
            side.iter_mut().zip(held).for_each(|(sum, held)| *sum += today.abs() * held);
        }
        let unit = match found.kind {
            ContractKind::Linear => Some(quotes.line(book.forward_line(contract))),
            ContractKind::Option => Some(quotes.price(found.coin)),
            ContractKind::Inverse | ContractKind::Spot => None,
        };
        let is_netted = found.rules.is_netted();
        for (place, sum) in notional[..count].iter_mut().enumerate() {
            let (long, short) = (long[place], short[place]);
            let size = if is_netted { (long - short).abs() } else { long + short };
            *sum += size * unit.map_or(1.0, |unit| unit[place].abs());
        }
    }
    for &position in pool.positions.iter().filter(|_| pool.options_apart) {
        if book.positions[position].is_option {
            let held = row(&holdings.held, position, count);
            add_products(held, quotes.mark(position), &mut equity[..count]);
        }
    }
}

/// Trades a share of what a pool holds of futures and perpetuals, at the marks of `at`.
fn trade(
    book: &EventBook,
    (pool, share, rate): (usize, f64, f64),
    at: At,
    holdings: &mut Holdings,
) -> Traded {
    let mut traded = Traded::default();
    for contract in book.pools[pool].contracts.clone() {
        let found = &book.contracts[contract];
        if !is_tradable(found) || !book.is_alive(contract, at.moment) {
            continue;
        }
        let prices = prices_of(book, contract, at.quotes, at.quoted);
        let sizes = sizes_on_path(book, contract, |one| share * holdings.held_at(one, at.place));
        let notional = found.notional(sizes, &prices);
        let cost = rate * notional + holdings.execute(book, contract, sizes, &prices, at.place);
        let gross = sizes.long + sizes.short;
        for &(position, today) in &found.positions {
            let slot = position * holdings.path_count + at.place;
            let moved = share * holdings.held[slot];
            let part = (today * moved).abs() / gross;
            let paid = moved * at.quotes.mark(position)[at.quoted]
                - if part.is_finite() { part * cost } else { 0.0 };
            let units = paid / at.quotes.price(book.positions[position].price)[at.quoted];
            // a price of zero pays nothing
            holdings.cash[slot] += if units.is_finite() { units } else { 0.0 };
            holdings.held[slot] -= moved;
        }
        traded.notional += notional;
        traded.cost += cost;
    }
    traded
}

impl EventStage {
    /// Indices into `Portfolio::accounts` of the accounts that are kept at a leverage.
    pub fn rebalanced_accounts(&self) -> impl Iterator<Item = usize> {
        let pools = self.book.pools.iter().zip(&self.kept).filter(|(_, kept)| kept.is_some());
        pools.map(|(pool, _)| self.book.accounts[pool.account].index)
    }

    fn kept_pool(&self, pool: usize) -> Option<&Kept> {
        self.kept.get(pool)?.as_ref()
    }

    /// Trades a pool on the paths on which it touched an edge of its band on the way to a node, at
    /// the price that it touched it at.
    pub(super) fn rebalance_between(&self, pool: usize, node: &Node, state: &mut EventState) {
        let Some(kept) = self.kept_pool(pool) else { return };
        let Some(bridge) = self.book.pools[pool].bridge.as_ref() else { return };
        let EventState { quotes, holdings, margins, trigger, has_parted, .. } = state;
        let now = LastTrade::before(node.index);
        for (place, parted) in has_parted[..holdings.path_count].iter_mut().enumerate() {
            let Some(step) = node.step(bridge, place) else { continue };
            if !kept.may_trade(holdings.last_trade(pool, place), now) {
                continue;
            }
            let here = At { moment: node.index + 1, place, quotes, quoted: place };
            let balance = margins.balance[place];
            let known = (&*holdings, &self.streams);
            let found = kept.touched(&self.book, pool, (bridge, step), (here, balance), known);
            let Some(ratio) = found else { continue };
            bridge.quote(&self.book, pool, (ratio, here), trigger);
            let there = At { quotes: trigger, quoted: 0, ..here };
            let then = on_path(&self.book, pool, there, holdings);
            let found = exposure(&self.book, (pool, then.balance), there, holdings);
            if self.rebalance_at(pool, (now, then), (there, found), holdings) {
                *parted = true;
                margins.set(place, on_path(&self.book, pool, here, holdings));
            }
        }
    }

    /// Trades a pool on the paths on which it stands outside of its band at a node.
    pub(super) fn rebalance(&self, pool: usize, node: &Node, state: &mut EventState) {
        let Some(kept) = self.kept_pool(pool) else { return };
        let moment = node.index + 1;
        let EventState { quotes, holdings, margins, places, touched, .. } = state;
        for place in places.iter().copied().chain(touched.iter().map(|(place, _)| *place)) {
            // what its venue has just left of it
            let at = At { moment, place, quotes, quoted: place };
            margins.set(place, on_path(&self.book, pool, at, holdings));
        }
        fill_exposure(&self.book, pool, (moment, quotes), holdings, margins);
        let is_outside =
            |place: &usize| kept.is_outside(margins.notional[*place], margins.equity[*place]);
        places.clear();
        places.extend((0..holdings.path_count).filter(is_outside));
        for &place in places.iter() {
            let at = At { moment, place, quotes, quoted: place };
            self.rebalance_on_path(pool, margins.at(place), at, holdings);
        }
    }

    /// Trades a pool that stands as `now` at a node, where it is outside of its band and has not been
    /// traded there.
    pub(super) fn rebalance_on_path(
        &self,
        pool: usize,
        now: Standing,
        at: At,
        holdings: &mut Holdings,
    ) {
        let Some(kept) = self.kept_pool(pool) else { return };
        let time = LastTrade::at(at.moment.saturating_sub(1));
        if kept.may_trade(holdings.last_trade(pool, at.place), time) {
            let found = exposure(&self.book, (pool, now.balance), at, holdings);
            if !kept.is_outside(found.notional, found.equity) {
                return;
            }
            self.rebalance_at(pool, (time, now), (at, found), holdings);
        }
    }

    /// Trades a pool back to its target; whether anything was traded.
    fn rebalance_at(
        &self,
        pool: usize,
        (time, now): (LastTrade, Standing),
        (at, found): (At, Exposure),
        holdings: &mut Holdings,
    ) -> bool {
        let is_venues = now.maintenance > 0.0 && now.balance < now.maintenance;
        let Some(kept) = self.kept_pool(pool).filter(|_| !is_venues) else { return false };
        let Some(share) = kept.share(found) else { return false };
        if share < 0.0 && holdings.refuses_increase(self.ladder.as_ref(), at.place) {
            return false;
        }
        let order = (pool, share, kept.rule.trading_cost);
        let traded = trade(&self.book, order, at, holdings);
        let (node, watched) = (at.moment.saturating_sub(1), self.book.pools[pool].account);
        holdings.last_trades[pool * holdings.path_count + at.place] = time;
        let record = &mut holdings.records[watched * holdings.path_count + at.place];
        record.rebalance(node, (traded.notional, traded.cost));
        let what = Happening::Rebalancing {
            leverage: found.notional / found.equity,
            notional: traded.notional,
            cost: traded.cost,
            is_reduction: share > 0.0,
        };
        let account = self.book.accounts[watched].index;
        holdings.events.push(PathEvent { node, place: at.place, account, what });
        true
    }
}

impl Holdings {
    fn last_trade(&self, pool: usize, place: usize) -> LastTrade {
        self.last_trades[pool * self.path_count + place]
    }
}
