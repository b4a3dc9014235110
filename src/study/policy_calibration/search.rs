//! The search on one part of the dates: every point of the grid, then COBYLA (Powell 1994) from the
//! best of them, within the range of the values.
//!
//! A policy is better than another if it meets all constraints and the other does not; among those
//! that do, if it costs less; among those that do not, if what it exceeds them by, in parts of
//! their limits, adds up to less. Ties go to the one proposed first.

use std::cell::RefCell;
use std::ops::Range;

use cobyla::{RhoBeg, StopTols, minimize};
use rayon::prelude::*;

use super::evaluate::Evaluator;
use super::parameter::Parameter;
use crate::outcome::PolicyMeasures;

/// What is no more than a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Constraint {
    pub name: &'static str,
    pub of: fn(&PolicyMeasures) -> f64,
    pub limit: f64,
}

impl Constraint {
    /// What it is exceeded by, in parts of the limit; of nothing, in units.
    pub fn excess(&self, measures: &PolicyMeasures) -> f64 {
        let value = (self.of)(measures);
        let scale = if self.limit > 0.0 { self.limit } else { 1.0 };
        ((value - self.limit) / scale).max(0.0)
    }
}

/// A point of the search.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub values: Vec<f64>,
    pub measures: PolicyMeasures,
}

impl Point {
    /// What all constraints are exceeded by.
    pub fn excess(&self, constraints: &[Constraint]) -> f64 {
        constraints.iter().map(|one| one.excess(&self.measures)).sum()
    }
}

/// Index of the best point.
pub(super) fn best(points: &[Point], constraints: &[Constraint]) -> usize {
    let key = |point: &Point| (point.excess(constraints), point.measures.cost);
    let mut best = 0;
    for index in 1..points.len() {
        let ((excess, cost), (least, cheapest)) = (key(&points[index]), key(&points[best]));
        if excess < least || (excess == least && cost < cheapest) {
            best = index;
        }
    }
    best
}

/// How far the search goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effort {
    /// Points of the grid that the optimiser starts from.
    pub starts: usize,
    /// Evaluations of each.
    pub evaluations: usize,
}

/// All points that were asked for, those of the grid first.
pub(super) fn search(
    evaluator: &Evaluator,
    parameters: &[Parameter],
    constraints: &[Constraint],
    dates: &Range<usize>,
    effort: Effort,
) -> Vec<Point> {
    let at = |values: Vec<f64>| {
        let measures = evaluator.measures(&values, dates.clone())?;
        Some(Point { values, measures })
    };
    let mut points: Vec<Point> = grid(parameters).into_par_iter().filter_map(at).collect();
    let moving: Vec<usize> =
        (0..parameters.len()).filter(|&index| parameters[index].values.len() > 1).collect();
    if effort.evaluations == 0 || moving.is_empty() || points.is_empty() {
        return points;
    }
    let starts = starts(&points, constraints, effort.starts);
    let refined: Vec<Vec<Point>> = starts
        .into_par_iter()
        .map(|start| {
            let descent = Descent { evaluator, parameters, constraints, dates, moving: &moving };
            descent.from(&points[start], effort.evaluations)
        })
        .collect();
    points.extend(refined.into_iter().flatten());
    points
}

/// Every combination of values, the last parameter fastest.
pub(super) fn grid(parameters: &[Parameter]) -> Vec<Vec<f64>> {
    let mut grid = vec![Vec::new()];
    for parameter in parameters {
        grid = grid
            .into_iter()
            .flat_map(|values: Vec<f64>| {
                parameter.values.iter().map(move |value| {
                    let mut values = values.clone();
                    values.push(*value);
                    values
                })
            })
            .collect();
    }
    grid
}

/// The best points, best first.
fn starts(points: &[Point], constraints: &[Constraint], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let key = |index: &usize| (points[*index].excess(constraints), points[*index].measures.cost);
    order.sort_by(|one, other| {
        let (one, other) = (key(one), key(other));
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
    });
    order.truncate(count);
    order
}

/// One run of the optimiser.
struct Descent<'a> {
    evaluator: &'a Evaluator<'a>,
    parameters: &'a [Parameter],
    constraints: &'a [Constraint],
    dates: &'a Range<usize>,
    /// Parameters with more than one value.
    moving: &'a [usize],
}

/// First step and last, in parts of each parameter's range.
const FIRST_STEP: f64 = 0.2;
const LAST_STEP: f64 = 1e-3;
/// Cost of a point that is no policy.
const NO_POLICY: f64 = 1e3;

impl Descent<'_> {
    fn from(&self, start: &Point, evaluations: usize) -> Vec<Point> {
        let asked: RefCell<Vec<(Vec<f64>, Option<Point>)>> = RefCell::default();
        let measured = |x: &[f64]| -> Option<PolicyMeasures> {
            let known =
                asked.borrow().iter().find(|(known, _)| known == x).map(|one| one.1.clone());
            let point = known.unwrap_or_else(|| {
                let values = self.values(start, x);
                let measures = self.evaluator.measures(&values, self.dates.clone());
                let point = measures.map(|measures| Point { values, measures });
                asked.borrow_mut().push((x.to_vec(), point.clone()));
                point
            });
            point.map(|point| point.measures)
        };
        let cost = |x: &[f64], _: &mut ()| measured(x).map_or(NO_POLICY, |measures| measures.cost);
        let room = |constraint: &Constraint| {
            let constraint = *constraint;
            let measured = &measured;
            move |x: &[f64], _: &mut ()| match measured(x) {
                Some(measures) => constraint.limit - (constraint.of)(&measures),
                None => -NO_POLICY,
            }
        };
        let rooms: Vec<_> = self.constraints.iter().map(room).collect();
        let rooms: Vec<&dyn cobyla::Func<()>> =
            rooms.iter().map(|one| one as &dyn cobyla::Func<()>).collect();
        let bounds = vec![(0.0, 1.0); self.moving.len()];
        let stop = StopTols { xtol_abs: vec![LAST_STEP; self.moving.len()], ..StopTols::default() };
        // How it ended says nothing more: every point that was asked for is kept.
        let _ = minimize(
            cost,
            &self.place(start),
            &bounds,
            &rooms,
            (),
            evaluations,
            RhoBeg::All(FIRST_STEP),
            Some(stop),
        );
        asked.into_inner().into_iter().filter_map(|(_, point)| point).collect()
    }

    /// Parts of each moving parameter's range.
    fn place(&self, point: &Point) -> Vec<f64> {
        let part = |&index: &usize| {
            let [from, to] = ends(&self.parameters[index]);
            (point.values[index] - from) / (to - from)
        };
        self.moving.iter().map(part).collect()
    }

    fn values(&self, start: &Point, x: &[f64]) -> Vec<f64> {
        let mut values = start.values.clone();
        for (&index, part) in self.moving.iter().zip(x) {
            let [from, to] = ends(&self.parameters[index]);
            let value = from + part.clamp(0.0, 1.0) * (to - from);
            values[index] = self.parameters[index].taken(value);
        }
        values
    }
}

/// Smallest and largest value.
pub(super) fn ends(parameter: &Parameter) -> [f64; 2] {
    [parameter.values[0], parameter.values[parameter.values.len() - 1]]
}
