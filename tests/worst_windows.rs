//! The worst windows of a history: against brute force, on books worked out apart from the engine
//! and on books with calls and liquidations, and what is refused.
#![allow(clippy::print_stderr)]

mod common;
#[path = "common/replayed.rs"]
mod replayed;
#[path = "common/round_book.rs"]
mod round_book;

use std::fs;
use std::path::Path;

use plimsoll::document::{Confinement, Violations};
use plimsoll::engine::{self, Control, LoadOptions, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{HistoricalOutcome, WindowsSearched};
use plimsoll::report;
use plimsoll::units::PathId;
use replayed::same_bits;
use round_book::{MARKET, PORTFOLIO, RULES, options};
use tempfile::TempDir;

/// Three bitcoin, short of ten ether, on plenty of dollars: a linear book to which nothing happens.
const LINEAR: &str = r#"name = "linear"
venue = [{ name = "Exchange", rules = "rules.toml" }]
account = [{ name = "calm", venue = "Exchange", balance = [{ asset = "USDT", quantity = 100_000 }] }]
position = [
    { id = "a", account = "calm", type = "perpetual", underlying = "BTC", quote = "USDT", quantity = 3 },
    { id = "b", account = "calm", type = "perpetual", underlying = "ETH", quote = "USDT", quantity = -10 },
]
"#;

/// Hours of the made-up history.
const HOURS: usize = 240;

fn scenario(stretch: &str, more: &str) -> String {
    format!(
        "name = \"worst\"\nkind = \"historical\"\nportfolio = \"portfolio.toml\"\n\
         market = \"market.toml\"\n[historical]\n{stretch}\n{more}\n[historical.history]\n\
         interval = \"1h\"\nrepairs = [\"leave_gaps\"]\n[[historical.history.file]]\n\
         path = \"history.csv\"\ncolumns = {{ time = \"time\", open = \"o\", high = \"h\", \
         low = \"l\", close = \"c\" }}\nseries = [{{ symbol = \"BTC\" }}]\n\
         [[historical.history.file]]\npath = \"ether.csv\"\n\
         columns = {{ time = \"time\", open = \"o\", high = \"h\", low = \"l\", close = \"c\" }}\n\
         series = [{{ symbol = \"ETH\" }}]\n"
    )
}

/// A walk of prices that repeats itself for a seed: a multiplicative congruential generator.
fn prices(seed: u64, start: f64) -> Vec<f64> {
    let mut state = seed;
    let mut price = start;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        price *= 1.0 + ((state >> 40) as f64 / (1u64 << 24) as f64 - 0.5) * 0.08;
        (price * 1e4).round() / 1e4
    };
    (0..HOURS).map(|_| next()).collect()
}

