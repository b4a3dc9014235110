//! The policy document: what a user writes to say how much may be carried.
//!
//! Flows in: `policy.toml`, and the state of an earlier run where it names one. Flows out: a
//! [`LoadedPolicy`]: the validated [`Policy`] and the place of everything, so that faults across
//! files can still point at it.

mod checks;
mod driver;
mod drivers;
mod limit;
mod procyclicality;
mod term;

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use driver::{
    DriverDocument, GarchDocument, LevelReferenceDocument, VolatilityReferenceDocument,
};
pub use limit::LimitDocument;
pub use procyclicality::{
    AntiProcyclicalityDocument, BufferDocument, StressedPeriodDocument, VolatilityFloorDocument,
};
pub use term::{StressDocument, TermDocument};

use super::condition::{ConditionState, DaysAbove};
use super::driver::ConditionPolicy;
use super::policy::{CapitalBase, Combination, Covers, Policy, Rung, RungAction, StatusPolicy};
use crate::document::{
    DurationText, FilePath, Instant, Loader, Name, NonNegative, NonNegativeRate, Parsed, Positive,
    PositiveRate, Prose, SourceFile, UnitFraction, ViolationCollector, Violations, read_toml,
};
use crate::units::Years;

/// How much may be carried, under which conditions, and what happens on the way to the limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Name, shown in reports.
    pub name: Name,
    /// Why the policy is as it is.
    pub description: Option<Prose>,
    /// Share of capital that may be lost: the threshold is appetite × capital × multiplier.
    pub appetite: UnitFraction,
    /// What counts as capital.
    pub capital: CapitalDocument,
    /// How the terms of the potential loss combine.
    #[serde(default = "sum")]
    pub combination: Combination,
    /// Terms of the potential loss.
    #[schemars(length(min = 1, max = 50))]
    pub term: Vec<TermDocument>,
    /// How the multiplier follows market conditions. Left out: it is 1.
    #[serde(default)]
    pub condition: ConditionDocument,
    /// Utilisation boundaries.
    #[serde(default)]
    pub status: StatusDocument,
    /// Utilisation that remedies aim at; 0.75 when left out.
    #[serde(default = "three_quarters")]
    pub target_utilisation: UnitFraction,
    /// What happens on the way to the limit, by increasing utilisation.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub ladder: Vec<RungDocument>,
    /// What is done against procyclicality; left out: nothing.
    #[serde(default)]
    pub anti_procyclicality: AntiProcyclicalityDocument,
    /// Limits beside the threshold: on the book, a venue, an account, an underlying or a tag.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub limit: Vec<LimitDocument>,
}

/// What counts as capital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "base", rename_all = "snake_case", deny_unknown_fields)]
pub enum CapitalDocument {
    /// Regulatory capital, as stated.
    Regulatory {
        /// Regulatory capital in USD.
        regulatory: NonNegative,
    },
    /// Collateral after haircuts, all accounts.
    Collateral {},
    /// The lesser of the two.
    Lesser {
        /// Regulatory capital in USD.
        regulatory: NonNegative,
    },
}

/// How the multiplier M follows market conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConditionDocument {
    /// Smallest multiplier.
    pub floor: UnitFraction,
    /// Largest multiplier; above 1 more than the appetite may be used in calm times.
    pub cap: Positive,
    /// Largest rise of the multiplier per day.
    pub relax_per_day: PositiveRate,
    /// How long the drivers must have asked for more before the multiplier rises, e.g. `"3d"`; at
    /// once when left out.
    pub relax_after: Option<DurationText>,
    /// Largest fall of the multiplier per day; it falls at once when left out.
    pub tighten_per_day: Option<PositiveRate>,
    /// State of an earlier run to continue from, instead of replaying the history.
    pub previous_state: Option<FilePath>,
    /// What the multiplier is the product of.
    #[schemars(length(max = 50))]
    pub driver: Vec<DriverDocument>,
}

