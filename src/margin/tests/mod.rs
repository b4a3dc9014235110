//! Margin against the published figures of `formulas.md` §2.

mod documents;
mod grids;
mod loans;
mod modes;
mod prices;

use approx::assert_relative_eq;

use super::document::shipped_rules;
use super::{MarginBook, Requirement, VenueRules, requirements};
use crate::market::{Asset, AssetKind, ForwardCurve, Market, Underlying, VolatilitySource};
use crate::portfolio::{
    Account, Balance, Instrument, MarginMode, OptionRight, Portfolio, Position, Settlement, Venue,
};
use crate::units::{Symbol, Years};

const BTC: f64 = 100_000.0;

pub(super) fn market() -> Market {
    let asset = |name: &str, kind, price_usd| Asset {
        symbol: name.into(),
        kind,
        price_usd,
        discount_rate: 0.0,
    };
    let underlying = |name: &str| Underlying {
        symbol: name.into(),
        forwards: ForwardCurve::default(),
        volatility: Some(VolatilitySource::Flat(0.6)),
        funding_rate_8h: 0.0,
        perpetual_basis: 0.0,
        liquidity: None,
    };
    Market {
        name: "test".to_owned(),
        as_of: "2026-01-01T08:00:00Z".parse().unwrap(),
        assets: vec![
            asset("BTC", AssetKind::Coin, BTC),
            asset("DOGE", AssetKind::Coin, 0.2),
            asset("USD", AssetKind::Fiat, 1.0),
            asset("USDT", AssetKind::Stablecoin, 1.0),
        ],
        underlyings: vec![underlying("BTC"), underlying("DOGE")],
        history: None,
    }
}

pub(super) fn rules(id: &str) -> VenueRules {
    let sets = shipped_rules().unwrap_or_else(|violations| panic!("{violations:?}"));
    let found = sets.into_iter().find(|rules| rules.id == id);
    found.unwrap_or_else(|| panic!("no rules {id}"))
}

pub(super) fn perpetual(coin: &str, settlement: Settlement) -> Instrument {
    Instrument::Perpetual { underlying: coin.into(), settlement }
}

pub(super) fn usdt() -> Settlement {
    Settlement::Linear { quote: "USDT".into() }
}

pub(super) fn option(strike: f64, right: OptionRight) -> Instrument {
    Instrument::Option {
        underlying: "BTC".into(),
        settlement: Settlement::Inverse,
        expiry: Years::from_days(30.0),
        strike,
        right,
    }
}

pub(super) fn book(positions: &[(Instrument, f64)], balance: (&str, f64)) -> Portfolio {
    let position = |(index, (instrument, quantity)): (usize, &(Instrument, f64))| Position {
        id: format!("p{index}"),
        account: 0,
        instrument: instrument.clone(),
        quantity: *quantity,
        entry_price: None,
        volatility: None,
        tags: Vec::new(),
    };
    Portfolio {
        name: "book".to_owned(),
        venues: vec![Venue {
            name: "venue".to_owned(),
            rules: None,
            default_probability_1y: 0.0,
            loss_given_default: 1.0,
            failure: None,
        }],
        accounts: vec![Account {
            venue: Some(0),
            margin_mode: MarginMode::Cross,
            balances: vec![Balance {
                asset: Symbol::new(balance.0),
                quantity: balance.1,
                haircut: 0.0,
                borrow_rate: 0.0,
            }],
            ..Account::new("account")
        }],
        positions: positions.iter().enumerate().map(position).collect(),
        orders: Vec::new(),
        margin_calls: None,
        hedges: Vec::new(),
    }
}

fn requirement(id: &str, portfolio: &Portfolio, scale: f64) -> Requirement {
    requirements(&[Some(rules(id))], &market(), portfolio, scale).unwrap()[0]
}

