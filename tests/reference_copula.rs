//! Simulated copulas against joint distribution functions computed by 30-digit quadrature.
#![allow(missing_docs)]

mod common;

use common::shared;
use plimsoll::numeric::InstructionSet;
use plimsoll::numeric::special::{normal_quantile, student_t_quantile};
use plimsoll::scenario::ReturnKind;
use plimsoll::simulation::{
    Factor, FactorBlock, FactorKey, FactorModel, Process, SimulationScratch, Simulator, TimeGrid,
};
use plimsoll::units::{Symbol, Years};

const PATHS: usize = 1_000_000;
const BLOCK: usize = 1000;
const MARGINAL: f64 = 4.0;

struct Case {
    id: String,
    /// `None`: the normal copula.
    degrees_of_freedom: Option<f64>,
    rho: f64,
    u: f64,
    joint: f64,
}

fn cases() -> Option<Vec<Case>> {
    let path = shared("reference/6_copula_tail_garch/copula_joint_cdf.csv")?;
    let mut reader = csv::Reader::from_path(path).unwrap();
    let case = |record: csv::StringRecord| Case {
        id: record[0].to_owned(),
        degrees_of_freedom: record[2].parse().ok(),
        rho: record[3].parse().unwrap(),
        u: record[4].parse().unwrap(),
        joint: record[5].parse().unwrap(),
    };
    Some(reader.records().map(|record| case(record.unwrap())).collect())
}

/// Two factors of unit volatility over one interval of a year, simple returns.
fn model(degrees_of_freedom: Option<f64>, rho: f64) -> FactorModel {
    let factor = |name: &str| Factor {
        key: FactorKey::Spot(Symbol::new(name)),
        volatility: 1.0,
        source: "stated".to_owned(),
        log_mean: vec![0.0],
    };
    let process = match degrees_of_freedom {
        None => Process::Gbm,
        Some(degrees_of_freedom) => {
            let marginals = vec![MARGINAL; 2];
            Process::TCopula { degrees_of_freedom, marginals, truncation: 1.6 }
        }
    };
    FactorModel {
        factors: vec![factor("A"), factor("B")],
        returns: ReturnKind::Simple,
        grid: TimeGrid::new(Years(1.0), 1, &[], Years(1.0)).unwrap(),
        correlation_factor: vec![1.0, 0.0, rho, (1.0 - rho * rho).sqrt()],
        process,
    }
}

/// Share of paths on which both returns are at or below `bound`.
fn share_below(model: &FactorModel, bound: f64) -> f64 {
    let simulator = Simulator::new(model, 7, InstructionSet::detect()).unwrap();
    let mut block = FactorBlock::new(2, BLOCK);
    let mut scratch = SimulationScratch::new(&simulator, BLOCK);
    let mut both = 0;
    for first in (0..PATHS).step_by(BLOCK) {
        simulator.start(
            &(first as u64..(first + BLOCK) as u64).collect::<Vec<_>>(),
            &mut block,
            &mut scratch,
        );
        simulator.advance(0, &mut block, &mut scratch);
        let pairs = block.level(0).iter().zip(block.level(1));
        both += pairs.filter(|(x, y)| **x - 1.0 <= bound && **y - 1.0 <= bound).count();
    }
    both as f64 / PATHS as f64
}

fn bound(case: &Case) -> f64 {
    match case.degrees_of_freedom {
        None => normal_quantile(case.u),
        Some(_) => student_t_quantile(case.u, MARGINAL) * ((MARGINAL - 2.0) / MARGINAL).sqrt(),
    }
}

/// Distance from the reference in standard errors.
fn errors(case: &Case, found: f64) -> f64 {
    (found - case.joint) / (case.joint * (1.0 - case.joint) / PATHS as f64).sqrt()
}

#[test]
fn joint_distributions_agree_with_quadrature() {
    let Some(cases) = cases() else { return };
    assert_eq!(cases.len(), 24);
    for case in &cases {
        let found = share_below(&model(case.degrees_of_freedom, case.rho), bound(case));
        let distance = errors(case, found);
        assert!(distance.abs() < 4.0, "{}: {found}, {distance} errors", case.id);
    }
}

#[test]
fn a_wrong_copula_is_told_apart() {
    let Some(cases) = cases() else { return };
    let case = cases.iter().find(|case| case.id == "TC3_0.01_0.3").unwrap();
    let wrong = share_below(&model(Some(5.0), case.rho), bound(case));
    assert!(errors(case, wrong).abs() > 10.0);
}
