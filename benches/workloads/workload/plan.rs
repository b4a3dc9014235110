//! A workload as a plan of the engine: what a user gets from documents, built from values.

use plimsoll::engine::{Fit, Plan};
use plimsoll::market::Market;
use plimsoll::portfolio::Portfolio;
use plimsoll::pricing;
use plimsoll::scenario::{
    CorrelationSettings, Drift, EventSettings, MeasureSettings, ModelSettings,
    NotPositiveSemidefinite, ProcessSettings, ReturnKind, Revaluation, SamplingSettings, Scenario,
    SimulationSettings, SmileDynamics, StatedVolatility, VolatilityDynamics, VolatilitySettings,
};
use plimsoll::simulation::{Calibrated, TimeGrid, calibrate};
use plimsoll::units::{ConfidenceLevel, Years};

use super::book::{market, portfolio, rules};
use super::data::{FactorData, HORIZON_YEARS, SHORTFALL_LEVEL, VALUE_AT_RISK_LEVEL, Workload};

/// What is chosen at each run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    pub paths: u64,
    pub seed: u64,
    pub revaluation: Revaluation,
}

/// Calibrates and plans: spots move, everything else (volatility levels, basis, funding) stays.
pub fn plan(workload: &Workload, sampling: Sampling) -> Plan {
    let (market, portfolio) = (market(workload), portfolio(workload));
    let scenario = scenario(workload, sampling);
    let Calibrated { model, notes, correlation, correlation_source, projection_distance, .. } =
        calibrated(&scenario, &market, &portfolio);
    let correlation = correlation.row_iter().map(|row| row.iter().copied().collect()).collect();
    Plan {
        plimsoll_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario,
        portfolio,
        portfolio_with_trades: None,
        market,
        venue_rules: rules(workload),
        policy: None,
        condition: None,
        model,
        hazards: plimsoll::engine::Hazards::default(),
        replayed: Vec::new(),
        search: None,
        stressed_model: None,
        floored_model: None,
        volatility_floor: String::new(),
        grid: Vec::new(),
        sampling: plimsoll::simulation::Sampling::Plain,
        fit: Fit {
            correlation,
            correlation_source,
            projection_distance,
            notes,
            fallbacks: Vec::new(),
            stressed: None,
        },
        findings: Vec::new(),
        inputs: Vec::new(),
    }
}

fn calibrated(scenario: &Scenario, market: &Market, portfolio: &Portfolio) -> Calibrated {
    let keys = pricing::required_factors(market, portfolio);
    let positions = portfolio.positions.iter();
    let expiries: Vec<Years> = positions.filter_map(|held| held.instrument.expiry()).collect();
    let simulation = &scenario.simulation;
    let nodes = TimeGrid::merged_nodes(simulation.horizon, simulation.steps, &expiries);
    let nodes = nodes.expect("a workload has steps");
    let found = calibrate(&scenario.model, simulation.returns, &keys, market, &nodes);
    found.expect("every spot has a stated volatility")
}

fn scenario(workload: &Workload, sampling: Sampling) -> Scenario {
    let level = |level| ConfidenceLevel::new(level).expect("inside (0.5, 1)");
    Scenario {
        name: workload.name.to_owned(),
        description: String::new(),
        simulation: SimulationSettings {
            sampling: SamplingSettings::default(),
            horizon: Years(HORIZON_YEARS),
            steps: workload.steps,
            paths: sampling.paths,
            precision: None,
            paths_max: sampling.paths,
            seed: sampling.seed,
            returns: ReturnKind::Log,
            revaluation: sampling.revaluation,
        },
        model: model(workload),
        measures: MeasureSettings {
            levels: vec![level(SHORTFALL_LEVEL), level(VALUE_AT_RISK_LEVEL)],
            contribution_level: level(SHORTFALL_LEVEL),
            worst_paths: 10,
            liquidity_horizons: None,
        },
        events: EventSettings::default(),
        historical: None,
        shock: None,
        grid: None,
        reverse: None,
    }
}

fn model(workload: &Workload) -> ModelSettings {
    let name = |factor: &FactorData| format!("{}.spot", factor.id);
    let stated = |factor: &FactorData| StatedVolatility {
        factor: name(factor),
        volatility: factor.volatility,
    };
    ModelSettings {
        process: ProcessSettings::Gbm,
        drift: Drift::Zero,
        volatility: VolatilitySettings::Sample { window: None },
        stated_volatilities: workload.factors.iter().map(stated).collect(),
        correlation: CorrelationSettings::Stated {
            factors: workload.factors.iter().map(name).collect(),
            matrix: workload.correlation.matrix(workload.factors.len()),
        },
        not_positive_semidefinite: NotPositiveSemidefinite::Reject,
        volatility_dynamics: VolatilityDynamics {
            smile: SmileDynamics::StickyDelta,
            damping_power: 0.0,
        },
        stressed: None,
    }
}
