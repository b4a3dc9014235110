//! The spline between SVI and the quotes: a penalised least-squares fit kept free of arbitrage.
//!
//! The smoothing weight is chosen by leave-one-out cross-validation, in units of the half-spread
//! (Wahba 1990). Where the corrected smile would admit butterfly arbitrage its curvature is
//! penalised harder there, and where it would rise above the next expiry it is pulled down there,
//! until a dense grid is clean; what does not yield is scaled back toward SVI, which is clean.

use nalgebra::{DMatrix, DVector};

use super::arbitrage::butterfly;
use super::quote::SmilePoint;
use super::smile::Smile;
use super::spline::Spline;
use super::svi_fit::{BUTTERFLY_MARGIN, CALENDAR_MARGIN, REACH};

/// Closest knots, in deviations.
const KNOT_GAP_MIN: f64 = 0.15;
/// Widest gap of the knots put outside the quotes, in deviations.
const OUTER_GAP_MAX: f64 = 1.0;
/// Knots outside the outermost quotes on each side: the correction dies away over them.
const OUTER_KNOTS: u32 = 4;
/// Smoothing weights tried: powers of √10 from 10⁻³.
const SMOOTHING_STEPS: u32 = 17;
/// Cross-validation residuals beyond this many half-spreads all count the same.
const RESIDUAL_CAP: f64 = 3.0;
/// Points of the grid on which arbitrage is looked for.
pub const GRID_POINTS: u32 = 1_001;
const ROUNDS_MAX: usize = 60;
/// Growth of a local penalty that was not enough.
const TIGHTENING: f64 = 4.0;
const RIDGE: f64 = 1e-6;

/// Adds the spline to `smile` (whose correction is still zero) that brings it nearest to `points`.
///
/// `ceiling` is the smile of the next later expiry. Returns the smoothing weight chosen.
pub fn correct(smile: &mut Smile, points: &[SmilePoint], ceiling: Option<&Smile>) -> f64 {
    smile.correction = Spline::zero(knots(smile, points));
    if smile.correction.coefficients().is_empty() {
        return f64::INFINITY;
    }
    let mut system = System::new(smile, points);
    system.smoothing = system.cross_validated();
    let nodes = nodes(smile, ceiling);
    for _ in 0..ROUNDS_MAX {
        let solution = system.solve();
        smile.correction.coefficients_mut().copy_from_slice(&solution);
        if system.tighten(smile, &nodes) == 0 {
            return system.smoothing;
        }
    }
    scale_back(smile, &nodes);
    system.smoothing
}

/// A place to check: log-moneyness and the highest total variance allowed there.
struct Node {
    k: f64,
    highest: f64,
}

fn nodes(smile: &Smile, ceiling: Option<&Smile>) -> Vec<Node> {
    let highest = |k: f64| ceiling.map_or(f64::INFINITY, |later| later.at(k).value);
    let mut grid = Smile::grid(smile.deviation, REACH, GRID_POINTS);
    // the second derivative has its extremes at the knots
    grid.extend(smile.correction.knots().iter().map(|z| z * smile.deviation));
    let node = |k| Node { k, highest: highest(k) };
    grid.into_iter().map(node).collect()
}

/// What is wrong at a node.
enum Fault {
    Butterfly,
    Calendar,
}

fn fault(smile: &Smile, node: &Node) -> Option<Fault> {
    let w = smile.at(node.k);
    let floor = 0.2 * smile.svi.at(node.k).value;
    if w.value < floor || butterfly(node.k, w) < 0.2 * BUTTERFLY_MARGIN {
        return Some(Fault::Butterfly);
    }
    (w.value > node.highest * (1.0 - 0.2 * CALENDAR_MARGIN)).then_some(Fault::Calendar)
}

fn scale_back(smile: &mut Smile, nodes: &[Node]) {
    for _ in 0..12 {
        if nodes.iter().all(|node| fault(smile, node).is_none()) {
            return;
        }
        for coefficient in smile.correction.coefficients_mut() {
            *coefficient *= 0.7;
        }
    }
    smile.correction.coefficients_mut().fill(0.0);
}

/// One knot a quote, thinned, and some beyond the outermost.
fn knots(smile: &Smile, points: &[SmilePoint]) -> Vec<f64> {
    let mut inner: Vec<f64> = Vec::new();
    for point in points {
        let z = point.log_moneyness / smile.deviation;
        if inner.last().is_none_or(|last| z - last >= KNOT_GAP_MIN) {
            inner.push(z);
        }
    }
    let [first, second, .., before, last] = inner[..] else {
        return Vec::new();
    };
    let outer = |edge: f64, gap: f64, sign: f64| {
        let gap = gap.min(OUTER_GAP_MAX);
        (1..=OUTER_KNOTS).map(move |i| edge + sign * gap * f64::from(i))
    };
    let mut knots: Vec<f64> = outer(first, second - first, -1.0).collect();
    knots.reverse();
    knots.extend(inner);
    knots.extend(outer(last, last - before, 1.0));
    knots
}

/// The normal equations of the penalised fit.
struct System {
    spline: Spline,
    /// `(z, SVI's shortfall, weight)` in units of `deviation²`.
    data: Vec<(f64, f64, f64)>,
    /// Multiples of the smoothing weight by knot interval.
    stiffness: Vec<f64>,
    /// `(z, target, weight)`: where the smile is pulled below the next expiry.
    pulls: Vec<(f64, f64, f64)>,
    smoothing: f64,
}

