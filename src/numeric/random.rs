//! Random numbers as pure functions of (seed, purpose, path, step, factor).
//!
//! Flows in: what a number is for. Flows out: the number, whatever slice it was asked in, on any
//! thread, shard or instruction set. Philox counters are (path low, path high, purpose·2²⁴ + step,
//! factor / 2) under the seed as key; the two 64-bit halves of a block give two uniforms on the
//! midpoints of 2⁵² equal cells, or by Box and Muller (1958) two normals: the even factor of a
//! pair takes the cosine, the odd one the sine. |normal| ≤ 8.58.

use super::isa::InstructionSet;
use super::philox::{PhiloxStream, words};

mod fill;

/// What a random number is used for; each purpose has numbers of its own.
///
/// The discriminant is part of every counter: changing one changes results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Normal increments of the factors.
    Diffusion = 0,
    /// Mixing variables of Student-t processes.
    Mixing = 1,
    /// Number of common jumps.
    JumpCount = 2,
    /// Sizes of common jumps.
    JumpSize = 3,
    /// Number of jumps of one factor's own.
    OwnJumpCount = 4,
    /// Sizes of those.
    OwnJumpSize = 5,
    /// Dates drawn from history.
    HistoryDate = 6,
    /// Made-up market histories and books.
    Synthetic = 7,
    /// Brownian bridges between nodes.
    Bridge = 8,
    /// Normals of the whole horizon, where a sampling scheme draws it first.
    Horizon = 9,
    /// What a sampling scheme leaves of the horizon beside its own directions.
    Complement = 10,
    /// Steps between today and a horizon drawn first.
    InnerStep = 11,
    /// Proposals of a stratified scheme.
    Proposal = 12,
    /// Scrambles of quasi-random points.
    Scramble = 13,
    /// Touches of a line between two nodes.
    Passage = 14,
    /// Whether venues fail.
    VenueFailure = 15,
    /// What claims on failed venues are worth.
    ClaimMark = 16,
    /// Whether pegs break, and how far.
    PegBreak = 17,
    /// Factors at sub-steps between two nodes.
    SubStep = 20,
    /// Clocks of failure under strata.
    FailureClock = 21,
    /// What a right model, and wrong ones, would have shown in a backtest.
    BacktestReplicate = 30,
    /// Directions from which a reverse stress is searched.
    SearchStart = 28,
}

/// Steps a purpose can hold: the counter has 24 bits for them.
pub const STEP_COUNT_MAX: u32 = 1 << 24;

/// Source of all random numbers of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    key: [u32; 2],
    isa: InstructionSet,
}

impl Streams {
    /// The numbers of `seed`, computed with `isa`, which does not change them.
    pub fn new(seed: u64, isa: InstructionSet) -> Self {
        Self { key: words(seed), isa }
    }

    /// Standard normals of factors `2·pair` (`even`) and `2·pair + 1` (`odd`) on each of `paths`.
    ///
    /// # Panics
    /// If the slices differ in length or `step` reaches [`STEP_COUNT_MAX`].
    pub fn fill_normal_pair(
        &self,
        purpose: Purpose,
        step: u32,
        pair: u32,
        paths: &[u64],
        even: &mut [f64],
        odd: &mut [f64],
    ) {
        let counter = Counter::new(purpose, step, pair);
        fill::normal_pairs(self.isa, counter, self.key, paths, even, odd);
    }

    /// Standard normals of factors 0, 1, … on `paths`, one row each, `stride` numbers apart; those
    /// of [`Self::fill_normal_pair`]. Rows come in pairs, so there is room for an even number.
    ///
    /// # Panics
    /// If `out` is not a whole number of pairs of rows, a row is shorter than `paths`, or `step`
    /// reaches [`STEP_COUNT_MAX`].
    pub fn fill_normal_rows(
        &self,
        purpose: Purpose,
        step: u32,
        paths: &[u64],
        stride: usize,
        out: &mut [f64],
    ) {
        let counter = Counter::new(purpose, step, 0);
        fill::normal_rows(self.isa, counter, self.key, paths, stride, out);
    }

    /// Standard normals of one factor; those of [`Self::fill_normal_pair`] for `factor / 2`, at
    /// up to twice their cost each.
    ///
    /// # Panics
    /// If the slices differ in length or `step` reaches [`STEP_COUNT_MAX`].
    pub fn fill_normals(
        &self,
        purpose: Purpose,
        step: u32,
        factor: u32,
        paths: &[u64],
        out: &mut [f64],
    ) {
        let counter = Counter::new(purpose, step, factor / 2);
        match Half::of(factor) {
            Half::Even => fill::even_normals(self.isa, counter, self.key, paths, out),
            Half::Odd => fill::odd_normals(self.isa, counter, self.key, paths, out),
        }
    }

    /// Uniforms in the open interval (0, 1): multiples of 2⁻⁵³, symmetric about one half.
    ///
    /// # Panics
    /// If the slices differ in length or `step` reaches [`STEP_COUNT_MAX`].
    pub fn fill_uniforms(
        &self,
        purpose: Purpose,
        step: u32,
        factor: u32,
        paths: &[u64],
        out: &mut [f64],
    ) {
        let counter = Counter::new(purpose, step, factor / 2);
        match Half::of(factor) {
            Half::Even => fill::even_uniforms(self.isa, counter, self.key, paths, out),
            Half::Odd => fill::odd_uniforms(self.isa, counter, self.key, paths, out),
        }
    }

    /// An endless stream of words for one (purpose, path, step, factor), for rejection samplers;
    /// independent of the normals and uniforms of the same purpose.
    ///
    /// # Panics
    /// If `step` reaches [`STEP_COUNT_MAX`].
    pub fn stream(&self, purpose: Purpose, step: u32, factor: u32, path: u64) -> PhiloxStream {
        let counter = Counter::new(purpose, step, factor);
        let [low, high] = words(path);
        // The complemented seed keeps these identities apart from the numbers drawn directly.
        PhiloxStream::derived([low, high, counter.place, factor], self.key.map(|word| !word))
    }
}

/// The part of a Philox counter that all paths of a slice share.
#[derive(Clone, Copy)]
struct Counter {
    place: u32,
    pair: u32,
}

impl Counter {
    fn new(purpose: Purpose, step: u32, pair: u32) -> Self {
        assert!(step < STEP_COUNT_MAX, "step {step} has no counter");
        Self { place: u32::from(purpose as u8) << 24 | step, pair }
    }
}

/// Which half of a pair a factor takes.
enum Half {
    Even,
    Odd,
}

impl Half {
    fn of(factor: u32) -> Self {
        if factor.is_multiple_of(2) { Self::Even } else { Self::Odd }
    }
}

#[cfg(test)]
mod tests;
