//! Elementwise kernels on slices: exponentials, logarithms, the normal distribution.
//!
//! Flows in: an instruction set and a slice. Flows out: a slice of the same length, with the same
//! bits for every set. NaN in gives NaN out. Accuracy, measured in the tests against `libm` and
//! 60-digit values: `exp` and `ln` 1 ulp; `normal_quantile` 5 ulp; `normal_cdf` 3 ulp above zero
//! and 10 ulp (a relative 2e-15) below, down to 3e-308, where it ends in zero.
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
