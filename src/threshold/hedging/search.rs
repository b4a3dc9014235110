//! Rows added until the solution of the programme satisfies the whole sample; where there is none,
//! what stands in the way.

use super::programme::{Aim, Point, Rows, solve};
use super::{HedgeTerms, HedgedBook, HedgedFigures};
use crate::threshold::ThresholdError;

/// Rounds before giving up: each adds the bounds of one evaluation.
const ROUNDS_MAX: usize = 2_000;
/// How far beyond zero a row may be at a solution, as a share of the money that counts as one.
const TOLERANCE: f64 = 1e-9;
/// By how much a limit is lifted to see whether it binds.
const LIFTED: f64 = 1e3;
/// Share of a limit from which it counts as reached.
const REACHED: f64 = 1.0 - 1e-7;
/// Share of the largest size that is none: what rounding leaves.
const NOTHING: f64 = 1e-9;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum HedgingSolution {
    /// The cheapest trades.
    Optimum(Optimum),
    /// There are none.
    Infeasible(Infeasible),
}

/// The cheapest trades.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// Signed quantity of each instrument.
    pub trades: Vec<f64>,
    /// What they cost.
    pub cost: f64,
    /// Times the sample was evaluated.
    pub rounds: usize,
}

/// Why no trades do.
#[derive(Debug, Clone, PartialEq)]
pub struct Infeasible {
    /// The trades that come nearest.
    pub nearest: Vec<f64>,
    /// By how much the potential loss is beyond its bound there, in money.
    pub excess: f64,
    /// The constraints that stand in the way: lifting any one of them lets more be done. Empty where
    /// no trade of any size does more: the potential loss itself cannot be brought lower.
    pub binding: Vec<Binding>,
    /// Times the sample was evaluated.
    pub rounds: usize,
}

/// A constraint that stands in the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// Which one.
    pub constraint: Constraint,
    /// Excess that would be left without it.
    pub excess_without: f64,
    /// Of a limit that is alone in the way: the size that would do.
    pub enough: Option<f64>,
}

/// A constraint on trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// Largest quantity of an instrument, by index, bought.
    LargestLong(usize),
    /// Largest quantity of an instrument sold.
    LargestShort(usize),
    /// Initial margin of an account, by index into [`HedgedFigures::margins`].
    InitialMargin(usize),
}

/// The cheapest trades that bring every excess and margin of `book` to zero at most; `scale` is the
/// money that counts as one, such as what may be carried.
///
/// # Errors
/// Those of the book; a programme that does not end.
pub fn cheapest_trades<B: HedgedBook>(
    book: &mut B,
    hedges: &[HedgeTerms],
    scale: f64,
) -> Result<HedgingSolution, B::Error> {
    let mut search = Search { book, scale, rows: Rows::default(), rounds: 0 };
    search.look(&vec![0.0; hedges.len()])?;
    if let Some(found) = search.least(hedges, Aim::Cost, None)? {
        let trades = told(hedges, &found.trades);
        let cost =
            hedges.iter().zip(&trades).map(|(one, quantity)| one.cost * quantity.abs()).sum();
        return Ok(HedgingSolution::Optimum(Optimum { trades, cost, rounds: search.rounds }));
    }
    let nearest = search.nearest(hedges, None)?;
    let binding = search.binding(hedges, &nearest)?;
    Ok(HedgingSolution::Infeasible(Infeasible {
        nearest: told(hedges, &nearest.trades),
        excess: nearest.excess,
        binding,
        rounds: search.rounds,
    }))
}

/// Trades without what is none.
fn told(hedges: &[HedgeTerms], trades: &[f64]) -> Vec<f64> {
    let largest = hedges.iter().map(|hedge| hedge.largest_long.max(hedge.largest_short));
    let told = trades.iter().zip(largest);
    told.map(|(quantity, largest)| if quantity.abs() < NOTHING * largest { 0.0 } else { *quantity })
        .collect()
}

struct Search<'a, B> {
    book: &'a mut B,
    scale: f64,
    /// Bounds found so far; they hold whatever the limits are.
    rows: Rows,
    rounds: usize,
}

