//! Windows of a made-up history, whose levels are ratios done by hand.

use jiff::Timestamp;

use super::*;
use crate::market::history::Quantity;
use crate::market::{PriceHistory, Series};
use crate::numeric::InstructionSet;
use crate::scenario::{BarOrders, Beta, Stretch, VolatilityBeta, WorstSettings};
use crate::simulation::{FactorBlock, SimulationScratch, Simulator};
use crate::units::{SECONDS_PER_YEAR, Symbol};

const HOUR: f64 = 3_600.0 / SECONDS_PER_YEAR;

fn hour(index: i64) -> Timestamp {
    Timestamp::from_second(1_584_000_000 + 3_600 * index).unwrap()
}

fn history(series: &[(&str, Quantity, &[Option<f64>])]) -> PriceHistory {
    let count = series[0].2.len() as i64;
    let of = |(symbol, quantity, values): &(&str, Quantity, &[Option<f64>])| Series {
        name: format!("{symbol} {quantity:?}"),
        symbol: Symbol::new(symbol),
        quantity: *quantity,
        values: values.to_vec(),
    };
    PriceHistory {
        interval: Years(HOUR),
        times: (0..count).map(hour).collect(),
        series: series.iter().map(of).collect(),
        quote: Symbol::usd(),
        findings: Vec::new(),
    }
}

fn prices(symbol: &str, values: [f64; 4]) -> PriceHistory {
    history(&[(symbol, Quantity::Price, &values.map(Some))])
}

fn closes(history: PriceHistory) -> BarHistory {
    BarHistory { closes: history, inside: None }
}

fn whole() -> ReplayWindow {
    ReplayWindow { from: hour(0), to: hour(3) }
}

fn settings(bars: BarOrders) -> HistoricalSettings {
    HistoricalSettings {
        stretch: Stretch::Window(whole()),
        bars,
        betas: vec![Beta { symbol: Symbol::new("SOL"), of: Symbol::new("BTC"), beta: 1.5 }],
        volatility_betas: vec![VolatilityBeta { symbol: Symbol::new("BTC"), beta: -0.5 }],
    }
}

fn keys() -> Vec<FactorKey> {
    let symbol = Symbol::new;
    vec![
        FactorKey::Spot(symbol("BTC")),
        FactorKey::Spot(symbol("SOL")),
        FactorKey::Spot(symbol("XRP")),
        FactorKey::Volatility(symbol("BTC")),
        FactorKey::Funding(symbol("BTC")),
    ]
}

const BTC: [f64; 4] = [8_000.0, 7_000.0, 5_000.0, 6_000.0];

fn levels(found: &ReplayModel, path: usize, factor: usize) -> Vec<f64> {
    let paths = found.model.replayed().unwrap();
    (0..paths.node_count()).map(|node| paths.at(path, node, factor).1).collect()
}

#[test]
fn levels_are_ratios_of_prices_and_followers_follow() {
    let rates = [0.0001, 0.0003, -0.0002, 0.0].map(Some);
    let data = history(&[
        ("BTC", Quantity::Price, &BTC.map(Some)),
        ("BTC", Quantity::FundingRate, &rates),
    ]);
    let found = replay_model(&settings(BarOrders::Closes), &[whole()], &closes(data), &keys(), &[])
        .unwrap();
    assert_eq!(levels(&found, 0, 0), [7.0 / 8.0, 5.0 / 8.0, 6.0 / 8.0]);
    let powered = |power: f64| [7.0 / 8.0, 5.0 / 8.0, 0.75].map(|level| libm::pow(level, power));
    for (factor, expected) in [(1, powered(1.5)), (3, powered(-0.5))] {
        for (found, expected) in levels(&found, 0, factor).iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-14, "{found} {expected}");
        }
    }
    assert_eq!(levels(&found, 0, 2), [1.0; 3]);
    let changes = levels(&found, 0, 4);
    for (found, expected) in changes.iter().zip([0.0002, -0.0003, -0.0001]) {
        assert!((found - expected).abs() < 1e-18);
    }
    let named = |index: usize| found.model.factors[index].source.as_str();
    assert_eq!(named(1), "1.5 times the log move of BTC");
    assert_eq!(named(2), "no history: stays at today's level");
    let hours: Vec<f64> = found.model.grid.nodes.iter().map(|node| node.get() / HOUR).collect();
    for (found, expected) in hours.iter().zip([1.0, 2.0, 3.0]) {
        assert!((found - expected).abs() < 1e-9);
    }
}

