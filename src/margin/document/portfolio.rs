//! Portfolio margin and loans as documents.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::VenueRulesDocument;
use crate::document::{
    DurationText, NonNegative, NonNegativeRate, Parsed, Positive, PositiveRate, Rate, SymbolName,
    UnitFraction, Violation, ViolationCollector,
};
use crate::margin::grid::{
    DeribitCoin, DeribitPortfolio, MarginalTier, OkxCoin, OkxPortfolio, PortfolioRules, SpanCoin,
    SpanPortfolio,
};
use crate::margin::rules::{LoanAsset, LoanOracle, LoanRules};
use crate::units::Years;

/// Portfolio margin, for accounts with `margin_mode = "portfolio"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PortfolioRulesDocument {
    /// A grid of price and volatility moves with extended moves, roll and delta shocks.
    Deribit(DeribitPortfolioDocument),
    /// OKX's nine parts. Those whose sizes are not published are left out in what ships, and must be
    /// stated where a book needs them.
    Okx(OkxPortfolioDocument),
    /// Sixteen scenarios.
    Span(SpanPortfolioDocument),
}

/// Deribit's portfolio margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeribitPortfolioDocument {
    /// Price moves beyond the grid, with volatility up.
    pub extended_moves: Vec<Rate>,
    /// Volatility shifts grow as this power of 30 days over the term, below 30 days.
    pub short_term_power: NonNegative,
    /// The same from 30 days.
    pub long_term_power: NonNegative,
    /// Volatility moved up is at least this.
    pub volatility_up_min: NonNegativeRate,
    /// Delta above which it is shocked, USD.
    pub delta_threshold_usd: NonNegative,
    /// Largest delta shock, share of the delta.
    pub delta_shock_max: UnitFraction,
    /// Maintenance margin as a share of the risk margin.
    pub maintenance_share: UnitFraction,
    /// Share of what several coins save against each alone that is charged back.
    pub correlation_contingency: UnitFraction,
    /// By coin.
    pub coins: BTreeMap<SymbolName, DeribitCoinDocument>,
}

/// A coin in Deribit's portfolio margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeribitCoinDocument {
    /// Largest price move of the grid.
    pub price_range: PositiveRate,
    /// Relative volatility move up at 30 days.
    pub volatility_up: NonNegativeRate,
    /// Relative volatility move down at 30 days.
    pub volatility_down: NonNegativeRate,
    /// Roll shock a year of term, share of the delta.
    pub annual_move: NonNegativeRate,
    /// Least roll shock, share of the delta.
    pub move_min: NonNegativeRate,
    /// USD by which the profit or loss of an extended move shrinks, a multiple of the range beyond.
    pub dampener_usd: NonNegative,
    /// Share of profits that counts.
    pub profit_offset: UnitFraction,
    /// Delta shock a coin of delta above the threshold.
    pub delta_increment: NonNegative,
}

/// OKX's portfolio margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OkxPortfolioDocument {
    /// Initial margin as a multiple of the maintenance margin.
    pub initial_multiple: Positive,
    /// MR1: relative volatility move. Not published; needed where options are held.
    pub volatility_move: Option<NonNegativeRate>,
    /// MR3: volatility points by which terms move apart. Not published; needed where options are
    /// held.
    pub vega_term_move: Option<NonNegativeRate>,
    /// MR5: move of rates a year. Not published; needed where options are held.
    pub rate_move: Option<NonNegativeRate>,
    /// MR6: share of the extreme move's loss that counts. Not published; always needed.
    pub extreme_share: Option<UnitFraction>,
    /// MR7: share of the gross notional. Not published; always needed.
    pub minimum_charge: Option<NonNegativeRate>,
    /// MR8: share of what is borrowed. Not published; needed where anything is borrowed.
    pub borrowing_charge: Option<NonNegativeRate>,
    /// MR9: rates on the part of the amount inside each tier; the last reaches beyond its end.
    pub depeg_tiers: Vec<MarginalTierDocument>,
    /// Coins that are not named below.
    pub others: OkxCoinDocument,
    /// By coin.
    #[serde(default)]
    pub coins: BTreeMap<SymbolName, OkxCoinDocument>,
}

