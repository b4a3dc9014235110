//! A small market, books on it, and a way to value them at given factor moves.

use crate::market::{Asset, AssetKind, ForwardCurve, Market, Underlying, VolatilitySource};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{
    Account, Balance, Instrument, MarginMode, OptionRight, Portfolio, Position, Settlement,
};
use crate::pricing::{CompiledBook, Granularity, PathState, PricingSettings, required_factors};
use crate::simulation::{Factor, FactorBlock, FactorKey, FactorModel, Process, TimeGrid};
use crate::units::{Symbol, Years};

pub(crate) const BTC: f64 = 60_000.0;
pub(crate) const ETH: f64 = 3_000.0;
pub(crate) const USDT: f64 = 0.999;

/// Discount rate of payoffs in BTC.
pub(crate) const BTC_RATE: f64 = 0.015;
/// Discount rate of payoffs in USDT.
pub(crate) const USDT_RATE: f64 = 0.04;

pub(crate) fn market() -> Market {
    let asset = |name: &str, kind, price_usd, discount_rate| Asset {
        symbol: Symbol::new(name),
        kind,
        price_usd,
        discount_rate,
    };
    Market {
        name: "test".to_owned(),
        as_of: "2026-01-01T08:00:00Z".parse().unwrap(),
        assets: vec![
            asset("BTC", AssetKind::Coin, BTC, BTC_RATE),
            asset("ETH", AssetKind::Coin, ETH, 0.0),
            asset("USD", AssetKind::Fiat, 1.0, 0.0),
            asset("USDT", AssetKind::Stablecoin, USDT, USDT_RATE),
        ],
        underlyings: vec![
            Underlying {
                symbol: Symbol::new("BTC"),
                forwards: ForwardCurve::from_quotes(BTC, &[(Years(0.25), 1.02 * BTC)]),
                volatility: Some(VolatilitySource::Flat(0.55)),
                funding_rate_8h: 1e-4,
                perpetual_basis: 2e-4,
                liquidity: None,
            },
            Underlying {
                symbol: Symbol::new("ETH"),
                forwards: ForwardCurve::default(),
                volatility: Some(VolatilitySource::AtTheMoney(vec![
                    (Years(0.02), 0.7),
                    (Years(0.5), 0.65),
                ])),
                funding_rate_8h: -5e-5,
                perpetual_basis: -1e-4,
                liquidity: None,
            },
        ],
        history: None,
    }
}

pub(crate) fn linear(quote: &str) -> Settlement {
    Settlement::Linear { quote: Symbol::new(quote) }
}

pub(crate) fn spot(coin: &str) -> Instrument {
    Instrument::Spot { asset: Symbol::new(coin) }
}

pub(crate) fn perpetual(coin: &str, settlement: Settlement) -> Instrument {
    Instrument::Perpetual { underlying: Symbol::new(coin), settlement }
}

pub(crate) fn future(coin: &str, settlement: Settlement, expiry: f64) -> Instrument {
    Instrument::Future { underlying: Symbol::new(coin), settlement, expiry: Years(expiry) }
}

pub(crate) fn option(
    coin: &str,
    settlement: Settlement,
    expiry: f64,
    strike: f64,
    right: OptionRight,
) -> Instrument {
    Instrument::Option {
        underlying: Symbol::new(coin),
        settlement,
        expiry: Years(expiry),
        strike,
        right,
    }
}

pub(crate) fn position(instrument: Instrument, quantity: f64) -> Position {
    Position {
        id: format!("{instrument:?}"),
        account: 0,
        instrument,
        quantity,
        entry_price: None,
        volatility: None,
        tags: Vec::new(),
    }
}

pub(crate) fn balance(asset: &str, quantity: f64) -> Balance {
    Balance { asset: Symbol::new(asset), quantity, haircut: 0.0, borrow_rate: 0.0 }
}

pub(crate) fn book_of(positions: Vec<Position>, balances: Vec<Balance>) -> Portfolio {
    Portfolio {
        name: "book".to_owned(),
        venues: Vec::new(),
        accounts: vec![Account {
            margin_mode: MarginMode::Cross,
            recourse: true,
            balances,
            ..Account::new("account")
        }],
        positions,
        orders: Vec::new(),
        margin_calls: None,
        hedges: Vec::new(),
    }
}

