//! An estimated market model: what `plimsoll calibrate market` tells.

use serde::{Deserialize, Serialize};

/// The estimates of a scenario's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketModel {
    /// The scenario that asks for it.
    pub scenario: String,
    /// Instant of the market data, UTC, RFC 3339.
    pub as_of: String,
    /// The process, as documents name it.
    pub process: String,
    /// First and last close of the history; `None`: there is none.
    pub window: Option<[String; 2]>,
    /// Returns in it.
    pub returns: usize,
    /// Annual volatility of each factor, in model order.
    pub volatilities: Vec<EstimatedVolatility>,
    /// Other parameters that were fitted.
    pub parameters: Vec<EstimatedParameter>,
    /// Correlation matrix, by row.
    pub correlation: Vec<Vec<f64>>,
    /// Standard error of each correlation, by row; empty where the estimator gives none.
    pub correlation_errors: Vec<Vec<f64>>,
    /// How correlations were estimated.
    pub correlation_source: String,
    /// Notes of the fit.
    pub notes: Vec<String>,
}

/// An annual volatility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EstimatedVolatility {
    /// Factor, e.g. `BTC.spot`.
    pub factor: String,
    /// Annual, decimal.
    pub volatility: f64,
    /// Its standard error, where the estimator gives one.
    pub standard_error: Option<f64>,
    /// Where it came from.
    pub source: String,
}

/// A fitted parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EstimatedParameter {
    /// What it is, e.g. `degrees of freedom`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its standard error, where the estimator gives one.
    pub standard_error: Option<f64>,
    /// Observations that it rests on.
    pub observations: usize,
}
