//! The shipped desk scenario: its documents read without a violation and hold what the README says.
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plimsoll::document::{Confinement, Loader, Violations};
use plimsoll::engine::{self, Control, Plan};
use plimsoll::margin::document::shipped_rules;
use plimsoll::margin::{VenueRules, requirements};
use plimsoll::market::document::{LoadedMarket, read_market};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::Warning;
use plimsoll::portfolio::document::read_portfolio;
use plimsoll::portfolio::{Instrument, Portfolio, Settlement, Venue};
use plimsoll::scenario::document::{LoadedScenario, read_scenario};
use plimsoll::simulation::FactorKey;
use plimsoll::threshold::condition::{
    ConditionHistory, Direction, DriverReading, Memory, ShortfallVolatility, condition,
};
use plimsoll::threshold::document::read_policy;
use plimsoll::threshold::driver::Driver;
use plimsoll::units::Years;

const AS_OF: &str = "2026-10-01T00:00:00Z";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn loader() -> Loader {
    Loader::new(&folder(), Confinement::Inside).unwrap()
}

#[track_caller]
fn good<T>(read: Result<T, Violations>) -> T {
    read.unwrap_or_else(|violations| panic!("{violations:#?}"))
}

fn scenario() -> LoadedScenario {
    let loader = loader();
    good(read_scenario(&good(loader.open("scenario.toml", None)), &loader))
}

fn market() -> LoadedMarket {
    let loader = loader();
    good(read_market(&good(loader.open("market.toml", None)), &loader))
}

fn portfolio() -> Portfolio {
    let loader = loader();
    let file = good(loader.open("portfolio.toml", None));
    good(good(read_portfolio(&file, &loader)).to_portfolio(AS_OF.parse().unwrap()))
}

#[test]
fn every_document_names_its_schema_first() {
    for name in ["scenario", "portfolio", "market", "policy"] {
        let first = format!("#:schema ../schema/{name}.json");
        assert_eq!(text(&format!("{name}.toml")).lines().next(), Some(first.as_str()));
    }
}

#[test]
fn the_scenario_looks_one_day_ahead() {
    let scenario = scenario().scenario;
    assert_eq!(scenario.simulation.horizon, Years::from_days(1.0));
    assert_eq!(scenario.simulation.paths, 100_000);
}

#[test]
fn the_book_is_a_trading_desks() {
    let book = portfolio();
    assert!((55..=65).contains(&book.positions.len()), "{}", book.positions.len());
    assert_eq!(book.venues.len(), 3);
    let at_venues = book.accounts.iter().filter(|account| account.venue.is_some()).count();
    assert_eq!((at_venues, book.accounts.len()), (5, 6));
    let coins: BTreeSet<&str> =
        book.positions.iter().map(|position| position.instrument.underlying().as_str()).collect();
    let expected = ["ADA", "AVAX", "BNB", "BTC", "DOGE", "ETH", "SOL", "XRP"];
    assert!(coins.iter().eq(expected.iter()), "{coins:?}");
}

/// Every kind of contract the engine knows, and an expiry inside the horizon.
#[test]
fn the_book_holds_every_kind_of_contract() {
    let book = portfolio();
    let kind = |instrument: &Instrument| {
        let settled = match instrument.settlement() {
            None => "held",
            Some(Settlement::Linear { .. }) => "linear",
            Some(Settlement::Inverse) => "inverse",
        };
        let contract = match instrument {
            Instrument::Spot { .. } => "spot",
            Instrument::Perpetual { .. } => "perpetual",
            Instrument::Future { .. } => "future",
            Instrument::Option { .. } => "option",
        };
        format!("{settled} {contract}")
    };
    let kinds: BTreeSet<String> =
        book.positions.iter().map(|position| kind(&position.instrument)).collect();
    let expected = [
        "held spot",
        "inverse future",
        "inverse option",
        "inverse perpetual",
        "linear future",
        "linear option",
        "linear perpetual",
    ];
    assert!(kinds.iter().eq(expected.iter()), "{kinds:?}");
    let expiries: BTreeSet<i64> = book
        .positions
        .iter()
        .filter_map(|position| position.instrument.expiry())
        .map(|expiry| (expiry.days() * 24.0).round() as i64)
        .collect();
    assert_eq!(expiries.first(), Some(&8), "eight hours ahead, inside the horizon");
    assert!(expiries.len() >= 5, "{expiries:?}");
}

#[test]
fn positions_that_expire_at_once_are_one_event_of_a_path() {
    let scenario = folder().join("scenario.toml");
    let overrides = engine::Overrides { paths: Some(1_000), ..engine::Overrides::default() };
    let options = engine::LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let plan = good(Plan::build(&good(engine::load(&scenario, &options))));
    let run = engine::run(&plan, InstructionSet::detect(), &Control::none()).unwrap();
    let book = portfolio();
    let within = book.positions.iter().filter_map(|one| one.instrument.expiry());
    let within: Vec<Years> = within.filter(|expiry| *expiry <= Years::from_days(1.0)).collect();
    let instants: BTreeSet<u64> = within.iter().map(|expiry| expiry.get().to_bits()).collect();
    assert!(within.len() > instants.len(), "some expire together");
    for path in &run.outcome.worst_paths {
        let told: Vec<&String> =
            path.events.iter().filter(|event| event.contains(" and settle")).collect();
        assert_eq!(told.len(), instants.len(), "{told:?}");
        assert!(told[0].contains(&format!("{} positions expire and settle: ", within.len())));
    }
}

