//! Options against procyclicality, as a policy writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::procyclicality::{AntiProcyclicality, Buffer, StressedPeriod, VolatilityFloor};
use crate::document::{Instant, Places, Positive, PositiveRate, UnitFraction, Violation};

/// What keeps the threshold from being generous in calm times and falling hardest in bad ones
/// (EMIR technical standards, Article 28).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AntiProcyclicalityDocument {
    /// A share of the potential loss added in calm times, drawn in bad ones.
    pub buffer: Option<BufferDocument>,
    /// Weight of a stressed period in every simulated shortfall.
    pub stressed_period: Option<StressedPeriodDocument>,
    /// Shortfalls are not simulated at a volatility of a coin below its long-run one.
    pub volatility_floor: Option<VolatilityFloorDocument>,
}

/// A drawable buffer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BufferDocument {
    /// Share of the potential loss; Article 28 asks for 25 % at least.
    pub share: PositiveRate,
    /// It is drawn in a line as the product of the drivers falls from here,
    pub released_from: PositiveRate,
    /// and all of it is drawn here.
    pub released_at: UnitFraction,
}

/// A stressed period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StressedPeriodDocument {
    /// Weight of its expected shortfall; Article 28 asks for 25 % at least.
    pub weight: UnitFraction,
    /// The first close that the stressed model is estimated from.
    pub from: Instant,
    /// The last.
    pub to: Instant,
}

/// A floor under volatilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolatilityFloorDocument {
    /// Years of history that the long run is, at most; Article 28 has 10. All of it when left out.
    pub years: Option<Positive>,
}

impl AntiProcyclicalityDocument {
    pub(super) fn options(&self) -> AntiProcyclicality {
        AntiProcyclicality {
            buffer: self.buffer.as_ref().map(|buffer| Buffer {
                share: buffer.share.get(),
                released_from: buffer.released_from.get(),
                released_at: buffer.released_at.get(),
            }),
            stressed_period: self.stressed_period.as_ref().map(|period| StressedPeriod {
                weight: period.weight.get(),
                from: period.from.timestamp(),
                to: period.to.timestamp(),
            }),
            volatility_floor: self
                .volatility_floor
                .as_ref()
                .map(|floor| VolatilityFloor { years: floor.years.map(Positive::get) }),
        }
    }
}

/// Every fault of sense.
pub(super) fn check(document: &AntiProcyclicalityDocument, places: &Places) -> Vec<Violation> {
    let at = |key: &str| places.at(&format!("anti_procyclicality.{key}"));
    let buffer = document.buffer.as_ref();
    let buffer = buffer.filter(|one| one.released_at.get() >= one.released_from.get()).map(|_| {
        Violation::new(at("buffer.released_at"), "the buffer is drawn before it is")
            .expected("released_at < released_from")
    });
    let period = document.stressed_period.as_ref();
    let ends = period.filter(|one| one.to.timestamp() <= one.from.timestamp()).map(|one| {
        Violation::new(at("stressed_period.to"), "the stressed period ends before it begins")
            .expected(format!("an instant after {}", one.from.timestamp()))
    });
    let weight = period.filter(|one| one.weight.get() == 0.0).map(|_| {
        Violation::new(at("stressed_period.weight"), "a stressed period that does not count")
            .expected("a weight above 0")
    });
    [buffer, weight, ends].into_iter().flatten().collect()
}
