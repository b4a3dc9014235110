//! Options on a block of paths: quantity times value straight into a row of sums.
//!
//! An option is worth its intrinsic value plus its [time value](super::time_value). Forwards come
//! in units of some reference forward F₀ with their logs and roots, which all options of one expiry
//! share; no logarithm is taken here. With one deviation for the whole block (`Deviation::Same`)
//! ln(F/K)/s is one multiply-add and the factor e^(−s²/8) is a constant.
//!
//! Accuracy: within 1e-15·max(F, K) of the exact value wherever deviations are zero or more. A
//! deviation below 1e-16, or one that is no number, gives the intrinsic value; deviations above 80
//! count as 80, where the value is its limit to the last bit. A forward of zero or less gives the
//! intrinsic value whatever its log says.

use super::Right;
use super::time_value::{DISTANCE_MAX, SQUARE_MAX, gaussian, time_value};
use crate::numeric::isa::cloned_per_instruction_set;

/// Below this, value and intrinsic value are the same to the last bit.
const DEVIATION_MIN: f64 = 1e-16;
const DEVIATION_MAX: f64 = 80.0;

/// One option and how much of it is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOption {
    /// Call or put.
    pub right: Right,
    /// K/F₀, positive.
    pub strike: f64,
    /// ln(K/F₀).
    pub log_strike: f64,
    /// What multiplies the value in units of F₀: signed quantity × F₀, discounted.
    pub amount: f64,
}

/// Forwards of a block, a path each.
#[derive(Debug, Clone, Copy)]
pub struct Forwards<'a> {
    /// ln(F/F₀).
    pub logs: &'a [f64],
    /// F/F₀.
    pub levels: &'a [f64],
    /// √(F/F₀); zero where that is negative. See [`square_roots`].
    pub roots: &'a [f64],
}

/// Standard deviations σ√T of a block.
#[derive(Debug, Clone, Copy)]
pub enum Deviation<'a> {
    /// One for all paths.
    Same(f64),
    /// One a path.
    Each(&'a [f64]),
}

/// What a unit of value is worth on each path.
#[derive(Debug, Clone, Copy)]
pub enum Weight<'a> {
    /// One on all paths.
    One,
    /// A number a path.
    Each(&'a [f64]),
}

cloned_per_instruction_set! {
    /// `sums[path] += amount · weight · value`, the value undiscounted and in units of F₀.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn add_option(
        held: HeldOption,
        forwards: Forwards<'_>,
        deviation: Deviation<'_>,
        weight: Weight<'_>,
        sums: &mut [f64],
    ) = option;
}

cloned_per_instruction_set! {
    /// √x; zero for what is negative.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn square_roots(values: &[f64], out: &mut [f64]) = roots;
}

#[inline(always)]
fn roots(values: &[f64], out: &mut [f64]) {
    assert_eq!(values.len(), out.len());
    for (slot, &value) in out.iter_mut().zip(values) {
        let value = if value > 0.0 { value } else { 0.0 };
        *slot = value.sqrt();
    }
}

#[inline(always)]
fn option(
    held: HeldOption,
    forwards: Forwards<'_>,
    deviation: Deviation<'_>,
    weight: Weight<'_>,
    sums: &mut [f64],
) {
    let count = sums.len();
    let Forwards { logs, levels, roots } = forwards;
    assert!(logs.len() == count && levels.len() == count && roots.len() == count);
    match deviation {
        Deviation::Same(deviation) if deviation >= DEVIATION_MIN => {
            let flat = Flat::new(&held, deviation);
            add(held.amount, weight, &FlatValues { held, flat, forwards }, sums);
        }
        Deviation::Same(_) => add(held.amount, weight, &IntrinsicValues { held, levels }, sums),
        Deviation::Each(deviations) => {
            assert_eq!(deviations.len(), count);
            let root = held.strike.sqrt();
            add(held.amount, weight, &MovingValues { held, root, forwards, deviations }, sums);
        }
    }
}

/// Values by path. Not closures: those are compiled without the instruction set of the kernel
/// they are inlined into, and every fused multiply-add becomes a call.
trait Values {
    fn at(&self, path: usize) -> f64;
}

