//! The desk's synthetic history: the committed file is what the generator writes, and the estimators
//! recover the parameters it was drawn with.
//!
//! Every true value is a constant of `examples/synthetic_history/model.rs`. One sample of three years
//! is all there is, so each comparison allows four standard errors of its estimate.
#![allow(missing_docs, clippy::disallowed_methods)]

#[allow(dead_code)]
#[path = "../examples/synthetic_history/model.rs"]
mod model;

use model::{COINS, History, VOLATILITIES};
use plimsoll::estimation::{
    Estimate, Gaps, GarchFit, GarchMean, GarchSettings, Integrated, JumpFit, JumpTest, Overlap,
    annualisation, fit_garch, fit_jumps, fit_student_t, sample_correlation, sample_moments,
    spot_volatility,
};
use plimsoll::units::Years;

type Returns = Vec<Option<f64>>;

fn day() -> Years {
    Years::from_days(1.0)
}

/// Log-returns of each column, read back from the text as a user would.
fn returns(history: &History) -> Vec<Returns> {
    let text = history.to_csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let value =
        |row: &csv::StringRecord, column: usize| -> Option<f64> { row[column].parse().ok() };
    let change = |pair: &[csv::StringRecord], column: usize| {
        Some((value(&pair[1], column)? / value(&pair[0], column)?).ln())
    };
    (1..=history.names.len())
        .map(|column| rows.windows(2).map(|pair| change(pair, column)).collect())
        .collect()
}

fn borrow(panel: &[Returns]) -> Vec<&[Option<f64>]> {
    panel.iter().map(Vec::as_slice).collect()
}

fn coins() -> Vec<Returns> {
    let mut returns = returns(&model::history());
    returns.truncate(COINS.len());
    returns
}

fn jumps(coins: &[Returns]) -> JumpFit {
    fit_jumps(&borrow(coins), day(), JumpTest::default()).unwrap()
}

fn garch(returns: &[Option<f64>]) -> GarchFit {
    let settings = GarchSettings { mean: GarchMean::Constant, integrated: Integrated::Refuse };
    fit_garch(returns, settings).unwrap()
}

fn within_four_errors(what: &str, found: &Estimate, truth: f64) {
    let error = found.standard_error.unwrap();
    assert!((found.value - truth).abs() < 4.0 * error, "{what}: {found:?}, truth {truth}");
}

#[test]
fn the_committed_file_is_what_the_generator_writes() {
    let committed = include_str!("../scenarios/desk/history.csv");
    let generated = model::history().to_csv();
    for (line, (committed, generated)) in committed.lines().zip(generated.lines()).enumerate() {
        assert_eq!(committed, generated, "line {}", line + 1);
    }
    assert_eq!(committed.len(), generated.len());
    assert!(committed.len() < 200_000);
}

#[test]
fn one_coin_lists_late_and_one_peg_breaks_once() {
    let history = model::history();
    let listed: Vec<usize> = history.columns.iter().map(|column| Gaps::of(column).before).collect();
    assert_eq!(listed[..8], COINS.map(|coin| coin.listed_after));
    assert_eq!(listed[8..], [0; 4]);
    let off_peg = |column: &Returns| -> Vec<usize> {
        let off = |day: &usize| (column[*day].unwrap() - 1.0_f64).abs() > 0.004;
        (0..column.len()).filter(off).collect()
    };
    assert!(off_peg(&history.columns[8]).is_empty());
    let first = model::DEPEG_DAY;
    assert_eq!(off_peg(&history.columns[9]), [first, first + 1, first + 2, first + 3]);
    assert!((history.columns[9][first].unwrap() - 0.902).abs() < 0.004);
}