#[test]
fn both_orders_of_a_bar_stand_at_its_quarters() {
    let bar = |values| prices("BTC", values);
    let bars = BarHistory {
        closes: bar(BTC),
        inside: Some(Box::new([
            bar([8_000.0, 8_000.0, 7_000.0, 5_000.0]),
            bar([8_000.0, 8_400.0, 7_200.0, 6_400.0]),
            bar([8_000.0, 6_800.0, 4_000.0, 4_800.0]),
        ])),
    };
    let found =
        replay_model(&settings(BarOrders::BothOrders), &[whole()], &bars, &keys(), &[]).unwrap();
    let first = [1.0, 1.05, 0.85, 0.875, 0.875, 0.9, 0.5, 0.625, 0.625, 0.8, 0.6, 0.75];
    assert_eq!(levels(&found, 0, 0), first);
    let second = [1.0, 0.85, 1.05, 0.875, 0.875, 0.5, 0.9, 0.625, 0.625, 0.6, 0.8, 0.75];
    assert_eq!(levels(&found, 1, 0), second);
    let nodes = &found.model.grid.nodes;
    for (index, node) in nodes.iter().enumerate() {
        assert!((node.get() / HOUR - (index + 1) as f64 / 4.0).abs() < 1e-9);
    }
}

#[test]
fn an_expiry_between_prices_has_those_before_and_a_hole_is_one_step() {
    let holed = [Some(8_000.0), None, Some(5_000.0), Some(6_000.0)];
    let data = closes(history(&[("BTC", Quantity::Price, &holed)]));
    let expiries = [0.5 * HOUR, 2.0 * HOUR, 9.0 * HOUR].map(Years);
    let found =
        replay_model(&settings(BarOrders::Closes), &[whole()], &data, &keys(), &expiries).unwrap();
    assert_eq!(found.missing, 1);
    assert_eq!(levels(&found, 0, 0), [1.0, 0.625, 0.75]);
    let hours: Vec<f64> = found.model.grid.nodes.iter().map(|node| node.get() / HOUR).collect();
    for (found, expected) in hours.iter().zip([0.5, 2.0, 3.0]) {
        assert!((found - expected).abs() < 1e-9, "{hours:?}");
    }
}

#[test]
fn windows_and_betas_that_make_no_replay_are_refused() {
    let data = || closes(prices("BTC", BTC));
    let refused = |settings: &HistoricalSettings, data: BarHistory| {
        replay_model(settings, &[settings.window().unwrap()], &data, &keys(), &[])
            .unwrap_err()
            .to_string()
    };
    let good = settings(BarOrders::Closes);
    let late = Stretch::Window(ReplayWindow { from: hour(0), to: hour(4) });
    let off = HistoricalSettings { stretch: late, ..good.clone() };
    let told = refused(&off, data());
    assert!(told.contains("no close at 2020-03-12T12:00:00Z; the last is"), "{told}");
    let late = [None, None, Some(1.0), Some(2.0)];
    let late =
        history(&[("BTC", Quantity::Price, &BTC.map(Some)), ("XRP", Quantity::Price, &late)]);
    let told = refused(&good, closes(late));
    assert!(told.contains("no value at 2020-03-12T08:00:00Z; it has values from"), "{told}");
    let told = refused(&HistoricalSettings { bars: BarOrders::BothOrders, ..good.clone() }, data());
    assert!(told.contains("no open, high or low"), "{told}");
    let beta = |symbol: &str, of: &str| HistoricalSettings {
        betas: vec![Beta { symbol: Symbol::new(symbol), of: Symbol::new(of), beta: 1.0 }],
        ..good.clone()
    };
    let told = refused(&beta("SOL", "ETH"), data());
    assert_eq!(told, "SOL: it follows ETH, which has no history");
    let told = refused(&beta("BTC", "BTC"), data());
    assert_eq!(told, "BTC: it has a history of its own, and a beta");
    let none = HistoricalSettings { betas: vec![], volatility_betas: vec![], ..good.clone() };
    assert_eq!(
        replay_model(&none, &[whole()], &closes(prices("ADA", BTC)), &keys(), &[]).unwrap_err(),
        ReplayError::NothingMoves
    );
    let huge = HistoricalSettings {
        betas: vec![Beta { symbol: Symbol::new("SOL"), of: Symbol::new("BTC"), beta: -1e5 }],
        ..good
    };
    assert!(refused(&huge, data()).contains("SOL.spot would be inf"), "{}", refused(&huge, data()));
}

