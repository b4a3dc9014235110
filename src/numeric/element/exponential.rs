//! `exp` and `ln`, within 1 ulp (measured in the tests of `kernel`).
//!
//! `exp`: reduction by multiples of ln 2 in two parts, then a polynomial for
//! `(eʳ − 1 − r)/r²` on |r| ≤ ½ ln 2, interpolated at Chebyshev nodes in 80-digit arithmetic
//! (relative error of the sum 1.7e-17). `ln`: the scheme and coefficients of FreeBSD's `e_log.c`.

use super::polynomial;

/// 1.5·2⁵²: adding it rounds to an integer and leaves that integer in the low bits.
pub(super) const ROUND: f64 = 6_755_399_441_055_744.0;
const LN_2_HIGH: f64 = 6.931_471_803_691_238_164_90e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
/// Below this the result, under 3.4e-308, is flushed to zero.
const EXP_ARGUMENT_MIN: f64 = -708.0;
const EXP_ARGUMENT_MAX: f64 = 709.782_712_893_384;

const EXP_COEFFICIENTS: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_69,
    0.041_666_666_666_624_13,
    0.008_333_333_333_330_062,
    0.001_388_888_891_721_371_7,
    0.000_198_412_698_630_536_18,
    2.480_152_129_595_437_6e-5,
    2.755_726_845_999_706_4e-6,
    2.762_008_844_540_974_6e-7,
    2.510_038_549_551_032e-8,
];

/// eˣ; zero below −708, infinite above 709.78, NaN for NaN.
#[inline(always)]
pub(in crate::numeric) fn exp(x: f64) -> f64 {
    let value = exp_of_nonpositive(x);
    // Adding infinity keeps a NaN.
    if x <= EXP_ARGUMENT_MAX { value } else { x + f64::INFINITY }
}

/// eˣ for x ≤ 709.78; zero below −708; for NaN any number.
#[inline(always)]
pub(in crate::numeric) fn exp_of_nonpositive(x: f64) -> f64 {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let mantissa = 1.0 + (r * r).mul_add(polynomial(&EXP_COEFFICIENTS, r), r);
    // Times 2ⁿ: n, the low bits of `shifted`, is added to the exponent. It is 1024 only where the
    // mantissa is below one or x too large.
    let value = f64::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 52));
    if x < EXP_ARGUMENT_MIN { 0.0 } else { value }
}

const LN_ODD: [f64; 4] = [
    6.666_666_666_666_735_130e-01,
    2.857_142_874_366_239_149e-01,
    1.818_357_216_161_805_012e-01,
    1.479_819_860_511_658_591e-01,
];
const LN_EVEN: [f64; 3] =
    [3.999_999_999_940_941_908e-01, 2.222_219_843_214_978_396e-01, 1.531_383_769_920_937_332e-01];
const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
/// One unit below √2, so that a power of two times √½ counts down.
const SQRT_TWO_BITS: u64 = SQRT_HALF_BITS + (1 << 52) - 1;
const EXPONENT_MASK: u64 = 0xfff << 52;
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// ln x for a positive, finite, normal x.
#[inline(always)]
pub(in crate::numeric) fn ln_of_normal(x: f64) -> f64 {
    let bits = x.to_bits();
    let offset = bits.wrapping_sub(SQRT_HALF_BITS);
    // x = 2^k · m with m in [√½, √2); the bias keeps the shifted exponent positive.
    let biased = offset.wrapping_add(1023 << 52) >> 52;
    let k = f64::from_bits(biased | TWO_52.to_bits()) - (TWO_52 + 1023.0);
    let m = f64::from_bits(bits.wrapping_sub(offset & EXPONENT_MASK));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let series = z.mul_add(polynomial(&LN_ODD, w), w * polynomial(&LN_EVEN, w));
    let half_square = 0.5 * f * f;
    let correction = s.mul_add(half_square + series, k * LN_2_LOW);
    k.mul_add(LN_2_HIGH, f - (half_square - correction))
}

/// ln x; −∞ at zero, NaN below, subnormal numbers included.
#[inline(always)]
pub(in crate::numeric) fn ln(x: f64) -> f64 {
    let subnormal = x < f64::MIN_POSITIVE;
    let (scaled, shift) =
        if subnormal { (x * TWO_52, 52.0 * std::f64::consts::LN_2) } else { (x, 0.0) };
    let value = ln_of_normal(scaled) - shift;
    let value = if x < f64::INFINITY { value } else { x };
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x < 0.0 { f64::NAN } else { value }
}

/// The radial half of Box and Muller: −2 ln u for u in (0, 1), relative error below 5e-16.
///
/// As [`ln_of_normal`] with every term doubled. ln 2 stands in one double: where its multiple is
/// not zero, the sum is at least ln 2.
#[inline(always)]
pub(in crate::numeric) fn minus_two_ln(u: f64) -> f64 {
    const ODD: [f64; 4] = doubled(LN_ODD);
    const EVEN: [f64; 3] = doubled(LN_EVEN);
    let bits = u.to_bits();
    // u = 2^−k · m with m in [√½, √2), k not negative.
    let offset = SQRT_TWO_BITS.wrapping_sub(bits);
    let k = f64::from_bits(offset >> 52 | TWO_52.to_bits()) - TWO_52;
    let m = f64::from_bits(bits.wrapping_add(offset & EXPONENT_MASK));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let series = z.mul_add(polynomial(&ODD, w), w * polynomial(&EVEN, w));
    let square = f * f;
    let correction = (-s).mul_add(square + series, square);
    k.mul_add(2.0 * std::f64::consts::LN_2, f.mul_add(-2.0, correction))
}

const fn doubled<const N: usize>(coefficients: [f64; N]) -> [f64; N] {
    let mut twice = coefficients;
    let mut index = 0;
    while index < N {
        twice[index] *= 2.0;
        index += 1;
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over all magnitudes of a uniform, the closest to one and the smallest included.
    #[test]
    fn minus_two_ln_agrees_with_libm() {
        let mut largest: f64 = 0.0;
        for power in 0..53 {
            let scale = libm::ldexp(1.0, -power);
            let points = (0..4_000).map(|i| 1.0 - (f64::from(i) + 0.5) / 8_000.0);
            for u in points.chain([1.0 - f64::EPSILON / 2.0, SQRT_HALF, SQRT_HALF_BELOW]) {
                let expected = -2.0 * libm::log(u * scale);
                largest = largest.max((minus_two_ln(u * scale) / expected - 1.0).abs());
            }
        }
        assert!(largest <= 5e-16, "{largest:e}");
    }

    /// Where the power of two changes.
    const SQRT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
    const SQRT_HALF_BELOW: f64 = SQRT_HALF - f64::EPSILON / 2.0;
}