/// A model whose implied volatilities stand still says that the options' VaR holds no vega risk.
#[test]
fn options_on_volatilities_that_stand_still_are_warned_of() {
    let scenario = folder().join("scenario.toml");
    let overrides = engine::Overrides { paths: Some(1_000), ..engine::Overrides::default() };
    let options = engine::LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let mut plan = good(Plan::build(&good(engine::load(&scenario, &options))));
    let told = |plan: &Plan| {
        let run = engine::run(plan, InstructionSet::detect(), &Control::none()).unwrap();
        let of = |warning: &&Warning| warning.code == "volatility_held";
        run.outcome.warnings.iter().find(of).map(|warning| warning.message.clone())
    };
    assert_eq!(told(&plan), None);
    let still = FactorKey::Volatility("ETH".into());
    let factor = plan.model.factors.iter_mut().find(|factor| factor.key == still).unwrap();
    factor.volatility = 0.0;
    let told = told(&plan).unwrap();
    assert!(told.contains("of ETH do not move") && told.contains("\"ETH.vol\""), "{told}");
}

#[test]
fn the_policy_watches_volatility_drawdown_and_relative_strength() {
    let loader = loader();
    let policy = good(read_policy(&good(loader.open("policy.toml", None)), &loader)).policy;
    let drivers: Vec<&str> = policy.condition.drivers.iter().map(Driver::name).collect();
    let expected = ["volatility regime", "volatility regime", "drawdown", "relative strength"];
    assert_eq!(drivers, expected);
}

/// Closes of every price series in the history file.
fn closes() -> ConditionHistory {
    let history = text("history.csv");
    let rows: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    let series = rows[0].iter().enumerate().skip(1).map(|(column, name)| {
        (name.to_string(), rows[1..].iter().map(|row| row[column].parse().ok()).collect())
    });
    ConditionHistory::new(Years::from_days(1.0), series)
}

/// The morning after a jump: volatility and drawdown cut the multiplier, relative strength the short
/// side, and the floor holds.
#[test]
fn the_condition_moves_three_drivers_and_hits_the_floor() {
    let loader = loader();
    let policy = good(read_policy(&good(loader.open("policy.toml", None)), &loader)).policy;
    let regime = ShortfallVolatility::Unconditional;
    let found = condition(&policy.condition, &closes(), regime, Memory::Replayed).unwrap();
    let moved = |driver: &&DriverReading| driver.factor(Direction::Long) < 0.95;
    assert_eq!(found.drivers.iter().filter(moved).count(), 3, "{:#?}", found.drivers);
    let strength = found.drivers.last().unwrap();
    assert_eq!(strength.factor(Direction::Short), 0.7, "{strength:?}");
    assert_eq!(found.long.value, policy.condition.floor);
    assert!(!found.long.clamps.is_empty());
}

#[test]
fn the_market_knows_every_coin_and_finds_only_the_late_listing() {
    let loaded = market();
    let book = portfolio();
    for position in &book.positions {
        let coin = position.instrument.underlying();
        let underlying = loaded.market.underlying(coin).unwrap();
        let is_option = matches!(position.instrument, Instrument::Option { .. });
        assert!(!is_option || underlying.volatility.is_some(), "{}", position.id);
    }
    let history = loaded.market.history.as_ref().unwrap();
    assert_eq!(history.times.len(), 1096);
    assert_eq!(history.times.last(), Some(&AS_OF.parse().unwrap()));
    assert!(history.implied_volatilities(&"ETH".into()).is_some());
    let what: Vec<&str> = loaded.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert!(!what.is_empty() && what.iter().all(|what| what.contains("AVAX")), "{what:#?}");
    assert!(loaded.findings.iter().all(|finding| finding.repair.is_none()));
}

/// Every account meets its initial margin at t = 0, and the tightest is not far from it.
#[test]
fn margins_are_met_and_matter() {
    let book = portfolio();
    let shipped = good(shipped_rules());
    let rules_of = |venue: &Venue| {
        let id = venue.rules.as_ref().unwrap();
        Some(shipped.iter().find(|rules| &rules.id == id).expect("a shipped set").clone())
    };
    let rules: Vec<Option<VenueRules>> = book.venues.iter().map(rules_of).collect();
    let margins = requirements(&rules, &market().market, &book, 1.0).unwrap();
    let mut tightest = f64::INFINITY;
    for (account, margin) in book.accounts.iter().zip(&margins) {
        assert!(margin.meets_initial(), "{}: {margin:?}", account.name);
        assert_eq!(margin.initial > 0.0, account.venue.is_some(), "{}", account.name);
        if margin.initial > 0.0 {
            tightest = tightest.min(margin.margin_balance / margin.initial);
        }
    }
    assert!(tightest < 3.0, "{tightest}");
}

/// Today's prices are the last closes of the history, so that the two documents tell one story.
#[test]
fn spot_prices_are_the_last_closes() {
    let history = text("history.csv");
    let names = history.lines().next().unwrap().split(',').skip(1);
    let closes = history.lines().last().unwrap().split(',').skip(1);
    let market = text("market.toml").replace('_', "");
    for (name, close) in names.zip(closes).filter(|(name, _)| !name.ends_with("_IV")) {
        let listed = market
            .lines()
            .find(|line| line.contains(&format!("symbol = \"{name}\", ")))
            .unwrap_or_else(|| panic!("{name} is not an asset"));
        let price = listed.split("price = ").nth(1).unwrap().trim_end_matches([' ', '}', ',']);
        assert_eq!(price.parse::<f64>().unwrap(), close.parse::<f64>().unwrap(), "{name}");
    }
}