/// The simulator sets levels exactly, and keeps what others did to the block on top.
#[test]
fn blocks_stand_exactly_at_the_levels_and_impact_stays_on_top() {
    let data = closes(prices("BTC", BTC));
    let found =
        replay_model(&settings(BarOrders::Closes), &[whole()], &data, &keys(), &[]).unwrap();
    let simulator = Simulator::new(&found.model, 7, InstructionSet::Baseline).unwrap();
    let mut scratch = SimulationScratch::new(&simulator, 2);
    let mut block = FactorBlock::new(keys().len(), 2);
    simulator.start(&[0, 1], &mut block, &mut scratch);
    for node in 0..2 {
        simulator.advance(node, &mut block, &mut scratch);
        let expected = levels(&found, 0, 0)[node];
        assert_eq!(block.level(0), [expected; 2]);
        assert_eq!(simulator.step_deviation(node, &scratch), None);
    }
    let impact = libm::log(0.9);
    block.factor_mut(0).0[1] += impact;
    let mut next = FactorBlock::new(keys().len(), 2);
    simulator.advance_from(2, &block, &mut next, &mut scratch);
    assert_eq!(next.level(0)[0], 0.75);
    assert!((next.level(0)[1] - 0.75 * 0.9).abs() < 1e-15);
    assert_eq!(next.level(2), [1.0; 2]);
}

fn search(values: &[Option<f64>], hours: f64) -> Result<WindowSearch, ReplayError> {
    let worst = WorstSettings { length: Years(hours * HOUR), count: 1, separation: Years(0.0) };
    let settings =
        HistoricalSettings { stretch: Stretch::Worst(worst), ..settings(BarOrders::Closes) };
    let data = closes(history(&[("BTC", Quantity::Price, values)]));
    WindowSearch::new(&settings, worst.length, &data, &keys(), &[])
}

/// Of ten hours, the fifth a hole: windows of three hours start at 0, 1, 3, 6 and so on, and those
/// with the hole inside stand on nodes of their own.
#[test]
fn a_search_has_a_window_from_every_close_whose_end_is_one() {
    let mut values: Vec<Option<f64>> = (1..=10).map(|price| Some(f64::from(price))).collect();
    values[4] = None;
    let found = search(&values, 3.0).unwrap();
    let starts: Vec<i64> = found
        .windows
        .iter()
        .map(|window| (window.from.as_second() - hour(0).as_second()) / 3_600)
        .collect();
    assert_eq!(starts, [0, 2, 3, 5, 6]);
    assert_eq!(found.left_out, 1, "the window from 1 would end in the hole");
    let mut groups = found.alike(usize::MAX);
    groups.sort();
    assert_eq!(groups, [vec![0, 3, 4], vec![1], vec![2]]);
    let model = found.model(&[0, 3, 4]).unwrap();
    let paths = model.replayed().unwrap();
    let levels: Vec<f64> = (0..3).map(|path| paths.at(path, 2, 0).1).collect();
    assert_eq!(levels, [4.0, 9.0 / 6.0, 10.0 / 7.0]);
    assert_eq!(found.alike(1).len(), 5);
}

#[test]
fn lengths_that_no_window_has_are_refused() {
    let values: Vec<Option<f64>> = (1..=5).map(|price| Some(f64::from(price))).collect();
    let told = |hours: f64| search(&values, hours).unwrap_err().to_string();
    assert!(told(5.0).contains("no window of 5 hours fits"), "{}", told(5.0));
    assert!(told(0.5).contains("no two closes are 0.5 hours apart"), "{}", told(0.5));
    assert_eq!(search(&values, 4.0).unwrap().windows.len(), 1);
}
