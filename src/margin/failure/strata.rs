//! Failures drawn more often than they happen, with weights that make up for it.
//!
//! A venue fails at the first node at which its cumulative hazard Λ reaches an exponential clock E.
//! Under strata E is drawn from a defensive mixture of clocks that run one, √c and c times as fast,
//! `P(E ≤ x) = 1 − Q(x)`, `Q(x) = Σ α e^{−m·x}`, c such that a stated share of paths fails. What
//! happened counts its likelihood ratio: survival of Λ `Q(Λ)/e^{−Λ}`, failure between Λ and Λ + h
//! `(Q(Λ) − Q(Λ + h))/(e^{−Λ} − e^{−Λ−h})`, over which a path's weight is one. Both are known on the
//! path as it is walked, so that hazards may follow prices, and prices what happened.
//!
//! Paths come in rounds of one a stratum. Each stratum belongs to one venue, whose clock it draws
//! from an equal part of its law; other venues' clocks there are as they are. A path's weight is
//! `1/Σ β_v·R_v` over the shares β of the venues and their ratios R (the balance heuristic of Veach
//! & Guibas 1995 with fixed allocation): at most `1/α` of the slowest clock, whatever hazards do.
//!
//! Source: Hesterberg (1995, "Weighted average importance sampling and defensive mixture
//! distributions"); Owen & Zhou (2000). Limits: the share is met on pilot paths; two venues that
//! fail on one path are drawn no more often than hazards say, times the ratio of either.

use serde::{Deserialize, Serialize};

use crate::numeric::InstructionSet;
use crate::numeric::kernel::exp_in_place;

/// Strata of the failures of all venues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureStrata {
    /// Strata in a round; a path's is its id modulo them.
    pub strata: u32,
    /// The venues that they belong to, by first stratum.
    pub venues: Vec<VenueStrata>,
}

/// Strata of one venue.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VenueStrata {
    /// Index into `Portfolio::venues`.
    pub venue: usize,
    /// Its first stratum.
    pub first: u32,
    /// How many it has.
    pub count: u32,
    /// How its clock is drawn there.
    pub tilt: ClockTilt,
}

/// Law of a clock of failure: a mixture of clocks, the first as fast as hazards say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClockTilt {
    /// α: shares of the mixture, which sum to one.
    shares: [f64; 3],
    /// How many times as fast each runs: 1, √c, c.
    speeds: [f64; 3],
}

impl ClockTilt {
    /// The mixture of which `share` of paths fail where the fastest clock, `speed` ≥ 1 times as fast
    /// as hazards say, strikes with [`Self::fastest_probability`].
    ///
    /// Of the paths that need not fail the law itself has four parts in five, clocks √c as fast the
    /// rest: they keep weights of paths on which the fastest would strike at once near even.
    pub fn new(share: f64, speed: f64) -> Self {
        let rest = (1.0 - share) / 6.0;
        Self { shares: [4.0 * rest, rest, 1.0 - 5.0 * rest], speeds: [1.0, speed.sqrt(), speed] }
    }

    /// With what probability the fastest clock must strike for `share` of all paths to fail.
    pub fn fastest_probability(share: f64) -> f64 {
        6.0 * share / (1.0 + 5.0 * share)
    }

    /// The largest weight of a path.
    pub fn weight_bound(&self) -> f64 {
        1.0 / self.shares[0]
    }

    /// Likelihood ratios of surviving cumulative hazards, `Σ α e^{−(m−1)·Λ}`; `powers` is scratch.
    ///
    /// # Panics
    /// If the slices differ in length: a fault of the caller's code.
    pub fn fill_survival_ratios(
        &self,
        isa: InstructionSet,
        exposures: &[f64],
        powers: &mut [f64],
        ratios: &mut [f64],
    ) {
        assert!(exposures.len() == ratios.len() && powers.len() == ratios.len(), "one a path");
        ratios.fill(self.shares[0]);
        for (share, speed) in self.shares.iter().zip(self.speeds).skip(1) {
            let arguments = powers.iter_mut().zip(exposures);
            arguments.for_each(|(power, exposure)| *power = (1.0 - speed) * exposure);
            exp_in_place(isa, powers);
            let sums = ratios.iter_mut().zip(&*powers);
            sums.for_each(|(ratio, power)| *ratio += share * power);
        }
    }

