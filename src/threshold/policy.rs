//! The threshold policy: plain, validated data. Documents are read by [`super::document`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::book_limit::Limit;
use super::driver::ConditionPolicy;
use super::procyclicality::AntiProcyclicality;
use crate::units::{ConfidenceLevel, Years};

/// What may be carried, under which conditions, and what happens on the way to the limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Name, shown in reports.
    pub name: String,
    /// Why the policy is as it is.
    pub description: String,
    /// What the capital C is.
    pub capital: CapitalBase,
    /// Appetite a: share of capital that may be lost, in (0, 1].
    pub appetite: f64,
    /// How the potential loss PL is made up.
    pub combination: Combination,
    /// Terms of PL; the first simulated shortfall is the headline.
    pub terms: Vec<Term>,
    /// How the multiplier M follows market conditions.
    pub condition: ConditionPolicy,
    /// Utilisation boundaries.
    pub status: StatusPolicy,
    /// Utilisation that remedies aim at, in (0, 1].
    pub target_utilisation: f64,
    /// Breach ladder by increasing utilisation.
    pub ladder: Vec<Rung>,
    /// What is done against procyclicality.
    #[serde(default)]
    pub anti_procyclicality: AntiProcyclicality,
    /// Limits on parts of the book.
    #[serde(default)]
    pub limits: Vec<Limit>,
}

/// What the capital base counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "base", rename_all = "snake_case")]
pub enum CapitalBase {
    /// Stated regulatory capital.
    Regulatory {
        /// In reporting currency.
        amount: f64,
    },
    /// Collateral after haircuts, all accounts.
    Collateral,
    /// The lesser of the two.
    Lesser {
        /// Regulatory capital in reporting currency.
        regulatory: f64,
    },
}

/// How weighted terms combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combination {
    /// Added up.
    Sum,
    /// The largest alone.
    Maximum,
}

/// One named term of the potential loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Unique name.
    pub name: String,
    /// Non-negative factor before combining.
    pub weight: f64,
    /// What is measured.
    pub kind: TermKind,
}

/// What a term measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TermKind {
    /// ES of the simulated losses.
    SimulatedShortfall {
        /// Confidence level.
        level: ConfidenceLevel,
    },
    /// The worst of stated instantaneous shocks, by full revaluation; never below zero.
    StressedLoss {
        /// The shocks.
        stresses: Vec<Stress>,
    },
    /// Cost of crossing the spread in bad times: `V·(half-spread + deviations·σ)` over gross
    /// exposure (Bangia, Diebold, Schuermann & Stroughair 1999).
    Liquidity {
        /// Standard deviations of the half-spread, usually 3.
        deviations: f64,
    },
    /// Cost of closing all positions over the scenario's liquidation horizon: stressed half-spread
    /// and impact, by gross exposure.
    ClosingCost,
    /// What accounts without recourse owe beyond their equity at the horizon: venues bear it, so it
    /// is not in the simulated loss.
    VenueShortfall {
        /// Confidence level of its tail mean; `None`: its mean over all paths.
        level: Option<ConfidenceLevel>,
    },
    /// A charge on exposure beyond a share of daily volume.
    Concentration {
        /// Share of average daily volume that is free.
        volume_share: f64,
        /// Charge on the rest, as a fraction.
        charge: f64,
    },
    /// Claims on venues times default.
    Counterparty {
        /// Expected loss or the largest claim.
        measure: VenueClaimMeasure,
    },
    /// A stated amount.
    Stated {
        /// In reporting currency.
        amount: f64,
        /// What it stands for.
        covers: Covers,
    },
}

/// How claims on venues are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VenueClaimMeasure {
    /// `Σ PD(horizon)·LGD·claim`.
    ExpectedLoss,
    /// The largest `LGD·claim` of one venue.
    LargestVenue,
}

/// What an add-on stands for, so that nothing is counted twice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// Funding of perpetuals: always inside the paths.
    Funding,
    /// Interest on borrowed balances: always inside the paths.
    BorrowInterest,
    /// Time decay of options: always inside the paths.
    TimeDecay,
    /// Settlement at expiry: always inside the paths.
    Settlement,
    /// Venues closing accounts.
    Liquidation,
    /// The price moved by our own trades, spread included.
    MarketImpact,
    /// A venue failing.
    VenueDefault,
    /// Model risk.
    Model,
    /// Operational risk.
    Operational,
}

impl Covers {
    /// What every path contains, whatever the scenario.
    pub const ALWAYS_INSIDE_PATHS: [Self; 4] =
        [Self::Funding, Self::BorrowInterest, Self::TimeDecay, Self::Settlement];
}

