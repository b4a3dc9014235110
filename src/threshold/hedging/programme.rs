//! The linear programme of the bounds found so far, in quantities bought and sold.

use good_lp::{
    Expression, ProblemVariables, Solution, SolverModel, Variable, constraint, variable,
};

use super::{HedgeTerms, Linear};
use crate::threshold::ThresholdError;

/// What tells trades of equal cost apart, as a share of the largest cost of an instrument: least
/// notional,
const NOTIONAL_SHARE: f64 = 1e-6;
/// then the instrument stated first.
const ORDER_SHARE: f64 = 1e-7;

/// What is made least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Aim {
    /// The cost of the trades.
    Cost,
    /// By how much the potential loss is beyond its bound.
    Excess,
    /// The quantity of one instrument, bought (0) or sold (1).
    Quantity(usize, usize),
}

/// Rows found so far, each at most zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// Potential loss less what may be carried; given up by the excess where that is the aim.
    pub excess: Vec<Linear>,
    /// Accounts' initial margins, by account.
    pub margins: Vec<(usize, Linear)>,
}

/// A solution of the rows found so far.
#[derive(Debug, Clone)]
pub(super) struct Point {
    /// Signed quantity of each instrument.
    pub trades: Vec<f64>,
    /// Excess over the bound; zero unless it is the aim.
    pub excess: f64,
}

/// Solves the programme; `None` where no trades satisfy the rows. `scale` is the money that counts
/// as one.
pub(super) fn solve(
    hedges: &[HedgeTerms],
    rows: &Rows,
    aim: Aim,
    scale: f64,
) -> Result<Option<Point>, ThresholdError> {
    let mut variables = ProblemVariables::new();
    // shares of the largest sizes: numbers of one order
    let shares: Vec<[Variable; 2]> = hedges
        .iter()
        .map(|hedge| {
            [hedge.largest_long, hedge.largest_short].map(|largest| {
                variables.add(variable().min(0.0).max(if largest > 0.0 { 1.0 } else { 0.0 }))
            })
        })
        .collect();
    let largest = if aim == Aim::Excess { f64::INFINITY } else { 0.0 };
    let excess = variables.add(variable().min(0.0).max(largest));
    let objective = objective(hedges, &shares, excess, aim);
    let mut model = variables.minimise(objective).using(good_lp::microlp);
    let excesses = rows.excess.iter().map(|row| (row, -1.0));
    let margins = rows.margins.iter().map(|(_, row)| (row, 0.0));
    for (row, relief) in excesses.chain(margins) {
        let left = expression(hedges, &shares, row, scale) + excess * relief;
        model.add_constraint(constraint!(left <= 0.0));
    }
    let found = match model.solve() {
        Ok(found) => found,
        Err(good_lp::ResolutionError::Infeasible) => return Ok(None),
        Err(error) => return Err(ThresholdError::Programme(error.to_string())),
    };
    let trades = shares.iter().zip(hedges).map(|([bought, sold], hedge)| {
        let share = |share: &Variable| found.value(*share).clamp(0.0, 1.0);
        share(bought) * hedge.largest_long - share(sold) * hedge.largest_short
    });
    let excess = found.value(excess).max(0.0) * scale;
    Ok(Some(Point { trades: trades.collect(), excess }))
}

fn expression(
    hedges: &[HedgeTerms],
    shares: &[[Variable; 2]],
    row: &Linear,
    scale: f64,
) -> Expression {
    let mut sum = Expression::from(row.constant / scale);
    for ((hedge, shares), slopes) in hedges.iter().zip(shares).zip(&row.slopes) {
        let sizes = [hedge.largest_long, hedge.largest_short];
        for side in [0, 1].into_iter().filter(|&side| sizes[side] > 0.0) {
            sum.add_mul(slopes[side] * sizes[side] / scale, shares[side]);
        }
    }
    sum
}

fn objective(
    hedges: &[HedgeTerms],
    shares: &[[Variable; 2]],
    excess: Variable,
    aim: Aim,
) -> Expression {
    let largest = |of: fn(&HedgeTerms) -> f64| {
        let all = hedges.iter().map(|one| of(one) * one.largest_long.max(one.largest_short));
        all.fold(0.0, f64::max).max(f64::MIN_POSITIVE)
    };
    let (cost, notional) = (largest(|one| one.cost), largest(|one| one.notional));
    let mut sum = Expression::from(0.0);
    for (index, (hedge, shares)) in hedges.iter().zip(shares).enumerate() {
        let order = (index + 1) as f64 / hedges.len() as f64;
        let unit =
            hedge.cost / cost + hedge.notional / notional * (NOTIONAL_SHARE + ORDER_SHARE * order);
        for (side, size) in [hedge.largest_long, hedge.largest_short].into_iter().enumerate() {
            let weight = match aim {
                Aim::Cost => unit * size,
                // any trades will do: the least of them
                Aim::Excess => NOTIONAL_SHARE * NOTIONAL_SHARE * unit * size,
                Aim::Quantity(one, other) if (one, other) == (index, side) => 1.0,
                Aim::Quantity(..) => NOTIONAL_SHARE * unit * size,
            };
            if size > 0.0 {
                sum.add_mul(weight, shares[side]);
            }
        }
    }
    if aim == Aim::Excess {
        sum.add_mul(1.0, excess);
    }
    sum
}
