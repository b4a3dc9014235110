//! Market documents: the shipped example, and what bad ones get.
#![allow(missing_docs, clippy::disallowed_methods)]

use std::fs;
use std::path::Path;

use plimsoll::document::{Confinement, Loader, Violations, embedded};
use plimsoll::market::document::{LoadedMarket, read_market};
use plimsoll::market::{Finding, VolatilitySource};
use plimsoll::units::{Symbol, Years};

const MARKET: &str = r#"name = "test"
as_of = 2026-01-01T00:00:00Z
[[asset]]
symbol = "BTC"
price = 100.0
[[asset]]
symbol = "USDT"
kind = "stablecoin"
price = 0.999
[[underlying]]
symbol = "BTC"
funding_rate_8h = "0.01%"
forward = [
  { expiry = 2026-03-01T08:00:00Z, price = 102.0 },
  { expiry = 2026-02-01T08:00:00Z, price = 101.0 },
]
[underlying.volatility]
type = "chain"
file = "chain.csv"
[underlying.volatility.columns]
right = "type"
strike = "strike"
expiry = "expiry"
forward = "forward"
bid = "bid"
ask = "ask"
[history]
interval = "1d"
quote = "USDT"
[[history.file]]
path = "history.csv"
columns = { time = "day" }
series = [{ symbol = "BTC", column = "close" }]
"#;

/// Seven strikes at a volatility of 60 % for 0.1 years, Black-76 rounded to half a thousandth of a
/// coin, with a spread of a thousandth.
const CHAIN: &str = "type,strike,expiry,forward,bid,ask\n\
    put,80,2026-02-06T12:00:00Z,100,0.0095,0.0105\n\
    put,90,2026-02-06T12:00:00Z,100,0.0320,0.0330\n\
    put,95,2026-02-06T12:00:00Z,100,0.0510,0.0520\n\
    call,100,2026-02-06T12:00:00Z,100,0.0750,0.0760\n\
    call,105,2026-02-06T12:00:00Z,100,0.0545,0.0555\n\
    call,110,2026-02-06T12:00:00Z,100,0.0385,0.0395\n\
    call,120,2026-02-06T12:00:00Z,100,0.0180,0.0190\n";

const HISTORY: &str = "day,close\n2025-12-28,98\n2025-12-29,99\n2025-12-30,101\n2025-12-31,100\n";

fn read(market: &str, chain: &str, history: &str) -> Result<LoadedMarket, Violations> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("market.toml", market);
    write("chain.csv", chain);
    write("history.csv", history);
    let loader = Loader::new(folder.path(), Confinement::Inside)?;
    read_market(&loader.open("market.toml", None)?, &loader)
}

/// Each violation as `file line:column "text" title`.
fn faults(market: &str, chain: &str, history: &str) -> Vec<String> {
    let violations = read(market, chain, history).unwrap_err();
    let show = |violation: &plimsoll::document::Violation| {
        let place = &violation.place;
        let name = place.file.name();
        let text = place.text().lines().next().unwrap_or("");
        format!("{name} {}:{} {text:?} {}", place.line(), place.column(), violation.title)
    };
    violations.items().iter().map(show).collect()
}

#[test]
fn a_sound_market_is_read() {
    let loaded = read(MARKET, CHAIN, HISTORY).unwrap();
    assert_eq!(loaded.findings, []);
    let market = loaded.market;
    let symbols: Vec<&str> = market.assets.iter().map(|asset| asset.symbol.as_str()).collect();
    assert_eq!(symbols, ["BTC", "USD", "USDT"]);
    let btc = market.underlying(&Symbol::new("BTC")).unwrap();
    assert_eq!(btc.funding_rate_8h, 1e-4);
    // forwards are put in order; 31 days and 8 hours is the first
    let first = Years::from_days(31.0 + 8.0 / 24.0);
    assert!((100.0 * btc.forwards.ratio(first) - 101.0).abs() < 1e-12);
    let Some(VolatilitySource::Surface(surface)) = &btc.volatility else { panic!("no surface") };
    let volatility = surface.volatility(0.0, Years::from_days(36.5));
    // half a spread at the money is 0.0005 / (φ(0)·√0.1) = 0.4 points
    assert!((volatility - 0.6).abs() < 4e-3, "{volatility}");
    let history = market.history.unwrap();
    // a day's close is at its end
    assert_eq!(history.times[0].to_string(), "2025-12-29T00:00:00Z");
    let closes: Vec<f64> = history.series[0].values.iter().flatten().copied().collect();
    assert_eq!(closes, [98.0, 99.0, 101.0, 100.0]);
}