impl System {
    fn new(smile: &Smile, points: &[SmilePoint]) -> Self {
        let unit = smile.deviation * smile.deviation;
        let datum = |point: &SmilePoint| {
            let k = point.log_moneyness;
            let weight = unit / point.half_spread;
            let shortfall = (point.variance - smile.svi.at(k).value) / unit;
            (k / smile.deviation, shortfall, weight * weight)
        };
        Self {
            stiffness: vec![1.0; smile.correction.knots().len() - 1],
            spline: smile.correction.clone(),
            data: points.iter().map(datum).collect(),
            pulls: Vec::new(),
            smoothing: 1.0,
        }
    }

    /// Adds `weight · (B(z)·c − target)²` to the normal equations.
    fn add(&self, matrix: &mut DMatrix<f64>, right: &mut DVector<f64>, datum: (f64, f64, f64)) {
        let (z, target, weight) = datum;
        let active = self.spline.active(z);
        for row in active.clone() {
            let left = weight * self.spline.basis(row, z).value;
            right[row] += left * target;
            for column in active.clone() {
                matrix[(row, column)] += left * self.spline.basis(column, z).value;
            }
        }
    }

    /// The integral of the squared second derivative, by two-point Gauss (exact for cubics).
    fn penalise(&self, matrix: &mut DMatrix<f64>) {
        for (span, stiffness) in self.spline.knots().windows(2).zip(&self.stiffness) {
            let (middle, half) = (0.5 * (span[0] + span[1]), 0.5 * (span[1] - span[0]));
            for sign in [-1.0, 1.0] {
                let z = middle + sign * half / 3.0_f64.sqrt();
                let active = self.spline.active(z);
                for row in active.clone() {
                    let left = self.spline.basis(row, z).curvature * half;
                    for column in active.clone() {
                        let right = self.spline.basis(column, z).curvature;
                        matrix[(row, column)] += self.smoothing * stiffness * left * right;
                    }
                }
            }
        }
    }

    fn equations(&self) -> (DMatrix<f64>, DVector<f64>) {
        let count = self.spline.coefficients().len();
        let mut matrix = DMatrix::zeros(count, count);
        let mut right = DVector::zeros(count);
        for &datum in self.data.iter().chain(&self.pulls) {
            self.add(&mut matrix, &mut right, datum);
        }
        self.penalise(&mut matrix);
        let scale = (0..count).map(|i| matrix[(i, i)]).fold(1.0, f64::max);
        for i in 0..count {
            matrix[(i, i)] += RIDGE * (1.0 + 1e-6 * scale);
        }
        (matrix, right)
    }

    fn solve(&self) -> Vec<f64> {
        let (matrix, right) = self.equations();
        let count = right.len();
        let solved = matrix.cholesky().map(|factor| factor.solve(&right));
        solved.map_or_else(|| vec![0.0; count], |x| x.iter().copied().collect())
    }

    /// The smoothing weight with the least leave-one-out score.
    fn cross_validated(&mut self) -> f64 {
        let mut best = (f64::INFINITY, 1.0);
        for step in 0..SMOOTHING_STEPS {
            self.smoothing = 1e-3 * libm::pow(10.0, 0.5 * f64::from(step));
            let score = self.leave_one_out();
            if score <= best.0 {
                best = (score, self.smoothing);
            }
        }
        best.1
    }

    /// Sum of capped squared leave-one-out residuals, in half-spreads: `r/(1−h)` with leverage h.
    fn leave_one_out(&self) -> f64 {
        let (matrix, right) = self.equations();
        let Some(factor) = matrix.cholesky() else {
            return f64::INFINITY;
        };
        let solution = factor.solve(&right);
        let score = |&(z, target, weight): &(f64, f64, f64)| {
            let mut row = DVector::zeros(right.len());
            for index in self.spline.active(z) {
                row[index] = self.spline.basis(index, z).value;
            }
            let fitted: f64 = row.iter().zip(solution.iter()).map(|(b, c)| b * c).sum();
            let solved = factor.solve(&row);
            let reach: f64 = row.iter().zip(solved.iter()).map(|(b, c)| b * c).sum();
            let left_out = (target - fitted) / (1.0 - weight * reach).max(1e-9);
            (left_out * left_out * weight).min(RESIDUAL_CAP * RESIDUAL_CAP)
        };
        self.data.iter().map(score).sum()
    }

    /// Tightens the fit wherever `smile` is at fault; the number of faults.
    fn tighten(&mut self, smile: &Smile, nodes: &[Node]) -> usize {
        let mut stiffer = vec![false; self.stiffness.len()];
        let mut faults = 0;
        for node in nodes {
            let z = node.k / smile.deviation;
            match fault(smile, node) {
                None => continue,
                Some(Fault::Butterfly) => self.mark(z, &mut stiffer),
                Some(Fault::Calendar) => self.pull(smile, node, z),
            }
            faults += 1;
        }
        for (stiffness, marked) in self.stiffness.iter_mut().zip(stiffer) {
            if marked {
                *stiffness *= TIGHTENING;
            }
        }
        faults
    }

    fn mark(&self, z: f64, stiffer: &mut [bool]) {
        let after = self.spline.knots().partition_point(|knot| *knot <= z);
        let last = stiffer.len() - 1;
        stiffer[after.saturating_sub(2).min(last)..=after.min(last)].fill(true);
    }

    fn pull(&mut self, smile: &Smile, node: &Node, z: f64) {
        if let Some(pull) = self.pulls.iter_mut().find(|pull| pull.0 == z) {
            pull.2 *= TIGHTENING;
            return;
        }
        let unit = smile.deviation * smile.deviation;
        let room = node.highest * (1.0 - CALENDAR_MARGIN) - smile.svi.at(node.k).value;
        self.pulls.push((z, room / unit, 100.0));
    }
}
