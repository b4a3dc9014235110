//! One path in each stratum: proposals drawn in order, the first in a stratum goes to its first
//! path, the second to the next.
//!
//! Paths come in rounds of one a stratum, and [`ROUNDS`] rounds share their proposals (the "bin
//! tossing" of GHS 2000). The strata of a sequence of proposals do not tell where inside them they
//! fall, so the n-th proposal of a stratum has the law conditional on it and is independent of
//! every other accepted one. A path is a pure function of its id, whatever block asks for it.

use super::memory::Proposals;

/// Rounds that share proposals: about two proposals a path, against four from single rounds.
pub(super) const ROUNDS: u64 = 8;
/// Proposals drawn at a time.
pub(super) const CHUNK: usize = 256;
/// Bits of a proposal's id that number it within its batch.
const PROPOSAL_BITS: u32 = 24;

/// Strata of the twisted quantity.
#[derive(Debug, Clone)]
pub(super) struct Strata {
    bounds: Vec<f64>,
}

impl Strata {
    pub fn new(bounds: Vec<f64>) -> Self {
        Self { bounds }
    }

    pub fn count(&self) -> usize {
        self.bounds.len() + 1
    }

    /// The stratum of a value.
    fn stratum(&self, value: f64) -> usize {
        self.bounds.partition_point(|bound| *bound < value)
    }

    fn batch(&self, path: u64) -> u64 {
        path / (self.count() as u64 * ROUNDS)
    }

    fn place(&self, path: u64) -> usize {
        let count = self.count() as u64;
        let order = path / count % ROUNDS;
        (path % count * ROUNDS + order) as usize
    }

    /// Calls `accept(slot, proposal)` once for each of `paths`, by its index among them, after
    /// `draw` has filled a chunk of proposals.
    pub fn fill(
        &self,
        paths: &[u64],
        proposals: &mut Proposals,
        draw: impl Fn(&mut Proposals),
        mut accept: impl FnMut(usize, usize, &Proposals),
    ) {
        let mut first = 0;
        for run in paths.chunk_by(|a, b| self.batch(*a) == self.batch(*b)) {
            self.fill_batch(run, proposals, &draw, |slot, index, found| {
                accept(first + slot, index, found);
            });
            first += run.len();
        }
    }

    /// As `fill`, for paths of one batch.
    fn fill_batch(
        &self,
        paths: &[u64],
        proposals: &mut Proposals,
        draw: impl Fn(&mut Proposals),
        mut accept: impl FnMut(usize, usize, &Proposals),
    ) {
        proposals.wanted.fill(0);
        proposals.seen.fill(0);
        let mut repeated = 0;
        for (slot, &path) in paths.iter().enumerate() {
            let wanted = &mut proposals.wanted[self.place(path)];
            repeated += usize::from(*wanted != 0);
            *wanted = slot as u32 + 1;
        }
        assert_eq!(repeated, 0, "a block names a path twice");
        let mut waiting = paths.len();
        let mut next = self.batch(paths[0]) << PROPOSAL_BITS;
        while waiting > 0 {
            proposals.ids.clear();
            proposals.ids.extend(next..next + CHUNK as u64);
            next += CHUNK as u64;
            draw(proposals);
            for index in 0..CHUNK {
                let Some(slot) = self.toss(index, proposals) else { continue };
                accept(slot, index, proposals);
                waiting -= 1;
            }
        }
    }

    /// The slot that waits for this proposal, if one does.
    fn toss(&self, index: usize, proposals: &mut Proposals) -> Option<usize> {
        let stratum = self.stratum(proposals.excess[index]);
        let order = proposals.seen[stratum];
        proposals.seen[stratum] = order + 1;
        if u64::from(order) >= ROUNDS {
            return None;
        }
        let wanted = proposals.wanted[stratum * ROUNDS as usize + order as usize];
        (wanted as usize).checked_sub(1)
    }
}
