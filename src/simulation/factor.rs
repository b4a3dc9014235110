//! Risk factors: their names and their marginal parameters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::units::Symbol;

/// Names a risk factor: `BTC.spot`, `BTC.vol`, `BTC.basis`, `BTC.funding`, `USDT.peg`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKey {
    /// Spot log-return (or simple return) of a coin in USD.
    Spot(Symbol),
    /// Log change of the implied-volatility level of an underlying at 30 days.
    Volatility(Symbol),
    /// Additive change of the annualised futures basis.
    Basis(Symbol),
    /// Additive change of the funding rate per 8 hours.
    Funding(Symbol),
    /// Log-return of a stablecoin's USD price.
    Peg(Symbol),
}

impl FactorKey {
    /// The coin the factor belongs to.
    pub fn symbol(&self) -> &Symbol {
        self.parts().0
    }

    /// Whether the factor is an additive change instead of a relative one.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::Basis(_) | Self::Funding(_))
    }

    fn parts(&self) -> (&Symbol, &'static str) {
        match self {
            Self::Spot(symbol) => (symbol, "spot"),
            Self::Volatility(symbol) => (symbol, "vol"),
            Self::Basis(symbol) => (symbol, "basis"),
            Self::Funding(symbol) => (symbol, "funding"),
            Self::Peg(symbol) => (symbol, "peg"),
        }
    }
}

impl fmt::Display for FactorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (symbol, suffix) = self.parts();
        write!(f, "{symbol}.{suffix}")
    }
}

/// A text that names no factor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no factor; expected SYMBOL.spot, .vol, .basis, .funding or .peg")]
pub struct UnknownFactor(pub String);

impl FromStr for FactorKey {
    type Err = UnknownFactor;

    fn from_str(text: &str) -> Result<Self, UnknownFactor> {
        let unknown = || UnknownFactor(text.to_owned());
        let (symbol, suffix) = text.rsplit_once('.').ok_or_else(unknown)?;
        if symbol.is_empty() {
            return Err(unknown());
        }
        let symbol = Symbol::new(symbol);
        match suffix {
            "spot" => Ok(Self::Spot(symbol)),
            "vol" => Ok(Self::Volatility(symbol)),
            "basis" => Ok(Self::Basis(symbol)),
            "funding" => Ok(Self::Funding(symbol)),
            "peg" => Ok(Self::Peg(symbol)),
            _ => Err(unknown()),
        }
    }
}

/// One risk factor with its marginal parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// Its name.
    pub key: FactorKey,
    /// Total annual standard deviation of its (log-)return, jumps included; of the change itself
    /// for additive factors. Zero: the factor does not move.
    pub volatility: f64,
    /// Where the volatility came from, e.g. `stated`, `EWMA half-life 30, 1460 observations`.
    pub source: String,
    /// `ln(E[S_t]/S_0)` at each grid node for spots and pegs; zeros for the others.
    pub log_mean: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_they_are_written() {
        for name in ["BTC.spot", "BTC.vol", "ETH.basis", "SOL.funding", "USDT.peg", "a.b.spot"] {
            assert_eq!(name.parse::<FactorKey>().unwrap().to_string(), name);
        }
        for name in ["BTC", ".spot", "BTC.price", ""] {
            assert!(name.parse::<FactorKey>().is_err(), "{name}");
        }
    }
}
