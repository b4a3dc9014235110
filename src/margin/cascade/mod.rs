//! Liquidations that move prices that liquidate: the cascade within one step of one path.
//!
//! Flows in: per coin a law of impact and the open interest by liquidation distance, how a move of
//! one coin passes to others, the moves that the model drew. Flows out: the moves with impact, what
//! was liquidated, and how it ended: [`CascadeEnd`]. Nothing is allocated on a path.
//!
//! Moves are logarithms of the price over today's. The move of coin j is the model's plus
//! `Σ_i β_ji·D_i`, D the displacement of coin i by orders in it. Positions are liquidated where the
//! farthest move so far has passed their distance, so none is liquidated twice on a path. For a
//! linear law of slope λ and an even profile of h USD a unit of move, a move x becomes
//! `x/(1 − λh)`; from `λh = 1` there is no fixed point short of the last position, which is told
//! ([`CascadeEnd::RanAway`]), and the price given is that with every position liquidated. Coins that
//! feed each other run away together where the largest eigenvalue of `β·λh` is 1 or more.
//!
//! Source: our own derivation (`[I]`), after Cont & Wagalath (2013) for the feedback between forced
//! sales and prices. Limits: positions are liquidated in full at their distance; the profile is
//! today's and is not refilled within the horizon.

mod deficit;
mod profile;
mod propagation;
mod strength;

#[cfg(test)]
mod tests;

pub use deficit::OthersLiquidated;
pub use profile::Profile;
pub use propagation::Propagation;

use super::impact::{Executed, PriceImpact, Side};
use crate::market::{Liquidity, StressDriver};
use profile::{Front, SideEnd};

/// A coin in a cascade.
#[derive(Debug, Clone, PartialEq)]
pub struct CascadeCoin {
    /// How orders move its price.
    pub impact: PriceImpact,
    /// Others' long positions, liquidated as it falls.
    pub long: Profile,
    /// Others' short positions, liquidated as it rises.
    pub short: Profile,
    /// From liquidation to bankruptcy, as a fraction of the liquidation price.
    pub bankruptcy_gap: f64,
}

/// What has happened to a coin on one path; nothing at the start.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CoinState {
    /// Orders executed, others' and the book's.
    pub executed: Executed,
    /// Farthest fall that has liquidated longs, and rise that has liquidated shorts; not negative.
    pub lowest: f64,
    /// As `lowest`, upward.
    pub highest: f64,
}

/// How a cascade ended, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CascadeEnd {
    /// Nothing was triggered.
    Quiet,
    /// At a fixed point.
    Settled,
    /// At a fixed point beyond the profile: all open interest of a side is gone, by a cascade that
    /// was losing strength.
    Exhausted,
    /// The bound on rounds was reached before a fixed point: the moves are too small.
    Unsettled,
    /// All open interest of a side is gone, by a cascade that did not lose strength (`λh ≥ 1` on
    /// its way): the price is as good as the far end of the profile.
    RanAway,
}

/// A cascade's end and the rounds it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CascadeOutcome {
    /// The worst end of all coins.
    pub end: CascadeEnd,
    /// Times that all coins were looked at.
    pub rounds: u32,
}

/// The coins of a market, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascade {
    coins: Vec<CascadeCoin>,
    propagation: Propagation,
    rounds_max: u32,
}

/// Room to settle one path after the other; one a thread.
#[derive(Debug, Clone)]
pub struct CascadeScratch {
    before: Vec<CoinState>,
    /// Kept up as a path is settled: most coins of most rounds trade nothing, and a law of impact
    /// takes a root.
    own: Vec<OwnDisplacement>,
    pulse: Vec<f64>,
    slopes: Vec<f64>,
}

/// Absolute displacements of a coin's logarithm by orders in itself, side by side.
#[derive(Debug, Clone, Copy, Default)]
struct OwnDisplacement {
    bought: f64,
    sold: f64,
}

impl OwnDisplacement {
    fn net(&self) -> f64 {
        self.bought - self.sold
    }
}

/// A path at a node, `[coin]` each.
#[derive(Debug, Clone, Copy)]
pub struct CascadeInput<'a> {
    /// What the model drew: logarithms of the price over today's.
    pub moves: &'a [f64],
    /// Stress drivers; a driver by move takes the larger of this and the move.
    pub stress: &'a [f64],
}

/// Largest absolute move: prices stay numbers where a cascade leaves nothing of them. A cascade
/// that goes so far has run away.
pub const MOVE_LARGEST: f64 = 30.0;
/// Displacements that differ by less are the same.
const MOVE_TOLERANCE: f64 = 1e-12;

