//! The integer hash every number comes from, and decimal rounding.

/// splitmix64 (Steele, Lea & Flood 2014), seeded by its state.
pub struct SplitMix(u64);

impl SplitMix {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [`from`, `to`), from the upper 53 bits.
    pub fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * ((self.next() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64))
    }

    /// One of `0..count`.
    pub fn index(&mut self, count: u64) -> u64 {
        self.next() % count
    }
}

/// The double nearest to `value` printed with `digits` decimals (ties of the exact value to even).
pub fn rounded(value: f64, digits: usize) -> f64 {
    let text = format!("{value:.digits$}");
    text.parse().expect("a printed number reads back")
}

/// Sum of products, left to right.
pub fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).fold(0.0, |sum, (a, b)| sum + a * b)
}
