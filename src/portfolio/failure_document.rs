//! How venues fail inside paths, as the portfolio document says it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{ClaimMark, VenueFailure};
use crate::document::{
    NonNegative, NonNegativeRate, Place, SymbolName, UnitFraction, Violation, ViolationCollector,
    quoted,
};

/// How a venue fails inside paths: likelier when the main coins have fallen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueFailureDocument {
    /// How much likelier: a drawdown w of the main coins multiplies the hazard by exp(slope · w).
    /// 0: it fails independently of prices.
    #[serde(default = "no_slope")]
    #[schemars(range(max = 200))]
    pub wrong_way_slope: NonNegative,
    /// The main coins with their weights, e.g. `{ BTC = 2, ETH = 1 }`; divided by their sum. Needed
    /// with a slope.
    #[serde(default)]
    pub main_coins: BTreeMap<SymbolName, NonNegative>,
    /// What a claim in an asset is worth at the horizon once the venue has failed, as a share of
    /// it, e.g. `{ BTC = { mean = "30%" } }`. Assets left out: nothing.
    #[serde(default)]
    pub claim_marks: BTreeMap<SymbolName, ClaimMarkDocument>,
}

/// What a claim is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimMarkDocument {
    /// Mean share.
    pub mean: UnitFraction,
    /// Standard deviation of the share, drawn from a Beta law; at most 80 % of √(mean · (1 − mean)).
    /// Left out: none.
    #[serde(default = "no_deviation")]
    pub deviation: NonNegativeRate,
}

fn no_slope() -> NonNegative {
    NonNegative::new(0.0).expect("zero is not negative")
}

fn no_deviation() -> NonNegativeRate {
    NonNegativeRate::new(0.0).expect("zero is not negative")
}

/// Checks what the form cannot say, and reads it; `place` finds a key of the table.
pub(super) fn failure(
    document: &VenueFailureDocument,
    place: impl Fn(&str) -> Place,
    found: &mut ViolationCollector,
) -> VenueFailure {
    let total: f64 = document.main_coins.values().map(|weight| weight.get()).sum();
    if document.wrong_way_slope.get() > 0.0 && total <= 0.0 {
        let title = "a slope without main coins whose drawdown it could follow";
        let violation = Violation::new(place("wrong_way_slope"), title);
        found.add(violation.expected("main_coins with a weight above 0"));
    }
    for (asset, mark) in &document.claim_marks {
        check_deviation(asset, mark, &place, found);
    }
    let weights = document.main_coins.iter().filter(|_| total > 0.0);
    let marks = document.claim_marks.iter();
    VenueFailure {
        wrong_way_slope: document.wrong_way_slope.get(),
        main_coins: weights.map(|(coin, weight)| (coin.symbol(), weight.get() / total)).collect(),
        claim_marks: marks
            .map(|(asset, mark)| ClaimMark {
                asset: asset.symbol(),
                mean: mark.mean.get(),
                deviation: mark.deviation.get(),
            })
            .collect(),
    }
}

/// A share in [0, 1] of mean m deviates by `√(m(1 − m))` where it is nothing or all; a Beta law is
/// drawn well up to most of that.
fn check_deviation(
    asset: &SymbolName,
    mark: &ClaimMarkDocument,
    place: &impl Fn(&str) -> Place,
    found: &mut ViolationCollector,
) {
    let (mean, deviation) = (mark.mean.get(), mark.deviation.get());
    let bound = DEVIATION_SHARE_MAX * (mean * (1.0 - mean)).sqrt();
    if deviation > bound {
        let key = format!("claim_marks.\"{}\".deviation", asset.as_str());
        let asset = quoted(asset.as_str());
        let title = format!("the mark of {asset} deviates too far for a share of mean {mean}");
        let expected =
            format!("at most {bound:.4}, 80 % of that of a share which is nothing or all");
        found.add(Violation::new(place(&key), title).expected(expected));
    }
}

/// The share of the largest deviation that a Beta law is drawn for.
const DEVIATION_SHARE_MAX: f64 = 0.8;
