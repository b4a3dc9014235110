//! The breach ladder of a desk: which rung stands, and what falls due.
//!
//! Flows in: utilisation of the threshold, time by time along one path. Flows out: the state the desk
//! is in and the rungs whose action is due.
//!
//! ```text
//! Green → Amber (warn) → Red (reduce only) → Forced (forced reduction) → Bankrupt
//! ```
//!
//! - A rung is reached where utilisation is at or above its own; the highest rung that stands sets the
//!   [state](LadderState).
//! - It stands until utilisation is below its own by more than the hysteresis.
//! - Its action is due at the first time at which it, or a higher rung, has stood for its delay
//!   without interruption. A forced reduction is due again at every later time at which its rung is
//!   reached; every other action once while its rung stands.
//! - Bankruptcy is absorbing: once reached, that rung stands for good.
//!
//! Limits: between the times it is shown the ladder sees nothing, so that what is due falls due at the
//! next of them.

use crate::units::SECONDS_PER_YEAR;

/// Most rungs of a ladder: actions get more severe from rung to rung, and there are no more of them.
pub const RUNGS_MAX: usize = 4;
/// Times this close are the same instant: a tenth of a second, as in the grid.
const SAME_INSTANT_YEARS: f64 = 0.1 / SECONDS_PER_YEAR;

/// What a desk does on a rung, by increasing severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeskAction {
    /// People are told.
    Warn,
    /// Nothing is increased.
    ReduceOnly,
    /// Positions are sold down to the target utilisation.
    ForcedReduction,
    /// Everything is closed.
    Bankrupt,
}

impl DeskAction {
    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::ReduceOnly => "reduce only",
            Self::ForcedReduction => "forced reduction",
            Self::Bankrupt => "bankrupt",
        }
    }
}

/// A rung.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeskRung {
    /// Utilisation from which it is reached.
    pub utilisation: f64,
    /// What is done.
    pub action: DeskAction,
    /// Years from when it is reached to when it acts.
    pub delay: f64,
    /// Cost of acting, as a share of the exposure traded.
    pub cost_rate: f64,
}

/// The state of a desk on its ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LadderState {
    /// No rung stands.
    Green,
    /// The rung that warns is the highest.
    Amber,
    /// The rung that lets nothing increase is the highest.
    Red,
    /// The rung that sells down is the highest.
    Forced,
    /// The rung that closes everything has been reached.
    Bankrupt,
}

impl LadderState {
    /// All of them, by increasing severity.
    pub const ALL: [Self; 5] = [Self::Green, Self::Amber, Self::Red, Self::Forced, Self::Bankrupt];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Forced => "forced",
            Self::Bankrupt => "bankrupt",
        }
    }
}

/// Rungs that climb, in utilisation and severity.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskRungs {
    rungs: Vec<DeskRung>,
    hysteresis: f64,
}

/// Where a path stands on the ladder; the default is below it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Climb {
    /// How many rungs stand.
    standing: usize,
    /// When each that stands was reached.
    since: [f64; RUNGS_MAX],
    /// Whether each that stands has stood for its delay.
    acted: [bool; RUNGS_MAX],
}

/// Rungs that are due.
pub type Due = [bool; RUNGS_MAX];

impl DeskRungs {
    /// `None` where rungs do not climb, or where a figure is negative or no number.
    pub fn new(rungs: Vec<DeskRung>, hysteresis: f64) -> Option<Self> {
        let climbs = |pair: &[DeskRung]| {
            pair[0].utilisation < pair[1].utilisation && pair[0].action < pair[1].action
        };
        let is_figure = |figure: f64| figure >= 0.0 && figure.is_finite();
        let is_sound = |rung: &DeskRung| {
            is_figure(rung.utilisation) && is_figure(rung.delay) && is_figure(rung.cost_rate)
        };
        let is_ladder = rungs.windows(2).all(climbs) && rungs.iter().all(is_sound);
        (is_ladder && is_figure(hysteresis)).then_some(Self { rungs, hysteresis })
    }

    /// The rungs, from the lowest.
    pub fn rungs(&self) -> &[DeskRung] {
        &self.rungs
    }

    /// Where a path stands that begins with a utilisation today; nothing acts yet.
    pub fn begin(&self, utilisation: f64) -> Climb {
        let mut climb = Climb::default();
        self.stand(&mut climb, utilisation, 0.0);
        climb
    }

    /// Takes the utilisation at `time`, in years and no earlier than the last; what is due then.
    pub fn step(&self, climb: &mut Climb, utilisation: f64, time: f64) -> Due {
        let reached = self.stand(climb, utilisation, time);
        let mut due = Due::default();
        for (index, rung) in self.rungs[..climb.standing].iter().enumerate() {
            let has_stood = time - climb.since[index] >= rung.delay - SAME_INSTANT_YEARS;
            let is_repeated = rung.action == DeskAction::ForcedReduction && index < reached;
            due[index] = has_stood && (is_repeated || !climb.acted[index]);
            climb.acted[index] |= has_stood;
        }
        due
    }

