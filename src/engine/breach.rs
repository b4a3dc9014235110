//! Distance to breach: today's market moved, the book unchanged, everything revalued.
//!
//! Each move re-marks the market, recompiles the book and walks the first [`PATHS`] paths again on
//! the same numbers. The potential loss is anchored to the full run: the change on these paths is
//! added to the figure of all paths, so that no move means exactly today's utilisation.

use super::EngineError;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::exposure::{Exposure, ROUGH_PATHS};
use super::pass::{self, PathColumns};
use super::plan::Plan;
use super::remark::{self, Move};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::pricing;
use crate::risk::{NORMAL_95, PathWeights};
use crate::simulation::Sampling;
use crate::threshold::{
    self, Adjustment, Breach, MoneyEstimate, Policy, SPOT_DOWN, SPOT_UP, VOLATILITY_UP,
    distance_to_breach,
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
    pub potential_loss: MoneyEstimate,
    /// What makes it of the terms.
    pub adjustment: &'a Adjustment,
}

/// A distance with its error.
pub(super) struct Found {
    pub breach: Breach,
    /// 95 % interval: the error of all paths' potential loss over the slope at the breach.
    pub interval_95: Option<[f64; 2]>,
}

/// Step of the slope, as a relative move.
const SLOPE_STEP: f64 = 0.005;

/// The three distances.
pub(super) struct Distances {
    pub spot_down: Found,
    pub spot_up: Found,
    pub volatility_up: Found,
    pub paths: u64,
}

/// Potential loss, capital after the loss of the move, on few paths.
struct Marked {
    potential_loss: MoneyEstimate,
    value: f64,
    collateral_after_haircuts: f64,
}

impl Distance<'_> {
    /// Solves all three.
    pub fn solve(&self, control: &Control) -> Result<Distances, EngineError> {
        // A moved market must not move the price at which today's positions were entered.
        let portfolio = pricing::with_entry_prices(&self.plan.market, self.portfolio)?;
        let entered = Distance { portfolio: &portfolio, ..*self };
        let today = entered.marked(Move::None, self.paths(), control)?;
        let unmoved = entered.excess(&today, &today);
        let roughly = entered.rough_paths().map(|paths| entered.marked(Move::None, paths, control));
        let roughly = roughly.transpose()?;
        let first = |moves: &[f64], kind: fn(f64) -> Move| {
            let excess = |change| {
                let moved = entered.marked(kind(change), entered.paths(), control)?;
                Ok(entered.excess(&today, &moved))
            };
            let rough = |change| match (&roughly, entered.rough_paths()) {
                (Some(today), Some(paths)) => {
                    let moved = entered.marked(kind(change), paths, control)?;
                    let errors = [today, &moved].map(|one| one.potential_loss.standard_error);
                    let amount = entered.excess(today, &moved);
                    Ok(MoneyEstimate { amount, standard_error: libm::hypot(errors[0], errors[1]) })
                }
                _ => excess(change).map(MoneyEstimate::exact),
            };
            let breach = distance_to_breach(moves, unmoved, rough, excess)?;
            let interval_95 = breach.at().map(|at| entered.interval(at, excess)).transpose()?;
            Ok::<Found, EngineError>(Found { breach, interval_95: interval_95.flatten() })
        };
        Ok(Distances {
            spot_down: first(SPOT_DOWN, Move::Spot)?,
            spot_up: first(SPOT_UP, Move::Spot)?,
            volatility_up: first(VOLATILITY_UP, Move::Volatility)?,
            paths: self.paths(),
        })
    }

    /// Error of the potential loss over the slope of the excess at the breach.
    fn interval(
        &self,
        at: f64,
        excess: impl Fn(f64) -> Result<f64, EngineError>,
    ) -> Result<Option<[f64; 2]>, EngineError> {
        let rise = excess(at + SLOPE_STEP)? - excess(at - SLOPE_STEP)?;
        let slope = (rise / (2.0 * SLOPE_STEP)).abs();
        let half_width = NORMAL_95 * self.potential_loss.standard_error / slope;
        Ok(half_width.is_finite().then_some([at - half_width, at + half_width]))
    }

    fn paths(&self) -> u64 {
        PATHS.min(self.plan.scenario.simulation.paths)
    }

    /// Paths that tell of most moves on which side of a breach they are, where walking them is most
    /// of the work.
    fn rough_paths(&self) -> Option<u64> {
        let is_plain = self.plan.sampling == Sampling::Plain;
        let acts = self.plan.venue_rules.iter().flatten().any(|rules| rules.liquidation.is_some());
        (is_plain && acts && self.paths() > ROUGH_PATHS).then_some(ROUGH_PATHS)
    }

    /// PL − T after a move.
    fn excess(&self, today: &Marked, marked: &Marked) -> f64 {
        let change = marked.potential_loss.amount - today.potential_loss.amount;
        let potential_loss = self.potential_loss.amount + change;
        // What the move itself loses is gone from stated capital; collateral is re-marked.
        let lost = today.value - marked.value;
        let base = remark::after_loss(&self.policy.capital, lost);
        let capital = threshold::capital(&base, marked.collateral_after_haircuts);
        let limit = threshold::threshold(self.policy.appetite, capital.amount, self.multiplier);
        potential_loss - limit
    }

    fn marked(&self, change: Move, paths: u64, control: &Control) -> Result<Marked, EngineError> {
        let market = remark::market(&self.plan.market, change);
        let portfolio = remark::portfolio(self.portfolio, change);
        let model = remark::model(&self.plan.model, change);
        let book = Compiled::on(self.plan, &portfolio, &market, &model, self.isa)?;
        let mut part =
            pass::losses(&book.engine, &book.ledger, 0..paths, paths, control, Stage::Threshold)?;
        let accounts = portfolio.accounts.len();
        let columns = std::mem::take(&mut part.columns);
        let columns = PathColumns::new(accounts, book.underlyings.len(), columns);
        let kept = columns.path_count();
        let weights = PathWeights::first(kept, &part.ratios, &part.controls, &book.design)?;
        let exposure = Exposure::new(self.plan, self.policy, &book, (&columns, &weights), control)?
            .adjusted(self.adjustment.clone());
        Ok(Marked {
            potential_loss: exposure.at_scale(1.0)?,
            value: book.value(),
            collateral_after_haircuts: book.collateral_after_haircuts(),
        })
    }
}
