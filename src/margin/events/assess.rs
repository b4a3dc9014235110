//! Equity and margin of a pool: over a block, and on one path in the same arithmetic.

use super::balances::{WatchedBalance, add_moved};
use super::book::{Backing, EventBook, Pool};
use super::contract::{ContractPrices, Sizes};
use super::quotes::{Quotes, row};
use super::state::{Holdings, Margins};
use crate::margin::columns::ContractColumns;

/// A pool on one path, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Standing {
    /// What the venue compares with its requirements.
    pub balance: f64,
    pub initial: f64,
    pub maintenance: f64,
}

/// A path at a moment, with the prices it is looked at with.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub moment: usize,
    /// Place of the path in the block.
    pub place: usize,
    pub quotes: &'a Quotes,
    /// Place of the path in the quotes.
    pub quoted: usize,
}

/// Fills `margins` with the margin of a pool on every path of `quotes`; whether anything of it
/// needs margin at `moment`.
pub(super) fn over_block(
    book: &EventBook,
    index: usize,
    (moment, quotes): (usize, &Quotes),
    holdings: &Holdings,
    margins: &mut Margins,
) -> bool {
    let pool = &book.pools[index];
    let count = holdings.path_count;
    let alive = |contract: &usize| book.is_alive(*contract, moment);
    if !pool.contracts.clone().any(|contract| alive(&contract)) {
        return false;
    }
    fill_balance(book, index, (moment, quotes), holdings, &mut margins.balance[..count]);
    margins.initial[..count].fill(0.0);
    margins.maintenance[..count].fill(0.0);
    for contract in pool.contracts.clone().filter(alive) {
        add_margin(book, contract, quotes, holdings, margins);
    }
    if let Some(portfolio) = &pool.portfolio {
        portfolio.fill(book, index, (moment, quotes), holdings, margins);
    }
    true
}

fn fill_balance(
    book: &EventBook,
    index: usize,
    (moment, quotes): (usize, &Quotes),
    holdings: &Holdings,
    balance: &mut [f64],
) {
    let pool = &book.pools[index];
    let count = holdings.path_count;
    match &pool.backing {
        Backing::Account => {
            balance.copy_from_slice(quotes.line(book.collateral_line(pool.account)));
            let balances = book.accounts[pool.account].balances.clone();
            add_moved(book, balances, (moment, quotes), &holdings.balances, balance);
        }
        Backing::Posted(posted) => {
            balance.fill(0.0);
            for &(price, units) in posted {
                let prices = balance.iter_mut().zip(quotes.price(price));
                prices.for_each(|(balance, price)| *balance += units * price);
            }
        }
    }
    for &position in &pool.positions {
        let watched = &book.positions[position];
        if !(pool.options_apart && watched.is_option) {
            let held = row(&holdings.held, position, count);
            add_products(held, quotes.mark(position), balance);
        }
        let cash = row(&holdings.cash, position, count);
        add_products(cash, quotes.price(watched.price), balance);
    }
    for (balance, cost) in balance.iter_mut().zip(row(&holdings.costs, index, count)) {
        *balance -= cost;
    }
}

/// `sum += left · right`.
pub(super) fn add_products(left: &[f64], right: &[f64], sums: &mut [f64]) {
    for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
        *sum += left * right;
    }
}

/// Adds the margin of one contract on every path.
fn add_margin(
    book: &EventBook,
    index: usize,
    quotes: &Quotes,
    holdings: &Holdings,
    margins: &mut Margins,
) {
    let contract = &book.contracts[index];
    let count = holdings.path_count;
    let Margins { initial, maintenance, long, short, ones, .. } = margins;
    let (long, short) = (&mut long[..count], &mut short[..count]);
    long.fill(0.0);
    short.fill(0.0);
    for &(position, today) in &contract.positions {
        let held = row(&holdings.held, position, count);
        for ((long, short), held) in long.iter_mut().zip(&mut *short).zip(held) {
            let quantity = today * held;
            *long += quantity.max(0.0);
            *short += (-quantity).max(0.0);
        }
    }
    let columns = ContractColumns {
        long,
        short,
        unit: contract.size_unit(),
        spot: quotes.price(contract.coin),
        forward: quotes.line(book.forward_line(index)),
        quote_price: contract.quote.map_or(&ones[..count], |quote| quotes.price(quote)),
        option: match contract.positions.first() {
            Some(&(position, today)) if contract.is_option() => (quotes.mark(position), today),
            _ => (&[], 0.0),
        },
    };
    contract.rules.add_margins(&columns, [&mut initial[..count], &mut maintenance[..count]]);
}

