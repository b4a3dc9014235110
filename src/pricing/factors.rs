//! Which risk factors move a book.

use std::collections::BTreeSet;

use crate::market::{AssetKind, Market};
use crate::portfolio::{Instrument, Portfolio, Settlement};
use crate::simulation::FactorKey;
use crate::units::Symbol;

/// Every factor that `portfolio` needs, sorted: spots of coins held or underlying, volatilities of
/// underlyings with options, basis of underlyings with futures or perpetuals, funding of
/// perpetuals, pegs of stablecoins held or quoted in.
///
/// Assets that the market does not know count as coins; compiling the book then names them.
pub fn required_factors(market: &Market, portfolio: &Portfolio) -> Vec<FactorKey> {
    let mut keys = BTreeSet::new();
    let balances = portfolio.accounts.iter().flat_map(|account| &account.balances);
    for balance in balances {
        keys.extend(price_factor(market, &balance.asset));
    }
    for position in &portfolio.positions {
        keys.extend(instrument_factors(market, &position.instrument));
    }
    keys.into_iter().collect()
}

/// The factor that moves an asset's USD price; `None` for money.
pub(crate) fn price_factor(market: &Market, asset: &Symbol) -> Option<FactorKey> {
    match market.asset(asset).map(|found| found.kind) {
        Some(AssetKind::Fiat) => None,
        Some(AssetKind::Stablecoin) => Some(FactorKey::Peg(asset.clone())),
        Some(AssetKind::Coin) | None => Some(FactorKey::Spot(asset.clone())),
    }
}

fn instrument_factors(market: &Market, instrument: &Instrument) -> Vec<FactorKey> {
    let coin = instrument.underlying();
    let mut keys: Vec<FactorKey> = price_factor(market, coin).into_iter().collect();
    if let Some(Settlement::Linear { quote }) = instrument.settlement() {
        keys.extend(price_factor(market, quote));
    }
    match instrument {
        Instrument::Spot { .. } => {}
        Instrument::Perpetual { .. } => {
            keys.push(FactorKey::Basis(coin.clone()));
            keys.push(FactorKey::Funding(coin.clone()));
        }
        Instrument::Future { .. } => keys.push(FactorKey::Basis(coin.clone())),
        Instrument::Option { .. } => keys.push(FactorKey::Volatility(coin.clone())),
    }
    keys
}
