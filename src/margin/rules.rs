//! The rules of a venue as data, and the margin of one contract under them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::Symbol;

/// A dated set of margin rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VenueRules {
    /// Name and date, e.g. `deribit-standard@2025-01-01`.
    pub id: String,
    /// Where the figures come from.
    pub source: String,
    /// Futures and perpetuals on coins not in `futures_by_coin`.
    pub futures: FutureRules,
    /// Futures and perpetuals by coin.
    pub futures_by_coin: BTreeMap<Symbol, FutureRules>,
    /// Options; `None`: the venue lists none.
    pub options: Option<OptionRules>,
    /// Fee on the notional that the venue liquidates.
    pub liquidation_fee: f64,
    /// What the venue does inside a path; `None`: margin is checked at time zero alone.
    #[serde(default)]
    pub liquidation: Option<Liquidation>,
}

/// What a venue does to an account whose equity falls below its maintenance margin inside a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liquidation {
    /// How much it closes.
    pub close: CloseAmount,
}

/// How much of an account a liquidation closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseAmount {
    /// All positions, at the marks of the node that finds the account below its maintenance
    /// margin, for the liquidation fee on their gross notional. The account stays flat.
    Full,
}

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

/// Margin of short options, per coin of the underlying and in coins; long options need none.
///
/// Call: initial `max(base − OTM/F, floor)`, maintenance `maintenance`. Put: maintenance
/// `max(maintenance, maintenance · mark)`, initial as the call's but at least the maintenance. The
/// option's mark is added where `value` says so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OptionRules {
    /// Share of the coin at the money.
    pub base: f64,
    /// Least share of the coin.
    pub floor: f64,
    /// Maintenance, share of the coin.
    pub maintenance: f64,
    /// Where the value of options is counted.
    pub value: OptionValue,
}

/// Where the value of options is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptionValue {
    /// In the margin balance, long and short; requirements leave it out.
    MarginBalance,
    /// In the requirement of short options; the margin balance leaves options out.
    Requirement,
}

/// Initial and maintenance margin.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Margin {
    pub initial: f64,
    pub maintenance: f64,
}

impl VenueRules {
    /// The rules of futures and perpetuals on `coin`.
    pub fn futures_on(&self, coin: &Symbol) -> &FutureRules {
        self.futures_by_coin.get(coin).unwrap_or(&self.futures)
    }
}

impl FutureRules {
    /// Margin in the currency of `notional`, both sizes positive.
    pub(super) fn margin(&self, notional: f64, coins: f64) -> Margin {
        let shares = |initial: f64, maintenance: f64| Margin {
            initial: notional * initial,
            maintenance: notional * maintenance,
        };
        match self {
            Self::Flat { initial, maintenance } => shares(*initial, *maintenance),
            Self::Sized { initial, maintenance, per_coin } => {
                let growth = per_coin * coins;
                shares(initial + growth, maintenance + growth)
            }
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
pub(super) fn tier_of(tiers: &[Tier], notional: f64) -> Option<&Tier> {
    let index = tiers.partition_point(|tier| tier.notional_max < notional);
    tiers.get(index).or(tiers.last())
}

/// What the margin of a short option depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShortOption {
    /// Call or put.
    pub right: crate::portfolio::OptionRight,
    /// `K/F`.
    pub strike_over_forward: f64,
    /// Value of one option in coins.
    pub mark: f64,
}

impl OptionRules {
    /// Margin of one short option, in coins.
    pub(super) fn margin(&self, option: &ShortOption) -> Margin {
        use crate::portfolio::OptionRight::{Call, Put};
        let (otm, least) = match option.right {
            Call => (option.strike_over_forward - 1.0, self.maintenance),
            Put => {
                let least = self.maintenance.max(self.maintenance * option.mark);
                (1.0 - option.strike_over_forward, least)
            }
        };
        let initial = (self.base - otm.max(0.0)).max(self.floor).max(least);
        let mark = match self.value {
            OptionValue::Requirement => option.mark,
            OptionValue::MarginBalance => 0.0,
        };
        Margin { initial: initial + mark, maintenance: least + mark }
    }
}