#[test]
fn prices_in_usd_give_the_same_surface() {
    let usd = CHAIN.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let price = |text: &str| 100.0 * text.parse::<f64>().unwrap();
        let head = cells[..4].join(",");
        format!("{head},{},{}\n", price(cells[4]), price(cells[5]))
    });
    let usd: String =
        std::iter::once("type,strike,expiry,forward,bid,ask\n".to_owned()).chain(usd).collect();
    let market =
        MARKET.replace("file = \"chain.csv\"", "file = \"chain.csv\"\nprice_unit = \"usd\"");
    let volatility = |loaded: LoadedMarket| {
        let btc = loaded.market.underlying(&Symbol::new("BTC")).cloned().unwrap();
        btc.volatility.unwrap().volatility(0.05, Years(0.1))
    };
    let coin = volatility(read(MARKET, CHAIN, HISTORY).unwrap());
    let usd = volatility(read(&market, &usd, HISTORY).unwrap());
    assert!((coin - usd).abs() < 1e-6, "{coin} {usd}");
}

#[test]
fn faults_in_the_document_show_at_their_place() {
    let cases: [(&str, &str, &[&str]); 12] = [
        ("price = 100.0", "price = 0", &["market.toml 5:9 \"0\" "]),
        ("price = 100.0", "price = nan", &["market.toml 5:9 \"nan\" "]),
        (
            "symbol = \"USDT\"",
            "symbol = \"USD\"",
            &[
                "market.toml 7:10 \"\\\"USD\\\"\" USD is the currency of all prices and always 1",
                "market.toml 29:9 \"\\\"USDT\\\"\" `USDT` is not among the assets",
            ],
        ),
        (
            "symbol = \"USDT\"\nkind = \"stablecoin\"",
            "symbol = \"BTC\"",
            &[
                "market.toml 7:10 \"\\\"BTC\\\"\" asset `BTC` appears twice",
                "market.toml 28:9 \"\\\"USDT\\\"\" `USDT` is not among the assets",
            ],
        ),
        (
            "2026-02-01T08:00:00Z, price = 101.0",
            "2025-02-01T08:00:00Z, price = 101.0",
            &["market.toml 15:14 \"2025-02-01T08:00:00Z\" the expiry is not after `as_of`"],
        ),
        (
            "2026-02-01T08:00:00Z",
            "2026-03-01T08:00:00Z",
            &["market.toml 15:14 \"2026-03-01T08:00:00Z\" the expiry appears twice"],
        ),
        (
            "[[underlying]]\nsymbol = \"BTC\"",
            "[[underlying]]\nsymbol = \"USDT\"",
            &["market.toml 11:10 \"\\\"USDT\\\"\" `USDT` is no coin among the assets"],
        ),
        (
            "file = \"chain.csv\"",
            "file = \"chain.csv\"\npreset = \"deribit\"",
            &[
                "market.toml 17:1 \"[underlying.volatility]\" the layout of the file is not stated once",
            ],
        ),
        (
            "file = \"chain.csv\"",
            "file = \"absent.csv\"",
            &["market.toml 19:8 \"\\\"absent.csv\\\"\" "],
        ),
        (
            "file = \"chain.csv\"",
            "file = \"../chain.csv\"",
            &["market.toml 19:8 \"\\\"../chain.csv\\\"\" "],
        ),
        (
            "bid = \"bid\"",
            "bid = \"bids\"",
            &["market.toml 25:7 \"\\\"bids\\\"\" `chain.csv` has no column `bids`"],
        ),
        ("column = \"close\"", "column = \"closes\"", &["market.toml 33:38 \"\\\"closes\\\"\" "]),
    ];
    for (from, to, expected) in cases {
        let market = MARKET.replace(from, to);
        assert_ne!(market, MARKET, "{from}");
        let found = faults(&market, CHAIN, HISTORY);
        assert_eq!(found.len(), expected.len(), "{to}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{to}: {found} against {expected}");
        }
    }
}

#[test]
fn faults_in_the_chain_show_in_their_cell() {
    let cases: [(&str, &str, &[&str]); 7] = [
        ("put,80,", "puts,80,", &["chain.csv 2:1 \"puts\" `type` is no option right"]),
        ("put,80,", "put,-80,", &["chain.csv 2:5 \"-80\" `strike` is not above zero"]),
        ("put,80,", "put,nan,", &["chain.csv 2:5 \"nan\" `strike` is not a finite number"]),
        ("0.0095", "-0.0095", &["chain.csv 2:33 \"-0.0095\" `bid` is negative"]),
        (
            "put,80,2026-02-06T12:00:00Z",
            "put,80,2025-02-06T12:00:00Z",
            &[
                "chain.csv 2:8 \"2025-02-06T12:00:00Z\" the option expires at or before the market's `as_of`",
            ],
        ),
        (
            "put,90",
            "put,80",
            &[
                "chain.csv 3:1 \"put,80,2026-02-06T12:00:00Z,100,0.0320,0.0330\" the option is quoted twice",
            ],
        ),
        (",100,0.0095,", ",0,0.0095,", &["chain.csv 2:29 \"0\" `forward` is not above zero"]),
    ];
    for (from, to, expected) in cases {
        let chain = CHAIN.replace(from, to);
        assert_ne!(chain, CHAIN, "{from}");
        assert_eq!(faults(MARKET, &chain, HISTORY), expected, "{to}");
    }
}

