//! How a venue covers debts, as its rules say it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LossSharing;
use crate::document::{
    NonNegative, Parsed, SymbolName, UnitFraction, Violation, ViolationCollector,
};
use crate::margin::document::VenueRulesDocument;
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
    /// Share of every coin's open interest (market document) that is held at this venue: what it
    /// owes reaches this fund. Left out: all of it.
    #[serde(default = "whole")]
    pub open_interest_share: UnitFraction,
    /// Asset that others' positions settle in. Left out: the only one of the insurance fund, USD
    /// without one; needed where there are several.
    pub open_interest_asset: Option<SymbolName>,
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
    /// Share of every coin's open interest that is held at the venue.
    #[serde(default = "all")]
    pub open_interest_share: f64,
    /// Asset that others' positions settle in; `None`: the first of the fund, USD without one.
    #[serde(default)]
    pub open_interest_asset: Option<Symbol>,
}

impl WaterfallRules {
    /// Asset that others' positions settle in.
    pub fn others_asset(&self) -> Symbol {
        let stated = self.open_interest_asset.as_ref();
        stated.or(self.insurance_fund.keys().next()).cloned().unwrap_or_else(Symbol::usd)
    }
}

fn all() -> f64 {
    1.0
}

fn whole() -> UnitFraction {
    UnitFraction::new(1.0).expect("one is in [0, 1]")
}

fn no_share() -> UnitFraction {
    UnitFraction::new(0.0).expect("zero is in [0, 1]")
}

/// Funds in several assets that leave open which others settle in.
pub(in crate::margin) fn check(
    parsed: &Parsed<VenueRulesDocument>,
    found: &mut ViolationCollector,
) {
    let Some(document) = &parsed.value.waterfall else { return };
    let open = document.open_interest_asset.is_none() && document.open_interest_share.get() > 0.0;
    if open && document.insurance_fund.len() > 1 {
        let place = parsed.places.at("waterfall.insurance_fund");
        let title = "funds in several assets, and no word of which others' positions settle in";
        let violation = Violation::new(place, title.to_owned());
        found.add(violation.expected("`open_interest_asset`, or `open_interest_share = 0`"));
    }
}

impl WaterfallDocument {
    /// The rules that it says.
    pub fn rules(&self) -> WaterfallRules {
        let fund = self.insurance_fund.iter();
        WaterfallRules {
            insurance_fund: fund.map(|(asset, held)| (asset.symbol(), held.get())).collect(),
            fee_to_fund: self.fee_to_fund.get(),
            then: self.then,
            open_interest_share: self.open_interest_share.get(),
            open_interest_asset: self.open_interest_asset.as_ref().map(SymbolName::symbol),
        }
    }
}
