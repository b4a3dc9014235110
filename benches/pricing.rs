//! Rates of revaluation: options alone, and a desk of 60 positions, on blocks of 512 paths.
//!
//! Every iteration values every path anew from factor levels that differ by path; criterion's
//! throughput is in position-paths (options bench) and paths (desk bench).
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plimsoll::market::{Asset, AssetKind, ForwardCurve, Market, Underlying, VolatilitySource};
use plimsoll::numeric::InstructionSet;
use plimsoll::portfolio::{
    Account, Balance, Instrument, MarginMode, OptionRight, Portfolio, Position, Settlement,
};
use plimsoll::pricing::{CompiledBook, Granularity, PathState, PricingSettings, required_factors};
use plimsoll::scenario::ReturnKind;
use plimsoll::simulation::{Factor, FactorBlock, FactorModel, Process, TimeGrid};
use plimsoll::units::{Symbol, Years};

const PATHS: usize = 512;
const COINS: [(&str, f64); 3] = [("BTC", 60_000.0), ("ETH", 3_000.0), ("SOL", 150.0)];

fn surface() -> VolatilitySource {
    let json = r#"{"surface": {"smiles": [{
        "expiry": 0.05, "forward": 60000.0, "deviation": 0.13,
        "svi": {"minimum": 0.012, "left_slope": 0.16, "right_slope": 0.10,
                "centre": 0.02, "width": 0.08},
        "correction": {"knots": [], "coefficients": []}}]}}"#;
    serde_json::from_str(json).expect("a surface")
}

fn market(volatility: &VolatilitySource) -> Market {
    let asset = |name: &str, kind, price_usd| Asset {
        symbol: name.into(),
        kind,
        price_usd,
        discount_rate: 0.0,
    };
    let mut assets: Vec<Asset> =
        COINS.iter().map(|(name, price)| asset(name, AssetKind::Coin, *price)).collect();
    assets.push(asset("USD", AssetKind::Fiat, 1.0));
    assets.push(asset("USDT", AssetKind::Stablecoin, 1.0));
    let underlying = |(name, _): &(&str, f64)| Underlying {
        symbol: (*name).into(),
        forwards: ForwardCurve::default(),
        volatility: Some(volatility.clone()),
        funding_rate_8h: 1e-4,
        perpetual_basis: 1e-4,
        liquidity: None,
    };
    let mut underlyings: Vec<Underlying> = COINS.iter().map(underlying).collect();
    assets.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    underlyings.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    Market {
        name: "bench".to_owned(),
        as_of: "2026-01-01T00:00:00Z".parse().expect("an instant"),
        assets,
        underlyings,
        history: None,
    }
}

/// `options` options over three coins and four expiries, and as many perpetuals and futures.
fn book(options: usize, linear: usize) -> Portfolio {
    let usdt = || Settlement::Linear { quote: "USDT".into() };
    let option = |index: usize| {
        let (coin, price) = COINS[index % 3];
        Instrument::Option {
            underlying: coin.into(),
            settlement: if index.is_multiple_of(2) { Settlement::Inverse } else { usdt() },
            expiry: Years([0.02, 0.05, 0.1, 0.25][index % 4]),
            strike: price * (0.7 + 0.02 * index as f64),
            right: if index.is_multiple_of(5) { OptionRight::Call } else { OptionRight::Put },
        }
    };
    let linear_instrument = |index: usize| {
        let underlying: Symbol = COINS[index % 3].0.into();
        match index % 4 {
            0 => Instrument::Perpetual { underlying, settlement: usdt() },
            1 => Instrument::Perpetual { underlying, settlement: Settlement::Inverse },
            2 => Instrument::Future { underlying, settlement: usdt(), expiry: Years(0.1) },
            _ => Instrument::Spot { asset: underlying },
        }
    };
    let instruments = (0..options).map(option).chain((0..linear).map(linear_instrument));
    let position = |(index, instrument)| Position {
        id: format!("p{index}"),
        account: index % 5,
        instrument,
        quantity: 1.0 + index as f64,
        entry_price: None,
        volatility: None,
        tags: vec![],
    };
    let account = |index| Account {
        name: format!("a{index}"),
        venue: None,
        margin_mode: MarginMode::Cross,
        leverage_max: None,
        recourse: true,
        balances: vec![Balance {
            asset: "BTC".into(),
            quantity: 1.0,
            haircut: 0.0,
            borrow_rate: 0.0,
        }],
    };
    Portfolio {
        name: "bench".to_owned(),
        venues: vec![],
        accounts: (0..5).map(account).collect(),
        positions: instruments.enumerate().map(position).collect(),
        orders: vec![],
    }
}

fn model(market: &Market, book: &Portfolio) -> FactorModel {
    let keys = required_factors(market, book).into_iter();
    let factors = keys.map(|key| Factor {
        key,
        volatility: 0.5,
        source: "bench".to_owned(),
        log_mean: vec![0.0],
    });
    FactorModel {
        factors: factors.collect(),
        returns: ReturnKind::Log,
        grid: TimeGrid {
            nodes: vec![Years::from_days(1.0)],
            calibration_interval: Years::from_days(1.0),
        },
        correlation_factor: vec![],
        process: Process::Gbm,
    }
}

/// Moves that differ by factor and path, a few per cent each.
fn moved(factor_count: usize) -> FactorBlock {
    let mut block = FactorBlock::new(factor_count, PATHS);
    for factor in 0..factor_count {
        let (logs, levels) = block.factor_mut(factor);
        for path in 0..PATHS {
            logs[path] = 0.002 * ((path * 37 + factor * 11) % 101) as f64 - 0.1;
            levels[path] = libm::exp(logs[path]);
        }
    }
    block
}

fn bench_book(criterion: &mut Criterion, name: &str, source: VolatilitySource, counts: [usize; 2]) {
    let market = market(&source);
    let book = book(counts[0], counts[1]);
    let model = model(&market, &book);
    let settings = PricingSettings::full();
    let compiled = CompiledBook::compile(&market, &book, &model, settings, Granularity::Account)
        .expect("the book compiles");
    let mut state = PathState::new(&compiled, PATHS);
    let mut out = vec![0.0; compiled.rows().len() * PATHS];
    let today = FactorBlock::new(model.factors.len(), PATHS);
    let block = moved(model.factors.len());
    let isa = InstructionSet::detect();
    let mut group = criterion.benchmark_group("pricing");
    group.throughput(Throughput::Elements((PATHS * (counts[0] + counts[1])) as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            compiled.start_block(&mut state, PATHS);
            compiled.step(isa, 0, &today, black_box(&block), &mut state);
            compiled.values(isa, 0, black_box(&block), &mut state, &mut out);
            black_box(&out);
        });
    });
    group.finish();
}

fn benches(criterion: &mut Criterion) {
    bench_book(criterion, "options, flat volatility", VolatilitySource::Flat(0.6), [30, 0]);
    bench_book(criterion, "options, surface", surface(), [30, 0]);
    bench_book(criterion, "futures and spot", VolatilitySource::Flat(0.6), [0, 30]);
    bench_book(criterion, "desk of 60 on a surface", surface(), [30, 30]);
}

criterion_group!(pricing, benches);
criterion_main!(pricing);
