//! What each account adds: measures without it, and of it alone, on the kept paths.
//!
//! Losses without an account are those of the accounts before it and of those after it, each summed
//! once: the work grows with the number of accounts, not with its square.

use super::Found;
use crate::engine::EngineError;
use crate::engine::ledger::AccountTerms;
use crate::engine::pass::PathColumns;
use crate::outcome::IncrementalRow;
use crate::risk::{self, TailMean};
use crate::units::ConfidenceLevel;

/// One row an account, in portfolio order.
pub(super) fn incremental(found: &Found) -> Result<Vec<IncrementalRow>, EngineError> {
    let level = found.plan.scenario.measures.contribution_level;
    let accounts = &found.book.setting.portfolio.accounts;
    let paths = found.columns.path_count();
    // `[account][path]`: of it and those before it.
    let mut up_to = Vec::with_capacity(accounts.len() * paths);
    let mut sum = vec![0.0; paths];
    for account in 0..accounts.len() {
        add_own(found, account, &mut sum);
        up_to.extend_from_slice(&sum);
    }
    let all = measured(found, level, &sum)?;
    let (mut after, mut without) = (vec![0.0; paths], vec![0.0; paths]);
    let mut rows = Vec::with_capacity(accounts.len());
    for (index, account) in accounts.iter().enumerate().rev() {
        without.copy_from_slice(&after);
        if let Some(before) = index.checked_sub(1) {
            let before = &up_to[before * paths..][..paths];
            without.iter_mut().zip(before).for_each(|(sum, before)| *sum += before);
        }
        let without = measured(found, level, &without)?;
        let alone = alone(found, level, &[index])?;
        rows.push(IncrementalRow {
            account: account.name.clone(),
            value_at_risk_without: without.value_at_risk,
            value_at_risk_change: all.value_at_risk - without.value_at_risk,
            expected_shortfall_without: without.expected_shortfall,
            expected_shortfall_change: all.expected_shortfall - without.expected_shortfall,
            expected_shortfall_alone: alone.expected_shortfall,
        });
        add_own(found, index, &mut after);
    }
    rows.reverse();
    Ok(rows)
}

/// Sum over accounts of the ES of each alone.
pub(super) fn standalone(found: &Found, level: ConfidenceLevel) -> Result<f64, EngineError> {
    let accounts = 0..found.book.ledger.terms.len();
    accounts.map(|account| Ok(alone(found, level, &[account])?.expected_shortfall)).sum()
}

/// VaR and ES of some accounts alone.
pub(super) fn alone(
    found: &Found,
    level: ConfidenceLevel,
    accounts: &[usize],
) -> Result<TailMean, EngineError> {
    let mut losses = vec![0.0; found.columns.path_count()];
    accounts.iter().for_each(|&account| add_own(found, account, &mut losses));
    measured(found, level, &losses)
}

fn measured(
    found: &Found,
    level: ConfidenceLevel,
    losses: &[f64],
) -> Result<TailMean, EngineError> {
    Ok(risk::tail_mean(losses, found.kept_weights, level)?)
}

fn add_own(found: &Found, account: usize, losses: &mut [f64]) {
    let ledger = &found.book.ledger;
    let cost = ledger.closing_costs[account];
    add(found.columns, account, &ledger.terms[account], cost, losses);
}

fn add(
    columns: &PathColumns,
    account: usize,
    terms: &AccountTerms,
    closing_cost: Option<f64>,
    losses: &mut [f64],
) {
    for (path, loss) in losses.iter_mut().enumerate() {
        *loss += terms.loss(columns.account(path, account), 1.0, closing_cost);
    }
}