    /// Which rungs stand from now on; how many are reached.
    fn stand(&self, climb: &mut Climb, utilisation: f64, time: f64) -> usize {
        let below =
            |level: f64| self.rungs.partition_point(|rung| rung.utilisation - level <= utilisation);
        let (reached, kept) = (below(0.0), below(self.hysteresis));
        let before = climb.standing;
        climb.standing = match self.state(climb) {
            LadderState::Bankrupt => before,
            _ => reached.max(before.min(kept)),
        };
        for rung in before..climb.standing {
            climb.since[rung] = time;
            climb.acted[rung] = false;
        }
        reached
    }

    /// The state a path is in.
    pub fn state(&self, climb: &Climb) -> LadderState {
        let Some(highest) = climb.standing.checked_sub(1) else { return LadderState::Green };
        match self.rungs[highest].action {
            DeskAction::Warn => LadderState::Amber,
            DeskAction::ReduceOnly => LadderState::Red,
            DeskAction::ForcedReduction => LadderState::Forced,
            DeskAction::Bankrupt => LadderState::Bankrupt,
        }
    }

    /// Whether nothing may be increased: a rung at least that severe stands, and has acted.
    pub fn refuses_increases(&self, climb: &Climb) -> bool {
        let standing = self.rungs[..climb.standing].iter().zip(climb.acted);
        standing.into_iter().any(|(rung, acted)| acted && rung.action >= DeskAction::ReduceOnly)
    }
}

impl Climb {
    /// How many rungs stand.
    pub fn standing(&self) -> usize {
        self.standing
    }
}

/// What the ladder of a desk needs to act inside paths, as it was derived today.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskLadder {
    /// The potential loss today, in USD; inside paths per unit of gross exposure.
    pub potential_loss: f64,
    /// The capital base today, in USD; inside paths less what was lost so far.
    pub capital: f64,
    /// Appetite times condition multiplier, as today.
    pub share_of_capital: f64,
    /// Utilisation that a forced reduction aims at.
    pub target_utilisation: f64,
    /// The rungs.
    pub rungs: DeskRungs,
}

impl DeskLadder {
    /// Utilisation with `exposure` times today's gross exposure after a loss of `loss` USD; infinite
    /// where something may be lost and nothing may be carried.
    pub fn utilisation(&self, exposure: f64, loss: f64) -> f64 {
        let potential_loss = self.potential_loss * exposure;
        if potential_loss <= 0.0 {
            return 0.0;
        }
        let limit = self.share_of_capital * (self.capital - loss);
        let share = potential_loss / limit;
        if limit > 0.0 && share.is_finite() { share } else { f64::INFINITY }
    }

