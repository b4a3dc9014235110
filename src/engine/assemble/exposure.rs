//! Liquidation threshold exposure, put together.

use super::Found;
use crate::engine::EngineError;
use crate::engine::control::Control;
use crate::engine::exposure::traded;
use crate::engine::thresholds;
use crate::outcome::{AccountPrices, LiquidationExposure};
use crate::pricing::BookGreeks;

/// The exposure, and by account the prices that venues act at.
pub(super) struct Exposed {
    pub exposure: LiquidationExposure,
    pub prices: Vec<Vec<AccountPrices>>,
}

/// Everything about thresholds and liquidity beside the threshold itself.
pub(super) fn exposure(
    found: &Found,
    greeks: &BookGreeks,
    control: &Control,
) -> Result<Exposed, EngineError> {
    let Found { plan, book, part, .. } = *found;
    let thresholds::Ladders { ladders, touch_estimator, prices } =
        thresholds::ladders(plan, book, part, control)?;
    let shortfalls = thresholds::shortfalls(found)?;
    let exposure = LiquidationExposure {
        ladders,
        touch_estimator,
        at_risk: thresholds::at_risk(book, control)?,
        shortfalls: shortfalls.accounts,
        shortfall: shortfalls.total,
        shortfall_estimator: shortfalls.estimator,
        hedging: thresholds::hedging(book, greeks),
        closing: thresholds::closing(plan, book, &traded(book)?)?,
    };
    Ok(Exposed { exposure, prices })
}
