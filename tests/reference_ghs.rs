//! Family 3 of the reference cases: the portfolios of Glasserman, Heidelberger and Shahabuddin
//! (2000, 2002) under full revaluation. Exact probabilities and variance ratios are computed there
//! by Fourier inversion, those of stratified sampling estimated from 2·10⁶ draws.
//!
//! Run with `--nocapture` for the table of measured ratios.
#![allow(clippy::print_stderr)]

mod common;

use nalgebra::DMatrix;
use plimsoll::market::{Asset, AssetKind, ForwardCurve, Market, Underlying, VolatilitySource};
use plimsoll::numeric::InstructionSet;
use plimsoll::numeric::matrix::semidefinite_cholesky;
use plimsoll::numeric::quadratic_law::StudentQuadraticLaw;
use plimsoll::portfolio::{Account, Instrument, OptionRight, Portfolio, Position, Settlement};
use plimsoll::pricing::{
    CompiledBook, Granularity, PathState, PricingSettings, loss_expansion, required_factors,
};
use plimsoll::scenario::{ReturnKind, SamplingMethod, SamplingSettings};
use plimsoll::simulation::sampling::{
    Aim, LossExpansion, PrincipalQuadratic, SamplingRequest, fit,
};
use plimsoll::simulation::{
    Factor, FactorBlock, FactorKey, FactorModel, Process, Sampling, SimulationScratch, Simulator,
    TimeGrid,
};
use plimsoll::units::{Symbol, Years};
use serde_json::Value;

const FOLDER: &str = "reference/3_ghs_variance_reduction";
const SPOT: f64 = 100.0;
const VOLATILITY: f64 = 0.3;
const RATE: f64 = 0.05;
const HORIZON: Years = Years(0.04);
const SEED: u64 = 20_000_101;
const STRATA: u32 = 40;
/// Enough for a variance's relative error of a few per cent.
const IMPORTANCE_PATHS: u64 = 200_000;
const STRATIFIED_PATHS: u64 = 400_000;
const BLOCK: usize = 512;