impl Cascade {
    /// Of coins in the order of `propagation`.
    ///
    /// # Panics
    /// If the two differ in size or `rounds_max` is zero: a fault of the caller's code.
    pub fn new(coins: Vec<CascadeCoin>, propagation: Propagation, rounds_max: u32) -> Self {
        assert_eq!(coins.len(), propagation.size(), "one row of propagation a coin");
        assert!(rounds_max > 0, "at least one round");
        Self { coins, propagation, rounds_max }
    }

    /// Lets the price forget: each coin keeps a share of what was executed, by
    /// [`kept_after`](super::impact::kept_after) the step.
    pub fn relax(kept: &[f64], state: &mut [CoinState]) {
        state.iter_mut().zip(kept).for_each(|(coin, kept)| coin.executed.relax(*kept));
    }

    /// The coins.
    pub fn coins(&self) -> &[CascadeCoin] {
        &self.coins
    }

    /// Room to settle paths in.
    pub fn scratch(&self) -> CascadeScratch {
        let count = self.coins.len();
        let zeros = || vec![0.0; count];
        CascadeScratch {
            before: vec![CoinState::default(); count],
            own: vec![OwnDisplacement::default(); count],
            pulse: zeros(),
            slopes: zeros(),
        }
    }

    /// Iterates to the fixed point. `state` is that of the path, with the book's own orders in it
    /// already; `moves` takes the moves with impact.
    pub fn settle(
        &self,
        input: CascadeInput,
        state: &mut [CoinState],
        moves: &mut [f64],
        scratch: &mut CascadeScratch,
    ) -> CascadeOutcome {
        scratch.before.copy_from_slice(state);
        for (slot, coin) in scratch.own.iter_mut().zip(self.coins.iter().zip(&*state)) {
            *slot = coin.0.own_displacement(coin.1);
        }
        let mut outcome = CascadeOutcome { end: CascadeEnd::Quiet, rounds: 0 };
        loop {
            outcome.rounds += 1;
            let (end, change) = self.round(input, state, &mut scratch.own);
            outcome.end = outcome.end.max(end);
            if change <= MOVE_TOLERANCE || self.propagation.is_none() {
                break;
            }
            if outcome.rounds == self.rounds_max {
                outcome.end = outcome.end.max(CascadeEnd::Unsettled);
                break;
            }
        }
        if outcome.end >= CascadeEnd::Exhausted && self.kept_strength(input, state, scratch) {
            outcome.end = CascadeEnd::RanAway;
        }
        if self.fill_moves(input.moves, &scratch.own, moves) {
            outcome.end = CascadeEnd::RanAway;
        }
        outcome
    }

    /// The moves with impact, given what orders in each coin displace it by; whether any was beyond
    /// [`MOVE_LARGEST`] and was held there.
    fn fill_moves(&self, model_moves: &[f64], own: &[OwnDisplacement], moves: &mut [f64]) -> bool {
        let mut is_held = false;
        for (coin, slot) in moves.iter_mut().enumerate() {
            let total = model_moves[coin] + (self.passed_by_others(coin, own) + own[coin].net());
            *slot = total.clamp(-MOVE_LARGEST, MOVE_LARGEST);
            is_held |= *slot != total;
        }
        is_held
    }

    /// Executes an order of the book's on a path and returns the mean logarithmic price of its
    /// fill, relative to the price before it. `settle` shows what it triggers.
    pub fn execute(
        &self,
        coin: usize,
        side: Side,
        notional: f64,
        stress: f64,
        state: &mut [CoinState],
    ) -> f64 {
        let impact = &self.coins[coin].impact;
        state[coin].executed.execute(impact, side, notional, impact.weight(stress))
    }

    /// Displacement of a coin's logarithm by everything that was executed.
    pub fn displacement(&self, coin: usize, state: &[CoinState]) -> f64 {
        let own = |coin: usize| self.coins[coin].impact.net_displacement(&state[coin].executed);
        if self.propagation.is_none() {
            return own(coin);
        }
        let row = self.propagation.row(coin).iter().enumerate();
        let others = row.filter(|(other, share)| *other != coin && **share != 0.0);
        others.fold(0.0, |sum, (other, share)| sum + share * own(other)) + own(coin)
    }

