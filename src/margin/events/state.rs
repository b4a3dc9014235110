//! What changes on the paths of a block: quantities, cash, and what has happened.

use super::assess::Standing;
use super::balances::MovedBalances;
use super::failing_venues::FailureState;
use super::funds::{FundPaths, SharedDebts};
use super::ladder::{LadderPaths, LadderRecord};
use super::loans::LoanState;
use super::quotes::Quotes;
use super::rebalancing::LastTrade;
use super::substeps::SubStepState;
use super::transfers::TransferState;
use crate::margin::displacement::{DisplacedPaths, MarketEvent, OthersOnPath};
use crate::simulation::FactorBlock;

/// No node.
const NEVER: u32 = u32::MAX;

/// What happened to one account on one path, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccountRecord {
    called: u32,
    stopped: u32,
    liquidated: u32,
    rebalanced_first: u32,
    is_deleveraged: bool,
    is_reduced: bool,
    /// What was closed, at its notional then.
    pub notional: f64,
    /// Fees and slippage.
    pub cost: f64,
    /// What liquidators of a loan took beyond what they repaid; balances have it.
    pub taken: f64,
    /// What the account owed once nothing was left to close.
    pub bad_debt: f64,
    /// Trades back to the leverage that it is kept at,
    pub rebalancings: u32,
    /// what they traded, at its notional then,
    pub rebalanced: f64,
    /// and what they cost, which its positions paid.
    pub rebalancing_cost: f64,
}

/// Something that happened on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathEvent {
    /// The node at which it happened.
    pub node: usize,
    /// Place of the path in the block.
    pub place: usize,
    /// Index into `Portfolio::accounts`.
    pub account: usize,
    /// What it was, in USD.
    pub what: Happening,
}

/// What can happen to an account inside a path, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Happening {
    /// Its margin balance fell below its initial margin for the first time.
    MarginCall {
        /// What it lacked.
        short: f64,
    },
    /// A stop order executed.
    Stop {
        /// Index into `Portfolio::orders`.
        order: usize,
        /// Notional closed.
        notional: f64,
    },
    /// It left its band, and was traded back to the leverage that it is kept at.
    Rebalancing {
        /// Gross notional over equity before.
        leverage: f64,
        /// Notional traded.
        notional: f64,
        /// What the trade cost.
        cost: f64,
        /// Whether positions were reduced, or increased.
        is_reduction: bool,
    },
    /// It fell below its maintenance margin, and its venue closed some or all of it.
    Liquidation {
        /// Margin balance then.
        balance: f64,
        /// Maintenance margin then.
        maintenance: f64,
        /// Notional closed.
        notional: f64,
        /// Fees and slippage.
        cost: f64,
        /// What it owed afterwards.
        bad_debt: f64,
        /// Whether nothing that needs margin is left.
        is_flat: bool,
    },
    /// Its venue failed: its positions are gone, and a claim is left.
    VenueFailure {
        /// Index into `Portfolio::venues`.
        venue: usize,
        /// What it was worth then; negative is owed.
        equity: f64,
        /// What the claim is worth at the horizon.
        worth: f64,
    },
    /// It sent collateral to an account that was called.
    TransferSent {
        /// Index into `Portfolio::accounts` of that account.
        to: usize,
        /// Index into the sender's balances.
        balance: usize,
        /// Units of the asset.
        units: f64,
        /// Their worth when they left.
        value: f64,
    },
    /// Collateral that was sent to it arrived.
    TransferArrival {
        /// Index into its balances.
        balance: usize,
        /// Units of the asset.
        units: f64,
        /// Their worth when they arrived.
        value: f64,
    },
}

/// State of a block of paths and scratch.
///
/// Built once a worker; [`EventStage::start_block`](super::EventStage::start_block) clears it.
#[derive(Debug, Clone)]
pub struct EventState {
    pub(super) path_capacity: usize,
    pub(super) holdings: Holdings,
    pub(super) failures: FailureState,
    pub(super) transfers: TransferState,
    pub(super) quotes: Quotes,
    /// Of one pool.
    pub(super) margins: Margins,
    /// Paths on which a pool is to be closed.
    pub(super) places: Vec<usize>,
    /// Paths on which a pool was triggered between nodes, and the price of its coin then over that
    /// at the node.
    pub(super) touched: Vec<(usize, f64)>,
    /// One path at the price that triggered it.
    pub(super) trigger: Quotes,
    /// Present where pools are watched at sub-steps.
    pub(super) substeps: Option<SubStepState>,
    /// Of the desk's own ladder.
    pub(super) ladder: LadderPaths,
    /// Of lenders that act inside paths.
    pub(super) loans: LoanState,
    /// By account: whether it is watched between nodes.
    pub(super) between: Vec<bool>,
    /// `[path]`: whether anything happened between nodes.
    pub(super) has_parted: Vec<bool>,
    /// `[account][path]`: whether it were liquidated if accounts were looked at at the nodes alone;
    /// empty until that is known.
    pub(super) at_nodes_alone: Vec<bool>,
    /// One path of a block.
    pub(super) single: FactorBlock,
}

