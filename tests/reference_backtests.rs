//! Backtest statistics against published figures and independent computations, and the power of each
//! test against a model made wrong on purpose.
#![allow(missing_docs, clippy::disallowed_methods)]

mod common;

use common::shared;
use plimsoll::backtest::{
    AcerbiSzekely, Christoffersen, CoverageTestKind, DynamicQuantile, Exceptions, Forecast, Kupiec,
    LikelihoodRatio, TimeBetween, TrafficLight, Zone, coverage, fissler_ziegel, score_difference,
    uniformity,
};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::numeric::special::{normal_cdf, normal_pdf, normal_quantile, student_t_quantile};
use plimsoll::numeric::{Purpose, Streams};
use plimsoll::units::ConfidenceLevel;
use serde_json::Value;

const FAMILY: &str = "reference/4_backtests";

fn cases(file: &str) -> Option<Vec<Value>> {
    let path = shared(FAMILY)?.join(file);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    Some(document["cases"].as_array().unwrap().clone())
}

fn rows(file: &str) -> Option<Vec<Vec<String>>> {
    let path = shared(FAMILY)?.join(file);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let texts = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    Some(reader.records().map(|row| texts(row.unwrap())).collect())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * expected.abs().max(1e-3), "{what}: {found} instead of {expected}");
}

fn ratio(what: &str, found: &LikelihoodRatio, case: &Value, statistic: &str, p_value: &str) {
    close(what, found.statistic, number(&case[statistic]), 1e-9);
    close(what, found.p_value, number(&case[p_value]), 1e-9);
}

/// The figures of formulas §7, to the digits given there.
#[test]
fn kupiec_reproduces_the_published_figures() {
    for (tail, x, n, expected, digit) in [
        (0.05, 3, 250, 10.812, 5e-4),
        (0.01, 3, 250, 0.09494, 5e-6),
        (0.05, 57, 1043, 0.46147, 5e-6),
        (0.01, 17, 1043, 3.5118, 5e-5),
        (0.01, 0, 250, 5.025, 5e-4),
        (0.01, 5, 250, 1.957, 5e-4),
        (0.01, 6, 250, 3.555, 5e-4),
        (0.01, 7, 250, 5.497, 5e-4),
        (0.01, 10, 250, 12.955, 5e-4),
    ] {
        let found = Kupiec::new(n, x, tail).ratio.statistic;
        assert!((found - expected).abs() <= digit, "{x} of {n}: {found} is not {expected}");
    }
    let matlab = Kupiec::new(1043, 57, 0.05).ratio.p_value;
    assert!((matlab - 0.49694).abs() <= 5e-6, "{matlab}");
    let paper = Kupiec::new(224, 5, 0.01).ratio;
    assert!((paper.statistic - 2.544).abs() <= 5e-4 && (paper.p_value - 0.111).abs() <= 5e-4);
}

#[test]
fn kupiec_reproduces_the_grid() {
    let Some(rows) = rows("kupiec_grid.csv") else { return };
    for row in rows {
        let (n, x) = (row[2].parse().unwrap(), row[3].parse().unwrap());
        let found = Kupiec::new(n, x, row[1].parse().unwrap());
        close(&row[0], found.ratio.statistic, row[4].parse().unwrap(), 1e-9);
        close(&row[0], found.ratio.p_value, row[5].parse().unwrap(), 1e-9);
    }
}

/// Kupiec's (1995) regions: the counts that are not rejected at 5 %.
#[test]
fn kupiec_reproduces_the_regions_of_no_rejection() {
    let Some(rows) = rows("kupiec_nonrejection_95.csv") else { return };
    for row in rows {
        let (tail, n): (f64, usize) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        let kept = |x: &usize| Kupiec::new(n, *x, tail).ratio.p_value >= 0.05;
        let first = (0..n).find(kept).unwrap();
        let last = (first..n).take_while(kept).last().unwrap();
        assert_eq!((first, last), (row[3].parse().unwrap(), row[4].parse().unwrap()), "{}", row[0]);
    }
}

