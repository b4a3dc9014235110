//! How far prices go within the horizon: the lowest and highest level of each coin over the nodes.
//!
//! The run's own paths are walked again with an empty book, which draws the same factors and prices
//! nothing. Levels are those that the model draws, moved by others' liquidations and broken pegs where
//! the scenario has them; what orders of the book do to prices inside paths is not in them.

use rayon::prelude::*;

use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Interrupted};
use crate::engine::pass::Partial;
use crate::engine::path::{PathEngine, Setting};
use crate::outcome::EventProbability;
use crate::portfolio::Portfolio;
use crate::pricing::Granularity;
use crate::risk::{self, PathWeights, RiskError};

/// Most paths walked,
const PATHS_MAX: u64 = 1 << 17;
/// and most bytes of levels kept.
const BYTES_MAX: u64 = 64 << 20;
/// Blocks one task walks with one workspace.
const BLOCKS_PER_TASK: usize = 8;

/// Which way a level is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    /// The price falls to it.
    Below,
    /// The price rises to it.
    Above,
}

/// Lowest and highest levels over the nodes.
pub(super) struct Extremes<'a> {
    weights: PathWeights<'a>,
    /// By underlying, `[path]`, relative to today; sorted upwards where all paths count the same.
    lowest: Vec<Vec<f64>>,
    highest: Vec<Vec<f64>>,
}

impl<'a> Extremes<'a> {
    /// Walks the first paths of the run.
    pub fn new(book: &Compiled, part: &'a Partial, control: &Control) -> Result<Self, EngineError> {
        let coins = book.ledger.spot_factors.len();
        let fit = BYTES_MAX / (16 * coins.max(1) as u64);
        let wanted = (part.losses.len() as u64).min(PATHS_MAX).min(fit.max(1));
        let count = book.design.unit.whole(wanted) as usize;
        let weights = part.weights(count, &book.design)?;
        let [mut lowest, mut highest] = walk(book, count, control)?;
        if weights.are_plain() {
            let sorted = lowest.iter_mut().chain(&mut highest);
            sorted.for_each(|levels| levels.sort_unstable_by(f64::total_cmp));
        }
        Ok(Self { weights, lowest, highest })
    }

    /// Paths walked.
    pub fn paths(&self) -> usize {
        self.weights.count()
    }

    /// How touches are estimated.
    pub fn estimator(&self) -> String {
        risk::probability_estimator(&self.weights)
    }

    /// Probability that a coin's price reaches `level` (over today's) at a node.
    pub fn touched(
        &self,
        underlying: usize,
        level: f64,
        touch: Touch,
    ) -> Result<EventProbability, RiskError> {
        let hit = |found: f64| match touch {
            Touch::Below => found <= level,
            Touch::Above => found >= level,
        };
        let levels = match touch {
            Touch::Below => &self.lowest[underlying],
            Touch::Above => &self.highest[underlying],
        };
        let share = if self.weights.are_plain() {
            let count = match touch {
                Touch::Below => levels.partition_point(|found| hit(*found)),
                Touch::Above => levels.len() - levels.partition_point(|found| !hit(*found)),
            };
            risk::share_of_paths(count as u64, levels.len() as u64)?
        } else {
            let hits = levels.iter().enumerate().filter(|(_, found)| hit(**found));
            risk::probability_of_paths(&self.weights, hits.map(|(path, _)| path))
        };
        let (probability, interval_95) = (share.probability, share.interval_95);
        Ok(EventProbability { probability, interval_95 })
    }
}

/// Lowest and highest levels, `[underlying][path]`.
fn walk(
    book: &Compiled,
    count: usize,
    control: &Control,
) -> Result<[Vec<Vec<f64>>; 2], EngineError> {
    let empty = Portfolio::default();
    let setting = Setting { portfolio: &empty, rules: &[], ..book.setting };
    let engine = PathEngine::compile(&setting, Granularity::Account)?;
    let factors = &book.ledger.spot_factors;
    let block = engine.block_paths();
    let ids: Vec<u64> = (0..count as u64).collect();
    let tasks = ids.par_chunks(BLOCKS_PER_TASK * block).map(|ids| {
        let mut workspace = engine.workspace(block.min(ids.len()));
        let mut found = Task::new(factors.len(), ids.len());
        for (index, paths) in ids.chunks(block).enumerate() {
            control.check()?;
            let at = index * block;
            engine.walk_watched(&mut workspace, paths, |_, levels| {
                let of = |&factor: &usize| levels.level(factor);
                found.look(at, factors.iter().map(of));
            });
        }
        Ok(found)
    });
    let tasks: Vec<Task> = tasks.collect::<Result<_, Interrupted>>()?;
    let join = |of: fn(&Task) -> &[Vec<f64>]| {
        let coin = |coin: usize| tasks.iter().flat_map(|task| &of(task)[coin]).copied().collect();
        (0..factors.len()).map(coin).collect()
    };
    Ok([join(|task| &task.lowest), join(|task| &task.highest)])
}

/// Extremes of consecutive paths, by underlying.
struct Task {
    lowest: Vec<Vec<f64>>,
    highest: Vec<Vec<f64>>,
}

impl Task {
    fn new(coins: usize, paths: usize) -> Self {
        Self { lowest: vec![vec![1.0; paths]; coins], highest: vec![vec![1.0; paths]; coins] }
    }

    /// Takes in the levels of a block at a node; its first path has place `at`.
    fn look<'a>(&mut self, at: usize, levels: impl Iterator<Item = &'a [f64]>) {
        for ((levels, lowest), highest) in levels.zip(&mut self.lowest).zip(&mut self.highest) {
            let slots = lowest[at..].iter_mut().zip(&mut highest[at..]);
            for (level, (low, high)) in levels.iter().zip(slots) {
                *low = low.min(*level);
                *high = high.max(*level);
            }
        }
    }
}
