//! 2020-03-12 and 2025-10-10 replayed hour by hour on the shipped desk, under rules that liquidate
//! inside paths.
//!
//! Writer of the scenarios: the `real_replay` example. Prices: `../shared/data/hourly` (its README
//! has source and defects). Falls: `../shared/formulas.md` §5.
#![allow(clippy::print_stderr)]

mod common;

#[path = "common/replayed.rs"]
mod replayed;
#[path = "../examples/real_replay/scenario.rs"]
mod scenario;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plimsoll::document::Confinement;
use plimsoll::engine::{self, LoadOptions, Overrides, Plan};
use plimsoll::report;
use replayed::{check_explained, levels, replayed, same_bits};
use scenario::{Bars, Collateral, EVENTS, Event};

const PATH_HIGHS_FIRST: usize = 0;

fn data() -> Option<PathBuf> {
    common::shared("data")
}

fn options() -> LoadOptions {
    LoadOptions {
        confinement: Confinement::AllowOutside,
        overrides: Overrides::default(),
        trades: None,
    }
}

fn plan(event: &Event, bars: Bars, data: &Path) -> Plan {
    plan_of(event, (Collateral::Swept, bars), data)
}

fn plan_of(event: &Event, book: (Collateral, Bars), data: &Path) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let document = scenario::write(event, book, data, folder.path()).unwrap();
    let inputs = engine::load(&document, &options()).unwrap_or_else(|faults| panic!("{faults}"));
    Plan::build(&inputs).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Closes of a data file by their instant, the first row of each (README: repeated hours).
fn closes(event: &Event, data: &Path, coin: &str) -> BTreeMap<jiff::Timestamp, f64> {
    let path = data.join(event.file.replace("{coin}", coin));
    let mut found = BTreeMap::new();
    for record in csv::Reader::from_path(path).unwrap().records() {
        let record = record.unwrap();
        let opened = match record[0].parse::<f64>() {
            Ok(stamp) if stamp < 1e11 => jiff::Timestamp::from_second(stamp as i64).unwrap(),
            Ok(stamp) => jiff::Timestamp::from_millisecond(stamp as i64).unwrap(),
            Err(_) => format!("{}Z", record[0].replace(' ', "T")).parse().unwrap(),
        };
        let closed = opened + jiff::SignedDuration::from_hours(1);
        found.entry(closed).or_insert(record[4].parse().unwrap());
    }
    found
}

/// Falls of `formulas.md` §5 in per cent: worst day of closes, worst within 24 hours from high to
/// low, and from the window's high to its low afterwards; over the windows named there.
#[test]
fn falls_are_those_of_the_published_table() {
    let Some(data) = data() else { return };
    let windows = [
        ["2020-03-07T00:00:00Z", "2020-03-14T00:00:00Z"],
        ["2025-10-06T00:00:00Z", "2025-10-12T00:00:00Z"],
    ];
    let expected = [
        [("BTC", [39.5, 50.6, 58.8]), ("ETH", [44.6, 53.0, 65.9])],
        [("BTC", [7.3, 16.8, 19.2]), ("ETH", [12.3, 21.8, 27.8])],
    ];
    for ((event, window), coins) in EVENTS.iter().zip(windows).zip(expected) {
        let plan = plan(&Event { window, ..*event }, Bars::BothOrders, &data);
        for (coin, falls) in coins {
            let levels = levels(&plan, coin, PATH_HIGHS_FIRST);
            let bars: Vec<&[f64]> = levels.chunks_exact(4).collect();
            assert_eq!(bars.len() * 4, levels.len());
            let days: Vec<f64> =
                std::iter::once(1.0).chain(bars.chunks(24).map(|day| day[23][3])).collect();
            let by_day = days.windows(2).map(|pair| 1.0 - pair[1] / pair[0]).fold(0.0, f64::max);
            // Both bars whole within less than 24 hours, so that no two trades are further apart.
            let found = [by_day, fall(&bars, 23), fall(&bars, bars.len())];
            for (found, expected) in found.iter().zip(falls) {
                let found = 100.0 * found;
                assert!((found - expected).abs() < 0.05, "{} {coin} {found}", event.name);
            }
        }
    }
}

