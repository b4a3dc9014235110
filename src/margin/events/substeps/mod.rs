//! Accounts moved by several factors, watched between nodes: whether one fell below its line on the
//! way, when, and at which prices.
//!
//! On a path where an account is near its line, the factors between the nodes are drawn by a joint
//! Brownian bridge ([`FactorBridge`]), halving the step again and again, and the account is repriced
//! there. Halves in which it cannot get to its line are left alone; in the shortest ones it is taken
//! to move evenly with its factors, and touches its line with the probability of a Brownian bridge of
//! its headroom (margin balance less maintenance margin) between the two ends: Glasserman (2003),
//! §6.4, with the local variance of the headroom from its sensitivities at both ends. It is filled
//! where its headroom is zero.
//!
//! | screened by | left alone where |
//! |---|---|
//! | `h₀·h₁` against `9·K²·w` | the bridge touches with less than e⁻¹⁸ at deviation K |
//! | `h₀·h₁` against `16·v·w` | … with less than e⁻³² at the larger variance v of both ends |
//!
//! K is the largest deviation of the headroom a root year that today's book has over a star of moved
//! factors, with that of what transfers have moved, and half as much again; paths whose quantities have
//! changed, and steps over which something was moved, are not screened by it.
//!
//! Limits: quantities, cash and balances between nodes are those at the later one, what settles at it
//! has settled; stops and margin calls are looked at at the nodes.

mod compile;
mod search;
#[cfg(test)]
mod tests;

use super::assess::{At, on_path};
use super::book::EventBook;
use super::quotes::Quotes;
use super::state::Holdings;
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::pricing::{CompiledBook, LinesScratch, PathState, PriceLines};
use crate::simulation::{FactorBlock, FactorBridge};

/// By how much a factor's logarithm is moved to find a sensitivity.
const BUMP: f64 = 1e-5;
/// The deviation of a pool's headroom is taken to be so much larger than the largest over the star.
const MARGIN: f64 = 1.5;
/// Deviations of a step within which an account can be near its line: see the table above.
const SCREEN: f64 = 9.0;
const REACH: f64 = 16.0;

/// All pools that are watched at sub-steps; immutable, shared by threads.
#[derive(Debug, Clone)]
pub(super) struct SubSteps {
    bridge: FactorBridge,
    factor_count: usize,
    /// Most sub-steps a step, a power of two.
    finest: u32,
    /// Most factors of a pool, and one.
    lanes: usize,
    accounts: Vec<FineAccount>,
    /// By pool.
    pools: Vec<Option<NearPool>>,
    streams: Streams,
}

/// A watched account at every sub-step.
#[derive(Debug, Clone)]
struct FineAccount {
    /// Watched account.
    account: usize,
    /// Sub-steps a step, a power of two.
    substeps: u32,
    /// Its positions alone, one row each.
    marks: CompiledBook,
    /// Balances after haircuts, balances, forwards of its contracts.
    lines: PriceLines,
    contracts: std::ops::Range<usize>,
}

/// A pool that is watched at sub-steps.
#[derive(Debug, Clone)]
struct NearPool {
    /// Index into [`SubSteps::accounts`].
    account: usize,
    /// Factors that move it.
    factors: Vec<usize>,
    /// Bound of its headroom's deviation a root year, as long as its quantities are today's.
    deviation: f64,
    /// Headroom today.
    today: f64,
}

/// What a worker keeps of a block for sub-steps.
#[derive(Debug, Clone)]
pub(super) struct SubStepState {
    /// `[pool][path]`: headroom at the node before.
    before: Vec<f64>,
    block: FactorBlock,
    /// One lane as it is, one a factor moved by [`BUMP`].
    quotes: Quotes,
    fine: Vec<(PathState, LinesScratch)>,
    points: Vec<Point>,
    work: Vec<f64>,
}

/// A pool at one time of one path.
#[derive(Debug, Clone, Default)]
struct Point {
    /// Logarithms of all factors.
    logs: Vec<f64>,
    /// Covariance of the headroom with every factor, a year.
    along: Vec<f64>,
    /// Margin balance less maintenance margin.
    headroom: f64,
    maintenance: f64,
    /// Variance of the headroom a year.
    variance: f64,
}

/// A step of one path.
#[derive(Clone, Copy)]
pub(super) struct PathStep<'a> {
    pub isa: InstructionSet,
    pub node: usize,
    pub place: usize,
    pub previous: &'a FactorBlock,
    pub current: &'a FactorBlock,
    /// Root of the variance time.
    pub root: f64,
}

impl SubSteps {
    /// Whether a pool is watched here.
    pub fn watches(&self, pool: usize) -> bool {
        self.pools[pool].is_some()
    }

