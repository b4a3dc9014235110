//! What is held: instruments, positions, orders, accounts, venues, collateral.
//!
//! Flows in: a portfolio document (and positions CSV). Flows out: a [`Portfolio`] whose names are
//! all resolved; whether the market knows its assets is checked across files by the engine.

pub mod account;
pub mod document;
#[cfg(test)]
mod document_tests;
mod failure_document;
mod hedge;
mod hedge_document;
pub mod instrument;
mod margin_call_document;
mod mixed;
mod position_document;
mod rebalancing_document;
mod resolve;

pub use account::{
    Account, Balance, ClaimMark, MarginCallRule, MarginMode, Order, OrderKind, Portfolio, Position,
    PositionMode, Rebalancing, Venue, VenueFailure,
};
pub use hedge::Hedge;
pub use instrument::{Instrument, OptionRight, Settlement};
