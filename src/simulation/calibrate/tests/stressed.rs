//! Stressed estimation against models fitted to the window alone, and against hand-made mixes.

use super::*;
use crate::scenario::{StressWindow, StressedSettings};
use crate::simulation::Process;

const CALM: usize = 300;
const STORM: usize = 60;

fn day(day: usize) -> jiff::Timestamp {
    jiff::Timestamp::from_second(86_400 * day as i64).unwrap()
}

/// Calm days, a storm four times as wild in which ETH follows BTC, calm days.
fn returns() -> [Vec<f64>; 2] {
    let (first, second) = (normals(0, 2 * CALM + STORM, 0.01), normals(1, 2 * CALM + STORM, 0.01));
    let in_storm = |date: usize| (CALM..CALM + STORM).contains(&date);
    let of = |own: &[f64], with: f64| -> Vec<f64> {
        let one = |(date, own): (usize, &f64)| match in_storm(date) {
            true => 4.0 * (with * first[date] + (1.0 - with) * own),
            false => *own,
        };
        own.iter().enumerate().map(one).collect()
    };
    [of(&first, 0.0), of(&second, 0.9)]
}

fn stormy() -> Market {
    let [btc, eth] = returns();
    with_history(&[("BTC", btc, 0), ("ETH", eth, 0)])
}

fn nothing() -> StressedSettings {
    StressedSettings {
        window: None,
        correlation_toward_one: 0.0,
        volatility_multiplier: 1.0,
        degrees_of_freedom: None,
    }
}

fn storm() -> StressedSettings {
    let window = StressWindow { from: day(CALM), to: day(CALM + STORM) };
    StressedSettings { window: Some(window), ..nothing() }
}

fn fitted(
    process: ProcessSettings,
    stressed: Option<StressedSettings>,
    change: impl Fn(&mut ModelSettings),
) -> Result<Calibrated, CalibrationError> {
    let mut settings = ModelSettings { stressed, ..settings(process) };
    change(&mut settings);
    let keys = [spot("BTC"), spot("ETH")];
    calibrate(&settings, ReturnKind::Log, &keys, &stormy(), &nodes())
}

/// The model of a window is that of a history which is nothing but the window.
#[test]
fn a_window_is_estimated_as_if_it_were_the_whole_history() {
    let found = fitted(ProcessSettings::Gbm, Some(storm()), |_| {}).unwrap();
    let [btc, eth] = returns();
    let part = |all: &[f64]| all[CALM..CALM + STORM].to_vec();
    let alone = with_history(&[("BTC", part(&btc), 0), ("ETH", part(&eth), 0)]);
    let keys = [spot("BTC"), spot("ETH")];
    let plain = settings(ProcessSettings::Gbm);
    let expected = calibrate(&plain, ReturnKind::Log, &keys, &alone, &nodes()).unwrap();
    for (found, expected) in found.model.factors.iter().zip(&expected.model.factors) {
        assert!((found.volatility / expected.volatility - 1.0).abs() < 1e-9);
    }
    assert!((found.correlation[(0, 1)] - expected.correlation[(0, 1)]).abs() < 1e-9);
    assert!(found.correlation[(0, 1)] > 0.9);
    let told = found.stressed.unwrap();
    assert_eq!(told.returns_in_window, Some(STORM));
    let whole = fitted(ProcessSettings::Gbm, None, |_| {}).unwrap();
    assert_eq!(told.unstressed_volatilities[0], whole.model.factors[0].volatility);
    assert_eq!(told.unstressed_correlation, Some(whole.correlation[(0, 1)]));
    assert!(whole.stressed.is_none());
}

/// What is stated gives way to what the window says, and stays where the window says nothing.
#[test]
fn stated_volatilities_give_way_to_the_window() {
    let stating = |settings: &mut ModelSettings| {
        settings.stated_volatilities = vec![stated("BTC.spot", 0.1), stated("ETH.spot", 0.0)];
        settings.correlation =
            stated_matrix(&["BTC.spot", "ETH.spot"], &[&[1.0, 0.1], &[0.1, 1.0]]);
    };
    let found = fitted(ProcessSettings::Gbm, Some(storm()), stating).unwrap();
    let plain = fitted(ProcessSettings::Gbm, Some(storm()), |_| {}).unwrap();
    assert_eq!(found.model.factors[0].volatility, plain.model.factors[0].volatility);
    assert_eq!(found.model.factors[1].volatility, 0.0, "held on purpose");
    let note = "stated volatilities replaced by those of the stress window: BTC.spot 10.0 %";
    assert!(found.notes.iter().any(|one| one == note), "{:?}", found.notes);
}