/// A book with one of everything, in two accounts.
pub(crate) fn mixed_book() -> Portfolio {
    use OptionRight::{Call, Put};
    let inverse = || Settlement::Inverse;
    let mut positions = vec![
        position(spot("ETH"), 12.0),
        position(perpetual("BTC", linear("USDT")), -3.0),
        position(perpetual("BTC", inverse()), 50_000.0),
        position(perpetual("ETH", linear("USD")), 25.0),
        position(future("BTC", linear("USDT"), 0.25), 1.5),
        position(future("BTC", inverse(), 0.02), -80_000.0),
        position(option("BTC", inverse(), 0.02, 58_000.0, Put), -2.0),
        position(option("BTC", inverse(), 0.25, 70_000.0, Call), 4.0),
        position(option("ETH", linear("USDT"), 0.1, 3_200.0, Call), -30.0),
        position(option("ETH", linear("USDT"), 0.1, 3_200.0, Put), -10.0),
    ];
    positions[1].entry_price = Some(58_500.0);
    positions[2].entry_price = Some(61_000.0);
    positions[4].entry_price = Some(60_100.0);
    for (index, position) in positions.iter_mut().enumerate() {
        position.account = index % 2;
    }
    let mut borrowed = balance("USDT", -40_000.0);
    borrowed.borrow_rate = 0.12;
    let mut book = book_of(positions, vec![balance("BTC", 2.0), borrowed]);
    let mut second = book.accounts[0].clone();
    second.name = "second".to_owned();
    second.balances = vec![balance("USD", 100_000.0)];
    book.accounts.push(second);
    book
}

/// A model with exactly the factors the book needs; only keys and nodes matter to pricing.
pub(crate) fn model(market: &Market, book: &Portfolio, nodes: &[f64]) -> FactorModel {
    let keys = required_factors(market, book);
    let factors = keys.into_iter().map(|key| Factor {
        key,
        volatility: 0.5,
        source: "test".to_owned(),
        log_mean: vec![0.0; nodes.len()],
    });
    FactorModel {
        factors: factors.collect(),
        returns: serde_json::from_str("\"log\"").unwrap(),
        grid: TimeGrid {
            nodes: nodes.iter().map(|&node| Years(node)).collect(),
            calibration_interval: Years::from_days(1.0),
        },
        correlation_factor: Vec::new(),
        process: Process::Gbm,
    }
}

/// Writes log or additive changes of one factor on all paths of the block.
pub(crate) fn set(block: &mut FactorBlock, model: &FactorModel, key: &str, changes: &[f64]) {
    let named = |factor: &Factor| factor.key.to_string() == key;
    let index = model.factors.iter().position(named);
    let index = index.unwrap_or_else(|| panic!("no factor {key}"));
    let additive = matches!(model.factors[index].key, FactorKey::Basis(_) | FactorKey::Funding(_));
    let (logs, levels) = block.factor_mut(index);
    for (path, &change) in changes.iter().enumerate() {
        logs[path] = change;
        levels[path] = if additive { change } else { libm::exp(change) };
    }
}

/// A block at today's levels.
pub(crate) fn today(model: &FactorModel, path_count: usize) -> FactorBlock {
    FactorBlock::new(model.factors.len(), path_count)
}

pub(crate) fn compile(
    market: &Market,
    book: &Portfolio,
    model: &FactorModel,
    settings: PricingSettings,
) -> CompiledBook {
    CompiledBook::compile(market, book, model, settings, Granularity::Position).unwrap()
}

/// Rows × paths with no time passed.
pub(crate) fn values_today(compiled: &CompiledBook, block: &FactorBlock) -> Vec<f64> {
    let count = block.path_count();
    let mut state = PathState::new(compiled, count);
    let mut out = vec![f64::NAN; compiled.rows().len() * count];
    compiled.start_block(&mut state, count);
    compiled.values_today(InstructionSet::detect(), block, &mut state, &mut out);
    out
}

/// Rows × paths at the last of `nodes`, one block a node.
pub(crate) fn walk(compiled: &CompiledBook, blocks: &[FactorBlock]) -> Vec<f64> {
    walk_with(InstructionSet::detect(), compiled, blocks)
}

/// As [`walk`] on a given instruction set.
pub(crate) fn walk_with(
    isa: InstructionSet,
    compiled: &CompiledBook,
    blocks: &[FactorBlock],
) -> Vec<f64> {
    let count = blocks[0].path_count();
    let mut state = PathState::new(compiled, count);
    let mut out = vec![f64::NAN; compiled.rows().len() * count];
    compiled.start_block(&mut state, count);
    let mut previous = FactorBlock::new(blocks[0].factor_count(), count);
    for (node, block) in blocks.iter().enumerate() {
        compiled.step(isa, node, &previous, block, &mut state);
        previous.clone_from(block);
    }
    let last = blocks.len() - 1;
    compiled.values(isa, last, &blocks[last], &mut state, &mut out);
    out
}
