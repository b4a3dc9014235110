//! What moved prices on the paths of a block beside the model, and what was told of it.

use super::Displacement;
use super::pegs::PegPaths;
use crate::margin::cascade::{CascadeEnd, CascadeScratch, CoinState, OthersLiquidated};
use crate::margin::impact::Side;
use crate::simulation::FactorBlock;

/// Displacement on the paths of a block; one a worker.
#[derive(Debug, Clone)]
pub struct DisplacedPaths {
    pub(super) path_capacity: usize,
    /// What the model drew.
    pub(super) model: FactorBlock,
    /// `[path][coin]`.
    pub(super) coins: Vec<CoinState>,
    /// Displacement of the logarithm that the displaced block has, `[path][coin]`.
    pub(super) applied: Vec<f64>,
    /// Whether anything was executed on a path.
    pub(super) is_moved: Vec<bool>,
    /// Whether a path is to be looked at at this node.
    pub(super) is_passed: Vec<bool>,
    /// Paths looked at at this node.
    pub(super) places: Vec<usize>,
    /// Whether the book executed orders on a path at this node.
    pub(super) has_ordered: Vec<bool>,
    /// The paths on which it did.
    pub(super) ordered: Vec<usize>,
    pub(super) records: Vec<PathRecord>,
    pub(super) events: Vec<MarketEvent>,
    /// Others' positions liquidated at this node.
    pub(super) others: Vec<OthersOnPath>,
    pub(super) pegs: PegPaths,
    pub(super) scratch: CascadeScratch,
    pub(super) moves: Vec<f64>,
    pub(super) displaced_moves: Vec<f64>,
    pub(super) stress: Vec<f64>,
    pub(super) factors: Vec<f64>,
}

/// What displacement did on one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathRecord {
    /// How the worst cascade on it ended.
    pub end: CascadeEnd,
    /// Others' positions liquidated, in USD at their liquidation prices.
    pub others_usd: f64,
    /// Orders of the book's own, in USD.
    pub own_usd: f64,
    /// What these paid beyond the prices they were triggered at, in USD.
    pub impact_cost: f64,
}

/// Others' positions of one side of a coin liquidated at a node of one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OthersOnPath {
    /// Place of the path in the block.
    pub place: usize,
    /// Coin, in the order of [`Displacement::symbols`].
    pub coin: usize,
    /// What closed them: longs are sold.
    pub side: Side,
    /// How much, and what they owe.
    pub liquidated: OthersLiquidated,
}

/// Something that moved prices on a path, or came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarketEvent {
    /// The node at which it happened.
    pub node: usize,
    /// Place of the path in the block.
    pub place: usize,
    /// What it was.
    pub what: MarketHappening,
}

/// What can happen to the market of a path, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MarketHappening {
    /// Others' positions were liquidated, and moved prices that liquidate.
    Cascade {
        /// Liquidated, at their liquidation prices.
        others_usd: f64,
        /// How it ended.
        end: CascadeEnd,
        /// Coin displaced farthest from the model's price, in the order of
        /// [`Displacement::symbols`].
        coin: usize,
        /// Displacement of its logarithm.
        displacement: f64,
    },
    /// A peg broke.
    PegBroken {
        /// In the order of [`Displacement::pegs`].
        peg: usize,
        /// What is left of its price.
        factor: f64,
    },
    /// Positions of the book's were closed at the bankruptcy price of others.
    Deleveraged {
        /// Index into `Portfolio::accounts`.
        account: usize,
        /// Index into `Portfolio::positions`.
        position: usize,
        /// Notional closed.
        notional: f64,
        /// What the position lost by it.
        loss: f64,
    },
    /// A share of the book's gains was taken for the debts of others.
    Socialised {
        /// Index into `Portfolio::accounts`.
        account: usize,
        /// What was taken.
        loss: f64,
    },
    /// The insurance fund of a venue has nothing left.
    FundExhausted {
        /// Index into `Portfolio::venues`.
        venue: usize,
        /// Debts that it could not pay.
        unpaid: f64,
    },
    /// Rounds of the book's own orders reached their bound: something is still below its line.
    RoundsExhausted,
}

impl Default for PathRecord {
    fn default() -> Self {
        Self { end: CascadeEnd::Quiet, others_usd: 0.0, own_usd: 0.0, impact_cost: 0.0 }
    }
}

impl PathRecord {
    /// Whether anything was executed on the path.
    pub fn is_moved(&self) -> bool {
        self.others_usd > 0.0 || self.own_usd > 0.0
    }
}

impl Displacement {
    /// Room for blocks of up to `path_capacity` paths with `factor_count` factors.
    pub fn paths(&self, factor_count: usize, path_capacity: usize) -> DisplacedPaths {
        let coins = self.coins.len();
        DisplacedPaths {
            path_capacity,
            model: FactorBlock::new(factor_count, path_capacity),
            coins: vec![CoinState::default(); coins * path_capacity],
            applied: vec![0.0; coins * path_capacity],
            is_moved: vec![false; path_capacity],
            is_passed: vec![false; path_capacity],
            places: Vec::with_capacity(path_capacity),
            has_ordered: vec![false; path_capacity],
            ordered: Vec::with_capacity(path_capacity),
            records: vec![PathRecord::default(); path_capacity],
            events: Vec::new(),
            others: Vec::new(),
            pegs: self.pegs.paths(path_capacity),
            scratch: self.cascade.scratch(),
            moves: vec![0.0; coins],
            displaced_moves: vec![0.0; coins],
            stress: vec![0.0; coins],
            factors: vec![0.0; path_capacity],
        }
    }

    /// Numbers of state a path.
    pub fn width(&self) -> usize {
        8 * self.coins.len() + 2 * self.pegs.assets().count() + 8
    }
}

impl DisplacedPaths {
    /// What the model drew: to be started and moved by the simulator.
    pub fn model_mut(&mut self) -> &mut FactorBlock {
        &mut self.model
    }

    /// What the model drew.
    pub fn model(&self) -> &FactorBlock {
        &self.model
    }

    /// What displacement did on the path at `place`.
    pub fn record(&self, place: usize) -> &PathRecord {
        &self.records[place]
    }

    /// Everything that happened on the block, in order of time.
    pub fn events(&self) -> &[MarketEvent] {
        &self.events
    }

    /// Others' positions liquidated at the node visited last.
    pub fn others(&self) -> &[OthersOnPath] {
        &self.others
    }

    /// Displacement of a coin's logarithm on the path at `place`, as the displaced block has it.
    pub fn displacement(&self, coin: usize, place: usize) -> f64 {
        let coins = self.moves.len();
        self.applied[place * coins + coin]
    }

    /// Whether the book executed orders on the path at this node since it was last asked.
    pub fn take_order(&mut self, place: usize) -> bool {
        self.ordered.retain(|one| *one != place);
        std::mem::take(&mut self.has_ordered[place])
    }

    /// Paths on which the book executed orders at this node, each once; they are then forgotten.
    pub fn take_ordered(&mut self, places: &mut Vec<usize>) {
        places.clear();
        places.append(&mut self.ordered);
        places.iter().for_each(|&place| self.has_ordered[place] = false);
        places.sort_unstable();
    }
}
