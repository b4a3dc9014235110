//! Complex numbers for set-up, on crate `libm`: the same bits on every CPU.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A complex number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Complex {
    pub real: f64,
    pub imaginary: f64,
}

impl Complex {
    pub fn new(real: f64, imaginary: f64) -> Self {
        Self { real, imaginary }
    }

    pub fn exp(self) -> Self {
        let size = libm::exp(self.real);
        Self::new(size * libm::cos(self.imaginary), size * libm::sin(self.imaginary))
    }

    /// Principal logarithm.
    pub fn ln(self) -> Self {
        let Self { real, imaginary } = self;
        Self::new(libm::log(libm::hypot(real, imaginary)), libm::atan2(imaginary, real))
    }

    pub fn scaled(self, factor: f64) -> Self {
        Self::new(self.real * factor, self.imaginary * factor)
    }

    pub fn reciprocal(self) -> Self {
        let Self { real, imaginary } = self;
        let square = real * real + imaginary * imaginary;
        Self::new(real / square, -imaginary / square)
    }
}

impl From<f64> for Complex {
    fn from(real: f64) -> Self {
        Self::new(real, 0.0)
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.real + other.real, self.imaginary + other.imaginary)
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.real - other.real, self.imaginary - other.imaginary)
    }
}

impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.real, -self.imaginary)
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(
            self.real * other.real - self.imaginary * other.imaginary,
            self.real * other.imaginary + self.imaginary * other.real,
        )
    }
}

impl Div for Complex {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let square = other.real * other.real + other.imaginary * other.imaginary;
        Self::new(
            (self.real * other.real + self.imaginary * other.imaginary) / square,
            (self.imaginary * other.real - self.real * other.imaginary) / square,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_logarithm_are_inverse_and_divide_by_subtraction() {
        let (x, y) = (Complex::new(0.3, -1.2), Complex::new(-2.0, 0.7));
        for (found, expected) in
            [(x.exp().ln(), x), (x / y * y, x), ((x.ln() - y.ln()).exp(), x / y)]
        {
            let error = found - expected;
            assert!(error.real.abs() < 1e-15 && error.imaginary.abs() < 1e-15, "{found:?}");
        }
    }
}