fn cases(file: &str) -> Option<Vec<Value>> {
    let path = common::shared(&format!("{FOLDER}/{file}"))?;
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    Some(file["cases"].as_array().unwrap().clone())
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// One portfolio under one model.
struct World {
    book: CompiledBook,
    model: FactorModel,
    expansion: LossExpansion,
}

impl World {
    fn new(case: &Value, correlation: f64, process: Process) -> Self {
        let (market, portfolio) = (market(case), portfolio(case));
        let model = model(&market, &portfolio, correlation, process);
        let settings = PricingSettings::full();
        let by_account = Granularity::Account;
        let book = CompiledBook::compile(&market, &portfolio, &model, settings, by_account);
        let isa = InstructionSet::detect();
        let expansion = loss_expansion(&market, &portfolio, &model, settings, isa, |_| true);
        Self { book: book.unwrap(), model, expansion: expansion.unwrap() }
    }

    fn quadratic(&self) -> PrincipalQuadratic {
        PrincipalQuadratic::new(&self.model, &self.expansion)
    }

    fn fitted(&self, method: SamplingMethod, threshold: f64, paths: u64) -> Sampling {
        let settings = SamplingSettings { method, strata: STRATA, ..SamplingSettings::default() };
        let request = SamplingRequest {
            model: &self.model,
            expansion: &self.expansion,
            settings,
            aim: Aim::Loss(threshold),
            control_levels: &[],
            paths,
        };
        fit(method, &request).unwrap()
    }

    /// P(L > threshold) from `paths` paths: estimate, standard error, variance ratio over plain
    /// sampling with the exact probability.
    fn measure(&self, sampling: &Sampling, threshold: f64, exact: f64, paths: u64) -> Measured {
        let isa = InstructionSet::detect();
        let simulator = Simulator::with_sampling(&self.model, sampling, SEED, isa).unwrap();
        let factors = self.model.factors.len();
        let mut today = FactorBlock::new(factors, BLOCK);
        let mut block = FactorBlock::new(factors, BLOCK);
        let mut scratch = SimulationScratch::new(&simulator, BLOCK);
        let mut state = PathState::new(&self.book, BLOCK);
        let rows = self.book.rows().len();
        let mut values = vec![0.0; rows * BLOCK];
        let start: f64 = self.book.base_values().iter().sum();
        let mut weighted = Vec::with_capacity(paths as usize);
        let ids: Vec<u64> = (0..paths).collect();
        for ids in ids.chunks(BLOCK) {
            simulator.start(ids, &mut block, &mut scratch);
            today.copy_from(&block);
            simulator.advance(0, &mut block, &mut scratch);
            self.book.start_block(&mut state, ids.len());
            self.book.step(isa, 0, &today, &block, &mut state);
            let values = &mut values[..rows * ids.len()];
            self.book.values(isa, 0, &block, &mut state, values);
            for path in 0..ids.len() {
                let end: f64 = values.iter().skip(path).step_by(ids.len()).sum();
                let weight = block.weights().get(path).copied().unwrap_or(1.0);
                weighted.push(if start - end > threshold { weight } else { 0.0 });
            }
        }
        Measured::of(&weighted, sampling.unit() as usize, exact)
    }
}

struct Measured {
    probability: f64,
    error: f64,
    variance_ratio: f64,
}

impl Measured {
    fn of(values: &[f64], unit: usize, exact: f64) -> Self {
        let means: Vec<f64> =
            values.chunks_exact(unit).map(|one| one.iter().sum::<f64>() / unit as f64).collect();
        let units = means.len() as f64;
        let mean = means.iter().sum::<f64>() / units;
        let squares: f64 = means.iter().map(|one| (one - mean) * (one - mean)).sum();
        let variance = squares / (units - 1.0) / units;
        let plain = exact * (1.0 - exact) / values.len() as f64;
        Self { probability: mean, error: variance.sqrt(), variance_ratio: plain / variance }
    }

    #[track_caller]
    fn assert_finds(&self, exact: f64, what: &str) {
        let Self { probability, error, .. } = *self;
        let distance = (probability - exact).abs() / error;
        assert!(distance < 4.0, "{what}: {probability} ± {error}, exact {exact}");
    }
}

fn assets(case: &Value) -> &Vec<Value> {
    case["assets"].as_array().unwrap()
}

fn symbol(asset: &Value) -> Symbol {
    Symbol::new(&format!("A{:02}", asset["asset"].as_u64().unwrap()))
}

fn market(case: &Value) -> Market {
    let coin = |asset: &Value| Asset {
        symbol: symbol(asset),
        kind: AssetKind::Coin,
        price_usd: SPOT,
        discount_rate: 0.0,
    };
    let dollar =
        Asset { symbol: Symbol::usd(), kind: AssetKind::Fiat, price_usd: 1.0, discount_rate: RATE };
    let underlying = |asset: &Value| Underlying {
        symbol: symbol(asset),
        forwards: ForwardCurve::from_quotes(SPOT, &[(Years(1.0), SPOT * libm::exp(RATE))]),
        volatility: Some(VolatilitySource::Flat(VOLATILITY)),
        funding_rate_8h: 0.0,
        perpetual_basis: 0.0,
        liquidity: None,
    };
    Market {
        name: "GHS".to_owned(),
        as_of: "2026-01-01T00:00:00Z".parse().unwrap(),
        assets: assets(case).iter().map(coin).chain([dollar]).collect(),
        underlyings: assets(case).iter().map(underlying).collect(),
        history: None,
    }
}

fn portfolio(case: &Value) -> Portfolio {
    let mut positions = Vec::new();
    for asset in assets(case) {
        for held in asset["positions"].as_array().unwrap() {
            positions.push(position(symbol(asset), held, positions.len()));
        }
    }
    Portfolio {
        name: "GHS".to_owned(),
        venues: vec![],
        accounts: vec![Account { recourse: true, ..Account::new("account") }],
        positions,
        orders: vec![],
        margin_calls: None,
        hedges: Vec::new(),
    }
}

fn position(underlying: Symbol, held: &Value, index: usize) -> Position {
    let right = match held["type"].as_str() {
        Some("call") => OptionRight::Call,
        Some("put") => OptionRight::Put,
        other => panic!("{other:?}"),
    };
    Position {
        id: format!("position {index}"),
        account: 0,
        instrument: Instrument::Option {
            underlying,
            settlement: Settlement::Linear { quote: Symbol::usd() },
            expiry: Years(number(held, "expiry_years")),
            strike: number(held, "strike"),
            right,
        },
        quantity: number(held, "qty"),
        entry_price: None,
        volatility: None,
        tags: vec![],
    }
}

/// Simple returns about today's prices, volatilities that stay, one correlation between spots.
fn model(market: &Market, portfolio: &Portfolio, rho: f64, process: Process) -> FactorModel {
    let keys = required_factors(market, portfolio);
    let is_spot: Vec<bool> = keys.iter().map(|key| matches!(key, FactorKey::Spot(_))).collect();
    let correlation = DMatrix::from_fn(keys.len(), keys.len(), |row, column| {
        match (row == column, is_spot[row] && is_spot[column]) {
            (true, _) => 1.0,
            (false, true) => rho,
            (false, false) => 0.0,
        }
    });
    let factor = |key: FactorKey| Factor {
        volatility: if matches!(key, FactorKey::Spot(_)) { VOLATILITY } else { 0.0 },
        key,
        source: "stated".to_owned(),
        log_mean: vec![0.0],
    };
    FactorModel {
        factors: keys.into_iter().map(factor).collect(),
        returns: ReturnKind::Simple,
        grid: TimeGrid::from_nodes(vec![HORIZON], HORIZON).unwrap(),
        correlation_factor: semidefinite_cholesky(&correlation).unwrap().into_entries(),
        process,
    }
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * expected.abs(), "{what}: {found}, expected {expected}");
}