#[test]
fn jumps_are_recovered() {
    let fit = jumps(&coins());
    within_four_errors("common intensity", &fit.common.intensity, model::COMMON_INTENSITY);
    within_four_errors("own intensity", &fit.own_pooled.intensity, model::OWN_INTENSITY);
    // The size found carries the day's diffusion and misses the smallest jumps.
    let loadings: f64 = COINS.iter().map(|coin| coin.jump_loading).sum::<f64>() / 8.0;
    let expected = model::COMMON_JUMP.0 * loadings;
    assert!((fit.common.mean - expected).abs() < 0.06, "{} {expected}", fit.common.mean);
    for (coin, own) in COINS.iter().zip(&fit.own).filter(|(_, own)| own.sizes.len() >= 3) {
        assert!((own.mean / coin.own_jump - 1.0).abs() < 0.35, "{} {own:?}", coin.symbol);
    }
    let relative = fit.common_loadings[6] / fit.common_loadings[0];
    assert!((relative - COINS[6].jump_loading).abs() < 0.25, "{relative}");
}

/// With jump dates set aside the GARCH parameters and the long-run volatility are those drawn.
#[test]
fn volatility_clusters_are_recovered() {
    let without_jumps = jumps(&coins()).without_jumps;
    for (coin, returns) in COINS.iter().zip(&without_jumps) {
        let fit = garch(returns);
        let errors = fit.standard_errors.expect("no parameter at a bound").robust;
        let near = |what: &str, found: f64, truth: f64, error: f64| {
            let text = format!("{} {what}: {found} ± {error}, truth {truth}", coin.symbol);
            assert!((found - truth).abs() < 4.0 * error, "{text}");
            assert!(error < 0.15, "{text}");
        };
        near("alpha", fit.parameters.alpha, coin.alpha, errors.alpha);
        near("beta", fit.parameters.beta, coin.beta, errors.beta);
        let long_run = fit.long_run_variance().unwrap().sqrt() * annualisation(day());
        assert!((long_run / coin.volatility - 1.0).abs() < 0.25, "{} {long_run}", coin.symbol);
    }
}

/// With the jumps left in, the same fit is pulled away: the tails are there to be found.
#[test]
fn jumps_show_as_heavy_tails() {
    let coins = coins();
    let kurtosis = |returns: &[Option<f64>]| sample_moments(returns).unwrap().excess_kurtosis;
    let nu = |returns: &[Option<f64>]| {
        fit_student_t(&garch(returns).residuals).unwrap().degrees_of_freedom.value
    };
    let quiet = &jumps(&coins).without_jumps;
    for (with, without) in coins.iter().zip(quiet) {
        assert!(kurtosis(with) > 3.0 && kurtosis(without) < 2.0);
        assert!(nu(with) < 8.0 && nu(without) > 12.0);
    }
}

#[test]
fn correlations_of_the_shocks_are_recovered() {
    let without_jumps = jumps(&coins()).without_jumps;
    let residuals: Vec<Returns> =
        without_jumps.iter().map(|returns| garch(returns).residuals).collect();
    let estimate = sample_correlation(&borrow(&residuals), None, Overlap::Pairwise).unwrap();
    for (row, coin) in COINS.iter().enumerate() {
        for (column, other) in COINS[..row].iter().enumerate() {
            let truth = coin.market_loading * other.market_loading;
            let found = estimate.matrix[(row, column)];
            let error = estimate.standard_error(row, column);
            assert!((found - truth).abs() < 4.0 * error, "{row} {column}: {found} {truth} {error}");
        }
    }
    // The late listing costs its pairs a third of the dates, and the notes say so.
    assert!(estimate.observations[(0, 7)] < 700 && estimate.observations[(0, 1)] > 1000);
    assert_eq!(estimate.notes.len(), 1);
}

#[test]
fn spot_volatility_correlation_is_recovered() {
    let returns = returns(&model::history());
    let fit = jumps(&returns[..COINS.len()]);
    for (index, truth) in VOLATILITIES.iter().enumerate() {
        let residuals = garch(&fit.without_jumps[truth.coin]).residuals;
        let mut changes = returns[COINS.len() + model::STABLECOINS.len() + index].clone();
        fit.common.dates.iter().for_each(|&date| changes[date] = None);
        let found = spot_volatility(&residuals, &changes).unwrap();
        within_four_errors("correlation", &found.correlation, truth.spot_correlation);
        within_four_errors("deviation", &found.volatility_of_volatility, truth.daily_deviation);
    }
}
