//! A surface from a quoted chain: one smile an expiry, the latest first.
//!
//! Each earlier smile is kept below the next later one, so that total variance rises with expiry.
//! Later expiries have quotes over a wider range of log-moneyness; where an early one has none, the
//! order costs it nothing.

use super::arbitrage::butterfly;
use super::correction::{GRID_POINTS, correct};
use super::quote::{OptionQuote, SmilePoint, Unusable, smile_points};
use super::smile::Smile;
use super::spline::Spline;
use super::svi_fit::{Neighbours, REACH, fit_svi};
use super::{SurfaceError, VolatilitySurface};
use crate::units::Years;

/// Strikes with a usable quote that an expiry needs.
pub const STRIKES_MIN: usize = 5;

/// How the fit of one expiry went.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpiryFit {
    /// Time to expiry.
    pub expiry: Years,
    /// Strikes fitted; 0 where the expiry was skipped for want of quotes.
    pub strikes: usize,
    /// Quotes with a side missing.
    pub one_sided: usize,
    /// Quotes with the bid above the ask.
    pub crossed: usize,
    /// Quotes outside the no-arbitrage bounds.
    pub outside_bounds: usize,
    /// Strikes at which the fit lies inside the bid–ask spread.
    pub inside_spread: usize,
    /// Lowest value of Durrleman's function on the grid; negative would be butterfly arbitrage.
    pub density_min: f64,
    /// Smoothing weight chosen by cross-validation.
    pub smoothing: f64,
}

/// Fits a surface to `quotes` in any order.
///
/// # Errors
/// [`SurfaceError`] where a quote is malformed or no expiry has enough usable quotes.
pub fn fit(quotes: &[OptionQuote]) -> Result<(VolatilitySurface, Vec<ExpiryFit>), SurfaceError> {
    for quote in quotes {
        check(quote)?;
    }
    let mut sorted = quotes.to_vec();
    sorted.sort_by(|a, b| b.expiry.get().total_cmp(&a.expiry.get()));
    let mut expiries: Vec<Expiry> =
        sorted.chunk_by(|a, b| a.expiry == b.expiry).map(Expiry::new).collect();
    let mut smiles: Vec<Smile> = Vec::new();
    let mut fits = Vec::new();
    while !expiries.is_empty() {
        let latest = expiries.remove(0);
        let earlier: Vec<SmilePoint> = expiries.iter().flat_map(|e| e.points.clone()).collect();
        let (smile, fit) =
            fit_expiry(latest, Neighbours { later: smiles.last(), earlier: &earlier });
        smiles.extend(smile);
        fits.push(fit);
    }
    smiles.reverse();
    fits.reverse();
    if smiles.is_empty() {
        return Err(SurfaceError::NoUsableExpiry { quotes: quotes.len() });
    }
    Ok((VolatilitySurface { smiles }, fits))
}

fn check(quote: &OptionQuote) -> Result<(), SurfaceError> {
    let positive = |value: f64| value.is_finite() && value > 0.0;
    if positive(quote.strike) && positive(quote.forward) && positive(quote.expiry.get()) {
        Ok(())
    } else {
        Err(SurfaceError::MalformedQuote {
            strike: quote.strike,
            forward: quote.forward,
            expiry: quote.expiry.get(),
        })
    }
}

/// The quotes of one expiry, read.
struct Expiry {
    expiry: Years,
    forward: f64,
    points: Vec<SmilePoint>,
    left_out: Vec<Unusable>,
}

impl Expiry {
    fn new(quotes: &[OptionQuote]) -> Self {
        let (points, left_out) = smile_points(quotes);
        Self { expiry: quotes[0].expiry, forward: median_forward(quotes), points, left_out }
    }

    fn count(&self, reason: Unusable) -> usize {
        self.left_out.iter().filter(|found| **found == reason).count()
    }
}

fn fit_expiry(quotes: Expiry, neighbours: Neighbours<'_>) -> (Option<Smile>, ExpiryFit) {
    let points = &quotes.points;
    let mut fit = ExpiryFit {
        expiry: quotes.expiry,
        strikes: 0,
        one_sided: quotes.count(Unusable::OneSided),
        crossed: quotes.count(Unusable::Crossed),
        outside_bounds: quotes.count(Unusable::OutsideBounds),
        inside_spread: 0,
        density_min: f64::NAN,
        smoothing: f64::INFINITY,
    };
    if points.len() < STRIKES_MIN {
        return (None, fit);
    }
    let deviation = at_the_money(points).sqrt();
    let mut smile = Smile {
        expiry: fit.expiry,
        forward: quotes.forward,
        deviation,
        svi: fit_svi(points, deviation, neighbours),
        correction: Spline::default(),
    };
    fit.smoothing = correct(&mut smile, points, neighbours.later);
    fit.strikes = points.len();
    fit.inside_spread = points.iter().filter(|point| is_inside(&smile, point)).count();
    fit.density_min = density_min(&smile);
    (Some(smile), fit)
}

