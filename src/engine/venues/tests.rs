//! What rules venues have, and what their haircuts do to balances.

use super::*;
use crate::document::{Confinement, SourceFile};
use crate::market::{Asset, AssetKind};
use crate::portfolio::document::read_portfolio;

const BOOK: &str = r#"
name = "book"
venue = [{ name = "v", rules = "binance-usdm" }, { name = "w", rules = "w.toml" }]
[[account]]
name = "stated and not"
venue = "v"
balance = [
    { asset = "BTC", quantity = 1, haircut = "20%" },
    { asset = "ETH", quantity = 1 },
    { asset = "USDT", quantity = 5 },
]
[[account]]
name = "tiered"
venue = "w"
balance = [{ asset = "BTC", quantity = 3 }]
[[account]]
name = "treasury"
balance = [{ asset = "BTC", quantity = 3 }]
"#;
const TIERED: &str = r#"
name = "w"
effective = "2024-01-01T00:00:00Z"
source = "test"
liquidation_fee = 0
futures = { kind = "flat", initial = 0.1, maintenance = 0.05 }
haircuts = { BTC = [{ value_max = 1_000, haircut = 0 }, { haircut = "30%" }] }
"#;

fn market() -> Market {
    let asset = |name: &str| Asset {
        symbol: name.into(),
        kind: AssetKind::Coin,
        price_usd: 1_000.0,
        discount_rate: 0.0,
    };
    Market {
        name: "test".to_owned(),
        as_of: "2026-01-01T00:00:00Z".parse().unwrap(),
        assets: ["BTC", "ETH", "USDT"].map(asset).to_vec(),
        underlyings: Vec::new(),
        history: None,
    }
}

/// A stated haircut stays; the venue's is taken where none is, in brackets at today's value
/// (3 000, of which 2 000 at 30 %); the treasury has none.
#[test]
fn haircuts_are_the_balances_own_or_the_venues() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.toml"), TIERED).unwrap();
    let loader = Loader::new(folder.path(), Confinement::Inside).unwrap();
    let loaded = read_portfolio(&SourceFile::new("portfolio.toml", BOOK), &loader).unwrap();
    let market = market();
    let mut portfolio = loaded.to_portfolio(market.as_of).unwrap();
    let rules = rules(&loaded, Some(market.as_of), &loader).unwrap();
    let ids: Vec<_> = rules.iter().flatten().map(|rules| rules.id.as_str()).collect();
    assert_eq!(ids, ["binance-usdm@2024-10-24", "w@2024-01-01"]);
    apply_haircuts(&loaded, &rules, &market, &mut portfolio);
    let balances = portfolio.accounts.iter().flat_map(|account| &account.balances);
    let found: Vec<f64> = balances.map(|balance| balance.haircut).collect();
    assert_eq!(found, [0.2, 0.05, 0.0, 0.2, 0.0]);
}
