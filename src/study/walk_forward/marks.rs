//! The world at a close of the history: prices, implied volatility and funding recorded there.
//!
//! What the history does not record stands as the market document says, the same at every date:
//! carry of forwards by time to expiry, basis of perpetuals, liquidity, and the price of an asset
//! without a series. Nothing later than the close is read.

use std::collections::BTreeSet;

use super::surface::SurfaceHistory;
use crate::market::{AssetKind, Market, PriceHistory, Series, VolatilitySource};
use crate::portfolio::{Instrument, Portfolio, Settlement};
use crate::units::Symbol;

/// Where marks come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks<'a> {
    /// The market document's market.
    pub base: &'a Market,
    /// Its history.
    pub history: &'a PriceHistory,
    /// Recorded surfaces.
    pub surfaces: &'a SurfaceHistory,
}

/// A value at a close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Recorded {
    /// There is no such series.
    NoSeries,
    /// The series has no value there.
    Missing,
    /// Its value.
    Value(f64),
}

impl Recorded {
    fn of(series: Option<&Series>, close: usize) -> Self {
        let Some(series) = series else { return Self::NoSeries };
        series.values.get(close).copied().flatten().map_or(Self::Missing, Self::Value)
    }

    /// The value recorded, or the one that stands for a series that is not there.
    fn or(self, stated: f64) -> Option<f64> {
        match self {
            Self::NoSeries => Some(stated),
            Self::Missing => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl Marks<'_> {
    /// The market at `close`, without a history. What has no price there is not in it.
    pub fn market(&self, close: usize) -> Market {
        let mut market = Market { history: None, ..self.stripped() };
        market.as_of = self.history.times[close];
        market.assets.retain_mut(|asset| {
            let price = self.price(&asset.symbol, asset.price_usd, close);
            asset.price_usd = price.unwrap_or(asset.price_usd);
            price.is_some()
        });
        let priced: BTreeSet<&Symbol> = market.assets.iter().map(|asset| &asset.symbol).collect();
        market.underlyings.retain(|underlying| priced.contains(&underlying.symbol));
        for underlying in &mut market.underlyings {
            let symbol = &underlying.symbol;
            if let Recorded::Value(rate) = self.funding(symbol, close) {
                underlying.funding_rate_8h = rate;
            }
            match Recorded::of(self.history.implied_volatilities(symbol), close) {
                Recorded::NoSeries => {}
                Recorded::Missing => underlying.volatility = None,
                Recorded::Value(level) => {
                    underlying.volatility = Some(VolatilitySource::Flat(level));
                }
            }
            if let Some(recorded) = self.surfaces.at(symbol, market.as_of) {
                underlying.volatility = recorded.map(|one| one.source());
                if let Some(one) = recorded {
                    underlying.forwards = one.forwards();
                }
            }
        }
        market
    }

    /// Everything but the history.
    fn stripped(&self) -> Market {
        Market {
            name: self.base.name.clone(),
            as_of: self.base.as_of,
            assets: self.base.assets.clone(),
            underlyings: self.base.underlyings.clone(),
            history: None,
        }
    }

    /// USD price of an asset at `close`; `stated` where it has no series. `None`: no price there.
    fn price(&self, symbol: &Symbol, stated: f64, close: usize) -> Option<f64> {
        let recorded = Recorded::of(self.history.prices(symbol), close);
        let in_quote = matches!(recorded, Recorded::Value(_)) && symbol != &self.history.quote;
        let quote = if in_quote { self.quote(close)? } else { 1.0 };
        recorded.or(stated).map(|price| price * quote)
    }

    /// USD price of what prices are quoted in.
    fn quote(&self, close: usize) -> Option<f64> {
        let quote = &self.history.quote;
        let stated = self.base.asset(quote).map_or(1.0, |asset| asset.price_usd);
        Recorded::of(self.history.prices(quote), close).or(stated)
    }

    /// Funding rate per 8 hours recorded at `close`.
    pub fn funding(&self, symbol: &Symbol, close: usize) -> Recorded {
        Recorded::of(self.history.funding_rates(symbol), close)
    }

    /// The history from close `first` to close `last`.
    pub fn history(&self, closes: [usize; 2]) -> PriceHistory {
        part_of(self.history, closes)
    }

    /// Assets of a book that stand at the document's price at every date, stablecoins apart.
    pub fn unrecorded(&self, portfolio: &Portfolio) -> Vec<String> {
        let coin = |symbol: &&Symbol| {
            let asset = self.base.asset(symbol);
            asset.is_some_and(|asset| asset.kind == AssetKind::Coin)
                && self.history.prices(symbol).is_none()
        };
        held(portfolio).iter().filter(coin).map(Symbol::to_string).collect()
    }
}

/// A history from close `first` to close `last`.
pub(super) fn part_of(history: &PriceHistory, [first, last]: [usize; 2]) -> PriceHistory {
    let part = |series: &Series| Series {
        name: series.name.clone(),
        symbol: series.symbol.clone(),
        quantity: series.quantity,
        values: series.values[first..=last].to_vec(),
    };
    PriceHistory {
        interval: history.interval,
        times: history.times[first..=last].to_vec(),
        series: history.series.iter().map(part).collect(),
        quote: history.quote.clone(),
        findings: Vec::new(),
    }
}

/// What a book needs that `market` does not have, in words; empty where it has everything.
pub(super) fn unmarked(market: &Market, portfolio: &Portfolio) -> Vec<String> {
    let prices = held(portfolio).into_iter().filter(|symbol| market.asset(symbol).is_none());
    let mut lacking: Vec<String> = prices.map(|symbol| format!("no price of {symbol}")).collect();
    let mut options = BTreeSet::new();
    for position in &portfolio.positions {
        if let (Instrument::Option { underlying, .. }, None) =
            (&position.instrument, position.volatility)
        {
            options.insert(underlying);
        }
    }
    let implied = |symbol: &&&Symbol| {
        let found = market.underlying(symbol);
        found.is_some_and(|found| found.volatility.is_none())
    };
    let lacks = options.iter().filter(implied);
    lacking.extend(lacks.map(|symbol| format!("no implied volatility of {symbol}")));
    lacking
}

/// Every asset that a book's value depends on.
fn held(portfolio: &Portfolio) -> BTreeSet<Symbol> {
    let balances = portfolio.accounts.iter().flat_map(|account| &account.balances);
    let mut assets: BTreeSet<Symbol> = balances.map(|balance| balance.asset.clone()).collect();
    for position in &portfolio.positions {
        assets.insert(position.instrument.underlying().clone());
        if let Some(Settlement::Linear { quote }) = position.instrument.settlement() {
            assets.insert(quote.clone());
        }
    }
    assets
}
