//! Elementwise kernels on slices: exponentials, logarithms, the normal distribution.
//!
//! Flows in: an instruction set and a slice. Flows out: a slice of the same length, with the same
//! bits for every set. NaN in, of any kind, gives NaN out.
//!
//! | kernel | domain | largest error | ends |
//! |---|---|---|---|
//! | `exp` | −708 to 709.782712893384 | 1 ulp | 0 below, ∞ above |
//! | `ln` | all positive, subnormal too | 1 ulp | −∞ at ±0, NaN below, ∞ at ∞ |
//! | `normal_cdf` | x ≥ 0 | 3 ulp | 1 |
//! | | −37.5 to 0 | 12 ulp, relative 2.7e-15 | 0 below about 3e-308 |
//! | `normal_quantile` | 5e-324 to 1 − 1.1e-16 | 5 ulp | ∓∞ at 0 and 1, NaN outside |
//!
//! Measured in the tests: against 60-digit values at chosen points, the ends of each domain among
//! them, and against `libm` on hundreds of thousands of even points.
//!
//! # Panics
//! Every kernel panics if its slices differ in length: a fault of the caller's code, not of input.

use super::element;
use super::isa::cloned_per_instruction_set;

macro_rules! elementwise {
    ($($name:ident, $in_place:ident, $element:path, $doc:literal;)*) => {
        $(
            cloned_per_instruction_set! {
                #[doc = $doc]
                pub fn $name(input: &[f64], out: &mut [f64]) = bodies::$name;
            }
            cloned_per_instruction_set! {
                #[doc = concat!($doc, " In place.")]
                pub fn $in_place(values: &mut [f64]) = bodies::$in_place;
            }
        )*
        mod bodies {
            use super::element;
            $(
                #[inline(always)]
                pub(super) fn $name(input: &[f64], out: &mut [f64]) {
                    assert_eq!(input.len(), out.len());
                    for (slot, &x) in out.iter_mut().zip(input) {
                        *slot = $element(x);
                    }
                }
                #[inline(always)]
                pub(super) fn $in_place(values: &mut [f64]) {
                    for slot in values {
                        *slot = $element(*slot);
                    }
                }
            )*
        }
    };
}

elementwise! {
    exp, exp_in_place, element::exp,
        "eˣ; zero below −708, infinite above 709.78.";
    ln, ln_in_place, element::ln,
        "Natural logarithm; −∞ at zero, NaN below.";
    normal_cdf, normal_cdf_in_place, element::normal_cdf,
        "Φ(x), the standard normal distribution function, with relative precision in the lower tail.";
    normal_quantile, normal_quantile_in_place, element::normal_quantile,
        "Φ⁻¹(p) for p in (0, 1): Wichura's AS 241; ∓∞ at 0 and 1, NaN outside.";
}

#[cfg(test)]
mod tests;
