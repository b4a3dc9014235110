//! What a scenario document says is made worse than the history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model_document::ModelDocument;
use super::stressed::{StressWindow, StressedSettings};
use crate::document::{
    Instant, NonNegativeRate, Number, Parsed, Positive, Violation, ViolationCollector, Violations,
};

/// What is made worse than the history says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StressedDocument {
    /// The part of the market's history that volatilities, correlations and fitted parameters are
    /// estimated from. What has a history in it is estimated even where it is stated elsewhere.
    pub window: Option<StressWindowDocument>,
    /// How far correlations are moved toward one: (1 − θ)·R + θ·s·sᵀ, where s is −1 for
    /// volatilities and 1 for spots, pegs, bases and funding rates.
    #[schemars(range(max = 1))]
    pub correlation_toward_one: NonNegativeRate,
    /// Every volatility, estimated or stated, times this.
    #[schemars(range(max = 100))]
    pub volatility_multiplier: Positive,
    /// Whether returns are Student-t with `degrees_of_freedom` at most, whatever `process` says.
    pub fat_tails: bool,
    /// Degrees of freedom under `fat_tails`; 3 is the inverse cubic law of returns.
    #[schemars(extend("exclusiveMinimum" = 2), range(max = 10_000))]
    pub degrees_of_freedom: Number,
}

impl Default for StressedDocument {
    fn default() -> Self {
        Self {
            window: None,
            correlation_toward_one: NonNegativeRate::new(0.0).expect("0 is not negative"),
            volatility_multiplier: Positive::new(1.0).expect("1 is positive"),
            fat_tails: false,
            degrees_of_freedom: Number::new(3.0).expect("3 is a number"),
        }
    }
}

/// First and last close of the part of a history that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StressWindowDocument {
    /// The first close used.
    pub from: Instant,
    /// The last.
    pub to: Instant,
}

/// What is stressed, where anything is.
pub(super) fn stressed(
    parsed: &Parsed<ModelDocument>,
) -> Result<Option<StressedSettings>, Violations> {
    let Some(document) = &parsed.value.stressed else { return Ok(None) };
    let mut collector = ViolationCollector::default();
    if let Some(StressWindowDocument { from, to }) = document.window
        && to <= from
    {
        let place = parsed.places.at("stressed.window.to");
        let expected = format!("an instant after {}", from.timestamp());
        let title = "the stress window ends before it begins";
        collector.add(Violation::new(place, title).expected(expected));
    }
    let settings = StressedSettings {
        window: document.window.map(|window| StressWindow {
            from: window.from.timestamp(),
            to: window.to.timestamp(),
        }),
        correlation_toward_one: document.correlation_toward_one.get(),
        volatility_multiplier: document.volatility_multiplier.get(),
        degrees_of_freedom: document.fat_tails.then(|| document.degrees_of_freedom.get()),
    };
    let idle = settings.window.is_none()
        && settings.correlation_toward_one == 0.0
        && settings.volatility_multiplier == 1.0
        && settings.degrees_of_freedom.is_none();
    if idle {
        let title = "`stressed` states nothing that is worse than the history";
        let violation = Violation::new(parsed.places.at("stressed"), title)
            .expected("`window`, `correlation_toward_one`, `volatility_multiplier` or `fat_tails`");
        collector.add(violation);
    } else if !document.fat_tails && parsed.places.has("stressed.degrees_of_freedom") {
        let place = parsed.places.at("stressed.degrees_of_freedom");
        let title = "`degrees_of_freedom` acts under `fat_tails` alone";
        collector.add(Violation::new(place, title).help("add `fat_tails = true`"));
    }
    collector.finish(Some(settings))
}