    /// Room for blocks of up to `path_capacity` paths.
    pub fn state(&self, book: &EventBook, path_capacity: usize) -> SubStepState {
        let room = |fine: &FineAccount| {
            (PathState::new(&fine.marks, self.lanes), fine.lines.scratch(self.lanes))
        };
        let array = || vec![0.0; self.factor_count];
        let point = || Point { logs: array(), along: array(), ..Point::default() };
        let depth = self.finest.trailing_zeros() as usize;
        SubStepState {
            before: vec![0.0; self.pools.len() * path_capacity],
            block: FactorBlock::new(self.factor_count, self.lanes),
            quotes: Quotes::new(book, self.lanes),
            fine: self.accounts.iter().map(room).collect(),
            points: (0..depth + 3).map(|_| point()).collect(),
            work: vec![0.0; self.bridge.work_length()],
        }
    }

    /// Begins a block: every pool has today's headroom.
    pub fn start_block(&self, state: &mut SubStepState, path_count: usize) {
        let pools = state.before.chunks_exact_mut(path_count).zip(&self.pools);
        for (before, pool) in pools {
            before.fill(pool.as_ref().map_or(0.0, |pool| pool.today));
        }
    }

    /// Whether a pool with quantities of today could have touched its line in a step that ended with
    /// this `headroom`; `beside` is the deviation a root year of what was moved to it or from it.
    #[inline]
    pub fn is_near(
        &self,
        pool: usize,
        (place, path_count): (usize, usize),
        (headroom, beside, root): (f64, f64, f64),
        state: &SubStepState,
    ) -> bool {
        let Some(watched) = &self.pools[pool] else { return false };
        let before = state.before[pool * path_count + place];
        let reach = (watched.deviation + MARGIN * beside) * root;
        before.min(headroom) <= 0.0 || before * headroom < SCREEN * reach * reach
    }

    /// Keeps a pool's headroom at a node for the step that follows.
    pub fn keep(
        &self,
        pool: usize,
        (balance, maintenance): (&[f64], &[f64]),
        state: &mut SubStepState,
    ) {
        let before = &mut state.before[pool * balance.len()..][..balance.len()];
        for ((slot, balance), maintenance) in before.iter_mut().zip(balance).zip(maintenance) {
            *slot = balance - maintenance;
        }
    }

    /// Prices a pool's account at a sub-step (of its own grid; 0 is today) for the factors of a
    /// point, and fills in what is known of the pool there.
    fn look(
        &self,
        book: &EventBook,
        (pool, moment): (usize, usize),
        (step, point): (PathStep, usize),
        holdings: &Holdings,
        state: &mut SubStepState,
    ) {
        let Some(watched) = &self.pools[pool] else { return };
        let SubStepState { block, quotes, fine, points, work, .. } = state;
        let point = &mut points[point];
        let path = step.current.paths()[step.place];
        self.bridge.spread((path, &point.logs), (&watched.factors, BUMP), block);
        let account = &self.accounts[watched.account];
        let coarse = step.node + 1;
        account.price(book, step.isa, (moment, coarse), block, quotes, &mut fine[watched.account]);
        let headroom = |lane: usize| {
            let at = At { moment: coarse, place: step.place, quotes, quoted: lane };
            let found = on_path(book, pool, at, holdings);
            (found.balance - found.maintenance, found.maintenance)
        };
        (point.headroom, point.maintenance) = headroom(0);
        let here = point.headroom;
        let sensitivities = watched.factors.iter().enumerate();
        let sensitivities =
            sensitivities.map(|(lane, &factor)| (factor, (headroom(lane + 1).0 - here) / BUMP));
        point.variance = self.bridge.variance(sensitivities, work, &mut point.along);
    }
}

impl FineAccount {
    /// Fills what belongs to the account in `quotes`.
    fn price(
        &self,
        book: &EventBook,
        isa: InstructionSet,
        (moment, coarse): (usize, usize),
        block: &FactorBlock,
        quotes: &mut Quotes,
        (state, scratch): &mut (PathState, LinesScratch),
    ) {
        let count = block.path_count();
        quotes.path_count = count;
        self.marks.start_block(state, count);
        let held = book.accounts[self.account].positions.clone();
        let marks = &mut quotes.marks[held.start * count..held.end * count];
        match moment.checked_sub(1) {
            None => self.marks.values_today(isa, block, state, marks),
            Some(node) => self.marks.values(isa, node, block, state, marks),
        }
        for contract in self.contracts.clone().filter(|one| book.has_settled(*one, coarse)) {
            for &(position, _) in &book.contracts[contract].positions {
                quotes.marks[position * count..][..count].fill(0.0);
            }
        }
        for (price, out) in book.prices.iter().zip(quotes.prices.chunks_exact_mut(count)) {
            price.fill(block, out);
        }
        self.lines.prepare(isa, moment, block, scratch);
        let of_account = [book.collateral_line(self.account), book.balances_line(self.account)];
        let forwards = self.contracts.clone().map(|contract| book.forward_line(contract));
        for (line, global) in of_account.into_iter().chain(forwards).enumerate() {
            let out = &mut quotes.lines[global * count..][..count];
            self.lines.fill(isa, line, moment, block, scratch, out);
        }
    }
}
