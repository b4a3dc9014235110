//! Floor, cap, and memory: tighten at once or at a limited rate, relax after a delay and at a limited
//! rate.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::driver::ConditionPolicy;

/// M for one direction with everything that held it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multiplier {
    /// M used.
    pub value: f64,
    /// Product of the drivers.
    pub raw: f64,
    /// After floor and cap, before memory.
    pub target: f64,
    /// Days for which `target` has been above M at every close; `None`: it is not.
    #[serde(default)]
    pub days_above: Option<f64>,
    /// What held it today.
    pub clamps: Vec<Clamp>,
}

/// Something that held M.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Clamp {
    /// The product fell below the floor.
    Floor {
        /// Product of the drivers.
        raw: f64,
        /// The floor.
        floor: f64,
    },
    /// The product rose above the cap.
    Cap {
        /// Product of the drivers.
        raw: f64,
        /// The cap.
        cap: f64,
    },
    /// M would have risen faster than allowed.
    RelaxLimit {
        /// M before.
        previous: f64,
        /// Where it would have gone.
        target: f64,
        /// Where it was held.
        held: f64,
    },
    /// M may not rise yet.
    RelaxDelay {
        /// M, held.
        held: f64,
        /// Where it would have gone.
        target: f64,
        /// Days for which it could have risen.
        waited_days: f64,
        /// Days that it must wait.
        wanted_days: f64,
    },
    /// M would have fallen faster than allowed.
    TightenLimit {
        /// M before.
        previous: f64,
        /// Where it would have gone.
        target: f64,
        /// Where it was held.
        held: f64,
    },
}

impl fmt::Display for Clamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Floor { raw, floor } => write!(f, "floor {floor}: drivers give {raw:.4}"),
            Self::Cap { raw, cap } => write!(f, "cap {cap}: drivers give {raw:.4}"),
            Self::RelaxLimit { previous, target, held } => {
                write!(f, "relaxing slowly: from {previous:.4} to {held:.4} instead of {target:.4}")
            }
            Self::RelaxDelay { held, target, waited_days, wanted_days } => write!(
                f,
                "not relaxing yet: {held:.4} instead of {target:.4}, asked for {waited_days} of \
                 {wanted_days} days"
            ),
            Self::TightenLimit { previous, target, held } => write!(
                f,
                "tightening slowly: from {previous:.4} to {held:.4} instead of {target:.4}"
            ),
        }
    }
}

/// Product of the factors, never NaN: factors are finite and non-negative.
pub(super) fn raw_product(factors: impl Iterator<Item = f64>) -> f64 {
    factors.product::<f64>().min(f64::MAX)
}

/// M with what its memory needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Held {
    pub value: f64,
    pub days_above: Option<f64>,
}

impl From<&Multiplier> for Held {
    fn from(multiplier: &Multiplier) -> Self {
        Self { value: multiplier.value, days_above: multiplier.days_above }
    }
}

/// Days are sums of the history's spacing: a delay is over within this.
const DAYS_TOLERANCE: f64 = 1e-6;

/// Applies a policy's floor, cap, delay and rates.
pub(super) struct Smoother {
    floor: f64,
    cap: f64,
    relax_per_day: f64,
    relax_after_days: f64,
    tighten_per_day: f64,
}

impl Smoother {
    pub fn new(policy: &ConditionPolicy) -> Self {
        Self {
            floor: policy.floor,
            cap: policy.cap.max(policy.floor),
            relax_per_day: policy.relax_per_day,
            relax_after_days: policy.relax_after_days,
            tighten_per_day: policy.tighten_per_day.unwrap_or(f64::INFINITY),
        }
    }

    /// M before any close: 1, within floor and cap.
    pub fn start(&self) -> Multiplier {
        let value = 1f64.clamp(self.floor, self.cap);
        self.step(Held { value, days_above: None }, 1.0, 0.0)
    }

    /// M after each of `raw`.
    pub fn replay(
        &self,
        raw: impl Iterator<Item = f64>,
        days_per_close: f64,
    ) -> impl Iterator<Item = Multiplier> {
        raw.scan(Held::from(&self.start()), move |held, raw| {
            let found = self.step(*held, raw, days_per_close);
            *held = Held::from(&found);
            Some(found)
        })
    }

