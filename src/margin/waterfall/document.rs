//! How a venue covers debts, as its rules say it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LossSharing;
use crate::document::{NonNegative, SymbolName, UnitFraction};
use crate::units::Symbol;

/// How a venue covers what bankrupt accounts owe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaterfallDocument {
    /// The insurance fund by asset, in units of it, e.g. `{ USDT = 1_000_000_000 }`. Assets left
    /// out: nothing.
    #[serde(default)]
    pub insurance_fund: BTreeMap<SymbolName, NonNegative>,
    /// Share of the liquidation fee that goes to the fund.
    #[serde(default = "no_share")]
    pub fee_to_fund: UnitFraction,
    /// What covers debts that the fund cannot.
    pub then: LossSharing,
}

/// How a venue covers what bankrupt accounts owe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaterfallRules {
    /// The insurance fund by asset, in units of it.
    pub insurance_fund: BTreeMap<Symbol, f64>,
    /// Share of the liquidation fee that goes to the fund.
    pub fee_to_fund: f64,
    /// What covers debts that the fund cannot.
    pub then: LossSharing,
}

fn no_share() -> UnitFraction {
    UnitFraction::new(0.0).expect("zero is in [0, 1]")
}

impl WaterfallDocument {
    /// The rules that it says.
    pub fn rules(&self) -> WaterfallRules {
        let fund = self.insurance_fund.iter();
        WaterfallRules {
            insurance_fund: fund.map(|(asset, held)| (asset.symbol(), held.get())).collect(),
            fee_to_fund: self.fee_to_fund.get(),
            then: self.then,
        }
    }
}
