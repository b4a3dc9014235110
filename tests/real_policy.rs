//! A calibrated policy on real daily closes, out of sample: a small version of
//! `examples/real_policy`.

#[path = "../examples/real_backtests/closes.rs"]
mod closes;
#[path = "common/mod.rs"]
mod common;
#[path = "../examples/real_policy/record.rs"]
mod record;
#[path = "../examples/real_policy/study.rs"]
mod study;

/// A grid of eight policies, one split, few replicates.
const SMALL: &str = r#"
name = "small"
backtest = "backtest.toml"
policy = "policy.toml"
periods = { kind = "split", test_from = 2023-01-01T00:00:00Z }
volatility_target = { series = "BTC" }
search = { evaluations = 0 }
bootstrap = { replicates = 200 }
aim = { tolerance = "4%" }
constraints = { missed_frequency = "1%" }

[[vary]]
field = "appetite"
values = ["4%", "6%"]

[[vary]]
field = "exponent"
driver = 1
values = [0, 0.5, 1, 1.5]
"#;

#[test]
fn a_calibrated_policy_on_real_closes() {
    let Some(data) = common::shared("data") else { return };
    let found = study::calibrated(&data, &closes::COINS[..2], SMALL).unwrap();
    assert_eq!(found.candidates.len(), 8);
    // A date a day: 167 of 2018, four years, three years.
    assert_eq!((found.folds[0].trained.dates, found.folds[0].tested.dates), (1_628, 1_096));
    let comparison = &found.comparison;
    let exposures = [comparison.policy, comparison.static_limit, comparison.volatility_target]
        .map(|one| one.exposure_carried);
    for exposure in exposures {
        assert!((exposure - exposures[0]).abs() < 1e-9, "{exposures:?}");
    }
    // A cut threshold saves nothing where it is never met: some policy must be.
    assert!(found.candidates.iter().any(|one| one.trained.forced_per_year > 0.0));
    assert!(!found.verdict.is_empty());
}

#[test]
fn a_price_after_the_training_moves_no_recommendation() {
    let Some(data) = common::shared("data") else { return };
    let later = SMALL.replace("2023-01-01", "2022-01-01");
    let once = study::calibrated(&data, &["BTC"], &later).unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(copy.path().join("daily/panels")).unwrap();
    for name in ["closes_binance_usdt_2017_2026.csv", "closes_usd_composite_2017_2025.csv"] {
        let panel = std::path::Path::new("daily/panels").join(name);
        let text = std::fs::read_to_string(data.join(&panel)).unwrap();
        let moved: Vec<String> = text.lines().map(moved_later).collect();
        std::fs::write(copy.path().join(&panel), moved.join("\n")).unwrap();
    }
    let again = study::calibrated(copy.path(), &["BTC"], &later).unwrap();
    assert_eq!(once.document, again.document);
    assert_eq!(once.folds[0].trained, again.folds[0].trained);
    assert_ne!(once.folds[0].tested, again.folds[0].tested);
}

/// A row of a panel with its first price, bitcoin's, moved from 2022-01-02 on: the close of 2021-12-31
/// is the midnight after it, the first date tested on.
fn moved_later(line: &str) -> String {
    let cells = line.split_once(',').and_then(|(date, rest)| Some((date, rest.split_once(',')?)));
    match cells {
        Some((date, (price, rest))) if date >= "2022-01-02" && date.starts_with('2') => {
            let moved = price.parse::<f64>().map(|price| 1.7 * price);
            format!("{date},{},{rest}", moved.map_or_else(|_| String::new(), |one| one.to_string()))
        }
        _ => line.to_owned(),
    }
}
