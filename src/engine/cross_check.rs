//! Faults between files: a book in things the market does not know.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::assemble::all_parts;
use crate::document::{
    Place, SourceFile, Violation, ViolationCollector, Violations, did_you_mean, one_of, parse_toml,
};
use crate::margin::VenueRules;
use crate::market::document::LoadedMarket;
use crate::market::{AssetKind, Market};
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{Instrument, Portfolio, Position, Settlement};
use crate::scenario::Scenario;
use crate::threshold::document::LoadedPolicy;
use crate::threshold::{Covers, LimitLevel, TermKind};
use crate::units::{Symbol, Years};

/// Nearer expiries have settled for all that a simulation can tell.
const SOONEST_EXPIRY: Years = Years(1.0 / (365.0 * 86_400.0));

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
    refuse_other_formats(file)?;
    let tree = parse_toml(file)?;
    let has = |key: &str| tree.entry(key).is_some();
    let kinds = [
        // Rules of a venue may have a table `portfolio`, so they come before scenarios.
        (Kind::Venue, ["liquidation_fee", "futures", "effective"].as_slice()),
        (Kind::Scenario, &["simulation", "portfolio", "extends"]),
        (Kind::Market, &["as_of", "asset"]),
        (Kind::Policy, &["appetite", "capital"]),
        (Kind::Portfolio, &["account", "position", "positions", "venue"]),
    ];
    let found = kinds.iter().find(|(_, keys)| keys.iter().any(|key| has(key)));
    // What its keys do not tell, its name may.
    let stem = Path::new(file.name()).file_stem().unwrap_or_default().to_string_lossy();
    let named = || match &*stem {
        "scenario" => Some(Kind::Scenario),
        "portfolio" => Some(Kind::Portfolio),
        "market" => Some(Kind::Market),
        "policy" => Some(Kind::Policy),
        _ => None,
    };
    found.map(|(kind, _)| *kind).or_else(named).ok_or_else(|| {
        let violation = Violation::new(Place::start_of(file), "what kind of document is this?")
            .expected("a scenario, portfolio, market, policy or venue document")
            .help("see `plimsoll schema scenario` for the keys of a scenario");
        violation.into()
    })
}

