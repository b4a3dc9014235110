//! How often accounts are liquidated inside paths, and what it costs.
//!
//! In a plain sample the tallies say it: a share of paths. Where paths are weighted or depend on
//! each other, each path closed counts its mass, and the interval comes from the spread over
//! independent units.

use super::{Found, path_events};
use crate::engine::liquidation::{LiquidationTally, PathClosing};
use crate::outcome::AccountLiquidation;
use crate::risk::{self, ProbabilityEstimate, RiskError};

/// One row an account that can be liquidated inside paths, in portfolio order.
pub(super) fn liquidations(found: &Found) -> Result<Vec<AccountLiquidation>, RiskError> {
    let accounts = &found.book.setting.portfolio.accounts;
    let estimator = risk::probability_estimator(found.sample.weights());
    let row = |tally: &LiquidationTally| {
        let account = &accounts[tally.account];
        let (probability, mean_cost) = measured(found, tally)?;
        Ok(AccountLiquidation {
            account: account.name.clone(),
            rules: account.venue.and_then(|venue| found.plan.rules_name(venue)),
            probability: probability.probability,
            interval_95: probability.interval_95,
            mean_cost,
            estimator: estimator.clone(),
            events: path_events::of_account(found, tally.account)?,
        })
    };
    found.part.liquidations.iter().map(row).collect()
}

/// Probability and mean cost.
fn measured(
    found: &Found,
    tally: &LiquidationTally,
) -> Result<(ProbabilityEstimate, f64), RiskError> {
    let weights = found.sample.weights();
    if weights.are_plain() {
        let paths = found.part.losses.len() as u64;
        let share = risk::share_of_paths(tally.paths, paths)?;
        return Ok((share, tally.cost_usd() / paths as f64));
    }
    let here = |closing: &&PathClosing| {
        closing.account == tally.account && closing.happened.liquidated.is_some()
    };
    let closings = found.part.closings.iter().filter(here);
    let hits = closings.clone().map(|closing| closing.path as usize);
    let costs = closings.map(|closing| (closing.path as usize, closing.happened.cost));
    let probability = risk::probability_of_paths(weights, hits);
    // Control weights of either sign can take a mean of few costs below zero.
    Ok((probability, risk::mean_over_paths(weights, costs).max(0.0)))
}
