//! VaR, ES and their components against reference cases (family 2) with exact answers.
//!
//! Monte Carlo cases draw 10^6 paths at a fixed seed and must be within 4 standard errors of the
//! exact figure; analytic ones within 1e-8 relative (see the family's README).
#![allow(missing_docs, clippy::disallowed_methods)]

mod common;

use std::path::PathBuf;

use common::shared;
use nalgebra::DMatrix;
use plimsoll::numeric::black76::{Black76, Right};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::numeric::matrix::{PackedFactor, semidefinite_cholesky};
use plimsoll::numeric::random::{Purpose, Streams};
use plimsoll::numeric::special::normal_cdf;
use plimsoll::risk::{
    Contribution, ExpectedShortfallWeights, KernelWeights, LossSample, Moments, NORMAL_95,
    QuantileEstimator, TailSample, contributions, deviation_components, expected_shortfall,
    modified_tail, moments, normal_tail, probability_of_loss_beyond, quantile, student_t_tail,
    value_at_risk,
};
use plimsoll::units::{ConfidenceLevel, PathId};
use serde_json::Value;

const FAMILY: &str = "reference/2_var_es";
const PATHS: usize = 1_000_000;
const BLOCK: usize = 8_192;

fn folder() -> Option<PathBuf> {
    shared(FAMILY)
}

