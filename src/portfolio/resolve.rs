//! From names to indices, with every dangling or repeated name reported.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::{
    Account, Balance, MarginCallRule, MarginMode, Order, Portfolio, Position, Venue, VenueFailure,
};
use super::document::{
    AccountDocument, HedgeDocument, LoadedPortfolio, OrderDocument, PositionDocument,
};
use super::failure_document::failure;
use super::hedge::Hedge;
use super::hedge_document::hedge;
use super::margin_call_document::margin_calls;
use super::position_document::instrument;
use super::rebalancing_document::rebalancing;
use crate::document::{
    Name, Parsed, Place, UnitFraction, Violation, ViolationCollector, Violations, did_you_mean,
    one_of, quoted,
};
use crate::units::Symbol;

/// The portfolio of a loaded document.
pub(super) fn resolve(loaded: &LoadedPortfolio, as_of: Timestamp) -> Result<Portfolio, Violations> {
    let mut resolver = Resolver { loaded, collector: ViolationCollector::default() };
    let mut portfolio = Portfolio {
        name: loaded.document.value.name.to_string(),
        venues: resolver.venues(),
        accounts: resolver.accounts(),
        positions: resolver.positions(as_of),
        orders: resolver.orders(),
        margin_calls: None,
        hedges: resolver.hedges(as_of),
    };
    portfolio.margin_calls = resolver.margin_calls(&portfolio.accounts);
    isolate(&mut resolver, &mut portfolio);
    resolver.collector.finish(portfolio)
}

struct Resolver<'a> {
    loaded: &'a LoadedPortfolio,
    collector: ViolationCollector,
}

