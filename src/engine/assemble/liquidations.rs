//! How often accounts are liquidated inside paths, and what it costs.

use super::{Found, path_events};
use crate::engine::liquidation::LiquidationTally;
use crate::outcome::{AccountLiquidation, Warning};
use crate::risk::{self, RiskError};

/// One row an account that can be liquidated inside paths, in portfolio order; none where paths
/// are weighted, since their liquidations are counted without weights.
pub(super) fn liquidations(found: &Found) -> Result<Vec<AccountLiquidation>, RiskError> {
    if !found.sample.weights().are_plain() {
        return Ok(Vec::new());
    }
    let accounts = &found.book.setting.portfolio.accounts;
    let paths = found.part.losses.len() as u64;
    let row = |tally: &LiquidationTally| {
        let account = &accounts[tally.account];
        let share = risk::share_of_paths(tally.paths, paths)?;
        Ok(AccountLiquidation {
            account: account.name.clone(),
            rules: account.venue.and_then(|venue| found.plan.rules_name(venue)),
            probability: share.probability,
            interval_95: share.interval_95,
            mean_cost: tally.cost_usd() / paths as f64,
            estimator: risk::PROBABILITY_ESTIMATOR.to_owned(),
            events: path_events::of_account(found, tally.account)?,
        })
    };
    found.part.liquidations.iter().map(row).collect()
}

/// That the probabilities are left out.
pub(super) fn warning(found: &Found) -> Option<Warning> {
    let left_out = !found.sample.weights().are_plain() && !found.part.liquidations.is_empty();
    left_out.then(|| Warning {
        code: "liquidation_not_weighted".to_owned(),
        message:
            "Accounts are liquidated inside paths, which the losses count; how likely that is \
                  is not told, since it is counted on plain paths alone. Run with plain sampling \
                  for it."
                .to_owned(),
    })
}
