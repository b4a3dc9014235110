//! From an underlying's document to the domain.

use super::chain::read_chain;
use super::liquidity::read_liquidity;
use super::today::Today;
use super::{MarketDocument, UnderlyingDocument, VolatilityDocument};
use crate::document::{
    Instant, Loader, Parsed, Place, Violation, ViolationCollector, Violations, did_you_mean,
    one_of, quoted,
};
use crate::market::snapshot::{Asset, AssetKind, Underlying};
use crate::market::{Finding, ForwardCurve, VolatilitySource};
use crate::units::Years;

/// Reads underlying `index`.
pub(super) fn read_underlying(
    parsed: &Parsed<MarketDocument>,
    index: usize,
    today: &Today,
    loader: &Loader,
    findings: &mut Vec<Finding>,
) -> Result<Underlying, Violations> {
    let context = Context { parsed, index, as_of: today.as_of };
    let document = context.document();
    let mut collector = ViolationCollector::default();
    let spot = collector.absorb(context.spot(&today.assets));
    let stated = collector.absorb(context.forwards());
    let volatility = collector.absorb(context.volatility(loader, findings));
    let liquidity = collector.absorb(read_liquidity(parsed, index));
    let read = spot.zip(stated).zip(volatility).zip(liquidity);
    let made = read.map(|(((spot, stated), volatility), liquidity)| {
        let quotes = if stated.is_empty() { &volatility.forwards } else { &stated };
        Underlying {
            symbol: document.symbol.symbol(),
            forwards: ForwardCurve::from_quotes(spot, quotes),
            volatility: volatility.source,
            funding_rate_8h: document.funding_rate_8h.get(),
            perpetual_basis: document.perpetual_basis.get(),
            liquidity,
        }
    });
    collector.finish_some(made)
}

/// Implied volatility and the forwards that came with it.
#[derive(Default)]
struct Volatility {
    source: Option<VolatilitySource>,
    forwards: Vec<(Years, f64)>,
}

struct Context<'a> {
    parsed: &'a Parsed<MarketDocument>,
    index: usize,
    as_of: Instant,
}

impl Context<'_> {
    fn document(&self) -> &UnderlyingDocument {
        &self.parsed.value.underlying[self.index]
    }

    fn place(&self, path: &str) -> Place {
        self.parsed.places.at(&format!("underlying[{}].{path}", self.index))
    }

    /// The price of the coin that it is of.
    fn spot(&self, assets: &[Asset]) -> Result<f64, Violations> {
        let symbol = self.document().symbol.symbol();
        let coins = || assets.iter().filter(|asset| asset.kind == AssetKind::Coin);
        if let Some(asset) = coins().find(|asset| asset.symbol == symbol) {
            return Ok(asset.price_usd);
        }
        let names = || coins().map(|asset| asset.symbol.as_str());
        let title = format!("{} is no coin among the assets", quoted(symbol.as_str()));
        Err(Violation::new(self.place("symbol"), title)
            .expected(one_of(names()))
            .help_if(did_you_mean(symbol.as_str(), names()))
            .into())
    }

    fn forwards(&self) -> Result<Vec<(Years, f64)>, Violations> {
        let forwards = self.document().forward.iter();
        let quotes = forwards.map(|forward| (forward.expiry, forward.price.get()));
        self.by_expiry(quotes, "forward")
    }

    /// Pairs in order of expiry; all in the future, each expiry once.
    fn by_expiry(
        &self,
        pairs: impl Iterator<Item = (Instant, f64)>,
        key: &str,
    ) -> Result<Vec<(Years, f64)>, Violations> {
        let as_of = self.as_of.timestamp();
        let mut collector = ViolationCollector::default();
        let mut found: Vec<(Years, f64)> = Vec::new();
        for (position, (expiry, value)) in pairs.enumerate() {
            let years = expiry.years_after(as_of);
            let place = self.place(&format!("{key}[{position}].expiry"));
            if years.get() <= 0.0 {
                let violation = Violation::new(place, "the expiry is not after `as_of`")
                    .expected(format!("an instant after {as_of}"));
                collector.add(violation);
            } else if found.iter().any(|(other, _)| *other == years) {
                collector.add(Violation::new(place, "the expiry appears twice"));
            } else {
                found.push((years, value));
            }
        }
        found.sort_by(|a, b| a.0.get().total_cmp(&b.0.get()));
        collector.finish(found)
    }

    fn volatility(
        &self,
        loader: &Loader,
        findings: &mut Vec<Finding>,
    ) -> Result<Volatility, Violations> {
        let source = match &self.document().volatility {
            None => return Ok(Volatility::default()),
            Some(VolatilityDocument::Flat { volatility }) => {
                VolatilitySource::Flat(volatility.get())
            }
            Some(VolatilityDocument::AtTheMoney { pillar }) => {
                let pairs = pillar.iter().map(|pillar| (pillar.expiry, pillar.volatility.get()));
                let pillars = self.by_expiry(pairs, "volatility.pillar")?;
                self.check_calendar(&pillars)?;
                VolatilitySource::AtTheMoney(pillars)
            }
            Some(VolatilityDocument::Chain { .. }) => {
                let chain = read_chain(self.parsed, self.index, self.as_of, loader)?;
                findings.extend(chain.findings);
                let source = Some(VolatilitySource::Surface(chain.surface));
                return Ok(Volatility { source, forwards: chain.forwards });
            }
        };
        Ok(Volatility { source: Some(source), forwards: Vec::new() })
    }

    /// Total variance must not fall with expiry.
    fn check_calendar(&self, pillars: &[(Years, f64)]) -> Result<(), Violations> {
        let variance = |&(t, volatility): &(Years, f64)| t.get() * volatility * volatility;
        let falls = pillars.windows(2).find(|pair| variance(&pair[1]) < variance(&pair[0]));
        let Some([early, late]) = falls else {
            return Ok(());
        };
        let [early, late] = [early, late].map(|(t, v)| format!("{v} at {:.4} years", t.get()));
        let title = format!("total variance falls with expiry: {late} after {early}");
        Err(Violation::new(self.place("volatility.pillar"), title)
            .expected("volatility² × time rising with expiry (no calendar arbitrage)")
            .into())
    }
}
