//! Random words and quantiles of `../shared/reference/5_rng_normal`: Philox bit for bit, normal
//! and t distributions to their last digits.

#![allow(missing_docs)]

mod common;
#[path = "common/rows.rs"]
mod rows;

use plimsoll::numeric::{InstructionSet, kernel, philox, special};
use rows::Row;

fn read(file: &str) -> Option<Vec<Row>> {
    let path = common::shared(&format!("reference/5_rng_normal/{file}"))?;
    Some(rows::rows(&path))
}

fn words<const N: usize>(text: &str) -> [u32; N] {
    let words = text.split_whitespace().map(|word| u32::from_str_radix(word, 16).expect("hex"));
    words.collect::<Vec<_>>().try_into().expect("as many words as the generator has")
}

#[test]
fn philox_known_answers() {
    let Some(rows) = read("random123_kat.csv") else { return };
    let ours = |row: &&Row| row.text("generator") == "philox4x32" && row.text("rounds") == "10";
    let mut checked = 0;
    for row in rows.iter().filter(ours) {
        let found = philox::block(words(row.text("counter_hex")), words(row.text("key_hex")));
        assert_eq!(found, words(row.text("output_hex")), "{}", row.text("id"));
        checked += 1;
    }
    assert_eq!(checked, 3);
}

#[test]
fn more_philox_blocks() {
    let Some(rows) = read("philox4x32_10_more.csv") else { return };
    assert_eq!(rows.len(), 16);
    for row in &rows {
        let counter = words(row.text("counter_hex(c0..c3)"));
        let found = philox::block(counter, words(row.text("key_hex(k0 k1)")));
        assert_eq!(found, words(row.text("output_hex")), "{}", row.text("id"));
    }
}

fn assert_relative(row: &Row, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    let id = row.text("id");
    assert!(error <= tolerance * expected.abs(), "{id}: {found:e}, not {expected:e}");
}

/// The lower tail in relative terms, by slice and by scalar.
#[test]
fn normal_distribution_function() {
    let Some(rows) = read("normal_cdf.csv") else { return };
    assert_eq!(rows.len(), 15);
    for row in &rows {
        let mut value = [row.number("x")];
        assert_eq!(special::normal_cdf(value[0]).to_bits(), {
            kernel::normal_cdf_in_place(InstructionSet::detect(), &mut value);
            value[0].to_bits()
        });
        assert_relative(row, value[0], row.number("cdf_25_digits"), 2e-15);
        let logarithm = libm::log(value[0]);
        // Near one the logarithm of a double keeps absolute precision only.
        assert!((logarithm - row.number("log_cdf_25_digits")).abs() < 1e-14);
    }
}

#[test]
fn normal_quantile() {
    let Some(rows) = read("normal_quantile.csv") else { return };
    assert_eq!(rows.len(), 28);
    for row in &rows {
        let found = special::normal_quantile(row.number("p"));
        assert_relative(row, found, row.number("quantile_25_digits"), 8e-16);
    }
}

#[test]
fn student_t_quantile() {
    let Some(rows) = read("student_t_quantile.csv") else { return };
    assert_eq!(rows.len(), 35);
    for row in &rows {
        let found = special::student_t_quantile(row.number("p"), row.number("nu"));
        assert_relative(row, found, row.number("quantile_20_digits"), 1e-13);
    }
}