impl Default for ConditionDocument {
    fn default() -> Self {
        Self {
            floor: UnitFraction::new(0.25).expect("in range"),
            cap: Positive::new(1.0).expect("in range"),
            relax_per_day: PositiveRate::new(0.05).expect("in range"),
            relax_after: None,
            tighten_per_day: None,
            previous_state: None,
            driver: Vec::new(),
        }
    }
}

/// Utilisation boundaries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatusDocument {
    /// Amber from here.
    pub amber: PositiveRate,
    /// Red above here.
    pub red: PositiveRate,
    /// How far below a boundary utilisation must fall before a better status returns.
    pub hysteresis: NonNegativeRate,
}

impl Default for StatusDocument {
    fn default() -> Self {
        Self {
            amber: PositiveRate::new(0.75).expect("in range"),
            red: PositiveRate::new(1.0).expect("in range"),
            hysteresis: NonNegativeRate::new(0.0).expect("in range"),
        }
    }
}

/// A rung of the breach ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RungDocument {
    /// Utilisation from which it acts.
    pub utilisation: PositiveRate,
    /// What happens.
    pub action: RungAction,
    /// Time from breach to action, e.g. `"30m"`; at once when left out.
    pub delay: Option<DurationText>,
    /// Cost of acting as a fraction of the exposure traded, e.g. `"5bp"`.
    pub cost_rate: Option<NonNegativeRate>,
}

/// The multiplier at the end of an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionStateDocument {
    /// The instant of that run's market.
    pub as_of: Instant,
    /// Multiplier of hedged books.
    pub hedged: NonNegative,
    /// Multiplier of the long side.
    pub long: NonNegative,
    /// Multiplier of the short side.
    pub short: NonNegative,
    /// Days for which the drivers have asked for more than each; left out where they have not.
    #[serde(default)]
    pub days_above: DaysAboveDocument,
}

/// Days for which the drivers have asked for more than the multiplier.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DaysAboveDocument {
    /// Of hedged books.
    pub hedged: Option<NonNegative>,
    /// Of the long side.
    pub long: Option<NonNegative>,
    /// Of the short side.
    pub short: Option<NonNegative>,
}

/// The state of an earlier run, dated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PreviousState {
    /// The instant of that run's market.
    pub as_of: Timestamp,
    /// The multipliers then.
    pub state: ConditionState,
}

/// A policy with the places of its keys.
#[derive(Debug, Clone)]
pub struct LoadedPolicy {
    /// The policy.
    pub policy: Policy,
    /// State to continue from, where the document names one.
    pub previous: Option<PreviousState>,
    /// The document, with places.
    pub document: Parsed<PolicyDocument>,
}

impl LoadedPolicy {
    /// The policy that another document of the same keys would be, e.g. with a figure changed.
    ///
    /// # Errors
    /// Every violation of sense, at the places of this one.
    pub fn varied(&self, value: &PolicyDocument) -> Result<Policy, Violations> {
        let changed = Parsed { value: value.clone(), ..self.document.clone() };
        let mut collector = ViolationCollector::default();
        checks::check(&changed, &mut collector);
        collector.finish(policy(value))
    }

