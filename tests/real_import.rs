//! Import of real price histories: every defect that the data's README lists is found with its
//! count, refused without a repair, settled with it.
//!
//! Counts are those of `../shared/data/README.md`, sections 1, 2 and 6, unless said otherwise.
#![allow(missing_docs)]

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use plimsoll::document::{
    Confinement, CsvTable, Loader, SourceFile, Violation, Violations, csv_table,
};
use plimsoll::market::document::{LoadedMarket, read_market};
use plimsoll::market::history::Quantity;
use plimsoll::market::import::{
    Defect, DefectKind, HistoryLayout, HistoryPreset, ImportSettings, Imported, Interval, Repair,
    SeriesColumn, ValueUnit, import,
};
use plimsoll::units::Symbol;

const EVERY_REPAIR: [Repair; 9] = [
    Repair::Sort,
    Repair::RescaleStamps,
    Repair::SnapStamps,
    Repair::KeepFirst,
    Repair::LeaveGaps,
    Repair::ZerosAsMissing,
    Repair::BlankJumps,
    Repair::EndAtDeath,
    Repair::DropOpenBars,
];

/// After the last bar of every file.
const LATER: &str = "2026-11-01T00:00:00Z";

fn loader() -> Option<Loader> {
    let folder: PathBuf = common::shared("data")?;
    Some(Loader::new(&folder, Confinement::Inside).unwrap())
}

/// Kinds with their counts.
type Expected = Vec<(DefectKind, usize)>;

struct Case {
    path: &'static str,
    layout: HistoryLayout,
    interval: f64,
    as_of: &'static str,
}

impl Case {
    fn new(path: &'static str, preset: HistoryPreset) -> Self {
        let interval = match path {
            p if p.contains("1h") => 3_600.0,
            p if p.contains("4h") => 14_400.0,
            p if p.contains("1m") => 60.0,
            _ => 86_400.0,
        };
        Self { path, layout: preset.layout(), interval, as_of: LATER }
    }

    fn table(&self, loader: &Loader) -> Result<CsvTable, Violations> {
        csv_table(&loader.open(self.path, None).unwrap(), &self.layout.csv)
    }

    fn import(&self, table: &CsvTable) -> Result<Imported, Violations> {
        let series = SeriesColumn {
            column: None,
            quantity: Quantity::Price,
            unit: ValueUnit::Plain,
            asked: None,
        };
        let settings = ImportSettings {
            layout: &self.layout,
            interval: Interval::from_seconds(self.interval).unwrap(),
            as_of: self.as_of.parse().unwrap(),
            filter: &[],
            repairs: &[],
            asked: None,
        };
        import(table, &series, &settings)
    }
}

/// Defects but for wild bars, which say nothing against the closes.
fn counts(defects: &[Defect]) -> Expected {
    let others = defects.iter().filter(|defect| defect.kind != DefectKind::WildBars);
    others.map(|defect| (defect.kind, defect.count)).collect()
}

fn expect(case: &Case, loader: &Loader, expected: &[(DefectKind, usize)]) {
    let table = case.table(loader).unwrap();
    let imported = case.import(&table).unwrap();
    let path = case.path;
    assert_eq!(counts(&imported.defects), expected, "{path}");
    assert!(!imported.values.is_empty(), "{path}");
    assert!(imported.values.windows(2).all(|pair| pair[0].0 < pair[1].0), "{path}: order");
    assert!(imported.values.iter().all(|(_, price)| *price > 0.0), "{path}: prices");
    for defect in &imported.defects {
        assert!(!defect.is_open(&EVERY_REPAIR), "{path}: {} has no repair", defect.what);
        let informs = defect.kind.settled_by().is_empty();
        assert_eq!(defect.is_open(&[]), !informs, "{path}: {}", defect.what);
    }
}

