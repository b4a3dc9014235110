//! The prices at which an account is liquidated, and those at which nothing of it is left.
//!
//! Flows in: venue rules, market, portfolio. Flows out: by account (by position where it is
//! isolated) and coin, the nearest liquidation price below and above today's, other prices and all
//! volatilities fixed; likewise the bankruptcy price; and the same
//! along a direction in which several coins move by their betas ([`liquidation_moves`]). [`LinearHolding`] and [`InverseHolding`] have
//! them in closed form; any other account is searched ([`liquidation_prices`]).

mod closed_form;
mod search;

pub use closed_form::{Direction, InverseHolding, LinearHolding};
pub use search::{
    LiquidationMoves, LiquidationPrices, PriceLine, liquidation_moves, liquidation_prices,
};