    /// Says that no limit beside the threshold is read `here`, where there are any: each with the line
    /// of its table.
    pub fn limits_unread(&self, here: &str) -> Option<String> {
        let named = self.policy.limits.iter().enumerate().map(|(index, limit)| {
            let line = self.document.places.at(&format!("limit[{index}].name")).line();
            format!("{} (line {line})", limit.name)
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| {
            format!(
                "limits of the policy are not read {here}, a simulated run reads them: [[limit]] {}",
                named.join(", ")
            )
        })
    }

    /// Refuses add-ons for what the paths of this run contain, beyond what all paths do.
    ///
    /// # Errors
    /// One violation a term, at its place.
    pub fn check_against_paths(&self, inside_paths: &[Covers]) -> Result<(), Violations> {
        let mut collector = ViolationCollector::default();
        for (term, covers) in self.policy.counted_twice(inside_paths) {
            collector.add(checks::inside_the_paths(&self.document.places, term, covers));
        }
        collector.finish(())
    }
}

/// Reads a policy document, and the previous state it names through `loader`.
///
/// # Errors
/// Every violation of form and sense, each at its place.
pub fn read_policy(file: &Arc<SourceFile>, loader: &Loader) -> Result<LoadedPolicy, Violations> {
    let document: Parsed<PolicyDocument> = read_toml(file)?;
    let mut collector = ViolationCollector::default();
    checks::check(&document, &mut collector);
    let previous = collector.absorb(previous_state(&document, loader)).flatten();
    let policy = policy(&document.value);
    collector.finish(LoadedPolicy { policy, previous, document })
}

fn previous_state(
    document: &Parsed<PolicyDocument>,
    loader: &Loader,
) -> Result<Option<PreviousState>, Violations> {
    let Some(path) = &document.value.condition.previous_state else {
        return Ok(None);
    };
    let place = document.places.at("condition.previous_state");
    let file = loader.open(path.as_str(), Some(&place))?;
    let state = read_toml::<ConditionStateDocument>(&file)?.value;
    Ok(Some(PreviousState {
        as_of: state.as_of.timestamp(),
        state: ConditionState {
            hedged: state.hedged.get(),
            long: state.long.get(),
            short: state.short.get(),
            days_above: DaysAbove {
                hedged: state.days_above.hedged.map(NonNegative::get),
                long: state.days_above.long.map(NonNegative::get),
                short: state.days_above.short.map(NonNegative::get),
            },
        },
    }))
}

fn policy(document: &PolicyDocument) -> Policy {
    let description = document.description.as_ref();
    Policy {
        name: document.name.as_str().to_owned(),
        description: description.map_or(String::new(), |text| text.as_str().to_owned()),
        capital: capital(&document.capital),
        appetite: document.appetite.get(),
        combination: document.combination,
        terms: document.term.iter().map(TermDocument::term).collect(),
        condition: condition(&document.condition),
        status: StatusPolicy {
            amber: document.status.amber.get(),
            red: document.status.red.get(),
            hysteresis: document.status.hysteresis.get(),
        },
        target_utilisation: document.target_utilisation.get(),
        ladder: document.ladder.iter().map(rung).collect(),
        anti_procyclicality: document.anti_procyclicality.options(),
        limits: document.limit.iter().map(LimitDocument::limit).collect(),
    }
}

fn condition(document: &ConditionDocument) -> ConditionPolicy {
    ConditionPolicy {
        floor: document.floor.get(),
        cap: document.cap.get(),
        relax_per_day: document.relax_per_day.get(),
        relax_after_days: document.relax_after.as_ref().map_or(0.0, |text| text.years().days()),
        tighten_per_day: document.tighten_per_day.map(PositiveRate::get),
        drivers: document.driver.iter().map(DriverDocument::driver).collect(),
    }
}

fn capital(document: &CapitalDocument) -> CapitalBase {
    match document {
        CapitalDocument::Regulatory { regulatory } => {
            CapitalBase::Regulatory { amount: regulatory.get() }
        }
        CapitalDocument::Collateral {} => CapitalBase::Collateral,
        CapitalDocument::Lesser { regulatory } => {
            CapitalBase::Lesser { regulatory: regulatory.get() }
        }
    }
}

fn rung(document: &RungDocument) -> Rung {
    Rung {
        utilisation: document.utilisation.get(),
        action: document.action,
        delay: document.delay.as_ref().map_or(Years(0.0), DurationText::years),
        cost_rate: document.cost_rate.map_or(0.0, NonNegativeRate::get),
    }
}

fn sum() -> Combination {
    Combination::Sum
}

fn three_quarters() -> UnitFraction {
    UnitFraction::new(0.75).expect("in range")
}

#[cfg(test)]
mod tests;