#[test]
fn daily_composites() {
    use DefectKind::{AbsurdJumps, Gaps, ListedLater, NotPositive};
    let Some(loader) = loader() else { return };
    let folder = "daily/usd_composite";
    let clean = [
        "ADA", "BCH", "BNB", "BTC", "DOGE", "DOT", "ETC", "ETH", "LEO", "LINK", "LTC", "NEAR",
        "SOL", "XLM", "XRP",
    ];
    let mut cases: Vec<(&str, HistoryPreset, Expected)> = clean
        .map(|coin| (coin, HistoryPreset::OhlcvDatetime, vec![]))
        .into_iter()
        .chain(["MATIC", "USDC", "USDT"].map(|coin| (coin, HistoryPreset::Yahoo, vec![])))
        .collect();
    cases.push(("AVAX", HistoryPreset::OhlcvDatetime, vec![(Gaps, 69)]));
    cases.push(("AAVE", HistoryPreset::OhlcvDatetime, vec![(AbsurdJumps, 1)]));
    let shib = vec![(Gaps, 41), (NotPositive, 217), (ListedLater, 1)];
    cases.push(("SHIB", HistoryPreset::OhlcvDatetime, shib));
    assert_eq!(cases.len(), 21);
    for (coin, preset, expected) in cases {
        let path = Box::leak(format!("{folder}/{coin}-USD_1d.csv").into_boxed_str());
        expect(&Case::new(path, preset), &loader, &expected);
    }
}

#[test]
fn daily_binance_files() {
    use DefectKind::{Died, Gaps, OpenAtAsOf, SuspectLastBar};
    let Some(loader) = loader() else { return };
    // the volume of a day that had hardly begun gives the open bar away
    for path in ["BTC", "ETH", "UNI"] {
        let path = Box::leak(format!("daily/binance_spot/{path}USDT_1d.csv").into_boxed_str());
        expect(&Case::new(path, HistoryPreset::Ohlcv), &loader, &[(SuspectLastBar, 1)]);
    }
    // a day half over shows in nothing but the clock
    for (coin, as_of) in [
        ("XRP", "2026-03-17T14:00:00Z"),
        ("ADA", "2026-03-17T14:00:00Z"),
        ("LTC", "2026-03-17T14:00:00Z"),
        ("LINK", "2026-03-17T14:00:00Z"),
        ("AVAX", "2026-03-17T14:00:00Z"),
        ("SOL", "2026-03-16T23:59:59Z"),
        ("BNB", "2026-03-16T23:59:59Z"),
        ("DOGE", "2026-03-16T23:59:59Z"),
    ] {
        let path = Box::leak(format!("daily/binance_spot/{coin}USDT_1d.csv").into_boxed_str());
        let mut case = Case::new(path, HistoryPreset::OpenTime);
        expect(&case, &loader, &[]);
        case.as_of = as_of;
        expect(&case, &loader, &[(OpenAtAsOf, 1)]);
    }
    let luna = Case::new("daily/binance_spot/LUNAUSDT_1d.csv", HistoryPreset::Ohlcv);
    expect(&luna, &loader, &[(Gaps, 17), (Died, 1)]);
    let table = luna.table(&loader).unwrap();
    let imported = luna.import(&table).unwrap();
    let death = imported.defects.iter().find(|defect| defect.kind == Died).unwrap();
    // 2022-05-12: Terra halted that day; nothing of LUNA 2.0 is left
    assert!(death.what.contains("2022-05-12"), "{}", death.what);
    assert!(imported.values.last().unwrap().1 < 0.01);
}

