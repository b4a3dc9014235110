//! The terms of the potential loss with how each was found, in words.

use super::Found;
use crate::engine::exposure::Exposure;
use crate::outcome::PotentialLossTerm;
use crate::risk::{self, PathWeights};
use crate::threshold::{MoneyEstimate, Policy, TermKind, VenueClaimMeasure};
use crate::units::grouped;

/// One row a term, in policy order.
pub(super) fn describe(
    policy: &Policy,
    amounts: &[MoneyEstimate],
    exposure: &Exposure,
    found: &Found,
) -> Vec<PotentialLossTerm> {
    let paths = found.plan.scenario.simulation.paths;
    let weights = found.sample.weights();
    let terms = policy.terms.iter().zip(amounts).enumerate();
    let term = |(index, (term, amount)): (usize, (&crate::threshold::Term, &MoneyEstimate))| {
        PotentialLossTerm {
            name: term.name.clone(),
            amount: amount.amount,
            weight: term.weight,
            estimator: estimator(&term.kind, paths, weights, exposure.worst_stress(index)),
        }
    };
    terms.map(term).collect()
}

fn estimator(
    kind: &TermKind,
    paths: u64,
    weights: &PathWeights,
    worst_stress: Option<(&str, f64)>,
) -> String {
    match kind {
        TermKind::SimulatedShortfall { level } => format!(
            "ES {} of {} paths: {}",
            percent(level.get()),
            grouped(paths as f64, 0),
            risk::expected_shortfall_estimator(weights)
        ),
        TermKind::StressedLoss { .. } => match worst_stress {
            Some((name, loss)) => format!(
                "worst stated stress, full revaluation today: {name}, USD {}",
                grouped(loss, 0)
            ),
            None => "no stress stated".to_owned(),
        },
        TermKind::Liquidity { deviations } => {
            format!("gross exposure × (half-spread + {deviations} deviations), Bangia et al. 1999")
        }
        TermKind::ClosingCost => "closing all positions over the liquidation horizon: stressed \
                                  half-spread and impact, gross exposure"
            .to_owned(),
        TermKind::VenueShortfall { level } => {
            let measure = match level {
                Some(level) => format!("ES {}", percent(level.get())),
                None => "mean".to_owned(),
            };
            format!(
                "{measure} of what accounts without recourse owe beyond their equity, on the \
                 paths kept for solvers"
            )
        }
        TermKind::Concentration { volume_share, charge } => format!(
            "{} of gross exposure beyond {} of average daily volume",
            percent(*charge),
            percent(*volume_share)
        ),
        TermKind::Counterparty { measure } => match measure {
            VenueClaimMeasure::ExpectedLoss => {
                "sum over venues of PD over the horizon × LGD × claim".to_owned()
            }
            VenueClaimMeasure::LargestVenue => "largest LGD × claim of one venue".to_owned(),
        },
        TermKind::Stated { .. } => "stated in the policy".to_owned(),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}
