//! Rows of accounts at the horizon to which transfers or the failure of their venue happened.

use super::book::EventBook;
use super::failing_venues::Failures;
use super::state::EventState;
use crate::pricing::{CompiledBook, Row};

/// Rows of the valued book that balances and frozen accounts are written to.
#[derive(Debug, Clone)]
pub(super) struct MovedRows {
    /// Of each watched balance.
    balances: Vec<usize>,
    /// Of the balances of each watched account, where they have one row together.
    accounts: Vec<Option<usize>>,
}

impl MovedRows {
    pub fn new(book: &EventBook, valued: &CompiledBook) -> Self {
        let find = |wanted: Row| valued.rows().iter().position(|row| *row == wanted);
        let accounts: Vec<Option<usize>> =
            book.accounts.iter().map(|one| find(Row::AccountBalances(one.index))).collect();
        let mut balances = Vec::with_capacity(book.balances.len());
        for (watched, by_account) in book.accounts.iter().zip(&accounts) {
            for balance in &book.balances[watched.balances.clone()] {
                let row = Row::Balance { account: watched.index, index: balance.index };
                let row = by_account.or_else(|| find(row));
                balances.push(row.expect("every balance of a portfolio has a row in its book"));
            }
        }
        Self { balances, accounts }
    }

    /// Adds what transfers moved to the rows of balances, `[row][path]`.
    pub fn add_moved(&self, book: &EventBook, state: &EventState, values: &mut [f64]) {
        let EventState { holdings, quotes, .. } = state;
        let count = holdings.path_count;
        for (index, balance) in book.balances.iter().enumerate() {
            let moved = &holdings.balances.moved[index * count..][..count];
            let row = &mut values[self.balances[index] * count..][..count];
            let prices = quotes.price(balance.price);
            for ((slot, moved), price) in row.iter_mut().zip(moved).zip(prices) {
                *slot += moved * price;
            }
        }
    }

    /// Puts the worth of claims over the rows of accounts whose venue failed. Where balances have
    /// rows of their own the loss is left out of them: [`super::EventStage::failure_losses`] tells
    /// it; else the account's balances bear it, and its positions what closing them cost.
    pub fn freeze(
        &self,
        (book, failures): (&EventBook, &Failures),
        positions: &[usize],
        state: &EventState,
        values: &mut [f64],
    ) {
        let count = state.holdings.path_count;
        for (claimant, venue) in failures.claimants() {
            let account = failures.claimants[claimant].account;
            for place in 0..count {
                if state.failures.failed(venue * count + place).is_some() {
                    let at = |row: usize| row * count + place;
                    self.freeze_path(book, (claimant, account), positions, at, state, values);
                }
            }
        }
    }

    fn freeze_path(
        &self,
        book: &EventBook,
        (claimant, account): (usize, usize),
        positions: &[usize],
        at: impl Fn(usize) -> usize,
        state: &EventState,
        values: &mut [f64],
    ) {
        let watched = &book.accounts[account];
        for position in watched.positions.clone() {
            values[at(positions[position])] = 0.0;
        }
        for balance in watched.balances.clone() {
            values[at(self.balances[balance])] = 0.0;
        }
        for position in watched.positions.clone() {
            values[at(positions[position])] += state.failures.positions[at(position)];
        }
        for balance in watched.balances.clone() {
            values[at(self.balances[balance])] += state.failures.balances[at(balance)];
        }
        let Some(row) = self.accounts[account] else { return };
        values[at(row)] -= state.failures.claims[at(claimant)].loss();
        if let Some(position) = watched.positions.clone().next() {
            values[at(positions[position])] -= state.holdings.records[at(account)].cost;
        }
    }
}
