//! The threshold's headline figures against closed forms: delta-normal books, collateral that
//! hedges, a delta-neutral straddle, an account that would be liquidated at once.
//!
//! Exact potential losses first, then the same solvers on simulated paths (common random numbers),
//! within 4 of their own standard errors.
#![allow(missing_docs)]

use std::convert::Infallible;

use plimsoll::numeric::special::{normal_cdf, normal_pdf, normal_quantile};
use plimsoll::numeric::{InstructionSet, Purpose, Streams};
use plimsoll::risk::{NORMAL_95, PathWeights, tail_mean};
use plimsoll::threshold::{
    Binding, Direction, HeadroomLimits, HeadroomSolution, MoneyEstimate, RemedyInputs,
    ScaleSolution, ScaledBook, Status, StatusPolicy, Utilisation, UtilisationEstimate, remedy,
    solve_headroom, solve_scale, status, threshold, utilisation,
};
use plimsoll::units::ConfidenceLevel;

const LEVEL: f64 = 0.975;
const PATHS: usize = 200_000;
/// Dollar deltas of a book in three coins, mixed in sign.
const WEIGHTS: [f64; 3] = [2.0e6, -0.8e6, 0.5e6];
/// Daily volatilities.
const VOLATILITIES: [f64; 3] = [0.03, 0.04, 0.06];
const CORRELATIONS: [[f64; 3]; 3] = [[1.0, 0.8, 0.6], [0.8, 1.0, 0.7], [0.6, 0.7, 1.0]];

fn covariance(i: usize, j: usize) -> f64 {
    VOLATILITIES[i] * VOLATILITIES[j] * CORRELATIONS[i][j]
}

/// `w'Σw`.
fn variance(weights: &[f64; 3]) -> f64 {
    let row = |i: usize| (0..3).map(move |j| weights[i] * weights[j] * covariance(i, j));
    (0..3).flat_map(row).sum()
}

/// c: ES of a standard normal.
fn shortfall_of_one() -> f64 {
    normal_pdf(normal_quantile(LEVEL)) / (1.0 - LEVEL)
}

fn potential_loss(weights: &[f64; 3]) -> f64 {
    shortfall_of_one() * variance(weights).sqrt()
}

fn plus(asset: usize, exposure: f64) -> [f64; 3] {
    let mut weights = WEIGHTS;
    weights[asset] += exposure;
    weights
}

/// Roots of `c²(w + h·e_i)'Σ(w + h·e_i) = T²`: room for shorts (negative) and longs.
fn headroom_roots(asset: usize, limit: f64) -> [f64; 2] {
    let slope: f64 = (0..3).map(|j| covariance(asset, j) * WEIGHTS[j]).sum();
    let square = covariance(asset, asset);
    let deviation = limit / shortfall_of_one();
    let constant = variance(&WEIGHTS) - deviation * deviation;
    let root = (slope * slope - square * constant).sqrt();
    [(-slope - root) / square, (-slope + root) / square]
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs();
    assert!(error <= tolerance, "{what}: {found} instead of {expected}, off by {error:.1e}");
}

fn within_errors(what: &str, found: Option<f64>, interval: Option<[f64; 2]>, expected: f64) {
    let (found, [low, high]) = (found.unwrap(), interval.unwrap());
    let errors = (found - expected).abs() / ((high - low) / (2.0 * NORMAL_95));
    assert!(errors <= 4.0, "{what}: {found} instead of {expected}, {errors:.2} standard errors");
    // An interval so wide that it says nothing would pass the line above.
    assert!(high - low < 0.05 * expected.abs(), "{what}: {low} to {high} is too wide");
}

/// A book by its potential loss and its margin.
struct Book<L, M> {
    loss: L,
    margin: M,
}

impl<L: FnMut(f64) -> MoneyEstimate, M: Fn(f64) -> bool> ScaledBook for Book<L, M> {
    type Error = Infallible;

    fn potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, Infallible> {
        Ok((self.loss)(scale))
    }

    fn rough_potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, Infallible> {
        self.potential_loss(scale)
    }

    fn meets_initial_margin(&self, scale: f64) -> bool {
        (self.margin)(scale)
    }

    fn tolerance(&self) -> f64 {
        1e-10
    }
}

fn scale_exactly(
    limit: f64,
    loss: impl Fn(f64) -> f64,
    margin: impl Fn(f64) -> bool,
) -> ScaleSolution {
    solve_scale(&mut Book { loss: |k| MoneyEstimate::exact(loss(k)), margin }, limit).unwrap()
}

fn headroom_exactly(asset: usize, limit: f64) -> HeadroomSolution {
    let evaluate =
        |h: f64| Ok::<_, Infallible>(MoneyEstimate::exact(potential_loss(&plus(asset, h))));
    solve_headroom(evaluate, limits(limit)).unwrap()
}

fn limits(limit: f64) -> HeadroomLimits {
    HeadroomLimits { long: limit, short: limit, typical_exposure: 3.3e6 }
}

