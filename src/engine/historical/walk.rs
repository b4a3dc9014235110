//! One replayed path walked, with events throughout, at its first nodes alone, or never.

use crate::engine::compiled::Compiled;
use crate::engine::ledger::AccountValues;
use crate::engine::path::{PathEngine, PathHappening, Workspace};

/// When things happen to accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acting {
    /// At every node, and today.
    Throughout,
    /// Today, and at the first nodes.
    AtFirst(usize),
    /// Not even today.
    Never,
}

/// Walks paths of one book.
pub(super) struct Walker<'a> {
    pub book: &'a Compiled<'a>,
}

/// What one walk found.
pub(super) struct Walk {
    /// The path walked.
    pub path: u64,
    /// `[node][account]`: loss since today.
    losses: Vec<f64>,
    /// By account, at the end.
    pub ends: Vec<End>,
    /// What happened, in order of time.
    pub happened: Vec<PathHappening>,
    /// `[node][underlying]`: spot over today's.
    spots: Vec<f64>,
}

/// An account at the end of a walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    /// Loss, positive is money lost.
    pub loss: f64,
    /// Fees and slippage, those of today's closing included.
    pub cost: f64,
    /// The part of the loss that the venue bears (negative).
    pub relief: f64,
}

impl Walk {
    /// Loss of the book.
    pub fn loss(&self) -> f64 {
        self.ends.iter().map(|end| end.loss).sum()
    }

    /// Spot of an underlying over today's at a node; one today.
    pub fn spot(&self, node: Option<usize>, underlying: usize, underlyings: usize) -> f64 {
        node.map_or(1.0, |node| self.spots[node * underlyings + underlying])
    }
}

impl Walker<'_> {
    pub fn walk(&self, path: u64, acting: Acting) -> Walk {
        let engine = &self.book.engine;
        match acting {
            Acting::Throughout => self.walk_on(engine, path, acting),
            Acting::AtFirst(nodes) => self.walk_on(&engine.acting_at_first(nodes), path, acting),
            Acting::Never => self.walk_on(&engine.acting_at_first(0), path, acting),
        }
    }

    fn walk_on(&self, engine: &PathEngine, path: u64, acting: Acting) -> Walk {
        let ledger = &self.book.ledger;
        let mut workspace = engine.workspace(1);
        let (mut losses, mut spots) = (Vec::new(), Vec::new());
        engine.walk_valued(&mut workspace, &[path], |_, workspace| {
            let accounts = 0..ledger.terms.len();
            losses.extend(accounts.map(|account| self.loss(workspace, account, acting)));
            let level = |factor: &usize| workspace.factors().level(*factor)[0];
            spots.extend(ledger.spot_factors.iter().map(level));
        });
        let mut costs = vec![0.0; ledger.terms.len()];
        engine.add_costs(&workspace, 0, &mut costs);
        let ends = (0..ledger.terms.len()).map(|account| {
            let closing = self.closing_cost(account, acting);
            let equity = self.equity(&workspace, account, closing);
            End {
                loss: self.loss(&workspace, account, acting),
                cost: costs[account] + closing.unwrap_or(0.0),
                relief: ledger.terms[account].relief(equity),
            }
        });
        let ends = ends.collect();
        Walk { path, losses, spots, ends, happened: engine.happenings(&workspace, 0) }
    }

    /// Value of each account at a node, less what its venue bears; today without one.
    pub fn values(&self, walk: &Walk, node: Option<usize>) -> Vec<f64> {
        let terms = self.book.ledger.terms.iter().enumerate();
        let value = |(account, terms): (usize, &crate::engine::ledger::AccountTerms)| {
            let today = terms.positions_value + terms.balances_value;
            let owned = if terms.limited_liability { today.max(0.0) } else { today };
            let loss =
                node.map_or(0.0, |node| walk.losses[node * self.book.ledger.terms.len() + account]);
            owned - loss
        };
        terms.map(value).collect()
    }

    /// What closing an account costs that its venue closes today.
    fn closing_cost(&self, account: usize, acting: Acting) -> Option<f64> {
        self.book.ledger.closing_costs[account].filter(|_| acting != Acting::Never)
    }

    fn account(&self, workspace: &Workspace, account: usize) -> AccountValues {
        let (positions, balances) = self.book.ledger.rows[account];
        AccountValues {
            positions: workspace.row(positions)[0],
            balances: workspace.row(balances)[0],
        }
    }

    fn loss(&self, workspace: &Workspace, account: usize, acting: Acting) -> f64 {
        let closing = self.closing_cost(account, acting);
        self.book.ledger.terms[account].loss(self.account(workspace, account), 1.0, closing)
    }

    fn equity(&self, workspace: &Workspace, account: usize, closing: Option<f64>) -> f64 {
        let values = self.account(workspace, account);
        let positions = match closing {
            Some(cost) => self.book.ledger.terms[account].positions_value - cost,
            None => values.positions,
        };
        positions + values.balances
    }
}
