//! The fitted factor model: everything a shard needs to draw paths, and nothing to estimate.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::ReturnKind;
use crate::units::{Symbol, Years};

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

impl fmt::Display for FactorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (symbol, suffix) = match self {
            Self::Spot(symbol) => (symbol, "spot"),
            Self::Volatility(symbol) => (symbol, "vol"),
            Self::Basis(symbol) => (symbol, "basis"),
            Self::Funding(symbol) => (symbol, "funding"),
            Self::Peg(symbol) => (symbol, "peg"),
        };
        write!(f, "{symbol}.{suffix}")
    }
}

/// One risk factor with its marginal parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// Its name.
    pub key: FactorKey,
    /// Annual volatility of its (log-)return; annual standard deviation for additive factors.
    pub volatility: f64,
    /// Where the volatility came from, e.g. `stated`, `EWMA half-life 30, 1460 observations`.
    pub source: String,
    /// Mean log growth at each grid node for spots and pegs under `Martingale`:
    /// `ln(E[S_t]/S_0)`; zeros for the others.
    pub log_mean: Vec<f64>,
}

/// The nodes at which paths are evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeGrid {
    /// Node times, strictly increasing, the last is the horizon; time zero is not a node.
    pub nodes: Vec<Years>,
    /// Interval the model was calibrated to (the history's spacing; one day without history).
    pub calibration_interval: Years,
}

/// Parameters of the joint process; correlations are in the model's triangular factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "process", rename_all = "snake_case")]
pub enum Process {
    /// Correlated geometric Brownian motion.
    Gbm,
    /// Multivariate Student-t, one mixing variable a calibration interval.
    StudentT {
        /// Degrees of freedom, above 2.
        degrees_of_freedom: f64,
        /// Bound on a log-return over the horizon.
        truncation: f64,
    },
}

/// A fitted, serialisable model of all factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorModel {
    /// Factors in matrix order.
    pub factors: Vec<Factor>,
    /// Log or simple returns.
    pub returns: ReturnKind,
    /// The nodes.
    pub grid: TimeGrid,
    /// Lower triangular factor of the correlation matrix, row-major, n × n.
    pub correlation_factor: Vec<f64>,
    /// The process.
    pub process: Process,
}

impl FactorModel {
    /// Index of a factor.
    pub fn index(&self, key: &FactorKey) -> Option<usize> {
        self.factors.iter().position(|factor| &factor.key == key)
    }
}
