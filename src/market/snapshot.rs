//! The market snapshot: plain data.

use serde::{Deserialize, Serialize};

use super::{ForwardCurve, Liquidity, PriceHistory, VolatilitySource};
use crate::units::Symbol;

/// What kind of thing an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A coin with a market price.
    Coin,
    /// A coin that aims at one dollar; its price is the peg and can break.
    Stablecoin,
    /// Money: the numeraire USD, always worth 1.
    Fiat,
}

/// An asset and its price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Short name.
    pub symbol: Symbol,
    /// Coin, stablecoin or fiat.
    pub kind: AssetKind,
    /// USD for one unit.
    pub price_usd: f64,
    /// Continuously compounded annual rate, decimal, at which option payoffs in this asset are
    /// discounted.
    #[serde(default)]
    pub discount_rate: f64,
}

/// What derivatives on a coin need beyond its price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Underlying {
    /// The coin, also an [`Asset`].
    pub symbol: Symbol,
    /// Forwards by expiry.
    pub forwards: ForwardCurve,
    /// Implied volatility; needed when options are held.
    pub volatility: Option<VolatilitySource>,
    /// Funding paid by longs to shorts, as a fraction of notional per 8 hours.
    pub funding_rate_8h: f64,
    /// Perpetual mark over spot, minus one.
    pub perpetual_basis: f64,
    /// Tradable size and cost.
    pub liquidity: Option<Liquidity>,
}

/// The world at `as_of`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Market {
    /// Name of the market document.
    pub name: String,
    /// The instant all prices are of, UTC.
    pub as_of: jiff::Timestamp,
    /// Assets sorted by symbol, USD included.
    pub assets: Vec<Asset>,
    /// Underlyings sorted by symbol.
    pub underlyings: Vec<Underlying>,
    /// Price history for estimation, where supplied.
    pub history: Option<PriceHistory>,
}

impl Market {
    /// The asset called `symbol`.
    pub fn asset(&self, symbol: &Symbol) -> Option<&Asset> {
        let found = self.assets.binary_search_by(|asset| asset.symbol.cmp(symbol));
        found.ok().map(|index| &self.assets[index])
    }

    /// The underlying called `symbol`.
    pub fn underlying(&self, symbol: &Symbol) -> Option<&Underlying> {
        let found = self.underlyings.binary_search_by(|item| item.symbol.cmp(symbol));
        found.ok().map(|index| &self.underlyings[index])
    }
}