/// Published check of `formulas.md` §2: 25 BTC at 100 000 → IM 53 125, MM 28 125.
#[test]
fn deribit_perpetual() {
    for (instrument, quantity) in [
        (perpetual("BTC", usdt()), 25.0),
        (perpetual("BTC", usdt()), -25.0),
        (perpetual("BTC", Settlement::Inverse), 2_500_000.0),
    ] {
        let book = book(&[(instrument, quantity)], ("USD", 60_000.0));
        let found = requirement("deribit-standard@2025-01-01", &book, 1.0);
        assert_relative_eq!(found.initial, 53_125.0, max_relative = 1e-12);
        assert_relative_eq!(found.maintenance, 28_125.0, max_relative = 1e-12);
        assert_relative_eq!(found.liquidation_cost, 0.0075 * 2_500_000.0, max_relative = 1e-12);
    }
}

/// The formulas of Deribit's standard margin, evaluated by hand around the option's own mark.
#[test]
fn deribit_short_options() {
    let id = "deribit-standard@2025-01-01";
    let of = |strike, right| {
        let book = book(&[(option(strike, right), -2.0)], ("BTC", 1.0));
        let found = requirement(id, &book, 1.0);
        // Equity holds the options' value, the margin balance does not.
        assert_relative_eq!(found.margin_balance, BTC, max_relative = 1e-12);
        let mark = (BTC - found.equity) / 2.0 / BTC;
        [found.initial / (2.0 * BTC) - mark, found.maintenance / (2.0 * BTC) - mark]
    };
    // (initial, maintenance) per coin, less the mark.
    let cases = [
        (of(100_000.0, OptionRight::Call), [0.15, 0.075]),
        (of(103_000.0, OptionRight::Call), [0.12, 0.075]),
        (of(180_000.0, OptionRight::Call), [0.10, 0.075]),
        (of(90_000.0, OptionRight::Call), [0.15, 0.075]),
        (of(98_000.0, OptionRight::Put), [0.13, 0.075]),
        (of(50_000.0, OptionRight::Put), [0.10, 0.075]),
    ];
    for (found, expected) in cases {
        assert_relative_eq!(found[0], expected[0], max_relative = 1e-9);
        assert_relative_eq!(found[1], expected[1], max_relative = 1e-9);
    }
    // A put so deep in the money that 7.5 % of its mark exceeds 7.5 % of a coin: K = 4F, mark 3.
    let deep = of(400_000.0, OptionRight::Put);
    assert_relative_eq!(deep[1], 0.075 * 3.0, max_relative = 1e-6);
    assert_relative_eq!(deep[0], 0.075 * 3.0, max_relative = 1e-6);
    let long = book(&[(option(100_000.0, OptionRight::Call), 2.0)], ("BTC", 1.0));
    assert_eq!(requirement(id, &long, 1.0).initial, 0.0);
}

/// Binance brackets of 2024-10-24 in `formulas.md` §2: margin by hand.
#[test]
fn binance_brackets() {
    let id = "binance-usdm@2024-10-24";
    let at = |coins: f64| {
        let book = book(&[(perpetual("BTC", usdt()), coins)], ("USDT", 1e6));
        let found = requirement(id, &book, 1.0);
        [found.initial, found.maintenance]
    };
    // 40 000: 125×, 0.4 %. 1 000 000: 75×, 0.65 % − 950. 2 bn beyond all brackets: the last.
    let expect = [
        (0.4, [40_000.0 / 125.0, 160.0]),
        (10.0, [1e6 / 75.0, 6_500.0 - 950.0]),
        (-10.0, [1e6 / 75.0, 6_500.0 - 950.0]),
        (20_000.0, [2e9, 0.5 * 2e9 - 421_481_450.0]),
    ];
    for (coins, margin) in expect {
        let found = at(coins);
        assert_relative_eq!(found[0], margin[0], max_relative = 1e-12);
        assert_relative_eq!(found[1], margin[1], max_relative = 1e-12);
    }
    // Continuous at a bracket's end, and not proportional to scale.
    let [edge, beyond] = [at(6.0)[1], at(6.000_001)[1]];
    assert!((edge - beyond).abs() < 0.01);
    let ten = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 1e6));
    assert_relative_eq!(requirement(id, &ten, 10.0).maintenance, 5_550.0, max_relative = 1e-12);
}

