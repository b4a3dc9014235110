//! SVI fitted to the points of one expiry, free of arbitrage.
//!
//! Weighted least squares in total variance (weights from the bid–ask spread, residuals beyond
//! [`OUTLIER`] half-spreads counted linearly as Huber 1964 does), with penalties for butterfly
//! arbitrage and for variance above a later expiry's. The parameters are searched where every value
//! is a valid smile: logarithms and logits.

use super::arbitrage::butterfly;
use super::quote::SmilePoint;
use super::smile::Smile;
use super::svi::Svi;
use crate::numeric::optimise::{MinimiseOptions, minimise};

/// Half-spreads beyond which a residual counts linearly.
const OUTLIER: f64 = 3.0;
/// Least half-spread, as a share of the variance, in the parametric fit: tight quotes at the money
/// shall not decide the wings.
const HALF_SPREAD_MIN: f64 = 0.01;
/// Furthest log-moneyness at which arbitrage is looked for.
pub const REACH: f64 = 3.0;
const GRID_POINTS: u32 = 201;
/// Lee's bound on the slope of a wing.
const SLOPE_MAX: f64 = 2.0;
/// Durrleman's function is kept above this.
pub const BUTTERFLY_MARGIN: f64 = 0.04;
/// Total variance is kept below the next expiry's by this share.
pub const CALENDAR_MARGIN: f64 = 1e-3;
const PENALTY: f64 = 1e5;

/// Bounds of the shape that a fit leans to, in deviations.
const USUAL_BOUNDS: [f64; 2] = [0.2, 3.0];
/// Weight of the lean, in mean squared half-spreads for each squared logarithm.
const LEAN: f64 = 0.02;
/// Rounds of cleaning; each takes a twentieth off the slopes.
const CLEANING_MAX: u32 = 100;
const FIRST_STEP: f64 = 0.5;
const SEARCH: MinimiseOptions =
    MinimiseOptions { tolerance: 1e-6, evaluations_max: 3_000, restarts_max: 2 };

/// What surrounds a smile in time.
#[derive(Clone, Copy, Default)]
pub struct Neighbours<'a> {
    /// The smile of the next later expiry: total variance stays below it.
    pub later: Option<&'a Smile>,
    /// Points of all earlier expiries: total variance stays above them as far as their spread says.
    pub earlier: &'a [SmilePoint],
}

/// The fitted SVI.
pub fn fit_svi(points: &[SmilePoint], deviation: f64, neighbours: Neighbours<'_>) -> Svi {
    let task = Task::new(points, deviation, neighbours);
    let starts = [[-0.3, 0.4], [-0.3, 1.5], [0.5, 1.0], [0.0, 2.5]];
    let fitted = starts.map(|[centre, width]| task.minimise(centre, width));
    let best = fitted.into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let svi = best.map_or_else(|| task.svi(&[0.0; 5]), |(parameters, _)| task.svi(&parameters));
    task.cleaned(svi)
}

/// The shape of a smile in units of its at-the-money deviation. Where its quotes leave a wing open,
/// a fit leans to the shape of the later expiry.
#[derive(Clone, Copy)]
struct Shape {
    left: f64,
    right: f64,
    width: f64,
}

impl Shape {
    /// Where there is no later expiry: about the middle of what Deribit's chains show.
    const USUAL: Self = Self { left: 0.7, right: 0.7, width: 2.0 };

    fn of(smile: &Smile) -> Self {
        let [low, high] = USUAL_BOUNDS;
        let relative = |value: f64| (value / smile.deviation).clamp(low, high);
        Self {
            left: relative(smile.svi.left_slope),
            right: relative(smile.svi.right_slope),
            width: relative(smile.svi.width),
        }
    }
}

struct Task<'a> {
    points: &'a [SmilePoint],
    earlier: &'a [SmilePoint],
    deviation: f64,
    usual: Shape,
    /// `(k, highest total variance allowed)`.
    grid: Vec<(f64, f64)>,
}

impl<'a> Task<'a> {
    fn new(points: &'a [SmilePoint], deviation: f64, neighbours: Neighbours<'a>) -> Self {
        let later = neighbours.later;
        let highest = |k: f64| later.map_or(f64::INFINITY, |smile| smile.at(k).value);
        let nodes = Smile::grid(deviation, REACH, GRID_POINTS);
        Self {
            points,
            earlier: neighbours.earlier,
            deviation,
            usual: later.map_or(Shape::USUAL, Shape::of),
            grid: nodes.iter().map(|&k| (k, highest(k))).collect(),
        }
    }