/// A data file is no document: one violation instead of one a line.
pub(super) fn refuse_other_formats(file: &Arc<SourceFile>) -> Result<(), Violations> {
    let extension = Path::new(file.name()).extension().unwrap_or_default();
    let is_data = ["csv", "json", "parquet", "html"].iter().any(|name| extension == *name);
    if !is_data {
        return Ok(());
    }
    let title = format!("a .{} file is no document", extension.to_string_lossy());
    let violation = Violation::new(Place::start_of(file), title)
        .expected("a scenario, portfolio, market, policy or venue document in TOML")
        .help("give the scenario document, or its folder: what a scenario names is read with it");
    Err(violation.into())
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
    for (index, hedge) in portfolio.hedges.iter().enumerate() {
        let place = |key: &str| loaded.hedge_place(index, key);
        check_position(&hedge.position(1.0), market, &place, collector);
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
    if instrument.expiry().is_some_and(|expiry| expiry < SOONEST_EXPIRY) {
        let title = "the contract expires within a second of the market's `as_of`";
        let expected = format!("an expiry after {}", market.as_of);
        let help = "enter what it settles at as a balance, and remove it";
        collector.add(Violation::new(place("expiry"), title).expected(expected).help(help));
    }
    if let Instrument::Spot { asset } = instrument {
        if market.asset(asset).is_none() {
            collector.add(unknown_asset(place("asset"), asset, market));
        }
        return;
    }
    let underlying = instrument.underlying();
    let found = market.underlying(underlying);
    if found.is_none() {
        let names = || market.underlyings.iter().map(|one| one.symbol.as_str());
        collector.add(
            Violation::new(
                place("underlying"),
                format!("the market has no underlying {underlying}"),
            )
            .expected(format!("an underlying of the market document: {}", one_of(names())))
            .help(declare("underlying", underlying, names())),
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
            .help(format!(
                "write `volatility = {{ type = \"flat\", volatility = \"55%\" }}`, with its own figure, \
                 in the market document below `[[underlying]]` and `symbol = \"{underlying}\"`, or \
                 fill in `volatility` of this position"
            )),
        );
    }
}

/// What the paths of a book contain beyond what all paths do.
pub(super) fn inside_paths(portfolio: &Portfolio) -> Vec<Covers> {
    let may_fail = |venue: usize| portfolio.venues[venue].failure.is_some();
    let fails = portfolio.accounts.iter().filter_map(|account| account.venue).any(may_fail);
    if fails { vec![Covers::VenueDefault] } else { Vec::new() }
}

/// Add-ons on traded exposure in coins whose liquidity the market does not state.
pub(super) fn add_ons(
    policy: &LoadedPolicy,
    portfolio: &Portfolio,
    market: &LoadedMarket,
    collector: &mut ViolationCollector,
) {
    for (index, term) in policy.policy.terms.iter().enumerate() {
        let add_on = match term.kind {
            TermKind::Liquidity { .. } => "liquidity",
            TermKind::ClosingCost => "closing cost",
            TermKind::Concentration { .. } => "concentration",
            _ => continue,
        };
        for symbol in illiquid(portfolio, &market.market) {
            let place = policy.document.places.at(&format!("term[{index}]"));
            let title = format!(
                "the {add_on} add-on needs the liquidity of {symbol}, which the market lacks"
            );
            let underlyings = market.parsed.value.underlying.iter();
            let position = underlyings.map(|one| one.symbol.symbol()).position(|one| one == symbol);
            let at = position.map_or("asset".to_owned(), |index| format!("underlying[{index}]"));
            let help = format!("add `liquidity` to the underlying {symbol} in the market");
            let related = (market.parsed.places.at(&at), "here");
            collector.add(Violation::new(place, title).related(related.0, related.1).help(help));
        }
    }
}

/// Limits on parts that the book does not have.
pub(super) fn limits(
    policy: &LoadedPolicy,
    portfolio: &Portfolio,
    collector: &mut ViolationCollector,
) {
    for (index, limit) in policy.policy.limits.iter().enumerate() {
        let Some(of) = limit.of.as_ref() else { continue };
        let parts = all_parts(limit.level, portfolio);
        if limit.level == LimitLevel::Book || parts.contains(of) {
            continue;
        }
        let place = policy.document.places.at(&format!("limit[{index}].of"));
        let title = format!("the book has no {} '{of}'", limit.level.name());
        let hint = did_you_mean(of, parts.iter().map(String::as_str));
        collector.add(Violation::new(place, title).help_if(hint));
    }
}

/// Add-ons for what happens inside the paths of this run, and a closing cost without its horizon.
pub(super) fn against_paths(
    policy: &LoadedPolicy,
    scenario: &Scenario,
    rules: &[Option<VenueRules>],
    collector: &mut ViolationCollector,
) {
    let mut inside = Vec::new();
    if rules.iter().flatten().any(|rules| rules.liquidation.is_some()) {
        inside.push(Covers::Liquidation);
        if scenario.events.cascade.is_some() {
            inside.push(Covers::MarketImpact);
        }
    }
    collector.absorb(policy.check_against_paths(&inside));
    let terms = policy.policy.terms.iter().enumerate();
    let unstated = terms.filter(|(_, term)| {
        term.kind == TermKind::ClosingCost && scenario.events.closing.is_none()
    });
    for (index, _) in unstated {
        let place = policy.document.places.at(&format!("term[{index}].kind"));
        let title = "a closing cost without a liquidation horizon";
        let help = "add `[events.closing]` with `horizon` and `participation` to the scenario";
        collector.add(Violation::new(place, title).help(help));
    }
}

/// Coins that are held or underlie a position, so that headroom is asked of them, without stated
/// liquidity.
fn illiquid(portfolio: &Portfolio, market: &Market) -> BTreeSet<Symbol> {
    let asset = |position: &Position| match &position.instrument {
        Instrument::Spot { asset } => asset.clone(),
        other => other.underlying().clone(),
    };
    let held = portfolio.with_hedges_held();
    let positions = held.positions.iter().map(asset);
    let balances = portfolio.accounts.iter().flat_map(|account| &account.balances);
    let held = positions.chain(balances.map(|balance| balance.asset.clone()));
    let is_coin =
        |symbol: &Symbol| market.asset(symbol).is_some_and(|asset| asset.kind == AssetKind::Coin);
    let has = |symbol: &Symbol| {
        let underlying = market.underlying(symbol);
        underlying.is_some_and(|underlying| underlying.liquidity.is_some())
    };
    held.filter(|symbol| is_coin(symbol) && !has(symbol)).collect()
}

fn unknown_asset(place: Place, asset: &Symbol, market: &Market) -> Violation {
    let names = || market.assets.iter().map(|one| one.symbol.as_str());
    Violation::new(place, format!("the market has no price of {asset}"))
        .expected(format!("an asset of the market document: {}", one_of(names())))
        .help(declare("asset", asset, names()))
}

/// The name that is likely to be meant, else how the market document declares another one.
fn declare<'a>(kind: &str, symbol: &Symbol, names: impl Iterator<Item = &'a str>) -> String {
    did_you_mean(symbol.as_str(), names).unwrap_or_else(|| {
        let asset = match kind {
            "underlying" => "; it is an `[[asset]]` too",
            _ => "",
        };
        format!(
            "add it to the market document: `[[{kind}]]` and, on the next line, \
             `symbol = \"{symbol}\"`{asset}, and a series of its prices to the history"
        )
    })
}
