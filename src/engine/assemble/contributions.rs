//! Where the tail comes from: row contributions, and their sums by underlying, account, venue, tag.
//!
//! Groups sum row losses path by path before they are weighed, so that a group's error is its own
//! and not a sum of its rows' errors.

use std::collections::BTreeMap;

use crate::engine::tail::{TailLosses, TailRow};
use crate::outcome::{ContributionRow, Contributions};
use crate::portfolio::Portfolio;
use crate::risk::{
    ExpectedShortfallWeights, KernelWeights, LossSample, PathWeights, RiskError, TailSample,
    contribution_estimator, contributions as estimate, expected_shortfall, value_at_risk,
};
use crate::units::ConfidenceLevel;

/// Contributions at `level`.
pub(in crate::engine) fn contributions(
    sample: &LossSample,
    level: ConfidenceLevel,
    tail: &TailLosses,
    portfolio: &Portfolio,
) -> Result<Contributions, RiskError> {
    let weigher = Weigher {
        shortfall: ExpectedShortfallWeights::new(sample, level),
        kernel: KernelWeights::new(sample, level),
        value_at_risk: value_at_risk(sample, level).loss.amount(),
        tail,
        weights: sample.weights(),
    };
    let by = |group: &dyn Fn(&TailRow) -> String| weigher.grouped(group);
    Ok(Contributions {
        level: level.get(),
        expected_shortfall: expected_shortfall(sample, level).loss.amount(),
        value_at_risk: weigher.value_at_risk,
        estimator: contribution_estimator(sample.weights()),
        by_position: by(&|row| row_name(row, portfolio))?,
        by_underlying: by(&|row| underlying_of(row, portfolio))?,
        by_account: by(&|row| portfolio.accounts[account_of(row, portfolio)].name.clone())?,
        by_venue: by(&|row| venue_of(row, portfolio))?,
        by_tag: by(&|row| tag_of(row, portfolio))?,
    })
}

struct Weigher<'a> {
    shortfall: ExpectedShortfallWeights,
    kernel: KernelWeights,
    value_at_risk: f64,
    tail: &'a TailLosses,
    weights: &'a PathWeights<'a>,
}

impl Weigher<'_> {
    /// Groups in order of their largest contribution to ES.
    fn grouped(
        &self,
        group: &dyn Fn(&TailRow) -> String,
    ) -> Result<Vec<ContributionRow>, RiskError> {
        let paths = self.tail.paths.len();
        let mut order: BTreeMap<String, usize> = BTreeMap::new();
        let mut names = Vec::new();
        let mut sums: Vec<f64> = Vec::new();
        for (row, losses) in self.tail.rows.iter().zip(self.tail.losses.chunks_exact(paths)) {
            let name = group(row);
            let at = *order.entry(name.clone()).or_insert_with(|| {
                names.push(name);
                sums.resize(sums.len() + paths, 0.0);
                names.len() - 1
            });
            let slots = &mut sums[at * paths..][..paths];
            slots.iter_mut().zip(losses).for_each(|(slot, loss)| *slot += loss);
        }
        let sample = TailSample { paths: &self.tail.paths, row_losses: &sums };
        let Self { shortfall, kernel, value_at_risk, weights, .. } = self;
        let found = estimate(&sample, shortfall, kernel, *value_at_risk, weights)?;
        let mut rows: Vec<ContributionRow> = names
            .into_iter()
            .zip(found)
            .map(|(name, found)| ContributionRow {
                name,
                expected_shortfall: found.expected_shortfall,
                expected_shortfall_error: found.expected_shortfall_error,
                value_at_risk: found.value_at_risk,
                value_at_risk_error: found.value_at_risk_error,
            })
            .collect();
        rows.sort_by(|a, b| b.expected_shortfall.total_cmp(&a.expected_shortfall));
        Ok(rows)
    }
}

/// Name of a row, as contributions and worst paths show it.
pub(in crate::engine) fn row_name(row: &TailRow, portfolio: &Portfolio) -> String {
    let account = &portfolio.accounts[account_of(row, portfolio)];
    match *row {
        TailRow::Position(position) => portfolio.positions[position].id.clone(),
        TailRow::Balance { index, .. } => {
            format!("{}: {} balance", account.name, account.balances[index].asset)
        }
        TailRow::BorneByVenue { .. } => format!("{}: borne by the venue", account.name),
        TailRow::ClosingCost { .. } => format!("{}: cost of closing today", account.name),
        TailRow::LiquidationCost { .. } => format!("{}: cost of liquidation", account.name),
        TailRow::FailureLoss { .. } => format!("{}: lost by venue failure", account.name),
    }
}

fn account_of(row: &TailRow, portfolio: &Portfolio) -> usize {
    match *row {
        TailRow::Position(position) => portfolio.positions[position].account,
        TailRow::Balance { account, .. }
        | TailRow::BorneByVenue { account }
        | TailRow::ClosingCost { account }
        | TailRow::LiquidationCost { account }
        | TailRow::FailureLoss { account } => account,
    }
}

fn underlying_of(row: &TailRow, portfolio: &Portfolio) -> String {
    match *row {
        TailRow::Position(position) => {
            portfolio.positions[position].instrument.underlying().to_string()
        }
        TailRow::Balance { account, index } => {
            portfolio.accounts[account].balances[index].asset.to_string()
        }
        TailRow::BorneByVenue { .. } => "borne by venues".to_owned(),
        TailRow::ClosingCost { .. } | TailRow::LiquidationCost { .. } => "closing costs".to_owned(),
        TailRow::FailureLoss { .. } => "venue failures".to_owned(),
    }
}

fn venue_of(row: &TailRow, portfolio: &Portfolio) -> String {
    let venue = portfolio.accounts[account_of(row, portfolio)].venue;
    venue.map_or_else(|| "own treasury".to_owned(), |venue| portfolio.venues[venue].name.clone())
}

fn tag_of(row: &TailRow, portfolio: &Portfolio) -> String {
    match *row {
        TailRow::Position(position) => {
            let first = portfolio.positions[position].tags.first();
            first.cloned().unwrap_or_else(|| "untagged".to_owned())
        }
        TailRow::Balance { .. } => "collateral".to_owned(),
        TailRow::BorneByVenue { .. } => "borne by venues".to_owned(),
        TailRow::ClosingCost { .. } | TailRow::LiquidationCost { .. } => "closing costs".to_owned(),
        TailRow::FailureLoss { .. } => "venue failures".to_owned(),
    }
}