fn json(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder()?.join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn cases(document: &Value) -> &[Value] {
    let cases = document["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    cases
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn level(value: f64) -> ConfidenceLevel {
    ConfidenceLevel::new(value).unwrap()
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error <= tolerance, "{what}: {found} instead of {expected}, off by {error:.1e}");
}

fn within_errors(what: &str, found: f64, expected: f64, standard_error: f64) {
    let errors = (found - expected).abs() / standard_error;
    assert!(errors <= 4.0, "{what}: {found} instead of {expected}, {errors:.2} standard errors");
}

/// Calls `each` with blocks of standard normals `[factor][path]` until all paths are drawn.
fn with_normals(seed: u64, factors: usize, mut each: impl FnMut(&[f64], usize)) {
    let streams = Streams::new(seed, InstructionSet::detect());
    let mut block = vec![0.0; factors * BLOCK];
    for first in (0..PATHS).step_by(BLOCK) {
        let paths = BLOCK.min(PATHS - first);
        let ids: Vec<u64> = (first as u64..(first + paths) as u64).collect();
        let block = &mut block[..factors * paths];
        for (factor, draws) in block.chunks_exact_mut(paths).enumerate() {
            streams.fill_normals(Purpose::Diffusion, 0, factor as u32, &ids, draws);
        }
        each(block, paths);
    }
}

/// Lower triangular factor, row-major.
fn cholesky(covariance: &[Vec<f64>]) -> Vec<f64> {
    let size = covariance.len();
    let matrix = DMatrix::from_fn(size, size, |row, column| covariance[row][column]);
    semidefinite_cholesky(&matrix).unwrap().into_entries()
}

fn moments_of(losses: &[f64]) -> Moments {
    moments(&LossSample::plain(losses, &[]).unwrap())
}

/// VaR and ES at `level` within 4 standard errors.
fn check_tail(what: &str, sample: &LossSample, cl: f64, var: f64, es: f64) {
    let found = value_at_risk(sample, level(cl));
    let [low, high] = found.interval_95.map(|end| end.amount());
    let error = (high - low) / (2.0 * NORMAL_95);
    within_errors(&format!("{what} VaR {cl}"), found.loss.amount(), var, error);
    let found = expected_shortfall(sample, level(cl));
    within_errors(&format!("{what} ES {cl}"), found.loss.amount(), es, found.standard_error);
}

// --- Elliptical books --------------------------------------------------------------------------

struct Linear {
    id: String,
    exposures: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    deviation: f64,
    results: Vec<Value>,
}

fn linear_books(document: &Value) -> Vec<Linear> {
    let book = |case: &Value| {
        let (vol, corr) = (numbers(&case["vol"]), rows(&case["corr"]));
        let years = number(&case["days"]) / number(&case["ppy"]);
        let entry = |i: usize, j: usize| vol[i] * vol[j] * corr[i][j] * years;
        let size = vol.len();
        Linear {
            id: case["id"].as_str().unwrap().to_owned(),
            exposures: numbers(&case["expo"]),
            covariance: (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect(),
            deviation: number(&case["pnl_sd"]),
            results: case["results"].as_array().unwrap().clone(),
        }
    };
    cases(document).iter().map(book).collect()
}

impl Linear {
    fn components(&self) -> Vec<f64> {
        deviation_components(&self.exposures, &self.covariance.concat()).unwrap()
    }

    /// Row losses `[row][path]` of the book, normal (`None`) or Student-t of unit variance.
    fn row_losses(&self, seed: u64, degrees: Option<usize>) -> Vec<f64> {
        let size = self.exposures.len();
        let triangle = PackedFactor::new(size, &cholesky(&self.covariance));
        let mixers = degrees.unwrap_or(0);
        let mut losses = vec![0.0; size * PATHS];
        let (mut moves, mut first) = (vec![0.0; size * BLOCK], 0);
        with_normals(seed, size + mixers, |draws, paths| {
            let (normals, extra) = draws.split_at(size * paths);
            let moves = &mut moves[..size * paths];
            triangle.multiply(InstructionSet::detect(), normals, paths, moves);
            for path in 0..paths {
                let squares: f64 = (0..mixers).map(|k| extra[k * paths + path].powi(2)).sum();
                // √(ν/χ²)·√((ν−2)/ν) = √((ν−2)/χ²).
                let mix = degrees.map_or(1.0, |nu| ((nu as f64 - 2.0) / squares).sqrt());
                for row in 0..size {
                    let change = moves[row * paths + path] * mix;
                    losses[row * PATHS + first + path] = -self.exposures[row] * change;
                }
            }
            first += paths;
        });
        losses
    }
}

fn book_losses(row_losses: &[f64]) -> Vec<f64> {
    let mut total = vec![0.0; PATHS];
    for row in row_losses.chunks_exact(PATHS) {
        total.iter_mut().zip(row).for_each(|(sum, loss)| *sum += loss);
    }
    total
}

#[test]
fn elliptical_closed_forms_agree_to_eight_digits() {
    let Some(document) = json("delta_normal_t.json") else { return };
    for book in linear_books(&document) {
        let components = book.components();
        close(&book.id, components.iter().sum(), book.deviation, 1e-10);
        for result in &book.results {
            let cl = number(&result["cl"]);
            let what = format!("{} {} {cl}", book.id, result["dist"]);
            let Some(nu) = result["dist"].as_str().unwrap().strip_prefix('t') else {
                let found = normal_tail(0.0, book.deviation, level(cl));
                close(&what, found.value_at_risk, number(&result["var"]), 1e-8);
                close(&what, found.expected_shortfall, number(&result["es"]), 1e-8);
                let share = found.value_at_risk / book.deviation;
                let expected = numbers(&result["component_var"]);
                for (component, expected) in components.iter().zip(expected) {
                    let error = (component * share - expected).abs();
                    assert!(error <= 1e-8 * found.value_at_risk, "{what}: off by {error}");
                }
                continue;
            };
            let nu: f64 = nu.parse().unwrap();
            let unit = book.deviation * ((nu - 2.0) / nu).sqrt();
            for (scale, suffix) in [(unit, "unitvar"), (book.deviation, "scale")] {
                let found = student_t_tail(0.0, scale, nu, level(cl));
                let of = |key: &str| number(&result[&format!("{key}_{suffix}")]);
                close(&what, found.value_at_risk, of("var"), 1e-8);
                close(&what, found.expected_shortfall, of("es"), 1e-8);
            }
        }
    }
}

#[test]
fn delta_normal_books_simulate_to_their_closed_form_with_components() {
    let Some(document) = json("delta_normal_t.json") else { return };
    let paths: Vec<PathId> = (0..PATHS as u64).map(PathId).collect();
    for (number_of, book) in linear_books(&document).iter().enumerate() {
        let row_losses = book.row_losses(11 + number_of as u64, None);
        let losses = book_losses(&row_losses);
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        let sample = TailSample { paths: &paths, row_losses: &row_losses };
        for result in book.results.iter().filter(|result| result["dist"] == "normal") {
            let (cl, var, es) =
                (number(&result["cl"]), number(&result["var"]), number(&result["es"]));
            check_tail(&book.id, &ordered, cl, var, es);
            let tail = ExpectedShortfallWeights::new(&ordered, level(cl));
            let kernel = KernelWeights::new(&ordered, level(cl));
            let found_var = value_at_risk(&ordered, level(cl));
            let total = found_var.loss.amount();
            let found = contributions(&sample, &tail, &kernel, total, ordered.weights()).unwrap();
            let sum: f64 = found.iter().map(|row| row.expected_shortfall).sum();
            let total_es = expected_shortfall(&ordered, level(cl)).loss.amount();
            close(&format!("{} sum of components", book.id), sum, total_es, 1e-12);
            let [low, high] = found_var.interval_95.map(|end| end.amount());
            let quantile_error = (high - low) / (2.0 * NORMAL_95) / total;
            let shares = numbers(&result["component_var"]);
            for (row, (found, component)) in found.iter().zip(shares).enumerate() {
                let what = format!("{} row {row} at {cl}", book.id);
                check_component(&what, found, component, es / var, quantile_error);
            }
        }
    }
}

fn check_component(what: &str, found: &Contribution, var: f64, es_by_var: f64, quantile: f64) {
    let error = found.expected_shortfall_error;
    within_errors(&format!("{what} ES"), found.expected_shortfall, var * es_by_var, error);
    // The component's own error is given the quantile; the quantile's comes on top.
    let error = found.value_at_risk_error.hypot(var * quantile);
    within_errors(&format!("{what} VaR"), found.value_at_risk, var, error);
}

#[test]
fn student_t_books_simulate_to_their_closed_form() {
    let Some(document) = json("delta_normal_t.json") else { return };
    let books = linear_books(&document);
    for (book, nu) in [(0, 3), (1, 4), (1, 6)] {
        let row_losses = books[book].row_losses(31 + nu as u64, Some(nu));
        let losses = book_losses(&row_losses);
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        let results = books[book].results.iter();
        for result in results.filter(|result| result["dist"] == format!("t{nu}").as_str()) {
            let (var, es) = (number(&result["var_unitvar"]), number(&result["es_unitvar"]));
            let what = format!("{} t{nu}", books[book].id);
            check_tail(&what, &ordered, number(&result["cl"]), var, es);
        }
    }
}

// --- Quadratic books ---------------------------------------------------------------------------

/// Losses `a + Σ b_i Z_i + λ_i Z_i²`.
fn quadratic_losses(seed: u64, constant: f64, linear: &[f64], squares: &[f64]) -> Vec<f64> {
    let mut losses = Vec::with_capacity(PATHS);
    with_normals(seed, linear.len(), |draws, paths| {
        let start = losses.len();
        losses.resize(start + paths, constant);
        for (factor, draws) in draws.chunks_exact(paths).enumerate() {
            for (loss, z) in losses[start..].iter_mut().zip(draws) {
                *loss += z * (linear[factor] + squares[factor] * z);
            }
        }
    });
    losses
}

#[test]
fn delta_gamma_books_simulate_to_their_exact_quadratic_form() {
    let Some(document) = json("delta_gamma_quadratic_exact.json") else { return };
    for (seed, case) in cases(&document).iter().enumerate() {
        let what = case["id"].as_str().unwrap();
        let form = &case["canonical"];
        let (linear, squares) = (numbers(&form["b"]), numbers(&form["lam"]));
        let losses = quadratic_losses(51 + seed as u64, number(&form["a"]), &linear, &squares);
        let mean_error = number(&case["sd"]) / (PATHS as f64).sqrt();
        within_errors(what, moments_of(&losses).mean, number(&case["mean"]), mean_error);
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        for result in case["results"].as_array().unwrap() {
            let (cl, var) = (number(&result["cl"]), number(&result["var"]));
            check_tail(what, &ordered, cl, var, number(&result["es"]));
            // The interval is as wide as theory says, √(α(1−α)/n) over the density, up to the
            // noise of a sum of m spacings, 1/√m.
            let asymptotic = (cl * (1.0 - cl) / PATHS as f64).sqrt();
            let half_width = NORMAL_95 * asymptotic / number(&result["density_at_var"]);
            let found = value_at_risk(&ordered, level(cl));
            let [low, high] = found.interval_95.map(|end| end.amount());
            let spacings = (found.interval_ranks.upper - found.interval_ranks.lower) as f64;
            let what = format!("{what} half-width {cl}");
            close(&what, 0.5 * (high - low), half_width, 4.0 / spacings.sqrt());
        }
    }
}

/// Losses `−(δ'Y + ½Y'ΓY)` of independent factors, Γ given by its lower entries.
fn sensitivity_losses(case: &Value, seed: u64) -> Vec<f64> {
    let delta = numbers(&case["delta"]);
    let deviations: Vec<f64> = numbers(&case["variance"]).iter().map(|v| v.sqrt()).collect();
    let gamma = rows(&case["gamma_nonzero"]);
    let mut losses = Vec::with_capacity(PATHS);
    with_normals(seed, delta.len(), |draws, paths| {
        let start = losses.len();
        losses.resize(start + paths, 0.0);
        let of = |factor: usize| &draws[factor * paths..(factor + 1) * paths];
        for (factor, delta) in delta.iter().enumerate() {
            let slope = delta * deviations[factor];
            losses[start..].iter_mut().zip(of(factor)).for_each(|(loss, z)| *loss -= slope * z);
        }
        for entry in &gamma {
            let (i, j) = (entry[0] as usize, entry[1] as usize);
            let half = if i == j { 0.5 } else { 1.0 };
            let curve = half * entry[2] * deviations[i] * deviations[j];
            let pairs = of(i).iter().zip(of(j));
            losses[start..].iter_mut().zip(pairs).for_each(|(loss, (x, y))| *loss -= curve * x * y);
        }
    });
    losses
}

#[test]
fn open_source_risk_engine_delta_gamma_normal() {
    let Some(document) = json("ore_parametric_delta_gamma_normal.json") else { return };
    for (seed, case) in cases(&document).iter().enumerate() {
        let what = case["id"].as_str().unwrap();
        let (mean, deviation) = (number(&case["mean_pnl"]), number(&case["var_pnl"]).sqrt());
        for expected in case["expected"].as_array().unwrap() {
            let p = number(&expected["p"]);
            let tail = level(p.max(1.0 - p));
            let found = if p < 0.5 {
                -normal_tail(-mean, deviation, tail).value_at_risk
            } else {
                normal_tail(mean, deviation, tail).value_at_risk
            };
            close(what, found, number(&expected["recomputed"]), 1e-10);
            // Published by ORE, whose normal quantile is good to 1e-9; two of its books have
            // sensitivities published with too few digits for that.
            let rounded = ["ORE15_PF1_All_All", "ORE15_All_FX_DeltaGamma"].contains(&what);
            let tolerance = if rounded { 3e-6 } else { 2e-9 };
            let error = (found - number(&expected["ore_published"])).abs() / deviation;
            assert!(error <= tolerance, "{what} {p}: {error} deviations");
        }
        let losses = sensitivity_losses(case, 71 + seed as u64);
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        for exact in case["exact_quadratic"].as_array().unwrap() {
            let cl = 1.0 - number(&exact["alpha"]);
            let var = number(&exact["exact_loss_var"]);
            check_tail(what, &ordered, cl, var, number(&exact["exact_loss_es"]));
        }
    }
}

#[test]
fn tail_probabilities_of_weighted_chi_squares_are_those_of_imhof() {
    let Some(folder) = folder() else { return };
    let mut reader = csv::Reader::from_path(folder.join("imhof1961_tail.csv")).unwrap();
    let mut checked = 0;
    for (seed, record) in reader.records().map(Result::unwrap).enumerate() {
        let weights: Vec<f64> = record[2].split(' ').map(|w| w.parse().unwrap()).collect();
        let (x, exact): (f64, f64) = (record[3].parse().unwrap(), record[5].parse().unwrap());
        let losses = quadratic_losses(91 + seed as u64, 0.0, &vec![0.0; weights.len()], &weights);
        let found = probability_of_loss_beyond(&LossSample::plain(&losses, &[]).unwrap(), x);
        let error = (exact * (1.0 - exact) / PATHS as f64).sqrt();
        within_errors(&record[0], found.probability, exact, error);
        assert!(
            found.interval_95[0] < found.probability && found.probability < found.interval_95[1]
        );
        checked += 1;
    }
    assert_eq!(checked, 6);
}

// --- One-factor option books under full revaluation --------------------------------------------

struct OptionBook<'a> {
    case: &'a Value,
    spot: f64,
    year: f64,
    horizon_days: f64,
}

impl<'a> OptionBook<'a> {
    fn new(case: &'a Value) -> Self {
        assert_eq!(number(&case["r"]), 0.0);
        Self {
            case,
            spot: number(&case["S0"]),
            year: number(&case["year"]),
            horizon_days: number(&case["horizon_days"]),
        }
    }

    fn value(&self, spot: f64, days_passed: f64) -> f64 {
        let positions = self.case["positions"].as_array().unwrap();
        positions.iter().map(|position| self.position(position, spot, days_passed)).sum()
    }

    fn position(&self, position: &Value, spot: f64, days_passed: f64) -> f64 {
        let quantity = number(&position["qty"]);
        let kind = position["type"].as_str().unwrap();
        if kind == "inverse_perp" {
            // N(1/E − 1/X) coins at X.
            return quantity * (1.0 / number(&position["entry"]) - 1.0 / spot) * spot;
        }
        let option = Black76 {
            right: if kind == "put" { Right::Put } else { Right::Call },
            forward: spot,
            strike: number(&position["strike"]),
            volatility: number(&self.case["implied_vol"]),
            years: (number(&position["days"]) - days_passed) / self.year,
            discount: 1.0,
        };
        let unit = match kind {
            "call" | "put" => option.value(),
            "digital_call" => {
                let deviation = option.deviation();
                let moneyness = (option.forward / option.strike).ln();
                normal_cdf(moneyness / deviation - 0.5 * deviation)
            }
            other => panic!("{other} is not simulated"),
        };
        quantity * unit
    }

    fn losses(&self, seed: u64) -> Vec<f64> {
        let today = self.value(self.spot, 0.0);
        close("V0", today + 1.0, number(&self.case["V0"]) + 1.0, 1e-9);
        let deviation = number(&self.case["real_vol"]) * (self.horizon_days / self.year).sqrt();
        let heavy = self.case["dist"] != "normal";
        let mut losses = Vec::with_capacity(PATHS);
        with_normals(seed, if heavy { 5 } else { 1 }, |draws, paths| {
            for path in 0..paths {
                let squares: f64 = (1..draws.len() / paths)
                    .map(|factor| draws[factor * paths + path].powi(2))
                    .sum();
                // Unit-variance t with ν = 4: √((ν−2)/χ²).
                let mix = if heavy { (2.0 / squares).sqrt() } else { 1.0 };
                let spot = self.spot * (deviation * mix * draws[path]).exp();
                losses.push(today - self.value(spot, self.horizon_days));
            }
        });
        losses
    }
}

#[test]
fn option_books_under_full_revaluation_simulate_to_their_level_sets() {
    let Some(document) = json("single_asset_options_exact.json") else { return };
    for (seed, case) in cases(&document).iter().enumerate() {
        let what = case["id"].as_str().unwrap();
        let losses = OptionBook::new(case).losses(111 + seed as u64);
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        for result in case["results"].as_array().unwrap() {
            let cl = 1.0 - number(&result["alpha"]);
            check_tail(what, &ordered, cl, number(&result["var"]), number(&result["es"]));
        }
    }
}

// --- Historical estimators of other systems ----------------------------------------------------

/// EDHEC returns by series, all months.
fn edhec() -> Option<Vec<(String, Vec<f64>)>> {
    let mut reader = csv::Reader::from_path(folder()?.join("data_edhec_returns.csv")).unwrap();
    let names = reader.headers().unwrap().iter().skip(1).map(str::to_owned);
    let mut series: Vec<(String, Vec<f64>)> = names.map(|name| (name, Vec::new())).collect();
    for record in reader.records().map(Result::unwrap) {
        let cells = record.iter().skip(1);
        cells.zip(&mut series).for_each(|(cell, (_, values))| values.push(cell.parse().unwrap()));
    }
    Some(series)
}

/// PerformanceAnalytics' figure for a series of returns; negative is a loss.
fn performance_analytics(returns: &[f64], measure: &str, method: &str, cl: f64) -> f64 {
    let losses: Vec<f64> = returns.iter().map(|value| -value).collect();
    if method == "historical" {
        let cut = quantile(returns, 1.0 - cl, QuantileEstimator::Linear).unwrap();
        let below: Vec<f64> = returns.iter().copied().filter(|value| *value < cut).collect();
        return if measure == "VaR" { cut } else { moments_of(&below).mean };
    }
    let tail = if method == "gaussian" {
        // Its gaussian method takes the population variance.
        let sample = moments_of(&losses);
        let count = losses.len() as f64;
        normal_tail(sample.mean, sample.deviation * ((count - 1.0) / count).sqrt(), level(cl))
    } else {
        modified_tail(&losses, level(cl)).unwrap()
    };
    if measure == "VaR" { -tail.value_at_risk } else { -tail.expected_shortfall }
}

#[test]
fn performance_analytics_figures_are_reproduced() {
    let Some(series) = edhec() else { return };
    let path = folder().unwrap().join("edhec_performanceanalytics.csv");
    let mut checked = 0;
    for record in csv::Reader::from_path(path).unwrap().records().map(Result::unwrap) {
        let returns = &series.iter().find(|(name, _)| name == &record[1]).unwrap().1;
        let found =
            performance_analytics(returns, &record[2], &record[4], record[3].parse().unwrap());
        // The published snapshot is cut off, not rounded, after four decimals.
        let published: f64 = record[5].parse().unwrap();
        assert!((found - published).abs() < 1e-4 + 1e-12, "{}: {found}", &record[0]);
        close(&record[0], found, record[6].parse().unwrap(), 1e-8);
        checked += 1;
    }
    assert_eq!(checked, 52);
}

#[test]
fn performance_analytics_unit_test_values_to_six_digits() {
    let Some(series) = edhec() else { return };
    let first = &series[0].1[..100];
    // tests/testthat of PerformanceAnalytics: -0.014674, -0.017133, 0.012916.
    let found = performance_analytics(first, "VaR", "modified", 0.95);
    assert!((found - -0.014674).abs() < 5e-7, "{found}");
    let found = performance_analytics(first, "ES", "gaussian", 0.95);
    assert!((found - -0.017133).abs() < 5e-7, "{found}");
    let columns: Vec<&[f64]> = series[..3].iter().map(|(_, values)| &values[..100]).collect();
    let (found, _) = gaussian_components(&columns, &[0.3, 0.4, 0.3], 0.95);
    assert!((found - 0.012916).abs() < 5e-7, "{found}");
}

/// Gaussian VaR of a portfolio of return series (sample covariance) with its components.
fn gaussian_components(series: &[&[f64]], weights: &[f64], cl: f64) -> (f64, Vec<f64>) {
    let means: Vec<f64> = series.iter().map(|values| moments_of(values).mean).collect();
    let covariance = |i: usize, j: usize| {
        let products =
            series[i].iter().zip(series[j]).map(|(x, y)| (x - means[i]) * (y - means[j]));
        products.sum::<f64>() / (series[i].len() as f64 - 1.0)
    };
    let size = series.len();
    let matrix: Vec<f64> =
        (0..size * size).map(|index| covariance(index / size, index % size)).collect();
    let deviations = deviation_components(weights, &matrix).unwrap();
    let unit = normal_tail(0.0, 1.0, level(cl)).value_at_risk;
    let component = |i: usize| unit * deviations[i] - weights[i] * means[i];
    let components: Vec<f64> = (0..size).map(component).collect();
    (components.iter().sum(), components)
}

#[test]
fn the_equal_weight_hedge_fund_portfolio() {
    let (Some(series), Some(document)) = (edhec(), json("edhec_equal_weight_portfolio.json"))
    else {
        return;
    };
    let [gaussian, historical] = cases(&document) else { panic!("two cases") };
    let columns: Vec<&[f64]> = series.iter().map(|(_, values)| values.as_slice()).collect();
    let weights = vec![1.0 / columns.len() as f64; columns.len()];
    let (var, components) = gaussian_components(&columns, &weights, 0.95);
    close("gaussian VaR", var, number(&gaussian["var"]), 1e-10);
    for (found, expected) in components.iter().zip(numbers(&gaussian["component"])) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    let losses: Vec<f64> = (0..columns[0].len())
        .map(|month| -columns.iter().zip(&weights).map(|(c, w)| c[month] * w).sum::<f64>())
        .collect();
    let ordered = LossSample::plain(&losses, &[]).unwrap();
    let es = expected_shortfall(&ordered, level(0.95)).loss.amount();
    close("ES, Acerbi–Tasche", es, number(&historical["es_exact_empirical"]), 1e-10);
    let var = value_at_risk(&ordered, level(0.95)).loss.amount();
    close("VaR, order statistic", var, number(&historical["var_order_ceil_minus1"]), 1e-10);
    let var = quantile(&losses, 0.95, QuantileEstimator::Linear).unwrap();
    close("VaR, type 7", var, number(&historical["var_type7"]), 1e-10);
}

#[test]
fn open_source_risk_engine_historical_simulation() {
    let Some(document) = json("ore_historical_simulation.json") else { return };
    for case in cases(&document) {
        let profits = numbers(&case["pnl"]);
        let losses: Vec<f64> = profits.iter().map(|profit| -profit).collect();
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        for expected in case["expected"].as_array().unwrap() {
            let p = number(&expected["p"]);
            let found = quantile(&profits, p, QuantileEstimator::NextOrderStatistic).unwrap();
            close("quantile", found, number(&expected["quantile"]), 1e-12);
            let below: Vec<f64> = profits.iter().copied().filter(|x| *x <= found).collect();
            let mean = moments_of(&below).mean;
            // Published to six decimals.
            assert!((mean - number(&expected["mean_pnl_leq_quantile"])).abs() < 1e-6);
            if p < 0.5 {
                // The same order statistic, read as a loss.
                let var = value_at_risk(&ordered, level(1.0 - p)).loss.amount();
                assert_eq!(var, -found);
            }
        }
    }
}
