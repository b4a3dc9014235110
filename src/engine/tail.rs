//! Second pass: requested paths again, by position, for whatever must know where a loss comes from.

use rayon::prelude::*;

use super::control::{Control, Interrupted, Stage};
use super::ledger::AccountTerms;
use super::path::{PathEngine, Workspace};
use crate::portfolio::Portfolio;
use crate::pricing::Row;
use crate::units::PathId;

/// What one row of a tail path is the loss of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TailRow {
    /// A position, with the cash it paid.
    Position(usize),
    /// A balance of an account.
    Balance { account: usize, index: usize },
    /// The part of an account's loss that its venue bears (negative).
    BorneByVenue { account: usize },
    /// The cost of closing an account that its venue would liquidate today.
    ClosingCost { account: usize },
    /// The cost of closing an account that its venue liquidates inside paths.
    LiquidationCost { account: usize },
    /// What is lost of an account by the failure of its venue.
    FailureLoss { account: usize },
}

/// Losses of the requested paths by row.
pub(super) struct TailLosses {
    pub rows: Vec<TailRow>,
    /// Ascending.
    pub paths: Vec<PathId>,
    /// `[row][path]`.
    pub losses: Vec<f64>,
}

impl TailLosses {
    /// Row losses of one path, in row order; `None` where the path was not asked for.
    pub fn path(&self, path: PathId) -> Option<Vec<f64>> {
        let index = self.paths.binary_search(&path).ok()?;
        Some(self.losses.iter().skip(index).step_by(self.paths.len()).copied().collect())
    }
}

/// Reads row losses off walked blocks.
pub(super) struct TailLedger<'a> {
    engine: &'a PathEngine,
    terms: &'a [AccountTerms],
    closing_costs: &'a [Option<f64>],
    rows: Vec<TailRow>,
    /// Account of each book row.
    accounts: Vec<usize>,
}

impl<'a> TailLedger<'a> {
    /// For an engine compiled by position.
    pub fn new(
        engine: &'a PathEngine,
        portfolio: &Portfolio,
        terms: &'a [AccountTerms],
        closing_costs: &'a [Option<f64>],
    ) -> Self {
        let book_rows = engine.book().rows().iter();
        let (mut rows, accounts): (Vec<TailRow>, Vec<usize>) =
            book_rows.map(|row| tail_row(row, portfolio)).unzip();
        for (account, terms) in terms.iter().enumerate() {
            if terms.limited_liability {
                rows.push(TailRow::BorneByVenue { account });
            }
            if closing_costs[account].is_some() {
                rows.push(TailRow::ClosingCost { account });
            }
        }
        let watched = engine.watched_accounts().into_iter();
        rows.extend(watched.map(|account| TailRow::LiquidationCost { account }));
        let claimants = engine.claimants().into_iter();
        rows.extend(claimants.map(|account| TailRow::FailureLoss { account }));
        Self { engine, terms, closing_costs, rows, accounts }
    }

    /// Walks `paths`, ascending, in blocks.
    pub fn losses(&self, paths: Vec<PathId>, control: &Control) -> Result<TailLosses, Interrupted> {
        let width = self.rows.len();
        let total = paths.len() as u64;
        let mut losses = vec![0.0; paths.len() * width];
        let block = self.engine.block_paths().div_ceil(2);
        let tasks = losses.par_chunks_mut((block * width).max(1)).zip(paths.par_chunks(block));
        tasks.try_for_each(|(losses, paths)| {
            control.check()?;
            let ids: Vec<u64> = paths.iter().map(|path| path.0).collect();
            let mut workspace = self.engine.workspace(ids.len());
            self.engine.walk(&mut workspace, &ids);
            let mut equity = vec![0.0; self.terms.len()];
            let mut costs = vec![0.0; 2 * self.terms.len()];
            for (index, losses) in losses.chunks_mut(width.max(1)).enumerate() {
                self.read(&workspace, index, (&mut equity, &mut costs), losses);
            }
            control.advanced(Stage::Tail, paths.len() as u64, total);
            Ok(())
        })?;
        let by_row = (0..width).flat_map(|row| losses.iter().skip(row).step_by(width));
        let losses = by_row.copied().collect();
        Ok(TailLosses { rows: self.rows.clone(), paths, losses })
    }

    /// Row losses of one path of the block; equity is room for one value an account, costs for two.
    fn read(
        &self,
        workspace: &Workspace,
        path: usize,
        (equity, costs): (&mut [f64], &mut [f64]),
        losses: &mut [f64],
    ) {
        costs.fill(0.0);
        let (costs, failures) = costs.split_at_mut(self.terms.len());
        self.engine.add_costs(workspace, path, costs);
        self.engine.add_failure_losses(workspace, path, failures);
        let base = self.engine.book().base_values();
        equity.fill(0.0);
        for (row, &account) in self.accounts.iter().enumerate() {
            let is_position = matches!(self.rows[row], TailRow::Position(_));
            let closed = is_position && self.closing_costs[account].is_some();
            let value = if closed { base[row] } else { workspace.row(row)[path] };
            equity[account] += value;
            losses[row] = base[row] - value;
        }
        for (row, slot) in self.rows.iter().zip(losses).skip(self.accounts.len()) {
            *slot = match *row {
                TailRow::ClosingCost { account } => self.closing_costs[account].unwrap_or(0.0),
                TailRow::BorneByVenue { account } => {
                    let cost = self.closing_costs[account].unwrap_or(0.0) + costs[account];
                    self.terms[account].relief(equity[account] - cost - failures[account])
                }
                TailRow::LiquidationCost { account } => costs[account],
                TailRow::FailureLoss { account } => failures[account],
                TailRow::Position(_) | TailRow::Balance { .. } => *slot,
            };
        }
    }
}

pub(super) fn tail_row(row: &Row, portfolio: &Portfolio) -> (TailRow, usize) {
    match *row {
        Row::Position(position) => {
            (TailRow::Position(position), portfolio.positions[position].account)
        }
        Row::Balance { account, index } => (TailRow::Balance { account, index }, account),
        Row::AccountPositions(_) | Row::AccountBalances(_) => {
            unreachable!("the tail pass is compiled by position")
        }
    }
}
