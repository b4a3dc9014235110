//! Instructions executed by fixed small pieces of work, counted by valgrind: figures that a busy
//! machine does not disturb, so that a regression shows.
//!
//! `cargo bench --bench instructions` counts every case and compares it with
//! `benches/instructions/baseline.csv`; it fails where one needs more than its tolerance allows.
//! `-- --write` records new baselines, `-- NAME...` counts some cases only. Each case runs in a
//! process of its own under callgrind, which counts inside [`region::counted_region`] alone, with
//! AVX2 kernels (valgrind knows no AVX-512). Counts hold for one compiler and one `Cargo.lock`.

#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr)]

mod baseline;
mod callgrind;
mod cases;
mod region;
#[path = "../workloads/workload/mod.rs"]
mod workload;

use std::process::ExitCode;

use clap::Parser;

use baseline::{Baseline, Row, Verdict};
use callgrind::CountError;
use cases::{CASES, Case};

/// Counts the instructions of fixed small pieces of work.
#[derive(Debug, Parser)]
#[command(name = "instructions")]
struct Arguments {
    /// Cases to count; all of them by default.
    cases: Vec<String>,
    /// Record the counts as the new baseline.
    #[arg(long)]
    write: bool,
    /// Runs one case and exits: what the counted process is asked to do.
    #[arg(long, hide = true)]
    only: Option<String>,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.only {
        return run_alone(name);
    }
    if !cases::ISA.is_supported() {
        eprintln!("skipped: this CPU has no {}, which the counts are of", cases::ISA);
        return ExitCode::SUCCESS;
    }
    match count_all(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(CountError::NoValgrind) if std::env::var("CI").as_deref() != Ok("true") => {
            eprintln!("skipped: valgrind is not there");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run_alone(name: &str) -> ExitCode {
    let Some(case) = CASES.iter().find(|case| case.name == name) else {
        eprintln!("no case '{name}'");
        return ExitCode::FAILURE;
    };
    (case.run)();
    ExitCode::SUCCESS
}

/// Counts, prints a line a case, and tells whether all are within tolerance.
fn count_all(arguments: &Arguments) -> Result<bool, CountError> {
    let asked = &arguments.cases;
    let wanted = |case: &&Case| asked.is_empty() || asked.iter().any(|name| name == case.name);
    let mut baseline = Baseline::read();
    let mut good = true;
    println!("{:<28} {:>14} {:>14} {:>9}  verdict", "case", "instructions", "baseline", "change");
    for case in CASES.iter().filter(wanted) {
        let row = Row { elements: case.elements, instructions: callgrind::count(case.name)? };
        let verdict = baseline.verdict(case.name, row);
        println!("{}", verdict.line(case.name, row));
        good &= !matches!(verdict, Verdict::Worse { .. } | Verdict::Unknown);
        baseline.set(case.name, row);
    }
    if arguments.write {
        baseline.write();
        return Ok(true);
    }
    Ok(good)
}
