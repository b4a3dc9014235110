//! Weighted sums of columns, and how many of their elements lie below a bound: the arithmetic of a
//! margin check, one number a path.
//!
//! # Panics
//! Both kernels panic if their slices differ in length: a fault of the caller's code, not of input.

use super::isa::cloned_per_instruction_set;

/// Elements kept in registers while all columns are added.
const LANES: usize = 32;

cloned_per_instruction_set! {
    /// `sum[i] += Σ weight · column[i]`, each product fused with its addition, columns in order.
    pub fn add_weighted(columns: &[(f64, &[f64])], sum: &mut [f64]) = add_weighted_body;
}

cloned_per_instruction_set! {
    /// Adds to `count` the elements of `values` that are below their bound; NaN is below nothing.
    pub fn count_below(values: &[f64], bounds: &[f64], count: &mut u64) = count_below_body;
}

#[inline(always)]
fn add_weighted_body(columns: &[(f64, &[f64])], sum: &mut [f64]) {
    let length = sum.len();
    assert!(columns.iter().all(|(_, column)| column.len() == length));
    let whole = length - length % LANES;
    let (head, rest) = sum.split_at_mut(whole);
    for (chunk, slots) in head.chunks_exact_mut(LANES).enumerate() {
        let mut sums = [0.0; LANES];
        sums.copy_from_slice(slots);
        for &(weight, column) in columns {
            let column = &column[chunk * LANES..][..LANES];
            for (sum, value) in sums.iter_mut().zip(column) {
                *sum = weight.mul_add(*value, *sum);
            }
        }
        slots.copy_from_slice(&sums);
    }
    for &(weight, column) in columns {
        for (sum, value) in rest.iter_mut().zip(&column[whole..]) {
            *sum = weight.mul_add(*value, *sum);
        }
    }
}

#[inline(always)]
fn count_below_body(values: &[f64], bounds: &[f64], count: &mut u64) {
    assert_eq!(values.len(), bounds.len());
    let below = values.iter().zip(bounds).map(|(value, bound)| u64::from(value < bound));
    *count += below.sum::<u64>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::InstructionSet;

    fn columns(length: usize) -> [Vec<f64>; 3] {
        let of = |seed: usize| {
            (0..length).map(|index| (((index + 1) * seed) % 97) as f64 / 7.0 - 5.0).collect()
        };
        [of(31), of(57), of(89)]
    }

    /// Against the same fused operations one element at a time, in the same order.
    #[test]
    fn a_sum_has_the_bits_of_its_elements_for_any_length_and_instruction_set() {
        for length in [0, 1, 31, 32, 33, 512, 700] {
            let [first, second, third] = columns(length);
            let weighted = [(0.3, first.as_slice()), (-1.7, &second), (1e-9, &third)];
            let expected: Vec<f64> = (0..length)
                .map(|i| {
                    weighted.iter().fold(2.5, |sum, &(weight, of)| f64::mul_add(weight, of[i], sum))
                })
                .collect();
            for isa in InstructionSet::available() {
                let mut found = vec![2.5; length];
                add_weighted(isa, &weighted, &mut found);
                assert_eq!(found, expected, "{isa}, {length}");
            }
        }
    }

    #[test]
    fn only_what_is_below_its_bound_counts() {
        let values = [1.0, -1.0, f64::NAN, -1.0, 0.0];
        let bounds = [0.0, 0.0, 0.0, f64::NEG_INFINITY, 0.0];
        for isa in InstructionSet::available() {
            let mut count = 10;
            count_below(isa, &values, &bounds, &mut count);
            assert_eq!(count, 11);
        }
    }
}