#[test]
fn the_traffic_light_reproduces_basel() {
    let Some(rows) = rows("basel_traffic_light_250_99.csv") else { return };
    for row in rows {
        let found = TrafficLight::new(250, row[3].parse().unwrap(), 0.01);
        close(&row[0], 100.0 * found.cumulative, row[4].parse().unwrap(), 1e-9);
        close(&row[0], 100.0 * found.at_least, row[5].parse().unwrap(), 1e-8);
        let zone = match row[6].as_str() {
            "green" => Zone::Green,
            "yellow" => Zone::Yellow,
            _ => Zone::Red,
        };
        assert_eq!(found.zone, zone, "{}", row[0]);
        assert_eq!(found.multiplier, Some(row[8].parse().unwrap()), "{}", row[0]);
    }
    // MATLAB's varbacktest.tl, as published.
    let found = TrafficLight::new(1043, 57, 0.05);
    assert!((found.cumulative - 0.77913).abs() < 5e-6 && (found.at_least - 0.26396).abs() < 5e-6);
    assert_eq!((found.zone, found.multiplier), (Zone::Green, None));
}

#[test]
fn hit_sequences_give_the_known_ratios() {
    let Some(cases) = cases("hit_sequences.json") else { return };
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let periods: Vec<usize> =
            case["hits_0based"].as_array().unwrap().iter().map(count).collect();
        let (tail, observations) = (number(&case["alpha"]), count(&case["T"]));
        let exceptions = Exceptions { periods: &periods, observations };
        assert_christoffersen(id, &Christoffersen::new(&exceptions, tail), &case);
        ratio(id, &Kupiec::new(observations, periods.len(), tail).ratio, &case, "LR_uc", "p_uc");
        let between = TimeBetween::new(&exceptions, tail).between;
        match (between, case.get("LR_tbfi")) {
            (Some(found), Some(expected)) => {
                close(id, found.statistic, number(expected), 1e-9);
                assert_eq!(found.degrees, count(&case["df"]), "{id}");
            }
            (found, expected) => assert!(found.is_none() && expected.is_none(), "{id}"),
        }
    }
}

fn assert_christoffersen(id: &str, found: &Christoffersen, case: &Value) {
    let counts = found.transitions;
    let expected = ["n00", "n01", "n10", "n11"].map(|key| count(&case[key]));
    assert_eq!([counts.n00, counts.n01, counts.n10, counts.n11], expected, "{id}");
    ratio(id, &found.independence, case, "lr_ind", "p_ind");
    ratio(id, &found.conditional, case, "LR_cc", "p_cc");
}

/// DM/GBP returns in per cent, losses positive.
fn deutschmark_pound() -> Option<Vec<f64>> {
    let path = shared("reference/6_copula_tail_garch/data_dem2gbp_returns_pct.csv")?;
    let mut reader = csv::Reader::from_path(path).unwrap();
    Some(reader.records().map(|row| -row.unwrap()[1].parse::<f64>().unwrap()).collect())
}

/// `h_1` the mean of the first 250 squares, then EWMA with 0.94; normal VaR and ES.
fn ewma_forecasts(losses: &[f64], level: f64) -> Vec<Forecast> {
    let z = normal_quantile(level);
    let mut variance = losses[..250].iter().map(|x| x * x).sum::<f64>() / 250.0;
    let forecast = |&loss: &f64| {
        let deviation = variance.sqrt();
        variance = 0.94 * variance + 0.06 * loss * loss;
        let expected_shortfall = normal_pdf(z) / (1.0 - level) * deviation;
        Forecast { value_at_risk: z * deviation, expected_shortfall, loss }
    };
    losses.iter().map(forecast).collect()
}

/// The ⌈0.99 · 250⌉th smallest of the 250 losses before.
fn historical_forecasts(losses: &[f64]) -> Vec<Forecast> {
    let forecast = |window: &[f64]| {
        let mut before = window[..250].to_vec();
        before.sort_by(f64::total_cmp);
        Forecast { value_at_risk: before[247], expected_shortfall: before[248], loss: window[250] }
    };
    losses.windows(251).map(forecast).collect()
}

