//! Terms of the potential loss, as a policy writes them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::policy::{Covers, Stress, StressShock, Term, TermKind, VenueClaimMeasure};
use crate::document::{FactorName, Level, Name, NonNegative, NonNegativeRate, Rate, UnitFraction};
use crate::units::ConfidenceLevel;

/// A term of the potential loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TermDocument {
    /// Expected shortfall of the simulated losses.
    SimulatedShortfall {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// Confidence level; 0.99 leaves the worst 1 %.
        level: Level,
    },
    /// The worst of stated instantaneous shocks, by full revaluation; never below zero.
    StressedLoss {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// The shocks.
        #[schemars(length(min = 1, max = 100))]
        stress: Vec<StressDocument>,
    },
    /// Cost of crossing the spread in bad times (Bangia et al. 1999).
    Liquidity {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// Standard deviations of the half-spread added to its mean, usually 3.
        deviations: NonNegative,
    },
    /// Cost of closing all positions as `[events.closing]` of the scenario says: stressed
    /// half-spread and impact (Bangia et al. 1999), by gross exposure.
    ClosingCost {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
    },
    /// What accounts without recourse owe beyond their equity at the horizon. Venues bear it: it is
    /// not in the simulated loss.
    VenueShortfall {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// Confidence level of its tail mean; left out: its mean over all paths.
        level: Option<Level>,
    },
    /// A charge on exposure beyond a share of daily volume.
    Concentration {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// Share of average daily volume that is free.
        volume_share: NonNegativeRate,
        /// Charge on the rest.
        charge: UnitFraction,
    },
    /// Claims on venues times default.
    Counterparty {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// Expected loss over the horizon, or the largest claim times loss given default.
        measure: VenueClaimMeasure,
    },
    /// A stated amount.
    Stated {
        /// Unique name.
        name: Name,
        /// Factor before combining; 1 when left out.
        weight: Option<NonNegative>,
        /// In USD.
        amount: NonNegative,
        /// What it stands for; what the paths already contain is refused.
        covers: Covers,
    },
}

/// A named set of simultaneous shocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StressDocument {
    /// Unique name within the term.
    pub name: Name,
    /// Relative change of every coin not named in `shocks`.
    pub all_spots: Option<Rate>,
    /// Relative change of every implied volatility not named in `shocks`.
    pub all_volatilities: Option<Rate>,
    /// By factor: relative change of spot, vol and peg, additive change of basis and funding.
    #[serde(default)]
    pub shocks: BTreeMap<FactorName, Rate>,
}

impl TermDocument {
    /// Name and weight, which every kind has.
    pub(super) fn head(&self) -> (&Name, Option<NonNegative>) {
        match self {
            Self::SimulatedShortfall { name, weight, .. }
            | Self::StressedLoss { name, weight, .. }
            | Self::Liquidity { name, weight, .. }
            | Self::ClosingCost { name, weight }
            | Self::VenueShortfall { name, weight, .. }
            | Self::Concentration { name, weight, .. }
            | Self::Counterparty { name, weight, .. }
            | Self::Stated { name, weight, .. } => (name, *weight),
        }
    }

    pub(super) fn term(&self) -> Term {
        let (name, weight) = self.head();
        Term {
            name: name.as_str().to_owned(),
            weight: weight.map_or(1.0, NonNegative::get),
            kind: self.kind(),
        }
    }

    fn kind(&self) -> TermKind {
        match self {
            Self::SimulatedShortfall { level, .. } => TermKind::SimulatedShortfall {
                level: ConfidenceLevel::new(level.get()).expect("checked when read"),
            },
            Self::StressedLoss { stress, .. } => TermKind::StressedLoss {
                stresses: stress.iter().map(StressDocument::stress).collect(),
            },
            Self::Liquidity { deviations, .. } => {
                TermKind::Liquidity { deviations: deviations.get() }
            }
            Self::ClosingCost { .. } => TermKind::ClosingCost,
            Self::VenueShortfall { level, .. } => TermKind::VenueShortfall {
                level: level
                    .map(|level| ConfidenceLevel::new(level.get()).expect("checked when read")),
            },
            Self::Concentration { volume_share, charge, .. } => {
                TermKind::Concentration { volume_share: volume_share.get(), charge: charge.get() }
            }
            Self::Counterparty { measure, .. } => TermKind::Counterparty { measure: *measure },
            Self::Stated { amount, covers, .. } => {
                TermKind::Stated { amount: amount.get(), covers: *covers }
            }
        }
    }
}

impl StressDocument {
    fn stress(&self) -> Stress {
        let all = [("*.spot", self.all_spots), ("*.vol", self.all_volatilities)];
        let all = all.into_iter().filter_map(|(factor, change)| Some((factor, change?)));
        let named = self.shocks.iter().map(|(factor, change)| (factor.as_str(), *change));
        let shock = |(factor, change): (&str, Rate)| StressShock {
            factor: factor.to_owned(),
            change: change.get(),
        };
        Stress {
            name: self.name.as_str().to_owned(),
            shocks: named.chain(all).map(shock).collect(),
        }
    }
}