    /// The share of what is held that is to be sold for the target utilisation, the cost of selling it
    /// included: with U = PL/(s·C), target g, gross exposure N and cost rate c,
    /// `f = (PL − g·s·C)/(PL − g·s·c·N)`, within 0 and 1.
    ///
    /// `exposure` is over today's, `gross` the same in USD.
    pub fn share_to_sell(&self, (exposure, gross): (f64, f64), loss: f64, cost_rate: f64) -> f64 {
        let potential_loss = self.potential_loss * exposure;
        let slope = self.target_utilisation * self.share_of_capital;
        let excess = potential_loss - slope * (self.capital - loss);
        if excess <= 0.0 {
            return 0.0;
        }
        let share = excess / (potential_loss - slope * cost_rate * gross);
        if share > 0.0 && share < 1.0 { share } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: f64 = 1.0 / 365.25;

    fn rung(utilisation: f64, action: DeskAction, days: f64) -> DeskRung {
        DeskRung { utilisation, action, delay: days * DAY, cost_rate: 0.001 }
    }

    /// Warn at 0.7 at once, reduce only at 0.9 after a day, sell at 1.1 after two, closed at 2.
    fn ladder() -> DeskRungs {
        let rungs = vec![
            rung(0.7, DeskAction::Warn, 0.0),
            rung(0.9, DeskAction::ReduceOnly, 1.0),
            rung(1.1, DeskAction::ForcedReduction, 2.0),
            rung(2.0, DeskAction::Bankrupt, 0.0),
        ];
        DeskRungs::new(rungs, 0.1).unwrap()
    }

    /// States and what was due, day by day.
    fn walked(ladder: &DeskRungs, utilisations: &[f64]) -> Vec<(LadderState, Vec<usize>, bool)> {
        let mut climb = Climb::default();
        let step = |(day, &utilisation): (usize, &f64)| {
            let due = ladder.step(&mut climb, utilisation, day as f64 * DAY);
            let due = (0..RUNGS_MAX).filter(|one| due[*one]).collect();
            (ladder.state(&climb), due, ladder.refuses_increases(&climb))
        };
        utilisations.iter().enumerate().map(step).collect()
    }

    /// By hand from the rules in the module's head.
    #[test]
    fn a_climb_by_hand() {
        use LadderState::{Amber, Bankrupt, Forced, Green, Red};
        let found = walked(
            &ladder(),
            &[0.5, 0.7, 0.95, 0.85, 1.2, 1.05, 1.15, 1.3, 0.79, 0.75, 0.59, 2.5, 0.1],
        );
        let expected = [
            (Green, vec![], false),
            (Amber, vec![0], false),
            (Red, vec![], false),
            // within the hysteresis it stands, and has for a day
            (Red, vec![1], true),
            (Forced, vec![], true),
            (Forced, vec![], true),
            (Forced, vec![2], true),
            // reached still: sold again
            (Forced, vec![2], true),
            (Amber, vec![], false),
            (Amber, vec![], false),
            (Green, vec![], false),
            (Bankrupt, vec![0, 3], true),
            (Bankrupt, vec![1], true),
        ];
        assert_eq!(found, expected);
    }

    /// A day below the boundary and its hysteresis, and the delay begins anew.
    #[test]
    fn an_interruption_begins_the_delay_anew() {
        let due = |utilisations: &[f64]| {
            let days = walked(&ladder(), utilisations).into_iter().enumerate();
            days.filter(|(_, (_, due, _))| due.contains(&2)).map(|(day, _)| day).collect::<Vec<_>>()
        };
        assert_eq!(due(&[1.2, 1.2, 1.2]), [2]);
        assert_eq!(due(&[1.2, 0.9, 1.2, 1.2, 1.2]), [4]);
        // held by the hysteresis at 1.05, but not reached: due once, not again
        assert_eq!(due(&[1.2, 1.05, 1.05, 1.05, 1.2]), [2, 4]);
    }

    #[test]
    fn a_ladder_climbs() {
        let of = |rungs: &[DeskRung]| DeskRungs::new(rungs.to_vec(), 0.0).is_some();
        let (low, high) =
            (rung(0.7, DeskAction::Warn, 0.0), rung(0.9, DeskAction::ReduceOnly, 0.0));
        assert!(of(&[]) && of(&[low, high]));
        assert!(!of(&[high, low]) && !of(&[low, low]));
        assert!(!of(&[rung(f64::NAN, DeskAction::Warn, 0.0)]));
        assert!(!of(&[rung(0.5, DeskAction::Warn, -1.0)]));
    }

    /// A potential loss of 90 against half of 100 of capital: 1.8. After a loss of 20 with the same
    /// exposure 90/40; for 0.75 of the threshold 30 may be lost: two thirds are sold. With a cost of
    /// 1 % of 1,000: f = (90 − 30)/(90 − 0.375·10) = 60/86.25, after which 26.25·1.0435… = 27.39 =
    /// 0.375·(80 − 6.9565…).
    #[test]
    fn a_reduction_by_hand() {
        let ladder = DeskLadder {
            potential_loss: 90.0,
            capital: 100.0,
            share_of_capital: 0.5,
            target_utilisation: 0.75,
            rungs: ladder(),
        };
        let close = |left: f64, right: f64| (left - right).abs() < 1e-12;
        assert!(close(ladder.utilisation(1.0, 0.0), 1.8));
        assert!(close(ladder.utilisation(1.0, 20.0), 2.25));
        assert_eq!(ladder.utilisation(1.0, 100.0), f64::INFINITY);
        assert_eq!(ladder.utilisation(0.0, 100.0), 0.0);
        assert!(close(ladder.share_to_sell((1.0, 1_000.0), 20.0, 0.0), 2.0 / 3.0));
        let share = ladder.share_to_sell((1.0, 1_000.0), 20.0, 0.01);
        assert!(close(share, 60.0 / 86.25));
        let left = ladder.utilisation(1.0 - share, 20.0 + 0.01 * share * 1_000.0);
        assert!(close(left, 0.75));
        assert_eq!(ladder.share_to_sell((1.0, 1_000.0), 120.0, 0.01), 1.0);
        assert_eq!(ladder.share_to_sell((0.3, 300.0), 0.0, 0.01), 0.0);
    }

    proptest! {
        /// A path of higher utilisation is never in a better state; nothing acts before its delay
        /// after its rung was reached first; nobody comes back from bankruptcy.
        #[test]
        fn what_holds_on_every_path(
            path in prop::collection::vec((0.0..3.0_f64, 0.0..1.0_f64, 0.0..2.0_f64), 1..40)
        ) {
            let ladder = ladder();
            let (mut low, mut high) = (Climb::default(), Climb::default());
            let mut time = 0.0;
            let mut first = [f64::INFINITY; RUNGS_MAX];
            let mut is_bankrupt = false;
            for (utilisation, more, days) in path {
                time += days * DAY;
                for (rung, first) in ladder.rungs().iter().zip(&mut first) {
                    if utilisation >= rung.utilisation {
                        *first = first.min(time);
                    }
                }
                let due = ladder.step(&mut low, utilisation, time);
                ladder.step(&mut high, utilisation + more, time);
                prop_assert!(ladder.state(&high) >= ladder.state(&low));
                for (index, rung) in ladder.rungs().iter().enumerate() {
                    // a higher rung is reached with those below it
                    let early = time - first[index] < rung.delay - 2.0 * SAME_INSTANT_YEARS;
                    prop_assert!(!(due[index] && early));
                }
                is_bankrupt |= utilisation >= 2.0;
                prop_assert_eq!(ladder.state(&low) == LadderState::Bankrupt, is_bankrupt);
            }
        }
    }
}
