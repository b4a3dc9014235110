//! Whether a cascade that took all open interest of a side had lost strength on its way.

use super::profile::{Front, Profile};
use super::{Cascade, CascadeInput, CascadeScratch, CoinState};

/// Passes of the power iteration.
const PASSES: u32 = 200;
/// Rounding that a strength of one allows for.
const TOLERANCE: f64 = 1e-9;

impl Cascade {
    /// Whether the mean slopes along the way, `s_i` = displacement over the stretch liquidated by
    /// the cascade, give a system `D = |β|·s·D` that does not contract: largest eigenvalue at
    /// least 1. For one coin, `λh ≥ 1` on average.
    ///
    /// By power iteration in place: its passes are those of Gauss and Seidel, whose eigenvalue is
    /// on the same side of one (Stein & Rosenberg 1948).
    pub(super) fn kept_strength(
        &self,
        input: CascadeInput,
        state: &[CoinState],
        scratch: &mut CascadeScratch,
    ) -> bool {
        let CascadeScratch { before, pulse, slopes, .. } = scratch;
        for (coin, slope) in slopes.iter_mut().enumerate() {
            *slope = self.mean_slope(coin, input, before, &state[coin]);
        }
        pulse.fill(1.0);
        let mut growth = 0.0;
        for _ in 0..PASSES {
            let sum: f64 = pulse.iter().sum();
            if sum <= 0.0 {
                return false;
            }
            pulse.iter_mut().for_each(|slot| *slot /= sum);
            for coin in 0..self.coins.len() {
                pulse[coin] = slopes[coin] * self.felt(coin, pulse);
            }
            growth = pulse.iter().sum();
        }
        growth >= 1.0 - TOLERANCE
    }

    /// What coin feels of displacements of all.
    fn felt(&self, coin: usize, displacements: &[f64]) -> f64 {
        if self.propagation.is_none() {
            return displacements[coin];
        }
        let row = self.propagation.row(coin).iter();
        row.zip(displacements).map(|(share, one)| share.abs() * one).sum()
    }

    /// Displacement by what the cascade sold or bought, for each unit of move it passed.
    fn mean_slope(
        &self,
        coin: usize,
        input: CascadeInput,
        before: &[CoinState],
        after: &CoinState,
    ) -> f64 {
        let terms = &self.coins[coin];
        let start = input.moves[coin] + self.displacement(coin, before);
        let driver = terms.driver(input.stress[coin]);
        let side = |profile: &Profile, start: f64, mut front: Front, end: Front| {
            if start > front.reached {
                profile.pass(&terms.impact, start.min(profile.last()), &driver, &mut front);
            }
            slope(front, end)
        };
        let (was, is) = (terms.own_displacement(&before[coin]), terms.own_displacement(after));
        let down = side(&terms.long, -start, before[coin].fall(was.sold), after.fall(is.sold));
        let rise = (before[coin].rise(was.bought), after.rise(is.bought));
        down.max(side(&terms.short, start, rise.0, rise.1))
    }
}

fn slope(start: Front, end: Front) -> f64 {
    let way = end.reached - start.reached;
    let moved = end.displacement - start.displacement;
    if way > 0.0 { moved / way } else { 0.0 }
}
