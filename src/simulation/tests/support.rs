//! Small models and sample statistics.

use nalgebra::DMatrix;

use crate::numeric::matrix::semidefinite_cholesky;
use crate::numeric::{InstructionSet, Purpose, Streams};
use crate::scenario::{JumpSettings, ReturnKind};
use crate::simulation::{
    DateShocks, Factor, FactorBlock, FactorKey, FactorModel, Process, SimulationScratch, Simulator,
    TimeGrid, VarianceFilter,
};
use crate::units::{Symbol, Years};

pub const SEED: u64 = 20_251_010;
pub const MILLION: usize = 1_000_000;
const BLOCK: usize = 1000;

pub fn days(values: &[f64]) -> Vec<Years> {
    values.iter().map(|&day| Years::from_days(day)).collect()
}

/// Log-return processes of spot factors `C0`, `C1`… with one correlation and growing forwards.
pub fn model(process: Process, volatilities: &[f64], rho: f64, node_days: &[f64]) -> FactorModel {
    let n = volatilities.len();
    let correlation = DMatrix::from_fn(n, n, |i, j| if i == j { 1.0 } else { rho });
    let grid = TimeGrid::from_nodes(days(node_days), Years::from_days(1.0)).unwrap();
    let factor = |(index, &volatility): (usize, &f64)| Factor {
        key: FactorKey::Spot(Symbol::new(&format!("C{index}"))),
        volatility,
        source: "stated".to_owned(),
        log_mean: grid.nodes.iter().map(|node| 0.1 * node.get()).collect(),
    };
    FactorModel {
        factors: volatilities.iter().enumerate().map(factor).collect(),
        returns: ReturnKind::Log,
        correlation_factor: semidefinite_cholesky(&correlation).unwrap().into_entries(),
        grid,
        process,
    }
}

/// Calls `visit(node, block)` for every node of `paths` paths.
pub fn simulate(model: &FactorModel, paths: usize, mut visit: impl FnMut(usize, &FactorBlock)) {
    let simulator = Simulator::new(model, SEED, InstructionSet::detect()).unwrap();
    let mut block = FactorBlock::new(model.factors.len(), BLOCK);
    let mut scratch = SimulationScratch::new(&simulator, BLOCK);
    for first in (0..paths).step_by(BLOCK) {
        let ids: Vec<u64> = (first as u64..paths.min(first + BLOCK) as u64).collect();
        simulator.start(&ids, &mut block, &mut scratch);
        for node in 0..model.grid.node_count() {
            simulator.advance(node, &mut block, &mut scratch);
            visit(node, &block);
        }
    }
}

/// Values of one factor at one node, `[path]`.
pub fn sample(
    model: &FactorModel,
    node: usize,
    factor: usize,
    paths: usize,
    read: impl Fn(&FactorBlock, usize) -> Vec<f64>,
) -> Vec<f64> {
    let mut values = Vec::with_capacity(paths);
    simulate(model, paths, |at, block| {
        if at == node {
            values.extend(read(block, factor));
        }
    });
    values
}

/// Logs of all factors at the last node, `[factor][path]`.
pub fn final_logs(model: &FactorModel, paths: usize) -> Vec<Vec<f64>> {
    let mut logs = vec![Vec::with_capacity(paths); model.factors.len()];
    let last = model.grid.node_count() - 1;
    simulate(model, paths, |node, block| {
        if node == last {
            for (factor, values) in logs.iter_mut().enumerate() {
                values.extend_from_slice(block.log(factor));
            }
        }
    });
    logs
}

/// Mean and its standard error.
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / n / n).sqrt())
}

pub fn deviation(values: &[f64]) -> f64 {
    mean_and_error(values).1 * (values.len() as f64).sqrt()
}

/// Asserts that the mean of `values` is `expected` within 4 standard errors.
#[track_caller]
pub fn assert_mean(values: &[f64], expected: f64, what: &str) {
    let (mean, error) = mean_and_error(values);
    let distance = (mean - expected) / error;
    assert!(distance.abs() < 4.0, "{what}: {mean} against {expected}, {distance} errors");
}

