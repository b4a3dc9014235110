//! A market document read again at another time, everything else in it as it is.

use jiff::Timestamp;

use super::{LoadedMarket, UnderlyingDocument, VolatilityDocument, read_parsed};
use crate::document::{Instant, Loader, Positive};

impl LoadedMarket {
    /// The same market at `as_of`: spot prices stay, quotes of forwards and volatilities stay on their
    /// dates, those that have expired go, and history is known up to then. A surface that was fitted to a
    /// chain stays by time to expiry, for its quotes are prices of an instant; so does everything where
    /// the document makes no sense at that time.
    pub fn at(&self, as_of: Timestamp, loader: &Loader) -> Self {
        let mut parsed = self.parsed.clone();
        parsed.value.as_of = Some(Instant(as_of));
        for asset in &mut parsed.value.asset {
            let today = self.market.asset(&asset.symbol.symbol()).map(|one| one.price_usd);
            asset.price = today.and_then(Positive::new).or(asset.price);
        }
        parsed.value.underlying.iter_mut().for_each(|one| drop_expired(one, as_of));
        let Ok(mut read) = read_parsed(parsed, loader) else {
            let mut kept = self.clone();
            kept.market.as_of = as_of;
            return kept;
        };
        for document in &self.parsed.value.underlying {
            let symbol = document.symbol.symbol();
            let of_chain = matches!(document.volatility, Some(VolatilityDocument::Chain { .. }));
            let old = self.market.underlying(&symbol).filter(|_| of_chain);
            let new = read.market.underlyings.iter_mut().find(|one| one.symbol == symbol);
            if let (Some(old), Some(new)) = (old, new) {
                new.volatility.clone_from(&old.volatility);
            }
        }
        read
    }
}

fn drop_expired(underlying: &mut UnderlyingDocument, as_of: Timestamp) {
    underlying.forward.retain(|one| one.expiry.timestamp() > as_of);
    if let Some(VolatilityDocument::AtTheMoney { pillar }) = &mut underlying.volatility {
        pillar.retain(|one| one.expiry.timestamp() > as_of);
    }
}
