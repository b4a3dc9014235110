//! Mistakes that people make in their own files, and what they are told to write instead.

use crate::{Desk, complaint, plimsoll, printed};

/// File, place, what was found, what was expected and how to mend it.
#[test]
fn mistakes_in_csv_files_are_told_with_their_mend() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "positions.csv",
            "quote,quantity",
            "quote,qty",
            &[
                "missing column `quantity`",
                "book/positions.csv:3:1",
                "expected: a column named `quantity`",
                "help: if `qty` holds it, rename that column",
                "unknown column `qty`",
                "book/positions.csv:3:40",
            ],
        ),
        (
            "positions.csv",
            "USDT,-28,",
            "USDT,\"-2,800\",",
            &[
                "book/positions.csv:6:39",
                "\"-2,800\"",
                "expected: a number",
                "help: write `-2800` if the comma separates thousands, `-2.800` if it is the decimal comma",
            ],
        ),
        (
            "positions.csv",
            "perpetual,,SOL",
            "perpetual,,SOLL",
            &[
                "the market has no underlying SOLL",
                "book/positions.csv:7:29",
                "expected: an underlying of the market document",
                "help: did you mean `SOL`?",
            ],
        ),
        (
            "prices.csv",
            "2025-10-02,79032",
            "2025-10-02,$79 032",
            &[
                "`BTC` is not a finite number",
                "book/prices.csv:3:12",
                "expected: a number",
                "help: write `79032`: no separators of thousands, no currency",
            ],
        ),
        (
            "prices.csv",
            "date,BTC",
            "date,BTCUSD",
            &[
                "`prices.csv` has no column `BTC`",
                "book/market.toml:",
                "expected: one of `date`, `BTCUSD`, `ETH`, `SOL`",
                "help: did you mean `BTCUSD`?",
            ],
        ),
        (
            "prices.csv",
            "2025-10-02,79032",
            "2025-13-02,79032",
            &["book/prices.csv:3:1", "2025-13-02", "expected:"],
        ),
        (
            "positions.csv",
            "USDT,-28,",
            "USDT,\"-25,5\",",
            &["`quantity` has the wrong type", "help: write `-25.5`: the decimal point is a point"],
        ),
        (
            "prices.csv",
            "2025-10-02,79032",
            "2025-10-02,\"79032,70\"",
            &["book/prices.csv:3:13", "help: write `79032.70`: the decimal point is a point"],
        ),
        (
            "prices.csv",
            "2025-10-02,79032",
            "2025-10-02,79032,70",
            &["the row has 5 cells, the header 4", "the decimals of a number follow a point"],
        ),
        (
            "positions.csv",
            ",520,161,pairs",
            ",520,161",
            &["the row has 8 cells, the header 9", "help: cells are missing"],
        ),
        (
            "prices.csv",
            "2025-10-03,78001.6,3027.46,220.191",
            "Source: vendor",
            &["the row has 1 cell, the header 4", "help: remove the line if it is a note"],
        ),
        (
            "positions.csv",
            "id,account,type",
            "id,Account,Type",
            &[
                "unknown column `Account`",
                "help: write `account`",
                "unknown column `Type`",
                "2 violations",
            ],
        ),
        (
            "prices.csv",
            "2025-10-02,",
            "02.10.2025,",
            &[
                "`date` is not a time",
                "expected: a time such as `2020-03-12`, `2020-03-12 10:00:00`",
                "help: write `2025-10-02`: year, month, day",
            ],
        ),
        (
            "prices.csv",
            "2025-10-02,",
            "10/02/2025,",
            &[
                "help: write `2025-02-10` or `2025-10-02`: nothing tells which number is the day",
                "`stamps = \"month_day_year\"`",
            ],
        ),
        (
            "policy.toml",
            "appetite = \"15%\"",
            "appetite = 15",
            &["`appetite` is out of range", "help: did you mean `\"15%\"` (0.15)?"],
        ),
        (
            "policy.toml",
            "appetite = \"15%\"",
            "appetite = \"15\"",
            &["`appetite` is not valid", "help: did you mean `\"15%\"` (0.15)?"],
        ),
        (
            "policy.toml",
            "level = 0.975",
            "level = 97.5",
            &["`level` is out of range", "help: did you mean `\"97.5%\"` (0.975)?"],
        ),
        (
            "positions.csv",
            "perpetual,,SOL",
            "perpetual,,DOGE",
            &[
                "the market has no underlying DOGE",
                "one of `BTC`, `ETH`, `SOL`",
                "help: add it to the market document: `[[underlying]]` and, on the next line, `symbol = \"DOGE\"`",
            ],
        ),
        (
            "positions.csv",
            "btc-coins,treasury",
            "btc-coins,Custodian",
            &[
                "there is no account `Custodian`",
                "help: add it to the portfolio document: `[[account]]` and, on the next line, `name = \"Custodian\"`",
            ],
        ),
        (
            "portfolio.toml",
            "positions = \"positions.csv\"",
            "positions = \"positions.csv\"\n[[position]]\nid = \"p\"\naccount = \"treasury\"\n\
             type = \"option\"\nunderlying = \"BTC\"\nquote = \"USDT\"\nquantity = 1\nstrike = 90_000\n\
             right = \"put\"\nexpiry = 2026-12-25T08:00:00Z\n",
            &[
                "the market has no implied volatility of BTC",
                "help: write `volatility = { type = \"flat\", volatility = \"55%\" }`",
            ],
        ),
        (
            "portfolio.toml",
            "positions = \"positions.csv\"",
            "positions = \"positions.csv\"\n[[position]]\nid = \"p\"\naccount = \"treasury\"\n\
             type = \"option\"\nunderlying = \"BTC\"\nquote = \"USDT\"\nquantity = 1\nstrike = -9\n\
             right = \"put\"\nexpiry = \"2026-12-25\"\n",
            &[
                "`strike` is out of range",
                "expected: a number, above 0 and at most 1e18",
                "`expiry` is not valid",
                "help: write `2026-12-25T08:00:00Z` if it is at 08:00 UTC",
            ],
        ),
        (
            "prices.csv",
            "2025-10-02,79032",
            "2025-10-02,-79032",
            &[
                "BTC: 1 value below zero, first 2025-10-02",
                "help: mend the file: a price below zero",
            ],
        ),
        (
            "market.toml",
            "column = \"ETH\"",
            "column = \"BTC\"",
            &[
                "the correlation matrix is not positive definite",
                "help: the series of BTC and ETH in the history are the same",
            ],
        ),
    ];
    for (file, good, bad, words) in cases {
        let desk = Desk::new();
        desk.spoil(file, good, bad);
        let output = desk.check();
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{file}: {bad}");
        for word in *words {
            assert!(said.contains(word), "{file}, {bad}: {word} is not in\n{said}");
        }
    }
}

