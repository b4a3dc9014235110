//! Venue rules as documents: `scenarios/venues/*.toml`, dated, named, sourced.
//!
//! Flows in: TOML. Flows out: [`VenueRules`], or every violation of form; several
//! dates of one venue stand side by side and are chosen by [`RuleSets`].

mod checks;
mod liquidation;
mod portfolio;
mod select;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{
    FutureRules, Haircut, HaircutBracket, HedgeMode, OptionRules, OptionValue, Tier, VenueRules,
};
use super::waterfall::{self, WaterfallDocument};
use crate::document::{
    Instant, Name, Node, NonNegative, NonNegativeRate, Parsed, Positive, PositiveRate, Prose,
    SourceFile, SymbolName, UnitFraction, ViolationCollector, Violations, embedded, parse_toml,
    read_tree,
};

pub use liquidation::{CloseKind, LiquidationDocument};
pub use portfolio::{
    DeribitCoinDocument, DeribitPortfolioDocument, LoanAssetDocument, LoanRulesDocument,
    MarginalTierDocument, OkxCoinDocument, OkxPortfolioDocument, PortfolioRulesDocument,
    SpanCoinDocument, SpanPortfolioDocument,
};
pub use select::RuleSets;

/// The folder of shipped rules.
const FOLDER: &str = "venues";

/// Margin rules of a venue, as of a date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueRulesDocument {
    /// Name of the rule set; a venue refers to `name@date`.
    pub name: Name,
    /// The set that this one starts from, as `name@date`: a shipped one, or one listed before it.
    /// Keys here win; tables are merged key by key.
    pub extends: Option<Name>,
    /// Date from which the figures are taken, midnight UTC.
    pub effective: Instant,
    /// Where the figures come from, and which of them are assumptions.
    pub source: Prose,
    /// Fee on the notional that the venue liquidates.
    pub liquidation_fee: UnitFraction,
    /// Futures and perpetuals on coins that are not named below. Left out: the venue lists none.
    pub futures: Option<FutureRulesDocument>,
    /// Futures and perpetuals by coin.
    #[serde(default)]
    pub futures_by_coin: BTreeMap<SymbolName, FutureRulesDocument>,
    /// Options. Left out: the venue lists none.
    pub options: Option<OptionRulesDocument>,
    /// What happens inside a path to an account whose equity falls below its maintenance margin,
    /// checked at every step. Left out: margin is checked today alone.
    pub liquidation: Option<LiquidationDocument>,
    /// How long and short of one contract are margined in accounts that hold them apart. Left out:
    /// the venue nets them always.
    pub hedge_mode: Option<HedgeMode>,
    /// Haircuts of collateral by asset, for balances that state none of their own: brackets of
    /// value, each for the part of the value inside it. Assets not named count in full.
    #[serde(default)]
    pub haircuts: BTreeMap<SymbolName, Vec<HaircutDocument>>,
    /// Portfolio margin. Left out: no account can have that margin mode.
    pub portfolio: Option<PortfolioRulesDocument>,
    /// Terms of a lending protocol, whose accounts hold collateral and debt as balances.
    pub loan: Option<LoanRulesDocument>,
    /// Who pays what bankrupt accounts owe. Left out: the venue. Acts only where path events are
    /// simulated.
    pub waterfall: Option<WaterfallDocument>,
}

/// The haircut of a bracket of value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HaircutDocument {
    /// Upper end of the bracket in USD. Left out: any value; what lies beyond the last bracket does
    /// not count.
    pub value_max: Option<Positive>,
    /// Share that does not count as collateral.
    pub haircut: UnitFraction,
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

/// Reads one rule set that starts from no other.
///
/// # Errors
/// Every violation of the document's form; brackets that do not rise or cross, whose deductions
/// leave a jump in the maintenance margin, or that ask for more maintenance than initial margin.
pub fn read_rules(file: &Arc<SourceFile>) -> Result<VenueRules, Violations> {
    read_rules_tree(file, parse_toml(file)?)
}

/// As [`read_rules`], from a tree whose places may lie in several files.
fn read_rules_tree(file: &Arc<SourceFile>, tree: Node) -> Result<VenueRules, Violations> {
    let parsed: Parsed<VenueRulesDocument> = read_tree(file, tree)?;
    let mut found = ViolationCollector::default();
    checks::check(&parsed, &mut found);
    let liquidation = parsed.value.liquidation.as_ref();
    let liquidation = liquidation.and_then(|one| liquidation::read(&parsed, one, &mut found));
    waterfall::check(&parsed, &mut found);
    let rules = VenueRules { liquidation, ..to_rules(&parsed.value) };
    found.finish(rules)
}

/// The shipped rule sets, by id.
///
/// # Errors
/// A shipped file that does not read; a fault of the build, not of the user.
pub fn shipped_rules() -> Result<Vec<VenueRules>, Violations> {
    shipped_files().map(|file| read_rules(&file)).collect()
}

fn shipped_files() -> impl Iterator<Item = Arc<SourceFile>> {
    let files = embedded::list(FOLDER).into_iter();
    let tables = files.filter(|path| path.ends_with(".toml"));
    tables.filter_map(|path| embedded::file(&path))
}

fn to_rules(document: &VenueRulesDocument) -> VenueRules {
    let date = select::date(document.effective.timestamp());
    let by_coin = document.futures_by_coin.iter();
    VenueRules {
        id: format!("{}@{date}", document.name.as_str()),
        source: document.source.as_str().to_owned(),
        futures: document.futures.as_ref().map_or(FutureRules::Unlisted, future_rules),
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
        liquidation: None,
        hedge_mode: document.hedge_mode,
        haircuts: document
            .haircuts
            .iter()
            .map(|(asset, brackets)| (asset.symbol(), haircut(brackets)))
            .collect(),
        portfolio: document.portfolio.as_ref().map(portfolio::portfolio_rules),
        loan: document.loan.as_ref().map(portfolio::loan_rules),
        waterfall: document.waterfall.as_ref().map(WaterfallDocument::rules),
    }
}

fn haircut(brackets: &[HaircutDocument]) -> Haircut {
    let bracket = |bracket: &HaircutDocument| HaircutBracket {
        value_max: bracket.value_max.map(Positive::get),
        haircut: bracket.haircut.get(),
    };
    Haircut { brackets: brackets.iter().map(bracket).collect() }
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
