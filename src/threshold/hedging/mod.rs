//! The cheapest trades that bring the potential loss back under a bound: a linear programme over
//! tail scenarios (Rockafellar & Uryasev 2000).
//!
//! Flows in: hedge instruments with their costs and largest sizes; and, for trades that are asked
//! about, the potential loss there with linear bounds from below ([`HedgedBook`]). Flows out: the
//! trades, or which constraint cannot be met.
//!
//! Written out, the programme has a variable and a row for every scenario. Here scenarios are added
//! as they are violated (Künzi-Bay & Mayer 2006): ES is the largest of the weighted means over sets
//! of scenarios of tail mass, so that the mean over the set that is worst at the trades at hand
//! bounds it from below everywhere, and is exact there. The programme with the bounds found so far
//! is solved, the whole sample evaluated at its solution, and the bound found there added, until the
//! solution satisfies the whole sample: it is then the optimum of the full programme, since it is
//! that of a relaxation. Stresses, being the largest of linear losses, and convex add-ons are bounded
//! the same way, and so is the initial margin of accounts, convex where it is a rate of notionals.
//!
//! Limits: losses are linear in the trades, the rest convex. What accounts, venues and impact make
//! of the trades on the way is for a verification in full. Of trades of equal cost those of least
//! notional are chosen, then those stated first, to one part in 10⁶ of the cost.

mod programme;
mod search;

pub use search::{Binding, Constraint, HedgingSolution, Infeasible, Optimum, cheapest_trades};

use super::ThresholdError;

/// What a hedge instrument costs, by quantity, and how much of it may be traded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeTerms {
    /// Cost of buying or selling a quantity of one, in money.
    pub cost: f64,
    /// Notional of a quantity of one, in money: tells trades of equal cost apart.
    pub notional: f64,
    /// Largest quantity bought.
    pub largest_long: f64,
    /// Largest quantity sold, positive.
    pub largest_short: f64,
}

/// A function of the trades that is linear in what is bought and what is sold of each instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Its value without trades.
    pub constant: f64,
    /// `[by quantity bought, by quantity sold]` of each instrument.
    pub slopes: Vec<[f64; 2]>,
}

impl Linear {
    /// A constant of `count` instruments.
    pub fn constant(constant: f64, count: usize) -> Self {
        Self { constant, slopes: vec![[0.0; 2]; count] }
    }

    /// The tangent of value `at` at `trades`, with these slopes.
    pub fn tangent(at: f64, trades: &[f64], slopes: Vec<[f64; 2]>) -> Self {
        let moved = Self { constant: 0.0, slopes };
        Self { constant: at - moved.at(trades), ..moved }
    }

    /// Its value at signed quantities.
    pub fn at(&self, trades: &[f64]) -> f64 {
        let terms = self.slopes.iter().zip(trades).map(|([bought, sold], quantity)| {
            if *quantity >= 0.0 { bought * quantity } else { -sold * quantity }
        });
        self.constant + terms.sum::<f64>()
    }

    /// Adds `factor` times another.
    pub fn add(&mut self, factor: f64, other: &Self) {
        self.constant += factor * other.constant;
        for (own, slopes) in self.slopes.iter_mut().zip(&other.slopes) {
            own[0] += factor * slopes[0];
            own[1] += factor * slopes[1];
        }
    }
}

/// What trades make of a book.
#[derive(Debug, Clone, PartialEq)]
pub struct HedgedFigures {
    /// Potential loss less what may be carried: each must be at most zero. Linear bounds from below,
    /// the largest exact at the trades.
    pub excess: Vec<Linear>,
    /// Of each account with a requirement, how far its initial margin is beyond what it has, less
    /// what it lacks today: each must be at most zero. As `excess`.
    pub margins: Vec<Linear>,
}

/// A book with trades, by their signed quantities.
pub trait HedgedBook {
    /// Why it could not be evaluated.
    type Error: From<ThresholdError>;

    /// What the trades make of it.
    ///
    /// # Errors
    /// Those of the book.
    fn figures(&mut self, trades: &[f64]) -> Result<HedgedFigures, Self::Error>;
}

#[cfg(test)]
mod tests;
