//! Where an implied volatility comes from: flat, an at-the-money table, or a fitted surface.

use serde::{Deserialize, Serialize};

use super::surface::VolatilitySurface;
use crate::units::Years;

/// Source of implied volatility for one underlying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolatilitySource {
    /// One number for every strike and expiry.
    Flat(f64),
    /// At-the-money volatility by expiry, linear in total variance, flat beyond the ends.
    AtTheMoney(Vec<(Years, f64)>),
    /// Fitted to a quoted chain.
    Surface(VolatilitySurface),
    /// Another source times a factor: volatilities moved in proportion.
    Scaled {
        /// The factor, positive.
        factor: f64,
        /// What is scaled.
        source: Box<VolatilitySource>,
    },
}

impl VolatilitySource {
    /// Implied volatility at log-moneyness `ln(K/F)` and time to expiry, as an annual decimal.
    pub fn volatility(&self, log_moneyness: f64, expiry: Years) -> f64 {
        match self {
            Self::Flat(volatility) => *volatility,
            Self::AtTheMoney(pillars) => at_the_money(pillars, expiry.get()),
            Self::Surface(surface) => surface.volatility(log_moneyness, expiry),
            Self::Scaled { factor, source } => factor * source.volatility(log_moneyness, expiry),
        }
    }

    /// Every volatility times `factor`.
    pub fn scaled(&self, factor: f64) -> Self {
        Self::Scaled { factor, source: Box::new(self.clone()) }
    }
}

fn at_the_money(pillars: &[(Years, f64)], t: f64) -> f64 {
    let after = pillars.partition_point(|(pillar, _)| pillar.get() < t);
    let Some(&(right, right_vol)) = pillars.get(after) else {
        return pillars.last().map_or(0.0, |&(_, volatility)| volatility);
    };
    let Some(&(left, left_vol)) = after.checked_sub(1).and_then(|index| pillars.get(index)) else {
        return right_vol;
    };
    let weight = (t - left.get()) / (right.get() - left.get());
    let left_variance = left_vol * left_vol * left.get();
    let right_variance = right_vol * right_vol * right.get();
    ((left_variance + (right_variance - left_variance) * weight) / t).sqrt()
}
