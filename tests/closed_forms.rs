//! The headline against closed forms: the shipped delta-normal and Student-t scenarios, whole
//! program, 10^6 paths at their fixed seeds, within 4 standard errors.
//!
//! With weights w (money) and one-day covariance S the loss of a linear book is elliptical with
//! deviation s = √(w'Sw). Normal: VaR = s z, ES = s φ(z)/(1−α). Student-t with ν degrees of freedom
//! and covariance S: both with the scale s√((ν−2)/ν), VaR = t_ν, ES = (ν + t²)/(ν−1) f_ν(t)/(1−α).
//! Then U = ES/T, k* = T/ES, and headrooms solve c²(w + h e)'S(w + h e) = T².

use std::path::Path;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Outcome, Threshold};
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

const THRESHOLD: f64 = 150_000.0;
const LEVELS: [f64; 3] = [0.95, 0.975, 0.99];
/// Half-width of a 95 % interval in standard errors.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// A linear book as its documents state it.
struct Book {
    names: &'static [&'static str],
    weights: &'static [f64],
    volatilities: &'static [f64],
    correlation: &'static [&'static [f64]],
}

const DELTA_NORMAL: Book = Book {
    names: &["BTC", "ETH", "SOL"],
    weights: &[25.0 * 80_000.0, -400.0 * 2_500.0, 4_000.0 * 125.0],
    volatilities: &[0.60, 0.75, 0.95],
    correlation: &[&[1.0, 0.8, 0.65], &[0.8, 1.0, 0.7], &[0.65, 0.7, 1.0]],
};

const STUDENT_T: Book = Book {
    names: &["BTC", "ETH"],
    weights: &[25.0 * 80_000.0, -400.0 * 2_500.0],
    volatilities: &[0.60, 0.75],
    correlation: &[&[1.0, 0.8], &[0.8, 1.0]],
};

impl Book {
    fn covariance(&self, i: usize, j: usize) -> f64 {
        self.volatilities[i] * self.volatilities[j] * self.correlation[i][j] / 365.0
    }

    fn variance(&self, added: Option<(usize, f64)>) -> f64 {
        let weight = |i: usize| match added {
            Some((index, amount)) if index == i => self.weights[i] + amount,
            _ => self.weights[i],
        };
        let count = self.weights.len();
        let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j)));
        pairs.map(|(i, j)| weight(i) * weight(j) * self.covariance(i, j)).sum()
    }

    /// Roots h of c²(w + h e)'S(w + h e) = T²: `(short, long)`, both positive.
    fn headroom(&self, index: usize, shortfall_per_deviation: f64) -> (f64, f64) {
        let limit = THRESHOLD / shortfall_per_deviation;
        let a = self.covariance(index, index);
        let b: f64 =
            (0..self.weights.len()).map(|j| self.weights[j] * self.covariance(index, j)).sum();
        let c = self.variance(None) - limit * limit;
        let root = (b * b - a * c).sqrt();
        ((b + root) / a, (root - b) / a)
    }
}

/// VaR and ES of one unit of deviation.
fn normal(level: f64) -> (f64, f64) {
    let normal = Normal::standard();
    let z = normal.inverse_cdf(level);
    (z, normal.pdf(z) / (1.0 - level))
}

fn student_t(level: f64) -> (f64, f64) {
    let freedom: f64 = 6.0;
    let scale = ((freedom - 2.0) / freedom).sqrt();
    let distribution = StudentsT::new(0.0, 1.0, freedom).expect("valid");
    let t = distribution.inverse_cdf(level);
    let shortfall = (freedom + t * t) / (freedom - 1.0) * distribution.pdf(t) / (1.0 - level);
    (scale * t, scale * shortfall)
}

fn run(name: &str) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = root.join("scenarios/closed_form").join(name).join("scenario.toml");
    let options = LoadOptions {
        confinement: Confinement::Inside,
        overrides: Overrides::default(),
        trades: None,
    };
    let inputs = engine::load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"));
    let run = engine::run(&plan, InstructionSet::detect(), &Control::none());
    run.expect("it runs").outcome
}

fn assert_within(what: &str, found: f64, exact: f64, standard_error: f64) {
    let errors = (found - exact) / standard_error;
    assert!(errors.abs() <= 4.0, "{what}: {found} against {exact}, {errors:.2} standard errors");
    // An error bar so wide that anything passes is no proof.
    let most = if what.contains("headroom") { 0.05 } else { 0.01 };
    assert!(standard_error < most * exact.abs(), "{what}: standard error {standard_error}");
}

