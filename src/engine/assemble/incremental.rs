//! What each account adds: measures without it, and of it alone, on the kept paths.

use super::Found;
use crate::engine::EngineError;
use crate::engine::ledger::AccountTerms;
use crate::engine::pass::PathColumns;
use crate::outcome::IncrementalRow;
use crate::risk;
use crate::units::ConfidenceLevel;

/// One row an account, in portfolio order.
pub(super) fn incremental(found: &Found) -> Result<Vec<IncrementalRow>, EngineError> {
    let level = found.plan.scenario.measures.contribution_level;
    let accounts = found.book.setting.portfolio.accounts.iter().enumerate();
    let all = measured(found, level, |_| true)?;
    let row = |(index, account): (usize, &crate::portfolio::Account)| {
        let without = measured(found, level, |other| other != index)?;
        let alone = measured(found, level, |other| other == index)?;
        Ok(IncrementalRow {
            account: account.name.clone(),
            value_at_risk_without: without.value_at_risk,
            value_at_risk_change: all.value_at_risk - without.value_at_risk,
            expected_shortfall_without: without.expected_shortfall,
            expected_shortfall_change: all.expected_shortfall - without.expected_shortfall,
            expected_shortfall_alone: alone.expected_shortfall,
        })
    };
    accounts.map(row).collect()
}

/// Sum over accounts of the ES of each alone.
pub(super) fn standalone(found: &Found, level: ConfidenceLevel) -> Result<f64, EngineError> {
    let accounts = 0..found.book.ledger.terms.len();
    let alone = accounts
        .map(|account| Ok(measured(found, level, |other| other == account)?.expected_shortfall));
    alone.sum()
}

fn measured(
    found: &Found,
    level: ConfidenceLevel,
    keep: impl Fn(usize) -> bool,
) -> Result<risk::TailMean, EngineError> {
    let ledger = &found.book.ledger;
    let mut losses = vec![0.0; found.columns.path_count()];
    for (account, terms) in ledger.terms.iter().enumerate().filter(|(account, _)| keep(*account)) {
        add(found.columns, account, terms, ledger.closing_costs[account], &mut losses);
    }
    Ok(risk::tail_mean(&losses, found.kept_weights, level)?)
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
