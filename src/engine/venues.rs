//! A book's venues: their rules found, their haircuts applied, what they lack for it told.

use jiff::Timestamp;

use crate::document::{Loader, Violation, ViolationCollector, Violations};
use crate::margin::document::RuleSets;
use crate::margin::{MarginError, VenueRules, rule_gaps};
use crate::market::Market;
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{Account, Portfolio};

/// Rules of every venue: by name and date, by name at the market's date, or a file beside the
/// portfolio.
///
/// # Errors
/// Every violation of the portfolio's rule files, and every venue whose rules are not found.
pub(super) fn rules(
    loaded: &LoadedPortfolio,
    as_of: Option<Timestamp>,
    loader: &Loader,
) -> Result<Vec<Option<VenueRules>>, Violations> {
    let mut collector = ViolationCollector::default();
    let mut sets = RuleSets::shipped()?;
    for (index, path) in loaded.document.value.rule_files.iter().enumerate() {
        let place = loaded.place(&format!("rule_files[{index}]"));
        let file = collector.absorb(loader.open(path.as_str(), Some(&place)));
        if let Some(file) = file {
            collector.absorb(sets.add(&file));
        }
    }
    let venues = loaded.document.value.venues.iter().enumerate();
    let rules = venues.map(|(index, venue)| {
        let name = venue.rules.as_ref()?;
        let place = loaded.place(&format!("venue[{index}].rules"));
        collector.absorb(sets.select(name.as_str(), &place, as_of, loader))
    });
    let rules = rules.collect();
    collector.finish(rules)
}

/// Gives balances that state no haircut the one of their venue's rules, at today's value.
pub(super) fn apply_haircuts(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &mut Portfolio,
) {
    let documents = loaded.document.value.accounts.iter();
    for (account, document) in portfolio.accounts.iter_mut().zip(documents) {
        let Some(rules) = rules_of(rules, account) else { continue };
        for (balance, stated) in account.balances.iter_mut().zip(&document.balances) {
            let price = market.asset(&balance.asset).map_or(0.0, |asset| asset.price_usd);
            if stated.haircut.is_none() {
                balance.haircut = rules.haircut(&balance.asset, balance.quantity * price);
            }
        }
    }
}

/// Everything that the rules of a venue lack for the accounts there.
pub(super) fn check_rules(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    portfolio: &Portfolio,
    collector: &mut ViolationCollector,
) {
    for gap in rule_gaps(rules, portfolio) {
        let account = |key: &str| loaded.place(&format!("account[{}].{key}", gap.account));
        let (key, expected, help) = match &gap.error {
            MarginError::NoHedgeMode { .. } => {
                ("position_mode", "`one_way`", "or rules that say `hedge_mode`")
            }
            MarginError::NoPortfolioRules { .. } => {
                ("margin_mode", "`cross` or `isolated`", "or rules with a table `portfolio`")
            }
            MarginError::UnpublishedParameter { .. } => (
                "margin_mode",
                "rules that state it",
                "copy the rules into a file of your own, state the field there, and name the file",
            ),
            MarginError::NoPortfolioParameters { .. } => (
                "underlying",
                "a coin that the rules name",
                "copy the rules into a file of your own and add the coin to `portfolio.coins`",
            ),
            _ => ("id", "an instrument that the venue lists", "or other `rules` of the venue"),
        };
        let place = match gap.position {
            Some(index) => loaded.position_place(index, key),
            None => account(key),
        };
        let violation = Violation::new(place, gap.error.to_string());
        collector.add(violation.expected(expected).help(help));
    }
}

fn rules_of<'a>(rules: &'a [Option<VenueRules>], account: &Account) -> Option<&'a VenueRules> {
    rules.get(account.venue?)?.as_ref()
}

#[cfg(test)]
mod tests {
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
}
