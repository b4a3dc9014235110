//! Which accounts can be liquidated inside paths, and whether their rules can be acted on.

use crate::margin::book::{Nets, net_positions};
use crate::margin::{FutureRules, Liquidation, MarginBook, MarginError, VenueRules};
use crate::market::Market;
use crate::portfolio::{Account, Instrument, MarginMode, Portfolio, Position, PositionMode};

/// What liquidation inside paths is supported for.
const SUPPORTED: &str = "cross margin with flat maintenance rates";

/// An account that can be liquidated.
pub(super) struct Watched<'a> {
    /// Index into `Portfolio::accounts`.
    pub index: usize,
    pub account: &'a Account,
    pub rules: &'a VenueRules,
    /// Contracts held, netted, with their maintenance rate.
    pub contracts: Vec<Contract>,
}

/// The net position in one contract.
pub(super) struct Contract {
    pub position: Position,
    /// Maintenance margin, share of notional; zero for long options and spot.
    pub maintenance: f64,
}

/// Every account whose venue liquidates it inside paths, in portfolio order: those closed today and
/// those that need no margin left out.
pub(super) fn watched<'a>(
    rules: &'a [Option<VenueRules>],
    market: &Market,
    portfolio: &'a Portfolio,
) -> Result<Vec<Watched<'a>>, MarginError> {
    let today = MarginBook::compile(rules, market, portfolio)?.requirements(1.0);
    let mut found = Vec::new();
    for (index, account) in portfolio.accounts.iter().enumerate() {
        let margined = account.margin_mode != MarginMode::None;
        let venue = account.venue.filter(|_| margined);
        let Some(rules) = venue.and_then(|venue| rules.get(venue)?.as_ref()) else { continue };
        let Some(liquidation) = rules.liquidation else { continue };
        if liquidation != Liquidation::PLAIN {
            let found = "it is closed in steps, with slippage, or between steps".to_owned();
            return Err(refused(&format!("account '{}'", account.name), account, rules, found));
        }
        let contracts = contracts(rules, market, portfolio, index)?;
        let required = |one: &Contract| one.maintenance > 0.0 && one.position.quantity != 0.0;
        let margined = contracts.iter().any(required);
        if margined && !today[index].liquidated_at_once() {
            found.push(Watched { index, account, rules, contracts });
        }
    }
    Ok(found)
}

fn contracts(
    rules: &VenueRules,
    market: &Market,
    portfolio: &Portfolio,
    index: usize,
) -> Result<Vec<Contract>, MarginError> {
    let account = &portfolio.accounts[index];
    if account.margin_mode != MarginMode::Cross {
        let mode = match account.margin_mode {
            MarginMode::Isolated => "isolated",
            MarginMode::Portfolio => "portfolio margin",
            MarginMode::Cross | MarginMode::None => "another",
        };
        let found = format!("its margin mode is {mode}");
        return Err(refused(&format!("account '{}'", account.name), account, rules, found));
    }
    if account.position_mode == PositionMode::Hedge {
        let found = "it holds long and short apart".to_owned();
        return Err(refused(&format!("account '{}'", account.name), account, rules, found));
    }
    let nets: Nets = net_positions(market, portfolio, index)?;
    let contract = |(held, quantity, _): &(&Position, f64, crate::pricing::Mark)| {
        let position = Position { quantity: *quantity, ..(*held).clone() };
        let maintenance = maintenance(rules, account, &position)?;
        Ok(Contract { position, maintenance })
    };
    nets.values().map(contract).collect()
}

fn maintenance(
    rules: &VenueRules,
    account: &Account,
    position: &Position,
) -> Result<f64, MarginError> {
    let coin = position.instrument.underlying();
    match &position.instrument {
        Instrument::Spot { .. } => Ok(0.0),
        Instrument::Option { .. } => {
            let short = rules.options.filter(|_| position.quantity < 0.0);
            Ok(short.map_or(0.0, |options| options.maintenance))
        }
        Instrument::Perpetual { .. } | Instrument::Future { .. } => match rules.futures_on(coin) {
            FutureRules::Flat { maintenance, .. } => Ok(*maintenance),
            FutureRules::Unlisted => {
                let found = "the venue lists no futures".to_owned();
                Err(refused(&position.id, account, rules, found))
            }
            FutureRules::Sized { .. } => {
                let found = format!("the rate of {coin} grows with size");
                Err(refused(&position.id, account, rules, found))
            }
            FutureRules::Tiered { .. } => {
                let found = format!("the rates of {coin} are tiered");
                Err(refused(&position.id, account, rules, found))
            }
        },
    }
}

pub(super) fn refused(
    item: &str,
    account: &Account,
    rules: &VenueRules,
    found: String,
) -> MarginError {
    MarginError::NotLiquidated {
        item: item.to_owned(),
        account: account.name.clone(),
        rules: rules.id.clone(),
        supported: SUPPORTED,
        found,
    }
}
