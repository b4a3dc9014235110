//! Leverages that accounts are to be kept at, against their venues' rules.

use crate::document::{Violation, ViolationCollector};
use crate::margin::{MarginError, Requirement, VenueRules, leverage_scale, requirements};
use crate::market::Market;
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{Instrument, MarginMode, Portfolio, Rebalancing};

/// What is wrong with a band, by its key.
struct Fault {
    key: &'static str,
    title: String,
    help: &'static str,
}

/// Bands that a venue's lines cross.
pub(super) fn check(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    portfolio: &Portfolio,
    market: &Market,
    found: &mut ViolationCollector,
) {
    if portfolio.accounts.iter().all(|account| account.rebalancing.is_none()) {
        return;
    }
    // what the market or the rules lack is told where it is missing
    let faults = faults(rules, market, portfolio).unwrap_or_default();
    for (account, fault) in faults {
        let place = loaded.place(&format!("account[{account}].rebalancing.{}", fault.key));
        found.add(Violation::new(place, fault.title).help(fault.help));
    }
}

/// Why an account cannot be kept where its rule says; `None` where each can.
///
/// # Errors
/// What the market or the rules lack.
pub(crate) fn unkept(
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &Portfolio,
) -> Result<Option<String>, MarginError> {
    let first = faults(rules, market, portfolio)?.into_iter().next();
    Ok(first
        .map(|(account, fault)| format!("'{}': {}", portfolio.accounts[account].name, fault.title)))
}

/// Today's futures and perpetuals made as large as each leverage, the rest as it is. An account with
/// options is not looked at, nor an isolated one, whose contracts have a leverage each.
fn faults(
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &Portfolio,
) -> Result<Vec<(usize, Fault)>, MarginError> {
    let kept = looked_at(portfolio);
    let at = |scales: &[f64]| requirements(rules, market, &scaled(portfolio, scales), 1.0);
    let ones = vec![1.0; portfolio.accounts.len()];
    let (without, with) = (at(&vec![0.0; ones.len()])?, at(&ones)?);
    let at_leverage = |of: fn(&Rebalancing) -> f64| {
        let mut scales = ones.clone();
        for &(account, rule) in &kept {
            let scale = leverage_scale(&without[account], &with[account], of(rule));
            scales[account] = scale.unwrap_or(1.0);
        }
        at(&scales)
    };
    let edges = at_leverage(|rule| rule.upper_leverage)?;
    let targets = at_leverage(|rule| rule.target_leverage)?;
    let fault = |&(account, rule): &(usize, &Rebalancing)| {
        Some((account, fault(rule, &edges[account], &targets[account])?))
    };
    Ok(kept.iter().filter_map(fault).collect())
}

fn looked_at(portfolio: &Portfolio) -> Vec<(usize, &Rebalancing)> {
    let mut has_options = vec![false; portfolio.accounts.len()];
    for position in &portfolio.positions {
        has_options[position.account] |= matches!(position.instrument, Instrument::Option { .. });
    }
    let accounts = portfolio.accounts.iter().enumerate();
    let whole = accounts
        .filter(|(index, one)| one.margin_mode != MarginMode::Isolated && !has_options[*index]);
    whole.filter_map(|(index, one)| Some((index, one.rebalancing.as_ref()?))).collect()
}

/// Futures and perpetuals of each account times its scale.
fn scaled(portfolio: &Portfolio, scales: &[f64]) -> Portfolio {
    let mut scaled = portfolio.clone();
    for position in &mut scaled.positions {
        if matches!(position.instrument, Instrument::Perpetual { .. } | Instrument::Future { .. }) {
            position.quantity *= scales[position.account];
        }
    }
    scaled
}

/// What is wrong with a rule, from the account's margin at the upper edge and at the target.
fn fault(rule: &Rebalancing, edge: &Requirement, target: &Requirement) -> Option<Fault> {
    if edge.liquidated_at_once() {
        let title = format!(
            "the band ends beyond the liquidation line: at {} times its equity the venue would close \
             the account",
            rule.upper_leverage
        );
        let help =
            "lower the edge: at today's prices the account is liquidated before it is reduced";
        return Some(Fault { key: "upper_leverage", title, help });
    }
    if rule.lower_leverage.is_none() || target.meets_initial() {
        return None;
    }
    let title = format!(
        "at {} times its equity the account would not meet its initial margin",
        rule.target_leverage
    );
    let help = "lower the target, or leave `lower_leverage` out: venues let nobody increase there";
    Some(Fault { key: "target_leverage", title, help })
}
