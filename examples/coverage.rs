//! Measures how often the 95 % intervals of VaR and ES cover the truth.
//!
//! `cargo run --release --example coverage -- [RUNS] [PATHS]`, by default 2000 runs (seeds) of
//! 50,000 paths. Prints a row for every distribution and level: true tail index, coverage of
//! both intervals, mean half-width over the asymptotic one, share of runs flagged heavy-tailed.
#![allow(clippy::print_stdout)]

#[path = "../tests/common/coverage.rs"]
mod coverage;

use coverage::{Losses, measure};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text.parse().expect("arguments are whole numbers: RUNS PATHS"),
        None => default,
    };
    let (runs, paths) = (number(2_000), number(50_000) as usize);
    println!("{runs} runs of {paths} paths");
    println!("losses           xi   level   VaR %   ES %   width VaR  width ES  flagged %");
    let all = [
        Losses::Normal,
        Losses::Exponential,
        Losses::StudentT(12),
        Losses::StudentT(6),
        Losses::StudentT(4),
        Losses::StudentT(3),
    ];
    for losses in all {
        for level in [0.975, 0.99] {
            let found = measure(losses, level, paths, runs, 1.0);
            let [var, es] = found.coverage().map(|share| share * 100.0);
            let [var_width, es_width] = found.width_ratio;
            let flagged = 100.0 * found.flagged as f64 / runs as f64;
            let name = format!("{losses:?}");
            println!(
                "{name:<14} {:>5.3}  {level:<5}  {var:>6.2} {es:>6.2}  {var_width:>9.3} \
                 {es_width:>9.3}  {flagged:>9.1}",
                losses.xi(),
            );
        }
    }
}
