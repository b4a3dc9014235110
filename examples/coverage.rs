//! Measures how often the 95 % intervals of VaR and ES cover the truth.
//!
//! `cargo run --release --example coverage -- [RUNS] [PATHS] [BOOK] [SCHEME]`, by default 2000 runs
//! (seeds) of 50,000 paths; 0 paths leave the first table out, a book (`StudentT`) and a scheme
//! (`Stratified`) narrow the second. The first has a row for every distribution and level
//! of plain samples (true tail index, coverage of both intervals, mean half-width over the
//! asymptotic one, share of runs flagged heavy-tailed). The second table has a row for every book,
//! sampling scheme, level aimed at and level, each run one of the engine on documents: coverage,
//! share of intervals above the truth, the variance of plain sampling over the scheme's, the order
//! at which half-widths shrink from a quarter of the paths (0.5 is that of independent draws), and
//! the root mean square distance from the truth over the error that the intervals tell. A third has
//! a row for every book with a venue that may fail, how failures are drawn, and level: coverage, mean
//! distance from the truth in its errors, and the mean square distance of plain failures over that of
//! strata; a book `Failures` shows it alone.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../tests/common/coverage.rs"]
mod coverage;
#[path = "../tests/common/engine_schemes.rs"]
mod engine_schemes;
#[path = "../tests/common/exact_sum.rs"]
mod exact_sum;
#[path = "../tests/common/failing_venue.rs"]
mod failing_venue;

use coverage::{Losses, measure};
use engine_schemes::{Fault, LEVELS, METHODS, Scored, World, score};
use failing_venue::{Failing, Weights};
use plimsoll::risk::NORMAL_95;
use plimsoll::scenario::{FailureSampling, SamplingMethod};

/// Whole pairs, rounds of 40 strata and 32 replicates, also of half and a quarter.
const SCHEME_PATHS: u64 = 10_240;
/// A multiple of 40 strata.
const FAILURE_PATHS: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text.parse().expect("arguments are whole numbers: RUNS PATHS"),
        None => default,
    };
    let (runs, paths) = (number(2_000), number(50_000) as usize);
    let (book, scheme) = (arguments.next(), arguments.next());
    if paths > 0 {
        println!("{runs} runs of {paths} paths");
        plain(runs, paths);
        println!();
    }
    if book.as_deref() != Some("Failures") {
        println!("{runs} runs of {SCHEME_PATHS} paths of the engine");
        by_scheme(runs, SCHEME_PATHS, [book, scheme]);
        println!();
    }
    println!("{runs} runs of {FAILURE_PATHS} paths with a venue that may fail");
    with_failures(runs);
}

/// Failures drawn plainly and in strata.
fn with_failures(runs: u64) {
    println!(
        "venue fails  drawn       level    VaR %   ES %   off VaR     ES   plain over it VaR     ES"
    );
    for failing in Failing::ALL {
        let plans = [FailureSampling::Plain, FailureSampling::Stratified];
        let plans = plans.map(|how| (how, failing.plan(how, FAILURE_PATHS)));
        let truth = failing.truth(&plans[1].1);
        let scores = plans
            .map(|(how, plan)| (how, failing_venue::score(&plan, &truth, runs, Weights::Counted)));
        for (how, found) in &scores {
            for (index, level) in failing_venue::LEVELS.into_iter().enumerate() {
                let (found, plain) = (&found[index], &scores[0].1[index]);
                let [var, es] = found.coverage().map(|share| share * 100.0);
                let error = |which: usize| (found.square[which] / runs as f64).sqrt();
                let off = [0, 1].map(|which| found.distance[which] / error(which));
                let gain = [0, 1].map(|which| plain.square[which] / found.square[which]);
                let (failing, how) = (format!("{failing:?}"), format!("{how:?}"));
                println!(
                    "{failing:<12} {how:<11} {level:<6}  {var:>6.2} {es:>6.2}   {:>7.2} {:>6.2}   \
                     {:>17.2} {:>6.2}",
                    off[0], off[1], gain[0], gain[1]
                );
            }
        }
    }
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
        Losses::Pareto(0.4),
        Losses::Pareto(0.5),
        Losses::Pareto(0.6),
        Losses::Pareto(0.7),
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

/// Every scheme of the engine on every book, at a quarter of the paths again for the order at which
/// half-widths shrink; of the book and the scheme that `wanted` names, where it does.
fn by_scheme(runs: u64, paths: u64, wanted: [Option<String>; 2]) {
    let [book, scheme] = wanted;
    let is = |wanted: &Option<String>, name: String| wanted.as_ref().is_none_or(|w| *w == name);
    println!(
        "book        scheme           aim    level   VaR %   ES %  above %          \
         variance VaR     ES   order VaR   ES   error/width VaR   ES"
    );
    for world in World::ALL.into_iter().filter(|world| is(&book, format!("{world:?}"))) {
        let truth = world.truth();
        let case = |method, aim| Case { world, method, aim, runs, paths };
        let plain = case(METHODS[0], LEVELS[0]);
        let yardstick = plain.scores(&truth, paths, runs);
        plain.print(&truth, &yardstick, &yardstick);
        let methods = METHODS[1..].iter();
        for method in methods.filter(|method| is(&scheme, format!("{method:?}"))) {
            let aimed = matches!(method, SamplingMethod::Importance | SamplingMethod::Stratified);
            for &aim in &LEVELS[..1 + usize::from(aimed)] {
                let case = case(*method, aim);
                case.print(&truth, &case.scores(&truth, paths, runs), &yardstick);
            }
        }
    }
}

/// One book and scheme.
struct Case {
    world: World,
    method: SamplingMethod,
    /// Level aimed at.
    aim: f64,
    runs: u64,
    paths: u64,
}

impl Case {
    fn scores(&self, truth: &[[f64; 2]], paths: u64, runs: u64) -> Vec<Scored> {
        score(&self.world.plan(self.method, self.aim, paths), truth, Fault::None, runs)
    }

    /// A row a level.
    fn print(&self, truth: &[[f64; 2]], found: &[Scored], plain: &[Scored]) {
        let fewer = self.scores(truth, self.paths / 4, self.runs / 4);
        for (index, level) in LEVELS.into_iter().enumerate() {
            let (found, fewer, plain) = (&found[index], &fewer[index], &plain[index]);
            let [var, es] = found.coverage().map(|share| share * 100.0);
            let above = found.above.map(|count| 100.0 * count as f64 / self.runs as f64);
            let of = |compute: &dyn Fn(usize) -> f64| [0, 1].map(compute);
            let gain = of(&|i| (plain.half_width[i] / found.half_width[i]).powi(2));
            let order = of(&|i| (fewer.half_width[i] / found.half_width[i]).ln() / 4f64.ln());
            let honest = of(&|i| NORMAL_95 * found.square[i].sqrt() / found.half_width[i]);
            let (world, method) = (format!("{:?}", self.world), format!("{:?}", self.method));
            println!(
                "{world:<11} {method:<16} {:<6} {level:<6} {var:>6.2} {es:>6.2}  {:>4.1} {:>4.1}  \
                 {:>9.2} {:>9.2}   {:>5.2} {:>5.2}    {:>5.2} {:>5.2}",
                self.aim,
                above[0],
                above[1],
                gain[0],
                gain[1],
                order[0],
                order[1],
                honest[0],
                honest[1],
            );
        }
    }
}
