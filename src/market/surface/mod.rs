//! Implied-volatility surface from a quoted option chain.
//!
//! Flows in: two-sided quotes with their forwards. Flows out: total variance at any log-moneyness
//! and expiry. Per expiry SVI (Gatheral 2004) plus a spline that follows the quotes; across expiries
//! linear in total variance at fixed log-moneyness (Gatheral & Jacquier 2014). The smiles are free of
//! butterfly and calendar arbitrage on a dense grid. Limits: European options, undiscounted prices;
//! one-sided quotes are not used; no smoothing in time beyond the calendar condition.

mod arbitrage;
mod correction;
mod fit;
pub mod implied;
mod quote;
mod smile;
mod spline;
mod svi;
mod svi_fit;

use serde::{Deserialize, Serialize};

pub use arbitrage::butterfly;
pub use fit::{ExpiryFit, STRIKES_MIN, fit};
pub use quote::{OptionQuote, SmilePoint, Unusable, smile_point};
pub use smile::Smile;
pub use svi::{Svi, Variance};

use crate::units::Years;

/// Why no surface came of a chain.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SurfaceError {
    /// Strike, forward or expiry is not a positive number.
    #[error("quote with strike {strike}, forward {forward}, {expiry} years: all must be positive")]
    MalformedQuote {
        /// Strike.
        strike: f64,
        /// Forward.
        forward: f64,
        /// Time to expiry in years.
        expiry: f64,
    },
    /// No expiry has [`STRIKES_MIN`] strikes with a usable quote.
    #[error(
        "of {quotes} quotes no expiry has {STRIKES_MIN} strikes with a two-sided quote inside the no-arbitrage bounds"
    )]
    NoUsableExpiry {
        /// Quotes given.
        quotes: usize,
    },
}

/// Total implied variance by log-moneyness and expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VolatilitySurface {
    /// By expiry, strictly increasing; never empty.
    smiles: Vec<Smile>,
}

impl VolatilitySurface {
    /// The smiles by expiry.
    pub fn smiles(&self) -> &[Smile] {
        &self.smiles
    }

    /// Total variance and its derivatives by `k = ln(K/F)` at an expiry.
    ///
    /// Between expiries linear at fixed k; before the first proportional to time (constant
    /// volatility at each k); after the last the at-the-money volatility stays, which adds the same
    /// variance at every k.
    pub fn variance(&self, k: f64, expiry: Years) -> Variance {
        let t = expiry.get().max(0.0);
        let after = self.smiles.partition_point(|smile| smile.expiry.get() < t);
        let left = after.checked_sub(1).map(|index| &self.smiles[index]);
        match (left, self.smiles.get(after)) {
            (Some(left), Some(right)) => between(left, right, k, t),
            (None, Some(right)) => scaled(right.at(k), t / right.expiry.get()),
            (Some(left), None) => beyond(left, k, t),
            (None, None) => Variance { value: 0.0, slope: 0.0, curvature: 0.0 },
        }
    }

    /// Implied volatility at `k = ln(K/F)` and an expiry, as an annual decimal.
    pub fn volatility(&self, k: f64, expiry: Years) -> f64 {
        let first = self.smiles.first().map_or(0.0, |smile| smile.expiry.get());
        // constant before the first expiry, so also at none left
        let t = if expiry.get() < first { first } else { expiry.get() };
        (self.variance(k, Years(t)).value.max(0.0) / t).sqrt()
    }
}

fn between(left: &Smile, right: &Smile, k: f64, t: f64) -> Variance {
    let span = right.expiry.get() - left.expiry.get();
    let share = (t - left.expiry.get()) / span;
    let (early, late) = (left.at(k), right.at(k));
    let mix = |a: f64, b: f64| a + share * (b - a);
    Variance {
        value: mix(early.value, late.value),
        slope: mix(early.slope, late.slope),
        curvature: mix(early.curvature, late.curvature),
    }
}

fn scaled(w: Variance, factor: f64) -> Variance {
    Variance { value: w.value * factor, slope: w.slope * factor, curvature: w.curvature * factor }
}

fn beyond(last: &Smile, k: f64, t: f64) -> Variance {
    let added = last.at(0.0).value * (t / last.expiry.get() - 1.0);
    let w = last.at(k);
    Variance { value: w.value + added, ..w }
}
