//! What has been closed on the paths of a block, and the room to find it in.

use super::reader::Readings;
use crate::pricing::PathState;
use crate::simulation::FactorBlock;

/// Paths closed together.
pub(super) const CLOSING_PATHS: usize = 64;
/// Bound below which an open account is closed; nothing is below that of a closed one.
const OPEN: f64 = 0.0;
const SHUT: f64 = f64::NEG_INFINITY;

/// A liquidation on one path, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Closed {
    /// The node at which it happened.
    pub node: usize,
    /// Equity then, before the cost.
    pub equity: f64,
    /// Maintenance margin then.
    pub requirement: f64,
    /// Gross notional closed.
    pub notional: f64,
    /// What the closing cost.
    pub cost: f64,
    /// What the account owed then, balances without haircuts; zero where something was left.
    pub bad_debt: f64,
}

/// Whether the decisions on a path are those of full revaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Certainty {
    /// All of them are.
    #[default]
    Sure,
    /// An open account was within the error of its polynomials of its line.
    Doubtful,
    /// It left the domain of the polynomials, which say nothing there.
    Outside,
}

/// Errors of equity less requirement by polynomials, where they are looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ProxyErrors {
    /// Equity less requirement in full, `[path]`.
    pub exact: Vec<f64>,
    pub seen: SeenError,
}

/// The largest errors seen of equity less requirement by polynomials.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SeenError {
    /// In USD.
    pub largest: f64,
    /// As a share of its bound: above one a bound is too small.
    pub largest_share: f64,
}

/// Liquidations `[watched account][path]` of a block, the cash they left, and scratch.
///
/// Built once a thread; [`MarginStage::start_block`](super::MarginStage::start_block) clears it for
/// the next block.
#[derive(Debug, Clone)]
pub struct MarginState {
    pub(super) path_capacity: usize,
    pub(super) path_count: usize,
    /// `[account][path]`: what equity less requirement must stay above.
    pub(super) bounds: Vec<f64>,
    /// `[account][path]`, meaningful where the account is closed.
    pub(super) closed: Vec<Closed>,
    /// `[path]`.
    pub(super) certainty: Vec<Certainty>,
    /// Where errors of polynomials are looked at.
    pub(super) errors: Option<ProxyErrors>,
    /// `[slot][path]` in native units, meaningful where the account is closed.
    pub(super) cash: Vec<f64>,
    /// Equity less requirement of one account, `[path]`.
    pub(super) headroom: Vec<f64>,
    pub(super) prices: Vec<f64>,
    pub(super) readings: Readings,
    pub(super) closing: Closing,
}

/// Room to close an account on a few paths.
#[derive(Debug, Clone)]
pub(super) struct Closing {
    /// Places of the paths in the block.
    pub places: Vec<usize>,
    pub block: FactorBlock,
    pub readings: Readings,
    /// One an account.
    pub marks: Vec<PathState>,
    /// `[position][path]` of one account.
    pub values: Vec<f64>,
    pub prices: Vec<f64>,
    pub requirement: Vec<f64>,
    pub notional: Vec<f64>,
    /// Balances without haircuts.
    pub balances: Vec<f64>,
    /// Value of the positions, with the cash they were paid.
    pub paid: Vec<f64>,
}

impl MarginState {
    pub(super) fn start(&mut self, account_count: usize, path_count: usize) {
        assert!(path_count <= self.path_capacity, "margin state too small");
        self.path_count = path_count;
        self.bounds[..account_count * path_count].fill(OPEN);
        self.certainty[..path_count].fill(Certainty::Sure);
    }

    /// Looks from now on how far equity less requirement by polynomials is off that in full.
    pub fn look_at_errors(&mut self) {
        let (exact, seen) = (vec![0.0; self.path_capacity], SeenError::default());
        self.errors = Some(ProxyErrors { exact, seen });
    }

    /// The largest errors seen since [`Self::look_at_errors`].
    pub fn seen_error(&self) -> SeenError {
        self.errors.as_ref().map_or_else(SeenError::default, |errors| errors.seen)
    }

    /// Whether the decisions on each path so far are those of full revaluation.
    pub fn certainty(&self) -> &[Certainty] {
        &self.certainty[..self.path_count]
    }

    /// Marks the paths on which open account `account` left the domain of its polynomials, or has
    /// a headroom within `epsilon` of its line.
    pub(super) fn mark_unsure(&mut self, account: usize, epsilon: f64) {
        let Self { bounds, certainty, headroom, readings, path_count, .. } = self;
        let open = bounds[account * *path_count..][..*path_count].iter().map(|one| *one == OPEN);
        let paths = open.zip(&*headroom).zip(readings.reach(account)).zip(certainty);
        for (((open, headroom), reach), certainty) in paths {
            let found = match (*reach > 1.0, headroom.abs() <= epsilon) {
                (true, _) => Certainty::Outside,
                (false, true) => Certainty::Doubtful,
                (false, false) => Certainty::Sure,
            };
            if open {
                *certainty = found.max(*certainty);
            }
        }
    }

    /// `seen`, or what is larger on open paths inside the domain, whose headroom in full is `exact`.
    pub(super) fn largest_error(
        &self,
        account: usize,
        exact: &[f64],
        (epsilon, mut seen): (f64, SeenError),
    ) -> SeenError {
        let paths = exact.iter().zip(&self.headroom).zip(&self.certainty).enumerate();
        for (path, ((exact, found), certainty)) in paths {
            if *certainty == Certainty::Outside || self.is_closed(account, path) {
                continue;
            }
            let error = (found - exact).abs();
            seen.largest = seen.largest.max(error);
            seen.largest_share = seen.largest_share.max(error / epsilon);
        }
        seen
    }

    pub(super) fn is_closed(&self, account: usize, path: usize) -> bool {
        self.bounds[account * self.path_count + path] == SHUT
    }

    pub(super) fn close(&mut self, account: usize, path: usize, closed: Closed) {
        let at = account * self.path_count + path;
        self.bounds[at] = SHUT;
        self.closed[at] = closed;
    }

    /// The liquidation of watched account `account` on the path at place `path` of the block.
    pub fn closed(&self, account: usize, path: usize) -> Option<&Closed> {
        let at = account * self.path_count + path;
        self.is_closed(account, path).then(|| &self.closed[at])
    }

    /// Places of the paths on which watched account `account` is closed.
    pub fn closed_places(&self, account: usize) -> impl Iterator<Item = usize> {
        let bounds = &self.bounds[account * self.path_count..][..self.path_count];
        bounds.iter().enumerate().filter(|(_, bound)| **bound == SHUT).map(|(path, _)| path)
    }
}
