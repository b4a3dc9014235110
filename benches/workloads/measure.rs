//! One workload, run and timed.

use std::collections::BTreeMap;

use plimsoll::engine::{Control, LiquidationTally, Plan, Prepared};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::risk::{LossSample, expected_shortfall, value_at_risk};
use plimsoll::units::ConfidenceLevel;

use crate::arguments::Case;
use crate::clock::{Spent, forget_peak_memory, peak_memory_mb, timed};
use crate::workload::{Sampling, plan};

/// What one repetition finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub value_at_risk: f64,
    pub expected_shortfall: f64,
    /// Share of paths on which each account was liquidated, where accounts can be.
    pub liquidation_probabilities: BTreeMap<String, f64>,
}

/// Times of one repetition.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Compiling the book and fitting its proxies.
    pub fit: Spent,
    /// Walking the paths, settling their tail, measuring.
    pub paths: Spent,
}

/// All repetitions of a case.
#[derive(Debug)]
pub struct Measured {
    pub set_up: Spent,
    /// One a repetition.
    pub runs: Vec<Times>,
    /// Of the first seed.
    pub figures: Figures,
    pub peak_memory_mb: Option<f64>,
}

/// Sets up once, then runs every repetition on its own seed.
pub fn measure(case: &Case) -> Measured {
    let workload = case.work.generate();
    let Case { revaluation, paths, seed, isa, .. } = *case;
    forget_peak_memory();
    let (mut plan, set_up) = timed(|| plan(&workload, Sampling { paths, seed, revaluation }));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(case.threads).build();
    let pool = pool.expect("threads can be started");
    let repetition = |number: u32| {
        plan.scenario.simulation.seed = seed + u64::from(number);
        pool.install(|| figures(&plan, isa))
    };
    let runs: Vec<(Figures, Times)> = (0..case.repeat).map(repetition).collect();
    Measured {
        set_up,
        figures: runs[0].0.clone(),
        runs: runs.into_iter().map(|(_, times)| times).collect(),
        peak_memory_mb: peak_memory_mb(),
    }
}

/// From the portfolio in memory to the measures.
fn figures(plan: &Plan, isa: InstructionSet) -> (Figures, Times) {
    let (prepared, fit) = timed(|| Prepared::new(plan, isa).expect("it compiles"));
    let (figures, paths) = timed(|| measures(plan, &prepared));
    (figures, Times { fit, paths })
}

fn measures(plan: &Plan, prepared: &Prepared) -> Figures {
    let paths = plan.scenario.simulation.paths;
    let part = prepared.losses(&Control::none()).expect("it runs").part;
    let levels: [ConfidenceLevel; 2] = [0, 1].map(|level| plan.scenario.measures.levels[level]);
    let sample = LossSample::plain(&part.losses, &levels).expect("losses are finite");
    let probability = |tally: &LiquidationTally| {
        let name = plan.portfolio.accounts[tally.account].name.clone();
        (name, tally.paths as f64 / paths as f64)
    };
    Figures {
        liquidation_probabilities: part.liquidations.iter().map(probability).collect(),
        value_at_risk: value_at_risk(&sample, levels[1]).loss.amount(),
        expected_shortfall: expected_shortfall(&sample, levels[0]).loss.amount(),
    }
}
