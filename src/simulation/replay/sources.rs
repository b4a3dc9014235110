//! Where the moves of each factor are from: its own history, another's, or nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::ReplayError;
use crate::market::{BarHistory, PriceHistory, Series};
use crate::scenario::HistoricalSettings;
use crate::simulation::FactorKey;
use crate::units::Symbol;

/// Where the moves of a factor are from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum FactorSource {
    /// Its own series.
    History,
    /// The log moves of the price of a coin, times a number.
    Beta {
        /// The coin.
        of: Symbol,
        /// The number.
        beta: f64,
    },
    /// Moves stated by a shock.
    Stated,
    /// Medians of its distribution under the model, given the stated moves.
    Conditional,
    /// The stated log moves of a factor, times a number.
    Follows {
        /// The factor, e.g. `BTC.spot`.
        of: String,
        /// The number.
        beta: f64,
    },
    /// Nowhere: it stays at today's level.
    Stays,
}

impl FactorSource {
    /// As outcomes name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Beta { .. } | Self::Follows { .. } => "beta",
            Self::Stated => "stated",
            Self::Conditional => "conditional",
            Self::Stays => "stays",
        }
    }
}

impl fmt::Display for FactorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History => f.write_str("its own history"),
            Self::Beta { of, beta } => write!(f, "{beta} times the log move of {of}"),
            Self::Stated => f.write_str("stated"),
            Self::Conditional => f.write_str("median given the stated moves"),
            Self::Follows { of, beta } => write!(f, "{beta} times the log move of {of}"),
            Self::Stays => f.write_str("no history: stays at today's level"),
        }
    }
}

/// The source of each factor.
pub(super) fn sources(
    settings: &HistoricalSettings,
    history: &PriceHistory,
    keys: &[FactorKey],
) -> Result<Vec<FactorSource>, ReplayError> {
    check_betas(settings, history)?;
    let found: Vec<FactorSource> = keys.iter().map(|key| source(settings, history, key)).collect();
    if found.iter().all(|source| *source == FactorSource::Stays) {
        return Err(ReplayError::NothingMoves);
    }
    Ok(found)
}

fn source(settings: &HistoricalSettings, history: &PriceHistory, key: &FactorKey) -> FactorSource {
    if series_of(history, key).is_some() {
        return FactorSource::History;
    }
    match key {
        FactorKey::Spot(symbol) | FactorKey::Peg(symbol) => match settings.beta(symbol) {
            Some(beta) => FactorSource::Beta { of: beta.of.clone(), beta: beta.beta },
            None => FactorSource::Stays,
        },
        FactorKey::Volatility(symbol) => match settings.volatility_beta(symbol) {
            Some(beta) => of_price(settings, history, symbol, beta),
            None => FactorSource::Stays,
        },
        FactorKey::Basis(_) | FactorKey::Funding(_) => FactorSource::Stays,
    }
}

/// `beta` times the moves of a coin, which may itself follow another.
fn of_price(
    settings: &HistoricalSettings,
    history: &PriceHistory,
    symbol: &Symbol,
    beta: f64,
) -> FactorSource {
    match settings.beta(symbol).filter(|_| history.prices(symbol).is_none()) {
        Some(coin) => FactorSource::Beta { of: coin.of.clone(), beta: beta * coin.beta },
        None => FactorSource::Beta { of: symbol.clone(), beta },
    }
}

fn check_betas(settings: &HistoricalSettings, history: &PriceHistory) -> Result<(), ReplayError> {
    for beta in &settings.betas {
        let fault = if history.prices(&beta.symbol).is_some() {
            "it has a history of its own, and a beta".to_owned()
        } else if history.prices(&beta.of).is_none() {
            format!("it follows {}, which has no history", beta.of)
        } else {
            continue;
        };
        return Err(ReplayError::Beta { symbol: beta.symbol.to_string(), fault });
    }
    for beta in &settings.volatility_betas {
        let symbol = &beta.symbol;
        let has_price = history.prices(symbol).is_some() || settings.beta(symbol).is_some();
        let fault = if history.implied_volatilities(symbol).is_some() {
            "its volatility has a history of its own, and a beta".to_owned()
        } else if !has_price {
            "its volatility follows its price, which has no history and no beta".to_owned()
        } else {
            continue;
        };
        return Err(ReplayError::VolatilityBeta { symbol: symbol.to_string(), fault });
    }
    Ok(())
}

/// The series of a factor.
pub(super) fn series_of<'a>(history: &'a PriceHistory, key: &FactorKey) -> Option<&'a Series> {
    match key {
        FactorKey::Spot(symbol) | FactorKey::Peg(symbol) => history.prices(symbol),
        FactorKey::Volatility(symbol) => history.implied_volatilities(symbol),
        FactorKey::Funding(symbol) => history.funding_rates(symbol),
        FactorKey::Basis(_) => None,
    }
}

/// The series that a replay reads.
pub(super) struct Followed<'a> {
    pub history: &'a BarHistory,
    /// Series of closes, each once.
    pub series: Vec<&'a Series>,
}

impl<'a> Followed<'a> {
    /// Those of the factors with a history, and those that others follow.
    pub fn of(history: &'a BarHistory, keys: &[FactorKey], sources: &[FactorSource]) -> Self {
        let mut series: Vec<&Series> = Vec::new();
        for (key, source) in keys.iter().zip(sources) {
            let found = match source {
                FactorSource::History => series_of(&history.closes, key),
                FactorSource::Beta { of, .. } => history.closes.prices(of),
                FactorSource::Stays
                | FactorSource::Stated
                | FactorSource::Conditional
                | FactorSource::Follows { .. } => None,
            };
            series.extend(found.filter(|one| !series.iter().any(|other| other.name == one.name)));
        }
        Self { history, series }
    }

    /// Whether every series has a value at a close, by its index.
    pub fn has_all(&self, close: usize) -> bool {
        let has = |series: &&Series| series.values.get(close).is_some_and(Option::is_some);
        self.series.iter().all(has)
    }
}
