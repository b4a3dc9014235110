//! Estimators on real market history, against the facts its README states.
#![allow(missing_docs, clippy::disallowed_methods)]

mod common;

use std::collections::BTreeMap;

use common::shared;
use plimsoll::estimation::{
    GarchMean, GarchSettings, Integrated, JumpTest, Overlap, annualisation, fit_garch, fit_jumps,
    fit_student_t, fit_t_copula, ledoit_wolf_correlation, sample_correlation, sample_moments,
    spot_volatility,
};
use plimsoll::units::Years;

const PANEL: &str = "data/daily/panels/closes_usd_composite_2017_2025.csv";
const COINS: [&str; 8] = ["BTC", "ETH", "BNB", "XRP", "ADA", "DOGE", "LTC", "LINK"];

type Returns = Vec<Option<f64>>;

fn day() -> Years {
    Years::from_days(1.0)
}

fn log_returns(closes: &[Option<f64>]) -> Returns {
    closes.windows(2).map(|pair| Some((pair[1]? / pair[0]?).ln())).collect()
}

/// Log-returns of the composite closes dated 2018-01-01 to 2025-02-20 (so the first close is of the
/// day before), one series a coin.
fn composite(coins: &[&str]) -> Option<Vec<Returns>> {
    let mut reader = csv::Reader::from_path(shared(PANEL)?).unwrap();
    let headers = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let rows = || rows.iter().filter(|row| &row[0] >= "2017-12-31");
    let closes = |coin: &&str| -> Vec<Option<f64>> {
        let column = headers.iter().position(|header| header == *coin).unwrap();
        rows().map(|row| row[column].parse().ok()).collect()
    };
    Some(coins.iter().map(|coin| log_returns(&closes(coin))).collect())
}

fn borrow(panel: &[Returns]) -> Vec<&[Option<f64>]> {
    panel.iter().map(Vec::as_slice).collect()
}

/// data/README.md §7: annualised volatility, skewness and excess kurtosis of eight coins.
#[test]
fn moments_of_eight_coins() {
    let Some(panel) = composite(&COINS) else { return };
    let volatility = [0.677, 0.870, 0.954, 1.049, 1.028, 1.313, 0.938, 1.197];
    let skewness = [-0.98, -0.95, 0.30, 0.36, -0.01, 4.99, -0.50, -0.12];
    let kurtosis = [14.2, 11.5, 20.5, 16.7, 6.0, 102.5, 8.1, 8.6];
    for (index, returns) in panel.iter().enumerate() {
        let moments = sample_moments(returns).unwrap();
        let annual = moments.standard_deviation * annualisation(day());
        let coin = COINS[index];
        assert!((annual - volatility[index]).abs() < 0.0006, "{coin} {annual}");
        // The README's figures are corrected for bias (pandas: G1 and G2 of Joanes & Gill 1998).
        let n = moments.observations as f64;
        let corrected = moments.skewness * (n * (n - 1.0)).sqrt() / (n - 2.0);
        assert!((corrected - skewness[index]).abs() < 0.006, "{coin} {corrected}");
        let corrected =
            (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * moments.excess_kurtosis + 6.0);
        assert!((corrected - kurtosis[index]).abs() < 0.06, "{coin} {corrected}");
    }
}

/// data/README.md §7: correlations of the same eight, to two digits.
#[test]
fn correlations_of_eight_coins() {
    let Some(panel) = composite(&COINS) else { return };
    let upper: [&[f64]; 7] = [
        &[0.83, 0.67, 0.61, 0.70, 0.52, 0.77, 0.62],
        &[0.68, 0.65, 0.76, 0.50, 0.80, 0.69],
        &[0.53, 0.60, 0.40, 0.65, 0.55],
        &[0.67, 0.43, 0.67, 0.55],
        &[0.49, 0.72, 0.63],
        &[0.51, 0.43],
        &[0.63],
    ];
    let estimate = sample_correlation(&borrow(&panel), None, Overlap::Pairwise).unwrap();
    for (row, expected) in upper.iter().enumerate() {
        for (offset, &expected) in expected.iter().enumerate() {
            let found = estimate.matrix[(row, row + 1 + offset)];
            assert!((found - expected).abs() < 0.0051, "{row} {offset}: {found} {expected}");
        }
    }
    assert!(estimate.notes.is_empty(), "{:?}", estimate.notes);
}

/// SOL lists in 2020, AVAX has a hole: pairs keep what they have, and it is said.
#[test]
fn late_listings_are_handled_and_said() {
    let Some(panel) = composite(&["BTC", "ETH", "SOL", "AVAX"]) else { return };
    let panel = borrow(&panel);
    let pairwise = sample_correlation(&panel, None, Overlap::Pairwise).unwrap();
    let common = sample_correlation(&panel, None, Overlap::CommonDates).unwrap();
    let shrunk = ledoit_wolf_correlation(&panel, None).unwrap();
    assert!(pairwise.observations[(0, 1)] > pairwise.observations[(0, 2)]);
    assert!(pairwise.observations[(0, 2)] > pairwise.observations[(0, 3)]);
    assert_eq!(common.observations[(0, 1)], pairwise.observations[(2, 3)]);
    for notes in [&pairwise.notes, &common.notes, &shrunk.correlation.notes] {
        assert_eq!(notes.len(), 1, "{notes:?}");
    }
    assert!(shrunk.intensity > 0.0 && shrunk.intensity < 0.6, "{}", shrunk.intensity);
}

