//! A policy's breach ladder as the desk acts on it inside paths.
//!
//! Flows in: a [`Policy`] and the figures of today's threshold. Flows out: the state machine
//! ([`DeskRungs`], [`LadderState`]) and what it needs to find utilisation at a node ([`DeskLadder`]),
//! as plain data for the event stage.

use super::policy::{Policy, Rung, RungAction};
pub use crate::margin::desk_ladder::{
    Climb, DeskAction, DeskLadder, DeskRung, DeskRungs, Due, LadderState,
};

impl RungAction {
    /// What the desk does inside paths.
    pub fn desk_action(self) -> DeskAction {
        match self {
            Self::Warn => DeskAction::Warn,
            Self::ReduceOnly => DeskAction::ReduceOnly,
            Self::ForcedReduction => DeskAction::ForcedReduction,
            Self::Bankrupt => DeskAction::Bankrupt,
        }
    }
}

/// The ladder of a policy with today's potential loss, capital and threshold over capital; `None` where
/// the policy has no rungs, or rungs that do not climb.
pub fn desk_ladder(
    policy: &Policy,
    (potential_loss, capital, share_of_capital): (f64, f64, f64),
) -> Option<DeskLadder> {
    let rung = |rung: &Rung| DeskRung {
        utilisation: rung.utilisation,
        action: rung.action.desk_action(),
        delay: rung.delay.get(),
        cost_rate: rung.cost_rate,
    };
    let rungs = policy.ladder.iter().map(rung).collect();
    let rungs = DeskRungs::new(rungs, policy.status.hysteresis)?;
    (!rungs.rungs().is_empty()).then_some(DeskLadder {
        potential_loss,
        capital,
        share_of_capital,
        target_utilisation: policy.target_utilisation,
        rungs,
    })
}

#[cfg(test)]
mod tests {
    use super::super::policy::tests::plain;
    use super::*;
    use crate::units::Years;

    #[test]
    fn a_policy_becomes_data() {
        let mut policy = plain();
        assert_eq!(desk_ladder(&policy, (1.0, 2.0, 0.5)), None);
        let rung = |utilisation, action| Rung {
            utilisation,
            action,
            delay: Years::from_days(1.0),
            cost_rate: 0.001,
        };
        policy.ladder = vec![rung(0.7, RungAction::Warn), rung(1.1, RungAction::ForcedReduction)];
        let found = desk_ladder(&policy, (1.0, 2.0, 0.25)).unwrap();
        assert_eq!((found.potential_loss, found.capital, found.share_of_capital), (1.0, 2.0, 0.25));
        // 1 against 0.25 · 2
        assert_eq!(found.utilisation(1.0, 0.0), 2.0);
        let [low, high] = found.rungs.rungs() else { panic!("two rungs") };
        assert_eq!((low.action, high.action), (DeskAction::Warn, DeskAction::ForcedReduction));
        assert_eq!(high.delay, Years::from_days(1.0).get());
        policy.ladder.swap(0, 1);
        assert_eq!(desk_ladder(&policy, (1.0, 2.0, 0.5)), None);
    }
}
