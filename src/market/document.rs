//! The market document: what a user writes to say what the world looks like today.
//!
//! Flows in: `market.toml` and the CSV files it names (option chains, price histories). Flows out:
//! a [`LoadedMarket`]: the [`Market`], and every [`Finding`] about the files. All violations show
//! at once, each at its place in the document or in a CSV cell.

mod chain;
mod chain_document;
mod dated;
mod history;
mod history_document;
mod liquidity;
mod liquidity_document;
mod plausible;
mod today;
mod underlying;
mod underlying_document;

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use chain_document::{ChainColumnsDocument, ChainPreset, PriceUnit};
pub use history::{HistorySource, read_bars, read_history};
pub use history_document::{
    HistoryColumnsDocument, HistoryDocument, HistoryFileDocument, SeriesDocument,
};
pub use liquidity_document::{
    DepthStressDocument, ImpactDocument, ImpactLawDocument, LiquidityDocument,
    OpenInterestBinDocument, OpenInterestDocument,
};
pub use underlying_document::{
    ForwardDocument, PillarDocument, UnderlyingDocument, VolatilityDocument,
};

use plausible::implausible;
use today::{Today, declared};

use super::snapshot::Market;
use super::{Finding, PriceHistory, Underlying};
use crate::document::{
    Instant, Loader, Name, Node, Parsed, Positive, Prose, Rate, SourceFile, SymbolName, Violation,
    ViolationCollector, Violations, parse_toml, quoted, read_tree,
};
use crate::units::Symbol;

/// The world at one instant: prices, forwards, implied volatility, funding, liquidity, history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketDocument {
    /// Name of the market.
    pub name: Name,
    /// Where the numbers are from.
    pub description: Option<Prose>,
    /// The instant all prices are of; left out: the last close of the history.
    pub as_of: Option<Instant>,
    /// Continuously compounded annual rate at which option payoffs in USD are discounted, e.g.
    /// `"3%"`.
    #[serde(default = "no_rate")]
    pub usd_discount_rate: Rate,
    /// Coins and stablecoins with their prices; USD is there without being listed.
    #[schemars(length(min = 1))]
    pub asset: Vec<AssetDocument>,
    /// What derivatives on a coin need beyond its price.
    #[serde(default)]
    pub underlying: Vec<UnderlyingDocument>,
    /// Price history for estimation.
    pub history: Option<HistoryDocument>,
}

/// An asset and its price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetDocument {
    /// Short name.
    pub symbol: SymbolName,
    /// What it is.
    #[serde(default)]
    pub kind: AssetKindDocument,
    /// USD for one unit; of a stablecoin, its peg. Left out: the last close of the history.
    pub price: Option<Positive>,
    /// Continuously compounded annual rate at which option payoffs in this asset are discounted,
    /// e.g. `"3%"`: those of linear options quoted in it, those of inverse options on it.
    #[serde(default = "no_rate")]
    pub discount_rate: Rate,
}

pub(in crate::market) fn no_rate() -> Rate {
    Rate::new(0.0).expect("zero is a rate")
}

/// What kind of thing an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetKindDocument {
    /// A coin with a market price.
    #[default]
    Coin,
    /// A coin that aims at one dollar.
    Stablecoin,
}

/// A market with what was found in its files.
#[derive(Debug, Clone)]
pub struct LoadedMarket {
    /// The market.
    pub market: Market,
    /// What was found in chains and histories, and what was done about it.
    pub findings: Vec<Finding>,
    /// The document with the place of everything.
    pub parsed: Parsed<MarketDocument>,
}

/// Reads a market document and the files it names.
///
/// # Errors
/// Every violation in the document and in those files.
pub fn read_market(file: &Arc<SourceFile>, loader: &Loader) -> Result<LoadedMarket, Violations> {
    let tree = parse_toml(file)?;
    match read_tree(file, tree.clone()) {
        Ok(parsed) => read_parsed(parsed, loader),
        Err(violations) => Err(with_faults_of_files(violations, file, &tree, loader)),
    }
}

/// The violations of a faulty document with those of the files that its sound parts name, so that
/// all show at once.
fn with_faults_of_files(
    violations: Violations,
    file: &Arc<SourceFile>,
    tree: &Node,
    loader: &Loader,
) -> Violations {
    let sound =
        tree.without(|place| violations.items().iter().any(|one| one.place.range == place.range));
    let Ok(parsed) = read_tree(file, sound) else { return violations };
    let Err(others) = read_parsed(parsed, loader) else { return violations };
    let mut collector = ViolationCollector::default();
    let elsewhere = others.items().iter().filter(|one| !Arc::ptr_eq(&one.place.file, file));
    elsewhere.for_each(|one| collector.add(one.clone()));
    match collector.finish(()) {
        Ok(()) => violations,
        Err(others) => violations.and(others),
    }
}

fn read_parsed(
    parsed: Parsed<MarketDocument>,
    loader: &Loader,
) -> Result<LoadedMarket, Violations> {
    let mut collector = ViolationCollector::default();
    let mut findings = Vec::new();
    let declared = declared(&parsed, &mut collector);
    let symbols: Vec<Symbol> = declared.iter().map(|asset| asset.symbol.clone()).collect();
    let history = collector.absorb(history_of(&parsed, &symbols, loader));
    if let Some(Some(history)) = &history {
        findings.extend(history.findings.iter().cloned());
    }
    let today = Today::of(&parsed, declared, history.as_ref(), &mut collector);
    let underlyings = today
        .as_ref()
        .map(|today| underlyings(&parsed, today, loader, &mut findings, &mut collector));
    let market =
        today.zip(underlyings).zip(history).map(|((today, underlyings), history)| Market {
            name: parsed.value.name.to_string(),
            as_of: today.as_of.timestamp(),
            assets: today.assets,
            underlyings,
            history,
        });
    let market = collector.finish_some(market)?;
    Ok(LoadedMarket { market, findings, parsed })
}

fn history_of(
    parsed: &Parsed<MarketDocument>,
    symbols: &[Symbol],
    loader: &Loader,
) -> Result<Option<PriceHistory>, Violations> {
    let Some(document) = &parsed.value.history else { return Ok(None) };
    let source = HistorySource {
        document,
        places: parsed.places.below("history"),
        // Where today is the last close, no bar closes later.
        as_of: parsed.value.as_of.map_or(Timestamp::MAX, Instant::timestamp),
        symbols,
    };
    read_history(&source, loader).map(Some)
}

fn underlyings(
    parsed: &Parsed<MarketDocument>,
    today: &Today,
    loader: &Loader,
    findings: &mut Vec<Finding>,
    collector: &mut ViolationCollector,
) -> Vec<Underlying> {
    let mut found: Vec<Underlying> = Vec::new();
    for (index, document) in parsed.value.underlying.iter().enumerate() {
        if today.unpriced.contains(&document.symbol.symbol()) {
            continue; // what its price lacks is told already
        }
        findings.extend(implausible(document, index, &parsed.places));
        let read = underlying::read_underlying(parsed, index, today, loader, findings);
        let Some(underlying) = collector.absorb(read) else { continue };
        if found.iter().any(|other| other.symbol == underlying.symbol) {
            let place = parsed.places.at(&format!("underlying[{index}].symbol"));
            let title = format!("underlying {} appears twice", quoted(underlying.symbol.as_str()));
            collector.add(Violation::new(place, title));
        }
        found.push(underlying);
    }
    found.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    found
}
