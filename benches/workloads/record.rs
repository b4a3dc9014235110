//! A measurement as one line of JSON.

use std::collections::BTreeMap;

use plimsoll::scenario::Revaluation;
use serde::Serialize;

use crate::arguments::Case;
use crate::measure::{Measured, Times};

/// The fields of a line, in its order.
#[derive(Debug, Serialize)]
pub struct Record {
    work: &'static str,
    /// How options were revalued in the first pass.
    mode: &'static str,
    threads: usize,
    /// Wall clock, median: fit and paths.
    seconds: f64,
    /// Of all threads, median.
    cpu_seconds: f64,
    /// Of the above, compiling the book and fitting its proxies.
    fit_seconds: f64,
    fit_cpu_seconds: f64,
    /// Of the above, the paths: drawing, revaluing, settling the tail, measuring.
    path_seconds: f64,
    path_cpu_seconds: f64,
    /// Calibration and Cholesky factor, wall clock, once.
    set_up_seconds: f64,
    paths: u64,
    #[serde(rename = "VaR")]
    value_at_risk: f64,
    #[serde(rename = "ES")]
    expected_shortfall: f64,
    /// By account; left out where no account can be liquidated.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    liquidation_probabilities: BTreeMap<String, f64>,
    /// CPU time in all, over paths.
    nanoseconds_per_path: f64,
    /// Peak resident memory of this case, set-up included.
    peak_memory_mb: Option<f64>,
    repetitions: u32,
    seed: u64,
    instruction_set: String,
}

impl Record {
    pub fn of(case: &Case, measured: &Measured) -> Self {
        let Measured { set_up, runs, figures, peak_memory_mb } = measured;
        let middle = |of: &dyn Fn(&Times) -> f64| rounded(median(runs.iter().map(of)), 1e6);
        let cpu_seconds = middle(&|run| run.fit.cpu_seconds + run.paths.cpu_seconds);
        Self {
            work: case.work.generate().name,
            mode: mode(case.revaluation),
            threads: case.threads,
            seconds: middle(&|run| run.fit.seconds + run.paths.seconds),
            cpu_seconds,
            fit_seconds: middle(&|run| run.fit.seconds),
            fit_cpu_seconds: middle(&|run| run.fit.cpu_seconds),
            path_seconds: middle(&|run| run.paths.seconds),
            path_cpu_seconds: middle(&|run| run.paths.cpu_seconds),
            set_up_seconds: rounded(set_up.seconds, 1e6),
            paths: case.paths,
            value_at_risk: figures.value_at_risk,
            expected_shortfall: figures.expected_shortfall,
            liquidation_probabilities: figures.liquidation_probabilities.clone(),
            nanoseconds_per_path: rounded(cpu_seconds * 1e9 / case.paths as f64, 10.0),
            peak_memory_mb: peak_memory_mb.map(|value| rounded(value, 10.0)),
            repetitions: case.repeat,
            seed: case.seed,
            instruction_set: case.isa.to_string(),
        }
    }

    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every number is finite")
    }
}

fn mode(revaluation: Revaluation) -> &'static str {
    match revaluation {
        Revaluation::Full => "full",
        Revaluation::Delta => "delta",
        Revaluation::DeltaGamma => "delta-gamma",
        Revaluation::Proxy => "proxy",
        Revaluation::Auto => "auto",
    }
}

/// The middle value; the mean of the middle two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

fn rounded(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit
}
