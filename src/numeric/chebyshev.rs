//! Chebyshev interpolants: coefficients from values at the extreme points, error bounds, and
//! evaluation on slices by Clenshaw's recurrence.
//!
//! Flows in: values of a smooth function at [`points`]. Flows out: its interpolant in one or two
//! variables on [−1, 1], added to a slice, one multiply-add and one subtraction a coefficient.
//! Clenshaw is stable at any degree (Trefethen, *Approximation Theory and Approximation Practice*,
//! 2013, chapters 3, 8 and 19), and every argument is held inside the interval, so a far argument
//! gives a finite number and is told apart by its reach.

use super::InstructionSet;
use super::isa::cloned_per_instruction_set;

/// Paths evaluated at once.
const NARROW: usize = 16;
const WIDE: usize = 32;

/// The `degree + 1` extreme points `cos(πj/degree)` in descending order; zero alone for degree 0.
pub fn points(degree: usize) -> Vec<f64> {
    match degree {
        0 => vec![0.0],
        _ => (0..=degree).map(|j| cosine(j, degree)).collect(),
    }
}

/// Coefficients of the interpolant through `values` at [`points`]: `Σ a_k T_k`.
pub fn coefficients(values: &[f64]) -> Vec<f64> {
    let degree = values.len().saturating_sub(1);
    if degree == 0 {
        return values.to_vec();
    }
    let cosines: Vec<f64> = (0..2 * degree).map(|j| cosine(j, degree)).collect();
    let halved = |j: usize| if j == 0 || j == degree { 0.5 } else { 1.0 };
    let coefficient = |k: usize| {
        let terms = values.iter().enumerate();
        let sum: f64 =
            terms.map(|(j, value)| halved(j) * value * cosines[j * k % (2 * degree)]).sum();
        2.0 * halved(k) * sum / degree as f64
    };
    (0..=degree).map(coefficient).collect()
}

/// cos(πj/degree), exactly zero and exactly antisymmetric where it should be.
fn cosine(j: usize, degree: usize) -> f64 {
    let turned = (degree as f64 - 2.0 * j as f64) / (2.0 * degree as f64);
    libm::sin(std::f64::consts::PI * turned)
}

/// Largest error on [−1, 1] of the interpolant of `degree` of a function that is analytic inside
/// the Bernstein ellipse of `rho` > 1 and at most `bound` there: `4·M·ρ^(−n)/(ρ − 1)` (Trefethen
/// 2013, theorem 8.2).
pub fn interpolation_error(bound: f64, rho: f64, degree: usize) -> f64 {
    4.0 * bound * libm::pow(rho, -(degree as f64)) / (rho - 1.0)
}

/// Bound of the largest value on [−1, 1] of the interpolant over that of its values at the points:
/// the Lebesgue constant, at most `1 + (2/π)·ln(n + 1)` (Trefethen 2013, theorem 15.2).
pub fn lebesgue_constant(degree: usize) -> f64 {
    1.0 + std::f64::consts::FRAC_2_PI * libm::log(degree as f64 + 1.0)
}

/// A polynomial in two variables, `Σ_j T_j(u) Σ_i a_ij T_i(t)`, each sum over i cut where its
/// coefficients no longer matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor {
    lengths: Vec<usize>,
    coefficients: Vec<f64>,
}

impl Tensor {
    /// From the coefficients of each `T_j(u)`; at least one, none empty.
    pub fn new(rows: &[Vec<f64>]) -> Self {
        Self {
            lengths: rows.iter().map(Vec::len).collect(),
            coefficients: rows.iter().flatten().copied().collect(),
        }
    }

    /// Coefficients evaluated a path.
    pub fn term_count(&self) -> usize {
        self.coefficients.len()
    }

    /// Whether the second variable plays no part.
    pub fn is_univariate(&self) -> bool {
        self.lengths.len() <= 1
    }
}

cloned_per_instruction_set! {
    /// Maps `[centre − 1/scale, centre + 1/scale]` to [−1, 1]: `arguments` is held inside, `reach`
    /// becomes the largest distance from the centre so far, in half-widths (above one: outside).
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn map_to_interval(
        centre: f64,
        scale: f64,
        values: &[f64],
        arguments: &mut [f64],
        reach: &mut [f64],
    ) = map_body;
}

#[inline(always)]
fn map_body(centre: f64, scale: f64, values: &[f64], arguments: &mut [f64], reach: &mut [f64]) {
    assert!(values.len() == arguments.len() && values.len() == reach.len());
    for ((argument, reach), value) in arguments.iter_mut().zip(reach).zip(values) {
        let mapped = (value - centre) * scale;
        // What is not a number lies outside.
        let distance = if mapped.abs() < f64::MAX { mapped.abs() } else { f64::MAX };
        *reach = if distance > *reach { distance } else { *reach };
        let below = if mapped < 1.0 { mapped } else { 1.0 };
        *argument = if below > -1.0 { below } else { -1.0 };
    }
}