/// At the published liquidation price 95 427.14 (`formulas.md` §2: long 1 BTC from 100 000, wallet
/// 5 000, bracket 0.5 %/50) equity equals maintenance margin.
#[test]
fn equity_meets_maintenance_at_the_published_liquidation_price() {
    let id = "binance-usdm@2024-10-24";
    let mut book = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 5_000.0));
    book.positions[0].entry_price = Some(100_000.0);
    let at = |price: f64| {
        let mut market = market();
        market.assets[0].price_usd = price;
        requirements(&[Some(rules(id))], &market, &book, 1.0).unwrap()[0]
    };
    let found = at(95_427.14);
    assert!((found.equity - found.maintenance).abs() < 0.01, "{found:?}");
    assert!(at(95_427.0).liquidated_at_once());
    assert!(!at(95_428.0).liquidated_at_once());
}

#[test]
fn positions_of_one_contract_are_netted() {
    let id = "generic-flat@2026-01-01";
    let perp = perpetual("BTC", usdt());
    let netted = book(&[(perp.clone(), 3.0), (perp, -1.0)], ("USDT", 50_000.0));
    let found = requirement(id, &netted, 1.0);
    assert_relative_eq!(found.initial, 0.05 * 2.0 * BTC, max_relative = 1e-12);
    assert_relative_eq!(found.gross_notional, 2.0 * BTC, max_relative = 1e-12);
}

#[test]
fn scale_moves_positions_and_leaves_collateral() {
    let id = "generic-flat@2026-01-01";
    let mut portfolio = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 8_000.0));
    portfolio.positions[0].entry_price = Some(104_000.0);
    let compiled = MarginBook::compile(&[Some(rules(id))], &market(), &portfolio).unwrap();
    let at = |scale| compiled.requirements(scale)[0];
    assert_relative_eq!(at(1.0).equity, 4_000.0);
    assert_relative_eq!(at(1.0).margin_call(), 1_000.0, max_relative = 1e-9);
    assert!(!at(1.0).liquidated_at_once());
    // Equity 8 000 − 6 000, maintenance 3 750.
    assert!(at(1.5).liquidated_at_once());
    assert_eq!(at(0.0).margin_ratio(), None);
    // 8 000 − 4 000k = 5 000k at k = 8/9.
    assert!(compiled.meets_initial(0.888) && !compiled.meets_initial(0.889));
}

#[test]
fn haircuts_borrowing_and_the_desks_own_leverage_count() {
    let id = "generic-flat@2026-01-01";
    let mut portfolio = book(&[(perpetual("DOGE", usdt()), 1e6)], ("BTC", 1.0));
    portfolio.accounts[0].balances[0].haircut = 0.1;
    let mut borrowed = portfolio.accounts[0].balances[0].clone();
    (borrowed.asset, borrowed.quantity) = ("USDT".into(), -20_000.0);
    portfolio.accounts[0].balances.push(borrowed);
    let free = requirement(id, &portfolio, 1.0);
    assert_relative_eq!(free.equity, 90_000.0 - 20_000.0, max_relative = 1e-12);
    assert_relative_eq!(free.initial, 20_000.0, max_relative = 1e-12);
    portfolio.accounts[0].leverage_max = Some(4.0);
    let held = requirement(id, &portfolio, 1.0);
    assert_relative_eq!(held.initial, 50_000.0, max_relative = 1e-12);
    assert_eq!(held.maintenance, free.maintenance);
}

#[test]
fn no_margin_without_rules_and_no_options_without_option_rules() {
    let options = book(&[(option(1e5, OptionRight::Put), -1.0)], ("USD", 1.0));
    let free = requirements(&[None], &market(), &options, 1.0).unwrap()[0];
    assert_eq!((free.initial, free.liquidation_cost), (0.0, 0.0));
    assert!(!free.liquidated_at_once());
    let binance = [Some(rules("binance-usdm@2024-10-24"))];
    let error = requirements(&binance, &market(), &options, 1.0).unwrap_err();
    assert!(error.to_string().contains("p0"), "{error}");
    let mut treasury = options;
    treasury.accounts[0].margin_mode = MarginMode::None;
    assert!(requirements(&binance, &market(), &treasury, 1.0).is_ok());
}
