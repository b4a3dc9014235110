//! The nine events of the library replayed from real prices on a book of listed options, futures
//! and perpetuals, under rules that liquidate inside paths.
//!
//! Book and market: the `real_data` example on a calm day. Prices: hourly bars, of the last event
//! four-hourly ones, in `../shared/data/hourly` (its README has source and defects). Falls:
//! `../shared/formulas.md` §5. Coins beside bitcoin and ether have no bars of hours there and the book
//! holds none.
#![allow(clippy::print_stderr)]

mod common;

#[path = "../examples/real_data/book.rs"]
#[allow(dead_code, reason = "other tests read more of it")]
mod book;
#[path = "../examples/real_data/co_movement.rs"]
mod co_movement;
#[path = "common/replayed.rs"]
mod replayed;
#[path = "../examples/real_replay/scenario.rs"]
#[allow(dead_code, reason = "rules that act are made there")]
mod scenario;

use std::fs;
use std::path::Path;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, LoadOptions, Overrides, Plan};
use replayed::{check_explained, levels, replayed};

/// Repairs of these files, as the replays of the desk opt into them.
const UNTIL_2021: &str = "columns = { time = \"unix\", open = \"open\", high = \"high\", low = \"low\", \
     close = \"close\", stamps = \"unix\" }\n\
     repairs = [\"sort\", \"rescale_stamps\", \"keep_first\", \"leave_gaps\"]\n";
const FROM_2022: &str = "preset = \"ohlcv\"\nrepairs = [\"leave_gaps\", \"drop_open_bars\"]\n";

const HOURLY_2021: (&str, &str, &str) = ("1h_2017_2021", "1h", UNTIL_2021);
const HOURLY_2025: (&str, &str, &str) = ("1h_2022_2025", "1h", FROM_2022);
const FOUR_HOURLY_2026: (&str, &str, &str) = ("4h_2025-11_2026-03", "4h", FROM_2022);

