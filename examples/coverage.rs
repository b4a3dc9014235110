//! Measures how often the 95 % intervals of VaR and ES cover the truth.
//!
//! `cargo run --release --example coverage -- [RUNS] [PATHS]`, by default 2000 runs (seeds) of
//! 50,000 paths. Prints a row for every distribution and level of plain samples (true tail index,
//! coverage of both intervals, mean half-width over the asymptotic one, share of runs flagged
//! heavy-tailed), then one for every sampling scheme, book and level: coverage, the variance of a
//! plain sample of as many paths over the scheme's, and the order at which half-widths shrink
//! from a quarter of the paths (0.5 is that of independent draws).
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../tests/common/coverage.rs"]
mod coverage;
#[path = "../tests/common/schemes.rs"]
mod schemes;

use coverage::{Losses, measure};
use plimsoll::risk::NORMAL_95;
use plimsoll::units::ConfidenceLevel;
use schemes::{Book, Fault, Scheme, score};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text.parse().expect("arguments are whole numbers: RUNS PATHS"),
        None => default,
    };
    let (runs, paths) = (number(2_000), number(50_000) as usize);
    println!("{runs} runs of {paths} paths");
    plain(runs, paths);
    println!();
    by_scheme(runs, paths);
}

fn plain(runs: u64, paths: usize) {
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

fn by_scheme(runs: u64, paths: usize) {
    println!(
        "scheme                book     level   VaR %   ES %   variance VaR  ES   order VaR  ES"
    );
    for scheme in Scheme::ALL {
        for book in [Book::Linear, Book::Squares] {
            for level in [0.975, 0.99] {
                row(scheme, book, level, paths, runs);
            }
        }
    }
}

fn row(scheme: Scheme, book: Book, level: f64, paths: usize, runs: u64) {
    let found = score(book, scheme, Fault::None, level, paths, runs);
    // Fewer runs tell a mean width well enough.
    let fewer = score(book, scheme, Fault::None, level, paths / 4, runs / 10);
    let errors = book.plain_errors(ConfidenceLevel::new(level).expect("a level"));
    let half_width = |index: usize| NORMAL_95 * errors[index] / (paths as f64).sqrt();
    let gain = [0, 1].map(|index| {
        let ratio = half_width(index) / found.half_width[index];
        ratio * ratio
    });
    let order =
        [0, 1].map(|index| (fewer.half_width[index] / found.half_width[index]).ln() / 4f64.ln());
    let [var, es] = found.coverage().map(|share| share * 100.0);
    let (name, book) = (format!("{scheme:?}"), format!("{book:?}"));
    println!(
        "{name:<21} {book:<8} {level:<5}  {var:>6.2} {es:>6.2}  {:>12.2} {:>4.2}  {:>9.2} {:>4.2}",
        gain[0], gain[1], order[0], order[1],
    );
}
