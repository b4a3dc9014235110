//! Margin of short options, in coins per coin of the underlying (Deribit's standard margin).

use serde::{Deserialize, Serialize};

use super::Margin;
use crate::portfolio::OptionRight;

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

/// What the margin of a short option depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShortOption {
    /// Call or put.
    pub right: OptionRight,
    /// `K/F`.
    pub strike_over_forward: f64,
    /// Value of one option in coins.
    pub mark: f64,
}

impl OptionRules {
    /// Margin of one short option, in coins.
    #[inline]
    pub fn margin(&self, option: &ShortOption) -> Margin {
        let (otm, least) = match option.right {
            OptionRight::Call => (option.strike_over_forward - 1.0, self.maintenance),
            OptionRight::Put => {
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
