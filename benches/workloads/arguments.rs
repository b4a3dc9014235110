//! What to run: workloads, paths, threads, repetitions.

use clap::{Parser, ValueEnum};
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
    /// How options are revalued, one or more modes separated by commas; by default both for W1,
    /// and full revaluation for W2 and W3, which hold no options.
    #[arg(long, value_enum, value_delimiter = ',')]
    mode: Vec<Mode>,
    /// Instruction set; the fastest this CPU has by default.
    #[arg(long)]
    isa: Option<InstructionSet>,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How options are revalued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// By their formula on every path.
    Full,
    /// By interpolants, and by their formula wherever the tail could depend on it.
    Proxy,
    /// As the engine chooses.
    Auto,
}

impl Mode {
    fn revaluation(self) -> Revaluation {
        match self {
            Self::Full => Revaluation::Full,
            Self::Proxy => Revaluation::Proxy,
            Self::Auto => Revaluation::Auto,
        }
    }
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
        let mut cases = Vec::new();
        for &paths in paths {
            for mode in self.modes(work) {
                let revaluation = mode.revaluation();
                let threads = self.threads.iter();
                cases.extend(threads.map(|&threads| self.case(work, revaluation, paths, threads)));
            }
        }
        cases
    }

    fn modes(&self, work: Work) -> Vec<Mode> {
        match (work, self.mode.is_empty()) {
            (_, false) => self.mode.clone(),
            (Work::W1, true) => vec![Mode::Full, Mode::Proxy],
            (Work::W2 | Work::W3, true) => vec![Mode::Full],
        }
    }

    fn case(&self, work: Work, revaluation: Revaluation, paths: u64, threads: usize) -> Case {
        Case {
            work,
            revaluation,
            paths,
            threads,
            repeat: self.repeat,
            seed: self.seed,
            isa: self.isa.unwrap_or_else(InstructionSet::detect),
        }
    }
}
