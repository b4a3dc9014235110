//! Why a book cannot be priced.

use crate::simulation::FactorKey;
use crate::units::{Symbol, Years};

/// What a market or model lacks for a book, naming the culprit and the mend.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PricingError {
    /// The market has no price for an asset that is held or quoted in.
    #[error("{item}: no asset {asset} in market '{market}'; add its price")]
    UnknownAsset {
        /// The position, or `account/asset` of the balance.
        item: String,
        /// The asset.
        asset: Symbol,
        /// The market's name.
        market: String,
    },
    /// The market has no forwards and funding for a derivative's coin.
    #[error("{item}: no underlying {underlying} in market '{market}'; add one")]
    UnknownUnderlying {
        /// The position.
        item: String,
        /// The coin.
        underlying: Symbol,
        /// The market's name.
        market: String,
    },
    /// An option has neither a volatility of its own nor one from the market.
    #[error("{item}: no implied volatility of {underlying} in market '{market}'")]
    MissingVolatility {
        /// The position.
        item: String,
        /// The coin.
        underlying: Symbol,
        /// The market's name.
        market: String,
    },
    /// The factor model lacks a factor that moves the book.
    #[error("{item}: the factor model has no factor {factor}")]
    MissingFactor {
        /// The position or balance.
        item: String,
        /// The factor.
        factor: FactorKey,
    },
    /// A contract's expiry is not after the market's date.
    #[error("{item}: expired {days_ago} days before the market's date; remove it")]
    Expired {
        /// The position.
        item: String,
        /// Days since expiry.
        days_ago: f64,
    },
    /// A contract expires inside the horizon, between two nodes of the grid.
    #[error("{item}: expiry in {} days is inside the horizon but not a node of the grid", expiry.days())]
    ExpiryOffGrid {
        /// The position.
        item: String,
        /// Its time to expiry.
        expiry: Years,
    },
    /// A number that must be finite (and mostly positive) is not.
    #[error("{item}: {what} is {found}; expected {expected}")]
    InvalidNumber {
        /// The position, balance, asset or underlying.
        item: String,
        /// What the number is.
        what: &'static str,
        /// What was found.
        found: f64,
        /// What is accepted.
        expected: &'static str,
    },
}
