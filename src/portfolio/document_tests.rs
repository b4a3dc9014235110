//! Portfolio documents: good ones resolve, and each fault shows at its place.

use std::fs;

use jiff::Timestamp;

use super::account::{MarginMode, Portfolio};
use super::document::{LoadedPortfolio, read_portfolio};
use super::instrument::{Instrument, OptionRight, Settlement};
use crate::document::{Confinement, Loader, Violation, Violations};
use crate::units::{Symbol, Years};

const BOOK: &str = r#"
name = "book"
[[venue]]
name = "binance"
rules = "generic-flat@2026-01-01"
[[account]]
name = "main"
venue = "binance"
[[account.balance]]
asset = "USDT"
quantity = 1_000_000
haircut = "5%"
[[account]]
name = "treasury"
[[position]]
id = "perp"
account = "main"
type = "perpetual"
underlying = "BTC"
quote = "USDT"
quantity = -2.5
entry_price = 64_000
tags = ["basis", "btc"]
[[position]]
id = "put"
account = "main"
type = "option"
underlying = "BTC"
settlement = "inverse"
expiry = 2026-01-31T08:00:00Z
strike = 60_000
right = "put"
quantity = 3
volatility = "70%"
[[order]]
id = "stop"
position = "perp"
kind = "stop"
quantity = 2.5
price = 70_000
"#;

fn as_of() -> Timestamp {
    "2026-01-01T08:00:00Z".parse().unwrap()
}

fn load(book: &str, positions: Option<&str>) -> Result<LoadedPortfolio, Violations> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("portfolio.toml"), book).unwrap();
    if let Some(positions) = positions {
        fs::write(folder.path().join("positions.csv"), positions).unwrap();
    }
    let loader = Loader::new(folder.path(), Confinement::Inside)?;
    let file = loader.open("portfolio.toml", None)?;
    read_portfolio(&file, &loader)
}

fn resolve(book: &str, positions: Option<&str>) -> Result<Portfolio, Violations> {
    load(book, positions)?.to_portfolio(as_of())
}

fn faults(result: Result<Portfolio, Violations>) -> Vec<String> {
    let violations = result.unwrap_err();
    let show = |v: &Violation| {
        let place = &v.place;
        let (name, line, column) = (place.file.name(), place.line(), place.column());
        format!("{name}:{line}:{column} {:?} {}", place.text(), v.title)
    };
    violations.items().iter().map(show).collect()
}

#[test]
fn a_good_book_resolves() {
    let book = resolve(BOOK, None).unwrap();
    assert_eq!(book.accounts[0].venue, Some(0));
    assert_eq!(book.accounts[0].margin_mode, MarginMode::Cross);
    assert_eq!(book.accounts[1].margin_mode, MarginMode::None);
    assert_eq!(book.accounts[0].balances[0].haircut, 0.05);
    assert_eq!(book.positions[0].tags, ["basis", "btc"]);
    assert_eq!(book.orders[0].position, 0);
    let put = &book.positions[1];
    assert_eq!(put.volatility, Some(0.7));
    let option = Instrument::Option {
        underlying: Symbol::new("BTC"),
        settlement: Settlement::Inverse,
        expiry: Years::from_days(30.0),
        strike: 60_000.0,
        right: OptionRight::Put,
    };
    assert_eq!(put.instrument, option);
}

#[test]
fn positions_come_from_a_csv_file_too() {
    let book = format!("positions = \"positions.csv\"\n{BOOK}");
    let csv = "# a comment\ntype,id,account,underlying,asset,quote,quantity,tags\n\
        spot,coins,treasury,,ETH,,10,\nperpetual,eth,main,ETH,,USDT,-10,hedge;eth\n";
    let book = resolve(&book, Some(csv)).unwrap();
    let ids: Vec<_> = book.positions.iter().map(|position| position.id.as_str()).collect();
    assert_eq!(ids, ["perp", "put", "coins", "eth"]);
    assert_eq!(book.positions[3].tags, ["hedge", "eth"]);
}

#[test]
fn trades_are_more_positions() {
    let trades =
        "type,id,account,asset,quantity\nspot,buy,treasury,BTC,1\nspot,perp,tresury,BTC,1\n";
    let file = crate::document::SourceFile::new("TRADES.csv", trades);
    let traded = load(BOOK, None).unwrap().with_trades(&file).unwrap();
    let expected = [
        "TRADES.csv:3:6 \"perp\" position `perp` appears twice",
        "TRADES.csv:3:11 \"tresury\" there is no account `tresury`",
    ];
    assert_eq!(faults(traded.to_portfolio(as_of())), expected);
    assert_eq!(traded.position_place(2, "asset").text(), "BTC");
}

#[test]
fn every_fault_shows_at_its_place() {
    let cases: [(&str, &str, &[&str]); 9] = [
        (
            "venue = \"binance\"",
            "venue = \"binanse\"",
            &["portfolio.toml:8:9 \"\\\"binanse\\\"\" there is no venue `binanse`"],
        ),
        (
            "account = \"main\"\ntype = \"perp",
            "account = \"man\"\ntype = \"perp",
            &["portfolio.toml:17:11 \"\\\"man\\\"\" there is no account `man`"],
        ),
        (
            "position = \"perp\"",
            "position = \"prep\"",
            &["portfolio.toml:37:12 \"\\\"prep\\\"\" there is no position `prep`"],
        ),
        (
            "id = \"put\"",
            "id = \"perp\"",
            &["portfolio.toml:25:6 \"\\\"perp\\\"\" position `perp` appears twice"],
        ),
        (
            "quote = \"USDT\"\n",
            "",
            &["portfolio.toml:15:1 \"[[position]]\" a linear contract needs `quote`"],
        ),
        (
            "settlement = \"inverse\"",
            "settlement = \"inverse\"\nquote = \"USDT\"",
            &["portfolio.toml:30:9 \"\\\"USDT\\\"\" an inverse contract is quoted in USD"],
        ),
        (
            "2026-01-31",
            "2025-01-31",
            &["portfolio.toml:30:10 \"2025-01-31T08:00:00Z\" the contract has expired"],
        ),
        (
            "name = \"treasury\"",
            "name = \"treasury\"\nmargin_mode = \"cross\"",
            &["portfolio.toml:15:15 \"\\\"cross\\\"\" an account without a venue has no margin"],
        ),
        (
            "strike = 60_000",
            "strike = 0\nexpries = 1",
            &[
                "portfolio.toml:31:10 \"0\" `strike` is out of range",
                "portfolio.toml:32:1 \"expries\" unknown key `expries` in `position[1]`",
            ],
        ),
    ];
    for (good, bad, expected) in cases {
        assert!(BOOK.contains(good), "{good}");
        let book = BOOK.replacen(good, bad, 1);
        assert_eq!(faults(resolve(&book, None)), expected, "{bad}");
    }
}

#[test]
fn faults_of_document_and_positions_file_show_together() {
    let book = format!("positions = \"positions.csv\"\nnmae = 1\n{BOOK}");
    let csv = "type,id,account,asset,quantity\nspot,a,main,BTC,inf\nspt,b,main,BTC,1\n";
    let expected = [
        "portfolio.toml:2:1 \"nmae\" unknown key `nmae`",
        "positions.csv:2:17 \"inf\" `quantity` is not a finite number",
        "positions.csv:3:1 \"spt\" unknown `type` `spt`",
    ];
    assert_eq!(faults(resolve(&book, Some(csv))), expected);
}
