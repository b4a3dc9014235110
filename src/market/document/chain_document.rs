//! How an option chain is laid out, as the market document says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Name;
use crate::market::import::StampFormat;

/// Published layouts of option chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChainPreset {
    /// Snapshots of Deribit's chain: `option_type`, `strike`, `expiry_datetime`, `futures_price`,
    /// `bid_price`, `ask_price` in coin, rows of the underlying by `currency`.
    Deribit,
}

/// What option prices are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceUnit {
    /// The underlying coin, as coin-settled options are quoted: a fraction of the forward.
    #[default]
    Coin,
    /// USD.
    Usd,
}

/// The columns of a chain by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainColumnsDocument {
    /// `call` or `put` (or `C`, `P`).
    pub right: Name,
    /// Strike in USD.
    pub strike: Name,
    /// Expiry.
    pub expiry: Name,
    /// How expiries are written.
    #[serde(default)]
    pub stamps: StampFormat,
    /// Forward price of the expiry in USD.
    pub forward: Name,
    /// Best bid; empty or zero where there is none.
    pub bid: Name,
    /// Best ask; empty or zero where there is none.
    pub ask: Name,
}

impl ChainPreset {
    /// The columns, and the one that says which underlying a row is of.
    pub fn columns(self) -> (ChainColumnsDocument, &'static str) {
        match self {
            Self::Deribit => {
                let name = |text: &str| Name::try_from(text.to_owned()).expect("a visible name");
                let columns = ChainColumnsDocument {
                    right: name("option_type"),
                    strike: name("strike"),
                    expiry: name("expiry_datetime"),
                    stamps: StampFormat::Text,
                    forward: name("futures_price"),
                    bid: name("bid_price"),
                    ask: name("ask_price"),
                };
                (columns, "currency")
            }
        }
    }
}
