//! What accounts to which something happened are worth at the horizon.

use std::collections::BTreeMap;

use super::book::EventBook;
use super::state::EventState;
use crate::pricing::{CompiledBook, Row};

/// Rows of the valued book that the watched accounts are written to.
#[derive(Debug, Clone)]
pub(super) struct SettledRows {
    /// Of each watched position.
    positions: Vec<usize>,
    /// Of each watched account, where positions have no rows of their own: it pays the costs.
    accounts: Vec<Option<usize>>,
}

impl SettledRows {
    pub fn new(book: &EventBook, valued: &CompiledBook) -> Self {
        // By account and by position: a search for each would take their number squared.
        let (mut of_account, mut of_position) = (BTreeMap::new(), BTreeMap::new());
        for (index, row) in valued.rows().iter().enumerate() {
            match *row {
                Row::AccountPositions(account) => of_account.insert(account, index),
                Row::Position(position) => of_position.insert(position, index),
                Row::AccountBalances(_) | Row::Balance { .. } => None,
            };
        }
        let accounts: Vec<Option<usize>> =
            book.accounts.iter().map(|one| of_account.get(&one.index).copied()).collect();
        let mut positions = Vec::with_capacity(book.positions.len());
        for (account, by_account) in book.accounts.iter().zip(&accounts) {
            for position in &book.positions[account.positions.clone()] {
                let row = by_account.or_else(|| of_position.get(&position.index).copied());
                positions.push(row.expect("every position of a portfolio has a row in its book"));
            }
        }
        Self { positions, accounts }
    }

    /// Row of each watched position.
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    pub fn settle(&self, book: &EventBook, state: &EventState, values: &mut [f64]) {
        let EventState { holdings, quotes, .. } = state;
        let count = holdings.path_count;
        for (index, account) in book.accounts.iter().enumerate() {
            for place in 0..count {
                if !state.record(index, place).is_changed() {
                    continue;
                }
                for position in account.positions.clone() {
                    values[self.positions[position] * count + place] = 0.0;
                }
                for position in account.positions.clone() {
                    let at = position * count + place;
                    let price = quotes.price(book.positions[position].price)[place];
                    let mark = quotes.mark(position)[place];
                    let value = holdings.held[at] * mark + holdings.cash[at] * price;
                    values[self.positions[position] * count + place] += value;
                }
                if let Some(row) = self.accounts[index] {
                    values[row * count + place] -= state.record(index, place).cost;
                }
            }
        }
    }
}