/// A named set of simultaneous shocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stress {
    /// Unique name within the term.
    pub name: String,
    /// The shocks.
    pub shocks: Vec<StressShock>,
}

/// A shock of one factor, or of all of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressShock {
    /// `BTC.spot`, `BTC.vol`, `USDT.peg`, …; `*.spot` for every coin not named in the stress.
    pub factor: String,
    /// Relative change of spot, vol or peg as a decimal; additive change of basis or funding.
    pub change: f64,
}

/// Utilisation boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StatusPolicy {
    /// Amber from here.
    pub amber: f64,
    /// Red above here.
    pub red: f64,
    /// How far below a boundary utilisation must fall before a better status returns.
    pub hysteresis: f64,
}

/// A rung of the breach ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Utilisation from which it acts.
    pub utilisation: f64,
    /// What happens.
    pub action: RungAction,
    /// Time from breach to action.
    pub delay: Years,
    /// Cost of acting, as a fraction of the exposure traded.
    pub cost_rate: f64,
}

/// What a rung does, by increasing severity.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RungAction {
    /// Tell people.
    Warn,
    /// Only trades that reduce risk.
    ReduceOnly,
    /// Sell down to the target.
    ForcedReduction,
    /// Capital is gone.
    Bankrupt,
}

impl Policy {
    /// Level of the first simulated shortfall.
    pub fn shortfall_level(&self) -> Option<ConfidenceLevel> {
        self.terms.iter().find_map(|term| match term.kind {
            TermKind::SimulatedShortfall { level } => Some(level),
            _ => None,
        })
    }

    /// Terms, by index, that measure what `inside_paths` says the paths already contain.
    pub fn counted_twice(&self, inside_paths: &[Covers]) -> Vec<(usize, Covers)> {
        let always = &Covers::ALWAYS_INSIDE_PATHS;
        let terms = self.terms.iter().enumerate();
        terms
            .filter_map(|(index, term)| Some((index, term.kind.covers()?)))
            .filter(|(_, covers)| always.contains(covers) || inside_paths.contains(covers))
            .collect()
    }
}

impl TermKind {
    /// What an add-on stands for; `None` for simulated and stressed losses.
    pub fn covers(&self) -> Option<Covers> {
        match self {
            Self::SimulatedShortfall { .. }
            | Self::StressedLoss { .. }
            | Self::VenueShortfall { .. } => None,
            Self::Liquidity { .. } | Self::ClosingCost | Self::Concentration { .. } => {
                Some(Covers::MarketImpact)
            }
            Self::Counterparty { .. } => Some(Covers::VenueDefault),
            Self::Stated { covers, .. } => Some(*covers),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A plain policy for tests: half of stated capital against ES at 97.5 %.
    pub fn plain() -> Policy {
        Policy {
            name: "plain".into(),
            description: String::new(),
            capital: CapitalBase::Regulatory { amount: 1e6 },
            appetite: 0.5,
            combination: Combination::Sum,
            terms: vec![Term {
                name: "shortfall".into(),
                weight: 1.0,
                kind: TermKind::SimulatedShortfall { level: ConfidenceLevel::new(0.975).unwrap() },
            }],
            condition: ConditionPolicy {
                floor: 0.25,
                cap: 1.0,
                relax_per_day: 0.05,
                relax_after_days: 0.0,
                tighten_per_day: None,
                drivers: Vec::new(),
            },
            status: StatusPolicy { amber: 0.75, red: 1.0, hysteresis: 0.0 },
            target_utilisation: 0.75,
            ladder: Vec::new(),
            anti_procyclicality: AntiProcyclicality::default(),
            limits: Vec::new(),
        }
    }

    fn add(policy: &mut Policy, kind: TermKind) {
        policy.terms.push(Term { name: "more".into(), weight: 1.0, kind });
    }

    #[test]
    fn what_paths_contain_is_counted_twice() {
        let mut policy = plain();
        add(&mut policy, TermKind::Stated { amount: 1.0, covers: Covers::Funding });
        add(&mut policy, TermKind::Liquidity { deviations: 3.0 });
        add(&mut policy, TermKind::Stated { amount: 1.0, covers: Covers::Model });
        assert_eq!(policy.counted_twice(&[]), [(1, Covers::Funding)]);
        let inside = [Covers::MarketImpact, Covers::VenueDefault];
        let expected = [(1, Covers::Funding), (2, Covers::MarketImpact)];
        assert_eq!(policy.counted_twice(&inside), expected);
    }

    #[test]
    fn a_policy_survives_json() {
        let text = serde_json::to_string(&plain()).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), plain());
    }
}