/// Largest fall from a bar's high to the low of the same or a later one, among `length` bars.
fn fall(bars: &[&[f64]], length: usize) -> f64 {
    let from = |index: usize| {
        let later = bars[index..].iter().take(length);
        later.map(|bar| 1.0 - bar[2] / bars[index][1]).fold(0.0, f64::max)
    };
    (0..bars.len()).map(from).fold(0.0, f64::max)
}

#[test]
fn closes_are_exactly_the_ratios_of_the_data() {
    let Some(data) = data() else { return };
    for event in EVENTS {
        let plan = plan(&event, Bars::Closes, &data);
        let [from, to] = event.window.map(|time| time.parse::<jiff::Timestamp>().unwrap());
        for coin in ["BTC", "ETH"] {
            let closes = closes(&event, &data, coin);
            let window: Vec<f64> = closes.range(from..=to).map(|(_, close)| *close).collect();
            let ratios: Vec<f64> = window[1..].iter().map(|close| close / window[0]).collect();
            assert_eq!(ratios.len(), 48);
            assert_eq!(levels(&plan, coin, 0), ratios, "{} {coin}", event.name);
        }
    }
}

#[test]
fn the_difference_that_liquidations_make_is_explained_to_the_cent() {
    let Some(data) = data() else { return };
    for event in EVENTS {
        let found = replayed(&plan(&event, Bars::BothOrders, &data));
        eprintln!("{}", report::historical_terminal(&found, Default::default()).unwrap());
        assert!(found.accounts.iter().any(|row| row.liquidated_at.is_some()), "{}", event.name);
        assert!(found.difference.abs() > 1_000.0, "{}", found.difference);
        check_explained(&found);
        let worse = found.window.orders.iter().map(|one| one.loss).fold(f64::MIN, f64::max);
        assert_eq!((found.window.orders.len(), worse), (2, found.loss));
    }
}

/// The desk's hedges hold through both windows while its dollars stay at its venues: it loses the
/// same as swept without events, and nothing is liquidated.
#[test]
fn the_desk_as_it_stands_is_not_liquidated() {
    let Some(data) = data() else { return };
    for event in EVENTS {
        let stands = plan_of(&event, (Collateral::AtVenues, Bars::BothOrders), &data);
        let (stands, swept) = (replayed(&stands), replayed(&plan(&event, Bars::BothOrders, &data)));
        assert!(stands.accounts.iter().all(|row| row.liquidated_at.is_none()), "{}", event.name);
        assert_eq!(stands.difference, 0.0);
        let gap = stands.loss - swept.loss_without_events;
        assert!(gap.abs() < 1e-6 * stands.loss.abs(), "{gap}");
    }
}

/// The loss without events is that of the same desk under rules that say nothing of liquidation.
#[test]
fn without_events_is_the_book_under_rules_that_do_not_act() {
    let Some(data) = data() else { return };
    for event in EVENTS {
        let acting = plan(&event, Bars::BothOrders, &data);
        let mut idle = acting.clone();
        for rules in idle.venue_rules.iter_mut().flatten() {
            rules.liquidation = None;
        }
        let (acting, idle) = (replayed(&acting), replayed(&idle));
        assert!(idle.steps.iter().all(|step| step.node.is_none()), "{:?}", idle.steps);
        assert_eq!(acting.loss_without_events, idle.loss_without_events);
        assert_ne!(acting.loss, idle.loss);
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_instruction_set() {
    let Some(data) = data() else { return };
    let plan = plan(&EVENTS[0], Bars::BothOrders, &data);
    same_bits(&plan);
}
