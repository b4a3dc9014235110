//! The search of one step for the first time a pool touched its line.

use super::super::book::EventBook;
use super::super::quotes::Quotes;
use super::super::state::Holdings;
use super::{PathStep, REACH, SubStepState, SubSteps};
use crate::margin::first_passage::{crosses, crossing_probability};
use crate::numeric::Purpose;

/// Places of the two ends of the step among a state's points, and of the first point between.
const START: usize = 0;
const END: usize = 1;
const BETWEEN: usize = 2;
/// Rounds in which the prices at the line are found, to this share of the maintenance margin.
const ROUNDS: u32 = 8;
const TOLERANCE: f64 = 1e-9;

/// A part of a step: its ends among the points, their sub-steps, halvings so far.
#[derive(Debug, Clone, Copy)]
struct Part {
    left: usize,
    right: usize,
    from: u32,
    to: u32,
    depth: usize,
}

/// What a search needs to know.
#[derive(Clone, Copy)]
struct Search<'a> {
    steps: &'a SubSteps,
    book: &'a EventBook,
    pool: usize,
    step: PathStep<'a>,
    holdings: &'a Holdings,
    /// Sub-steps a step of this account.
    substeps: u32,
}

impl SubSteps {
    /// Prices at which a pool touched its line in a step, on the first path of what is returned;
    /// `None` where it did not, or was below when the step began.
    pub fn touched<'s>(
        &self,
        book: &EventBook,
        pool: usize,
        step: PathStep,
        holdings: &Holdings,
        state: &'s mut SubStepState,
    ) -> Option<&'s Quotes> {
        let account = self.pools[pool].as_ref()?.account;
        let substeps = self.accounts[account].substeps;
        let search = Search { steps: self, book, pool, step, holdings, substeps };
        for (point, block) in [(START, step.previous), (END, step.current)] {
            let logs = &mut state.points[point].logs;
            let log = |factor: usize| block.log(factor)[step.place];
            logs.iter_mut().enumerate().for_each(|(factor, slot)| *slot = log(factor));
        }
        search.look(START, 0, state);
        if state.points[START].headroom < 0.0 {
            return None;
        }
        search.look(END, substeps, state);
        let whole = Part { left: START, right: END, from: 0, to: substeps, depth: 0 };
        let found = search.first(whole, state)?;
        search.settle_on_line(found, state);
        Some(&state.quotes)
    }
}

impl Search<'_> {
    /// Prices point `point` at sub-step `substep` of the step.
    fn look(&self, point: usize, substep: u32, state: &mut SubStepState) {
        let moment = self.step.node * self.substeps as usize + substep as usize;
        self.steps.look(self.book, (self.pool, moment), (self.step, point), self.holdings, state);
    }

    /// The first of the shortest parts in which the pool touched its line.
    fn first(&self, part: Part, state: &mut SubStepState) -> Option<Part> {
        let share = f64::from(part.to - part.from) / f64::from(self.substeps);
        let time = share * self.step.root * self.step.root;
        let [left, right] = [part.left, part.right].map(|point| &state.points[point]);
        let product = left.headroom * right.headroom;
        let ends_below = right.headroom < 0.0;
        if !ends_below && product > REACH * left.variance.max(right.variance) * time {
            return None;
        }
        if part.to - part.from == 1 {
            let variance = 0.5 * (left.variance + right.variance) * time;
            let ends = (left.headroom, right.headroom);
            return (ends_below || self.touches(part.from, ends, variance)).then_some(part);
        }
        let middle = part.from + (part.to - part.from) / 2;
        let point = BETWEEN + part.depth;
        self.draw(part, middle, time, state);
        self.look(point, middle, state);
        let depth = part.depth + 1;
        self.first(Part { right: point, to: middle, depth, ..part }, state)
            .or_else(|| self.first(Part { left: point, from: middle, depth, ..part }, state))
    }

    /// Draws the factors half-way through a part.
    fn draw(&self, part: Part, middle: u32, time: f64, state: &mut SubStepState) {
        let SubStepState { points, work, .. } = state;
        let (known, drawn) = points.split_at_mut(BETWEEN + part.depth);
        let ends = (known[part.left].logs.as_slice(), known[part.right].logs.as_slice());
        let at = (self.position(middle), self.step.current.paths()[self.step.place]);
        let bridge = &self.steps.bridge;
        bridge.halfway(&self.steps.streams, at, time.sqrt(), ends, work, &mut drawn[0].logs);
    }

    /// Whether the headroom touched zero between two sub-steps.
    fn touches(&self, from: u32, (left, right): (f64, f64), variance: f64) -> bool {
        let probability = crossing_probability(left, right, variance);
        if probability <= 0.0 {
            return false;
        }
        let mut uniform = [0.0];
        let path = self.step.current.paths()[self.step.place];
        let (position, factor) = (self.position(from), 2 * self.pool as u32);
        let streams = &self.steps.streams;
        streams.fill_uniforms(Purpose::Passage, position, factor, &[path], &mut uniform);
        crosses(probability, uniform[0])
    }

    /// Sub-step of the step in the grid of the finest account, for all the same.
    fn position(&self, substep: u32) -> u32 {
        let finest = self.steps.finest;
        self.step.node as u32 * finest + substep * (finest / self.substeps)
    }

    /// Fills the quotes with the prices at which the pool met its line in `part`: from the ends in
    /// proportion, then to a headroom of zero along its covariances with the factors, which is where
    /// they are in the mean given that it is zero.
    fn settle_on_line(&self, part: Part, state: &mut SubStepState) {
        let point = BETWEEN + part.depth;
        let (known, drawn) = state.points.split_at_mut(point);
        let (left, right) = (&known[part.left], &known[part.right]);
        let total = left.headroom + right.headroom.abs();
        let share = if total > 0.0 { left.headroom / total } else { 0.0 };
        for ((slot, left), right) in drawn[0].logs.iter_mut().zip(&left.logs).zip(&right.logs) {
            *slot = left + share * (right - left);
        }
        let substep = if share < 0.5 { part.from } else { part.to };
        for _ in 0..ROUNDS {
            self.look(point, substep, state);
            let met = &mut state.points[point];
            let is_met = met.headroom.abs() <= TOLERANCE * met.maintenance;
            if is_met || met.variance <= 0.0 {
                return;
            }
            let moved = met.headroom / met.variance;
            met.logs.iter_mut().zip(&met.along).for_each(|(log, along)| *log -= moved * along);
        }
        self.look(point, substep, state);
    }
}
