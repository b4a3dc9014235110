//! Venue rules as documents: `scenarios/venues/*.toml`, dated, named, sourced.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{
    CloseAmount, FutureRules, Liquidation, OptionRules, OptionValue, Tier, VenueRules,
};
use crate::document::{
    Instant, Name, NonNegative, NonNegativeRate, Parsed, Positive, PositiveRate, Prose, SourceFile,
    SymbolName, UnitFraction, Violation, ViolationCollector, Violations, embedded, read_toml,
};

/// The folder of shipped rules.
const FOLDER: &str = "venues";
/// A maintenance deduction may differ by this from the one that makes margin continuous.
const DEDUCTION_TOLERANCE: f64 = 0.5;

/// Margin rules of a venue, as of a date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueRulesDocument {
    /// Name of the rule set; a venue refers to `name@date`.
    pub name: Name,
    /// Date from which the figures are taken, midnight UTC.
    pub effective: Instant,
    /// Where the figures come from, and which of them are assumptions.
    pub source: Prose,
    /// Fee on the notional that the venue liquidates.
    pub liquidation_fee: UnitFraction,
    /// Futures and perpetuals on coins that are not named below.
    pub futures: FutureRulesDocument,
    /// Futures and perpetuals by coin.
    #[serde(default)]
    pub futures_by_coin: BTreeMap<SymbolName, FutureRulesDocument>,
    /// Options. Left out: the venue lists none.
    pub options: Option<OptionRulesDocument>,
    /// What happens inside a path to an account whose equity falls below its maintenance margin,
    /// checked at every step; so far for cross margin and flat rates. Left out: margin is checked
    /// today alone.
    pub liquidation: Option<LiquidationDocument>,
}

/// What a venue does to an account below its maintenance margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiquidationDocument {
    /// How much is closed, for the `liquidation_fee` on its notional.
    pub close: CloseAmount,
}

/// Margin of futures and perpetuals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FutureRulesDocument {
    /// The same share of notional for any size.
    Flat {
        /// Initial margin, share of notional.
        initial: PositiveRate,
        /// Maintenance margin, share of notional.
        maintenance: PositiveRate,
    },
    /// A share of notional that grows with the size in coins.
    Sized {
        /// Initial margin at size zero, share of notional.
        initial: PositiveRate,
        /// Maintenance margin at size zero, share of notional.
        maintenance: PositiveRate,
        /// Added to both for every coin of size.
        per_coin: NonNegativeRate,
    },
    /// Brackets of notional, by rising notional.
    Tiered {
        /// The brackets.
        tiers: Vec<TierDocument>,
    },
}

/// A bracket of notional, in the quote currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierDocument {
    /// Upper end of the bracket.
    pub notional_max: Positive,
    /// Largest leverage.
    pub leverage_max: Positive,
    /// Maintenance margin, share of notional.
    pub maintenance: PositiveRate,
    /// Amount taken off the maintenance margin.
    pub deduction: NonNegative,
}

/// Margin of short options, in coins per coin of the underlying; long options need none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionRulesDocument {
    /// Initial margin at the money; less as the option is further out of the money.
    pub base: UnitFraction,
    /// Least initial margin.
    pub floor: UnitFraction,
    /// Maintenance margin.
    pub maintenance: UnitFraction,
    /// Whether the value of options counts in the `margin_balance` or in the `requirement`.
    pub value: OptionValue,
}

/// Reads one rule set.
///
/// # Errors
/// Every violation of the document's form; brackets that do not rise, or whose deductions leave a
/// jump in the maintenance margin.
pub fn read_rules(file: &Arc<SourceFile>) -> Result<VenueRules, Violations> {
    let parsed: Parsed<VenueRulesDocument> = read_toml(file)?;
    let mut found = ViolationCollector::default();
    check_futures(&parsed, "futures", &parsed.value.futures, &mut found);
    for (coin, rules) in &parsed.value.futures_by_coin {
        let path = format!("futures_by_coin.{}", coin.as_str());
        check_futures(&parsed, &path, rules, &mut found);
    }
    let rules = to_rules(&parsed.value);
    found.finish(rules)
}