#[test]
fn hourly_and_minute_files() {
    use DefectKind::{
        ConflictingDuplicates, DuplicatedTimes, Gaps, MixedStamps, NewestFirst, SuspectLastBar,
        WildBars,
    };
    let Some(loader) = loader() else { return };
    for coin in ["BTC", "ETH"] {
        let leak = |name: String| -> &'static str { Box::leak(name.into_boxed_str()) };
        let path = leak(format!("hourly/{coin}USDT_1h_2017_2021.csv"));
        let mut old = Case::new(path, HistoryPreset::CryptoDataDownload);
        old.layout.csv.skipped_lines = 0; // the address line was cut
        // 2,649 hours twice, "closes equal to the cent but for one"
        let duplicates = [(DuplicatedTimes, 2_648), (ConflictingDuplicates, 1)];
        let mut expected = vec![(MixedStamps, 7_478), (NewestFirst, 36_062)];
        expected.extend(duplicates);
        expected.push((Gaps, 16));
        expect(&old, &loader, &expected);
        let table = old.table(&loader).unwrap();
        let defects = old.import(&table).unwrap().defects;
        let wild = defects.iter().find(|defect| defect.kind == WildBars).unwrap();
        assert_eq!(table.line(wild.row), 36_063, "the very first bar, last in the file");
        assert!(defects[0].what.contains("28584 in seconds, 7478 in milliseconds"));

        let path = leak(format!("hourly/{coin}USDT_1h_2022_2025.csv"));
        let new = Case::new(path, HistoryPreset::Ohlcv);
        expect(&new, &loader, &[(Gaps, 1), (SuspectLastBar, 1)]);
        for years in ["2021-06_2022-01", "2025-11_2026-03"] {
            let path = leak(format!("hourly/{coin}USDT_4h_{years}.csv"));
            expect(&Case::new(path, HistoryPreset::Ohlcv), &loader, &[]);
        }
    }
    let minutes = "hourly/BTC_perp_1m_2022-01-20_25.csv";
    expect(&Case::new(minutes, HistoryPreset::Ohlcv), &loader, &[]);
}

#[test]
fn import_formats() {
    use DefectKind::{
        AbsurdJumps, ConflictingDuplicates, DuplicatedTimes, Gaps, MixedStamps, NewestFirst,
    };
    let Some(loader) = loader() else { return };
    let klines = "formats/csv/binance_klines_BTCUSDT-1d-2020-03.csv";
    expect(&Case::new(klines, HistoryPreset::BinanceKlines), &loader, &[]);
    // ×15,000 and back
    let wrong = "formats/csv/bad_series_wrong_ticker_UNI-USD_1d.csv";
    expect(&Case::new(wrong, HistoryPreset::OhlcvDatetime), &loader, &[(AbsurdJumps, 2)]);
    // counted with awk: 100 stamps below 1e11, 50 repeated hours, of them one with another close;
    // the sample joins 2017 and 2020
    let sample = "formats/csv/cryptodatadownload_binance_BTCUSDT_1h_sample.csv";
    let expected = [
        (MixedStamps, 100),
        (NewestFirst, 450),
        (DuplicatedTimes, 49),
        (ConflictingDuplicates, 1),
        (Gaps, 33_029),
    ];
    expect(&Case::new(sample, HistoryPreset::CryptoDataDownload), &loader, &expected);
}

#[test]
fn what_is_no_price_history_is_refused() {
    let Some(loader) = loader() else { return };
    let presets = [
        HistoryPreset::Ohlcv,
        HistoryPreset::OhlcvDatetime,
        HistoryPreset::Yahoo,
        HistoryPreset::OpenTime,
        HistoryPreset::BinanceKlines,
        HistoryPreset::CryptoDataDownload,
    ];
    for name in [
        "binance_transaction_history",
        "coinbase_transactions",
        "kraken_ledger_pre2025",
        "kraken_ledger_2025",
        "kraken_ledger_2026",
        "kraken_trades_history_BCHEUR",
    ] {
        let path = Box::leak(format!("formats/csv/{name}.csv").into_boxed_str());
        for preset in presets {
            let case = Case::new(path, preset);
            let read = case.table(&loader).and_then(|table| case.import(&table));
            assert!(read.is_err(), "{name} as {preset:?}");
        }
    }
    // conflict markers stand in lines 3, 17 and 32 (grep -n)
    let conflict = "formats/csv/malformed_merge_conflict_BTC_1d.csv";
    let refused = Case::new(conflict, HistoryPreset::Ohlcv).table(&loader).unwrap_err();
    let markers: Vec<(usize, &str)> = refused
        .items()
        .iter()
        .map(|violation| (violation.place.line(), violation.title.as_str()))
        .collect();
    let title = "version-control conflict marker";
    assert_eq!(markers, [(3, title), (17, title), (32, title)]);
}

/// A market document over the data folder.
fn market(
    loader: &Loader,
    as_of: &str,
    assets: &str,
    history: &str,
) -> Result<LoadedMarket, Violations> {
    let assets: String = assets
        .split(' ')
        .map(|coin| format!("[[asset]]\nsymbol = \"{coin}\"\nprice = 1.0\n"))
        .collect();
    let text = format!("name = \"real\"\nas_of = {as_of}\n{assets}\n[history]\n{history}");
    let file: Arc<SourceFile> = SourceFile::new("market.toml", &text);
    read_market(&file, loader)
}