    /// Likelihood ratio of failing in a step of `hazard` > 0 after surviving `exposure`.
    pub fn failure_ratio(&self, exposure: f64, hazard: f64) -> f64 {
        let plain = libm::expm1(-hazard);
        let terms = self.shares.iter().zip(self.speeds).map(|(share, speed)| {
            share * libm::exp((1.0 - speed) * exposure) * libm::expm1(-speed * hazard) / plain
        });
        terms.sum()
    }
}

impl FailureStrata {
    /// `strata` shared out evenly over `tilts` (index into `Portfolio::venues`, law of the clock), of
    /// which there are no more.
    pub fn evenly(strata: u32, tilts: &[(usize, ClockTilt)]) -> Self {
        let venues = tilts.len() as u32;
        let end = |index: usize| strata * index as u32 / venues;
        let each = tilts.iter().enumerate().map(|(index, &(venue, tilt))| {
            let first = end(index);
            VenueStrata { venue, first, count: end(index + 1) - first, tilt }
        });
        Self { strata, venues: each.collect() }
    }

    /// The largest weight of a path.
    pub fn weight_bound(&self) -> f64 {
        self.venues.iter().map(|one| one.tilt.weight_bound()).fold(1.0, f64::max)
    }
}

impl VenueStrata {
    /// Whether `stratum` is its.
    pub fn has(&self, stratum: u32) -> bool {
        (self.first..self.first + self.count).contains(&stratum)
    }

    /// The number below which survival `Q` must fall for the clock to strike, of a path in one of its
    /// strata with this uniform.
    pub fn survival_drawn(&self, stratum: u32, uniform: f64) -> f64 {
        1.0 - (f64::from(stratum - self.first) + uniform) / f64::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    /// Σ over what can happen on three nodes of ratio × probability is one, at any hazards: ratios
    /// are those of a law.
    #[test]
    fn ratios_are_those_of_a_law() {
        for hazards in [[1e-7, 3e-7, 2e-7], [1e-4, 0.3, 20.0], [5.0, 1e-12, 0.0]] {
            for tilt in [ClockTilt::new(0.25, 6e4), ClockTilt::new(0.9, 3.0)] {
                let (mut exposure, mut total) = (0.0, 0.0);
                for hazard in hazards.into_iter().filter(|hazard| *hazard > 0.0) {
                    let probability = libm::exp(-exposure) * -libm::expm1(-hazard);
                    total += probability * tilt.failure_ratio(exposure, hazard);
                    exposure += hazard;
                }
                let (mut power, mut ratio) = ([0.0], [0.0]);
                let isa = InstructionSet::Baseline;
                tilt.fill_survival_ratios(isa, &[exposure], &mut power, &mut ratio);
                total += libm::exp(-exposure) * ratio[0];
                assert_relative_eq!(total, 1.0, max_relative = 1e-12);
                assert!(1.0 / ratio[0] <= tilt.weight_bound());
            }
        }
    }

    /// Under an even hazard that fails with p, c = ln(1 − q)/ln(1 − p) makes the mixture fail with
    /// the stated share and what the slower clocks add.
    #[test]
    fn the_mixture_fails_with_the_stated_share() {
        for share in [0.05, 0.25, 0.75] {
            let exposure = 1e-5;
            let fastest = ClockTilt::fastest_probability(share);
            let tilt = ClockTilt::new(share, -libm::log1p(-fastest) / exposure);
            let fails = exposure * tilt.failure_ratio(0.0, exposure);
            assert!(fails > share && fails < share + 2e-3, "{fails} for {share}");
        }
    }

    #[test]
    fn strata_are_shared_out_and_each_has_its_part() {
        let tilt = ClockTilt::new(0.25, 10.0);
        let found = FailureStrata::evenly(8, &[(4, tilt), (0, tilt), (2, tilt)]);
        let parts: Vec<_> = found.venues.iter().map(|one| (one.first, one.count)).collect();
        assert_eq!(parts, [(0, 2), (2, 3), (5, 3)]);
        assert!(found.venues[1].has(4) && !found.venues[1].has(5));
        assert_eq!(found.venues[1].survival_drawn(3, 0.5), 0.5);
        assert_eq!(found.weight_bound(), 2.0);
    }
}