/// A coin in OKX's portfolio margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OkxCoinDocument {
    /// MR1: the three price moves either way, rising.
    pub price_moves: [PositiveRate; 3],
    /// MR6: extreme price move either way.
    pub extreme_move: PositiveRate,
    /// MR4: annualised move of the basis.
    pub annual_basis_move: NonNegativeRate,
}

/// A rate on the part of an amount inside a tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarginalTierDocument {
    /// Upper end, USD.
    pub amount_max: Positive,
    /// Rate on the part inside.
    pub rate: UnitFraction,
}

/// SPAN-like scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanPortfolioDocument {
    /// Days that pass until the scenario.
    pub look_ahead_days: NonNegative,
    /// Extreme price move, in scan ranges.
    pub extreme_multiple: Positive,
    /// Share of an extreme move's profit or loss that counts.
    pub extreme_cover: UnitFraction,
    /// Initial margin as a multiple of the scan risk, which is the maintenance margin.
    pub initial_multiple: Positive,
    /// Coins that are not named below. Left out: they cannot be margined.
    pub others: Option<SpanCoinDocument>,
    /// By coin.
    #[serde(default)]
    pub coins: BTreeMap<SymbolName, SpanCoinDocument>,
}

/// Scan ranges of a coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanCoinDocument {
    /// Price scan range, share of the price.
    pub price_range: PositiveRate,
    /// Volatility scan range, share of the volatility.
    pub volatility_range: NonNegativeRate,
}

/// Terms of a lending protocol: balances are collateral, negative ones debt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoanRulesDocument {
    /// Share of the debt that one liquidation may repay.
    pub close_factor: UnitFraction,
    /// Health factor below which all of it may be repaid.
    pub full_close_below: UnitFraction,
    /// Assets taken as collateral; any other counts for nothing.
    pub assets: BTreeMap<SymbolName, LoanAssetDocument>,
    /// What the lender sees inside paths, where it then liquidates. Left out: loans are looked at
    /// today alone. An empty table: the market's prices at every step.
    pub inside_paths: Option<LoanOracleDocument>,
}

/// The prices that a lender acts on inside paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoanOracleDocument {
    /// Age of the prices that its oracle publishes. Left out: none.
    pub oracle_delay: Option<DurationText>,
    /// Share by which a price has to be off the one published last to be published anew. Left out: at
    /// every step.
    pub oracle_deviation: Option<UnitFraction>,
    /// Age at which a price is published anew whatever it is. Left out: never.
    pub oracle_heartbeat: Option<DurationText>,
}

/// Terms of an asset as collateral, each a share of its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoanAssetDocument {
    /// Most that may be borrowed against it.
    pub loan_to_value: UnitFraction,
    /// Debt above this is liquidated.
    pub liquidation_threshold: UnitFraction,
    /// Collateral that a liquidator takes beyond what he repays.
    pub bonus: UnitFraction,
}

pub(super) fn portfolio_rules(document: &PortfolioRulesDocument) -> PortfolioRules {
    match document {
        PortfolioRulesDocument::Deribit(rules) => PortfolioRules::Deribit(deribit(rules)),
        PortfolioRulesDocument::Okx(rules) => PortfolioRules::Okx(okx(rules)),
        PortfolioRulesDocument::Span(rules) => PortfolioRules::Span(span(rules)),
    }
}

fn deribit(document: &DeribitPortfolioDocument) -> DeribitPortfolio {
    let coin = |coin: &DeribitCoinDocument| DeribitCoin {
        price_range: coin.price_range.get(),
        volatility_up: coin.volatility_up.get(),
        volatility_down: coin.volatility_down.get(),
        annual_move: coin.annual_move.get(),
        move_min: coin.move_min.get(),
        dampener_usd: coin.dampener_usd.get(),
        profit_offset: coin.profit_offset.get(),
        delta_increment: coin.delta_increment.get(),
    };
    let coins = document.coins.iter();
    DeribitPortfolio {
        coins: coins.map(|(symbol, terms)| (symbol.symbol(), coin(terms))).collect(),
        extended_moves: document.extended_moves.iter().map(|rate| rate.get()).collect(),
        short_term_power: document.short_term_power.get(),
        long_term_power: document.long_term_power.get(),
        volatility_up_min: document.volatility_up_min.get(),
        delta_threshold_usd: document.delta_threshold_usd.get(),
        delta_shock_max: document.delta_shock_max.get(),
        maintenance_share: document.maintenance_share.get(),
        correlation_contingency: document.correlation_contingency.get(),
    }
}

