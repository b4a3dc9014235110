//! Assets that the settings of path events name, against the market.

use std::fmt::Display;

use crate::document::{Place, Violation, ViolationCollector, did_you_mean};
use crate::market::{AssetKind, Market};
use crate::portfolio::Portfolio;
use crate::portfolio::document::LoadedPortfolio;
use crate::scenario::document::LoadedScenario;
use crate::units::Symbol;

/// Main coins that are no coins, claims in assets that the market does not price.
pub(super) fn of_venues(
    loaded: &LoadedPortfolio,
    portfolio: &Portfolio,
    market: &Market,
    found: &mut ViolationCollector,
) {
    for (index, venue) in portfolio.venues.iter().enumerate() {
        let Some(failure) = &venue.failure else { continue };
        let place = |path: String| loaded.place(&format!("venue[{index}].failure.{path}"));
        for (coin, _) in &failure.main_coins {
            check(coin, Wanted::Coin, market, place(key("main_coins", coin)), found);
        }
        for mark in &failure.claim_marks {
            let place = place(key("claim_marks", &mark.asset));
            check(&mark.asset, Wanted::Asset, market, place, found);
        }
    }
}

/// Pegs of what is no stablecoin, main coins that are no coins, cascades that nothing can feed.
pub(super) fn of_scenario(
    loaded: &LoadedScenario,
    market: &Market,
    found: &mut ViolationCollector,
) {
    let events = &loaded.scenario.events;
    for (index, peg) in events.peg_breaks.iter().enumerate() {
        let place = |path: String| loaded.places.at(&format!("events.peg_break[{index}].{path}"));
        check(&peg.asset, Wanted::Stablecoin, market, place("asset".to_owned()), found);
        for (coin, _) in &peg.main_coins {
            check(coin, Wanted::Coin, market, place(key("main_coins", coin)), found);
        }
    }
    let mut liquidity = market.underlyings.iter().filter_map(|one| one.liquidity.as_ref());
    if events.cascade.is_some() && !liquidity.any(|liquidity| liquidity.impact.is_some()) {
        let place = loaded.places.at("events.cascade");
        let title = "a cascade in a market where orders move no price";
        let expected = "an underlying of the market whose `liquidity` has an `impact`";
        found.add(Violation::new(place, title).expected(expected));
    }
}

/// What an asset has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Asset,
    Coin,
    Stablecoin,
}

impl Wanted {
    fn takes(self, kind: AssetKind) -> bool {
        match self {
            Self::Asset => true,
            Self::Coin => kind == AssetKind::Coin,
            Self::Stablecoin => kind == AssetKind::Stablecoin,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Asset => "an asset",
            Self::Coin => "a coin",
            Self::Stablecoin => "a stablecoin",
        }
    }
}

fn check(
    symbol: &Symbol,
    wanted: Wanted,
    market: &Market,
    place: Place,
    found: &mut ViolationCollector,
) {
    if market.asset(symbol).is_some_and(|asset| wanted.takes(asset.kind)) {
        return;
    }
    let right = market.assets.iter().filter(|asset| wanted.takes(asset.kind));
    let names: Vec<&str> = right.map(|asset| asset.symbol.as_str()).collect();
    let violation =
        Violation::new(place, format!("{symbol} is not {} of the market", wanted.name()))
            .expected(format!("{} of the market document", wanted.name()))
            .help_if(did_you_mean(symbol.as_str(), names));
    found.add(violation);
}

/// The path of an entry of a map; symbols may hold dots.
fn key(map: &str, symbol: &impl Display) -> String {
    format!("{map}.\"{symbol}\"")
}
