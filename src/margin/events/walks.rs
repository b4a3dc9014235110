//! Walks of a whole event stage along simulated paths, for tests.

use super::{EventStage, Node};
use crate::margin::tests::market;
use crate::margin::{MarginSetting, VenueRules};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::pricing::{CompiledBook, Granularity, PricingSettings, required_factors};
use crate::simulation::{
    Factor, FactorBlock, FactorKey, FactorModel, Process, SimulationScratch, Simulator, TimeGrid,
};
use crate::units::Years;

pub const DAY: f64 = 1.0 / 365.0;
pub const BTC_VOLATILITY: f64 = 0.6;
pub const DOGE_VOLATILITY: f64 = 1.0;
pub const SPOT_CORRELATION: f64 = 0.5;
const SEED: u64 = 20_261_122;

/// BTC, DOGE and the level of BTC's volatility move, the last against the coins.
pub fn model(portfolio: &Portfolio, steps: usize, process: Process) -> FactorModel {
    let volatility = |key: &FactorKey| match key {
        FactorKey::Spot(coin) if coin.as_str() == "BTC" => BTC_VOLATILITY,
        FactorKey::Spot(coin) if coin.as_str() == "DOGE" => DOGE_VOLATILITY,
        FactorKey::Volatility(_) => 0.8,
        _ => 0.0,
    };
    let keys: Vec<FactorKey> = required_factors(&market(), portfolio).into_iter().collect();
    let correlation = |a: &FactorKey, b: &FactorKey| match (a, b) {
        (a, b) if a == b => 1.0,
        (FactorKey::Spot(_), FactorKey::Spot(_)) => SPOT_CORRELATION,
        (FactorKey::Spot(_), FactorKey::Volatility(_))
        | (FactorKey::Volatility(_), FactorKey::Spot(_)) => -0.4,
        _ => 0.0,
    };
    let n = keys.len();
    let mut lower = vec![0.0_f64; n * n];
    for row in 0..n {
        for column in 0..=row {
            let products: f64 =
                (0..column).map(|k| lower[row * n + k] * lower[column * n + k]).sum();
            let rest = correlation(&keys[row], &keys[column]) - products;
            let diagonal = lower[column * n + column];
            lower[row * n + column] = if row == column { rest.sqrt() } else { rest / diagonal };
        }
    }
    let factor = |key: FactorKey| Factor {
        volatility: volatility(&key),
        key,
        source: "test".to_owned(),
        log_mean: vec![0.0; steps],
    };
    let node = |step: usize| match step + 1 == steps {
        true => Years(DAY),
        false => Years((step + 1) as f64 * DAY / steps as f64),
    };
    FactorModel {
        correlation_factor: lower,
        factors: keys.into_iter().map(factor).collect(),
        process,
        returns: serde_json::from_str("\"log\"").unwrap(),
        grid: TimeGrid { nodes: (0..steps).map(node).collect(), calibration_interval: Years(DAY) },
    }
}

/// What happened on a path to the first account.
#[derive(Debug, Clone, PartialEq)]
pub struct Walked {
    /// Node of the first liquidation.
    pub liquidated: Option<usize>,
    /// Node of the margin call.
    pub called: Option<usize>,
    /// Whether it were liquidated if looked at at the nodes alone; `None`: it is.
    pub at_nodes_alone: Option<bool>,
    /// Bits of notional closed, cost, bad debt.
    pub amounts: [u64; 3],
}

pub fn stage_of(
    portfolio: &Portfolio,
    rules: &VenueRules,
    model: &FactorModel,
    isa: InstructionSet,
) -> EventStage {
    let market = market();
    let pricing = PricingSettings::full();
    let valued =
        CompiledBook::compile(&market, portfolio, model, pricing, Granularity::Account).unwrap();
    let rules = [Some(rules.clone())];
    let setting = MarginSetting { rules: &rules, market: &market, portfolio, model, pricing };
    EventStage::compile(&setting, &valued, Streams::new(SEED, isa)).unwrap().unwrap()
}

pub fn walk(
    portfolio: &Portfolio,
    rules: &VenueRules,
    model: &FactorModel,
    paths: (u64, usize),
    isa: InstructionSet,
) -> Vec<Walked> {
    let stage = stage_of(portfolio, rules, model, isa);
    assert!(stage.watched_at_nodes_alone().is_empty());
    walk_stage(&stage, model, paths, isa)
}

pub fn walk_stage(
    stage: &EventStage,
    model: &FactorModel,
    (paths, block_paths): (u64, usize),
    isa: InstructionSet,
) -> Vec<Walked> {
    let alone = stage.at_nodes_alone();
    let watched = |stage: &EventStage| walk_watched(stage, model, (paths, block_paths), isa);
    let mut found = watched(stage);
    if let Some(alone) = alone {
        let pairs = found.iter_mut().zip(watched(&alone));
        pairs.for_each(|(one, alone)| one.at_nodes_alone = Some(alone.liquidated.is_some()));
    }
    found
}

fn walk_watched(
    stage: &EventStage,
    model: &FactorModel,
    (paths, block_paths): (u64, usize),
    isa: InstructionSet,
) -> Vec<Walked> {
    let simulator = Simulator::new(model, SEED, isa).unwrap();
    let mut state = stage.state(block_paths);
    let mut scratch = SimulationScratch::new(&simulator, block_paths);
    let block = || FactorBlock::new(model.factors.len(), block_paths);
    let (mut previous, mut current) = (block(), block());
    let ids: Vec<u64> = (0..paths).collect();
    let mut found = Vec::new();
    for ids in ids.chunks(block_paths) {
        simulator.start(ids, &mut current, &mut scratch);
        stage.start_block(&mut state, ids.len());
        for index in 0..model.grid.node_count() {
            std::mem::swap(&mut previous, &mut current);
            simulator.advance_from(index, &previous, &mut current, &mut scratch);
            let deviation = simulator.step_deviation(index, &scratch);
            let (previous, current) = (&previous, &current);
            stage.visit(&Node { isa, index, previous, current, deviation }, &mut state);
        }
        found.extend((0..ids.len()).map(|place| {
            let record = state.record(0, place);
            Walked {
                liquidated: record.liquidated(),
                called: record.called(),
                at_nodes_alone: None,
                amounts: [record.notional, record.cost, record.bad_debt].map(f64::to_bits),
            }
        }));
    }
    found
}