fn time(hour: usize) -> String {
    format!("2020-03-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24)
}

/// Bars that open at the close before, and go 1 % beyond both. Times are those of the opens.
fn bars(closes: &[f64], left_out: &[usize]) -> String {
    let mut text = "time,o,h,l,c\n".to_owned();
    for (hour, close) in closes.iter().enumerate().filter(|(hour, _)| !left_out.contains(hour)) {
        let open = closes[hour.saturating_sub(1)];
        let (high, low) = (open.max(*close) * 1.01, open.min(*close) * 0.99);
        text += &format!("{},{open},{high:.6},{low:.6},{close}\n", time(hour));
    }
    text
}

fn folder(portfolio: &str, scenario: &str, holes: &[usize]) -> TempDir {
    let (bitcoin, ether) = (prices(7, 8_000.0), prices(11, 200.0));
    let (bitcoin, ether) = (bars(&bitcoin, holes), bars(&ether, &[]));
    round_book::folder(&[
        ("scenario.toml", scenario),
        ("history.csv", &bitcoin),
        ("ether.csv", &ether),
        ("market.toml", MARKET),
        ("portfolio.toml", portfolio),
        ("rules.toml", RULES),
    ])
}

fn plan_in(folder: &Path) -> Result<Plan, Violations> {
    Plan::build(&engine::load(&folder.join("scenario.toml"), &options())?)
}

fn found_in(folder: &Path) -> HistoricalOutcome {
    let plan = plan_in(folder).unwrap_or_else(|faults| panic!("{faults}"));
    engine::historical(&plan, InstructionSet::detect(), &Control::none()).unwrap()
}

fn found(portfolio: &str, scenario: &str, holes: &[usize]) -> HistoricalOutcome {
    found_in(folder(portfolio, scenario, holes).path())
}

fn searched(found: &HistoricalOutcome) -> &WindowsSearched {
    found.search.as_ref().unwrap()
}

/// The worst windows among `(start, loss)` of `length` hours, `apart` hours between them: picked one
/// by one, each the worst of what is left, which is struck out around it.
fn picked(
    mut left: Vec<(usize, f64)>,
    (length, apart, count): (usize, usize, usize),
) -> Vec<(usize, f64)> {
    let mut picked = Vec::new();
    while picked.len() < count && !left.is_empty() {
        let worst =
            left.iter().fold(left[0], |worst, one| if one.1 > worst.1 { *one } else { worst });
        picked.push(worst);
        left.retain(|(start, _)| start.abs_diff(worst.0) >= length + apart);
    }
    picked
}

/// Loss of the linear book from hour to hour: `−3·100·(B_t/B_s − 1) + 10·10·(E_t/E_s − 1)`.
fn linear_loss(bitcoin: &[f64], ether: &[f64], start: usize, end: usize) -> f64 {
    -300.0 * (bitcoin[end] / bitcoin[start] - 1.0) + 100.0 * (ether[end] / ether[start] - 1.0)
}

#[test]
fn a_linear_book_has_the_windows_of_brute_force() {
    let (bitcoin, ether) = (prices(7, 8_000.0), prices(11, 200.0));
    for (length, apart, count) in [(1, 0, 6), (24, 0, 5), (24, 36, 4), (200, 0, 3)] {
        let separation =
            if apart == 0 { String::new() } else { format!(", separation = \"{apart}h\"") };
        let stretch = format!("worst = {{ length = \"{length}h\", count = {count}{separation} }}");
        let told = found(LINEAR, &scenario(&stretch, ""), &[]);
        let loss = |start: usize| linear_loss(&bitcoin, &ether, start, start + length);
        let all: Vec<(usize, f64)> =
            (0..HOURS - length).map(|start| (start, loss(start))).collect();
        let losing = all.iter().filter(|one| one.1 > 0.0).count();
        let expected = picked(all, (length, apart, count));
        let search = searched(&told);
        assert_eq!((search.windows, search.losing, search.left_out), (HOURS - length, losing, 0));
        assert_eq!(search.worst.len(), expected.len());
        for (found, (start, loss)) in search.worst.iter().zip(expected) {
            // The bar that opens at an hour closes an hour later.
            let window = (found.from.clone(), found.to.clone());
            assert_eq!(window, (time(start + 1), time(start + length + 1)));
            assert!((found.loss - loss).abs() < 1e-9, "{} {loss}", found.loss);
            assert!(found.liquidated.is_empty() && found.loss == found.loss_without_events);
            let contributor = found.worst_contributor.as_ref().map_or(0.0, |row| row.loss);
            let own = -300.0 * (bitcoin[start + length] / bitcoin[start] - 1.0);
            let larger = own.max(loss - own);
            assert!((contributor - larger.max(0.0)).abs() < 1e-9, "{contributor} {larger}");
        }
        assert_eq!(search.worst[0].loss, told.loss);
    }
}

/// Every window replayed alone, as one that is stated, in both orders of its bars, on accounts that
/// are called and liquidated.
#[test]
fn ranks_with_events_are_those_of_single_replays_and_the_worst_is_one_of_them() {
    let more = "bars = \"both_orders\"";
    let folder =
        folder(PORTFOLIO, &scenario("worst = { length = \"18h\", count = 4 }", more), &[100, 150]);
    let told = found_in(folder.path());
    let path = folder.path().join("scenario.toml");
    let mut alone = Vec::new();
    for start in (0..HOURS - 18).filter(|hour| ![100, 150, 82, 132].contains(hour)) {
        let window =
            format!("window = {{ from = {}, to = {} }}", time(start + 1), time(start + 19));
        fs::write(&path, scenario(&window, more)).unwrap();
        alone.push((start, found_in(folder.path())));
    }
    let losses: Vec<(usize, f64)> = alone.iter().map(|(start, one)| (*start, one.loss)).collect();
    let search = searched(&told);
    assert_eq!((search.windows, search.left_out), (alone.len(), 2));
    let expected = picked(losses, (18, 0, 4));
    let ranked: Vec<(String, f64)> =
        search.worst.iter().map(|row| (row.from.clone(), row.loss)).collect();
    let expected: Vec<(String, f64)> =
        expected.into_iter().map(|(start, loss)| (time(start + 1), loss)).collect();
    assert_eq!(ranked, expected);
    assert!(!search.worst[0].liquidated.is_empty() && search.worst[0].notional > 0.0);
    let (_, worst) = alone.into_iter().find(|(start, _)| time(start + 1) == ranked[0].0).unwrap();
    assert!(HistoricalOutcome { search: None, ..told.clone() } == worst, "as one stated");
    let text = report::historical_terminal(&told, Default::default()).unwrap();
    assert!(text.contains("Worst windows") && text.contains("2 closes start no window"), "{text}");
    let page = report::historical_html(&told, &report::look::Look::default()).unwrap();
    assert!(page.contains("id=\"windows\"") && page.contains("What would the worst 18 hours"));
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_instruction_set() {
    let stretch = "worst = { length = \"24h\" }";
    let folder = folder(PORTFOLIO, &scenario(stretch, "bars = \"both_orders\""), &[60]);
    let plan = plan_in(folder.path()).unwrap();
    let first = same_bits(&plan);
    let worst: HistoricalOutcome = serde_json::from_str(&first).unwrap();
    let replayed = engine::replay(&plan, PathId(0), InstructionSet::detect()).unwrap().loss;
    let orders: Vec<f64> = worst.window.orders.iter().map(|order| order.loss).collect();
    assert!((replayed - orders[0]).abs() < 1e-9, "{replayed} {orders:?}");
}

#[test]
fn searches_that_make_no_sense_are_refused_at_their_place() {
    let window = "window = { from = 2020-03-02T00:00:00Z, to = 2020-03-03T00:00:00Z }";
    let both = format!("{window}\nworst = {{ length = \"3h\" }}");
    let cases: [(&str, &[&str]); 6] = [
        ("worst = { length = \"30d\" }", &["no window of 30 days fits into the history"]),
        ("worst = { length = \"90m\" }", &["no two closes are 1.5 hours apart"]),
        (&both, &["a window, and a search for one"]),
        ("", &["no window, and no search for one"]),
        ("worst = { count = 0 }", &["missing key `length` in `worst`", "`count` is out of range"]),
        ("worst = { length = \"0h\", cuont = 3 }", &["unknown key `cuont`", "length"]),
    ];
    for (stretch, expected) in cases {
        let folder = folder(LINEAR, &scenario(stretch, ""), &[]);
        let refused = plan_in(folder.path()).unwrap_err();
        let titles: Vec<String> = refused.items().iter().map(|one| one.title.clone()).collect();
        assert_eq!(titles.len(), expected.len(), "{stretch}: {titles:?}");
        for title in expected {
            assert!(titles.iter().any(|found| found.contains(title)), "{stretch}: {titles:?}");
        }
        let line = refused.items()[0].place.line();
        assert!(line > 4, "{stretch}: line {line}");
    }
}

/// The shipped example, as typed.
#[test]
fn the_shipped_example_finds_the_fall() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let told =
        command.current_dir(root).args(["run", "scenarios/replay/worst.toml", "--json"]).output();
    let told = told.unwrap();
    assert_eq!(told.status.code(), Some(1), "{}", String::from_utf8_lossy(&told.stderr));
    let found: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let worst = found["search"]["worst"].as_array().unwrap();
    assert_eq!(worst.len(), 3);
    assert_eq!(worst[0]["loss"], found["loss"]);
    assert!(!worst[0]["liquidated"].as_array().unwrap().is_empty());
}

/// A bitcoin over the daily closes of 2017 to 2026: the windows that the market remembers, each with
/// the fall that the closes themselves give.
#[test]
fn the_worst_windows_of_bitcoin_are_known_events() {
    let Some(data) = common::shared("data/daily/binance_spot/BTCUSDT_1d.csv") else { return };
    let closes = daily(&data);
    // A close of a day stands at its end.
    let events: [(usize, [&str; 3]); 2] = [
        // The covid crash; China's ban of exchanges; the fall of FTX.
        (3, ["2020-03-13", "2017-09-15", "2022-11-10"]),
        // The covid crash; February 2018; Three Arrows and Celsius.
        (7, ["2020-03-13", "2018-02-06", "2022-06-19"]),
    ];
    for (length, ends) in events {
        let text = format!(
            "name = \"worst\"\nkind = \"historical\"\nportfolio = \"portfolio.toml\"\n\
             market = \"market.toml\"\n[historical]\nworst = {{ length = \"{length}d\", count = 3 }}\n\
             [historical.history]\ninterval = \"1d\"\nquote = \"USDT\"\n\
             repairs = [\"drop_open_bars\"]\n[[historical.history.file]]\npath = '{}'\n\
             preset = \"ohlcv\"\nseries = [{{ symbol = \"BTC\" }}]\n",
            data.canonicalize().unwrap().display()
        );
        let folder = folder(&LINEAR.replace("quantity = -10", "quantity = 0.000001"), &text, &[]);
        let options = LoadOptions { confinement: Confinement::AllowOutside, ..options() };
        let inputs = engine::load(&folder.path().join("scenario.toml"), &options);
        let plan = Plan::build(&inputs.unwrap_or_else(|faults| panic!("{faults}")));
        let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
        let told = engine::historical(&plan, InstructionSet::detect(), &Control::none()).unwrap();
        eprintln!("{}", report::historical_terminal(&told, Default::default()).unwrap());
        let loss = |start: usize| -300.0 * (closes[start + length] / closes[start] - 1.0);
        let starts = 0..closes.len() - length;
        let all: Vec<(usize, f64)> = starts.map(|start| (start, loss(start))).collect();
        let search = searched(&told);
        assert_eq!(search.windows, all.len());
        let expected = picked(all, (length, 0, 3));
        for ((found, end), (_, loss)) in search.worst.iter().zip(ends).zip(expected) {
            assert!(found.to.starts_with(end), "{} {end}", found.to);
            assert!((found.loss - loss).abs() < 1e-6, "{} {loss}", found.loss);
        }
    }
}

/// Closes of a file of daily bars, without the last, which was still open.
fn daily(path: &Path) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut closes: Vec<f64> =
        reader.records().map(|record| record.unwrap()[4].parse().unwrap()).collect();
    closes.pop();
    closes
}