/// Both schemes find the exact probability; the ratio of importance sampling is the exact one
/// within 15 %, that of the stratified version at least 0.8 of the listed.
fn assert_schemes(world: &World, level: &Value, name: &str) {
    let (threshold, exact) = (number(level, "x"), number(level, "p_exact"));
    let measure = |method, paths| {
        let sampling = world.fitted(method, threshold, paths);
        world.measure(&sampling, threshold, exact, paths)
    };
    let importance = measure(SamplingMethod::Importance, IMPORTANCE_PATHS);
    let stratified = measure(SamplingMethod::Stratified, STRATIFIED_PATHS);
    let listed = [number(level, "vr_is_exact"), number(level, "vr_iss40_est")];
    eprintln!(
        "{name:32} p {exact:.4}  importance {:8.2} (listed {:8.2})  stratified {:8.2} (listed {:8.2})",
        importance.variance_ratio, listed[0], stratified.variance_ratio, listed[1]
    );
    importance.assert_finds(exact, &format!("{name}, importance"));
    stratified.assert_finds(exact, &format!("{name}, stratified"));
    assert_close(importance.variance_ratio, listed[0], 0.15, &format!("{name}, importance"));
    assert!(stratified.variance_ratio >= 0.8 * listed[1], "{name}, stratified");
}

#[test]
fn normal_portfolios() {
    let Some(cases) = cases("ghs_normal_exact.json") else { return };
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let name = case["id"].as_str().unwrap();
        let world = World::new(case, 0.0, Process::Gbm);
        let law = world.quadratic().law;
        let listed = &case["delta_gamma"];
        assert_close(law.constant, number(listed, "a"), 1e-4, &format!("{name}, constant"));
        assert_close(law.mean(), number(listed, "mean"), 1e-3, &format!("{name}, mean"));
        assert_close(law.variance().sqrt(), number(listed, "sd"), 1e-4, &format!("{name}, sd"));
        for level in case["levels"].as_array().unwrap() {
            let threshold = number(level, "x");
            let (tail, twist) = (law.tail_probability(threshold), law.twist_to(threshold));
            assert_close(tail, number(level, "p_delta_gamma"), 1e-4, &format!("{name}, tail"));
            assert_close(twist, number(level, "theta"), 1e-4, &format!("{name}, twist"));
            assert_schemes(&world, level, name);
        }
    }
}

/// The twisted quantity there is ν/(ν−2) times ours: its returns have scale one, ours variance one.
#[test]
fn student_t_portfolios() {
    let Some(cases) = cases("ghs_student_t_exact.json") else { return };
    assert_eq!(cases.len(), 5);
    for case in &cases {
        let (name, nu) = (case["id"].as_str().unwrap(), number(case, "nu"));
        let process = Process::StudentT { degrees_of_freedom: nu, truncation: 1.6 };
        let world = World::new(case, 0.0, process);
        let law = StudentQuadraticLaw { quadratic: world.quadratic().law, degrees_of_freedom: nu };
        let twist = law.twist_to(number(case, "x")) * nu / (nu - 2.0);
        assert_close(twist, number(case, "theta"), 1e-3, &format!("{name}, twist"));
        assert_schemes(&world, case, name);
    }
}

/// Thresholds by conditioning on the common factor. No ratios are listed: correlation leaves fewer
/// directions for a quadratic to explain, and the schemes must still be worth having.
#[test]
fn equicorrelated_portfolios() {
    let Some(cases) = cases("ghs_equicorrelated_exact.json") else { return };
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let name = case["id"].as_str().unwrap();
        let (exact, threshold) = (number(case, "p"), number(case, "x"));
        let world = World::new(case, number(case, "rho"), Process::Gbm);
        let mut ratios = [0.0; 2];
        let methods = [
            (SamplingMethod::Importance, IMPORTANCE_PATHS),
            (SamplingMethod::Stratified, STRATIFIED_PATHS),
        ];
        for (ratio, (method, paths)) in ratios.iter_mut().zip(methods) {
            let sampling = world.fitted(method, threshold, paths);
            let measured = world.measure(&sampling, threshold, exact, paths);
            measured.assert_finds(exact, &format!("{name}, {}", sampling.name()));
            *ratio = measured.variance_ratio;
        }
        let [importance, stratified] = ratios;
        eprintln!(
            "{name:32} p {exact:.4}  importance {importance:8.2}  stratified {stratified:8.2}"
        );
        assert!(importance > 4.0, "{name}: {importance}");
        assert!(stratified > 20.0, "{name}: {stratified}");
    }
}
