//! What accounts lose beyond what they have: equity below zero at the horizon.
//!
//! Read off the values that are kept for solvers, so of the first paths of a large run; weighted and
//! dependent paths count as they do in the losses.

use crate::engine::EngineError;
use crate::engine::assemble::Found;
use crate::outcome::{AccountShortfall, AmountAtLevel, TailAmount};
use crate::risk::{self, LossSample, Needs, RiskError};
use crate::units::{ConfidenceLevel, grouped};

/// Shortfalls of the accounts that have any, the largest mean first, of all together, and how they
/// were estimated.
pub(in crate::engine) struct Shortfalls {
    pub accounts: Vec<AccountShortfall>,
    pub total: Option<TailAmount>,
    pub estimator: String,
}

/// Shortfalls of every account at a venue.
pub(in crate::engine) fn shortfalls(found: &Found) -> Result<Shortfalls, EngineError> {
    let paths = found.columns.path_count();
    let portfolio = found.book.setting.portfolio;
    let mut total = vec![0.0; paths];
    let mut accounts = Vec::new();
    for (index, account) in portfolio.accounts.iter().enumerate() {
        let Some(amounts) = account.venue.and_then(|_| beyond(found, index)) else { continue };
        total.iter_mut().zip(&amounts).for_each(|(sum, amount)| *sum += amount);
        let amount = measured(found, &amounts)?;
        let (account, recourse) = (account.name.clone(), account.recourse);
        accounts.push(AccountShortfall { account, recourse, amount });
    }
    accounts.sort_by(|a, b| b.amount.mean.total_cmp(&a.amount.mean));
    let any = paths > 0 && portfolio.accounts.iter().any(|account| account.venue.is_some());
    let total = any.then(|| measured(found, &total)).transpose()?;
    let estimator = format!(
        "equity below zero at the horizon, {} paths; {}; {}",
        grouped(paths as f64, 0),
        risk::value_at_risk_estimator(found.kept_weights),
        risk::expected_shortfall_estimator(found.kept_weights)
    );
    Ok(Shortfalls { accounts, total, estimator })
}

/// By path; `None` where no path has any.
fn beyond(found: &Found, account: usize) -> Option<Vec<f64>> {
    let closed = found.book.ledger.closing_costs[account];
    let terms = &found.book.ledger.terms[account];
    let amount = |path: usize| terms.owed(found.columns.account(path, account), 1.0, closed);
    let amounts: Vec<f64> = (0..found.columns.path_count()).map(amount).collect();
    amounts.iter().any(|amount| *amount > 0.0).then_some(amounts)
}

fn measured(found: &Found, amounts: &[f64]) -> Result<TailAmount, RiskError> {
    let measures = &found.plan.scenario.measures;
    let (levels, weights) = (&measures.levels, found.kept_weights);
    let sample = LossSample::new(amounts, weights, &Needs { levels, worst_paths: 1 })?;
    let positive = || amounts.iter().copied().enumerate().filter(|(_, amount)| *amount > 0.0);
    Ok(tail_amount(&sample, levels, measures.contribution_level, positive))
}

/// A sample of amounts, most of them zero, as figures; `positive` are those that are not, by path.
pub(in crate::engine) fn tail_amount<I: Iterator<Item = (usize, f64)> + Clone>(
    sample: &LossSample,
    levels: &[ConfidenceLevel],
    headline: ConfidenceLevel,
    positive: impl Fn() -> I,
) -> TailAmount {
    let weights = sample.weights();
    let at = |level: ConfidenceLevel| {
        let quantile = risk::value_at_risk(sample, level);
        let largest = risk::expected_shortfall(sample, level);
        AmountAtLevel {
            level: level.get(),
            quantile: quantile.loss.amount(),
            interval_95: quantile.interval_95.map(|end| end.amount()),
            expected_shortfall: largest.loss.amount(),
            standard_error: largest.standard_error,
        }
    };
    let largest = at(headline);
    let hits = positive().map(|(path, _)| path);
    TailAmount {
        // Control weights of either sign can take a mean of few amounts below zero.
        mean: risk::mean_over_paths(weights, positive()).max(0.0),
        level: headline.get(),
        expected_shortfall: largest.expected_shortfall,
        standard_error: largest.standard_error,
        probability: risk::probability_of_paths(weights, hits).probability,
        levels: levels.iter().map(|level| at(*level)).collect(),
    }
}