/// What is held on the paths of a block, in structures of arrays, and what has happened.
#[derive(Debug, Clone)]
pub(super) struct Holdings {
    pub path_count: usize,
    /// `[position][path]`: share of today's quantity still held.
    pub held: Vec<f64>,
    /// `[position][path]`: what it was paid, in the asset it settles in.
    pub cash: Vec<f64>,
    /// `[pool][path]`: fees and slippage paid, in USD.
    pub costs: Vec<f64>,
    /// `[account][path]`.
    pub records: Vec<AccountRecord>,
    /// `[stop][path]`: whether it has executed.
    pub executed: Vec<bool>,
    /// `[pool][path]`: when it was traded back to its leverage; empty where none is kept at one.
    pub last_trades: Vec<LastTrade>,
    /// `[path]`: what the desk's own ladder did; empty without one.
    pub ladder: Vec<LadderRecord>,
    /// Of watched balances.
    pub balances: MovedBalances,
    pub events: Vec<PathEvent>,
    /// Shares held by the positions of a pool when it fell below.
    pub at_trigger: Vec<f64>,
    /// Paths whose prices orders move, while a node is visited.
    pub market: Option<Box<DisplacedPaths>>,
    /// Insurance funds of the venues.
    pub funds: FundPaths,
    /// What came of debts.
    pub shared_events: Vec<MarketEvent>,
    /// Others' positions whose debts a fund could not pay in full as the node was visited, by fund.
    pub uncovered: Vec<(usize, OthersOnPath)>,
    /// Others' positions liquidated in a round.
    pub others: Vec<OthersOnPath>,
}

/// Margin of one pool over a block, `[path]`, in USD, and room to find it.
#[derive(Debug, Clone)]
pub(super) struct Margins {
    pub balance: Vec<f64>,
    pub initial: Vec<f64>,
    pub maintenance: Vec<f64>,
    /// What is bought of one contract.
    pub long: Vec<f64>,
    /// What is sold of it.
    pub short: Vec<f64>,
    /// Prices of dollars in dollars.
    pub ones: Vec<f64>,
    /// Gross notional of a pool that is kept at a leverage,
    pub notional: Vec<f64>,
    /// and its equity.
    pub equity: Vec<f64>,
}

impl Holdings {
    /// Share of today's quantity of a position that a path still holds.
    pub fn held_at(&self, position: usize, place: usize) -> f64 {
        self.held[position * self.path_count + place]
    }
}

impl Default for AccountRecord {
    fn default() -> Self {
        Self {
            called: NEVER,
            stopped: NEVER,
            liquidated: NEVER,
            rebalanced_first: NEVER,
            is_deleveraged: false,
            is_reduced: false,
            notional: 0.0,
            cost: 0.0,
            taken: 0.0,
            bad_debt: 0.0,
            rebalancings: 0,
            rebalanced: 0.0,
            rebalancing_cost: 0.0,
        }
    }
}

impl AccountRecord {
    /// The node of the first margin call.
    pub fn called(&self) -> Option<usize> {
        (self.called != NEVER).then_some(self.called as usize)
    }

    /// The node of the first stop order that executed.
    pub fn stopped(&self) -> Option<usize> {
        (self.stopped != NEVER).then_some(self.stopped as usize)
    }

    /// Fees, slippage, and what liquidators of a loan took beyond what they repaid.
    pub fn total_cost(&self) -> f64 {
        self.cost + self.taken
    }

    /// Whether quantities are no longer those of today.
    pub fn is_changed(&self) -> bool {
        let is_closed = self.stopped != NEVER || self.liquidated != NEVER;
        is_closed || self.rebalanced_first != NEVER || self.is_deleveraged || self.is_reduced
    }

    /// The node of the first liquidation.
    pub fn liquidated(&self) -> Option<usize> {
        (self.liquidated != NEVER).then_some(self.liquidated as usize)
    }

