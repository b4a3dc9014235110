//! A short straddle walked forward on the option surfaces recorded from 2025-12-30 on.

mod common;

use std::collections::BTreeMap;
use std::fs;

use plimsoll::document::Confinement;
use plimsoll::engine::Control;
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::study::walk_forward::LoadedBacktest;
use statrs::distribution::{ContinuousCDF, Normal};

const PORTFOLIO: &str = "name = \"straddle\"\n[[account]]\nname = \"desk\"\nrecourse = true\n\
    balance = [{ asset = \"USD\", quantity = 1_000_000 }]\n\
    [[position]]\nid = \"call\"\naccount = \"desk\"\ntype = \"option\"\nunderlying = \"BTC\"\n\
    settlement = \"inverse\"\nexpiry = 2026-06-01T00:00:00Z\nstrike = 70_000\nright = \"call\"\n\
    quantity = -1\n\
    [[position]]\nid = \"put\"\naccount = \"desk\"\ntype = \"option\"\nunderlying = \"BTC\"\n\
    settlement = \"inverse\"\nexpiry = 2026-06-01T00:00:00Z\nstrike = 70_000\nright = \"put\"\n\
    quantity = -1\n";
const SCENARIO: &str = "name = \"straddle\"\nportfolio = \"portfolio.toml\"\n\
    market = \"market.toml\"\n[simulation]\nhorizon = \"1d\"\nseed = 1\n";

fn market(closes: &str) -> String {
    format!(
        "name = \"recorded\"\nas_of = 2026-03-18T00:00:00Z\n\
         asset = [{{ symbol = \"BTC\", price = 70_000 }}]\n\
         underlying = [{{ symbol = \"BTC\", volatility = {{ type = \"flat\", volatility = 0.5 }} }}]\n\
         [history]\ninterval = \"1d\"\n[[history.file]]\npath = \"{closes}\"\n\
         columns = {{ time = \"date\" }}\nseries = [{{ symbol = \"BTC\", column = \"BTC\" }}]\n"
    )
}

fn backtest(surfaces: &str) -> String {
    format!(
        "name = \"straddle\"\nscenario = \"scenario.toml\"\nfrom = 2025-12-31T00:00:00Z\n\
         to = 2026-03-04T00:00:00Z\nwindow = \"365d\"\nlevels = [0.95]\npaths = 1_000\n\
         [[model]]\nname = \"normal\"\n[model.settings]\nstated_volatility = {{ \"BTC.vol\" = 0.9 }}\n\
         [[book.roll]]\nposition = \"call\"\ntenor = \"30d\"\nmoneyness = 1\n\
         [[book.roll]]\nposition = \"put\"\ntenor = \"30d\"\nmoneyness = 1\n\
         [[surface]]\npath = \"{surfaces}\"\nsymbols = [\"BTC\"]\nage_max = \"12h\"\n"
    )
}

/// At-the-money volatility of 30 days by stamp, as the file says it.
fn at_the_money(text: &str) -> BTreeMap<jiff::Timestamp, f64> {
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let wanted = rows.filter(|row| row[1] == "BTC" && row[3] == "30");
    wanted.map(|row| (row[0].parse().unwrap(), row[7].parse().unwrap())).collect()
}

/// Struck at the forward, a straddle of a coin is worth `2·S·(2Φ(σ√T/2) − 1)`: at each date at the
/// volatility that the file records last before it, which the fitted surface passes within 1 %.
#[test]
fn a_straddle_is_marked_on_the_surface_recorded_last() {
    let Some(closes) = common::shared("data/daily/panels/closes_binance_usdt_2017_2026.csv") else {
        return;
    };
    let Some(surfaces) = common::shared("data/options/iv_surface_history_btc_eth.csv") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shown = |path: &std::path::Path| path.canonicalize().unwrap().display().to_string();
    for (name, text) in [
        ("market.toml", market(&shown(&closes)).as_str()),
        ("portfolio.toml", PORTFOLIO),
        ("scenario.toml", SCENARIO),
        ("backtest.toml", &backtest(&shown(&surfaces))),
    ] {
        fs::write(folder.path().join(name), text).expect("writable");
    }
    let path = folder.path().join("backtest.toml");
    let loaded = LoadedBacktest::read(&path, Confinement::AllowOutside);
    let loaded = loaded.unwrap_or_else(|violations| panic!("{violations}"));
    let walk = loaded.walk(InstructionSet::detect(), &Control::none()).expect("it walks");
    let dates = &walk.record.models[0].dates;
    assert_eq!(dates.len() + walk.record.left_out.len(), loaded.dates());
    assert!(dates.len() > 50, "{:?}", walk.record.left_out.first());
    let recorded = at_the_money(&fs::read_to_string(&surfaces).expect("readable"));
    let history = &walk.record.history;
    let prices = history.prices(&"BTC".into()).expect("closes of BTC");
    for date in dates {
        let (_, volatility) = recorded.range(..=date.instant).next_back().expect("a record");
        let spot = history.at(prices, date.instant).expect("a close");
        let deviation = volatility * (30.0_f64 / 365.0).sqrt();
        let value = 2.0 * spot * (2.0 * Normal::standard().cdf(0.5 * deviation) - 1.0);
        approx::assert_relative_eq!(-date.positions_value, value, max_relative = 0.01);
    }
    let exceptions = dates.iter().filter(|one| one.realised.total > one.measures[0].value_at_risk);
    assert!(exceptions.count() < dates.len() / 4);
}
