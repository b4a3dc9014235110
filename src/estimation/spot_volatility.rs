//! How spot and implied volatility move together.
//!
//! Flows in: a price series and an implied-volatility series (a volatility index, or the 30-day
//! at-the-money volatility of a surface's history) on one grid. Flows out: the correlation of their
//! log changes on the dates both have, and the volatility of the volatility's log change.

use super::{Estimate, EstimationError, pair_correlation, sample_volatility};
use crate::market::PriceHistory;
use crate::units::Symbol;

/// Joint behaviour of a coin and its implied volatility, per interval of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotVolatility {
    /// Correlation of the spot's log-return with the log change of implied volatility.
    pub correlation: Estimate,
    /// Standard deviation of the log change of implied volatility.
    pub volatility_of_volatility: Estimate,
}

/// Spot–volatility correlation from log changes `[date]`.
///
/// # Errors
/// Fewer than three common dates, values that are not finite, a constant series.
pub fn spot_volatility(
    spot_returns: &[Option<f64>],
    volatility_changes: &[Option<f64>],
) -> Result<SpotVolatility, EstimationError> {
    Ok(SpotVolatility {
        correlation: pair_correlation(spot_returns, volatility_changes)?,
        volatility_of_volatility: sample_volatility(volatility_changes, None)?,
    })
}

/// Spot–volatility correlation of `symbol`; `None` where the history lacks one of the two series.
///
/// # Errors
/// As [`spot_volatility`].
pub fn spot_volatility_of(
    history: &PriceHistory,
    symbol: &Symbol,
) -> Option<Result<SpotVolatility, EstimationError>> {
    let spot = history.prices(symbol)?.log_returns();
    let volatility = history.implied_volatilities(symbol)?.log_returns();
    Some(spot_volatility(&spot, &volatility))
}
