//! What positions are worth: today, on every path, and how that changes.
//!
//! Flows in: a [`Market`](crate::market::Market), a [`Portfolio`](crate::portfolio::Portfolio), a
//! [`FactorModel`](crate::simulation::FactorModel) and, node by node, blocks of factor levels.
//! Flows out: USD values `[row][path]`, positions apart from balances; Greeks.
//!
//! | contract | USD value |
//! |---|---|
//! | spot, balance | `q·S`; borrowed balances grow at their rate |
//! | linear future, perpetual | `q·(F − E·P)`, P the USD price of the quote |
//! | inverse future, perpetual | `N·(1/E − 1/F)·S` |
//! | linear option | `q·P·e^(−r_P·T)·Black76(F/P, K)` |
//! | inverse option | `q·S·e^(−r_S·T)·Black76(F, K)/F` |
//!
//! r_P and r_S are the discount rates of the quote and of the coin (default 0), T the time left:
//! today, on every path and in every Greek. They are apart from the carry of the forward, and
//! implied volatilities are read from chains undiscounted.
//!
//! `F = S·exp(carry + basis·T)`; a perpetual is a forward whose tenor is one funding interval.
//! An option keeps the smile of its own expiry as time passes, moved by the volatility level as
//! `σ·exp(x·(30 days/T)^p)`. What expires inside the horizon settles at its own node in its own
//! asset, and that cash floats to the horizon.

mod black;
mod book;
mod builder;
mod cash;
mod compile;
mod curve;
mod error;
mod expansion;
mod factors;
mod greeks;
mod lines;
mod loss_expansion;
mod mark;
mod options;
mod path_volatility;
mod position;
mod proxy;
mod sensitivity;
mod settings;
mod smile;
mod state;
mod summed;
mod timeline;

pub use book::CompiledBook;
pub use cash::{asset_source, settlement_price};
pub use curve::PriceSource;
pub use error::PricingError;
pub use factors::required_factors;
pub use greeks::{
    BookGreeks, ProfilePoint, RowExposure, SPOT_LADDER, SpotGreeks, exposures, greeks,
};
pub use lines::{LinesScratch, PriceLines, PriceLinesBuilder};
pub use loss_expansion::loss_expansion;
pub use mark::{Mark, asset_price, mark, with_entry_prices};
pub use path_volatility::OptionPlace;
pub use proxy::{
    FactorDomain, FactorRange, Interpolation, OptionProxies, Proof, SettlementProxies,
};
pub use settings::{
    FUNDING_INTERVAL, Granularity, PERPETUAL_TENOR, PricingSettings, Revaluation, Row,
    SmileDynamics,
};
pub use state::PathState;

#[cfg(test)]
mod tests;