fn assert_backtest(case: &Value, forecasts: &[Forecast], first_day: usize) {
    let id = case["id"].as_str().unwrap();
    let (tail, observations) = (number(&case["alpha"]), forecasts.len());
    let hits = forecasts.iter().enumerate().filter(|(_, one)| one.is_exception());
    let periods: Vec<usize> = hits.map(|(period, _)| period).collect();
    let days: Vec<usize> = periods.iter().map(|period| period + first_day).collect();
    let expected = case["exception_days_1based"].as_array().unwrap();
    assert_eq!(days, expected.iter().map(count).collect::<Vec<_>>(), "{id}");
    let exceptions = Exceptions { periods: &periods, observations };
    assert_christoffersen(id, &Christoffersen::new(&exceptions, tail), case);
    let kupiec = Kupiec::new(observations, periods.len(), tail);
    ratio(id, &kupiec.ratio, case, "LR_uc", "p_uc");
    close(id, kupiec.z, number(&case["z_binomial"]), 1e-9);
    let between = TimeBetween::new(&exceptions, tail);
    ratio(id, &between.until_first.unwrap(), case, "LR_tuff", "p_tuff");
    ratio(id, &between.between.unwrap(), case, "LR_tbfi", "p_tbfi");
    ratio(id, &between.mixed.unwrap(), case, "LR_tbf", "p_tbf");
    let light = TrafficLight::new(observations, periods.len(), tail);
    close(id, light.cumulative, number(&case["traffic_cdf"]), 1e-9);
    let values: Vec<f64> = forecasts.iter().map(|one| one.value_at_risk).collect();
    let dynamic = [
        ("DQ_K4_var", DynamicQuantile::with_value_at_risk(&values, 4, tail)),
        ("DQ_K4_novar", DynamicQuantile::of_exceptions(observations, 4, tail)),
        ("DQ_K1_novar", DynamicQuantile::of_exceptions(observations, 1, tail)),
    ];
    for (name, test) in dynamic {
        let found = test.test(&exceptions).unwrap();
        assert_eq!(found.degrees, count(&case[name]["df"]), "{id} {name}");
        ratio(&format!("{id} {name}"), &found, &case[name], "stat", "p");
    }
}

/// Independent computations on the DM/GBP series, every statistic to nine digits.
#[test]
fn the_deutschmark_pound_backtests_are_reproduced() {
    let (Some(losses), Some(cases)) = (deutschmark_pound(), cases("data_driven_dmbp.json")) else {
        return;
    };
    let of = |id: &str| cases.iter().find(|case| case["id"] == id).unwrap();
    let forecasts = ewma_forecasts(&losses, 0.95);
    assert_backtest(of("DMBP_EWMA95"), &forecasts, 1);
    let beyond = forecasts.iter().filter(|one| one.is_exception());
    let ratios: Vec<f64> = beyond.map(|one| one.loss / one.expected_shortfall).collect();
    let depth = AcerbiSzekely::new(&ratios, forecasts.len(), 0.05);
    let expected = &of("DMBP_EWMA95")["acerbi_szekely"];
    close("Z1", depth.z1.unwrap(), number(&expected["Z1"]), 1e-9);
    close("Z2", depth.z2, number(&expected["Z2"]), 1e-9);
    assert_backtest(of("DMBP_HS99_250"), &historical_forecasts(&losses), 251);
}

/// A tail by the midpoints of equal cells beyond VaR, its mean that of the law; VaR and ES of it.
fn tail_of(quantile: impl Fn(f64) -> f64, level: f64, cells: usize) -> (f64, f64, Vec<f64>) {
    let at = |index: usize| {
        // Cells in a geometric ladder are of unequal mass; equal cells need many for the far tail.
        level + (1.0 - level) * (index as f64 + 0.5) / cells as f64
    };
    let tail: Vec<f64> = (0..cells).map(|index| quantile(at(index))).collect();
    let mean = tail.iter().sum::<f64>() / cells as f64;
    (quantile(level), mean, tail)
}

