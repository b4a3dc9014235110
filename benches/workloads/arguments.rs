//! What to run: workloads, paths, threads, repetitions.

use clap::Parser;
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::scenario::Revaluation;

use crate::workload::Work;

/// Runs the reference workloads and prints one line of JSON each.
#[derive(Debug, Parser)]
#[command(name = "workloads")]
pub struct Arguments {
    /// Workloads to run; all of them by default.
    #[arg(value_enum, ignore_case = true)]
    works: Vec<Work>,
    /// Paths, one or more counts separated by commas; the workload's own by default.
    #[arg(long, value_delimiter = ',')]
    paths: Vec<u64>,
    /// Threads, one or more counts separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// Repetitions; times are medians over them.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Seed of the first repetition, whose VaR and ES are printed.
    #[arg(long, default_value_t = 20_261_122)]
    seed: u64,
    /// Instruction set; the fastest this CPU has by default.
    #[arg(long)]
    isa: Option<InstructionSet>,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One thing to measure.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub work: Work,
    pub revaluation: Revaluation,
    pub paths: u64,
    pub threads: usize,
    pub repeat: u32,
    pub seed: u64,
    pub isa: InstructionSet,
}

impl Arguments {
    pub fn works(&self) -> Vec<Work> {
        if self.works.is_empty() { vec![Work::W1, Work::W2, Work::W3] } else { self.works.clone() }
    }

    /// Every combination asked for.
    pub fn cases(&self, work: Work) -> Vec<Case> {
        let own = [work.generate().paths];
        let paths = if self.paths.is_empty() { own.as_slice() } else { &self.paths };
        let case = |paths, threads| Case {
            work,
            revaluation: Revaluation::Full,
            paths,
            threads,
            repeat: self.repeat,
            seed: self.seed,
            isa: self.isa.unwrap_or_else(InstructionSet::detect),
        };
        let by_paths = |&paths: &u64| self.threads.iter().map(move |&threads| case(paths, threads));
        paths.iter().flat_map(by_paths).collect()
    }
}
