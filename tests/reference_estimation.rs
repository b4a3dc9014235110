//! Estimators against published fits and against facts about real market history.
#![allow(missing_docs, clippy::disallowed_methods)]

mod common;

use std::path::Path;

use common::shared;
use plimsoll::estimation::{
    EwmaStart, GarchFit, GarchMean, GarchParameters, GarchSettings, Integrated, ewma_filter_from,
    ewma_volatility, fit_garch, tail_dependence,
};
use serde_json::Value;

const FAMILY: &str = "reference/6_copula_tail_garch";

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn case(document: &Value, id: &str) -> Value {
    let cases = document["cases"].as_array().unwrap();
    cases.iter().find(|case| case["id"] == id).unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs();
    assert!(
        error <= tolerance,
        "{what}: {found} instead of {expected}, relative error {error:.1e}"
    );
}

/// One column of a CSV with a header, by name; empty cells are `None`.
fn column(path: &Path, name: &str) -> Vec<Option<f64>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let index = reader.headers().unwrap().iter().position(|header| header == name).unwrap();
    reader.records().map(|record| record.unwrap()[index].parse().ok()).collect()
}

fn deutschmark_pound() -> Option<Vec<Option<f64>>> {
    let folder = shared(FAMILY)?;
    Some(column(&folder.join("data_dem2gbp_returns_pct.csv"), "return_pct"))
}

fn close_parameters(what: &str, found: &GarchParameters, expected: &Value, tolerance: f64) {
    close(&format!("{what} mean"), found.mean, number(&expected["mu"]), tolerance);
    close(&format!("{what} omega"), found.omega, number(&expected["omega"]), tolerance);
    close(&format!("{what} alpha"), found.alpha, number(&expected["alpha"]), tolerance);
    close(&format!("{what} beta"), found.beta, number(&expected["beta"]), tolerance);
}

fn benchmark_fit(returns: &[Option<f64>]) -> GarchFit {
    let settings = GarchSettings { mean: GarchMean::Constant, integrated: Integrated::Refuse };
    fit_garch(returns, settings).unwrap()
}

/// Fiorentini, Calzolari & Panattoni (1996): DM/GBP, 1974 daily returns in per cent. Parameters are
/// published to 12 digits, standard errors to 6 to 9.
#[test]
fn garch_reproduces_the_deutschmark_pound_benchmark() {
    let Some(returns) = deutschmark_pound() else { return };
    let document = json(&shared(FAMILY).unwrap().join("garch_dem2gbp.json"));
    let expected = case(&document, "GARCH_DMBP_ssr");
    let fit = benchmark_fit(&returns);
    close_parameters("published", &fit.parameters, &expected["published"]["params"], 1e-10);
    close_parameters("computed", &fit.parameters, &expected["params"], 1e-9);
    close("log-likelihood", fit.log_likelihood, number(&expected["published"]["loglik"]), 1e-13);
    close("next variance", fit.next_variance(), number(&expected["h_next"]), 1e-9);
    close("next volatility", fit.next_volatility.value, number(&expected["vol_next"]), 1e-9);
    let errors = fit.standard_errors.unwrap();
    close_parameters("Hessian", &errors.hessian, &expected["se_hessian"], 1e-8);
    close_parameters("outer product", &errors.outer_product, &expected["se_opg"], 1e-8);
    close_parameters("robust", &errors.robust, &expected["se_qml"], 1e-8);
    close_parameters("robust, published", &errors.robust, &expected["published"]["se_qml"], 1e-7);
}

/// The likelihood does not care about units: in decimals the parameters scale, digits stay.
#[test]
fn garch_fit_scales_with_the_units() {
    let Some(returns) = deutschmark_pound() else { return };
    let percent = benchmark_fit(&returns);
    let decimals: Vec<_> = returns.iter().map(|value| value.map(|value| value / 100.0)).collect();
    let decimal = benchmark_fit(&decimals);
    close("alpha", decimal.parameters.alpha, percent.parameters.alpha, 1e-10);
    close("omega", decimal.parameters.omega, percent.parameters.omega * 1e-4, 1e-10);
    let jacobian = returns.len() as f64 * 100.0_f64.ln();
    close("log-likelihood", decimal.log_likelihood, percent.log_likelihood + jacobian, 1e-12);
}

/// RiskMetrics Technical Document (4th ed., 1996), tables 5.1 to 5.3: twenty USD/DEM returns.
#[test]
fn ewma_reproduces_the_riskmetrics_table() {
    let Some(folder) = shared(FAMILY) else { return };
    let expected = case(&json(&folder.join("ewma.json")), "RM_TABLE5");
    let numbers =
        |key: &str| -> Vec<f64> { expected[key].as_array().unwrap().iter().map(number).collect() };
    let returns: Vec<_> = numbers("returns_pct").into_iter().map(Some).collect();
    let half_life = -(2.0_f64.ln()) / number(&expected["lam"]).ln();
    let filter = ewma_filter_from(&returns, half_life, EwmaStart::FirstSquare).unwrap();
    // The table's row t holds the variance after return t: what the filter expects for t + 1.
    let after = filter.variances[1..].iter().flatten().copied().chain([filter.next_variance]);
    for (row, (found, expected)) in after.zip(numbers("recursive_variance")).enumerate() {
        close(&format!("row {row}"), found, expected, 1e-12);
    }
    let volatility = ewma_volatility(&returns, half_life).unwrap().value;
    close("weights", volatility, number(&expected["ewma_truncated_normalised"]), 1e-12);
    // The table weighs the squares equally around a zero mean: an endless half-life.
    let equal = ewma_volatility(&returns, 1e12).unwrap().value;
    close("equal weights", equal, number(&expected["equal_weight_vol"]), 1e-10);
}

/// λ = 0.94 over the DM/GBP returns, seeded with the first square.
#[test]
fn ewma_of_the_deutschmark_pound_returns() {
    let Some(returns) = deutschmark_pound() else { return };
    let document = json(&shared(FAMILY).unwrap().join("ewma.json"));
    let expected = case(&document, "EWMA_DMBP_0.94");
    let half_life = -(2.0_f64.ln()) / number(&expected["lam"]).ln();
    let filter = ewma_filter_from(&returns, half_life, EwmaStart::FirstSquare).unwrap();
    close("final variance", filter.next_variance, number(&expected["final_var"]), 1e-12);
}

/// λ = 2 t_{ν+1}(−√((ν+1)(1−ρ)/(1+ρ))), computed to 20 digits; the two-digit values of McNeil, Frey &
/// Embrechts' table beside them where it lists them.
#[test]
fn tail_dependence_of_the_t_copula() {
    let Some(folder) = shared(FAMILY) else { return };
    let path = folder.join("t_copula_tail_dependence.csv");
    let read = |name: &str| column(&path, name);
    let (nu, rho, exact) = (read("nu"), read("rho"), read("lambda_exact"));
    let book = read("mfe_table_recalled");
    assert_eq!(exact.len(), 36);
    for row in 0..exact.len() {
        let (nu, rho) = (nu[row].unwrap(), rho[row].unwrap());
        let found = tail_dependence(nu, rho);
        close(&format!("nu {nu}, rho {rho}"), found, exact[row].unwrap(), 1e-12);
        if let Some(book) = book[row] {
            assert!((found - book).abs() < 0.0051, "nu {nu}, rho {rho}: {found} against {book}");
        }
    }
}