fn error_of(interval: [f64; 2]) -> f64 {
    (interval[1] - interval[0]) / (2.0 * NORMAL_95)
}

fn check(outcome: &Outcome, book: &Book, unit: fn(f64) -> (f64, f64)) {
    let deviation = book.variance(None).sqrt();
    let measures = &outcome.measures;
    let rows = measures.value_at_risk.iter().zip(&measures.expected_shortfall);
    for (level, (value_at_risk, shortfall)) in LEVELS.iter().zip(rows) {
        let (quantile, mean) = unit(*level);
        let error = error_of(value_at_risk.interval_95);
        assert_within("VaR", value_at_risk.loss, deviation * quantile, error);
        let error = shortfall.standard_error.expect("ES has one");
        assert_within("ES", shortfall.loss, deviation * mean, error);
    }
    check_threshold(outcome.threshold.as_ref().expect("there is a policy"), book, unit(0.975).1);
    check_contributions(outcome, book, unit(0.975));
}

fn check_threshold(threshold: &Threshold, book: &Book, unit_shortfall: f64) {
    let shortfall = book.variance(None).sqrt() * unit_shortfall;
    assert_eq!(threshold.threshold, THRESHOLD);
    assert_eq!(threshold.share_of_capital, 0.15);
    let interval = threshold.utilisation_interval_95.expect("finite");
    let utilisation = threshold.utilisation.expect("finite");
    assert_within("U", utilisation, shortfall / THRESHOLD, error_of(interval));
    let scale = &threshold.scale_to_threshold;
    let interval = scale.interval_95.expect("risk binds");
    assert_eq!(scale.binding, "risk");
    assert_within("k*", scale.value.expect("found"), THRESHOLD / shortfall, error_of(interval));
    let verified = scale.utilisation_at_value.expect("verified");
    assert!((verified - 1.0).abs() < 0.02, "utilisation at k* is {verified}");
    for (index, name) in book.names.iter().enumerate() {
        let row = threshold.headroom.iter().find(|row| row.underlying == *name).expect("a row");
        let (short, long) = book.headroom(index, unit_shortfall);
        let error = error_of(row.long_bound.interval_95.expect("found"));
        assert_within("long headroom", row.long.expect("found"), long, error);
        let error = error_of(row.short_bound.interval_95.expect("found"));
        assert_within("short headroom", row.short.expect("found"), short, error);
    }
}

/// Euler: component i is (w_i (Sw)_i / w'Sw) of the total, for VaR and ES alike.
fn check_contributions(outcome: &Outcome, book: &Book, (_, unit_shortfall): (f64, f64)) {
    let deviation = book.variance(None).sqrt();
    let rows = &outcome.contributions.by_underlying;
    for (i, name) in book.names.iter().enumerate() {
        let covariance: f64 =
            (0..book.weights.len()).map(|j| book.weights[j] * book.covariance(i, j)).sum();
        let exact = book.weights[i] * covariance / deviation * unit_shortfall;
        let row = rows.iter().find(|row| row.name == *name).expect("a row");
        let errors = (row.expected_shortfall - exact) / row.expected_shortfall_error;
        assert!(errors.abs() <= 4.0, "{name}: {} against {exact}", row.expected_shortfall);
    }
    let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
    let total = outcome.contributions.expected_shortfall;
    assert!((sum - total).abs() <= 1e-9 * total, "{sum} is not {total}");
}

#[test]
fn delta_normal() {
    check(&run("delta_normal"), &DELTA_NORMAL, normal);
}

#[test]
fn student_t_with_six_degrees_of_freedom() {
    let outcome = run("student_t");
    check(&outcome, &STUDENT_T, student_t);
}

#[test]
fn a_wrong_model_would_be_caught() {
    // The Student-t book against normal closed forms must fail by far more than 4 errors.
    let outcome = run("student_t");
    let shortfall = &outcome.measures.expected_shortfall[2];
    let wrong = STUDENT_T.variance(None).sqrt() * normal(0.99).1;
    let errors = (shortfall.loss - wrong).abs() / shortfall.standard_error.expect("it has one");
    assert!(errors > 20.0, "{errors}");
}
