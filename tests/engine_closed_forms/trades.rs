//! `run --with TRADES.csv`: before is the plain run, after is the run of the merged book, both on
//! the same random numbers.

use std::fs;

use plimsoll::outcome::Outcome;

use crate::contributions::desk;
use crate::world::{plan, run};

const TRADES: [&str; 2] = ["spot", "perpetual"];

/// Two trades in coins that the desk holds, in the columns of its own positions.
fn trades(header: &str) -> String {
    let row = |kind: &str| {
        let cell = |column: &str| match column {
            "id" => format!("proposed-{kind}"),
            "account" => "harbour-linear".to_owned(),
            "type" => kind.to_owned(),
            "asset" if kind == "spot" => "ETH".to_owned(),
            "underlying" if kind == "perpetual" => "BTC".to_owned(),
            "settlement" if kind == "perpetual" => "linear".to_owned(),
            "quote" if kind == "perpetual" => "USDT".to_owned(),
            "quantity" => "-12.5".to_owned(),
            _ => String::new(),
        };
        header.split(',').map(cell).collect::<Vec<_>>().join(",")
    };
    TRADES.map(row).join("\n")
}

fn few(name: &str, text: String) -> String {
    if name == "scenario.toml" { text.replace("paths = 100_000", "paths = 5_000") } else { text }
}

#[test]
fn trades_are_compared_on_the_same_numbers() {
    let plain = desk(few);
    let scenario = plain.path().join("scenario.toml");
    let positions = fs::read_to_string(plain.path().join("positions.csv")).expect("readable");
    let header = positions.lines().find(|line| !line.starts_with('#')).expect("a header");
    let rows = trades(header);
    let file = plain.path().join("trades.csv");
    fs::write(&file, format!("{header}\n{rows}\n")).expect("writable");
    let merged = desk(|name, text| match name {
        "positions.csv" => format!("{}\n{rows}\n", text.trim_end()),
        _ => few(name, text),
    });

    let mut compared = run(&plan(&scenario, Some(&file))).outcome;
    let after = *compared.with_trades.take().expect("trades were given");
    let same = |what: &str, found: &Outcome, expected: &Outcome| {
        let [found, expected] =
            [found, expected].map(|one| plimsoll::report::json(one).expect("finite"));
        let mut lines = found.lines().zip(expected.lines());
        let differing = lines.find(|(a, b)| a != b);
        assert!(differing.is_none() && found.len() == expected.len(), "{what}: {differing:?}");
    };
    same("before", &compared, &run(&plan(&scenario, None)).outcome);
    same("after", &after, &run(&plan(&merged.path().join("scenario.toml"), None)).outcome);
    assert_eq!(after.book.positions, compared.book.positions + TRADES.len());
    assert!(after.measures != compared.measures);
}
