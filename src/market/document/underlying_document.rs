//! Underlyings as the market document says them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain_document::{ChainColumnsDocument, ChainPreset, PriceUnit};
use super::liquidity_document::LiquidityDocument;
use super::no_rate;
use crate::document::{FilePath, Instant, Name, Positive, PositiveRate, Rate, SymbolName};

/// What derivatives on a coin need beyond its price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnderlyingDocument {
    /// A coin among the assets.
    pub symbol: SymbolName,
    /// Forward prices by expiry. Left out where volatility comes from a chain: the chain's own.
    /// Left out otherwise: forwards equal spot.
    #[serde(default)]
    pub forward: Vec<ForwardDocument>,
    /// Funding that longs pay to shorts each 8 hours, e.g. `"0.01%"`.
    #[serde(default = "no_rate")]
    pub funding_rate_8h: Rate,
    /// Perpetual mark over spot, minus one.
    #[serde(default = "no_rate")]
    #[schemars(extend("exclusiveMinimum" = -1))]
    pub perpetual_basis: Rate,
    /// Implied volatility; needed where options are held.
    pub volatility: Option<VolatilityDocument>,
    /// How much can be traded at what cost.
    pub liquidity: Option<LiquidityDocument>,
}

/// A quoted forward or dated future.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardDocument {
    /// When it expires.
    pub expiry: Instant,
    /// Its price in USD.
    pub price: Positive,
}

/// Where implied volatility comes from; `type` says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum VolatilityDocument {
    /// One number for every strike and expiry.
    Flat {
        /// Annual volatility, e.g. `"60%"`.
        volatility: PositiveRate,
    },
    /// At-the-money volatility by expiry, linear in total variance between.
    AtTheMoney {
        /// By expiry.
        #[schemars(length(min = 1))]
        pillar: Vec<PillarDocument>,
    },
    /// A surface fitted to the bids and asks of an option chain.
    Chain {
        /// The chain, a CSV file.
        file: FilePath,
        /// A published layout; else give `columns`.
        preset: Option<ChainPreset>,
        /// The columns by name; else give `preset`.
        columns: Option<Box<ChainColumnsDocument>>,
        /// What bids and asks are in.
        #[serde(default)]
        price_unit: PriceUnit,
        /// Only rows whose cells equal these texts, by column.
        #[serde(default, rename = "where")]
        filter: BTreeMap<String, Name>,
    },
}

/// At-the-money volatility of one expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PillarDocument {
    /// When options expire.
    pub expiry: Instant,
    /// Annual volatility, e.g. `"60%"`.
    pub volatility: PositiveRate,
}
