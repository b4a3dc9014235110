//! The loss of every kept path at another scale of the positions, or with exposure added: what the
//! solvers evaluate, on common random numbers and without simulating again.

use rayon::prelude::*;

use super::ledger::{AccountTerms, AccountValues};
use super::pass::PathColumns;

/// Paths one task evaluates.
const TASK_PATHS: usize = 8_192;

/// A variation of the book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variation<'a> {
    /// Multiple of every position; balances stay.
    pub scale: f64,
    /// Linear exposure added, in money: `(underlying, amount)`, positive is long.
    pub added: Option<(usize, f64)>,
    /// Cost of closing each account at once at this scale.
    pub closing_costs: &'a [Option<f64>],
}

/// Losses of the kept paths under `variation`, in path order.
pub(super) fn losses(
    columns: &PathColumns,
    terms: &[AccountTerms],
    variation: &Variation,
    losses: &mut Vec<f64>,
) {
    losses.clear();
    losses.resize(columns.path_count(), 0.0);
    losses.par_chunks_mut(TASK_PATHS).enumerate().for_each(|(task, chunk)| {
        for (index, slot) in chunk.iter_mut().enumerate() {
            let path = task * TASK_PATHS + index;
            let account = |account| columns.account(path, account);
            let level = |underlying| columns.spot_level(path, underlying);
            *slot = loss(terms, variation, account, level);
        }
    });
}

/// What accounts without recourse owe beyond their equity at the horizon on the kept paths under
/// `variation`, in path order: positive amounts that venues bear.
pub(super) fn borne_by_venues(
    columns: &PathColumns,
    terms: &[AccountTerms],
    variation: &Variation,
    amounts: &mut Vec<f64>,
) {
    amounts.clear();
    amounts.resize(columns.path_count(), 0.0);
    amounts.par_chunks_mut(TASK_PATHS).enumerate().for_each(|(task, chunk)| {
        for (index, slot) in chunk.iter_mut().enumerate() {
            let path = task * TASK_PATHS + index;
            let limited = terms.iter().enumerate().filter(|(_, one)| one.limited_liability);
            *slot = limited.fold(0.0, |sum, (account, terms)| {
                let cost = variation.closing_costs[account];
                sum + terms.owed(columns.account(path, account), variation.scale, cost)
            });
        }
    });
}

/// Loss of one path, or of one stress, under `variation`.
pub(super) fn loss(
    terms: &[AccountTerms],
    variation: &Variation,
    account_values: impl Fn(usize) -> AccountValues,
    spot_level: impl Fn(usize) -> f64,
) -> f64 {
    let mut loss = 0.0;
    for (account, terms) in terms.iter().enumerate() {
        let cost = variation.closing_costs[account];
        loss += terms.loss(account_values(account), variation.scale, cost);
    }
    match variation.added {
        Some((underlying, amount)) => loss - amount * (spot_level(underlying) - 1.0),
        None => loss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Vec<AccountTerms> {
        vec![AccountTerms { limited_liability: true, positions_value: 0.0, balances_value: 100.0 }]
    }

    #[test]
    fn scale_moves_positions_and_added_exposure_moves_with_spot() {
        // Two paths: positions lose 10 and gain 20; balances stay; spot falls 10 % and rises 20 %.
        let columns = PathColumns::new(1, 1, vec![-10.0, 100.0, 0.9, 20.0, 100.0, 1.2]);
        let variation = Variation { scale: 2.0, added: Some((0, 50.0)), closing_costs: &[None] };
        let mut found = Vec::new();
        losses(&columns, &terms(), &variation, &mut found);
        let expected = [20.0 + 5.0, -40.0 - 10.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }
}
