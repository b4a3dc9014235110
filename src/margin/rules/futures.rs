//! Margin of futures and perpetuals on one coin: flat, growing with size, or by brackets.
//!
//! Flows in: the size of one contract as a notional in its quote currency and as coins. Flows out:
//! its initial and maintenance margin in that currency. Deribit's standard margin is the sized
//! kind, Binance's brackets the tiered one (`MM = notional · rate − deduction`).

use serde::{Deserialize, Serialize};

use super::Margin;

/// Margin of futures and perpetuals on one coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FutureRules {
    /// The same share of notional for any size.
    Flat {
        /// Initial, share of notional.
        initial: f64,
        /// Maintenance, share of notional.
        maintenance: f64,
    },
    /// A share of notional that grows with the position's size in coins.
    Sized {
        /// Initial at size zero, share of notional.
        initial: f64,
        /// Maintenance at size zero, share of notional.
        maintenance: f64,
        /// Added to both, a coin of size.
        per_coin: f64,
    },
    /// Brackets of notional, in the quote currency.
    Tiered {
        /// By rising notional.
        tiers: Vec<Tier>,
    },
    /// The venue lists no futures; a book that holds any is refused when it is compiled.
    Unlisted,
}

/// A bracket of notional.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// Upper end of the bracket, in the quote currency.
    pub notional_max: f64,
    /// Largest leverage: initial margin is notional over it.
    pub leverage_max: f64,
    /// Maintenance margin, share of notional.
    pub maintenance: f64,
    /// Taken off the maintenance margin so that it is continuous, in the quote currency.
    pub deduction: f64,
}

impl FutureRules {
    /// Margin in the currency of `notional`; both sizes are of one contract, zero or above. Never
    /// negative. Beyond the last bracket that bracket's figures hold.
    #[inline]
    pub fn margin(&self, notional: f64, coins: f64) -> Margin {
        let shares =
            |initial: f64, maintenance: f64| Margin::shares(notional, initial, maintenance);
        match self {
            Self::Flat { initial, maintenance } => shares(*initial, *maintenance),
            Self::Sized { initial, maintenance, per_coin } => {
                let growth = per_coin * coins;
                shares(initial + growth, maintenance + growth)
            }
            Self::Unlisted => shares(1.0, 1.0),
            Self::Tiered { tiers } => tier_of(tiers, notional).map_or(
                // No bracket at all: the position must be paid in full.
                shares(1.0, 1.0),
                |tier| Margin {
                    initial: notional / tier.leverage_max,
                    maintenance: (notional * tier.maintenance - tier.deduction).max(0.0),
                },
            ),
        }
    }
}

/// The bracket of a notional; the last one beyond all.
#[inline]
pub fn tier_of(tiers: &[Tier], notional: f64) -> Option<&Tier> {
    let index = tiers.partition_point(|tier| tier.notional_max < notional);
    tiers.get(index).or(tiers.last())
}