/// What a contract is worth at a place of `quotes`.
#[inline(always)]
pub(super) fn prices_of(
    book: &EventBook,
    index: usize,
    quotes: &Quotes,
    quoted: usize,
) -> ContractPrices {
    let contract = &book.contracts[index];
    let option = match contract.positions.first() {
        Some(&(position, today)) if contract.is_option() && today != 0.0 => {
            quotes.mark(position)[quoted] / today
        }
        _ => 0.0,
    };
    ContractPrices {
        option,
        forward: quotes.line(book.forward_line(index))[quoted],
        coin: quotes.price(contract.coin)[quoted],
        quote: contract.quote.map_or(1.0, |quote| quotes.price(quote)[quoted]),
    }
}

/// The pool on one path: what [`over_block`] finds there.
pub(super) fn on_path(book: &EventBook, index: usize, at: At, holdings: &Holdings) -> Standing {
    let pool = &book.pools[index];
    let counts = |position: &usize| !(pool.options_apart && book.positions[*position].is_option);
    let moved = |balance: &WatchedBalance, held, moved| balance.collateral_of(held, moved);
    let backing = backing(book, pool, book.collateral_line(pool.account), (at, holdings), moved);
    let balance = sum_up(book, (index, pool), backing, at, holdings, counts);
    let mut found = Standing { balance, ..Standing::default() };
    for contract in pool.contracts.clone().filter(|one| book.is_alive(*one, at.moment)) {
        let sizes = sizes_on_path(book, contract, |position| holdings.held_at(position, at.place));
        let prices = prices_of(book, contract, at.quotes, at.quoted);
        let margin = book.contracts[contract].margin(sizes, &prices);
        found.initial += margin.initial;
        found.maintenance += margin.maintenance;
    }
    if let Some(portfolio) = &pool.portfolio {
        portfolio.add(book, at, holdings, &mut found);
    }
    found
}

/// What the pool is worth on one path, without haircuts.
pub(super) fn equity(book: &EventBook, index: usize, at: At, holdings: &Holdings) -> f64 {
    let pool = &book.pools[index];
    let line = book.balances_line(pool.account);
    let backing = backing(book, pool, line, (at, holdings), |_, _, moved| moved);
    sum_up(book, (index, pool), backing, at, holdings, |_| true)
}

/// What backs a pool: a line of balances with what `counted` makes of units held and moved, or what
/// it was given.
fn backing(
    book: &EventBook,
    pool: &Pool,
    line: usize,
    (at, holdings): (At, &Holdings),
    counted: impl Fn(&WatchedBalance, f64, f64) -> f64,
) -> f64 {
    debug_assert!(line < book.line_count());
    match &pool.backing {
        Backing::Account => {
            let balances = book.accounts[pool.account].balances.clone();
            balances.fold(at.quotes.line(line)[at.quoted], |sum, index| {
                let balance = &book.balances[index];
                let moved = holdings.balances.moved[index * holdings.path_count + at.place];
                let units = counted(balance, balance.units[at.moment], moved);
                sum + units * at.quotes.price(balance.price)[at.quoted]
            })
        }
        Backing::Posted(posted) => posted
            .iter()
            .fold(0.0, |sum, &(price, units)| sum + units * at.quotes.price(price)[at.quoted]),
    }
}

/// Backing, positions that count, cash, less costs; in the order of [`fill_balance`].
fn sum_up(
    book: &EventBook,
    (index, pool): (usize, &Pool),
    backing: f64,
    at: At,
    holdings: &Holdings,
    counts: impl Fn(&usize) -> bool,
) -> f64 {
    let mut sum = backing;
    for position in &pool.positions {
        if counts(position) {
            sum += holdings.held_at(*position, at.place) * at.quotes.mark(*position)[at.quoted];
        }
        let price = at.quotes.price(book.positions[*position].price)[at.quoted];
        sum += holdings.cash[position * holdings.path_count + at.place] * price;
    }
    sum - holdings.costs[index * holdings.path_count + at.place]
}

/// Sizes of a contract with the shares of today's positions that `held` says.
pub(super) fn sizes_on_path(book: &EventBook, index: usize, held: impl Fn(usize) -> f64) -> Sizes {
    let mut sizes = Sizes::default();
    for &(position, today) in &book.contracts[index].positions {
        sizes.add(today * held(position));
    }
    sizes
}