/// data/README.md §7: daily returns against log changes of the 30-day at-the-money volatility,
/// −0.63 BTC and −0.39 ETH; standard deviations of the log change 5.4 % and 3.8 %.
#[test]
fn spot_volatility_correlation_of_the_surface_history() {
    let Some(path) = shared("data/options/iv_surface_history_btc_eth.csv") else { return };
    let mut days: BTreeMap<(String, String), [f64; 2]> = BTreeMap::new();
    for record in csv::Reader::from_path(path).unwrap().records() {
        let record = record.unwrap();
        if &record[3] == "30" {
            let key = (record[1].to_owned(), record[0][..10].to_owned());
            // Snapshots are in time order, so the last of a day stays.
            days.insert(key, [record[2].parse().unwrap(), record[7].parse().unwrap()]);
        }
    }
    for (coin, correlation, deviation) in [("BTC", -0.63, 0.054), ("ETH", -0.39, 0.038)] {
        let of_coin = || days.iter().filter(|((name, _), _)| name == coin);
        let changes = |index: usize| {
            log_returns(&of_coin().map(|(_, values)| Some(values[index])).collect::<Vec<_>>())
        };
        let found = spot_volatility(&changes(0), &changes(1)).unwrap();
        assert!((found.correlation.value - correlation).abs() < 0.0051, "{coin} {found:?}");
        assert!((found.volatility_of_volatility.value - deviation).abs() < 0.00051, "{coin}");
        assert!(found.correlation.standard_error.unwrap() < 0.06);
    }
}

/// Mean autocorrelation of absolute values over lags 1 to 10: how much volatility clusters.
fn clustering(series: &[Option<f64>]) -> f64 {
    let values: Vec<Option<f64>> = series.iter().flatten().map(|value| Some(value.abs())).collect();
    let lagged = |lag: usize| {
        let pair = [&values[lag..], &values[..values.len() - lag]];
        sample_correlation(&pair, None, Overlap::Pairwise).unwrap().matrix[(0, 1)]
    };
    (1..=10).map(lagged).sum::<f64>() / 10.0
}

/// Every coin, also DOGE with its kurtosis of 102 and coins listed late, gives a GARCH whose
/// residuals have unit variance, fat tails and next to no clustering left.
#[test]
fn garch_takes_the_clustering_out_of_real_returns() {
    let coins = ["BTC", "ETH", "BNB", "XRP", "ADA", "DOGE", "LTC", "LINK", "SOL", "AVAX"];
    let Some(panel) = composite(&coins) else { return };
    let settings = GarchSettings { mean: GarchMean::Zero, integrated: Integrated::Allow };
    for (coin, returns) in coins.iter().zip(&panel) {
        let fit = fit_garch(returns, settings).unwrap();
        let annual = fit.next_volatility.value * annualisation(day());
        assert!((0.1..3.0).contains(&annual), "{coin} {annual}");
        assert!(fit.persistence() > 0.5 && fit.persistence() < 1.1, "{coin} {:?}", fit.parameters);
        assert_eq!(fit.residuals.len(), returns.len());
        let standardised = sample_moments(&fit.residuals).unwrap();
        let (before, after) = (clustering(returns), clustering(&fit.residuals));
        assert!(after.abs() < 0.08 && after < 0.5 * before, "{coin} {before} {after}");
        assert!((standardised.standard_deviation - 1.0).abs() < 0.05, "{coin} {standardised:?}");
        let nu = fit_student_t(&fit.residuals).unwrap().degrees_of_freedom;
        assert!((2.0..8.0).contains(&nu.value), "{coin} {nu:?}");
    }
}

/// Crypto majors move together in their tails: a t-copula far from the Gaussian one.
#[test]
fn majors_share_their_tails() {
    let Some(panel) = composite(&COINS[..5]) else { return };
    let settings = GarchSettings { mean: GarchMean::Zero, integrated: Integrated::Allow };
    let residuals: Vec<Returns> =
        panel.iter().map(|returns| fit_garch(returns, settings).unwrap().residuals).collect();
    let residuals = borrow(&residuals);
    let correlation = sample_correlation(&residuals, None, Overlap::CommonDates).unwrap();
    let nu = fit_t_copula(&residuals, &correlation.matrix).unwrap();
    assert!(nu.value < 10.0 && nu.standard_error.unwrap() < 1.0, "{nu:?}");
}

/// formulas.md §5: 12 March 2020 is the worst day of the sample; the test finds it as common.
#[test]
fn the_worst_day_is_a_common_jump() {
    let Some(panel) = composite(&COINS) else { return };
    let fit = fit_jumps(&borrow(&panel), day(), JumpTest::default()).unwrap();
    let worst = fit.common.sizes.iter().copied().fold(0.0, f64::min);
    assert!((-0.60..-0.45).contains(&worst), "{worst}");
    assert!(fit.common.mean < 0.0 && fit.common.intensity.value < 12.0, "{:?}", fit.common);
    assert!(fit.own_pooled.intensity.value > 1.0, "{:?}", fit.own_pooled.intensity);
}