struct Event {
    name: &'static str,
    /// From the start of its first day to the end of its last.
    window: [&'static str; 2],
    /// Name, interval and layout of the files.
    bars: (&'static str, &'static str, &'static str),
    /// Falls of bitcoin and ether from the highest trade to the lowest after it, per cent.
    falls: [f64; 2],
}

const fn event(
    name: &'static str,
    window: [&'static str; 2],
    bars: (&'static str, &'static str, &'static str),
    falls: [f64; 2],
) -> Event {
    Event { name, window, bars, falls }
}

const EVENTS: [Event; 9] = [
    event("2020-03-12", ["2020-03-07", "2020-03-14"], HOURLY_2021, [58.8, 65.9]),
    event("2021-05-19", ["2021-05-12", "2021-05-24"], HOURLY_2021, [48.3, 60.5]),
    event("2022-05-luna", ["2022-05-05", "2022-05-13"], HOURLY_2025, [33.0, 39.1]),
    event("2022-06-3ac", ["2022-06-07", "2022-06-19"], HOURLY_2025, [44.2, 53.0]),
    event("2022-11-ftx", ["2022-11-05", "2022-11-23"], HOURLY_2025, [28.0, 35.6]),
    event("2023-03-usdc", ["2023-03-08", "2023-03-12"], HOURLY_2025, [12.3, 12.9]),
    event("2024-08-05", ["2024-07-29", "2024-08-06"], HOURLY_2025, [30.1, 37.9]),
    event("2025-10-10", ["2025-10-06", "2025-10-12"], HOURLY_2025, [19.2, 27.8]),
    event("2026-02-05", ["2026-01-28", "2026-02-07"], FOUR_HOURLY_2026, [33.8, 42.6]),
];

/// Coins that the book holds beyond its margins, swept away, so that the falls reach its lines.
const SWEPT: [(&str, &str); 2] = [
    ("asset = \"BTC\"\nquantity = 700", "asset = \"BTC\"\nquantity = 560"),
    ("asset = \"ETH\"\nquantity = 6000", "asset = \"ETH\"\nquantity = 5500"),
];

/// The book under rules that act, in a folder that replays each event.
fn folder(data: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    book::write(data, book::CALM, folder.path()).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/venues");
    let mut portfolio = fs::read_to_string(folder.path().join("portfolio.toml")).unwrap();
    for name in ["deribit-standard", "binance-usdm"] {
        let rules = fs::read_to_string(shipped.join(format!("{name}.toml"))).unwrap();
        let acting = rules + &scenario::liquidation("steps");
        fs::write(folder.path().join(format!("{name}.toml")), acting).unwrap();
        portfolio = scenario::with_rules(&portfolio, name);
    }
    for (stands, swept) in SWEPT {
        assert!(portfolio.contains(stands), "the book has no balance {stands}");
        portfolio = portfolio.replace(stands, swept);
    }
    fs::write(folder.path().join("portfolio.toml"), portfolio).unwrap();
    folder
}

/// The volatility index rose with a beta of about −2 in October 2025; of the earlier events there is
/// no index of both coins, so that all take an assumed −1.5.
fn document(event: &Event, data: &Path) -> String {
    let (file, interval, layout) = event.bars;
    let [from, to] = event.window.map(|day| format!("{day}T00:00:00Z"));
    let data = data.canonicalize().unwrap();
    let files = ["BTC", "ETH"].map(|coin| {
        let path = data.join(format!("hourly/{coin}USDT_{file}.csv"));
        let path = path.display();
        format!(
            "[[historical.history.file]]\npath = '{path}'\n{layout}series = [{{ symbol = \"{coin}\" }}]\n"
        )
    });
    format!(
        "name = \"{}\"\nkind = \"historical\"\nportfolio = \"portfolio.toml\"\n\
         market = \"market.toml\"\npolicy = \"policy.toml\"\n\
         [historical]\nwindow = {{ from = {from}, to = {to} }}\nbars = \"both_orders\"\n\
         volatility_betas = {{ BTC = -1.5, ETH = -1.5 }}\n\
         [historical.history]\ninterval = \"{interval}\"\nquote = \"USDT\"\n{}",
        event.name,
        files.concat()
    )
}

fn plan(event: &Event, data: &Path, folder: &Path) -> Plan {
    let path = folder.join(format!("{}.toml", event.name));
    fs::write(&path, document(event, data)).unwrap();
    let options = LoadOptions {
        confinement: Confinement::AllowOutside,
        overrides: Overrides::default(),
        trades: None,
    };
    let inputs = engine::load(&path, &options).unwrap_or_else(|faults| panic!("{faults}"));
    Plan::build(&inputs).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Largest fall from a level to a later one: highs come before lows on the first path.
fn fall(levels: &[f64]) -> f64 {
    let mut highest = 1.0_f64;
    levels.iter().fold(0.0, |most, level| {
        highest = highest.max(*level);
        most.max(1.0 - level / highest)
    })
}

#[test]
fn all_nine_events_are_replayed_on_the_real_book_and_explained() {
    let Some(data) = common::shared("data") else { return };
    let folder = folder(&data);
    let mut liquidated = 0;
    for event in &EVENTS {
        let plan = plan(event, &data, folder.path());
        for (coin, expected) in ["BTC", "ETH"].into_iter().zip(event.falls) {
            let found = 100.0 * fall(&levels(&plan, coin, 0));
            assert!((found - expected).abs() < 0.06, "{} {coin}: {found}", event.name);
        }
        let found = replayed(&plan);
        check_explained(&found);
        let closed = found.accounts.iter().filter(|row| row.liquidated_at.is_some()).count();
        eprintln!(
            "{}: loss {:.0}, without events {:.0}, {closed} accounts liquidated",
            event.name, found.loss, found.loss_without_events
        );
        assert!((found.difference != 0.0) == (closed > 0), "{}", event.name);
        liquidated += closed;
    }
    assert!(liquidated > 0, "no event liquidates anything");
}
