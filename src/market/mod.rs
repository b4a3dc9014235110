//! The world today: prices, forwards, implied volatility, funding, pegs, liquidity, history.
//!
//! Flows in: a market document with the CSV files it names. Flows out: a [`Market`], everything in
//! USD and decimals, times in ACT/365 years from `as_of`.

pub mod document;
pub mod forward;
pub mod history;
pub mod import;
pub mod liquidity;
pub mod snapshot;
pub mod surface;
pub mod volatility;

pub use forward::ForwardCurve;
pub use history::{BarHistory, BarPrice, Finding, PriceHistory, Quantity, Series};
pub use liquidity::{
    DepthStress, ImpactLaw, ImpactTerms, Liquidity, OpenInterest, OpenInterestBin, StressDriver,
};
pub use snapshot::{Asset, AssetKind, Market, Underlying};
pub use surface::{OptionQuote, VolatilitySurface};
pub use volatility::VolatilitySource;