    /// Notes a margin call; whether it was the first.
    pub(super) fn call(&mut self, node: usize) -> bool {
        let first = self.called == NEVER;
        self.called = self.called.min(node as u32);
        first
    }

    /// Notes that positions were closed, or gains taken, for the debts of others.
    pub(super) fn deleverage(&mut self) {
        self.is_deleveraged = true;
    }

    /// Notes that the desk sold positions by its own ladder.
    pub(super) fn reduce(&mut self) {
        self.is_reduced = true;
    }

    pub(super) fn stop(&mut self, node: usize) {
        self.stopped = self.stopped.min(node as u32);
    }

    /// The node of the first trade back to the leverage that it is kept at.
    pub fn first_rebalanced(&self) -> Option<usize> {
        (self.rebalanced_first != NEVER).then_some(self.rebalanced_first as usize)
    }

    /// Notes a trade of some notional at some cost.
    pub(super) fn rebalance(&mut self, node: usize, (notional, cost): (f64, f64)) {
        self.rebalanced_first = self.rebalanced_first.min(node as u32);
        self.rebalancings += 1;
        self.rebalanced += notional;
        self.rebalancing_cost += cost;
    }

    pub(super) fn liquidate(&mut self, node: usize) {
        self.liquidated = self.liquidated.min(node as u32);
    }
}

impl Margins {
    pub fn new(path_capacity: usize) -> Self {
        let array = || vec![0.0; path_capacity];
        Self {
            balance: array(),
            initial: array(),
            maintenance: array(),
            long: array(),
            short: array(),
            ones: vec![1.0; path_capacity],
            notional: array(),
            equity: array(),
        }
    }

    /// The pool on one path.
    pub fn at(&self, place: usize) -> Standing {
        Standing {
            balance: self.balance[place],
            initial: self.initial[place],
            maintenance: self.maintenance[place],
        }
    }

    /// Takes how the pool stands on one path now.
    pub fn set(&mut self, place: usize, now: Standing) {
        self.balance[place] = now.balance;
        self.initial[place] = now.initial;
        self.maintenance[place] = now.maintenance;
    }
}

impl EventState {
    /// What happened to watched account `account` on the path at `place`.
    pub fn record(&self, account: usize, place: usize) -> &AccountRecord {
        &self.holdings.records[account * self.holdings.path_count + place]
    }

    /// Places of the paths on which anything happened between nodes: all others are the same if
    /// accounts are looked at at the nodes alone.
    pub fn parted(&self) -> impl Iterator<Item = usize> {
        let paths = self.has_parted[..self.holdings.path_count].iter().enumerate();
        paths.filter(|(_, parted)| **parted).map(|(place, _)| place)
    }

    /// Takes the paths that have not [parted](Self::parted) as they are, if accounts were looked at
    /// at the nodes alone; the others are to be [taken](Self::take_nodes_alone) from another walk.
    pub fn compare_nodes_alone(&mut self) {
        let liquidated = |record: &AccountRecord| record.liquidated().is_some();
        let records = &self.holdings.records[..self.between.len() * self.holdings.path_count];
        self.at_nodes_alone.clear();
        self.at_nodes_alone.extend(records.iter().map(liquidated));
    }

    /// Takes the path at `place` from `alone`, where it stands at `walked`.
    pub fn take_nodes_alone(&mut self, place: usize, alone: &Self, walked: usize) {
        for account in 0..self.between.len() {
            let slot = account * self.holdings.path_count + place;
            self.at_nodes_alone[slot] = alone.record(account, walked).liquidated().is_some();
        }
    }

    /// Whether watched account `account` were liquidated on the path at `place` if accounts were
    /// looked at at the nodes alone; `None` where it is, or where nobody compared.
    pub fn liquidated_at_nodes_alone(&self, account: usize, place: usize) -> Option<bool> {
        let slot = account * self.holdings.path_count + place;
        self.at_nodes_alone.get(slot).copied().filter(|_| self.between[account])
    }

    /// What insurance funds and those behind them paid on the path at `place`.
    pub fn shared(&self, place: usize) -> &SharedDebts {
        &self.holdings.funds.shared[place]
    }

    /// What came of debts on the block, in order of time.
    pub fn shared_events(&self) -> &[MarketEvent] {
        &self.holdings.shared_events
    }

    /// Everything that happened on the block, in order of time.
    pub fn events(&self) -> &[PathEvent] {
        &self.holdings.events
    }
}
