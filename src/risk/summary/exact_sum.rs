//! Sums without rounding, so that their order cannot be seen.
//!
//! A long fixed-point number that spans every double, after Kulisch: adding is exact, merging is
//! exact, and only reading rounds. 68 digits of 32 bits, each in 64, take 2³⁰ additions before a
//! carry is due.

use serde::{Deserialize, Serialize};

/// Digits of 32 bits: bit 0 of digit 0 is 2^−1074; the top ones take 2^64 largest doubles.
const DIGITS: usize = 68;
const DIGIT_BITS: u32 = 32;
const DIGIT_MASK: u64 = (1 << DIGIT_BITS) - 1;
/// Additions between carries.
const ADDITIONS_MAX: u32 = 1 << 30;
const LOWEST_EXPONENT: i32 = -1074;

/// A sum of finite doubles, exact until read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExactSum {
    digits: Vec<i64>,
    additions: u32,
}

impl ExactSum {
    pub fn zero() -> Self {
        Self { digits: vec![0; DIGITS], additions: 0 }
    }

    /// Adds a finite `value`.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52) & 0x7FF;
        let fraction = bits & ((1 << 52) - 1);
        // Subnormals have no implied bit and the exponent of the smallest normals.
        let (significand, position) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | (1 << 52), exponent - 1),
        };
        let (first, shift) = ((position / 32) as usize, position % 32);
        let wide = u128::from(significand) << shift;
        let sign = if bits >> 63 == 0 { 1 } else { -1 };
        for (digit, slot) in self.digits[first..first + 3].iter_mut().enumerate() {
            let part = (wide >> (DIGIT_BITS * digit as u32)) as u64 & DIGIT_MASK;
            *slot += sign * part as i64;
        }
        self.additions += 1;
        if self.additions == ADDITIONS_MAX {
            self.carry();
        }
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &Self) {
        self.carry();
        let mut other = other.clone();
        other.carry();
        self.digits.iter_mut().zip(&other.digits).for_each(|(digit, more)| *digit += more);
        self.carry();
    }

    /// Brings every digit but the top one into `0..2^32`: one form for one sum.
    fn carry(&mut self) {
        let mut carry = 0;
        let (top, lower) = self.digits.split_last_mut().expect("there are digits");
        for digit in lower {
            let full = *digit + carry;
            carry = full >> DIGIT_BITS;
            *digit = full & DIGIT_MASK as i64;
        }
        *top += carry;
        self.additions = 1;
    }

    /// The sum, rounded to nearest.
    pub fn value(&self) -> f64 {
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.digits[DIGITS - 1] < 0;
        if negative {
            sum.digits.iter_mut().for_each(|digit| *digit = -*digit);
            sum.carry();
        }
        let magnitude = sum.magnitude();
        if negative { -magnitude } else { magnitude }
    }

    /// Of carried digits that are not negative.
    fn magnitude(&self) -> f64 {
        let Some(top) = self.digits.iter().rposition(|&digit| digit != 0) else { return 0.0 };
        let lowest = top.saturating_sub(2);
        let kept = self.digits[lowest..=top].iter().rev();
        let wide = kept.fold(0u128, |wide, &digit| (wide << DIGIT_BITS) | digit as u128);
        // What lies below decides ties alone; the lowest bit kept is below a double's last.
        let sticky = self.digits[..lowest].iter().any(|&digit| digit != 0);
        let exponent = LOWEST_EXPONENT + (DIGIT_BITS as usize * lowest) as i32;
        libm::scalbn((wide | u128::from(sticky)) as f64, exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::zero();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    #[test]
    fn single_values_are_read_back() {
        let values = [0.0, 1.0, -1.0, 0.1, -3e300, 5e-324, f64::MIN_POSITIVE, f64::MAX, -1e-310];
        for value in values {
            assert_eq!(sum(&[value]).value(), value);
        }
    }

    #[test]
    fn nothing_is_lost_between_large_terms() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]).value(), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1.0, 1.0, 1.0, -1e16]).value(), 4.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]).value(), f64::MAX);
        assert_eq!(sum(&[1.0, -1.0]).value(), 0.0);
    }

    #[test]
    fn reading_rounds_to_nearest_with_ties_to_even() {
        let ulp = f64::EPSILON;
        assert_eq!(sum(&[1.0, 0.5 * ulp]).value(), 1.0);
        assert_eq!(sum(&[1.0, 0.5 * ulp, 1e-300]).value(), 1.0 + ulp);
        assert_eq!(sum(&[1.0 + ulp, 0.5 * ulp]).value(), 1.0 + 2.0 * ulp);
        assert_eq!(sum(&[-1.0, -0.5 * ulp, -1e-300]).value(), -1.0 - ulp);
    }

    #[test]
    fn any_order_and_any_cut_give_the_same_digits() {
        let values: Vec<f64> =
            (0..2_000).map(|i| libm::sin(f64::from(i)) * libm::exp2(f64::from(i % 90))).collect();
        let mut backwards = values.clone();
        backwards.reverse();
        let mut merged = sum(&values[..777]);
        merged.merge(&sum(&values[777..]));
        assert_eq!(merged.value(), sum(&backwards).value());
        assert_eq!(merged.value(), sum(&values).value());
        // Integers: the plain sum is exact.
        let whole: Vec<f64> = (0..10_000).map(|i| f64::from(i * i % 7_919) - 4_000.0).collect();
        assert_eq!(sum(&whole).value(), whole.iter().sum::<f64>());
    }
}
