//! What a scenario document says of a reverse stress.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::reverse::{ReverseSettings, ReverseTarget};
use crate::document::{Name, Parsed, Positive, Violation, Violations};

/// A search for the most plausible moves over the horizon that reach a target if they came at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseDocument {
    /// What is to be reached.
    pub target: ReverseTargetDocument,
    /// The account whose liquidation is asked for; left out: that of any.
    pub account: Option<Name>,
    /// Most distinct answers told, nearest first.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 50))]
    pub answers: usize,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReverseTargetDocument {
    /// A loss of the policy's threshold.
    Threshold,
    /// A loss of the policy's capital base.
    Capital,
    /// The first liquidation of an account by its venue.
    FirstLiquidation,
    /// A loss of this much, in reporting currency.
    Loss(Positive),
}

fn five() -> usize {
    5
}

/// The search, where there is one.
pub(super) fn reverse(
    parsed: &Parsed<ScenarioDocument>,
) -> Result<Option<ReverseSettings>, Violations> {
    let document = &parsed.value;
    let Some(reverse) = &document.reverse else { return Ok(None) };
    let of_policy = match reverse.target {
        ReverseTargetDocument::Threshold => Some("threshold"),
        ReverseTargetDocument::Capital => Some("capital base"),
        _ => None,
    };
    if let Some(what) = of_policy.filter(|_| document.policy.is_none()) {
        let title = format!("the target is a policy's {what}, and the scenario names no policy");
        let violation = Violation::new(parsed.places.at("reverse.target"), title);
        return Err(violation.help("name a policy, or state `target = { loss = … }`").into());
    }
    let account = reverse.account.as_ref().map(ToString::to_string);
    let target = match reverse.target {
        ReverseTargetDocument::Threshold => ReverseTarget::Threshold,
        ReverseTargetDocument::Capital => ReverseTarget::Capital,
        ReverseTargetDocument::Loss(loss) => ReverseTarget::Loss(loss.get()),
        ReverseTargetDocument::FirstLiquidation => ReverseTarget::FirstLiquidation(account.clone()),
    };
    if account.is_some() && !matches!(target, ReverseTarget::FirstLiquidation(_)) {
        let title = "`account` acts with `target = \"first_liquidation\"` alone";
        let violation = Violation::new(parsed.places.at("reverse.account"), title);
        return Err(violation.help("remove it: losses are those of the whole book").into());
    }
    Ok(Some(ReverseSettings { target, answers: reverse.answers }))
}