// --- Simulated paths ---------------------------------------------------------------------------

/// Correlated normal returns `[asset][path]`.
struct Paths {
    moves: [Vec<f64>; 3],
    losses: Vec<f64>,
}

impl Paths {
    fn new(seed: u64) -> Self {
        let streams = Streams::new(seed, InstructionSet::detect());
        let mut moves = [0, 1, 2].map(|factor| {
            let mut draws = vec![0.0; PATHS];
            let paths: Vec<u64> = (0..draws.len() as u64).collect();
            streams.fill_normals(Purpose::Diffusion, 0, factor, &paths, &mut draws);
            draws
        });
        // The Cholesky factor of a 3 × 3 correlation matrix, by hand.
        let [[_, r01, r02], [_, _, r12], _] = CORRELATIONS;
        let l11 = (1.0 - r01 * r01).sqrt();
        let l21 = (r12 - r01 * r02) / l11;
        let l22 = (1.0 - r02 * r02 - l21 * l21).sqrt();
        let [first, second, third] = &mut moves;
        for ((x, y), z) in first.iter_mut().zip(second).zip(third) {
            let [a, b, c] = [*x, *y, *z];
            *x = VOLATILITIES[0] * a;
            *y = VOLATILITIES[1] * (r01 * a + l11 * b);
            *z = VOLATILITIES[2] * (r02 * a + l21 * b + l22 * c);
        }
        Self { moves, losses: vec![0.0; PATHS] }
    }

    /// ES of `loss(returns)`.
    fn shortfall(&mut self, loss: impl Fn([f64; 3]) -> f64) -> MoneyEstimate {
        for path in 0..PATHS {
            self.losses[path] = loss([0, 1, 2].map(|asset| self.moves[asset][path]));
        }
        let level = ConfidenceLevel::new(LEVEL).unwrap();
        let tail = tail_mean(&self.losses, &PathWeights::plain(PATHS), level).unwrap();
        MoneyEstimate { amount: tail.expected_shortfall, standard_error: tail.standard_error }
    }

    fn linear(&mut self, weights: [f64; 3]) -> MoneyEstimate {
        self.shortfall(|x| -(weights[0] * x[0] + weights[1] * x[1] + weights[2] * x[2]))
    }

    fn scale(&mut self, limit: f64, loss: impl Fn(f64, [f64; 3]) -> f64) -> ScaleSolution {
        let loss = |k: f64| self.shortfall(|x| loss(k, x));
        solve_scale(&mut Book { loss, margin: |_| true }, limit).unwrap()
    }
}

#[test]
fn a_delta_normal_book_exactly() {
    let capital = 800_000.0;
    let limit = threshold(0.25, capital, 0.9);
    let loss = potential_loss(&WEIGHTS);
    let Utilisation::Finite(used) = utilisation(loss, limit) else { panic!("T is positive") };
    close("U", used, shortfall_of_one() * variance(&WEIGHTS).sqrt() / 180_000.0, 1e-14);
    let found = scale_exactly(limit, |k| potential_loss(&WEIGHTS.map(|w| k * w)), |_| true);
    close("k*", found.value.unwrap(), 1.0 / used, 1e-9);
    assert_eq!(found.binding, Binding::Risk);
    for asset in 0..3 {
        let [short, long] = headroom_roots(asset, limit);
        assert!(short < 0.0 && long > 0.0, "the book is within its threshold");
        let found = headroom_exactly(asset, limit);
        close("long headroom", found.long.value.unwrap(), long, 1e-8);
        close("short headroom", found.short.value.unwrap(), -short, 1e-8);
    }
}

#[test]
fn a_delta_normal_book_over_its_threshold_exactly() {
    let loss = potential_loss(&WEIGHTS);
    let limit = 0.6 * loss;
    let found = scale_exactly(limit, |k| potential_loss(&WEIGHTS.map(|w| k * w)), |_| true);
    close("k*", found.value.unwrap(), 0.6, 1e-9);
    assert_eq!(headroom_exactly(0, limit).long.value, None);
    // The margin call restores the target, and so does the scale found for it.
    let target = 0.75;
    let scale =
        scale_exactly(target * limit, |k| potential_loss(&WEIGHTS.map(|w| k * w)), |_| true);
    let inputs = RemedyInputs {
        potential_loss: loss,
        capital: limit / 0.2,
        threshold_per_capital: 0.2,
        target_utilisation: target,
        scale_to_target: scale.value,
        gross_exposure: 3.3e6,
    };
    let found = remedy(&inputs);
    close("scale to target", found.scale_positions.unwrap(), 0.45, 1e-9);
    let raised = 0.2 * (inputs.capital + found.margin_call.unwrap());
    close("U after the call", loss / raised, target, 1e-12);
}

