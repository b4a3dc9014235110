//! Liquidation threshold exposure beside the threshold: ladders of prices, notional at risk over
//! shocks, shortfalls, hedging flow against depth, cost of closing.
//!
//! Flows in: the compiled book, the model, what the passes found. Flows out: the
//! [`LiquidationExposure`](crate::outcome::LiquidationExposure) of the outcome, a part a file.

mod at_risk;
mod closing;
mod direction;
mod hedging;
mod ladder;
mod shortfall;
mod touch;

pub(super) use at_risk::at_risk;
pub(super) use closing::{Closing, closing};
pub(super) use hedging::hedging;
pub(super) use ladder::{Ladders, ladders, prices};
pub(super) use shortfall::{shortfalls, tail_amount};