const HOURLY: &str = r#"
interval = "1h"
quote = "USDT"
[[history.file]]
path = "hourly/BTCUSDT_1h_2017_2021.csv"
columns = { time = "unix", stamps = "unix", close = "close", high = "high", low = "low" }
series = [{ symbol = "BTC" }]
[[history.file]]
path = "hourly/BTCUSDT_1h_2022_2025.csv"
preset = "ohlcv"
series = [{ symbol = "BTC" }]
"#;

#[test]
fn hourly_history_through_the_document() {
    let Some(loader) = loader() else { return };
    let as_of = "2025-12-02T05:30:00Z";
    let refused = market(&loader, as_of, "BTC USDT", HOURLY).unwrap_err();
    let titles: Vec<&str> =
        refused.items().iter().map(|violation: &Violation| violation.title.as_str()).collect();
    assert_eq!(titles.len(), 7, "{titles:#?}");
    for part in ["newest to oldest", "mixed units", "2648 rows", "1 row repeats", "16 times"] {
        assert!(titles.iter().any(|title| title.contains(part)), "{part}: {titles:#?}");
    }
    let repairs = "repairs = [\"sort\", \"rescale_stamps\", \"keep_first\", \"leave_gaps\", \
                   \"drop_open_bars\"]";
    let repaired = format!("{repairs}\n{HOURLY}");
    let loaded = market(&loader, as_of, "BTC USDT", &repaired).unwrap();
    let history = loaded.market.history.unwrap();
    assert_eq!(history.quote, Symbol::new("USDT"));
    let prices = history.prices(&Symbol::new("BTC")).unwrap();
    // 2017-08-17 04:00 opens the first bar; 33,413 + 34,349 hours less the open one (README)
    assert_eq!(history.times[0].to_string(), "2017-08-17T05:00:00Z");
    assert_eq!(history.times.last().unwrap().to_string(), "2025-12-02T05:00:00Z");
    assert_eq!(prices.values.iter().flatten().count(), 33_413 + 34_348);
    // README, section 7: the hour of 2020-03-12 10:00 fell by 20.1 % (log)
    let hour = "2020-03-12T11:00:00Z".parse().unwrap();
    let index = history.times.binary_search(&hour).unwrap();
    let fall = prices.log_returns()[index - 1].unwrap();
    assert!((fall + 0.201).abs() < 5e-4, "{fall}");
    let between = loaded.findings.iter().find(|found| found.what.contains("between files"));
    // 2021-06-10 00:00 to 2022-01-01 00:00: 205 days, one hour of them there
    assert!(between.unwrap().what.contains(&(205 * 24 - 1).to_string()), "{between:?}");
}

#[test]
fn panels_through_the_document() {
    let Some(loader) = loader() else { return };
    let coins = ["AVAX", "BTC", "SHIB", "USDC"];
    let series: Vec<String> = coins
        .iter()
        .map(|coin| format!("{{ symbol = \"{coin}\", column = \"{coin}\" }}"))
        .collect();
    let file = format!(
        "[[history.file]]\npath = \"daily/panels/closes_usd_composite_2017_2025.csv\"\n\
         columns = {{ time = \"date\" }}\nseries = [{}]",
        series.join(", ")
    );
    let text = |repairs: &str| format!("interval = \"1d\"\nrepairs = [{repairs}]\n{file}");
    let refused = market(&loader, "2025-03-01T00:00:00Z", &coins.join(" "), &text("")).unwrap_err();
    // AVAX lacks 69 days; SHIB's 41 lie before its first price, since its zeros are blanked here
    assert_eq!(refused.len(), 1);
    assert!(refused.items()[0].title.starts_with("AVAX: 69 rows without a value"));
    let history = text("\"leave_gaps\"");
    let loaded = market(&loader, "2025-03-01T00:00:00Z", &coins.join(" "), &history).unwrap();
    let history = loaded.market.history.unwrap();
    assert_eq!(history.times.len(), 2_661);
    let first = |coin: &str| {
        let series = history.prices(&Symbol::new(coin)).unwrap();
        let index = series.values.iter().position(Option::is_some).unwrap();
        history.times[index].to_string()
    };
    // table 1a, each day's close at its end
    assert_eq!(first("AVAX"), "2020-07-14T00:00:00Z");
    assert_eq!(first("USDC"), "2018-10-09T00:00:00Z");
    let usdc = history.prices(&Symbol::new("USDC")).unwrap();
    let depeg = history.times.binary_search(&"2023-03-12T00:00:00Z".parse().unwrap()).unwrap();
    assert!((usdc.values[depeg].unwrap() - 0.9715).abs() < 5e-5); // README, section 7
}