/// `sum += p(t, u)` on every path, for arguments in [−1, 1].
///
/// # Panics
/// If `t` or `u` is shorter than `sum` (`u` may be empty where it plays no part).
pub fn accumulate(isa: InstructionSet, p: &Tensor, t: &[f64], u: &[f64], sum: &mut [f64]) {
    // Tiles fill the registers of each set, or hold all there is; they do not change a bit.
    let wide = isa == InstructionSet::Avx512 && sum.len() > NARROW;
    match (wide, p.is_univariate()) {
        (true, true) => series_wide(isa, &p.coefficients, t, sum),
        (false, true) => series_narrow(isa, &p.coefficients, t, sum),
        (true, false) => tensor_wide(isa, p, t, u, sum),
        (false, false) => tensor_narrow(isa, p, t, u, sum),
    }
}

cloned_per_instruction_set! {
    fn series_wide(coefficients: &[f64], t: &[f64], sum: &mut [f64]) = series_body::<WIDE>;
}
cloned_per_instruction_set! {
    fn series_narrow(coefficients: &[f64], t: &[f64], sum: &mut [f64]) = series_body::<NARROW>;
}
cloned_per_instruction_set! {
    fn tensor_wide(p: &Tensor, t: &[f64], u: &[f64], sum: &mut [f64]) = tensor_body::<WIDE>;
}
cloned_per_instruction_set! {
    fn tensor_narrow(p: &Tensor, t: &[f64], u: &[f64], sum: &mut [f64]) = tensor_body::<NARROW>;
}

#[inline(always)]
fn series_body<const N: usize>(coefficients: &[f64], t: &[f64], sum: &mut [f64]) {
    assert!(t.len() >= sum.len());
    for (sum, t) in sum.chunks_mut(N).zip(t.chunks(N)) {
        let value = clenshaw::<N>(coefficients, &padded(t));
        for (slot, value) in sum.iter_mut().zip(&value) {
            *slot += value;
        }
    }
}

#[inline(always)]
fn tensor_body<const N: usize>(p: &Tensor, t: &[f64], u: &[f64], sum: &mut [f64]) {
    assert!(t.len() >= sum.len() && u.len() >= sum.len());
    for ((sum, t), u) in sum.chunks_mut(N).zip(t.chunks(N)).zip(u.chunks(N)) {
        let (t, u): ([f64; N], [f64; N]) = (padded(t), padded(u));
        let (mut last, mut before): ([f64; N], [f64; N]) = ([0.0; N], [0.0; N]);
        let mut end = p.coefficients.len();
        for &length in p.lengths[1..].iter().rev() {
            let inner = clenshaw(&p.coefficients[end - length..end], &t);
            end -= length;
            recur(&inner, &u, &mut last, &mut before);
        }
        let inner = clenshaw(&p.coefficients[..end], &t);
        for (lane, slot) in sum.iter_mut().enumerate() {
            *slot += u[lane].mul_add(last[lane], inner[lane] - before[lane]);
        }
    }
}

/// The first `N` values, zeros past the end.
#[inline(always)]
fn padded<const N: usize>(values: &[f64]) -> [f64; N] {
    match values.first_chunk() {
        Some(whole) => *whole,
        None => {
            let mut lanes = [0.0; N];
            lanes[..values.len()].copy_from_slice(values);
            lanes
        }
    }
}

/// `Σ a_k T_k(t)` in `N` lanes.
#[inline(always)]
fn clenshaw<const N: usize>(coefficients: &[f64], t: &[f64; N]) -> [f64; N] {
    let (mut last, mut before) = ([0.0; N], [0.0; N]);
    for &coefficient in coefficients[1..].iter().rev() {
        recur(&[coefficient; N], t, &mut last, &mut before);
    }
    let mut value = [0.0; N];
    for lane in 0..N {
        value[lane] = t[lane].mul_add(last[lane], coefficients[0] - before[lane]);
    }
    value
}

/// `b_k = a_k + 2t·b_(k+1) − b_(k+2)`.
#[inline(always)]
fn recur<const N: usize>(
    coefficient: &[f64; N],
    t: &[f64; N],
    last: &mut [f64; N],
    before: &mut [f64; N],
) {
    for lane in 0..N {
        let next = (2.0 * t[lane]).mul_add(last[lane], coefficient[lane] - before[lane]);
        before[lane] = last[lane];
        last[lane] = next;
    }
}

#[cfg(test)]
mod tests;