    /// Looks at every coin once; the worst end, and the largest change of a displacement. `own` is
    /// kept up.
    fn round(
        &self,
        input: CascadeInput,
        state: &mut [CoinState],
        own: &mut [OwnDisplacement],
    ) -> (CascadeEnd, f64) {
        let (mut end, mut change) = (CascadeEnd::Quiet, 0.0_f64);
        for (coin, terms) in self.coins.iter().enumerate() {
            let outside = input.moves[coin] + self.passed_by_others(coin, own);
            let before = own[coin].net();
            end = end.max(terms.settle(
                outside,
                input.stress[coin],
                &mut state[coin],
                &mut own[coin],
            ));
            change = change.max((own[coin].net() - before).abs());
        }
        (end, change)
    }

    /// The part of a coin's move that orders in other coins make; `own`: what orders in each coin
    /// displace it by.
    fn passed_by_others(&self, coin: usize, own: &[OwnDisplacement]) -> f64 {
        if self.propagation.is_none() {
            return 0.0;
        }
        let row = self.propagation.row(coin).iter().zip(own).enumerate();
        let others = row.filter(|(other, _)| *other != coin);
        others.fold(0.0, |sum, (_, (share, own))| sum + share * own.net())
    }
}

impl CascadeCoin {
    /// A coin as the market document has it. `daily_volatility` is the model's, for a law of impact
    /// that states none. Set-up code.
    pub fn new(liquidity: &Liquidity, daily_volatility: f64) -> Self {
        let positions = &liquidity.open_interest;
        Self {
            impact: PriceImpact::new(liquidity, daily_volatility),
            long: Profile::long(&positions.long),
            short: Profile::short(&positions.short),
            bankruptcy_gap: positions.bankruptcy_gap,
        }
    }

    /// A coin whose orders move its price, with nobody else's positions.
    pub fn without_positions(impact: PriceImpact) -> Self {
        Self { impact, long: Profile::empty(), short: Profile::empty(), bankruptcy_gap: 0.0 }
    }

    fn own_displacement(&self, state: &CoinState) -> OwnDisplacement {
        OwnDisplacement {
            bought: self.impact.displacement(state.executed.bought),
            sold: self.impact.displacement(state.executed.sold),
        }
    }

    /// Settles both sides, given the move from outside; `own` is kept up.
    fn settle(
        &self,
        outside: f64,
        stress: f64,
        state: &mut CoinState,
        own: &mut OwnDisplacement,
    ) -> CascadeEnd {
        let driver = self.driver(stress);
        let mut fall = state.fall(own.sold);
        let down = self.long.settle(&self.impact, -(outside + own.bought), &driver, &mut fall);
        if down != SideEnd::Quiet {
            (state.lowest, state.executed.sold) = (fall.reached, fall.executed);
            own.sold = fall.displacement;
        }
        let mut rise = state.rise(own.bought);
        let up = self.short.settle(&self.impact, outside - own.sold, &driver, &mut rise);
        if up != SideEnd::Quiet {
            (state.highest, state.executed.bought) = (rise.reached, rise.executed);
            own.bought = rise.displacement;
        }
        alone(down).max(alone(up))
    }

    /// The stress driver where the price has moved by a distance.
    fn driver(&self, stress: f64) -> impl Fn(f64) -> f64 {
        let by_move = self.impact.stress().is_some_and(|one| one.driver == StressDriver::Move);
        move |distance| if by_move { stress.max(distance) } else { stress }
    }
}

impl CascadeScratch {
    /// A coin as it was before the path settled last.
    pub fn before(&self, coin: usize) -> &CoinState {
        &self.before[coin]
    }
}

impl CoinState {
    /// Farthest move that has liquidated positions, by the orders that close them.
    pub fn reached(&self, side: Side) -> f64 {
        match side {
            Side::Sell => self.lowest,
            Side::Buy => self.highest,
        }
    }

    /// The front of the longs; `displacement`: by what was sold.
    fn fall(&self, displacement: f64) -> Front {
        Front { reached: self.lowest, executed: self.executed.sold, displacement }
    }

    /// The front of the shorts; `displacement`: by what was bought.
    fn rise(&self, displacement: f64) -> Front {
        Front { reached: self.highest, executed: self.executed.bought, displacement }
    }
}

fn alone(end: SideEnd) -> CascadeEnd {
    match end {
        SideEnd::Quiet => CascadeEnd::Quiet,
        SideEnd::Settled => CascadeEnd::Settled,
        SideEnd::Exhausted => CascadeEnd::Exhausted,
    }
}

/// How many times a cascade multiplies a move: with over without impact; `None` where the model
/// drew no move.
pub fn amplification(without: f64, with: f64) -> Option<f64> {
    (without != 0.0).then(|| with / without)
}
