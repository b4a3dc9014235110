//! Sine and cosine of a fraction of a full turn, straight from the bits of the fraction: the
//! quadrant is two of them and the reduction is exact, so no π is subtracted.
//!
//! With t in quarter turns from the middle of a quadrant, |t| ≤ ½, sin(πt/2)/t and (cos(πt/2) − 1)/t²
//! are polynomials in t², interpolated at Chebyshev nodes in 60-digit arithmetic (relative errors
//! of the functions 4e-17 and 3e-17). Both values are within
//! 2.3e-16 (measured in the tests).

use super::polynomial;

const SINE_COEFFICIENTS: [f64; 7] = [
    std::f64::consts::FRAC_PI_2,
    -0.645_964_097_506_244_3,
    0.079_692_626_246_043_01,
    -0.004_681_754_132_340_976,
    0.000_160_441_150_742_190_9,
    -3.598_643_352_982_31e-6,
    5.633_933_781_537_854e-8,
];
const COSINE_COEFFICIENTS: [f64; 8] = [
    1.0,
    -1.233_700_550_136_169_7,
    0.253_669_507_901_047_8,
    -0.020_863_480_763_340_773,
    0.000_919_260_274_546_844_7,
    -2.520_203_902_802_917_8e-5,
    4.710_678_405_505_227e-7,
    -6.329_396_344_967_424e-9,
];

const EIGHTH_OF_A_TURN: u64 = 1 << 61;
/// Bit that tells odd quadrants, in which sine and cosine swap.
const ODD_QUADRANT: u64 = 1 << 62;
const SIGN: u64 = 1 << 63;
/// Where the 50 bits below the quadrant stand in a fraction of 52.
const QUADRANT_FRACTION: u64 = ((1 << 50) - 1) << 2;

/// (cos 2πu, sin 2πu) for u = (k + ½)·2⁻⁵² with k the top 52 bits of `word`.
#[inline(always)]
pub(in crate::numeric) fn cos_sin_turn(word: u64) -> (f64, f64) {
    let turned = word.wrapping_add(EIGHTH_OF_A_TURN);
    let in_one_to_two = f64::from_bits((turned >> 10) & QUADRANT_FRACTION | 1.0f64.to_bits());
    let t = in_one_to_two - (1.5 - 2.0 * f64::EPSILON);
    let z = t * t;
    let sine = t * polynomial(&SINE_COEFFICIENTS, z);
    let cosine = polynomial(&COSINE_COEFFICIENTS, z);
    let swapped = turned & ODD_QUADRANT != 0;
    let (x, y) = if swapped { (sine, cosine) } else { (cosine, sine) };
    let x_sign = (turned ^ turned << 1) & SIGN;
    let y_sign = turned & SIGN;
    (f64::from_bits(x.to_bits() ^ x_sign), f64::from_bits(y.to_bits() ^ y_sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Low part of π/2 (fdlibm's `pio2_1t` continued: π/2 − its nearest double).
    const HALF_PI_LOW: f64 = 6.123_233_995_736_766e-17;

    /// By `libm` in the nearest quadrant, where the distance is exact, corrected to first order for
    /// the rounding of the angle.
    fn by_libm(word: u64) -> (f64, f64) {
        let fraction = (word >> 12) as i64;
        let quadrant = (fraction + (1 << 49)) >> 50;
        let t = (2 * (fraction - (quadrant << 50)) + 1) as f64 / (1u64 << 51) as f64;
        let angle = t * std::f64::consts::FRAC_PI_2;
        let lost = libm::fma(t, std::f64::consts::FRAC_PI_2, -angle) + t * HALF_PI_LOW;
        let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
        let (s, c) = (sine + cosine * lost, cosine - sine * lost);
        match quadrant & 3 {
            0 => (c, s),
            1 => (-s, c),
            2 => (-c, -s),
            _ => (s, -c),
        }
    }

    #[test]
    fn agrees_with_libm_over_the_whole_turn() {
        let step = u64::MAX / 400_001;
        let edges = (0..8u64).flat_map(|eighth| {
            let edge = eighth << 61;
            [edge.wrapping_sub(1), edge, edge | 1 << 12]
        });
        let words = (0..400_000).map(|index| index * step + 0x1234_5678).chain(edges);
        let mut largest: f64 = 0.0;
        for word in words {
            let ((c, s), (cosine, sine)) = (cos_sin_turn(word), by_libm(word));
            largest = largest.max((c - cosine).abs()).max((s - sine).abs());
        }
        assert!(largest <= 2.3e-16, "{largest:e}");
    }
}