struct FlatValues<'a> {
    held: HeldOption,
    flat: Flat,
    forwards: Forwards<'a>,
}

impl Values for FlatValues<'_> {
    #[inline(always)]
    fn at(&self, path: usize) -> f64 {
        let Forwards { logs, levels, roots } = self.forwards;
        self.flat.time_value(logs[path], levels[path], roots[path])
            + intrinsic(self.held.right, self.held.strike, levels[path])
    }
}

struct IntrinsicValues<'a> {
    held: HeldOption,
    levels: &'a [f64],
}

impl Values for IntrinsicValues<'_> {
    #[inline(always)]
    fn at(&self, path: usize) -> f64 {
        intrinsic(self.held.right, self.held.strike, self.levels[path])
    }
}

struct MovingValues<'a> {
    held: HeldOption,
    /// √(K/F₀).
    root: f64,
    forwards: Forwards<'a>,
    deviations: &'a [f64],
}

impl Values for MovingValues<'_> {
    #[inline(always)]
    fn at(&self, path: usize) -> f64 {
        let HeldOption { right, strike, log_strike, .. } = self.held;
        let Forwards { logs, levels, roots } = self.forwards;
        let (centre, scale) = (logs[path] - log_strike, self.root * roots[path]);
        moving_time_value(centre, self.deviations[path], scale, levels[path], strike)
            + intrinsic(right, strike, levels[path])
    }
}

#[inline(always)]
fn add(amount: f64, weight: Weight<'_>, values: &impl Values, sums: &mut [f64]) {
    match weight {
        Weight::One => {
            for (path, sum) in sums.iter_mut().enumerate() {
                *sum = amount.mul_add(values.at(path), *sum);
            }
        }
        Weight::Each(weights) => {
            assert_eq!(weights.len(), sums.len());
            for (path, sum) in sums.iter_mut().enumerate() {
                *sum = (amount * weights[path]).mul_add(values.at(path), *sum);
            }
        }
    }
}

/// max(F − K, 0) of a call, max(K − F, 0) of a put.
#[inline(always)]
fn intrinsic(right: Right, strike: f64, forward: f64) -> f64 {
    let value = right.sign() * (forward - strike);
    if value > 0.0 { value } else { 0.0 }
}

#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Constants of one option with one deviation.
struct Flat {
    strike: f64,
    half: f64,
    inverse: f64,
    /// −ln(K/F₀)/s.
    centre: f64,
    /// √(K/F₀)·e^(−s²/8).
    scale: f64,
}

impl Flat {
    #[inline(always)]
    fn new(held: &HeldOption, deviation: f64) -> Self {
        let deviation = lesser(deviation, DEVIATION_MAX);
        let (half, inverse) = (0.5 * deviation, 1.0 / deviation);
        Self {
            strike: held.strike,
            half,
            inverse,
            centre: -held.log_strike * inverse,
            scale: held.strike.sqrt() * gaussian(lesser(half * half, SQUARE_MAX)),
        }
    }

    #[inline(always)]
    fn time_value(&self, log: f64, forward: f64, root: f64) -> f64 {
        let distance = lesser(log.mul_add(self.inverse, self.centre).abs(), DISTANCE_MAX);
        let scale = self.scale * root * gaussian(distance * distance);
        time_value(distance, self.half, scale, lesser(forward, self.strike))
    }
}

/// Time value with a deviation of its own; `centre` is ln(F/K), `scale` √(FK).
#[inline(always)]
fn moving_time_value(centre: f64, deviation: f64, scale: f64, forward: f64, strike: f64) -> f64 {
    let moving = deviation >= DEVIATION_MIN;
    let held = if moving { deviation } else { DEVIATION_MIN };
    let deviation = lesser(held, DEVIATION_MAX);
    let half = 0.5 * deviation;
    let distance = lesser((centre * (1.0 / deviation)).abs(), DISTANCE_MAX);
    let square = lesser(half.mul_add(half, distance * distance), SQUARE_MAX);
    let value = time_value(distance, half, scale * gaussian(square), lesser(forward, strike));
    if moving { value } else { 0.0 }
}
