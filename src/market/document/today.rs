//! The instant and the prices of a market: stated, or the last closes of its history.
//!
//! A close stands for today's price only where no later one is due: a history that ended an interval
//! or more before `as_of` has no price of today, and that is a violation, not a guess.

use std::collections::BTreeMap;

use super::{AssetKindDocument, MarketDocument};
use crate::document::{Instant, Parsed, Violation, ViolationCollector, quoted};
use crate::market::PriceHistory;
use crate::market::snapshot::{Asset, AssetKind};
use crate::units::Symbol;

/// An asset whose price may not be known yet.
pub(super) struct Declared {
    /// Short name.
    pub symbol: Symbol,
    kind: AssetKind,
    price_usd: Option<f64>,
    discount_rate: f64,
    /// Where it stands in the document; `None`: the dollar, which is there without being listed.
    index: Option<usize>,
}

/// When the market is, and what assets are worth then.
pub(super) struct Today {
    /// The instant all prices are of.
    pub as_of: Instant,
    /// Assets with a price, sorted by symbol, USD included.
    pub assets: Vec<Asset>,
    /// Assets without one; every one of them is explained by a violation.
    pub unpriced: Vec<Symbol>,
}

/// The assets of a document, each once, sorted by symbol, USD included.
pub(super) fn declared(
    parsed: &Parsed<MarketDocument>,
    collector: &mut ViolationCollector,
) -> Vec<Declared> {
    let mut first_at: BTreeMap<Symbol, usize> = BTreeMap::new();
    let mut assets = vec![Declared {
        symbol: Symbol::usd(),
        kind: AssetKind::Fiat,
        price_usd: Some(1.0),
        discount_rate: parsed.value.usd_discount_rate.get(),
        index: None,
    }];
    for (index, asset) in parsed.value.asset.iter().enumerate() {
        let place = parsed.places.at(&format!("asset[{index}].symbol"));
        let symbol = asset.symbol.symbol();
        if symbol == Symbol::usd() {
            let title = "USD is the currency of all prices and always 1";
            collector.add(Violation::new(place, title).help("remove this asset"));
        } else if let Some(first) = first_at.get(&symbol) {
            let title = format!("asset {} appears twice", quoted(symbol.as_str()));
            let earlier = parsed.places.at(&format!("asset[{first}].symbol"));
            collector.add(Violation::new(place, title).related(earlier, "first here"));
        } else {
            first_at.insert(symbol.clone(), index);
            let kind = match asset.kind {
                AssetKindDocument::Coin => AssetKind::Coin,
                AssetKindDocument::Stablecoin => AssetKind::Stablecoin,
            };
            assets.push(Declared {
                symbol,
                kind,
                price_usd: asset.price.map(|price| price.get()),
                discount_rate: asset.discount_rate.get(),
                index: Some(index),
            });
        }
    }
    assets.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    assets
}

impl Today {
    /// What is stated, and the last closes for the rest. `history`: `None` where it is faulty; what
    /// waits for it is then left out in silence, its faults being told. No result: no instant.
    pub(super) fn of(
        parsed: &Parsed<MarketDocument>,
        declared: Vec<Declared>,
        history: Option<&Option<PriceHistory>>,
        collector: &mut ViolationCollector,
    ) -> Option<Self> {
        let closes = history.and_then(Option::as_ref);
        let last = closes.and_then(|history| history.times.last());
        let Some(as_of) = parsed.value.as_of.or(last.copied().map(Instant)) else {
            if history.is_some() {
                collector.add(no_instant(parsed));
            }
            return None;
        };
        let quote_usd = closes.and_then(|history| {
            declared.iter().find(|asset| asset.symbol == history.quote)?.price_usd
        });
        let mut today = Self { as_of, assets: vec![], unpriced: vec![] };
        for asset in declared {
            let from_history = || Some(last_close(closes?, &asset.symbol, as_of)? * quote_usd?);
            let Some(price_usd) = asset.price_usd.or_else(from_history) else {
                if history.is_some() {
                    collector.add(no_price(parsed, &asset, closes, as_of));
                }
                today.unpriced.push(asset.symbol);
                continue;
            };
            let Declared { symbol, kind, discount_rate, .. } = asset;
            today.assets.push(Asset { symbol, kind, price_usd, discount_rate });
        }
        Some(today)
    }
}

/// The close that is a price at `as_of`: the last, where it is less than an interval old.
fn last_close(history: &PriceHistory, symbol: &Symbol, as_of: Instant) -> Option<f64> {
    let (time, close) = newest(history, symbol)?;
    let age = as_of.timestamp().duration_since(time).as_secs_f64();
    let interval = history.interval.days() * SECONDS_PER_DAY;
    (0.0..interval).contains(&age).then_some(close)
}

const SECONDS_PER_DAY: f64 = 86_400.0;

/// The newest close with its instant.
fn newest(history: &PriceHistory, symbol: &Symbol) -> Option<(jiff::Timestamp, f64)> {
    let series = history.prices(symbol)?;
    let last = series.values.iter().rposition(Option::is_some)?;
    Some((history.times[last], series.values[last]?))
}

fn no_instant(parsed: &Parsed<MarketDocument>) -> Violation {
    let title = "the market has neither `as_of` nor a history whose last close it could be";
    Violation::new(parsed.places.at("name"), title)
        .expected("the instant all prices are of")
        .help("add e.g. `as_of = 2026-01-01T00:00:00Z`")
}

fn no_price(
    parsed: &Parsed<MarketDocument>,
    asset: &Declared,
    history: Option<&PriceHistory>,
    as_of: Instant,
) -> Violation {
    let symbol = quoted(asset.symbol.as_str());
    let index = asset.index.unwrap_or_default();
    let place = parsed.places.at(&format!("asset[{index}].symbol"));
    let expected = "`price`, or a series of closes in the history that reaches `as_of`";
    let violation = Violation::new(place, format!("{symbol} has no price")).expected(expected);
    match history.and_then(|history| Some((history, newest(history, &asset.symbol)?))) {
        None => violation.help("add `price = …`, in USD for one unit"),
        Some((history, _)) if history.quote == asset.symbol || quote_is_open(parsed, history) => {
            let quote = history.quote.as_str();
            violation.help(format!("closes are in {quote}: add `price = …` to the asset {quote}"))
        }
        Some((_, (time, _))) => violation
            .found(format!("a last close at {time}, of a market at {}", as_of.timestamp()))
            .help("set `as_of` to the last close, leave `as_of` out, or add `price = …`"),
    }
}

/// Whether the currency of the closes has no stated price.
fn quote_is_open(parsed: &Parsed<MarketDocument>, history: &PriceHistory) -> bool {
    let quote = |asset: &&super::AssetDocument| asset.symbol.symbol() == history.quote;
    parsed.value.asset.iter().find(quote).is_some_and(|asset| asset.price.is_none())
}