#[test]
fn a_delta_normal_book_on_simulated_paths() {
    let mut paths = Paths::new(7);
    let limit = 1.4 * potential_loss(&WEIGHTS);
    let linear = |x: [f64; 3]| -(0..3).map(|i| WEIGHTS[i] * x[i]).sum::<f64>();
    let found = paths.scale(limit, |k, x| k * linear(x));
    within_errors("k*", found.value, found.interval_95, 1.4);
    for asset in 0..3 {
        let [short, long] = headroom_roots(asset, limit);
        let evaluate = |h: f64| Ok::<_, Infallible>(paths.linear(plus(asset, h)));
        let found = solve_headroom(evaluate, limits(limit)).unwrap();
        within_errors("long", found.long.value, found.long.interval_95, long);
        within_errors("short", found.short.value, found.short.interval_95, -short);
    }
}

#[test]
fn collateral_in_coin_against_a_short_loses_more_without_the_short() {
    // 10 units of coin as collateral, 9 sold short: loss −(10 − 9k)·x, PL(0) ten times PL(1).
    let unit = shortfall_of_one() * VOLATILITIES[0];
    let limit = 0.4 * 10.0 * unit;
    let found = Paths::new(8).scale(limit, |k, x| -(10.0 - 9.0 * k) * x[0]);
    within_errors("k*", found.value, found.interval_95, 14.0 / 9.0);
    assert_eq!(found.crossings.len(), 2);
    close("lower crossing", found.crossings[0], 6.0 / 9.0, 0.01);
}

#[test]
fn a_delta_neutral_straddle_is_hedged_yet_uses_its_threshold() {
    // Short gamma alone: loss g·Z², whose ES is 2g(zφ(z) + 1 − Φ(z))/(1−α), z = Φ⁻¹((1+α)/2).
    let gamma = 50_000.0;
    let z = normal_quantile(0.5 * (1.0 + LEVEL));
    let exact = 2.0 * gamma * (z * normal_pdf(z) + normal_cdf(-z)) / (1.0 - LEVEL);
    assert_eq!(Direction::of(&[0.0]), Direction::Hedged);
    let mut paths = Paths::new(9);
    let square = |x: [f64; 3]| gamma * (x[0] / VOLATILITIES[0]) * (x[0] / VOLATILITIES[0]);
    let found = paths.scale(2.5 * exact, |k, x| k * square(x));
    within_errors("k*", found.value, found.interval_95, 2.5);
    // Either direction adds risk alike.
    let evaluate = |h: f64| Ok::<_, Infallible>(paths.shortfall(|x| square(x) - h * x[0]));
    let found = solve_headroom(evaluate, limits(1.5 * exact)).unwrap();
    let (long, short) = (found.long.value.unwrap(), found.short.value.unwrap());
    let spread = |interval: Option<[f64; 2]>| interval.map(|[low, high]| high - low).unwrap();
    let errors = libm::hypot(spread(found.long.interval_95), spread(found.short.interval_95));
    assert!((long - short).abs() < 4.0 * errors / (2.0 * NORMAL_95), "{long} {short}");
    assert!(long > 1e5);
}

#[test]
fn an_account_that_would_be_liquidated_at_once_is_bound_by_margin() {
    // Equity 60,000 without recourse against exposure 2,000,000·k with 5 % initial margin: met up
    // to k = 0.6; losses beyond equity stay with the venue, so that PL never exceeds 60,000.
    let equity = 60_000.0;
    let mut paths = Paths::new(10);
    let loss = |k: f64| paths.shortfall(|x| (-2e6 * k * x[0]).min(equity));
    let mut book = Book { loss, margin: |k: f64| 0.05 * 2e6 * k <= equity };
    let found = solve_scale(&mut book, 70_000.0).unwrap();
    close("k*", found.value.unwrap(), 0.6, 1e-9);
    assert_eq!(found.binding, Binding::Margin);
    assert!(found.crossings.is_empty(), "PL is capped by equity below T");
}

#[test]
fn the_edges_of_utilisation() {
    let policy = StatusPolicy { amber: 0.75, red: 1.0, hysteresis: 0.0 };
    let of = |loss: f64, limit: f64| {
        let estimate = UtilisationEstimate::new(MoneyEstimate::exact(loss), limit);
        (estimate.point, status(&policy, &estimate, None).0)
    };
    assert_eq!(of(1.0, threshold(0.25, 0.0, 1.0)), (Utilisation::Infinite, Status::Red));
    assert_eq!(of(1.0, threshold(0.25, -5.0, 1.0)), (Utilisation::Infinite, Status::Red));
    assert_eq!(of(0.0, threshold(0.25, 0.0, 1.0)), (Utilisation::Finite(0.0), Status::Green));
    assert_eq!(of(-1.0, threshold(0.25, 8.0, 1.0)), (Utilisation::Finite(0.0), Status::Green));
    // Nothing may be carried: only no positions at all satisfy T = 0.
    let found = scale_exactly(0.0, |k| 5.0 * k, |_| true);
    assert_eq!(found.value, Some(0.0));
}
