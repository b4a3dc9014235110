//! The prices at which an account is liquidated, and those at which nothing of it is left.
//!
//! Flows in: venue rules, market, portfolio. Flows out: by account (by position where it is
//! isolated) and coin, the nearest liquidation price below and above today's, other prices and all
//! volatilities fixed; likewise the bankruptcy price; and the same
//! along a direction in which several coins move by their betas ([`liquidation_moves`]). [`LinearHolding`] and [`InverseHolding`] have
//! them in closed form; any other account is searched ([`liquidation_prices`]), on request with the
//! other rungs of its ladder ([`LadderSearch`]).

mod closed_form;
mod search;
mod standing;

pub use closed_form::{Direction, InverseHolding, LinearHolding};
pub use search::{
    LadderSearch, LiquidationMoves, LiquidationPrices, PriceLine, ThresholdPrices,
    liquidation_moves, liquidation_prices,
};
pub use standing::Rung;
