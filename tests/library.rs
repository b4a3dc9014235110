//! The shipped library: every scenario holds, says why it exists, and runs on the desk; the figures
//! of the nine events agree with market data.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll::document::{Confinement, embedded};
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::scenario::{LibraryEntry, MoveSize, ScenarioKind, ShockLeg, library, library_path};

mod common;

fn plan(name: &str) -> Plan {
    plan_with(name, Overrides::default())
}

fn plan_with(name: &str, overrides: Overrides) -> Plan {
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(Path::new(&format!("shipped:{name}")), &options);
    let inputs = inputs.unwrap_or_else(|faults| panic!("{name}: {faults}"));
    Plan::build(&inputs).unwrap_or_else(|faults| panic!("{name}: {faults}"))
}

fn shelved() -> Vec<LibraryEntry> {
    library().into_iter().filter(|entry| entry.shelf.is_some()).collect()
}

#[test]
fn every_scenario_of_the_library_runs_on_the_desk_and_says_why_it_exists() {
    let entries = shelved();
    let count = |shelf: &str| entries.iter().filter(|entry| entry.shelf == Some(shelf)).count();
    assert_eq!((count("historical"), count("hypothetical")), (27, 9));
    assert!(count("regulatory") >= 4);
    for entry in &entries {
        assert!(entry.description.len() > 40, "{}", entry.name);
        assert_eq!(library_path(&entry.name).as_deref(), Some(entry.path.as_str()));
        let text = embedded::file(&entry.path).unwrap();
        assert!(text.text().starts_with("#:schema ../schema/scenario.json\n# "), "{}", entry.path);
        if entry.kind == ScenarioKind::MonteCarlo {
            has_liquidity_horizons(&entry.name);
            continue;
        }
        let plan = plan(&entry.name);
        let (isa, control) = (InstructionSet::detect(), Control::none());
        if entry.kind == ScenarioKind::Grid {
            let found = engine::grid(&plan, isa, &control).unwrap();
            assert!(found.loss > 0.0, "{}", entry.name);
            continue;
        }
        let found = engine::historical(&plan, isa, &control).unwrap();
        let sum: f64 = found.steps.iter().map(|step| step.total).sum();
        assert!((sum - found.difference).abs() < 1e-3, "{}", entry.name);
        assert!(found.threshold.is_some() && found.loss.is_finite(), "{}", entry.name);
        let moved = found.factors.iter().any(|factor| factor.source == "stated");
        assert!(moved, "{}", entry.name);
    }
}

/// Its figure is the cascade of its rows, and larger than ES over the base horizon.
fn has_liquidity_horizons(name: &str) {
    let plan = plan_with(name, Overrides { paths: Some(500), ..Overrides::default() });
    let run = engine::run(&plan, InstructionSet::detect(), &Control::none()).unwrap();
    let found = run.outcome.liquidity_horizons.unwrap();
    let days: Vec<f64> =
        found.buckets.iter().map(|row| (row.horizon_years * 365.0).round()).collect();
    assert_eq!(days, [10.0, 20.0, 40.0, 60.0], "{name}");
    let squares: f64 = found.buckets.iter().map(|row| row.scaled * row.scaled).sum();
    let total = found.expected_shortfall.loss;
    assert!((squares.sqrt() / total - 1.0).abs() < 1e-12, "{name}");
    assert!(total > found.buckets[0].expected_shortfall, "{name}");
}

/// The main venue fails: its accounts' claims are lost, and nothing else is.
#[test]
fn the_failing_venue_takes_its_accounts() {
    let plan = plan("venue-fails-on-crash");
    let found = engine::historical(&plan, InstructionSet::detect(), &Control::none()).unwrap();
    let failed: Vec<&str> = found
        .steps
        .iter()
        .filter(|step| step.events.iter().any(|event| event.contains("fails")))
        .map(|step| step.account.as_str())
        .collect();
    assert_eq!(failed, ["northwind-options", "northwind-basis"]);
}

/// A bar: open, high, low, close.
type Bar = [f64; 4];

/// Daily bars of a coin, by date.
fn daily(coin: &str) -> Option<BTreeMap<String, Bar>> {
    let path = common::shared(&format!("data/daily/binance_spot/{coin}USDT_1d.csv"))?;
    let text = fs::read_to_string(path).unwrap();
    let mut bars = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let bar = [1, 2, 3, 4].map(|column| cells[column].parse().unwrap());
        bars.insert(day_of(cells[0]), bar);
    }
    Some(bars)
}

/// The date of a stamp written as text or in milliseconds.
fn day_of(stamp: &str) -> String {
    match stamp.parse::<i64>() {
        Ok(number) => {
            let milliseconds = if number < 100_000_000_000 { number * 1000 } else { number };
            let time = jiff::Timestamp::from_millisecond(milliseconds).unwrap();
            time.to_string()[..10].to_owned()
        }
        Err(_) => stamp[..10].to_owned(),
    }
}

/// What the data says of a window of dates: worst close to close, deepest fall from peak to low, and
/// deepest falls from a day's open to its low and from the higher high of two days, between which the
/// fall within 24 hours lies.
struct Falls {
    close: f64,
    window: f64,
    day: f64,
    two_days: f64,
}

