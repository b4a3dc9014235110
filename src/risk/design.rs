//! How paths were drawn: what is independent of what, and what is known exactly.

use serde::{Deserialize, Serialize};

/// The smallest group of consecutive paths that is independent of all other groups.
///
/// Errors come from the spread between units, never from inside one: the paths of a unit are
/// dependent on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unit {
    /// Every path is independent: plain and importance sampling.
    #[default]
    Path,
    /// Two paths, the second driven by the first's normals with the sign turned.
    AntitheticPair,
    /// One path of every stratum (proportional allocation).
    Round {
        /// Strata.
        paths: usize,
    },
    /// A whole low-discrepancy point set under one randomisation.
    Replicate {
        /// Points.
        paths: usize,
    },
}

impl Unit {
    /// Consecutive paths in one unit, at least one.
    pub fn paths(self) -> usize {
        match self {
            Self::Path => 1,
            Self::AntitheticPair => 2,
            Self::Round { paths } | Self::Replicate { paths } => paths.max(1),
        }
    }

    /// `paths` less what the last whole unit leaves over; all where no unit is whole.
    pub fn whole(self, paths: u64) -> u64 {
        let unit = self.paths() as u64;
        if paths < unit { paths } else { paths - paths % unit }
    }

    /// What several are called, for outputs.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Path => "paths",
            Self::AntitheticPair => "antithetic pairs",
            Self::Round { .. } => "rounds of strata",
            Self::Replicate { .. } => "randomised replicates",
        }
    }
}

/// How a sample was drawn: known before any path is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SampleDesign {
    /// What is independent.
    pub unit: Unit,
    /// Exact expectation of each control, in the order a path lists them.
    ///
    /// The expectation is that under the distribution paths are drawn from: under importance
    /// sampling a control is already multiplied by the likelihood ratio.
    pub control_means: Vec<f64>,
}

impl SampleDesign {
    /// Independent paths without controls.
    pub fn plain() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_never_empty() {
        assert_eq!(Unit::Round { paths: 0 }.paths(), 1);
        assert_eq!(Unit::AntitheticPair.paths(), 2);
        assert_eq!(Unit::Round { paths: 40 }.whole(131_072), 131_040);
        assert_eq!(Unit::Replicate { paths: 40 }.whole(7), 7);
        assert_eq!(SampleDesign::plain().unit, Unit::Path);
    }
}
