//! Floor, cap, and memory: tighten at once, relax at a limited rate.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::policy::ConditionPolicy;

/// M for one direction with everything that held it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multiplier {
    /// M used.
    pub value: f64,
    /// Product of the drivers.
    pub raw: f64,
    /// After floor and cap, before memory.
    pub target: f64,
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
}

impl fmt::Display for Clamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Floor { raw, floor } => write!(f, "floor {floor}: drivers give {raw:.4}"),
            Self::Cap { raw, cap } => write!(f, "cap {cap}: drivers give {raw:.4}"),
            Self::RelaxLimit { previous, target, held } => {
                write!(f, "relaxing slowly: from {previous:.4} to {held:.4} instead of {target:.4}")
            }
        }
    }
}

/// Product of the factors, never NaN: factors are finite and non-negative.
pub(super) fn raw_product(factors: impl Iterator<Item = f64>) -> f64 {
    factors.product::<f64>().min(f64::MAX)
}

/// Applies a policy's floor, cap and rate.
pub(super) struct Smoother {
    floor: f64,
    cap: f64,
    relax_per_day: f64,
}

impl Smoother {
    pub fn new(policy: &ConditionPolicy) -> Self {
        Self {
            floor: policy.floor,
            cap: policy.cap.max(policy.floor),
            relax_per_day: policy.relax_per_day,
        }
    }

    /// M after the last of `raw`, starting at M = 1 (within floor and cap) before the first.
    pub fn replay(&self, raw: impl Iterator<Item = f64>, days_per_close: f64) -> Multiplier {
        let start = 1f64.clamp(self.floor, self.cap);
        let mut multiplier = self.step(start, 1.0, 0.0);
        for raw in raw {
            multiplier = self.step(multiplier.value, raw, days_per_close);
        }
        multiplier
    }

    /// M `days` after it was `previous`.
    pub fn step(&self, previous: f64, raw: f64, days: f64) -> Multiplier {
        let target = raw.clamp(self.floor, self.cap);
        let allowed = previous.clamp(self.floor, self.cap) + self.relax_per_day * days.max(0.0);
        let value = target.min(allowed);
        let floor = (raw < self.floor).then_some(Clamp::Floor { raw, floor: self.floor });
        let cap = (raw > self.cap).then_some(Clamp::Cap { raw, cap: self.cap });
        let limit = (value < target).then_some(Clamp::RelaxLimit { previous, target, held: value });
        Multiplier {
            value,
            raw,
            target,
            clamps: [floor, cap, limit].into_iter().flatten().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOOTHER: Smoother = Smoother { floor: 0.2, cap: 1.0, relax_per_day: 0.1 };

    #[test]
    fn tightens_at_once_and_relaxes_slowly() {
        let found = SMOOTHER.replay([0.5, 0.9, 0.9, 0.4].into_iter(), 1.0);
        assert_eq!(found.value, 0.4);
        let found = SMOOTHER.replay([0.5, 0.9, 0.9].into_iter(), 1.0);
        approx::assert_relative_eq!(found.value, 0.7, max_relative = 1e-14);
        assert!(matches!(found.clamps[..], [Clamp::RelaxLimit { target: 0.9, .. }]));
        let found = SMOOTHER.replay([0.5, 0.9].into_iter(), 7.0);
        assert_eq!(found.value, 0.9);
        assert!(found.clamps.is_empty());
    }

    #[test]
    fn every_clamp_is_listed() {
        let found = SMOOTHER.step(1.0, 0.05, 1.0);
        assert_eq!(found.value, 0.2);
        assert_eq!(found.clamps, [Clamp::Floor { raw: 0.05, floor: 0.2 }]);
        let found = SMOOTHER.step(0.5, 3.0, 1.0);
        assert_eq!(found.value, 0.6);
        assert_eq!(found.clamps.len(), 2);
        assert_eq!(found.clamps[0].to_string(), "cap 1: drivers give 3.0000");
    }
}