fn falls(bars: &BTreeMap<String, Bar>, from: &str, to: &str) -> Falls {
    let all: Vec<(&String, &Bar)> = bars.iter().collect();
    let first = all.iter().position(|(date, _)| date.as_str() >= from).unwrap();
    let mut found = Falls { close: 0.0, window: 0.0, day: 0.0, two_days: 0.0 };
    let mut peak: f64 = 0.0;
    for (index, (date, [open, high, low, close])) in all.iter().enumerate().skip(first) {
        if date.as_str() > to {
            break;
        }
        let [_, high_before, _, close_before] = all[index - 1].1;
        peak = peak.max(*high);
        found.close = found.close.min(close / close_before - 1.0);
        found.window = found.window.min(low / peak - 1.0);
        found.day = found.day.min(low / open - 1.0);
        found.two_days = found.two_days.min(low / high.max(*high_before) - 1.0);
    }
    found
}

const EVENTS: [(&str, &str, &str); 9] = [
    ("2020-03-12", "2020-03-07", "2020-03-13"),
    ("2021-05-19", "2021-05-12", "2021-05-23"),
    ("2022-05-luna", "2022-05-05", "2022-05-12"),
    ("2022-06-3ac", "2022-06-07", "2022-06-18"),
    ("2022-11-ftx", "2022-11-05", "2022-11-22"),
    ("2023-03-usdc", "2023-03-08", "2023-03-11"),
    ("2024-08-05", "2024-07-29", "2024-08-05"),
    ("2025-10-10", "2025-10-06", "2025-10-11"),
    ("2026-02-05", "2026-01-28", "2026-02-06"),
];

fn only_leg(name: &str) -> ShockLeg {
    let shock = plan(name).scenario.shock.unwrap();
    assert_eq!(shock.legs.len(), 1, "{name}");
    shock.legs[0].clone()
}

/// Spots of a leg with their moves; the coins that the data has.
fn spots(leg: &ShockLeg) -> impl Iterator<Item = (&str, f64)> {
    leg.moves.iter().filter_map(|one| match one.size {
        MoveSize::Change(change) => Some((one.selector.strip_suffix(".spot")?, change)),
        _ => None,
    })
}

/// Closes within a tenth of a percent (BTC, ETH) or half of one (others, rounded to a percent); lows
/// within the bounds that daily bars give, for BTC and ETH to a tenth of a percent; whole windows to
/// a tenth, and to half a percent and rounding for the others.
#[test]
fn the_figures_of_the_events_agree_with_the_data() {
    let mut checked = 0;
    for (name, from, to) in EVENTS {
        for kind in ["close", "low", "window"] {
            let leg = only_leg(&format!("{name}-{kind}"));
            for (coin, stated) in spots(&leg) {
                let Some(bars) = daily(coin) else { return };
                if bars.keys().next().is_none_or(|first| first.as_str() >= from) {
                    continue; // solana in 2022: the data begins later
                }
                let found = falls(&bars, from, to);
                let main = matches!(coin, "BTC" | "ETH");
                let tolerance = if main { 0.0011 } else { 0.0065 };
                let agrees = match kind {
                    "close" => (stated - found.close).abs() <= tolerance,
                    "window" => (stated - found.window).abs() <= tolerance,
                    _ => stated <= found.day + tolerance && stated >= found.two_days - tolerance,
                };
                let Falls { close, window, day, two_days } = found;
                assert!(
                    agrees,
                    "{name}-{kind} {coin}: {stated}; close {close:.4}, window {window:.4}, within \
                     a day {day:.4} to {two_days:.4}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} figures were checked");
}

/// Another book by reference: the figures of an event on a portfolio and market of one's own.
#[test]
fn the_library_applies_to_another_book() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "name = \"mine\"\nextends = \"shipped:historical/2020-03-12-close.toml\"\n\
                    portfolio = \"shipped:replay/portfolio.toml\"\nmarket = \"shipped:replay/market.toml\"\n\
                    policy = \"shipped:replay/policy.toml\"\n[shock]\npropagation = \"none\"\n";
    let path = folder.path().join("scenario.toml");
    fs::write(&path, scenario).unwrap();
    let confinement = Confinement::Inside;
    let options = LoadOptions { confinement, overrides: Overrides::default(), trades: None };
    let inputs = engine::load(&path, &options).unwrap_or_else(|faults| panic!("{faults}"));
    let plan = Plan::build(&inputs).unwrap_or_else(|faults| panic!("{faults}"));
    let found = engine::historical(&plan, InstructionSet::detect(), &Control::none()).unwrap();
    let change = |name: &str| found.factors.iter().find(|one| one.name == name).unwrap().change;
    assert!((change("BTC.spot") + 0.395).abs() < 1e-12);
    assert!((change("ETH.spot") + 0.446).abs() < 1e-12);
    // To one-month volatility of 184 from 50.
    assert!((change("BTC.vol") - (1.84 / 0.5 - 1.0)).abs() < 1e-12);
}