fn is_inside(smile: &Smile, point: &SmilePoint) -> bool {
    let gap = smile.at(point.log_moneyness).value - point.variance;
    gap.abs() <= point.half_spread
}

fn density_min(smile: &Smile) -> f64 {
    let grid = Smile::grid(smile.deviation, REACH, GRID_POINTS);
    let densities = grid.iter().map(|&k| butterfly(k, smile.at(k)));
    densities.fold(f64::INFINITY, f64::min)
}

/// Total variance at the forward, between the points beside it.
fn at_the_money(points: &[SmilePoint]) -> f64 {
    let after = points.partition_point(|point| point.log_moneyness < 0.0);
    let right = &points[after.min(points.len() - 1)];
    let left = &points[after.saturating_sub(1)];
    let span = right.log_moneyness - left.log_moneyness;
    if span <= 0.0 {
        return left.variance;
    }
    let share = (-left.log_moneyness / span).clamp(0.0, 1.0);
    left.variance + share * (right.variance - left.variance)
}

fn median_forward(quotes: &[OptionQuote]) -> f64 {
    let mut forwards: Vec<f64> = quotes.iter().map(|quote| quote.forward).collect();
    forwards.sort_by(f64::total_cmp);
    forwards[forwards.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::surface::Svi;
    use crate::market::surface::implied::normalised_price;
    use crate::numeric::black76::Right;

    /// A chain priced off known SVI smiles, with a spread of `half_spread` in volatility.
    fn chain(smiles: &[(f64, Svi)], half_spread: f64) -> Vec<OptionQuote> {
        let mut quotes = Vec::new();
        for &(t, svi) in smiles {
            for step in -12..=12 {
                let strike = 100.0 * (1.0 + 0.04 * f64::from(step));
                let k = libm::log(strike / 100.0);
                let right = if k >= 0.0 { Right::Call } else { Right::Put };
                let volatility = (svi.at(k).value / t).sqrt();
                let price =
                    |shift: f64| normalised_price(right, k, (volatility + shift) * t.sqrt());
                quotes.push(OptionQuote {
                    right,
                    expiry: Years(t),
                    forward: 100.0,
                    strike,
                    bid: Some(price(-half_spread)),
                    ask: Some(price(half_spread)),
                });
            }
        }
        quotes
    }

    fn svi(minimum: f64, left_slope: f64, right_slope: f64) -> Svi {
        Svi { minimum, left_slope, right_slope, centre: 0.02, width: 0.2 }
    }

    #[test]
    fn recovers_the_smiles_it_was_priced_from() {
        let known = [(0.1, svi(0.02, 0.10, 0.06)), (0.5, svi(0.08, 0.18, 0.12))];
        let (surface, fits) = fit(&chain(&known, 0.002)).unwrap();
        assert_eq!(fits.iter().map(|f| f.strikes).collect::<Vec<_>>(), [25, 25]);
        for (t, svi) in known {
            for k in [-0.5, -0.2, 0.0, 0.15, 0.35] {
                let expected = (svi.at(k).value / t).sqrt();
                let found = surface.volatility(k, Years(t));
                assert!((found - expected).abs() < 0.002, "T {t} k {k}: {found} {expected}");
            }
        }
    }

    #[test]
    fn inverted_quotes_leave_no_arbitrage() {
        // the later expiry is quoted with less total variance than the earlier: calendar arbitrage
        let quoted = [(0.1, svi(0.05, 0.2, 0.2)), (0.2, svi(0.04, 0.1, 0.1))];
        let (surface, fits) = fit(&chain(&quoted, 0.01)).unwrap();
        assert!(fits.iter().all(|fit| fit.density_min > 0.0));
        for k in Smile::grid(0.2, REACH, 500) {
            let [early, late] = [0.1, 0.2].map(|t| surface.variance(k, Years(t)).value);
            assert!(early < late, "k {k}: {early} {late}");
        }
    }

    #[test]
    fn same_quotes_in_any_order_give_the_same_bits() {
        let known = [(0.1, svi(0.02, 0.10, 0.06)), (0.5, svi(0.08, 0.18, 0.12))];
        let mut quotes = chain(&known, 0.002);
        let first = fit(&quotes).unwrap();
        quotes.reverse();
        assert_eq!(fit(&quotes).unwrap(), first);
    }

    #[test]
    fn refuses_what_says_nothing() {
        let mut quotes = chain(&[(0.1, svi(0.02, 0.1, 0.06))], 0.002);
        for quote in &mut quotes {
            quote.bid = None;
        }
        assert_eq!(fit(&quotes).unwrap_err(), SurfaceError::NoUsableExpiry { quotes: 25 });
        quotes[3].strike = f64::NAN;
        assert!(matches!(fit(&quotes).unwrap_err(), SurfaceError::MalformedQuote { .. }));
    }
}
