//! Balances of watched accounts in units: what transfers move, and what claims are made of.
//!
//! The collateral of an account is one price line of today's balances ([`super::book::EventBook`]);
//! here stands what has been added to it on a path, `moved[balance][path]`, in units of the asset,
//! and what is on its way, `incoming[balance][path]`, which does not count until it arrives.
//!
//! Limits: interest on what is borrowed accrues on today's amount, whatever arrives.

use std::ops::Range;

use super::assess::At;
use super::book::EventBook;
use super::quotes::{Quotes, row};
use super::state::Holdings;
use crate::margin::{MarginError, MarginSetting};
use crate::pricing::{PriceSource, asset_source};
use crate::units::Symbol;

/// A balance of a watched account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WatchedBalance {
    /// Index into `Account::balances`.
    pub index: usize,
    pub asset: Symbol,
    /// Price of the asset.
    pub price: usize,
    /// Units that nothing moved, with interest, by moment.
    pub units: Vec<f64>,
    /// Volatility of the price.
    pub volatility: f64,
    haircut: f64,
}

/// What has been moved on the paths of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct MovedBalances {
    /// `[balance][path]`: units arrived less units sent.
    pub moved: Vec<f64>,
    /// `[balance][path]`: units on their way.
    pub incoming: Vec<f64>,
    /// `[balance][path]`: the moment at which `moved` changed last; 0: never.
    changed: Vec<u32>,
}

impl MovedBalances {
    pub fn new(balances: usize, path_capacity: usize) -> Self {
        let none = || vec![0.0; balances * path_capacity];
        Self { moved: none(), incoming: none(), changed: vec![0; balances * path_capacity] }
    }

    /// Moves units to a balance, or from it, at a moment; `slot` is its place in `[balance][path]`.
    pub fn add(&mut self, slot: usize, units: f64, moment: usize) {
        self.moved[slot] += units;
        self.changed[slot] = moment as u32;
    }

    /// The last moment at which anything was moved to or from one of `balances` on a path; `None`:
    /// never.
    pub fn last_moved(&self, balances: Range<usize>, place: usize, count: usize) -> Option<usize> {
        let last = balances.map(|balance| self.changed[balance * count + place]).max();
        last.filter(|moment| *moment > 0).map(|moment| moment as usize)
    }

    pub fn start_block(&mut self, balances: usize, path_count: usize) {
        self.moved[..balances * path_count].fill(0.0);
        self.incoming[..balances * path_count].fill(0.0);
        self.changed[..balances * path_count].fill(0);
    }
}

impl WatchedBalance {
    /// What `units` count as collateral, in units: what is owed counts in full.
    #[inline]
    fn counted(&self, units: f64) -> f64 {
        if units > 0.0 { (1.0 - self.haircut) * units } else { units }
    }

    /// By how much `added` to `held` units raise the collateral, in units.
    #[inline]
    pub fn collateral_of(&self, held: f64, added: f64) -> f64 {
        self.counted(held + added) - self.counted(held)
    }

    /// What one unit more counts where `held` are there.
    pub fn share_counted(&self, held: f64) -> f64 {
        if held < 0.0 { 1.0 } else { 1.0 - self.haircut }
    }
}

/// The balances of an account of the portfolio; `price` finds or adds a price.
pub(super) fn watched_balances(
    setting: &MarginSetting,
    account: usize,
    mut price: impl FnMut(PriceSource) -> usize,
) -> Result<Vec<WatchedBalance>, MarginError> {
    let MarginSetting { market, portfolio, model, .. } = *setting;
    let account = &portfolio.accounts[account];
    let nodes = model.grid.nodes.iter().map(|node| node.get());
    let times: Vec<f64> = std::iter::once(0.0).chain(nodes).collect();
    let balances = account.balances.iter().enumerate();
    let watched = balances.map(|(index, balance)| {
        let rate = if balance.quantity < 0.0 { balance.borrow_rate } else { 0.0 };
        let grown = times.iter().map(|time| balance.quantity * libm::exp(rate * time));
        let source = asset_source(market, model, &account.name, &balance.asset)?;
        let factor = source.factor.map(|factor| &model.factors[factor]);
        Ok(WatchedBalance {
            volatility: factor.map_or(0.0, |factor| factor.volatility),
            index,
            asset: balance.asset.clone(),
            price: price(source),
            units: grown.collect(),
            haircut: balance.haircut,
        })
    });
    watched.collect()
}

/// Adds to the collateral of an account what transfers moved, on every path.
pub(super) fn add_moved(
    book: &EventBook,
    balances: Range<usize>,
    (moment, quotes): (usize, &Quotes),
    moved: &MovedBalances,
    collateral: &mut [f64],
) {
    let count = collateral.len();
    for index in balances.filter(|_| !moved.moved.is_empty()) {
        let balance = &book.balances[index];
        let held = balance.units[moment];
        let moved = row(&moved.moved, index, count).iter().zip(quotes.price(balance.price));
        for (slot, (&moved, price)) in collateral.iter_mut().zip(moved) {
            *slot += balance.collateral_of(held, moved) * price;
        }
    }
}

/// Deviation a root year of what transfers moved to or from an account on a path, in USD: at most
/// this is added to that of its collateral.
pub(super) fn moved_deviation(
    book: &EventBook,
    account: usize,
    at: At,
    holdings: &Holdings,
) -> f64 {
    let of = |index: usize| {
        let balance = &book.balances[index];
        let moved = holdings.balances.moved[index * holdings.path_count + at.place];
        moved.abs() * at.quotes.price(balance.price)[at.quoted] * balance.volatility
    };
    book.accounts[account].balances.clone().map(of).sum()
}

/// What the coin at `price` makes of the collateral that transfers moved to an account, in USD.
pub(super) fn moved_in_coin(
    book: &EventBook,
    account: usize,
    price: usize,
    at: At,
    holdings: &Holdings,
) -> f64 {
    let balances = book.accounts[account].balances.clone();
    let value = balances.filter(|one| book.balances[*one].price == price).map(|index| {
        let balance = &book.balances[index];
        let moved = holdings.balances.moved[index * holdings.path_count + at.place];
        balance.collateral_of(balance.units[at.moment], moved)
    });
    value.sum::<f64>() * at.quotes.price(price)[at.quoted]
}