fn okx(document: &OkxPortfolioDocument) -> OkxPortfolio {
    let coin = |coin: &OkxCoinDocument| OkxCoin {
        price_moves: coin.price_moves.map(PositiveRate::get),
        extreme_move: coin.extreme_move.get(),
        annual_basis_move: coin.annual_basis_move.get(),
    };
    let tier = |tier: &MarginalTierDocument| MarginalTier {
        amount_max: tier.amount_max.get(),
        rate: tier.rate.get(),
    };
    let coins = document.coins.iter();
    OkxPortfolio {
        others: coin(&document.others),
        coins: coins.map(|(symbol, terms)| (symbol.symbol(), coin(terms))).collect(),
        depeg_tiers: document.depeg_tiers.iter().map(tier).collect(),
        initial_multiple: document.initial_multiple.get(),
        volatility_move: document.volatility_move.map(NonNegativeRate::get),
        vega_term_move: document.vega_term_move.map(NonNegativeRate::get),
        rate_move: document.rate_move.map(NonNegativeRate::get),
        extreme_share: document.extreme_share.map(UnitFraction::get),
        minimum_charge: document.minimum_charge.map(NonNegativeRate::get),
        borrowing_charge: document.borrowing_charge.map(NonNegativeRate::get),
    }
}

fn span(document: &SpanPortfolioDocument) -> SpanPortfolio {
    let coin = |coin: &SpanCoinDocument| SpanCoin {
        price_range: coin.price_range.get(),
        volatility_range: coin.volatility_range.get(),
    };
    let coins = document.coins.iter();
    SpanPortfolio {
        others: document.others.as_ref().map(coin),
        coins: coins.map(|(symbol, terms)| (symbol.symbol(), coin(terms))).collect(),
        look_ahead_days: document.look_ahead_days.get(),
        extreme_multiple: document.extreme_multiple.get(),
        extreme_cover: document.extreme_cover.get(),
        initial_multiple: document.initial_multiple.get(),
    }
}

pub(super) fn loan_rules(document: &LoanRulesDocument) -> LoanRules {
    let asset = |asset: &LoanAssetDocument| LoanAsset {
        loan_to_value: asset.loan_to_value.get(),
        liquidation_threshold: asset.liquidation_threshold.get(),
        bonus: asset.bonus.get(),
    };
    let assets = document.assets.iter();
    LoanRules {
        assets: assets.map(|(symbol, terms)| (symbol.symbol(), asset(terms))).collect(),
        close_factor: document.close_factor.get(),
        full_close_below: document.full_close_below.get(),
        inside_paths: document.inside_paths.as_ref().map(loan_oracle),
    }
}

fn loan_oracle(document: &LoanOracleDocument) -> LoanOracle {
    LoanOracle {
        delay: document.oracle_delay.as_ref().map_or(Years(0.0), DurationText::years),
        deviation: document.oracle_deviation.map_or(0.0, UnitFraction::get),
        heartbeat: document.oracle_heartbeat.as_ref().map(DurationText::years),
    }
}

/// Price moves of a whole price or more, moves that do not rise, multiples below one, thresholds
/// below the loan to value, close factors of zero.
pub(super) fn check(parsed: &Parsed<VenueRulesDocument>, found: &mut ViolationCollector) {
    let mut faults = Faults { parsed, found };
    match &parsed.value.portfolio {
        Some(PortfolioRulesDocument::Deribit(rules)) => check_deribit(rules, &mut faults),
        Some(PortfolioRulesDocument::Okx(rules)) => check_okx(rules, &mut faults),
        Some(PortfolioRulesDocument::Span(rules)) => check_span(rules, &mut faults),
        None => {}
    }
    if let Some(rules) = &parsed.value.loan {
        check_loan(rules, &mut faults);
    }
}