#[test]
fn correlations_move_toward_one_and_volatilities_are_multiplied() {
    let stressed =
        StressedSettings { correlation_toward_one: 0.25, volatility_multiplier: 1.5, ..nothing() };
    let found = fitted(ProcessSettings::Gbm, Some(stressed), |_| {}).unwrap();
    let plain = fitted(ProcessSettings::Gbm, None, |_| {}).unwrap();
    let expected = 0.75 * plain.correlation[(0, 1)] + 0.25;
    assert!((found.correlation[(0, 1)] - expected).abs() < 1e-15);
    assert!((found.model.correlation(0, 1) - expected).abs() < 1e-14);
    let volatility = |fit: &Calibrated| fit.model.factors[1].volatility;
    assert!((volatility(&found) / volatility(&plain) - 1.5).abs() < 1e-15);
    assert!(found.correlation_source.ends_with("moved 25.0 % toward one"));
    assert!(found.model.factors[1].source.ends_with("times 1.5"));
    let all = StressedSettings { correlation_toward_one: 1.0, ..nothing() };
    let one = fitted(ProcessSettings::Gbm, Some(all), |_| {}).unwrap();
    assert_eq!(one.model.correlation_factor, [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(one.stressed.unwrap().correlation, Some(1.0));
}

#[test]
fn fat_tails_replace_the_process_or_its_degrees_of_freedom() {
    let stressed = Some(StressedSettings { degrees_of_freedom: Some(3.0), ..nothing() });
    let process = |process| fitted(process, stressed, |_| {}).unwrap().model.process;
    let expected = Process::StudentT { degrees_of_freedom: 3.0, truncation: libm::log(5.0) };
    assert_eq!(process(ProcessSettings::Gbm), expected);
    assert_eq!(process(ProcessSettings::Bootstrap { block_length: 5.0 }), expected);
    let student = ProcessSettings::StudentT {
        degrees_of_freedom: Some(8.0),
        degrees_of_freedom_min: None,
        truncation: 1.0,
    };
    let expected = Process::StudentT { degrees_of_freedom: 3.0, truncation: 1.0 };
    assert_eq!(process(student), expected);
    let own = |freedom: f64| vec![("BTC.spot".to_owned(), freedom), ("ETH.spot".to_owned(), 9.0)];
    let copula = ProcessSettings::TCopula {
        degrees_of_freedom: Some(2.5),
        degrees_of_freedom_min: None,
        marginals: own(2.2),
        truncation: 1.0,
    };
    let Process::TCopula { degrees_of_freedom, marginals, .. } = process(copula) else {
        panic!("the copula is kept");
    };
    assert_eq!((degrees_of_freedom, marginals), (2.5, vec![2.2, 3.0]), "never thinner than stated");
}

#[test]
fn faults_are_named() {
    let refused = |process, stressed| fitted(process, Some(stressed), |_| {}).unwrap_err();
    let window = StressWindow { from: day(CALM), to: day(10_000) };
    let outside = StressedSettings { window: Some(window), ..nothing() };
    let message = refused(ProcessSettings::Gbm, outside).to_string();
    let expected = "lies outside the data: the market's history runs from 1970-01-01T00:00:00Z";
    assert!(message.contains(expected), "{message}");
    let window = StressWindow { from: day(CALM), to: day(CALM + 1) };
    let short = StressedSettings { window: Some(window), ..nothing() };
    let error = refused(ProcessSettings::Gbm, short);
    assert!(matches!(error, CalibrationError::Estimation { .. }), "{error}");
    let moved = StressedSettings { correlation_toward_one: 0.5, ..nothing() };
    let error = refused(ProcessSettings::Bootstrap { block_length: 5.0 }, moved);
    assert_eq!(error, CalibrationError::CorrelationIdle);
}
