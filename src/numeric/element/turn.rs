//! Sine and cosine of a fraction of a full turn: reduction is exact, so no π is subtracted.
//!
//! Polynomials on |θ| ≤ π/4 are those of FreeBSD's `k_sin.c` and `k_cos.c`.

use super::exponential::ROUND;
use super::polynomial;

const SIN_COEFFICIENTS: [f64; 6] = [
    -1.666_666_666_666_663_243_48e-01,
    8.333_333_333_322_489_461_24e-03,
    -1.984_126_982_985_794_931_34e-04,
    2.755_731_370_707_006_767_89e-06,
    -2.505_076_025_340_686_341_95e-08,
    1.589_690_995_211_550_102_21e-10,
];
const COS_COEFFICIENTS: [f64; 6] = [
    4.166_666_666_666_660_190_37e-02,
    -1.388_888_888_887_410_957_49e-03,
    2.480_158_728_947_672_941_78e-05,
    -2.755_731_435_139_066_330_35e-07,
    2.087_572_321_298_174_827_90e-09,
    -1.135_964_755_778_819_482_65e-11,
];

/// (cos 2πu, sin 2πu) for u in [0, 1].
#[inline(always)]
pub(in crate::numeric) fn cos_sin_turn(u: f64) -> (f64, f64) {
    let shifted = u.mul_add(4.0, ROUND);
    let quadrant = shifted.to_bits();
    let theta = (shifted - ROUND).mul_add(-0.25, u) * std::f64::consts::TAU;
    let z = theta * theta;
    let sine = (theta * z).mul_add(polynomial(&SIN_COEFFICIENTS, z), theta);
    let cosine = (z * z).mul_add(polynomial(&COS_COEFFICIENTS, z), z.mul_add(-0.5, 1.0));
    let swapped = quadrant & 1 == 1;
    let (x, y) = if swapped { (sine, cosine) } else { (cosine, sine) };
    let x_sign = (quadrant.wrapping_add(1) & 2) << 62;
    let y_sign = (quadrant & 2) << 62;
    (f64::from_bits(x.to_bits() ^ x_sign), f64::from_bits(y.to_bits() ^ y_sign))
}