    /// From unbounded parameters: logarithms of the minimum, two slopes, and the width, each over
    /// its usual size; the centre in deviations.
    fn svi(&self, p: &[f64]) -> Svi {
        let slope = |log: f64, usual: f64| {
            let raw = usual * self.deviation * libm::exp(log.clamp(-30.0, 30.0));
            SLOPE_MAX * raw / (SLOPE_MAX + raw)
        };
        Svi {
            minimum: self.deviation * self.deviation * libm::exp(p[0].clamp(-10.0, 10.0)),
            left_slope: slope(p[1], self.usual.left),
            right_slope: slope(p[2], self.usual.right),
            centre: self.deviation * p[3],
            width: self.deviation * self.usual.width * libm::exp(p[4].clamp(-5.0, 5.0)),
        }
    }

    /// The best parameters from one start, and their objective.
    fn minimise(&self, centre: f64, width: f64) -> (Vec<f64>, f64) {
        let start = [-0.2, 0.0, 0.0, centre, libm::log(width / self.usual.width)];
        let found = minimise(|p| self.objective(p), &start, &[FIRST_STEP; 5], &SEARCH);
        // a start that is no number cannot be: every parameter is a valid smile
        found.map_or((start.to_vec(), f64::INFINITY), |minimum| (minimum.point, minimum.value))
    }

    fn objective(&self, parameters: &[f64]) -> f64 {
        let svi = self.svi(parameters);
        let lean: f64 = [1, 2, 4].iter().map(|&i| parameters[i] * parameters[i]).sum();
        self.misfit(&svi) + self.shortfall(&svi) + LEAN * lean + PENALTY * self.arbitrage(&svi)
    }

    /// Mean loss over the points.
    fn misfit(&self, svi: &Svi) -> f64 {
        let residual = |point: &SmilePoint| {
            let gap = svi.at(point.log_moneyness).value - point.variance;
            huber(gap / tolerance(point))
        };
        let total: f64 = self.points.iter().map(residual).sum();
        total / self.points.len() as f64
    }

    /// Mean loss over the earlier points that rise above the smile.
    fn shortfall(&self, svi: &Svi) -> f64 {
        let residual = |point: &SmilePoint| {
            let least = point.variance - point.half_spread;
            let gap = (least - svi.at(point.log_moneyness).value).max(0.0);
            huber(gap / tolerance(point))
        };
        let total: f64 = self.earlier.iter().map(residual).sum();
        total / self.points.len() as f64
    }

    /// What the penalties left of arbitrage removed: lower slopes make every density positive,
    /// lower variance satisfies every ceiling, and neither undoes the other.
    fn cleaned(&self, mut svi: Svi) -> Svi {
        let density = |svi: &Svi| {
            let densities = self.grid.iter().map(|&(k, _)| butterfly(k, svi.at(k)));
            densities.fold(f64::INFINITY, f64::min)
        };
        for _ in 0..CLEANING_MAX {
            let ratios = self.grid.iter().map(|&(k, highest)| highest / svi.at(k).value);
            let room = (1.0 - CALENDAR_MARGIN) * ratios.fold(f64::INFINITY, f64::min);
            let level = room.min(1.0);
            let flattening = if density(&svi) < 0.5 * BUTTERFLY_MARGIN { 0.95 } else { 1.0 };
            if level >= 1.0 - 0.1 * CALENDAR_MARGIN && flattening == 1.0 {
                break;
            }
            svi.minimum *= level;
            svi.left_slope *= level * flattening;
            svi.right_slope *= level * flattening;
        }
        svi
    }

    fn arbitrage(&self, svi: &Svi) -> f64 {
        let violation = |&(k, highest): &(f64, f64)| {
            let w = svi.at(k);
            let density = (BUTTERFLY_MARGIN - butterfly(k, w)).max(0.0);
            let excess = (w.value / highest - (1.0 - CALENDAR_MARGIN)).max(0.0);
            density * density + excess * excess
        };
        self.grid.iter().map(violation).sum::<f64>() / self.grid.len() as f64
    }
}

/// The half-spread, and no less than [`HALF_SPREAD_MIN`] of the variance.
fn tolerance(point: &SmilePoint) -> f64 {
    point.half_spread.max(HALF_SPREAD_MIN * point.variance)
}

fn huber(residual: f64) -> f64 {
    let size = residual.abs();
    if size <= OUTLIER { size * size } else { OUTLIER * (2.0 * size - OUTLIER) }
}