#[test]
fn a_panel_with_a_dead_coin() {
    let Some(loader) = loader() else { return };
    let history = "interval = \"1d\"\nquote = \"USDT\"\n[[history.file]]\n\
         path = \"daily/panels/closes_binance_usdt_2017_2026.csv\"\n\
         columns = { time = \"date\" }\nrepairs = [\"end_at_death\"]\n\
         series = [{ symbol = \"LUNA\", column = \"LUNA\" }, { symbol = \"ETH\", column = \"ETH\" }]";
    let loaded = market(&loader, "2026-03-04T12:00:00Z", "ETH LUNA USDT", history);
    // LUNA's death is settled; the panel's days after the market's instant are not
    let refused = loaded.unwrap_err();
    assert!(refused.items().iter().all(|violation| violation.title.contains("not closed")));
    let history = history.replace("\"end_at_death\"", "\"end_at_death\", \"drop_open_bars\"");
    let loaded = market(&loader, "2026-03-04T12:00:00Z", "ETH LUNA USDT", &history).unwrap();
    let history = loaded.market.history.unwrap();
    let luna = history.prices(&Symbol::new("LUNA")).unwrap();
    let last = luna.values.iter().rposition(Option::is_some).unwrap();
    assert_eq!(history.times[last].to_string(), "2022-05-13T00:00:00Z");
    assert_eq!(history.times.last().unwrap().to_string(), "2026-03-04T00:00:00Z");
}

#[test]
fn rates_and_volatilities_with_their_units() {
    let Some(loader) = loader() else { return };
    let history = "interval = \"1d\"\n[[history.file]]\n\
         path = \"daily/btc_daily_with_macro_and_funding.csv\"\ncolumns = { time = \"date\" }\n\
         series = [{ symbol = \"BTC\", column = \"price\" },\
         { symbol = \"BTC\", column = \"funding_mean\", quantity = \"funding_rate\" }]";
    let loaded = market(&loader, "2026-03-01T00:00:00Z", "BTC", history).unwrap();
    let history = loaded.market.history.unwrap();
    let funding = &history.series[1];
    assert_eq!(funding.quantity, Quantity::FundingRate);
    // README, section 7: daily mean 0.0113 % per 8 h from 2019-09, lowest day −0.127 % (2020-03-13)
    let rates: Vec<f64> = funding.values.iter().flatten().copied().collect();
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    assert!((mean - 1.13e-4).abs() < 5e-7, "{mean}");
    let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((lowest + 1.27e-3).abs() < 5e-6, "{lowest}");

    let dvol = "interval = \"1h\"\nrepairs = [\"leave_gaps\"]\n[[history.file]]\n\
         path = \"options/dvol_btc_hourly.csv\"\n\
         columns = { time = \"timestamp\", stamps = \"unix\", close = \"dvol_close\" }\n\
         series = [{ symbol = \"BTC\", quantity = \"implied_volatility\", unit = \"percent\" }]";
    let loaded = market(&loader, "2026-03-01T00:00:00Z", "BTC", dvol).unwrap();
    let history = loaded.market.history.unwrap();
    let series = history.implied_volatilities(&Symbol::new("BTC")).unwrap();
    let values: Vec<f64> = series.values.iter().flatten().copied().collect();
    assert_eq!(values.len(), 38_789);
    // README, section 3: the index ranges from 31.5 to 167.8 points
    assert!(values.iter().all(|volatility| (0.31..1.68).contains(volatility)));
}
