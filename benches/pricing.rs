//! Rates of revaluation: options alone, linear positions alone, and a desk of both, on blocks of 512
//! paths.
//!
//! Every iteration values every path anew from factor levels that differ by path; criterion's
//! throughput is in positions × paths, and the time printed, divided by them, the cost of one.
//! `flat` and `smile` move spot alone; `moving` moves every factor; `settled` expires at the node.
//! `costs` times what proxies are made of.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use plimsoll::market::{Asset, AssetKind, ForwardCurve, Market, Underlying, VolatilitySource};
use plimsoll::numeric::InstructionSet;
use plimsoll::numeric::chebyshev::{Tensor, accumulate};
use plimsoll::numeric::segments::{PiecewiseLinear, add_lines};
use plimsoll::portfolio::{
    Account, Balance, Instrument, MarginMode, OptionRight, Portfolio, Position, Settlement,
};
use plimsoll::pricing::{CompiledBook, Granularity, PathState, PricingSettings, required_factors};
use plimsoll::scenario::ReturnKind;
use plimsoll::simulation::{Factor, FactorBlock, FactorKey, FactorModel, Process, TimeGrid};
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

/// What is measured.
struct Case {
    name: &'static str,
    volatility: VolatilitySource,
    options: usize,
    linear: usize,
    /// Expiries of the options in years.
    expiries: [f64; 4],
    moves: Moves,
}

/// Factors that differ by path.
#[derive(Clone, Copy, PartialEq)]
enum Moves {
    Spots,
    Everything,
}

/// Beyond the horizon of a day.
const LATER: [f64; 4] = [0.02, 0.05, 0.1, 0.25];
const AT_HORIZON: [f64; 4] = [1.0 / 365.0; 4];

/// Options over three coins and the case's expiries, and perpetuals, futures and spot.
fn book(case: &Case) -> Portfolio {
    let Case { options, linear, expiries, .. } = *case;
    let usdt = || Settlement::Linear { quote: "USDT".into() };
    let option = |index: usize| {
        let (coin, price) = COINS[index % 3];
        Instrument::Option {
            underlying: coin.into(),
            settlement: if index.is_multiple_of(2) { Settlement::Inverse } else { usdt() },
            expiry: Years(expiries[index % 4]),
            strike: price * (0.7 + 0.6 * index as f64 / options as f64),
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
        margin_mode: MarginMode::Cross,
        recourse: true,
        balances: vec![Balance {
            asset: "BTC".into(),
            quantity: 1.0,
            haircut: 0.0,
            borrow_rate: 0.0,
        }],
        ..Account::new(format!("a{index}"))
    };
    Portfolio {
        name: "bench".to_owned(),
        venues: vec![],
        accounts: (0..5).map(account).collect(),
        positions: instruments.enumerate().map(position).collect(),
        orders: vec![],
        margin_calls: None,
        hedges: Vec::new(),
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
fn moved(model: &FactorModel, moves: Moves) -> FactorBlock {
    let mut block = FactorBlock::new(model.factors.len(), PATHS);
    for (index, factor) in model.factors.iter().enumerate() {
        if moves == Moves::Spots && !matches!(factor.key, FactorKey::Spot(_)) {
            continue;
        }
        let (logs, levels) = block.factor_mut(index);
        for path in 0..PATHS {
            logs[path] = 0.002 * ((path * 37 + index * 11) % 101) as f64 - 0.1;
            levels[path] = libm::exp(logs[path]);
        }
    }
    block
}

fn bench_case(group: &mut BenchmarkGroup<'_, WallTime>, case: &Case) {
    let market = market(&case.volatility);
    let book = book(case);
    let model = model(&market, &book);
    let settings = PricingSettings::full();
    let compiled = CompiledBook::compile(&market, &book, &model, settings, Granularity::Account)
        .expect("the book compiles");
    let mut state = PathState::new(&compiled, PATHS);
    let mut out = vec![0.0; compiled.rows().len() * PATHS];
    let today = FactorBlock::new(model.factors.len(), PATHS);
    let block = moved(&model, case.moves);
    let isa = InstructionSet::detect();
    group.throughput(Throughput::Elements((PATHS * (case.options + case.linear)) as u64));
    group.bench_function(case.name, |bencher| {
        bencher.iter(|| {
            compiled.start_block(&mut state, PATHS);
            compiled.step(isa, 0, &today, black_box(&block), &mut state);
            compiled.values(isa, 0, black_box(&block), &mut state, &mut out);
            black_box(&out);
        });
    });
}

fn benches(criterion: &mut Criterion) {
    let flat = || VolatilitySource::Flat(0.6);
    let options = |name, volatility, expiries, moves| Case {
        name,
        volatility,
        options: 120,
        linear: 0,
        expiries,
        moves,
    };
    let cases = [
        options("options, flat", flat(), LATER, Moves::Spots),
        options("options, flat, moving", flat(), LATER, Moves::Everything),
        options("options, smile", surface(), LATER, Moves::Spots),
        options("options, smile, moving", surface(), LATER, Moves::Everything),
        options("options, settled", flat(), AT_HORIZON, Moves::Everything),
        Case {
            options: 0,
            linear: 30,
            ..options("futures and spot", flat(), LATER, Moves::Everything)
        },
        Case {
            options: 30,
            linear: 30,
            ..options("desk, smile, moving", surface(), LATER, Moves::Everything)
        },
    ];
    let mut group = criterion.benchmark_group("pricing");
    group.warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1));
    group.sample_size(20);
    for case in cases {
        bench_case(&mut group, &case);
    }
    group.finish();
}

/// The unit of operations by which proxies are chosen, and what they do beside polynomials: time
/// over paths is the cost of one path, of `polynomial` that of 40 coefficients.
fn costs(criterion: &mut Criterion) {
    let isa = InstructionSet::detect();
    let t: Vec<f64> = (0..PATHS).map(|path| libm::sin(1.7 * path as f64)).collect();
    let mut sums = vec![0.0; PATHS];
    let mut group = criterion.benchmark_group("costs");
    group.warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(PATHS as u64));
    let coefficients = (0..40).map(|k| 1.0 / (1.0 + f64::from(k))).collect();
    let polynomial = Tensor::new(&[coefficients]);
    group.bench_function("polynomial", |bencher| {
        bencher.iter(|| accumulate(isa, &polynomial, black_box(&t), &[], &mut sums));
    });
    for knots in [10, 40, 200] {
        let kinks: Vec<(f64, f64)> =
            (0..knots).map(|knot| (2.0 * f64::from(knot) / f64::from(knots) - 1.0, 0.5)).collect();
        let payoff = PiecewiseLinear::new([0.0; 2], &kinks).expect("few knots");
        group.bench_function(format!("line among {knots} knots"), |bencher| {
            bencher.iter(|| add_lines(isa, &payoff, black_box(&t), &mut sums));
        });
    }
    group.finish();
}

criterion_group!(pricing, benches, costs);
criterion_main!(pricing);
