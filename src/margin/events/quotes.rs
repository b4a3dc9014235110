//! Everything that is priced at a node: marks of positions, forwards, coins, collateral.

use super::book::EventBook;
use crate::numeric::isa::InstructionSet;
use crate::pricing::{LinesScratch, PathState};
use crate::simulation::FactorBlock;

/// Prices of a block of paths at one moment, in USD.
#[derive(Debug, Clone)]
pub(super) struct Quotes {
    pub path_count: usize,
    /// `[position][path]`: value of what is held today, without cash.
    pub marks: Vec<f64>,
    /// `[price][path]`: assets.
    pub prices: Vec<f64>,
    /// `[line][path]`: see [`EventBook`].
    pub lines: Vec<f64>,
    /// `[logged factor][path]`: logarithms over today.
    pub logs: Vec<f64>,
    state: PathState,
    scratch: LinesScratch,
}

impl Quotes {
    pub fn new(book: &EventBook, path_capacity: usize) -> Self {
        Self {
            path_count: 0,
            marks: vec![0.0; book.positions.len() * path_capacity],
            prices: vec![0.0; book.prices.len() * path_capacity],
            lines: vec![0.0; book.line_count() * path_capacity],
            logs: vec![0.0; book.logged.len() * path_capacity],
            state: PathState::new(&book.marks, path_capacity),
            scratch: book.lines.scratch(path_capacity),
        }
    }

    /// Prices `block` at `moment` (0 is today, `i + 1` node `i`).
    pub fn fill(
        &mut self,
        book: &EventBook,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
    ) {
        let count = block.path_count();
        self.path_count = count;
        book.marks.start_block(&mut self.state, count);
        let marks = &mut self.marks[..book.positions.len() * count];
        match moment.checked_sub(1) {
            None => book.marks.values_today(isa, block, &mut self.state, marks),
            Some(node) => book.marks.values(isa, node, block, &mut self.state, marks),
        }
        for (price, out) in book.prices.iter().zip(self.prices.chunks_exact_mut(count)) {
            price.fill(block, out);
        }
        for (factor, out) in book.logged.iter().zip(self.logs.chunks_exact_mut(count)) {
            out.copy_from_slice(block.log(*factor));
        }
        book.lines.prepare(isa, moment, block, &mut self.scratch);
        let arrays = self.lines.chunks_exact_mut(count).take(book.line_count());
        for (line, out) in arrays.enumerate() {
            book.lines.fill(isa, line, moment, block, &self.scratch, out);
        }
    }

    /// What the positions of today were paid in the step to `node`, in native units `[slot][path]`
    /// of the book of marks; read by [`Self::paid`].
    pub fn step(
        &mut self,
        book: &EventBook,
        isa: InstructionSet,
        node: usize,
        (previous, current): (&FactorBlock, &FactorBlock),
    ) {
        book.marks.start_block(&mut self.state, current.path_count());
        book.marks.step(isa, node, previous, current, &mut self.state);
    }

    /// Cash of a slot since the last step began.
    pub fn paid(&self, slot: usize) -> &[f64] {
        self.state.cash(slot)
    }

    pub fn mark(&self, position: usize) -> &[f64] {
        row(&self.marks, position, self.path_count)
    }

    pub fn price(&self, price: usize) -> &[f64] {
        row(&self.prices, price, self.path_count)
    }

    pub fn log(&self, slot: usize) -> &[f64] {
        row(&self.logs, slot, self.path_count)
    }

    pub fn line(&self, line: usize) -> &[f64] {
        row(&self.lines, line, self.path_count)
    }
}

/// One row of an array `[row][path]`.
pub(super) fn row(array: &[f64], index: usize, count: usize) -> &[f64] {
    &array[index * count..][..count]
}

/// One row of an array `[row][path]`, to write.
pub(super) fn row_mut(array: &mut [f64], index: usize, count: usize) -> &mut [f64] {
    &mut array[index * count..][..count]
}
