//! What the rules lack for a book, all at once, before anything is priced.

use super::grid::PortfolioRules;
use super::rules::{FutureRules, VenueRules};
use super::{MarginError, error};
use crate::portfolio::{Account, Instrument, MarginMode, Portfolio, PositionMode};

/// Something that the rules of a venue lack for an account.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleGap {
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// Index into [`Portfolio::positions`], where one position shows it.
    pub position: Option<usize>,
    /// What is lacking.
    pub error: MarginError,
}

/// Every gap, in the order of accounts; `rules` by venue.
pub fn rule_gaps(rules: &[Option<VenueRules>], portfolio: &Portfolio) -> Vec<RuleGap> {
    let mut gaps = Vec::new();
    for (index, held) in super::book::positions_by_account(portfolio).iter().enumerate() {
        let account = &portfolio.accounts[index];
        let margined = account.margin_mode != MarginMode::None;
        let venue = account.venue.filter(|_| margined);
        let Some(rules) = venue.and_then(|venue| rules.get(venue)?.as_ref()) else { continue };
        let gap = |(position, error)| RuleGap { account: index, position, error };
        gaps.extend(account_gaps(rules, portfolio, account, held).into_iter().map(gap));
    }
    gaps
}

fn account_gaps(
    rules: &VenueRules,
    portfolio: &Portfolio,
    account: &Account,
    held: &[usize],
) -> Vec<(Option<usize>, MarginError)> {
    let mut gaps = Vec::new();
    if account.position_mode == PositionMode::Hedge && rules.hedge_mode.is_none() {
        let (account, rules) = (account.name.clone(), rules.id.clone());
        gaps.push((None, MarginError::NoHedgeMode { account, rules }));
    }
    match (&rules.portfolio, account.margin_mode) {
        (None, MarginMode::Portfolio) => {
            gaps.push((None, error::no_portfolio_rules(rules, account)));
        }
        (Some(grid), MarginMode::Portfolio) => {
            gaps.extend(portfolio_gaps(grid, rules, portfolio, account, held));
        }
        _ => gaps.extend(standard_gaps(rules, portfolio, account, held)),
    }
    gaps
}

/// Futures and options that the rules do not list.
fn standard_gaps(
    rules: &VenueRules,
    portfolio: &Portfolio,
    account: &Account,
    held: &[usize],
) -> Vec<(Option<usize>, MarginError)> {
    let gap = |at: &usize| {
        let position = &portfolio.positions[*at];
        let error = match &position.instrument {
            Instrument::Spot { .. } => return None,
            Instrument::Option { .. } => {
                let missing = rules.options.is_none();
                missing.then(|| error::no_option_rules(rules, portfolio, account, position))
            }
            Instrument::Perpetual { underlying, .. } | Instrument::Future { underlying, .. } => {
                let missing = *rules.futures_on(underlying) == FutureRules::Unlisted;
                missing.then(|| error::no_future_rules(rules, portfolio, account, position))
            }
        };
        error.map(|error| (Some(*at), error))
    };
    held.iter().filter_map(gap).collect()
}

/// Coins without parameters (each at its first position), and sizes that are not published.
fn portfolio_gaps(
    grid: &PortfolioRules,
    rules: &VenueRules,
    portfolio: &Portfolio,
    account: &Account,
    held: &[usize],
) -> Vec<(Option<usize>, MarginError)> {
    let mut gaps = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let contracts =
        held.iter().filter(|at| portfolio.positions[**at].instrument.settlement().is_some());
    for &at in contracts.clone() {
        let position = &portfolio.positions[at];
        let coin = position.instrument.underlying();
        if !grid.has(coin) && seen.insert(coin) {
            let error = MarginError::NoPortfolioParameters {
                position: position.id.clone(),
                rules: rules.id.clone(),
                coin: coin.clone(),
            };
            gaps.push((Some(at), error));
        }
    }
    let PortfolioRules::Okx(okx) = grid else { return gaps };
    let is_option =
        |at: &&usize| matches!(portfolio.positions[**at].instrument, Instrument::Option { .. });
    let option = contracts.clone().find(is_option).map(|at| &portfolio.positions[*at].id);
    let borrowed = account.balances.iter().find(|balance| balance.quantity < 0.0);
    let needs = super::grid::OkxNeeds {
        contracts: contracts.count() > 0,
        option: option.map(String::as_str),
        borrowed: borrowed.map(|balance| balance.asset.as_str()),
    };
    let unpublished = okx.unpublished(&needs).into_iter();
    gaps.extend(unpublished.map(|(parameter, because)| {
        let (account, rules) = (account.name.clone(), rules.id.clone());
        (None, MarginError::UnpublishedParameter { account, rules, parameter, because })
    }));
    gaps
}