/// Critical values of Z2 by replicates against those by Fourier inversion of the exact law. The
/// error of a 5 % quantile of 9,999 replicates is about 0.01 at these densities.
#[test]
fn critical_values_of_z2_are_reproduced() {
    let Some(rows) = rows("acerbi_szekely_z2_critical.csv") else { return };
    for row in rows {
        let (observations, alpha) = (row[1].parse().unwrap(), row[2].parse::<f64>().unwrap());
        let level = 1.0 - alpha;
        let (value_at_risk, expected_shortfall, tail) = match row[3].as_str() {
            "normal" => tail_of(normal_quantile, level, 20_000),
            student => {
                let degrees = student[1..].parse().unwrap();
                tail_of(|p| student_t_quantile(p, degrees), level, 20_000)
            }
        };
        let forecast = Forecast { value_at_risk, expected_shortfall, loss: 0.0 };
        let (forecasts, tails) = (vec![forecast; observations], vec![tail; observations]);
        let level = ConfidenceLevel::new(level).unwrap();
        let found = coverage(&forecasts, &tails, level, 11);
        let kind = CoverageTestKind::NumberAndDepth;
        let test = found.tests.iter().find(|test| test.kind == kind).unwrap();
        let expected: f64 = row[5].parse().unwrap();
        let error = (test.critical_value - expected).abs();
        assert!(error < 0.045 * expected.abs(), "{}: {} {expected}", row[0], test.critical_value);
    }
}

/// Losses of a volatility that clusters, and what a model says of them.
struct Synthetic {
    forecasts: Vec<Forecast>,
    tails: Vec<Vec<f64>>,
    transforms: Vec<f64>,
}

/// How the model that makes the forecasts sees the world.
#[derive(Clone, Copy)]
enum Model {
    Right,
    /// Three quarters of the volatility.
    Low,
    /// The long-run volatility on every day.
    Still,
    /// Right VaR, but the ES of thin tails.
    Shallow,
}

/// Normal losses whose volatility swings between 0.2 and 1.8 with a period of 120 days.
fn synthetic(model: Model, level: f64) -> Synthetic {
    const DAYS: usize = 5_000;
    let streams = Streams::new(5, InstructionSet::detect());
    let paths: Vec<u64> = (0..DAYS as u64).collect();
    let mut normals = vec![0.0; DAYS];
    streams.fill_normals(Purpose::Synthetic, 0, 0, &paths, &mut normals);
    let (z, unit_shortfall, unit_tail) = tail_of(normal_quantile, level, 500);
    let mut made = Synthetic { forecasts: vec![], tails: vec![], transforms: vec![] };
    for (day, normal) in normals.iter().enumerate() {
        let swing = (day as f64 * std::f64::consts::TAU / 120.0).sin();
        let truth = 1.0 + 0.8 * swing;
        let said = match model {
            Model::Right | Model::Shallow => truth,
            Model::Low => 0.75 * truth,
            Model::Still => 1.15,
        };
        let excess = if let Model::Shallow = model { 0.3 } else { 1.0 };
        let value_at_risk = said * z;
        let beyond = |unit: f64| value_at_risk + excess * (said * unit - value_at_risk);
        let expected_shortfall = beyond(unit_shortfall);
        made.forecasts.push(Forecast { value_at_risk, expected_shortfall, loss: truth * normal });
        made.tails.push(unit_tail.iter().map(|unit| beyond(*unit)).collect());
        made.transforms.push(normal_cdf(truth * normal / said));
    }
    made
}

fn p_values(model: Model) -> Vec<(CoverageTestKind, f64)> {
    let made = synthetic(model, 0.95);
    let level = ConfidenceLevel::new(0.95).unwrap();
    let found = coverage(&made.forecasts, &made.tails, level, 3);
    found.tests.iter().map(|test| (test.kind, test.p_value)).collect()
}