/// Asserts `E[S_t/S_0] = exp(log_mean)` for every factor at every node.
#[track_caller]
pub fn assert_martingale(model: &FactorModel, paths: usize) {
    let factors = model.factors.len();
    let mut sums = vec![(0.0, 0.0); model.grid.node_count() * factors];
    simulate(model, paths, |node, block| {
        for factor in 0..factors {
            let (sum, squares) = &mut sums[node * factors + factor];
            for level in block.level(factor) {
                *sum += level - 1.0;
                *squares += (level - 1.0) * (level - 1.0);
            }
        }
    });
    let n = paths as f64;
    for (index, (sum, squares)) in sums.iter().enumerate() {
        let (node, factor) = (index / factors, index % factors);
        let mean = sum / n;
        let error = ((squares / n - mean * mean) / n).sqrt();
        let expected = libm::expm1(model.factors[factor].log_mean[node]);
        let distance = (mean - expected) / error;
        assert!(
            distance.abs() < 4.0,
            "{}, node {node}, factor {factor}: {distance} errors",
            model.process.name()
        );
    }
}

/// Pearson correlation.
pub fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let (x_mean, y_mean) = (mean_and_error(x).0, mean_and_error(y).0);
    let products = x.iter().zip(y).map(|(a, b)| (a - x_mean) * (b - y_mean));
    products.sum::<f64>() / x.len() as f64 / deviation(x) / deviation(y)
}

/// Kolmogorov–Smirnov distance of two samples, both of which it sorts.
pub fn distance_in_distribution(x: &mut [f64], y: &mut [f64]) -> f64 {
    x.sort_by(f64::total_cmp);
    y.sort_by(f64::total_cmp);
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < x.len() && j < y.len() {
        if x[i] <= y[j] {
            i += 1;
        } else {
            j += 1;
        }
        let gap = i as f64 / x.len() as f64 - j as f64 / y.len() as f64;
        largest = largest.max(gap.abs());
    }
    largest
}

/// Critical distance of two samples of `n` at level 10⁻⁶: `√(−ln(α/2)/n)` (Smirnov 1948).
pub fn critical_distance(n: usize) -> f64 {
    (-libm::log(0.5e-6) / n as f64).sqrt()
}

/// A made-up history: normal moves of two factors, one in twenty dates four times as large, with
/// a quiet and a wild half; centred and scaled to unit variance.
pub fn history(factors: usize, dates: usize) -> DateShocks {
    let mut shocks = Vec::with_capacity(factors * dates);
    let streams = Streams::new(7, InstructionSet::Baseline);
    for factor in 0..factors {
        let mut moves = vec![0.0; dates];
        let ids: Vec<u64> = (0..dates as u64).collect();
        streams.fill_normals(Purpose::Synthetic, 0, factor as u32, &ids, &mut moves);
        for (date, value) in moves.iter_mut().enumerate() {
            *value *= if date % 20 == 3 { 4.0 } else { 1.0 };
            *value *= if date < dates / 2 { 0.5 } else { 1.5 };
        }
        let (mean, deviation) = (mean_and_error(&moves).0, deviation(&moves));
        shocks.extend(moves.iter().map(|value| (value - mean) / deviation));
    }
    DateShocks { dates, shocks }
}

pub fn jumps(intensity: f64, mean: f64, deviation: f64) -> JumpSettings {
    JumpSettings { intensity, mean, deviation }
}

/// One process of each kind, for `factors` factors.
pub fn processes(factors: usize) -> Vec<Process> {
    let filter = VarianceFilter { omega: 0.1, alpha: 0.1, beta: 0.8, cap: 9.0 };
    let marginals = (0..factors).map(|index| 3.0 + index as f64).collect();
    vec![
        Process::Gbm,
        Process::StudentT { degrees_of_freedom: 3.0, truncation: 1.6 },
        Process::TCopula { degrees_of_freedom: 4.0, marginals, truncation: 1.6 },
        Process::Merton { common: jumps(12.0, -0.05, 0.04), own: jumps(20.0, 0.02, 0.03) },
        Process::Bootstrap { restart: 0.2, history: history(factors, 400) },
        Process::FilteredHistorical {
            filters: vec![filter; factors],
            history: history(factors, 400),
        },
    ]
}