/// The shipped rule sets, by id.
///
/// # Errors
/// A shipped file that does not read; a fault of the build, not of the user.
pub fn shipped_rules() -> Result<Vec<VenueRules>, Violations> {
    let files = embedded::list(FOLDER).into_iter();
    let tables = files.filter(|path| path.ends_with(".toml"));
    tables.filter_map(|path| embedded::file(&path)).map(|file| read_rules(&file)).collect()
}

fn to_rules(document: &VenueRulesDocument) -> VenueRules {
    let date: String = document.effective.timestamp().to_string().chars().take(10).collect();
    let by_coin = document.futures_by_coin.iter();
    VenueRules {
        id: format!("{}@{date}", document.name.as_str()),
        source: document.source.as_str().to_owned(),
        futures: future_rules(&document.futures),
        futures_by_coin: by_coin
            .map(|(coin, rules)| (coin.symbol(), future_rules(rules)))
            .collect(),
        options: document.options.as_ref().map(|options| OptionRules {
            base: options.base.get(),
            floor: options.floor.get(),
            maintenance: options.maintenance.get(),
            value: options.value,
        }),
        liquidation_fee: document.liquidation_fee.get(),
        liquidation: document
            .liquidation
            .as_ref()
            .map(|liquidation| Liquidation { close: liquidation.close }),
    }
}

fn future_rules(document: &FutureRulesDocument) -> FutureRules {
    match document {
        FutureRulesDocument::Flat { initial, maintenance } => {
            FutureRules::Flat { initial: initial.get(), maintenance: maintenance.get() }
        }
        FutureRulesDocument::Sized { initial, maintenance, per_coin } => FutureRules::Sized {
            initial: initial.get(),
            maintenance: maintenance.get(),
            per_coin: per_coin.get(),
        },
        FutureRulesDocument::Tiered { tiers } => {
            FutureRules::Tiered { tiers: tiers.iter().map(tier).collect() }
        }
    }
}

fn tier(document: &TierDocument) -> Tier {
    Tier {
        notional_max: document.notional_max.get(),
        leverage_max: document.leverage_max.get(),
        maintenance: document.maintenance.get(),
        deduction: document.deduction.get(),
    }
}

fn check_futures(
    parsed: &Parsed<VenueRulesDocument>,
    path: &str,
    rules: &FutureRulesDocument,
    found: &mut ViolationCollector,
) {
    match rules {
        FutureRulesDocument::Flat { initial, maintenance }
        | FutureRulesDocument::Sized { initial, maintenance, .. } => {
            if maintenance > initial {
                let place = parsed.places.at(&format!("{path}.maintenance"));
                let violation = Violation::new(place, "maintenance margin above initial margin")
                    .expected(format!("at most {}", initial.get()));
                found.add(violation);
            }
        }
        FutureRulesDocument::Tiered { tiers } => check_tiers(parsed, path, tiers, found),
    }
}

/// `deduction_n = floor_n·(rate_n − rate_{n−1}) + deduction_{n−1}`: maintenance margin is continuous.
fn check_tiers(
    parsed: &Parsed<VenueRulesDocument>,
    path: &str,
    tiers: &[TierDocument],
    found: &mut ViolationCollector,
) {
    if tiers.is_empty() {
        let place = parsed.places.at(&format!("{path}.tiers"));
        found.add(Violation::new(place, "no brackets").expected("at least one"));
    }
    for (index, pair) in tiers.windows(2).enumerate() {
        let (below, tier) = (tier(&pair[0]), tier(&pair[1]));
        let fault = |key: &str, title: &str, expected: String| {
            let place = parsed.places.at(&format!("{path}.tiers[{}].{key}", index + 1));
            Violation::new(place, title).expected(expected)
        };
        if tier.notional_max <= below.notional_max {
            let expected = format!("above {}", below.notional_max);
            found.add(fault("notional_max", "bracket does not rise", expected));
        }
        let step = tier.maintenance - below.maintenance;
        let continuous = below.notional_max * step + below.deduction;
        if (tier.deduction - continuous).abs() > DEDUCTION_TOLERANCE {
            let expected = format!("{continuous}, which makes it continuous");
            found.add(fault("deduction", "maintenance margin jumps at the bracket", expected));
        }
    }
}