#[test]
fn a_chain_without_usable_quotes_is_refused_where_it_is_named() {
    let header = "type,strike,expiry,forward,bid,ask\n";
    let one_sided: String = CHAIN
        .lines()
        .skip(1)
        .map(|line| line.rsplitn(3, ',').last().unwrap().to_owned() + ",,0.9\n")
        .collect();
    let found = faults(MARKET, &format!("{header}{one_sided}"), HISTORY);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("market.toml 19:8 \"\\\"chain.csv\\\"\" no surface from `chain.csv`")
    );
}

#[test]
fn defects_of_a_history_need_an_opt_in() {
    let cases: [(&str, &str, &str); 6] = [
        (
            "2025-12-29,99\n",
            "",
            "history.csv 3:1 \"2025-12-30,101\" BTC: 1 time without a row, first 2025-12-29",
        ),
        (
            "2025-12-29,99",
            "2025-12-28,98",
            "history.csv 3:1 \"2025-12-28,98\" BTC: 1 row repeats an earlier time with equal values, first 2025-12-28",
        ),
        (
            "-29,99",
            "-29,0",
            "history.csv 3:1 \"2025-12-29,0\" BTC: 1 value of zero, first 2025-12-29",
        ),
        (
            "-30,101",
            "-30,1010101",
            "history.csv 4:1 \"2025-12-30,1010101\" BTC: 2 price changes beyond a factor of 10, first 2025-12-30",
        ),
        (
            "2025-12-31",
            "2026-01-01",
            "history.csv 5:1 \"2026-01-01,100\" BTC: 1 bar not closed at the market's as_of, first 2026-01-01",
        ),
        ("-29,99", "-29,abc", "history.csv 3:12 \"abc\" `close` is not a finite number"),
    ];
    for (from, to, expected) in cases {
        let history = HISTORY.replace(from, to);
        assert_ne!(history, HISTORY, "{from}");
        let found = faults(MARKET, CHAIN, &history);
        assert!(found.iter().any(|fault| fault == expected), "{to}: {found:#?}");
        let repairs = "repairs = [\"keep_first\", \"leave_gaps\", \"zeros_as_missing\", \
             \"blank_jumps\", \"drop_open_bars\"]\npath = \"history.csv\"";
        let market = MARKET.replace("path = \"history.csv\"", repairs);
        let repaired = read(&market, CHAIN, &history);
        if to.contains("abc") {
            assert_eq!(repaired.unwrap_err().len(), 1); // no repair for what is no number
            continue;
        }
        let loaded = repaired.unwrap();
        let same = |finding: &&Finding| expected.ends_with(&finding.what);
        let finding = loaded.findings.iter().find(same).unwrap();
        assert_eq!(finding.file, "history.csv");
        assert!(finding.repair.is_some() && finding.line.is_some());
    }
}

#[test]
fn the_shipped_example_is_sound() {
    let loader = Loader::shipped();
    let file = loader.open("examples/market.toml", None).unwrap();
    assert!(embedded::list("examples").contains(&"examples/chain.csv".to_owned()));
    let loaded = read_market(&file, &loader).unwrap_or_else(|faults| panic!("{faults}"));
    // history.csv lacks 2025-12-27; the chain has one-sided quotes at each expiry
    let found: Vec<&str> = loaded.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert!(found.iter().any(|what| what.contains("first 2025-12-27")), "{found:#?}");
    assert!(found.iter().any(|what| what.contains("one-sided")), "{found:#?}");
    assert!(loaded.findings.iter().all(|finding| finding.repair.is_some()));
    let market = loaded.market;
    assert_eq!(market.underlyings.len(), 3);
    // the chain's forward serves: 100 400 on 2026-01-30, in a market at 100 120
    let btc = market.underlying(&Symbol::new("BTC")).unwrap();
    let expiry = Years::from_days(29.0 + 8.0 / 24.0);
    assert!((100_120.0 * btc.forwards.ratio(expiry) - 100_400.0).abs() < 1e-6);
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/examples/market.toml").exists());
}
