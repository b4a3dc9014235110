//! From bid and ask to points of a smile.
//!
//! A quote counts where both sides stand, do not cross and lie inside the no-arbitrage bounds. Its
//! mid price becomes a total variance; the half-spread in total variance says how much it is worth.
//! A call and a put at one strike say the same thing twice (put–call parity): they become one point,
//! weighted by their spreads, so that the out-of-the-money side decides wherever it is the tighter.

use super::implied::implied_deviation;
use crate::numeric::black76::Right;
use crate::units::Years;

/// A two-sided option quote; prices per unit of forward (a coin-settled price is one already).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionQuote {
    /// Call or put.
    pub right: Right,
    /// Time to expiry.
    pub expiry: Years,
    /// Forward of the expiry when the quote was taken, USD.
    pub forward: f64,
    /// Strike, USD.
    pub strike: f64,
    /// Best bid over forward; `None` where nobody bids.
    pub bid: Option<f64>,
    /// Best ask over forward; `None` where nobody offers.
    pub ask: Option<f64>,
}

/// Why a quote says nothing about volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unusable {
    /// A side is missing.
    OneSided,
    /// The bid is above the ask.
    Crossed,
    /// Bid or ask lies outside the no-arbitrage bounds.
    OutsideBounds,
}

impl OptionQuote {
    /// `ln(K/F)`.
    pub fn log_moneyness(&self) -> f64 {
        libm::log(self.strike / self.forward)
    }

    /// Bid and ask where both stand.
    ///
    /// # Errors
    /// [`Unusable::OneSided`] and [`Unusable::Crossed`].
    pub fn two_sided(&self) -> Result<(f64, f64), Unusable> {
        match (self.bid, self.ask) {
            (Some(bid), Some(ask)) if bid > 0.0 && bid <= ask => Ok((bid, ask)),
            (Some(bid), Some(ask)) if bid > 0.0 && ask > 0.0 => Err(Unusable::Crossed),
            _ => Err(Unusable::OneSided),
        }
    }
}

/// What the quotes at one strike say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmilePoint {
    /// `ln(K/F)`.
    pub log_moneyness: f64,
    /// Total implied variance of the mid price.
    pub variance: f64,
    /// Half of the bid–ask spread in total variance.
    pub half_spread: f64,
}

/// The point of one quote.
///
/// # Errors
/// The reason why it is [`Unusable`].
pub fn smile_point(quote: &OptionQuote) -> Result<SmilePoint, Unusable> {
    let (bid, ask) = quote.two_sided()?;
    let log_moneyness = quote.log_moneyness();
    let variance = |price: f64| {
        let deviation = implied_deviation(quote.right, log_moneyness, price);
        deviation.map(|s| s * s).ok_or(Unusable::OutsideBounds)
    };
    Ok(SmilePoint {
        log_moneyness,
        variance: variance(0.5 * (bid + ask))?,
        half_spread: 0.5 * (variance(ask)? - variance(bid)?),
    })
}

/// Half-spreads below this share of the variance count as this wide: a tick is no certainty.
const HALF_SPREAD_MIN: f64 = 2e-3;

/// The points of one expiry by strike, in order of log-moneyness.
///
/// `quotes` are of one expiry. Returns the points and the reasons of the quotes left out.
pub fn smile_points(quotes: &[OptionQuote]) -> (Vec<SmilePoint>, Vec<Unusable>) {
    let mut by_strike: Vec<(f64, SmilePoint)> = Vec::new();
    let mut left_out = Vec::new();
    for quote in quotes {
        match smile_point(quote) {
            Ok(mut point) => {
                let floor = HALF_SPREAD_MIN * point.variance;
                point.half_spread = point.half_spread.max(floor);
                by_strike.push((quote.strike, point));
            }
            Err(reason) => left_out.push(reason),
        }
    }
    by_strike.sort_by(|a, b| a.0.total_cmp(&b.0));
    let same_strike = by_strike.chunk_by(|a, b| a.0 == b.0);
    (same_strike.map(merge).collect(), left_out)
}

/// The average of points at one strike, weighted by their inverse squared spreads.
fn merge(points: &[(f64, SmilePoint)]) -> SmilePoint {
    let weight = |point: &SmilePoint| 1.0 / (point.half_spread * point.half_spread);
    let average = |value: fn(&SmilePoint) -> f64| {
        let weighted: f64 = points.iter().map(|(_, p)| weight(p) * value(p)).sum();
        weighted / points.iter().map(|(_, p)| weight(p)).sum::<f64>()
    };
    let half_spreads = points.iter().map(|(_, point)| point.half_spread);
    SmilePoint {
        log_moneyness: average(|p| p.log_moneyness),
        variance: average(|p| p.variance),
        half_spread: half_spreads.fold(f64::INFINITY, f64::min),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::surface::implied::normalised_price;

    fn quote(right: Right, strike: f64, bid: Option<f64>, ask: Option<f64>) -> OptionQuote {
        OptionQuote { right, expiry: Years(0.1), forward: 100.0, strike, bid, ask }
    }

    #[test]
    fn says_why_a_quote_is_left_out() {
        let reason = |bid, ask| smile_point(&quote(Right::Call, 90.0, bid, ask)).unwrap_err();
        assert_eq!(reason(None, Some(0.2)), Unusable::OneSided);
        assert_eq!(reason(Some(0.0), Some(0.2)), Unusable::OneSided);
        assert_eq!(reason(Some(0.2), Some(0.1)), Unusable::Crossed);
        assert_eq!(reason(Some(0.05), Some(0.2)), Unusable::OutsideBounds); // intrinsic is 0.1
        assert_eq!(reason(Some(f64::NAN), Some(0.2)), Unusable::OneSided);
    }

    #[test]
    fn call_and_put_at_a_strike_become_one_point() {
        let k = libm::log(1.1);
        let spread = |right, half: f64| {
            let mid = normalised_price(right, k, 0.2);
            quote(right, 110.0, Some(mid - half), Some(mid + half))
        };
        let quotes = [spread(Right::Put, 5e-3), spread(Right::Call, 1e-4)];
        let (points, left_out) = smile_points(&quotes);
        assert_eq!((points.len(), left_out.len()), (1, 0));
        assert!((points[0].variance - 0.04).abs() < 1e-8);
        let call_alone = smile_point(&quotes[1]).unwrap();
        assert_eq!(points[0].half_spread, call_alone.half_spread);
    }
}
