//! What a venue does to a pool below its maintenance margin, on one path.

use super::assess::{At, equity, on_path, prices_of, sizes_on_path};
use super::book::{Backing, EventBook};
use super::contract::{ContractKind, Sizes};
use super::state::{Happening, Holdings, PathEvent};
use crate::margin::CloseAmount;

/// What one round closes of each contract.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Round {
    /// This share of what was held at the trigger.
    Share(f64),
    /// What is left.
    Rest,
}

/// Closes pool `index` as its venue's rules say; it is below its maintenance margin there.
pub(super) fn liquidate(book: &EventBook, index: usize, at: At, holdings: &mut Holdings) {
    let pool = &book.pools[index];
    let account = &book.accounts[pool.account];
    let before = on_path(book, index, at, holdings);
    let mut closed = Closed::default();
    match account.liquidation.close {
        CloseAmount::Full => {
            for contract in pool.contracts.clone() {
                closed.add(close(book, index, contract, Round::Rest, at, holdings));
            }
        }
        CloseAmount::Steps { fraction, target_ratio } => {
            close_in_steps(book, index, (fraction, target_ratio), at, holdings, &mut closed);
        }
    }
    let is_flat = on_path(book, index, at, holdings).maintenance <= 0.0;
    let left = equity(book, index, at, holdings);
    let bad_debt = if is_flat && left < 0.0 { -left } else { 0.0 };
    if bad_debt > 0.0 && pool.backing != Backing::Account && !account.recourse {
        take_over(book, index, bad_debt, at, holdings);
    }
    if bad_debt > 0.0 && !account.recourse {
        holdings.owe(book, index, (bad_debt, closed.notional), at);
    }
    let node = at.moment.saturating_sub(1);
    let record = &mut holdings.records[pool.account * holdings.path_count + at.place];
    record.liquidate(node);
    record.notional += closed.notional;
    record.cost += closed.cost;
    record.bad_debt += bad_debt;
    let what = Happening::Liquidation {
        balance: before.balance,
        maintenance: before.maintenance,
        notional: closed.notional,
        cost: closed.cost,
        bad_debt,
        is_flat,
    };
    holdings.events.push(PathEvent { node, place: at.place, account: account.index, what });
}

/// Notional and cost of what was closed, in USD.
#[derive(Debug, Clone, Copy, Default)]
struct Closed {
    notional: f64,
    cost: f64,
}

impl Closed {
    fn add(&mut self, more: Self) {
        self.notional += more.notional;
        self.cost += more.cost;
    }
}

/// Rounds of a share each, until the margin ratio is back or nothing is left that needs margin.
fn close_in_steps(
    book: &EventBook,
    index: usize,
    (fraction, target_ratio): (f64, f64),
    at: At,
    holdings: &mut Holdings,
    closed: &mut Closed,
) {
    let pool = &book.pools[index];
    let mut at_trigger = std::mem::take(&mut holdings.at_trigger);
    at_trigger.clear();
    at_trigger.extend(pool.positions.iter().map(|&one| holdings.held_at(one, at.place)));
    holdings.at_trigger = at_trigger;
    let rounds = rounds(fraction);
    for round in 1..=rounds {
        let amount = if round == rounds { Round::Rest } else { Round::Share(fraction) };
        for contract in pool.contracts.clone().filter(|one| book.is_alive(*one, at.moment)) {
            let sizes = sizes_on_path(book, contract, |one| holdings.held_at(one, at.place));
            if book.contracts[contract].is_margined(sizes) {
                closed.add(close(book, index, contract, amount, at, holdings));
            }
        }
        let now = on_path(book, index, at, holdings);
        if now.balance >= target_ratio * now.maintenance {
            return;
        }
    }
}

/// Rounds that close everything, the last of them the rest.
fn rounds(fraction: f64) -> u32 {
    (1.0 / fraction).ceil().clamp(1.0, f64::from(ROUNDS_MAX)) as u32
}

/// However small the share, everything is closed after so many rounds.
const ROUNDS_MAX: u32 = 10_000;

/// Closes a part of one contract at its marks: the value of its positions becomes cash in the asset
/// they settle in.
fn close(
    book: &EventBook,
    pool: usize,
    contract: usize,
    round: Round,
    at: At,
    holdings: &mut Holdings,
) -> Closed {
    let margin_pool = &book.pools[pool];
    let share = |position: usize, holdings: &Holdings| {
        let held = holdings.held_at(position, at.place);
        let Round::Share(fraction) = round else { return held };
        let index = margin_pool.positions.binary_search(&position).unwrap_or(0);
        held.min(fraction * holdings.at_trigger[index])
    };
    let sizes = sizes_on_path(book, contract, |position| share(position, holdings));
    let prices = prices_of(book, contract, at.quotes, at.quoted);
    let is_alive = book.is_alive(contract, at.moment);
    let notional = if is_alive { book.contracts[contract].notional(sizes, &prices) } else { 0.0 };
    let is_traded = is_alive || book.contracts[contract].kind == ContractKind::Spot;
    let sizes = if is_traded { sizes } else { Sizes::default() };
    let impact = holdings.execute(book, contract, sizes, &prices, at.place);
    for &(position, _) in &book.contracts[contract].positions {
        let share = share(position, holdings);
        let slot = position * holdings.path_count + at.place;
        let price = at.quotes.price(book.positions[position].price)[at.quoted];
        let units = share * at.quotes.mark(position)[at.quoted] / price;
        // a price of zero pays nothing
        holdings.cash[slot] += if units.is_finite() { units } else { 0.0 };
        holdings.held[slot] -= share;
    }
    let cost = book.accounts[margin_pool.account].closing_rate * notional + impact;
    holdings.costs[pool * holdings.path_count + at.place] += cost;
    holdings.feed(book, contract, notional, at);
    Closed { notional, cost }
}

/// The venue takes an isolated position over at its bankruptcy price: the debt is its own.
fn take_over(book: &EventBook, index: usize, debt: f64, at: At, holdings: &mut Holdings) {
    let Some(&position) = book.pools[index].positions.first() else { return };
    let units = debt / at.quotes.price(book.positions[position].price)[at.quoted];
    let slot = position * holdings.path_count + at.place;
    holdings.cash[slot] += if units.is_finite() { units } else { 0.0 };
}
