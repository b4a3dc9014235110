//! Correlation matrices of `../shared/reference/7_matrices`: nearest ones to the 1e-8 that its
//! README asks, Cholesky factors of nearly singular ones.

#![allow(missing_docs)]

mod common;

use nalgebra::DMatrix;
use plimsoll::numeric::matrix::{
    MatrixError, nearest_correlation, semidefinite_cholesky, smallest_eigenvalue,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-8;

fn read(file: &str) -> Option<Vec<Value>> {
    let path = common::shared(&format!("reference/7_matrices/{file}"))?;
    let text = std::fs::read_to_string(path).expect("readable");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    Some(file["cases"].as_array().expect("cases").clone())
}

fn numbers(value: &Value) -> Vec<f64> {
    let cells = value.as_array().expect("an array").iter();
    cells.map(|cell| cell.as_f64().expect("a number")).collect()
}

fn square(rows: &Value) -> DMatrix<f64> {
    let rows: Vec<Vec<f64>> = rows.as_array().expect("rows").iter().map(numbers).collect();
    DMatrix::from_fn(rows.len(), rows.len(), |row, column| rows[row][column])
}

#[test]
fn nearest_correlation_matrices() {
    let Some(cases) = read("nearest_correlation.json") else { return };
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let (id, input) = (&case["id"], square(&case["input"]));
        let found = nearest_correlation(&input).expect("a nearest matrix");
        let error = (&found.matrix - square(&case["nearest"])).amax();
        assert!(error < TOLERANCE, "{id}: {error:e}");
        let distance = case["frobenius_distance"].as_f64().expect("a distance");
        assert!((found.distance - distance).abs() < TOLERANCE, "{id}: {}", found.distance);
        assert!(semidefinite_cholesky(&found.matrix).is_ok(), "{id}");
    }
}

/// What must be projected must first have been refused, with the right eigenvalue.
#[test]
fn invalid_matrices_are_refused_by_name() {
    let Some(cases) = read("spectral_salvage.json") else { return };
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let expected = numbers(&case["eigenvalues"])[0];
        assert!(expected < 0.0);
        match semidefinite_cholesky(&square(&case["input"])) {
            Err(MatrixError::NotPositiveSemidefinite { smallest_eigenvalue }) => {
                assert!((smallest_eigenvalue - expected).abs() < 1e-12, "{}", case["id"]);
            }
            other => panic!("{}: {other:?}", case["id"]),
        }
    }
}

#[test]
fn nearly_singular_cholesky_factors() {
    let Some(cases) = read("near_singular_cholesky.json") else { return };
    assert_eq!(cases.len(), 3);
    for case in &cases {
        let (id, matrix) = (&case["id"], square(&case["matrix"]));
        let factor = semidefinite_cholesky(&matrix).expect("positive definite");
        let expected = case["cholesky_lower"].as_array().expect("rows");
        for (row, expected) in factor.rows().zip(expected) {
            for (found, expected) in row.iter().zip(numbers(expected)) {
                assert!((found - expected).abs() < TOLERANCE, "{id}: {found}, not {expected}");
            }
        }
        let smallest = numbers(&case["eigenvalues"])[0];
        assert!((smallest_eigenvalue(&matrix).expect("symmetric") - smallest).abs() < 1e-13);
    }
}