impl<B: HedgedBook> Search<'_, B> {
    /// Evaluates the book and keeps its bounds.
    fn look(&mut self, trades: &[f64]) -> Result<HedgedFigures, B::Error> {
        self.rounds += 1;
        let found = self.book.figures(trades)?;
        let (slack, rows) = (TOLERANCE * self.scale, &mut self.rows);
        // what is slack here is of no use yet, unless there is nothing else
        let first = rows.excess.is_empty();
        let used = found.excess.iter().filter(|row| first || row.at(trades) > -slack);
        rows.excess.extend(used.cloned());
        let margins = found.margins.iter().enumerate();
        let used = margins.filter(|(_, row)| row.at(trades) > -slack);
        rows.margins.extend(used.map(|(account, row)| (account, row.clone())));
        Ok(found)
    }

    /// The trades at which `aim` is least, without the margin `dropped`; `None` where there are none.
    fn least(
        &mut self,
        hedges: &[HedgeTerms],
        aim: Aim,
        dropped: Option<usize>,
    ) -> Result<Option<Point>, B::Error> {
        for _ in 0..ROUNDS_MAX {
            let mut rows = self.rows.clone();
            rows.margins.retain(|(account, _)| Some(*account) != dropped);
            let Some(point) = solve(hedges, &rows, aim, self.scale)? else { return Ok(None) };
            let found = self.look(&point.trades)?;
            let slack = TOLERANCE * self.scale;
            let excess = |row: &super::Linear| row.at(&point.trades) <= point.excess + slack;
            let margin = |(account, row): (usize, &super::Linear)| {
                Some(account) == dropped || row.at(&point.trades) <= slack
            };
            if found.excess.iter().all(excess) && found.margins.iter().enumerate().all(margin) {
                return Ok(Some(point));
            }
        }
        Err(ThresholdError::Programme(format!("no end within {ROUNDS_MAX} rounds")).into())
    }

    /// The trades of least excess. No trade is one of them, so that there are some.
    fn nearest(
        &mut self,
        hedges: &[HedgeTerms],
        dropped: Option<usize>,
    ) -> Result<Point, B::Error> {
        let none = || ThresholdError::Programme("not even no trade is allowed".to_owned());
        Ok(self.least(hedges, Aim::Excess, dropped)?.ok_or_else(none)?)
    }

    /// The constraints without each of which less excess is left.
    fn binding(&mut self, hedges: &[HedgeTerms], at: &Point) -> Result<Vec<Binding>, B::Error> {
        let mut binding = Vec::new();
        for (index, quantity) in at.trades.iter().enumerate() {
            let side = usize::from(*quantity < 0.0);
            let largest = [hedges[index].largest_long, hedges[index].largest_short][side];
            if quantity.abs() >= REACHED * largest && largest > 0.0 {
                binding.extend(self.limit(hedges, (index, side), at)?);
            }
        }
        let touched = |(_, row): &&(usize, super::Linear)| row.at(&at.trades) > -self.slack();
        let mut accounts: Vec<usize> =
            self.rows.margins.iter().filter(touched).map(|(account, _)| *account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts {
            let without = self.nearest(hedges, Some(account))?.excess;
            if without < at.excess - self.slack() {
                let constraint = Constraint::InitialMargin(account);
                binding.push(Binding { constraint, excess_without: without, enough: None });
            }
        }
        Ok(binding)
    }

    fn slack(&self) -> f64 {
        1e3 * TOLERANCE * self.scale
    }

    /// Whether a largest size stands in the way, and which would not.
    fn limit(
        &mut self,
        hedges: &[HedgeTerms],
        (index, side): (usize, usize),
        at: &Point,
    ) -> Result<Option<Binding>, B::Error> {
        let mut lifted = hedges.to_vec();
        let (limit, constraint) = match side {
            0 => (&mut lifted[index].largest_long, Constraint::LargestLong(index)),
            _ => (&mut lifted[index].largest_short, Constraint::LargestShort(index)),
        };
        *limit *= LIFTED;
        let without = self.nearest(&lifted, None)?.excess;
        if without >= at.excess - self.slack() {
            return Ok(None);
        }
        let mut enough = None;
        if without <= self.slack() {
            let least = self.least(&lifted, Aim::Quantity(index, side), None)?;
            enough = least.map(|point| point.trades[index].abs());
        }
        Ok(Some(Binding { constraint, excess_without: without.max(0.0), enough }))
    }
}
