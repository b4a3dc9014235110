//! Today's mark of one position, as margin rules ask for it.

use super::position::{Contract, ResolvedPosition, asset, perpetual_ratio};
use super::sensitivity::Viewpoint;
use super::{PricingError, PricingSettings};
use crate::market::Market;
use crate::portfolio::{Portfolio, Position};
use crate::units::Symbol;

/// A position's value and size today, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mark {
    /// Value of spot and options, unrealised profit of futures.
    pub value: f64,
    /// Signed notional: coins at the forward for linear futures, dollars for inverse ones, coins
    /// at spot for options; zero for spot.
    pub notional: f64,
    /// USD price of the coin.
    pub spot: f64,
    /// USD mark of the perpetual, or forward of the expiry.
    pub forward: f64,
    /// USD price of the quote; 1 for inverse contracts.
    pub quote_price: f64,
}

impl Mark {
    /// Adds another position in the same contract.
    pub fn add(&mut self, other: &Self) {
        *self = Self {
            value: self.value + other.value,
            notional: self.notional + other.notional,
            ..*other
        };
    }
}

/// Marks `position` today.
///
/// # Errors
/// Whatever the market lacks.
pub fn mark(market: &Market, position: &Position) -> Result<Mark, PricingError> {
    let resolved = ResolvedPosition::new(market, position)?;
    let value = Viewpoint::today(PricingSettings::full()).sensitivities(&resolved).value;
    let (spot, quantity) = (resolved.coin.price_usd, resolved.quantity);
    let (ratio, settled) = match &resolved.contract {
        Contract::Spot => {
            return Ok(Mark { value, notional: 0.0, spot, forward: spot, quote_price: 1.0 });
        }
        Contract::Perpetual { underlying, settled, .. } => (perpetual_ratio(underlying), settled),
        Contract::Future { underlying, settled, expiry, .. }
        | Contract::Option { underlying, settled, expiry, .. } => {
            (underlying.forwards.ratio(*expiry), settled)
        }
    };
    let notional = match (&resolved.contract, settled) {
        (Contract::Option { .. }, _) => quantity * spot,
        (_, super::position::Settled::Linear(_)) => quantity * spot * ratio,
        (_, super::position::Settled::Inverse) => quantity,
    };
    let quote_price = settled.quote_price();
    Ok(Mark { value, notional, spot, forward: spot * ratio, quote_price })
}

/// USD price of an asset, for `item`.
///
/// # Errors
/// An asset that the market does not know, or whose price is not usable.
pub fn asset_price(market: &Market, item: &str, symbol: &Symbol) -> Result<f64, PricingError> {
    Ok(asset(market, item, symbol)?.price_usd)
}

/// The book with its entry prices stated: where one was left out, today's mark. Revalued in a moved
/// market, positions then keep the price they were entered at.
///
/// # Errors
/// Whatever the market lacks.
pub fn with_entry_prices(
    market: &Market,
    portfolio: &Portfolio,
) -> Result<Portfolio, PricingError> {
    let mut entered = portfolio.clone();
    for position in &mut entered.positions {
        let resolved = ResolvedPosition::new(market, position)?;
        let entry = match resolved.contract {
            Contract::Perpetual { entry, .. } | Contract::Future { entry, .. } => Some(entry),
            Contract::Spot | Contract::Option { .. } => position.entry_price,
        };
        position.entry_price = entry;
    }
    Ok(entered)
}
