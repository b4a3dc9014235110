//! Shows how the probability of a liquidation within a day depends on the steps of the day.
//!
//! `cargo run --release --example convergence -- [PATHS]`, by default 65,536; days of 1,440 steps
//! take a quarter of them. A row for every account and number of steps: the share of paths on which
//! it is liquidated looked at at the steps alone, and watched between them on the same paths, each
//! with its standard error. The last column is the difference of the latter to a day of 1,440 steps,
//! in standard errors of both. Factors, book and rules stand in this folder.
#![allow(clippy::print_stdout)]

use std::fs;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::Outcome;

const DOCUMENTS: [(&str, &str); 3] = [
    ("market.toml", include_str!("market.toml")),
    ("portfolio.toml", include_str!("portfolio.toml")),
    ("venue.toml", include_str!("venue.toml")),
];
const SCENARIO: &str = include_str!("scenario.toml");
const STEPS: [u64; 4] = [1_440, 288, 24, 1];
const FINEST: u64 = 1_440;

/// A share of paths and its standard error.
#[derive(Clone, Copy)]
struct Share {
    probability: f64,
    error: f64,
}

fn main() {
    let paths = match std::env::args().nth(1) {
        Some(text) => text.parse().expect("a whole number of paths"),
        None => 1 << 16,
    };
    println!("account        steps    paths   at steps alone        between steps         errors");
    let mut finest: Vec<Share> = Vec::new();
    for steps in STEPS {
        let paths = if steps == FINEST { paths / 4 } else { paths };
        let outcome = run(steps, paths);
        for (index, row) in outcome.liquidations.iter().enumerate() {
            let events = row.events.as_ref().expect("venues act inside paths");
            let alone = events.liquidation_at_steps_alone.expect("accounts are watched in between");
            let [alone, watched] =
                [alone, events.liquidation].map(|one| Share::of(one.probability, paths));
            if steps == FINEST {
                finest.push(watched);
            }
            let truth = finest[index];
            let errors =
                (watched.probability - truth.probability) / libm::hypot(watched.error, truth.error);
            let [alone, watched] = [alone, watched].map(Share::text);
            println!(
                "{:<14} {steps:>5} {paths:>8}   {alone}   {watched}   {errors:>6.2}",
                row.account
            );
        }
    }
}

impl Share {
    fn of(probability: f64, paths: u64) -> Self {
        Self { probability, error: (probability * (1.0 - probability) / paths as f64).sqrt() }
    }

    fn text(self) -> String {
        format!("{:>7.3} % ± {:>5.3} %", 100.0 * self.probability, 100.0 * self.error)
    }
}

fn run(steps: u64, paths: u64) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scenario = SCENARIO.replace("steps = 24", &format!("steps = {steps}"));
    for (name, text) in DOCUMENTS.into_iter().chain([("scenario.toml", scenario.as_str())]) {
        fs::write(folder.path().join(name), text).expect("a writable folder");
    }
    let options = LoadOptions {
        confinement: Confinement::Inside,
        overrides: Overrides { paths: Some(paths), ..Overrides::default() },
        trades: None,
    };
    let inputs = engine::load(&folder.path().join("scenario.toml"), &options)
        .unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"));
    engine::run(&plan, InstructionSet::detect(), &Control::none()).expect("it runs").outcome
}