impl Resolver<'_> {
    fn venues(&mut self) -> Vec<Venue> {
        let venues = &self.loaded.document.value.venues;
        self.report_repeated(
            venues
                .iter()
                .enumerate()
                .map(|(index, venue)| {
                    let place = self.loaded.place(&format!("venue[{index}].name"));
                    (venue.name.as_str(), place)
                })
                .collect(),
            "venue",
        );
        let failures: Vec<_> = (0..venues.len()).map(|index| self.failure(index)).collect();
        let venue = |(venue, failure): (&super::document::VenueDocument, _)| Venue {
            name: venue.name.to_string(),
            rules: venue.rules.as_ref().map(Name::to_string),
            default_probability_1y: venue.default_probability_1y.get(),
            loss_given_default: venue.loss_given_default.get(),
            failure,
        };
        venues.iter().zip(failures).map(venue).collect()
    }

    fn failure(&mut self, index: usize) -> Option<VenueFailure> {
        let document = self.loaded.document.value.venues[index].failure.as_ref()?;
        let place = |key: &str| self.loaded.place(&format!("venue[{index}].failure.{key}"));
        Some(failure(document, place, &mut self.collector))
    }

    fn margin_calls(&mut self, accounts: &[Account]) -> Option<MarginCallRule> {
        let document = self.loaded.document.value.margin_calls.as_ref()?;
        let place = |key: &str| self.loaded.place(&format!("margin_calls.{key}"));
        Some(margin_calls(document, accounts, place, &mut self.collector))
    }

    fn accounts(&mut self) -> Vec<Account> {
        let accounts = &self.loaded.document.value.accounts;
        self.report_repeated(
            accounts
                .iter()
                .enumerate()
                .map(|(index, account)| {
                    let place = self.loaded.place(&format!("account[{index}].name"));
                    (account.name.as_str(), place)
                })
                .collect(),
            "account",
        );
        let account = |(index, account)| self.account(index, account);
        accounts.iter().enumerate().map(account).collect()
    }

    fn account(&mut self, index: usize, account: &AccountDocument) -> Account {
        let path = format!("account[{index}]");
        let venue = account.venue.as_ref().map(|name| {
            let venues = self.loaded.document.value.venues.iter();
            let names: Vec<&str> = venues.map(|venue| venue.name.as_str()).collect();
            let place = self.loaded.place(&format!("{path}.venue"));
            self.index_of(name, &names, "venue", place)
        });
        let margin_mode = self.margin_mode(&path, account);
        self.report_repeated_assets(&path, account);
        let place = |key: &str| self.loaded.place(&format!("{path}.{key}"));
        let rebalancing = rebalancing(account, place, &mut self.collector);
        Account {
            name: account.name.to_string(),
            venue,
            margin_mode,
            position_mode: account.position_mode,
            isolated_margins: BTreeMap::new(),
            leverage_max: account.leverage_max.map(f64::from),
            rebalancing_band: account.rebalancing_band.map(UnitFraction::get),
            rebalancing,
            recourse: account.recourse,
            balances: account.balances.iter().map(balance).collect(),
        }
    }

    fn margin_mode(&mut self, path: &str, account: &AccountDocument) -> MarginMode {
        match (&account.venue, account.margin_mode) {
            (None, None | Some(MarginMode::None)) => MarginMode::None,
            (Some(_), None) => MarginMode::Cross,
            (Some(_), Some(mode)) => mode,
            (None, Some(mode)) => {
                let place = self.loaded.place(&format!("{path}.margin_mode"));
                let violation = Violation::new(place, "an account without a venue has no margin")
                    .expected("`none`, or a `venue`");
                self.collector.add(violation);
                mode
            }
        }
    }

    fn report_repeated_assets(&mut self, path: &str, account: &AccountDocument) {
        let balances = account.balances.iter().enumerate();
        let assets = balances.map(|(index, balance)| {
            let place = self.loaded.place(&format!("{path}.balance[{index}].asset"));
            (balance.asset.as_str(), place)
        });
        self.report_repeated(assets.collect(), "balance of");
    }

    fn positions(&mut self, as_of: Timestamp) -> Vec<Position> {
        let positions = &self.loaded.positions;
        let ids = positions.iter().map(|parsed| {
            let place = parsed.places.at("id");
            (parsed.value.common().id.as_str(), place)
        });
        self.report_repeated(ids.collect(), "position");
        let accounts = self.loaded.document.value.accounts.iter();
        let names: Vec<&str> = accounts.map(|account| account.name.as_str()).collect();
        let position = |parsed| self.position(parsed, &names, as_of);
        positions.iter().filter_map(position).collect()
    }

    fn position(
        &mut self,
        parsed: &Parsed<PositionDocument>,
        accounts: &[&str],
        as_of: Timestamp,
    ) -> Option<Position> {
        let common = parsed.value.common();
        let account =
            self.index_of(common.account, accounts, "account", parsed.places.at("account"));
        let instrument = self.collector.absorb(instrument(parsed, as_of))?;
        Some(Position {
            id: common.id.to_string(),
            account,
            instrument,
            quantity: common.quantity,
            entry_price: common.entry_price,
            volatility: common.volatility,
            tags: common.tags.iter().map(Name::to_string).collect(),
        })
    }

    fn hedges(&mut self, as_of: Timestamp) -> Vec<Hedge> {
        let loaded = self.loaded;
        let document = &loaded.document;
        let listed = document.value.hedges.iter().enumerate();
        let parsed: Vec<_> = listed
            .map(|(index, one)| document.part(&format!("hedge[{index}]"), one.clone()))
            .collect();
        let held = loaded.positions.iter();
        let mut ids: Vec<(&str, Place)> = held
            .map(|parsed| (parsed.value.common().id.as_str(), parsed.places.at("id")))
            .collect();
        // what is repeated among positions is told with them
        ids.sort_by_key(|(id, _)| *id);
        ids.dedup_by_key(|(id, _)| *id);
        ids.extend(parsed.iter().map(|one| (one.value.head().id.as_str(), one.places.at("id"))));
        self.report_repeated(ids, "position or hedge");
        let accounts = document.value.accounts.iter();
        let names: Vec<&str> = accounts.map(|account| account.name.as_str()).collect();
        let hedge = |parsed: &Parsed<HedgeDocument>| {
            let account = self.index_of(
                parsed.value.head().account,
                &names,
                "account",
                parsed.places.at("account"),
            );
            hedge(parsed, account, as_of, &mut self.collector)
        };
        parsed.iter().filter_map(hedge).collect()
    }

    fn orders(&mut self) -> Vec<Order> {
        let orders = &self.loaded.document.value.orders;
        self.report_repeated(
            orders
                .iter()
                .enumerate()
                .map(|(index, order)| {
                    let place = self.loaded.place(&format!("order[{index}].id"));
                    (order.id.as_str(), place)
                })
                .collect(),
            "order",
        );
        let positions = self.loaded.positions.iter();
        let ids: Vec<&str> = positions.map(|parsed| parsed.value.common().id.as_str()).collect();
        let order = |(index, order)| self.order(index, order, &ids);
        orders.iter().enumerate().map(order).collect()
    }

    fn order(&mut self, index: usize, order: &OrderDocument, positions: &[&str]) -> Order {
        let place = self.loaded.place(&format!("order[{index}].position"));
        Order {
            id: order.id.to_string(),
            position: self.index_of(&order.position, positions, "position", place),
            kind: order.kind,
            quantity: order.quantity.get(),
            price: order.price.get(),
            slippage: order.slippage.get(),
        }
    }

    /// Index of a name; an unknown one is reported, and what is returned then never used.
    fn index_of(&mut self, name: &Name, names: &[&str], kind: &str, place: Place) -> usize {
        let found = names.iter().position(|candidate| *candidate == name.as_str());
        found.unwrap_or_else(|| {
            let title = format!("there is no {kind} {}", quoted(name.as_str()));
            let close = did_you_mean(name.as_str(), names.iter().copied());
            let violation = Violation::new(place, title)
                .expected(one_of(names.iter().copied()))
                .help_if(close.or_else(|| declare(kind, name)));
            self.collector.add(violation);
            0
        })
    }

    fn report_repeated(&mut self, names: Vec<(&str, Place)>, kind: &str) {
        let mut seen = BTreeMap::new();
        for (name, place) in names {
            if let Some(first) = seen.get(name) {
                let title = format!("{kind} {} appears twice", quoted(name));
                let violation = Violation::new(place, title)
                    .expected("a name of its own")
                    .related(Place::clone(first), "first here");
                self.collector.add(violation);
            } else {
                seen.insert(name, place);
            }
        }
    }
}

