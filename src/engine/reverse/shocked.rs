//! The book revalued today at points of a ray: whole blocks of instantaneous moves.
//!
//! As stated stresses are: full revaluation today, accounts below their maintenance margin closed at
//! the moved marks where their venue's rules act inside paths, losses beyond equity left with
//! venues.

use std::sync::Arc;

use super::whitening::Whitening;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::ledger::AccountValues;
use crate::margin::EventStage;
use crate::numeric::least_distance::{AlongRay, RADII};
use crate::pricing::PathState;
use crate::simulation::FactorBlock;

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// A loss of the book.
    Loss(f64),
    /// A liquidation of this account, or of any.
    Liquidation(Option<usize>),
}

/// Revalues points.
pub(super) struct Shocked<'a> {
    book: &'a Compiled<'a>,
    whitening: &'a Whitening<'a>,
    stage: Option<Arc<EventStage>>,
    goal: Goal,
    state: PathState,
    block: FactorBlock,
    values: Vec<f64>,
    /// Losses `[account][point]`.
    losses: Vec<f64>,
    /// Notionals closed, alike.
    closed: Vec<f64>,
    point: Vec<f64>,
}

/// The stage that closes accounts, whatever stage the run has.
pub(super) fn closing_stage(book: &Compiled) -> Result<Option<Arc<EventStage>>, EngineError> {
    let general = book.engine.clone().with_general_stage(&book.setting)?;
    Ok(general.event_stage().map(|events| Arc::clone(events.stage())))
}

impl<'a> Shocked<'a> {
    pub fn new(
        book: &'a Compiled<'a>,
        whitening: &'a Whitening<'a>,
        stage: Option<Arc<EventStage>>,
        goal: Goal,
    ) -> Self {
        let compiled = book.engine.book();
        let accounts = book.ledger.rows.len();
        Self {
            state: PathState::new(compiled, RADII),
            block: FactorBlock::new(book.setting.model.factors.len(), RADII),
            values: vec![0.0; compiled.rows().len() * RADII],
            losses: vec![0.0; accounts * RADII],
            closed: vec![0.0; accounts * RADII],
            point: vec![0.0; whitening.dimensions()],
            book,
            whitening,
            stage,
            goal,
        }
    }

    /// Revalues the book at `points`, at most [`RADII`] of them.
    pub fn revalue<'p>(&mut self, points: impl ExactSizeIterator<Item = &'p [f64]>) {
        let count = points.len();
        self.begin(count);
        for (place, point) in points.enumerate() {
            self.place(place, point);
        }
        self.value(count);
    }

    /// Loss of the book at a point revalued last.
    pub fn loss(&self, place: usize, count: usize) -> f64 {
        let accounts = 0..self.book.ledger.rows.len();
        accounts.map(|account| self.losses[account * count + place]).sum()
    }

    /// Loss of an account there, and the notional closed of it.
    pub fn account(&self, account: usize, place: usize, count: usize) -> (f64, f64) {
        (self.losses[account * count + place], self.closed[account * count + place])
    }

    fn begin(&mut self, count: usize) {
        let ids: [u64; RADII] = std::array::from_fn(|index| index as u64);
        self.block.reset(&ids[..count]);
    }

    fn place(&mut self, place: usize, point: &[f64]) {
        let model = self.book.setting.model;
        for factor in 0..model.factors.len() {
            let change = self.whitening.change(factor, point);
            let (log, level) = model.moved(factor, change);
            let (logs, levels) = self.block.factor_mut(factor);
            (logs[place], levels[place]) = (log, level);
        }
    }

    fn value(&mut self, count: usize) {
        let compiled = self.book.engine.book();
        let isa = self.book.setting.isa;
        compiled.start_block(&mut self.state, count);
        compiled.values_today(isa, &self.block, &mut self.state, &mut self.values);
        let closings = self.stage.as_ref().map(|stage| stage.records_today(isa, &self.block));
        let closings = closings.unwrap_or_default();
        let ledger = &self.book.ledger;
        for (account, &(positions, balances)) in ledger.rows.iter().enumerate() {
            let records = closings.iter().find(|(index, _)| *index == account);
            for place in 0..count {
                let record = records.map(|(_, records)| &records[place]);
                let cost = record.map_or(0.0, |record| record.cost);
                let values = AccountValues {
                    positions: self.values[positions * count + place] - cost,
                    balances: self.values[balances * count + place],
                };
                let at_once = ledger.closing_costs[account];
                let slot = account * count + place;
                self.losses[slot] = ledger.terms[account].loss(values, 1.0, at_once);
                self.closed[slot] = record.map_or(0.0, |record| record.notional);
            }
        }
    }

    /// Excess over the goal at a point revalued last; ±1 where the goal is no amount.
    pub fn reached(&self, place: usize, count: usize) -> f64 {
        let accounts = self.book.ledger.rows.len();
        let mut closed = (0..accounts).filter(|at| self.closed[at * count + place] > 0.0);
        let any = match self.goal {
            Goal::Loss(loss) => return self.loss(place, count) - loss,
            Goal::Liquidation(Some(wanted)) => closed.any(|account| account == wanted),
            Goal::Liquidation(None) => closed.next().is_some(),
        };
        if any { 1.0 } else { -1.0 }
    }
}

impl AlongRay for Shocked<'_> {
    fn excess(&mut self, direction: &[f64], radii: &[f64], out: &mut [f64]) {
        let count = radii.len();
        self.begin(count);
        let mut point = std::mem::take(&mut self.point);
        for (place, radius) in radii.iter().enumerate() {
            point.clear();
            point.extend(direction.iter().map(|one| one * radius));
            self.place(place, &point);
        }
        self.point = point;
        self.value(count);
        for (place, out) in out[..count].iter_mut().enumerate() {
            *out = self.reached(place, count);
        }
    }
}
