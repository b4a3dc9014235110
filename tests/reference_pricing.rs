//! Coin-settled and Black-76 reference cases through the whole block path: compile, step, values.
#![allow(clippy::print_stderr)]

mod common;

use std::fs;

use plimsoll::market::{Asset, AssetKind, ForwardCurve, Market, Underlying, VolatilitySource};
use plimsoll::numeric::InstructionSet;
use plimsoll::portfolio::{
    Account, Balance, Instrument, OptionRight, Portfolio, Position, Settlement,
};
use plimsoll::pricing::{
    CompiledBook, Granularity, PathState, PricingSettings, greeks, required_factors,
};
use plimsoll::scenario::ReturnKind;
use plimsoll::simulation::{Factor, FactorBlock, FactorModel, Process, TimeGrid};
use plimsoll::units::{Symbol, Years};

/// Rows of a reference CSV by header name.
struct Cases {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cases {
    fn read(path: &str) -> Option<Self> {
        let text = fs::read_to_string(common::shared(path)?).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
        Some(Self { header: lines.next().unwrap(), rows: lines.collect() })
    }

    fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap()
    }

    fn number(&self, row: &[String], name: &str) -> f64 {
        row[self.column(name)].parse().unwrap()
    }

    fn right(&self, row: &[String]) -> OptionRight {
        match row[self.column("type")].as_str() {
            "call" => OptionRight::Call,
            "put" => OptionRight::Put,
            other => panic!("{other}"),
        }
    }
}

/// What the market says: prices in USD, rates continuously compounded.
struct Quotes {
    spot: f64,
    forward: f64,
    volatility: f64,
    coin_rate: f64,
    usd_rate: f64,
}

/// One option on BTC with a given spot, forward and volatility; a borrowed dollar beside it.
struct World {
    market: Market,
    book: Portfolio,
    model: FactorModel,
}

fn world(quotes: Quotes, instrument: Instrument) -> World {
    let Quotes { spot, forward, volatility, coin_rate, usd_rate } = quotes;
    let expiry = instrument.expiry().unwrap();
    let market = Market {
        name: "reference".to_owned(),
        as_of: "2026-01-01T00:00:00Z".parse().unwrap(),
        assets: vec![
            Asset {
                symbol: "BTC".into(),
                kind: AssetKind::Coin,
                price_usd: spot,
                discount_rate: coin_rate,
            },
            Asset {
                symbol: Symbol::usd(),
                kind: AssetKind::Fiat,
                price_usd: 1.0,
                discount_rate: usd_rate,
            },
        ],
        underlyings: vec![Underlying {
            symbol: "BTC".into(),
            forwards: ForwardCurve::from_quotes(spot, &[(expiry, forward)]),
            volatility: Some(VolatilitySource::Flat(volatility)),
            funding_rate_8h: 0.0,
            perpetual_basis: 0.0,
            liquidity: None,
        }],
        history: None,
    };
    let position = Position {
        id: "option".to_owned(),
        account: 0,
        instrument,
        quantity: 1.0,
        entry_price: None,
        volatility: None,
        tags: vec![],
    };
    let book = Portfolio {
        name: "book".to_owned(),
        venues: vec![],
        accounts: vec![Account {
            recourse: true,
            balances: vec![Balance {
                asset: Symbol::usd(),
                quantity: 0.0,
                haircut: 0.0,
                borrow_rate: 0.0,
            }],
            ..Account::new("account")
        }],
        positions: vec![position],
        orders: vec![],
        margin_calls: None,
        hedges: Vec::new(),
    };
    let keys = required_factors(&market, &book).into_iter();
    let factors = keys.map(|key| Factor {
        key,
        volatility: 0.0,
        source: "test".to_owned(),
        log_mean: vec![0.0],
    });
    let model = FactorModel {
        factors: factors.collect(),
        returns: ReturnKind::Log,
        grid: TimeGrid {
            nodes: vec![Years(1e-3 * expiry.get())],
            calibration_interval: Years::from_days(1.0),
        },
        correlation_factor: vec![],
        process: Process::Gbm,
    };
    World { market, book, model }
}

