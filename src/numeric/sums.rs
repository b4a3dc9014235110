//! Elementwise sums: a multiple of one array, or of the product of two, onto another.
//!
//! Products are rounded before they are added, so that no fused multiply-add is asked of CPUs that
//! have none.

use super::isa::cloned_per_instruction_set;

cloned_per_instruction_set! {
    /// `sums += coefficient · values`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn add_multiple(coefficient: f64, values: &[f64], sums: &mut [f64]) = multiple;
}

cloned_per_instruction_set! {
    /// `sums += coefficient · (left · right)`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn add_product(
        coefficient: f64,
        left: &[f64],
        right: &[f64],
        sums: &mut [f64],
    ) = product;
}

#[inline(always)]
fn multiple(coefficient: f64, values: &[f64], sums: &mut [f64]) {
    assert_eq!(values.len(), sums.len());
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += coefficient * value;
    }
}

#[inline(always)]
fn product(coefficient: f64, left: &[f64], right: &[f64], sums: &mut [f64]) {
    assert!(left.len() == sums.len() && right.len() == sums.len());
    for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
        *sum += coefficient * (left * right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::InstructionSet;

    #[test]
    fn every_instruction_set_adds_the_same_bits() {
        let left: Vec<f64> = (0..37).map(|i| 0.1 * f64::from(i) - 1.7).collect();
        let right: Vec<f64> = (0..37).map(|i| 1.0 / f64::from(i + 3)).collect();
        for isa in InstructionSet::available() {
            let mut sums = left.clone();
            add_multiple(isa, 0.3, &right, &mut sums);
            add_product(isa, -0.7, &left, &right, &mut sums);
            for (path, sum) in sums.iter().enumerate() {
                let multiple = left[path] + 0.3 * right[path];
                assert_eq!(*sum, multiple + -0.7 * (left[path] * right[path]), "{isa}");
            }
        }
    }
}