/// Where violations go, and where they stand.
struct Faults<'a> {
    parsed: &'a Parsed<VenueRulesDocument>,
    found: &'a mut ViolationCollector,
}

impl Faults<'_> {
    fn add(&mut self, path: &str, title: &str, expected: impl Into<String>) {
        let place = self.parsed.places.at(path);
        self.found.add(Violation::new(place, title).expected(expected));
    }

    /// A fall by this share must leave a price above zero.
    fn fall(&mut self, path: &str, share: f64) {
        if share >= 1.0 {
            self.add(path, "the price would fall to zero or below", "less than 100 %");
        }
    }
}

fn check_deribit(rules: &DeribitPortfolioDocument, faults: &mut Faults) {
    for (index, change) in rules.extended_moves.iter().enumerate() {
        let path = format!("portfolio.extended_moves[{index}]");
        faults.fall(&path, -change.get());
        if change.get() == 0.0 {
            faults.add(&path, "an extended move of zero", "a move up or down");
        }
    }
    for (coin, terms) in &rules.coins {
        let path = format!("portfolio.coins.{}.price_range", coin.as_str());
        faults.fall(&path, terms.price_range.get());
    }
}

fn check_okx(rules: &OkxPortfolioDocument, faults: &mut Faults) {
    check_multiple(rules.initial_multiple, faults);
    let coins = rules.coins.iter();
    let coins = coins.map(|(coin, terms)| (format!("portfolio.coins.{}", coin.as_str()), terms));
    for (path, terms) in coins.chain([("portfolio.others".to_owned(), &rules.others)]) {
        for (index, pair) in terms.price_moves.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                let path = format!("{path}.price_moves[{}]", index + 1);
                faults.add(&path, "price moves do not rise", format!("above {}", pair[0].get()));
            }
        }
        for (index, change) in terms.price_moves.iter().enumerate() {
            faults.fall(&format!("{path}.price_moves[{index}]"), change.get());
        }
        faults.fall(&format!("{path}.extreme_move"), terms.extreme_move.get());
    }
    for (index, pair) in rules.depeg_tiers.windows(2).enumerate() {
        if pair[1].amount_max <= pair[0].amount_max {
            let path = format!("portfolio.depeg_tiers[{}].amount_max", index + 1);
            faults.add(&path, "tier does not rise", format!("above {}", pair[0].amount_max.get()));
        }
    }
}

fn check_span(rules: &SpanPortfolioDocument, faults: &mut Faults) {
    check_multiple(rules.initial_multiple, faults);
    let coins = rules.coins.iter();
    let coins = coins.map(|(coin, terms)| (format!("portfolio.coins.{}", coin.as_str()), terms));
    let others = rules.others.iter().map(|terms| ("portfolio.others".to_owned(), terms));
    for (path, terms) in coins.chain(others) {
        let extreme = terms.price_range.get() * rules.extreme_multiple.get().max(1.0);
        faults.fall(&format!("{path}.price_range"), extreme);
    }
}

fn check_multiple(multiple: Positive, faults: &mut Faults) {
    if multiple.get() < 1.0 {
        let path = "portfolio.initial_multiple";
        faults.add(path, "maintenance margin above initial margin", "at least 1");
    }
}

fn check_loan(rules: &LoanRulesDocument, faults: &mut Faults) {
    if rules.close_factor.get() == 0.0 {
        faults.add("loan.close_factor", "a liquidation that repays nothing", "above 0");
    }
    for (asset, terms) in &rules.assets {
        if terms.liquidation_threshold < terms.loan_to_value {
            let path = format!("loan.assets.{}.liquidation_threshold", asset.as_str());
            let expected = format!("at least the loan to value, {}", terms.loan_to_value.get());
            faults.add(&path, "loans would be liquidated at once", expected);
        }
    }
}
