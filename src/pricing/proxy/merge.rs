//! Adds up the groups of a family, drops what does not matter, and counts what it costs.
//!
//! Interpolants of the same variables over the same domain add coefficient by coefficient, whatever
//! their degrees. A group joins while that costs less than pricing it in full.

use super::family::{Family, FamilyPlan, RowPolynomial};
use super::fit::{GroupFit, RowFit};
use super::{Interpolation, Proof};
use crate::numeric::chebyshev::Tensor;
use crate::pricing::CompiledBook;
use crate::pricing::options::OptionGroup;

/// Operations of one contract on a path, in coefficients of a polynomial (measured by the pricing
/// benchmark: about 3 ns against 0.1).
const CONTRACT_COST: f64 = 30.0;
/// The same where it reads a smile.
const SMILE_COST: f64 = 60.0;
/// Operations that the contracts of a group share.
const GROUP_COST: f64 = 24.0;

/// Operations that a group takes on a path in full.
pub(super) fn full_cost(group: &OptionGroup) -> f64 {
    let contract = |contract: &crate::pricing::options::OptionContract| match contract.volatility {
        Some(_) => CONTRACT_COST,
        None => SMILE_COST,
    };
    GROUP_COST + group.contracts.iter().map(contract).sum::<f64>()
}

/// What came of a family.
pub(super) struct Merged {
    pub family: Option<Family>,
    /// Groups that are cheaper in full.
    pub in_full: Vec<usize>,
}

/// Merges the groups that pay; each polynomial may drop `budget` USD of coefficients.
pub(super) fn merge(
    book: &CompiledBook,
    plan: FamilyPlan,
    mut fits: Vec<GroupFit>,
    (budget, interpolation): (f64, Interpolation),
) -> Merged {
    let budget = budget / plan.unit_max;
    let cheaper = interpolation == Interpolation::WhereCheaper;
    // Short expiries last: they are the ones that may not pay.
    fits.sort_by_key(|fit| (terms(fit, budget), fit.group));
    let mut sums: Vec<RowFit> = Vec::new();
    let (mut in_full, mut merged, mut proof) = (Vec::new(), Vec::new(), Proof::Proven);
    let (mut cost, mut saved) = (0.0, 0.0);
    for fit in fits {
        let joined = added(&sums, &fit);
        let cost_joined: usize = joined.iter().map(|row| row.significant(budget)).sum();
        let full = full_cost(&book.groups[fit.group]);
        if cheaper && cost_joined as f64 - cost > full {
            in_full.push(fit.group);
            continue;
        }
        (sums, cost, saved) = (joined, cost_joined as f64, saved + full);
        proof = proof.max(fit.proof);
        merged.push(fit.group);
    }
    if sums.is_empty() || (cheaper && plan.variables.cost() + cost >= saved) {
        in_full.extend(merged);
        return Merged { family: None, in_full };
    }
    let row = |sum: RowFit| {
        let (polynomial, dropped) = truncated(&sum.coefficients, budget);
        RowPolynomial { row: sum.row, polynomial, error: plan.unit_max * (sum.error + dropped) }
    };
    let rows = sums.into_iter().map(row).collect();
    let FamilyPlan { variables, still, .. } = plan;
    Merged { family: Some(Family { variables, rows, still, proof }), in_full }
}

fn terms(fit: &GroupFit, floor: f64) -> usize {
    fit.rows.iter().map(|row| row.significant(floor)).sum()
}

/// The sums with one more group.
fn added(sums: &[RowFit], fit: &GroupFit) -> Vec<RowFit> {
    let mut sums = sums.to_vec();
    for row in &fit.rows {
        match sums.iter_mut().find(|sum| sum.row == row.row) {
            Some(sum) => {
                sum.error += row.error;
                add(&mut sum.coefficients, &row.coefficients);
            }
            None => sums.push(row.clone()),
        }
    }
    sums
}

fn add(sum: &mut Vec<Vec<f64>>, other: &[Vec<f64>]) {
    if sum.len() < other.len() {
        sum.resize(other.len(), Vec::new());
    }
    for (sum, other) in sum.iter_mut().zip(other) {
        if sum.len() < other.len() {
            sum.resize(other.len(), 0.0);
        }
        sum.iter_mut().zip(other).for_each(|(slot, entry)| *slot += entry);
    }
}

/// The polynomial without its small last coefficients, and the sum of what was dropped: no
/// Chebyshev polynomial is above one on [−1, 1].
fn truncated(coefficients: &[Vec<f64>], budget: f64) -> (Tensor, f64) {
    let mut floor = budget;
    loop {
        let lengths: Vec<usize> = coefficients.iter().map(|row| kept(row, floor)).collect();
        let rows = coefficients.iter().zip(&lengths);
        let dropped: f64 =
            rows.flat_map(|(row, &length)| &row[length..]).map(|entry| entry.abs()).sum();
        if dropped <= budget {
            return (tensor(coefficients, &lengths), dropped);
        }
        floor *= 0.5;
    }
}

/// Coefficients up to the last one above `floor`.
fn kept(row: &[f64], floor: f64) -> usize {
    row.iter().rposition(|entry| entry.abs() > floor).map_or(0, |last| last + 1)
}

fn tensor(coefficients: &[Vec<f64>], lengths: &[usize]) -> Tensor {
    let last = lengths.iter().rposition(|&length| length > 0).unwrap_or(0);
    let row = |(row, &length): (&Vec<f64>, &usize)| match length {
        0 => vec![0.0],
        _ => row[..length].to_vec(),
    };
    let rows: Vec<Vec<f64>> = coefficients.iter().zip(lengths).take(last + 1).map(row).collect();
    Tensor::new(&rows)
}
