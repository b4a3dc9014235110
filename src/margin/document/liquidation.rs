//! What a venue does inside paths, as its rules document says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::VenueRulesDocument;
use crate::document::{Parsed, Place, Positive, UnitFraction, Violation, ViolationCollector};
use crate::margin::rules::{CloseAmount, Liquidation, Monitoring};

/// What a venue does to an account below its maintenance margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiquidationDocument {
    /// How much is closed, for the `liquidation_fee` on its notional.
    pub close: CloseKind,
    /// With `steps`: the share closed at a time, of what was held when the account fell below.
    pub close_fraction: Option<UnitFraction>,
    /// With `steps`: the margin balance over the maintenance margin at which the venue stops, at
    /// least 1. Left out: 1, as soon as the maintenance margin is met.
    pub target_ratio: Option<Positive>,
    /// Share of notional that fills are worse than the mark.
    #[serde(default = "no_slippage")]
    pub slippage: UnitFraction,
    /// When accounts are looked at. Left out: at every step.
    #[serde(default)]
    pub monitoring: Monitoring,
    /// With `continuous`: the parts that a step is cut into where an account moved by several
    /// factors (coins, volatilities) is near its line; a power of two. Left out: 16. Halved until a
    /// whole path has at most 65,536.
    #[schemars(range(min = 1, max = 1024))]
    pub substeps: Option<u32>,
}

/// Most sub-steps a step.
const SUBSTEPS_MAX: u32 = 1024;

/// How much of an account a liquidation closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseKind {
    /// All positions, at once.
    Full,
    /// Every position that needs margin, `close_fraction` at a time until the margin ratio is at
    /// `target_ratio`; spot and long options stay.
    Steps,
}

fn no_slippage() -> UnitFraction {
    UnitFraction::new(0.0).expect("zero is in [0, 1]")
}

/// What the venue does inside paths; keys that go with another kind of closing are refused.
pub(super) fn read(
    parsed: &Parsed<VenueRulesDocument>,
    document: &LiquidationDocument,
    found: &mut ViolationCollector,
) -> Option<Liquidation> {
    let at = |key: &str| parsed.places.at(&format!("liquidation.{key}"));
    let LiquidationDocument { close, close_fraction, target_ratio, slippage, monitoring, substeps } =
        document;
    check_substeps(at("substeps"), (*substeps, *monitoring), found);
    let close = match close {
        CloseKind::Full => {
            let given = [
                ("close_fraction", close_fraction.is_some()),
                ("target_ratio", target_ratio.is_some()),
            ];
            for (key, _) in given.iter().filter(|(_, given)| *given) {
                let title = format!("`{key}` says nothing where everything is closed at once");
                let violation = Violation::new(at(key), title);
                found.add(violation.help("write `close = \"steps\"`, or remove the key"));
            }
            CloseAmount::Full
        }
        CloseKind::Steps => {
            let target_ratio = target_ratio.map_or(1.0, f64::from);
            if target_ratio < 1.0 {
                let title = "a venue that stops below its maintenance margin never does";
                found.add(Violation::new(at("target_ratio"), title).expected("1 or above"));
            }
            let fraction = close_fraction.map_or(0.0, UnitFraction::get);
            if fraction <= 0.0 {
                let key = if close_fraction.is_some() { "close_fraction" } else { "close" };
                let title = "closing in steps needs `close_fraction`";
                let violation = Violation::new(at(key), title);
                found.add(violation.expected("a share above 0, e.g. `\"25%\"`"));
            }
            CloseAmount::Steps { fraction, target_ratio }
        }
    };
    Some(Liquidation {
        close,
        slippage: slippage.get(),
        monitoring: *monitoring,
        substeps: substeps.unwrap_or(Liquidation::SUBSTEPS),
    })
}

/// Refuses a number of sub-steps that halving does not reach, or that nothing acts on.
fn check_substeps(
    place: Place,
    (substeps, monitoring): (Option<u32>, Monitoring),
    found: &mut ViolationCollector,
) {
    let Some(substeps) = substeps else { return };
    if !substeps.is_power_of_two() || substeps > SUBSTEPS_MAX {
        let title = format!("{substeps} sub-steps are not reached by halving a step");
        found.add(Violation::new(place, title).expected("a power of two, 1 to 1,024, e.g. `16`"));
    } else if monitoring == Monitoring::Steps {
        let title = "`substeps` says nothing where accounts are looked at at every step";
        let violation = Violation::new(place, title);
        found.add(violation.help("write `monitoring = \"continuous\"`, or remove the key"));
    }
}
