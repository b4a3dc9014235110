//! Distance to breach: today's market moved, the book unchanged, everything revalued.
//!
//! Each move re-marks the market, recompiles the book and walks the first [`PATHS`] paths again on
//! the same numbers. The potential loss is anchored to the full run: the change on these paths is
//! added to the figure of all paths, so that no move means exactly today's utilisation.

use super::EngineError;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::exposure::Exposure;
use super::pass::{self, PathColumns};
use super::plan::Plan;
use super::remark::{self, Move};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::threshold::{
    self, Breach, Policy, SPOT_DOWN, SPOT_UP, VOLATILITY_UP, distance_to_breach,
};

/// Paths walked after each move.
const PATHS: u64 = 10_000;

/// What is compared after a move.
pub(super) struct Distance<'a> {
    pub plan: &'a Plan,
    pub policy: &'a Policy,
    pub portfolio: &'a Portfolio,
    pub isa: InstructionSet,
    /// Condition multiplier, which a move today leaves as it is until the next close.
    pub multiplier: f64,
    /// Potential loss of all paths today.
    pub potential_loss: f64,
}

/// The three distances.
pub(super) struct Distances {
    pub spot_down: Breach,
    pub spot_up: Breach,
    pub volatility_up: Breach,
    pub paths: u64,
}

/// Potential loss, capital after the loss of the move, on few paths.
struct Marked {
    potential_loss: f64,
    value: f64,
    collateral_after_haircuts: f64,
}

impl Distance<'_> {
    /// Solves all three.
    pub fn solve(&self, control: &Control) -> Result<Distances, EngineError> {
        let today = self.marked(Move::None, control)?;
        let first = |moves: &[f64], kind: fn(f64) -> Move| {
            distance_to_breach(moves, |change| self.excess(&today, kind(change), control))
        };
        Ok(Distances {
            spot_down: first(SPOT_DOWN, Move::Spot)?,
            spot_up: first(SPOT_UP, Move::Spot)?,
            volatility_up: first(VOLATILITY_UP, Move::Volatility)?,
            paths: self.paths(),
        })
    }

    fn paths(&self) -> u64 {
        PATHS.min(self.plan.scenario.simulation.paths)
    }

    /// PL − T after a move.
    fn excess(&self, today: &Marked, change: Move, control: &Control) -> Result<f64, EngineError> {
        let marked = self.marked(change, control)?;
        let potential_loss = self.potential_loss + marked.potential_loss - today.potential_loss;
        // What the move itself loses is gone from stated capital; collateral is re-marked.
        let lost = today.value - marked.value;
        let base = remark::after_loss(&self.policy.capital, lost);
        let capital = threshold::capital(&base, marked.collateral_after_haircuts);
        let limit = threshold::threshold(self.policy.appetite, capital.amount, self.multiplier);
        Ok(potential_loss - limit)
    }

    fn marked(&self, change: Move, control: &Control) -> Result<Marked, EngineError> {
        let market = remark::market(&self.plan.market, change);
        let portfolio = remark::portfolio(self.portfolio, change);
        let model = remark::model(&self.plan.model, change);
        let book = Compiled::on(self.plan, &portfolio, &market, &model, self.isa)?;
        let paths = self.paths();
        let part =
            pass::losses(&book.engine, &book.ledger, 0..paths, paths, control, Stage::Threshold)?;
        let accounts = portfolio.accounts.len();
        let columns = PathColumns::new(accounts, book.underlyings.len(), part.columns);
        let exposure = Exposure::new(self.plan, self.policy, &book, &columns)?;
        Ok(Marked {
            potential_loss: exposure.at_scale(1.0)?.potential_loss,
            value: book.value(),
            collateral_after_haircuts: book.collateral_after_haircuts(),
        })
    }
}
