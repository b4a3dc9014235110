//! Isolated margin: what each contract of an account has for itself, and needs.
//!
//! A position's collateral is what it states (`isolated_margin`), or the initial margin of its entry
//! notional alone where it states nothing (short options: of today); a contract has that of its
//! positions. It stands in the asset the contract settles in. Long and short are one contract, or two where they are held apart. The
//! rest of the account's balances does not back it.

use std::collections::BTreeMap;

use super::account::{ContractInputs, ContractRules, counted_quote_price};
use super::book::contract_key;
use super::rules::{OptionValue, VenueRules};
use super::{Margin, MarginError};
use crate::market::Market;
use crate::portfolio::{Instrument, Portfolio, Position, PositionMode, Settlement};
use crate::pricing::{Mark, asset_price, mark};

/// One isolated contract today, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IsolatedRequirement {
    /// Index into [`Portfolio::positions`] of the first position in it.
    pub position: usize,
    /// Its collateral plus its unrealised profit and what the value of options adds.
    pub equity: f64,
    /// Its requirement.
    pub margin: Margin,
}

impl IsolatedRequirement {
    /// Maintenance margin.
    pub fn maintenance(&self) -> f64 {
        self.margin.maintenance
    }

    /// Whether the venue would close it at once.
    pub fn liquidated_at_once(&self) -> bool {
        self.margin.maintenance > 0.0 && self.equity < self.margin.maintenance
    }
}

/// Every isolated contract of the account with index `index`, spot apart.
pub(super) fn requirements(
    rules: &VenueRules,
    market: &Market,
    portfolio: &Portfolio,
    index: usize,
    positions: &[usize],
) -> Result<Vec<IsolatedRequirement>, MarginError> {
    let account = &portfolio.accounts[index];
    let mut contracts: BTreeMap<(String, bool), Vec<usize>> = BTreeMap::new();
    for &at in positions {
        let position = &portfolio.positions[at];
        if position.instrument.settlement().is_some() {
            let apart = account.position_mode == PositionMode::Hedge && position.quantity < 0.0;
            contracts.entry((contract_key(position), apart)).or_default().push(at);
        }
    }
    let one = |positions: Vec<usize>| requirement(rules, market, portfolio, index, positions);
    contracts.into_values().map(one).collect()
}

fn requirement(
    rules: &VenueRules,
    market: &Market,
    portfolio: &Portfolio,
    index: usize,
    positions: Vec<usize>,
) -> Result<IsolatedRequirement, MarginError> {
    let first = positions[0];
    let contract = ContractRules::new(rules, portfolio, index, positions.clone())?;
    let (mut sum, mut quantity, mut held) = (Mark::default(), 0.0, 0.0);
    for &at in &positions {
        sum.add(&mark(market, &portfolio.positions[at])?);
        quantity += portfolio.positions[at].quantity;
        held += isolated_collateral(rules, market, portfolio, at)?;
    }
    let position = &portfolio.positions[first];
    let margin = contract.margin(&inputs(position, quantity, &sum));
    let settled = position.instrument.settlement_asset();
    let price = asset_price(market, &position.id, settled)?;
    let is_option = matches!(position.instrument, Instrument::Option { .. });
    let apart = rules.options.is_some_and(|found| found.value == OptionValue::Requirement);
    let profit = if is_option && apart { 0.0 } else { sum.value };
    Ok(IsolatedRequirement { position: first, equity: held * price + profit, margin })
}

/// Size and prices of a contract today.
fn inputs(position: &Position, quantity: f64, mark: &Mark) -> ContractInputs {
    let settlement = position.instrument.settlement().unwrap_or(&Settlement::Inverse);
    let quote_price = counted_quote_price(settlement, mark.quote_price);
    let (net, option_value) = match position.instrument {
        Instrument::Option { .. } if quantity == 0.0 => (0.0, 0.0),
        Instrument::Option { .. } => (quantity, mark.value / quantity),
        _ => (mark.notional, 0.0),
    };
    let (spot, forward) = (mark.spot, mark.forward);
    ContractInputs { spot, forward, quote_price, option_value, ..ContractInputs::sided(net) }
}

/// What backs the position with index `at`, in units of the asset it settles in.
///
/// # Errors
/// What the market or the rules lack.
pub fn isolated_collateral(
    rules: &VenueRules,
    market: &Market,
    portfolio: &Portfolio,
    at: usize,
) -> Result<f64, MarginError> {
    let position = &portfolio.positions[at];
    let account = &portfolio.accounts[position.account];
    if let Some(stated) = account.isolated_margins.get(&at) {
        return Ok(*stated);
    }
    let contract = ContractRules::new(rules, portfolio, position.account, vec![at])?;
    let today = mark(market, position)?;
    if let Instrument::Option { .. } = position.instrument {
        let settled = position.instrument.settlement_asset();
        let price = asset_price(market, &position.id, settled)?;
        let margin = contract.margin(&inputs(position, position.quantity, &today));
        return Ok(margin.initial / price);
    }
    Ok(entry_margin(&contract, position, &today))
}

/// Initial margin of a future at its entry, in the asset it settles in.
fn entry_margin(contract: &ContractRules, position: &Position, mark: &Mark) -> f64 {
    let settlement = position.instrument.settlement().unwrap_or(&Settlement::Inverse);
    let quote_price = counted_quote_price(settlement, mark.quote_price);
    let entry = position.entry_price.unwrap_or(mark.forward / quote_price);
    // In the quote: a quote price of one leaves the amount in it.
    let at_entry = |notional: f64| {
        let prices = ContractInputs { forward: entry, quote_price: 1.0, ..Default::default() };
        let ContractInputs { long, short, .. } = ContractInputs::sided(notional);
        contract.margin(&ContractInputs { long, short, ..prices }).initial
    };
    match settlement {
        Settlement::Linear { .. } => at_entry(position.quantity * entry),
        Settlement::Inverse => at_entry(position.quantity) / entry,
    }
}
