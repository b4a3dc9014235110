//! From an underlying's liquidity to the domain.

use super::MarketDocument;
use super::liquidity_document::{
    DepthStressDocument, ImpactDocument, ImpactLawDocument, LiquidityDocument,
    OpenInterestBinDocument, OpenInterestDocument,
};
use crate::document::{Parsed, Violation, ViolationCollector, Violations};
use crate::market::liquidity::{
    DepthStress, ImpactLaw, ImpactTerms, Liquidity, OpenInterest, OpenInterestBin,
};

/// Reads the liquidity of underlying `index`, where it is stated.
pub(super) fn read_liquidity(
    parsed: &Parsed<MarketDocument>,
    index: usize,
) -> Result<Option<Liquidity>, Violations> {
    let Some(document) = &parsed.value.underlying[index].liquidity else { return Ok(None) };
    let mut collector = ViolationCollector::default();
    let context = Context { parsed, path: format!("underlying[{index}].liquidity") };
    if let Some(stress) = document.impact.as_ref().and_then(|impact| impact.stress.as_ref()) {
        context.check_stress(stress, &mut collector);
    }
    if let Some(positions) = &document.open_interest {
        context.check_distances("long", &positions.long, 1.0, &mut collector);
        context.check_distances("short", &positions.short, f64::INFINITY, &mut collector);
    }
    collector.finish(Some(liquidity(document)))
}

struct Context<'a> {
    parsed: &'a Parsed<MarketDocument>,
    path: String,
}

impl Context<'_> {
    fn violation(&self, path: &str, title: &str) -> Violation {
        Violation::new(self.parsed.places.at(&format!("{}.{path}", self.path)), title)
    }

    fn check_stress(&self, stress: &DepthStressDocument, found: &mut ViolationCollector) {
        let begins = stress.begins.get();
        if stress.full.get() <= begins {
            let violation =
                self.violation("impact.stress.full", "depth is gone before it begins to go");
            found.add(violation.expected(format!("above {begins}, where it begins")));
        }
    }

    /// Distances rise; a price falls by less than all of itself.
    fn check_distances(
        &self,
        side: &str,
        bins: &[OpenInterestBinDocument],
        below: f64,
        found: &mut ViolationCollector,
    ) {
        let mut nearer = 0.0;
        for (index, bin) in bins.iter().enumerate() {
            let (distance, path) = (bin.distance.get(), format!("open_interest.{side}[{index}]"));
            let fault = |title: &str, expected: String| {
                self.violation(&format!("{path}.distance"), title).expected(expected)
            };
            if distance >= below {
                let title = "a long position is liquidated before the price is gone";
                found.add(fault(title, "below 100%".to_owned()));
            } else if distance <= nearer {
                let title = "distance does not rise";
                found.add(fault(title, format!("above {nearer}, that of the bin before")));
            }
            nearer = distance.max(nearer);
        }
    }
}

fn liquidity(document: &LiquidityDocument) -> Liquidity {
    Liquidity {
        adv_usd: document.average_daily_volume_usd.get(),
        half_spread: document.half_spread.get(),
        half_spread_deviation: document.half_spread_deviation.get(),
        depth_1pct_usd: document.depth_1pct_usd.get(),
        impact: document.impact.as_ref().map(impact),
        open_interest: document.open_interest.as_ref().map(open_interest).unwrap_or_default(),
    }
}

fn impact(document: &ImpactDocument) -> ImpactTerms {
    ImpactTerms {
        law: match &document.law {
            ImpactLawDocument::Linear {} => ImpactLaw::Linear,
            ImpactLawDocument::SquareRoot { coefficient } => {
                ImpactLaw::SquareRoot { coefficient: coefficient.get() }
            }
            ImpactLawDocument::Almgren { permanent, temporary, outstanding_usd, execution } => {
                ImpactLaw::Almgren {
                    permanent: permanent.get(),
                    temporary: temporary.get(),
                    outstanding_usd: outstanding_usd.get(),
                    execution_days: execution.years().days(),
                }
            }
        },
        daily_volatility: document.daily_volatility.map(f64::from),
        stress: document.stress.as_ref().map(|stress| DepthStress {
            driver: stress.driver,
            begins: stress.begins.get(),
            full: stress.full.get(),
            largest: stress.largest.get(),
        }),
        half_life: document.half_life.as_ref().map(|half_life| half_life.years()),
    }
}

fn open_interest(document: &OpenInterestDocument) -> OpenInterest {
    let bins = |bins: &[OpenInterestBinDocument]| {
        let bin = |bin: &OpenInterestBinDocument| OpenInterestBin {
            distance: bin.distance.get(),
            notional_usd: bin.notional_usd.get(),
        };
        bins.iter().map(bin).collect()
    };
    OpenInterest {
        long: bins(&document.long),
        short: bins(&document.short),
        bankruptcy_gap: document.bankruptcy_gap.get(),
    }
}