/// Value of the option on paths whose spot is `spots`, no time passed.
fn values(world: &World, spot: f64, spots: &[f64]) -> Vec<f64> {
    let settings = PricingSettings::full();
    let (market, book, model) = (&world.market, &world.book, &world.model);
    let compiled =
        CompiledBook::compile(market, book, model, settings, Granularity::Position).unwrap();
    let mut block = FactorBlock::new(model.factors.len(), spots.len());
    let index = model.factors.iter().position(|factor| factor.key.to_string() == "BTC.spot");
    let (logs, levels) = block.factor_mut(index.unwrap());
    for (path, moved) in spots.iter().enumerate() {
        levels[path] = moved / spot;
        logs[path] = libm::log(moved / spot);
    }
    let mut state = PathState::new(&compiled, spots.len());
    let mut out = vec![0.0; compiled.rows().len() * spots.len()];
    compiled.start_block(&mut state, spots.len());
    compiled.values_today(InstructionSet::detect(), &block, &mut state, &mut out);
    out.truncate(spots.len());
    out
}

/// Family 1, `inverse_options_computed.csv`. The coin's forward is `S·e^{(r−q)T}` and its coin value
/// `Black76/F · e^{−qT}`: q is the coin's discount rate.
#[test]
fn coin_settled_options() {
    let Some(cases) = Cases::read("reference/1_options/inverse_options_computed.csv") else {
        return;
    };
    assert_eq!(cases.rows.len(), 20);
    for row in &cases.rows {
        let number = |name: &str| cases.number(row, name);
        let (spot, years) = (number("spot_usd"), number("t_years"));
        let (rate, coin_rate) = (number("r_usd"), number("q_coin"));
        let forward = spot * libm::exp((rate - coin_rate) * years);
        let instrument = Instrument::Option {
            underlying: "BTC".into(),
            settlement: Settlement::Inverse,
            expiry: Years(years),
            strike: number("strike_usd"),
            right: cases.right(row),
        };
        let volatility = number("vol");
        let quotes = Quotes { spot, forward, volatility, coin_rate, usd_rate: 0.0 };
        let world = world(quotes, instrument);
        // Beside today's spot, paths at other spots of the same block must not disturb it.
        let found = values(&world, spot, &[0.5 * spot, spot, 2.0 * spot])[1];
        let expected = number("value_usd");
        assert!((found - expected).abs() <= 1e-9 * expected.max(1e-3 * spot), "{row:?} {found}");
        let book = greeks(&world.market, &world.book, PricingSettings::full(), &[]).unwrap();
        // d(V_usd)/d(ln S) = S·(v + S·dv/dS) with v the coin value; net delta = Δ − v.
        let delta = (number("net_delta_coin") + number("value_coin")) * spot;
        let found = book.total.dollar_delta;
        assert!((found - delta).abs() <= 1e-8 * spot, "{row:?} {found} {delta}");
        let vega = 0.01 * number("vega_coin") * spot;
        assert!((book.total.vega_1pt - vega).abs() <= 1e-8 * spot, "{row:?}");
        let gamma = spot * spot * (2.0 * number("d_coin_dS") + spot * number("d2_coin_dS2"));
        let found = book.total.gamma_1pct / 0.01;
        assert!((found - gamma).abs() <= 1e-6 * spot, "{row:?} {found} {gamma}");
    }
}

/// Family 1, `black76_computed.csv`, as linear options; values there are discounted at r.
#[test]
fn linear_options() {
    let Some(cases) = Cases::read("reference/1_options/black76_computed.csv") else { return };
    assert_eq!(cases.rows.len(), 30);
    for row in &cases.rows {
        let number = |name: &str| cases.number(row, name);
        let (forward, years) = (number("forward"), number("t_years"));
        let instrument = Instrument::Option {
            underlying: "BTC".into(),
            settlement: Settlement::Linear { quote: Symbol::usd() },
            expiry: Years(years),
            strike: number("strike"),
            right: cases.right(row),
        };
        let quotes = Quotes {
            spot: forward,
            forward,
            volatility: number("vol"),
            coin_rate: 0.0,
            usd_rate: number("r"),
        };
        let world = world(quotes, instrument);
        let found = values(&world, forward, &[forward])[0];
        let expected = number("value");
        assert!((found - expected).abs() <= 1e-12 * forward, "{row:?} {found}");
        let book = greeks(&world.market, &world.book, PricingSettings::full(), &[]).unwrap();
        let delta = number("delta_fwd") * forward;
        assert!((book.total.dollar_delta - delta).abs() <= 1e-9 * forward, "{row:?}");
        let gamma = number("gamma_fwd") * forward * forward;
        let found = book.total.gamma_1pct / 0.01;
        assert!((found - gamma).abs() <= 1e-8 * forward, "{row:?} {found} {gamma}");
    }
}
