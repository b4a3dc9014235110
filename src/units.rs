//! The units every module shares: money lost, confidence, time, names.
//!
//! Sign and tail live in the type: a [`Loss`] is positive when money is lost, a
//! [`ConfidenceLevel`] counts probability from the good end. Rates and volatilities are plain
//! decimals; a name that carries another unit says so last (`rate_8h`, `shift_bp`).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One basis point as a decimal.
pub const BASIS_POINT: f64 = 1e-4;
/// Days in a crypto year: markets never close (ACT/365).
pub const DAYS_PER_YEAR: f64 = 365.0;
/// Seconds in a crypto year.
pub const SECONDS_PER_YEAR: f64 = DAYS_PER_YEAR * 86_400.0;

/// Loss in reporting currency; positive is money lost: `loss = -pnl`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Loss(pub f64);

impl Loss {
    /// The amount in reporting currency, positive when lost.
    pub fn amount(self) -> f64 {
        self.0
    }
}

/// Cumulative probability of loss, in (0.5, 1); 0.99 leaves the worst 1 %.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct ConfidenceLevel(f64);

/// A confidence level outside (0.5, 1).
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("confidence level {0} is outside (0.5, 1); 0.99 means the worst 1 %")]
pub struct InvalidConfidenceLevel(pub f64);

impl ConfidenceLevel {
    /// Accepts `level` in (0.5, 1).
    ///
    /// # Errors
    /// [`InvalidConfidenceLevel`] for anything else, NaN included.
    pub fn new(level: f64) -> Result<Self, InvalidConfidenceLevel> {
        if level > 0.5 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(InvalidConfidenceLevel(level))
        }
    }

    /// The level as a decimal, e.g. 0.99.
    pub fn get(self) -> f64 {
        self.0
    }

    /// Probability of the tail beyond the level, e.g. 0.01.
    pub fn tail(self) -> f64 {
        1.0 - self.0
    }
}

impl TryFrom<f64> for ConfidenceLevel {
    type Error = InvalidConfidenceLevel;
    fn try_from(level: f64) -> Result<Self, Self::Error> {
        Self::new(level)
    }
}

impl From<ConfidenceLevel> for f64 {
    fn from(level: ConfidenceLevel) -> f64 {
        level.0
    }
}

/// A length of time in ACT/365 years.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Years(pub f64);

impl Years {
    /// From days of 24 hours.
    pub fn from_days(days: f64) -> Self {
        Self(days / DAYS_PER_YEAR)
    }

    /// From seconds.
    pub fn from_seconds(seconds: f64) -> Self {
        Self(seconds / SECONDS_PER_YEAR)
    }

    /// In years.
    pub fn get(self) -> f64 {
        self.0
    }

    /// In days of 24 hours.
    pub fn days(self) -> f64 {
        self.0 * DAYS_PER_YEAR
    }
}

/// The short name of an asset, e.g. `BTC` or `USDT`; cheap to clone, ordered by text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// Wraps a name as it stands; documents check its form before this.
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The numeraire and reporting currency.
    pub fn usd() -> Self {
        Self::new("USD")
    }
}

impl From<&str> for Symbol {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a path: every draw on it is a function of the seed and this number.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PathId(pub u64);

impl fmt::Display for PathId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount in US dollars, to the cent, e.g. `1,752,968.50 USD`.
pub fn usd(amount: f64) -> String {
    format!("{} USD", grouped(amount, 2))
}

/// A number with grouped digits and no negative zero, e.g. `1,752,968`; beyond 10^15 in powers of
/// ten.
pub fn grouped(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e15 {
        return format!("{value:.4e}");
    }
    let digits = format!("{:.*}", decimals, value.abs());
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let negative = value < 0.0 && digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if negative {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_level_refuses_the_edges_and_nan() {
        for level in [0.5, 1.0, 0.0, -1.0, 2.0, f64::NAN, f64::INFINITY] {
            assert!(ConfidenceLevel::new(level).is_err(), "{level}");
        }
        assert_eq!(ConfidenceLevel::new(0.99).unwrap().get(), 0.99);
    }

    #[test]
    fn serde_goes_through_the_check() {
        assert!(serde_json::from_str::<ConfidenceLevel>("1.5").is_err());
    }

    #[test]
    fn digits_are_grouped_and_zero_has_no_sign() {
        assert_eq!(grouped(1_752_968.4, 0), "1,752,968");
        assert_eq!(grouped(-999.994, 2), "-999.99");
        assert_eq!(grouped(-0.001, 2), "0.00");
    }

    #[test]
    fn years_convert_on_act_365() {
        assert_eq!(Years::from_days(365.0).get(), 1.0);
        assert_eq!(Years::from_seconds(86_400.0).days(), 1.0);
    }
}
