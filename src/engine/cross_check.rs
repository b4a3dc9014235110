//! Faults between files: a book in things the market does not know.

use std::sync::Arc;

use crate::document::{
    Place, SourceFile, Violation, ViolationCollector, Violations, did_you_mean, parse_toml,
};
use crate::market::Market;
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{Instrument, Portfolio, Position, Settlement};
use crate::units::Symbol;

/// Kinds of document, told apart by the tables that only they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scenario,
    Portfolio,
    Market,
    Policy,
    Venue,
}

/// What kind of document a file is.
pub(super) fn kind_of(file: &Arc<SourceFile>) -> Result<Kind, Violations> {
    let tree = parse_toml(file)?;
    let has = |key: &str| tree.entry(key).is_some();
    let kinds = [
        (Kind::Scenario, ["simulation", "portfolio", "extends"].as_slice()),
        (Kind::Market, &["as_of", "asset"]),
        (Kind::Policy, &["appetite", "capital"]),
        (Kind::Venue, &["liquidation_fee", "futures", "effective"]),
        (Kind::Portfolio, &["account", "position", "positions", "venue"]),
    ];
    let found = kinds.iter().find(|(_, keys)| keys.iter().any(|key| has(key)));
    found.map(|(kind, _)| *kind).ok_or_else(|| {
        let violation = Violation::new(Place::start_of(file), "what kind of document is this?")
            .expected("a scenario, portfolio, market, policy or venue document")
            .help("see `plimsoll schema scenario` for the keys of a scenario");
        violation.into()
    })
}

/// Every position and balance in something the market does not price.
pub(super) fn book(
    loaded: &LoadedPortfolio,
    portfolio: &Portfolio,
    market: &Market,
    collector: &mut ViolationCollector,
) {
    for (index, position) in portfolio.positions.iter().enumerate() {
        let place = |key: &str| loaded.position_place(index, key);
        check_position(position, market, &place, collector);
    }
    for (account_index, account) in portfolio.accounts.iter().enumerate() {
        for (index, balance) in account.balances.iter().enumerate() {
            if market.asset(&balance.asset).is_none() {
                let path = format!("account[{account_index}].balance[{index}].asset");
                collector.add(unknown_asset(loaded.place(&path), &balance.asset, market));
            }
        }
    }
}

fn check_position(
    position: &Position,
    market: &Market,
    place: &dyn Fn(&str) -> Place,
    collector: &mut ViolationCollector,
) {
    let instrument = &position.instrument;
    if let Instrument::Spot { asset } = instrument {
        if market.asset(asset).is_none() {
            collector.add(unknown_asset(place("asset"), asset, market));
        }
        return;
    }
    let underlying = instrument.underlying();
    let found = market.underlying(underlying);
    if found.is_none() {
        let names = market.underlyings.iter().map(|one| one.symbol.as_str());
        collector.add(
            Violation::new(
                place("underlying"),
                format!("the market has no underlying {underlying}"),
            )
            .expected("an underlying of the market document")
            .help_if(did_you_mean(underlying.as_str(), names)),
        );
    }
    if let Some(Settlement::Linear { quote }) = instrument.settlement()
        && market.asset(quote).is_none()
    {
        collector.add(unknown_asset(place("quote"), quote, market));
    }
    let needs_volatility = matches!(instrument, Instrument::Option { .. });
    let has_volatility = position.volatility.is_some()
        || found.is_none_or(|underlying| underlying.volatility.is_some());
    if needs_volatility && !has_volatility {
        collector.add(
            Violation::new(
                place("underlying"),
                format!("the market has no implied volatility of {underlying}"),
            )
            .expected("a volatility of the underlying, or of the position")
            .help("add a volatility to the underlying in the market, or to this position"),
        );
    }
}

fn unknown_asset(place: Place, asset: &Symbol, market: &Market) -> Violation {
    let names = market.assets.iter().map(|one| one.symbol.as_str());
    Violation::new(place, format!("the market has no price of {asset}"))
        .expected("an asset of the market document")
        .help_if(did_you_mean(asset.as_str(), names))
}