    /// M `days` after it was `previous`.
    pub fn step(&self, previous: Held, raw: f64, days: f64) -> Multiplier {
        let days = days.max(0.0);
        let target = raw.clamp(self.floor, self.cap);
        let before = previous.value.clamp(self.floor, self.cap);
        let days_above =
            (target > before).then(|| previous.days_above.map_or(0.0, |above| above + days));
        let waited = days_above.is_none_or(|above| above + DAYS_TOLERANCE >= self.relax_after_days);
        let highest = if waited { before + self.relax_per_day * days } else { before };
        // With no limit and no time it falls all the same: infinity times zero would be NaN.
        let fall = if self.tighten_per_day < f64::INFINITY {
            self.tighten_per_day * days
        } else {
            f64::INFINITY
        };
        let value = target.min(highest).max(before - fall);
        let mut found = Multiplier { value, raw, target, days_above, clamps: Vec::new() };
        self.note_clamps(&mut found, previous.value, waited);
        found
    }

    fn note_clamps(&self, found: &mut Multiplier, previous: f64, waited: bool) {
        let Multiplier { value, raw, target, days_above, .. } = *found;
        let floor = (raw < self.floor).then_some(Clamp::Floor { raw, floor: self.floor });
        let cap = (raw > self.cap).then_some(Clamp::Cap { raw, cap: self.cap });
        let rate = (value < target).then_some(match (waited, days_above) {
            (false, Some(waited_days)) => Clamp::RelaxDelay {
                held: value,
                target,
                waited_days,
                wanted_days: self.relax_after_days,
            },
            _ => Clamp::RelaxLimit { previous, target, held: value },
        });
        let fall =
            (value > target).then_some(Clamp::TightenLimit { previous, target, held: value });
        found.clamps = [floor, cap, rate, fall].into_iter().flatten().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOOTHER: Smoother = Smoother {
        floor: 0.2,
        cap: 1.0,
        relax_per_day: 0.1,
        relax_after_days: 0.0,
        tighten_per_day: f64::INFINITY,
    };

    fn last(smoother: &Smoother, raw: &[f64], days: f64) -> Multiplier {
        smoother.replay(raw.iter().copied(), days).last().unwrap()
    }

    fn held(value: f64) -> Held {
        Held { value, days_above: None }
    }

    #[test]
    fn tightens_at_once_and_relaxes_slowly() {
        assert_eq!(last(&SMOOTHER, &[0.5, 0.9, 0.9, 0.4], 1.0).value, 0.4);
        let found = last(&SMOOTHER, &[0.5, 0.9, 0.9], 1.0);
        approx::assert_relative_eq!(found.value, 0.7, max_relative = 1e-14);
        assert!(matches!(found.clamps[..], [Clamp::RelaxLimit { target: 0.9, .. }]));
        let found = last(&SMOOTHER, &[0.5, 0.9], 7.0);
        assert_eq!(found.value, 0.9);
        assert!(found.clamps.is_empty());
    }

    #[test]
    fn every_clamp_is_listed() {
        let found = SMOOTHER.step(held(1.0), 0.05, 1.0);
        assert_eq!(found.value, 0.2);
        assert_eq!(found.clamps, [Clamp::Floor { raw: 0.05, floor: 0.2 }]);
        let found = SMOOTHER.step(held(0.5), 3.0, 1.0);
        assert_eq!(found.value, 0.6);
        assert_eq!(found.clamps.len(), 2);
        assert_eq!(found.clamps[0].to_string(), "cap 1: drivers give 3.0000");
    }

    #[test]
    fn relaxing_waits_and_a_day_below_starts_the_wait_again() {
        let delayed = Smoother { relax_after_days: 2.0, ..SMOOTHER };
        let raw = [0.5, 0.9, 0.9, 0.9, 0.9, 0.4, 0.9, 0.9, 0.9];
        let found: Vec<Multiplier> = delayed.replay(raw.into_iter(), 1.0).collect();
        let values: Vec<f64> = found.iter().map(|one| (one.value * 1e9).round() / 1e9).collect();
        assert_eq!(values, [0.5, 0.5, 0.5, 0.6, 0.7, 0.4, 0.4, 0.4, 0.5]);
        assert_eq!(found[2].days_above, Some(1.0));
        assert!(matches!(found[2].clamps[..], [Clamp::RelaxDelay { waited_days: 1.0, .. }]));
        assert_eq!(
            found[2].clamps[0].to_string(),
            "not relaxing yet: 0.5000 instead of 0.9000, asked for 1 of 2 days"
        );
        assert_eq!(found[5].days_above, None);
    }

    #[test]
    fn falling_is_limited_where_the_policy_says_so() {
        let limited = Smoother { tighten_per_day: 0.2, ..SMOOTHER };
        let found = limited.step(held(1.0), 0.3, 1.0);
        assert_eq!(found.value, 0.8);
        assert!(matches!(found.clamps[..], [Clamp::TightenLimit { target: 0.3, .. }]));
        assert_eq!(limited.step(held(1.0), 0.3, 0.0).value, 1.0);
        assert_eq!(SMOOTHER.step(held(1.0), 0.3, 0.0).value, 0.3);
    }
}
