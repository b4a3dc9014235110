//! The closed set of instruments, and what one contract of each pays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Symbol, Years};

/// Call or put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptionRight {
    /// Pays above the strike.
    Call,
    /// Pays below the strike.
    Put,
}

/// How a derivative is quoted and settled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Quoted and settled in `quote` (a stablecoin or USD); quantities in coins of the underlying.
    Linear {
        /// The settlement currency; its peg may break.
        quote: Symbol,
    },
    /// Quoted in USD, settled in the underlying coin. Futures: quantity is USD notional;
    /// options: quantity is coins of the underlying.
    Inverse,
}

/// What a position is a quantity of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// The asset itself; quantity in coins, worth `quantity * price_usd`.
    Spot {
        /// The asset held.
        asset: Symbol,
    },
    /// A perpetual future; carries funding.
    Perpetual {
        /// The coin it follows.
        underlying: Symbol,
        /// Quote and settlement.
        settlement: Settlement,
    },
    /// A dated future.
    Future {
        /// The coin it follows.
        underlying: Symbol,
        /// Quote and settlement.
        settlement: Settlement,
        /// Time from the market's date to delivery; the instant itself is in the document.
        expiry: Years,
    },
    /// A European option on the expiry's forward.
    Option {
        /// The coin it follows.
        underlying: Symbol,
        /// Quote and settlement.
        settlement: Settlement,
        /// Time from the market's date to expiry.
        expiry: Years,
        /// Strike in the quote currency (USD for inverse options).
        strike: f64,
        /// Call or put.
        right: OptionRight,
    },
}

impl Instrument {
    /// The coin whose price drives the instrument.
    pub fn underlying(&self) -> &Symbol {
        match self {
            Self::Spot { asset } => asset,
            Self::Perpetual { underlying, .. }
            | Self::Future { underlying, .. }
            | Self::Option { underlying, .. } => underlying,
        }
    }

    /// Time to expiry, where there is one.
    pub fn expiry(&self) -> Option<Years> {
        match self {
            Self::Future { expiry, .. } | Self::Option { expiry, .. } => Some(*expiry),
            Self::Spot { .. } | Self::Perpetual { .. } => None,
        }
    }

    /// The same contract with another time to expiry; what has none stays as it is.
    pub fn expiring(&self, after: Years) -> Self {
        let mut other = self.clone();
        if let Self::Future { expiry, .. } | Self::Option { expiry, .. } = &mut other {
            *expiry = after;
        }
        other
    }

    /// Quote and settlement, for derivatives.
    pub fn settlement(&self) -> Option<&Settlement> {
        match self {
            Self::Spot { .. } => None,
            Self::Perpetual { settlement, .. }
            | Self::Future { settlement, .. }
            | Self::Option { settlement, .. } => Some(settlement),
        }
    }

    /// The asset in which profit is paid: the quote when linear, the coin when inverse or spot.
    pub fn settlement_asset(&self) -> &Symbol {
        match self.settlement() {
            Some(Settlement::Linear { quote }) => quote,
            Some(Settlement::Inverse) | None => self.underlying(),
        }
    }
}
