//! A book with round figures at one venue, its rules and a policy, for tests that walk one stated
//! path: what happens on it is worked out by hand.
#![allow(dead_code, missing_docs)]

use std::fs;

use plimsoll::document::Confinement;
use plimsoll::engine::{LoadOptions, Overrides};
use tempfile::TempDir;

/// Two coins at round prices.
pub const MARKET: &str = r#"name = "round"
as_of = 2026-01-01T00:00:00Z
asset = [
    { symbol = "BTC", price = 100 },
    { symbol = "ETH", price = 10 },
    { symbol = "USDT", kind = "stablecoin", price = 1 },
]
underlying = [{ symbol = "BTC" }, { symbol = "ETH" }]
"#;

/// Ten bitcoin each, on 250 and on 210 dollars; ten ether on plenty.
pub const PORTFOLIO: &str = r#"name = "book"
venue = [{ name = "Exchange", rules = "rules.toml" }]
account = [
    { name = "called", venue = "Exchange", balance = [{ asset = "USDT", quantity = 250 }] },
    { name = "broke", venue = "Exchange", balance = [{ asset = "USDT", quantity = 210 }] },
    { name = "calm", venue = "Exchange", balance = [{ asset = "USDT", quantity = 1000 }] },
]
position = [
    { id = "a", account = "called", type = "perpetual", underlying = "BTC", quote = "USDT", quantity = 10 },
    { id = "b", account = "broke", type = "perpetual", underlying = "BTC", quote = "USDT", quantity = 10 },
    { id = "c", account = "calm", type = "perpetual", underlying = "ETH", quote = "USDT", quantity = 10 },
]
"#;

pub const RULES: &str = r#"name = "plain"
effective = "2026-01-01T00:00:00Z"
source = "made up"
liquidation_fee = "1%"
futures = { kind = "flat", initial = "10%", maintenance = "5%" }
liquidation = { close = "full", slippage = "1%" }
"#;

pub const POLICY: &str = r#"name = "limit"
appetite = "50%"
capital = { base = "regulatory", regulatory = 1000 }
term = [{ kind = "stressed_loss", name = "Fall", weight = 0.25, stress = [{ name = "x", all_spots = "-20%" }] }]
"#;

/// A folder of `files`, by name and text; the later of one name wins.
pub fn folder<'a>(files: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it takes files");
    }
    folder
}

pub fn options() -> LoadOptions {
    LoadOptions { confinement: Confinement::Inside, overrides: Overrides::default(), trades: None }
}
