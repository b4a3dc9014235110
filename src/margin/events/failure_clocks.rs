//! Clocks of failure over a block of paths: venues fail more often than hazards say, and every path
//! knows what it counts for.
//!
//! Flows in: [`FailureStrata`], the hazards of each node. Flows out: whether the clock of a venue
//! strikes on the paths of its strata, and the weight of every path by all that has failed and not
//! failed on it so far. The formulas stand in [`crate::margin::failure`]; a stratum whose venue the
//! book has no account at draws as hazards say.

use super::failing_venues::NEVER;
use crate::margin::failure::{FailureStrata, VenueStrata};
use crate::numeric::isa::InstructionSet;
use crate::numeric::kernel::exp_in_place;
use crate::numeric::{Purpose, Streams};

/// The venues of a book whose clocks are tilted.
#[derive(Debug, Clone)]
pub(super) struct FailureClocks {
    strata: u32,
    /// Index among the failing venues, and its strata.
    tilted: Vec<(usize, VenueStrata)>,
    /// Share of the strata in which no clock is tilted.
    untilted: f64,
}

/// Clocks on the paths of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct ClockState {
    path_count: usize,
    /// `[tilted][path]`: cumulative hazard survived.
    exposures: Vec<f64>,
    /// `[tilted][path]`: likelihood ratio.
    ratios: Vec<f64>,
    /// `[path]`: the tilted venue whose stratum it is in, if any.
    turns: Vec<Option<usize>>,
    /// `[path]`: survival at which the clock of that venue strikes.
    drawn: Vec<f64>,
    /// `[path]`: survival in the law of the clock, after the node.
    survival: Vec<f64>,
    /// `[path]`: scratch.
    next: [Vec<f64>; 3],
    /// `[path]`: what each counts for; room for none without strata.
    pub weights: Vec<f64>,
}

impl ClockState {
    /// Whether the clock of a tilted venue strikes at the node; `None` where the path is of another
    /// stratum. Call after [`FailureClocks::survive`].
    pub fn strikes(&self, slot: usize, place: usize) -> Option<bool> {
        (self.turns[place] == Some(slot)).then(|| self.survival[place] <= self.drawn[place])
    }
}

impl FailureClocks {
    /// `None` where none of the `failing` venues (indices into `Portfolio::venues`) has strata.
    pub fn new(strata: &FailureStrata, failing: &[usize]) -> Option<Self> {
        let of =
            |one: &VenueStrata| Some((failing.iter().position(|venue| *venue == one.venue)?, *one));
        let mut tilted: Vec<(usize, VenueStrata)> = strata.venues.iter().filter_map(of).collect();
        // Clocks are drawn when the first of them is looked at.
        tilted.sort_by_key(|(venue, _)| *venue);
        let taken: u32 = tilted.iter().map(|(_, one)| one.count).sum();
        let untilted = f64::from(strata.strata - taken) / f64::from(strata.strata);
        (!tilted.is_empty()).then_some(Self { strata: strata.strata, tilted, untilted })
    }

    /// Where a failing venue stands among the tilted ones.
    pub fn slot(&self, venue: usize) -> Option<usize> {
        self.tilted.iter().position(|(index, _)| *index == venue)
    }

    /// Numbers of state a path.
    pub fn width(&self) -> usize {
        2 * self.tilted.len() + 8
    }

    pub fn state(&self, path_capacity: usize) -> ClockState {
        let rows = |rows: usize| vec![0.0; rows * path_capacity];
        ClockState {
            path_count: 0,
            exposures: rows(self.tilted.len()),
            ratios: rows(self.tilted.len()),
            turns: vec![None; path_capacity],
            drawn: rows(1),
            survival: rows(1),
            next: [rows(1), rows(1), rows(1)],
            weights: rows(1),
        }
    }

    /// Begins a block: nothing has been survived.
    pub fn start_block(&self, state: &mut ClockState, path_count: usize) {
        state.path_count = path_count;
        state.exposures[..self.tilted.len() * path_count].fill(0.0);
        state.ratios[..self.tilted.len() * path_count].fill(1.0);
        state.weights[..path_count].fill(1.0);
    }

    /// Takes the hazards of a step to a node: likelihood ratios and survival of paths on which the
    /// venue has not failed, as though it did not fail there either.
    pub fn survive(
        &self,
        (isa, slot): (InstructionSet, usize),
        (streams, node, paths): (Streams, usize, &[u64]),
        (hazards, failed): (&[f64], &[u32]),
        state: &mut ClockState,
    ) {
        if node == 0 && slot == 0 {
            self.draw(streams, paths, state);
        }
        let count = state.path_count;
        let ClockState { exposures, ratios, survival, next, .. } = state;
        let [after, powers, found] = next.each_mut().map(|column| &mut column[..count]);
        let exposures = &exposures[slot * count..][..count];
        let hazarded = exposures.iter().zip(hazards);
        after.iter_mut().zip(hazarded).for_each(|(after, (before, step))| *after = before + step);
        self.tilted[slot].1.tilt.fill_survival_ratios(isa, after, powers, found);
        let survival = &mut survival[..count];
        survival.iter_mut().zip(&*after).for_each(|(slot, after)| *slot = -after);
        exp_in_place(isa, survival);
        survival.iter_mut().zip(&*found).for_each(|(slot, ratio)| *slot *= ratio);
        let ratios = ratios[slot * count..][..count].iter_mut().zip(failed).zip(found);
        let standing = ratios.filter(|((_, failed), _)| **failed == NEVER);
        standing.for_each(|((ratio, _), found)| *ratio = *found);
    }

    /// Takes where the venue failed at the node; what paths count for is then up to date.
    pub fn strike(&self, slot: usize, struck: &[usize], hazards: &[f64], state: &mut ClockState) {
        let count = state.path_count;
        let ClockState { exposures, ratios, next: [after, ..], weights, .. } = state;
        let tilt = &self.tilted[slot].1.tilt;
        let exposures = &mut exposures[slot * count..][..count];
        for &place in struck {
            let ratio = tilt.failure_ratio(exposures[place], hazards[place]);
            ratios[slot * count + place] = ratio;
        }
        exposures.copy_from_slice(&after[..count]);
        let weights = &mut weights[..count];
        weights.fill(self.untilted);
        for ((_, one), ratios) in self.tilted.iter().zip(ratios.chunks_exact(count)) {
            let share = f64::from(one.count) / f64::from(self.strata);
            weights.iter_mut().zip(ratios).for_each(|(sum, ratio)| *sum += share * ratio);
        }
        weights.iter_mut().for_each(|weight| *weight = 1.0 / *weight);
    }

    /// Draws the clock of each path in its stratum.
    fn draw(&self, streams: Streams, paths: &[u64], state: &mut ClockState) {
        let drawn = &mut state.drawn[..paths.len()];
        streams.fill_uniforms(Purpose::FailureClock, 0, 0, paths, drawn);
        for ((drawn, turn), path) in drawn.iter_mut().zip(&mut state.turns).zip(paths) {
            let stratum = (path % u64::from(self.strata)) as u32;
            *turn = self.tilted.iter().position(|(_, one)| one.has(stratum));
            if let Some((_, one)) = turn.map(|slot| &self.tilted[slot]) {
                *drawn = one.survival_drawn(stratum, *drawn);
            }
        }
    }
}