/// Every test accepts the right model and rejects one that is wrong in the way the test is for.
#[test]
fn each_test_rejects_the_model_that_is_wrong_its_way() {
    use CoverageTestKind::{
        ConditionalCoverage, Depth, DynamicQuantile, Independence, Number, NumberAndDepth,
    };
    for (kind, p_value) in p_values(Model::Right) {
        assert!(p_value > 0.01, "the right model is rejected by {}: {p_value}", kind.name());
    }
    let wrong: [(Model, &[CoverageTestKind]); 3] = [
        (Model::Low, &[Number, ConditionalCoverage, DynamicQuantile, NumberAndDepth]),
        (Model::Still, &[Independence, ConditionalCoverage, DynamicQuantile]),
        (Model::Shallow, &[Depth]),
    ];
    for (model, kinds) in wrong {
        let found = p_values(model);
        for kind in kinds {
            let p_value = found.iter().find(|(other, _)| other == kind).unwrap().1;
            assert!(p_value < 0.01, "{} does not see it: {p_value}", kind.name());
        }
    }
    let level = ConfidenceLevel::new(0.95).unwrap();
    let zone = |model| {
        let made = synthetic(model, 0.95);
        coverage(&made.forecasts, &made.tails, level, 3).traffic_light.zone
    };
    assert_eq!((zone(Model::Right), zone(Model::Low)), (Zone::Green, Zone::Red));
    let uniform = |model| uniformity(&synthetic(model, 0.95).transforms, 20).p_value;
    assert!(uniform(Model::Right) > 0.01 && uniform(Model::Low) < 1e-6);
}

/// The joint score prefers the right model to each wrong one, beyond its error for those whose VaR
/// is wrong.
#[test]
fn the_joint_score_ranks_the_right_model_first() {
    let level = ConfidenceLevel::new(0.95).unwrap();
    let scores = |model| -> Vec<f64> {
        let made = synthetic(model, 0.95);
        made.forecasts.iter().map(|forecast| fissler_ziegel(forecast, level).unwrap()).collect()
    };
    let right = scores(Model::Right);
    for model in [Model::Low, Model::Still] {
        let found = score_difference(&right, &scores(model)).unwrap();
        assert!(found.mean < 0.0 && found.p_value < 0.01, "{found:?}");
    }
    assert!(score_difference(&right, &scores(Model::Shallow)).unwrap().mean < 0.0);
}

/// The power told is what happens: rejections of replicates with twice the exceptions.
#[test]
fn power_of_the_number_is_the_binomials() {
    let forecast = Forecast { value_at_risk: 1.0, expected_shortfall: 1.2, loss: 0.0 };
    let (forecasts, tails) = (vec![forecast; 1_000], vec![vec![1.2]; 1_000]);
    let level = ConfidenceLevel::new(0.95).unwrap();
    let found = coverage(&forecasts, &tails, level, 9);
    let test = found.tests.iter().find(|test| test.kind == CoverageTestKind::Number).unwrap();
    // Binomial(1000, 0.10) beyond the critical value of the statistic, by the beta function.
    let rejected = |x: &usize| Kupiec::new(1_000, *x, 0.05).ratio.statistic > test.critical_value;
    let from = (50..1_000).find(rejected).unwrap();
    let upper = TrafficLight::new(1_000, from, 0.10).at_least;
    let error = (upper * (1.0 - upper) / 2_000.0).sqrt();
    assert!((test.power[0] - upper).abs() < 4.0 * error + 1e-3, "{} {upper}", test.power[0]);
    // Losses that are deeper are no more exceptions: the power is the size.
    assert!(test.power[2] < 0.08, "{}", test.power[2]);
}

#[test]
fn the_same_seed_gives_the_same_tests_on_any_number_of_threads() {
    let made = synthetic(Model::Still, 0.95);
    let level = ConfidenceLevel::new(0.95).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| coverage(&made.forecasts, &made.tails, level, 3))
    };
    assert_eq!(on(1), on(3));
}

/// A book whose ES is a gain has no ratio to ES: those tests are left out, the others stay.
#[test]
fn tests_of_depth_need_a_positive_shortfall() {
    let forecast = Forecast { value_at_risk: -2.0, expected_shortfall: -1.0, loss: -3.0 };
    let (forecasts, tails) = (vec![forecast; 300], vec![vec![-1.0]; 300]);
    let found = coverage(&forecasts, &tails, ConfidenceLevel::new(0.99).unwrap(), 1);
    assert_eq!(found.tests.len(), 4);
    assert_eq!(found.mean_score, None);
    let empty = coverage(&[], &[], ConfidenceLevel::new(0.99).unwrap(), 1);
    assert!(empty.tests.iter().all(|test| test.p_value == 1.0));
}
