//! The threshold T = a · C · M, utilisation U = PL / T, and its status.

use super::policy::StatusPolicy;
use super::potential_loss::MoneyEstimate;
use crate::risk::NORMAL_95;

/// T = a · C · M, in money: the largest potential loss that may be carried.
pub fn threshold(appetite: f64, capital: f64, multiplier: f64) -> f64 {
    appetite * capital * multiplier
}

/// Potential loss over threshold.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Utilisation {
    /// A share of the threshold; zero where PL ≤ 0.
    Finite(f64),
    /// T ≤ 0 < PL: something may be lost, nothing may be carried.
    Infinite,
}

impl Utilisation {
    /// The share; `None` where infinite.
    pub fn finite(self) -> Option<f64> {
        match self {
            Self::Finite(share) => Some(share),
            Self::Infinite => None,
        }
    }
}

/// U of one amount.
pub fn utilisation(potential_loss: f64, threshold: f64) -> Utilisation {
    if potential_loss <= 0.0 {
        return Utilisation::Finite(0.0);
    }
    let share = potential_loss / threshold;
    if threshold > 0.0 && share.is_finite() {
        Utilisation::Finite(share)
    } else {
        Utilisation::Infinite
    }
}

/// U with its Monte Carlo interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UtilisationEstimate {
    /// By the point estimate of PL.
    pub point: Utilisation,
    /// At the ends of the 95 % interval of PL.
    pub interval_95: [Utilisation; 2],
}

impl UtilisationEstimate {
    /// U of an estimate.
    pub fn new(potential_loss: MoneyEstimate, limit: f64) -> Self {
        let half_width = NORMAL_95 * potential_loss.standard_error;
        let at = |shift: f64| utilisation(potential_loss.amount + shift, limit);
        Self { point: at(0.0), interval_95: [at(-half_width), at(half_width)] }
    }
}

/// Traffic light of the utilisation, by increasing concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Below the amber boundary.
    Green,
    /// From the amber boundary up to the red one.
    Amber,
    /// Above the red boundary: the threshold is breached.
    Red,
}

/// Status by the point estimate, and whether the interval straddles one of its boundaries.
///
/// With a `previous` status a better one returns only once U is below the boundary by the
/// policy's hysteresis.
pub fn status(
    policy: &StatusPolicy,
    utilisation: &UtilisationEstimate,
    previous: Option<Status>,
) -> (Status, bool) {
    let reached = |level: Utilisation| {
        let eased = StatusPolicy {
            amber: policy.amber - policy.hysteresis,
            red: policy.red - policy.hysteresis,
            ..*policy
        };
        let held = previous.map_or(Status::Green, |held| held.min(plain_status(&eased, level)));
        held.max(plain_status(policy, level))
    };
    let [low, high] = utilisation.interval_95;
    (reached(utilisation.point), reached(low) != reached(high))
}

fn plain_status(policy: &StatusPolicy, utilisation: Utilisation) -> Status {
    match utilisation {
        Utilisation::Finite(share) if share < policy.amber => Status::Green,
        Utilisation::Finite(share) if share <= policy.red => Status::Amber,
        Utilisation::Finite(_) | Utilisation::Infinite => Status::Red,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: StatusPolicy = StatusPolicy { amber: 0.75, red: 1.0, hysteresis: 0.05 };

    fn estimate(amount: f64, standard_error: f64, limit: f64) -> UtilisationEstimate {
        UtilisationEstimate::new(MoneyEstimate { amount, standard_error }, limit)
    }

    #[test]
    fn edges_of_utilisation() {
        assert_eq!(utilisation(50.0, 100.0), Utilisation::Finite(0.5));
        assert_eq!(utilisation(1.0, 0.0), Utilisation::Infinite);
        assert_eq!(utilisation(1.0, -5.0), Utilisation::Infinite);
        assert_eq!(utilisation(0.0, 0.0), Utilisation::Finite(0.0));
        assert_eq!(utilisation(-3.0, -5.0), Utilisation::Finite(0.0));
        assert_eq!(utilisation(1e300, 1e-300), Utilisation::Infinite);
    }

    #[test]
    fn boundaries_belong_to_amber() {
        let of = |amount| status(&POLICY, &estimate(amount, 0.0, 100.0), None);
        assert_eq!(of(74.9), (Status::Green, false));
        assert_eq!(of(75.0), (Status::Amber, false));
        assert_eq!(of(100.0), (Status::Amber, false));
        assert_eq!(of(100.1), (Status::Red, false));
        assert_eq!(status(&POLICY, &estimate(1.0, 0.1, 0.0), None), (Status::Red, false));
        assert_eq!(status(&POLICY, &estimate(-1.0, 0.1, 0.0), None), (Status::Green, false));
    }

    #[test]
    fn an_interval_across_a_boundary_is_indistinct() {
        assert_eq!(status(&POLICY, &estimate(99.0, 1.0, 100.0), None), (Status::Amber, true));
        assert_eq!(status(&POLICY, &estimate(90.0, 1.0, 100.0), None), (Status::Amber, false));
        // At T = 0 the interval of PL reaches from profit to loss: green to red.
        assert_eq!(status(&POLICY, &estimate(1.0, 1.0, 0.0), None), (Status::Red, true));
    }

    #[test]
    fn a_better_status_returns_only_past_the_hysteresis() {
        let of = |amount| status(&POLICY, &estimate(amount, 0.0, 100.0), Some(Status::Red)).0;
        assert_eq!(of(97.0), Status::Red);
        assert_eq!(of(94.0), Status::Amber);
        assert_eq!(of(72.0), Status::Amber);
        assert_eq!(of(69.0), Status::Green);
        // It never makes a status worse than the plain one.
        let amber = status(&POLICY, &estimate(97.0, 0.0, 100.0), Some(Status::Green)).0;
        assert_eq!(amber, Status::Amber);
    }
}
