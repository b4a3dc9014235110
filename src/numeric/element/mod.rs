//! Element functions: branch-free, written with fused multiply-add, always inlined into kernels.
//!
//! Called inside a cloned kernel they vectorise; called outside one they give the same bits
//! through the library's fused multiply-add, a few times slower.

// Coefficients stand with the digits their sources print.
#![allow(clippy::excessive_precision)]

mod exponential;
mod normal;
mod turn;

pub(super) use exponential::{exp, exp_of_nonpositive, ln, minus_two_ln};
pub(super) use normal::{TAIL_ARGUMENT_MAX, normal_cdf, normal_quantile, tail_ratio};
pub(super) use turn::cos_sin_turn;

/// `c₀ + c₁x + c₂x² + …` by Horner's rule.
#[inline(always)]
pub(super) fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}