/// A file in another form is one fault, and not one a row.
#[test]
fn a_file_in_another_form_is_one_violation() {
    type Spoilt = fn(&str) -> String;
    let cases: [(&str, Spoilt, &[&str]); 4] = [
        (
            "positions.csv",
            |text| text.replace(',', ";"),
            &["the cells are separated by `;`", "expected: `,` between cells"],
        ),
        (
            "prices.csv",
            |text| text.replace(',', ";").replace('.', ","),
            &["the cells are separated by `;`", "help: save the file again with `,` between cells"],
        ),
        ("prices.csv", |text| text.replace(',', "\t"), &["the cells are separated by a tab"]),
        (
            "prices.csv",
            |text| text.replace('-', "."),
            &["`date` is not a time: so in 365 rows, the last on line 366", "write `2025-10-01`"],
        ),
    ];
    for (file, spoilt, words) in cases {
        let desk = Desk::new();
        desk.write(file, &spoilt(&desk.read(file)));
        let output = desk.check();
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.ends_with("\n1 violation\n"), "{said}");
        for word in words {
            assert!(said.contains(word), "{file}: {word} is not in\n{said}");
        }
    }
}

/// What is possible, but more likely a percentage written as a decimal, is told and not refused.
#[test]
fn figures_out_of_proportion_are_warned_of() {
    let rate = "funding_rate_8h = \"0.01%\"";
    let cases = [
        (
            "funding_rate_8h = 0.01",
            "BTC: funding of 1 % each 8 hours, 3 % a day; if 0.01 % is meant, write \"0.01%\"",
        ),
        (
            "volatility = { type = \"flat\", volatility = 55 }",
            "BTC: an implied volatility of 5500 % a year; if 55 % is meant, write \"55%\"",
        ),
    ];
    for (bad, words) in cases {
        let desk = Desk::new();
        assert!(!printed(&desk.check()).contains("warning"));
        desk.spoil("market.toml", rate, bad);
        let output = desk.check();
        assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
        let said = printed(&output);
        assert!(said.contains("\n  warning: market.toml:") && said.contains(words), "{said}");
    }
}

/// What is asked for is not there, or is something else.
#[test]
fn commands_say_what_they_were_given() {
    let desk = Desk::new();
    std::fs::remove_file(desk.file("backtest.toml")).expect("removed");
    let cases: [(&[&str], &str); 3] = [
        (&["backtest", "book"], "book/backtest.toml is not there; `plimsoll init DIR` writes"),
        (&["run", "book/positions.csv"], "help: give the scenario document, or its folder"),
        (&["report", "out/nope"], "there is no folder out/nope: results are where"),
    ];
    for (arguments, words) in cases {
        let output = plimsoll(desk.folder(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(complaint(&output).contains(words), "{arguments:?}: {}", complaint(&output));
    }
}

/// The starter set's backtest runs as it is.
#[test]
fn the_starter_set_is_backtested_at_once() {
    let desk = Desk::new();
    desk.spoil("backtest.toml", "paths = 2_000", "paths = 1_000");
    let output = plimsoll(desk.folder(), &["backtest", "book", "--json", "--quiet"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", complaint(&output));
    let said = printed(&output);
    assert!(said.contains("\"Student-t\"") && said.contains("\"Normal\""), "{said}");
}