/// How a portfolio document declares an account or venue that it lacks.
fn declare(kind: &str, name: &Name) -> Option<String> {
    let lines = |more: &str| {
        let name = quoted(&format!("name = {:?}", name.as_str()));
        format!(
            "add it to the portfolio document: `[[{kind}]]` and, on the next line, {name}{more}"
        )
    };
    match kind {
        "account" => Some(lines("; below it `venue` and `balance`, where it has them")),
        "venue" => Some(lines("; below it its `rules`")),
        _ => None,
    }
}

/// Hands the collateral of isolated positions to their accounts; refuses it elsewhere, and where it
/// is more than the account has of the asset.
fn isolate(resolver: &mut Resolver, portfolio: &mut Portfolio) {
    let loaded = resolver.loaded;
    if portfolio.positions.len() != loaded.positions.len() {
        // A position was refused: indices do not match, and violations show already.
        return;
    }
    let mut left: BTreeMap<(usize, Symbol), f64> = BTreeMap::new();
    for (index, parsed) in loaded.positions.iter().enumerate() {
        let Some(margin) = parsed.value.common().isolated_margin else { continue };
        let position = &portfolio.positions[index];
        let Some(account) = portfolio.accounts.get_mut(position.account) else { continue };
        let place = parsed.places.at("isolated_margin");
        if account.margin_mode != MarginMode::Isolated {
            let title = format!("account {} does not isolate positions", quoted(&account.name));
            let violation = Violation::new(place, title)
                .expected("an account with `margin_mode = \"isolated\"`, or no `isolated_margin`");
            resolver.collector.add(violation);
            continue;
        }
        let asset = position.instrument.settlement_asset();
        let held = account.balances.iter().find(|balance| balance.asset == *asset);
        let held = held.map_or(0.0, |balance| balance.quantity);
        let left = left.entry((position.account, asset.clone())).or_insert(held);
        *left -= margin;
        if *left < 0.0 {
            let title = format!("account {} has too little {asset}", quoted(&account.name));
            let violation = Violation::new(place, title)
                .expected(format!("isolated margins of at most {held} {asset} together"))
                .help("isolated margins are a part of the account's balances");
            resolver.collector.add(violation);
        }
        account.isolated_margins.insert(index, margin);
    }
}

fn balance(balance: &super::document::BalanceDocument) -> Balance {
    Balance {
        asset: balance.asset.symbol(),
        quantity: balance.quantity.get(),
        haircut: balance.haircut.map_or(0.0, UnitFraction::get),
        borrow_rate: balance.borrow_rate.get(),
    }
}
