//! What happens on a path beyond the factors, as a scenario document says it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::events::{
    BreachLadderSettings, CascadeSettings, ClosingSettings, EventSettings, PegBreakSettings,
};
use crate::document::{
    DurationText, NonNegative, NonNegativeRate, Parsed, SymbolName, UnitFraction, Violation,
    ViolationCollector, Violations, quoted,
};

/// What happens on a path beyond the factors. Acts only where path events are simulated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EventsDocument {
    /// Liquidations move prices, by the impact and open interest of the market document, and those
    /// moves liquidate; in a replay of history, where prices moved by those of others, only the
    /// book's own. Left out: liquidations move nothing.
    pub cascade: Option<CascadeDocument>,
    /// Tell what closing the book over a liquidation horizon would cost. Left out: not told.
    pub closing: Option<ClosingDocument>,
    /// The desk acts on the breach ladder of its policy inside paths, at every step: what that does to
    /// the losses is told beside them. Threshold and headline figures stay those of a desk that does
    /// nothing. Left out: not told.
    pub breach_ladder: Option<BreachLadderDocument>,
    /// Stablecoins whose peg can break, jointly with falling prices.
    pub peg_break: Vec<PegBreakDocument>,
}

/// How liquidations move prices that liquidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CascadeDocument {
    /// A move of one coin by orders moves each other coin by its regression slope on the first
    /// times this share. 0: coins move alone.
    #[serde(default = "whole")]
    pub propagation: UnitFraction,
    /// Bound on the rounds of a cascade in one step of one path; reaching it is reported.
    #[serde(default = "hundred_rounds")]
    #[schemars(range(min = 1, max = 10_000))]
    pub rounds_max: u32,
}

/// How the policy's breach ladder acts inside paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreachLadderDocument {
    /// Paths walked with the ladder and without; no more than the run has are walked.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 100, max = 1_000_000))]
    pub paths: u64,
}

/// How a book is closed over a liquidation horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingDocument {
    /// Time allowed, at least a day.
    pub horizon: DurationText,
    /// Largest share of the daily volume that the book trades, e.g. `"10%"`.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub participation: UnitFraction,
    /// Standard deviations by which half-spreads are wider (Bangia et al. 1999: 2 to 4.5).
    #[serde(default = "three")]
    #[schemars(range(max = 100))]
    pub spread_deviations: NonNegative,
}

/// A stablecoin whose peg can break: at most once on a path, without recovery inside the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PegBreakDocument {
    /// The stablecoin.
    pub asset: SymbolName,
    /// Probability that it breaks within a year.
    pub probability_1y: UnitFraction,
    /// How much likelier when prices have fallen: a drawdown w of the main coins multiplies the
    /// hazard by exp(slope · w). 0: it breaks independently of prices.
    #[serde(default = "none")]
    #[schemars(range(max = 200))]
    pub wrong_way_slope: NonNegative,
    /// The main coins with their weights, e.g. `{ BTC = 2, ETH = 1 }`; divided by their sum. Needed
    /// with a slope.
    #[serde(default)]
    pub main_coins: BTreeMap<SymbolName, NonNegative>,
    /// Mean share of its price that it loses, e.g. `"12%"`, below 1.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub fall: UnitFraction,
    /// Standard deviation of that share, drawn from a Beta law; at most 80 % of
    /// √(fall · (1 − fall)). Left out: none.
    #[serde(default = "no_deviation")]
    pub fall_deviation: NonNegativeRate,
}

fn whole() -> UnitFraction {
    UnitFraction::new(1.0).expect("one is in [0, 1]")
}

fn hundred_rounds() -> u32 {
    100
}

fn ten_thousand() -> u64 {
    10_000
}

fn three() -> NonNegative {
    NonNegative::new(3.0).expect("three is not negative")
}

fn none() -> NonNegative {
    NonNegative::new(0.0).expect("zero is not negative")
}

fn no_deviation() -> NonNegativeRate {
    NonNegativeRate::new(0.0).expect("zero is not negative")
}

/// The share of the largest deviation, `√(m(1 − m))`, that a Beta law is drawn for.
const DEVIATION_SHARE_MAX: f64 = 0.8;

/// The event settings of a scenario document.
///
/// # Errors
/// Every violation that the form cannot say.
pub(super) fn events(parsed: &Parsed<ScenarioDocument>) -> Result<EventSettings, Violations> {
    let document = &parsed.value.events;
    let mut found = ViolationCollector::default();
    if let Some(closing) = document.closing.as_ref().filter(|one| one.horizon.years().days() < 1.0)
    {
        let title = format!("the book cannot be closed in {}", closing.horizon);
        let violation = Violation::new(parsed.places.at("events.closing.horizon"), title);
        found.add(violation.expected("at least `1d`"));
    }
    for index in 0..document.peg_break.len() {
        check_peg(parsed, index, &mut found);
    }
    let settings = EventSettings {
        cascade: document.cascade.as_ref().map(|cascade| CascadeSettings {
            propagation: cascade.propagation.get(),
            rounds_max: cascade.rounds_max,
        }),
        closing: document.closing.as_ref().map(|closing| ClosingSettings {
            horizon: closing.horizon.years(),
            participation: closing.participation.get(),
            spread_deviations: closing.spread_deviations.get(),
        }),
        breach_ladder: document
            .breach_ladder
            .as_ref()
            .map(|ladder| BreachLadderSettings { paths: ladder.paths }),
        peg_breaks: document.peg_break.iter().map(peg_break).collect(),
    };
    found.finish(settings)
}

fn check_peg(parsed: &Parsed<ScenarioDocument>, index: usize, found: &mut ViolationCollector) {
    let pegs = &parsed.value.events.peg_break;
    let peg = &pegs[index];
    let fault = |key: &str, title: String| {
        Violation::new(parsed.places.at(&format!("events.peg_break[{index}].{key}")), title)
    };
    let name = quoted(peg.asset.as_str());
    if let Some(first) = pegs[..index].iter().position(|other| other.asset == peg.asset) {
        let earlier = parsed.places.at(&format!("events.peg_break[{first}].asset"));
        let twice = fault("asset", format!("the peg of {name} breaks by two rules"));
        found.add(twice.related(earlier, "first here"));
    }
    if peg.wrong_way_slope.get() > 0.0 && weight(peg) <= 0.0 {
        let title = "a slope without main coins whose drawdown it could follow";
        let violation = fault("wrong_way_slope", title.to_owned());
        found.add(violation.expected("main_coins with a weight above 0"));
    }
    let mean = peg.fall.get();
    let bound = DEVIATION_SHARE_MAX * (mean * (1.0 - mean)).sqrt();
    if peg.fall_deviation.get() > bound {
        let title = format!("the fall of {name} deviates too far for a share of mean {mean}");
        let expected =
            format!("at most {bound:.4}, 80 % of that of a share which is nothing or all");
        found.add(fault("fall_deviation", title).expected(expected));
    }
}

fn weight(peg: &PegBreakDocument) -> f64 {
    peg.main_coins.values().map(|weight| weight.get()).sum()
}

fn peg_break(document: &PegBreakDocument) -> PegBreakSettings {
    let total = weight(document);
    let weights = document.main_coins.iter().filter(|_| total > 0.0);
    PegBreakSettings {
        asset: document.asset.symbol(),
        probability_1y: document.probability_1y.get(),
        wrong_way_slope: document.wrong_way_slope.get(),
        main_coins: weights.map(|(coin, weight)| (coin.symbol(), weight.get() / total)).collect(),
        fall: document.fall.get(),
        fall_deviation: document.fall_deviation.get(),
    }
}
