//! The library in one page: a scenario read, run in shards, joined, and asked what may be carried.
//!
//! `cargo run --release --example shards -- [SCENARIO] [SHARDS]`, by default the minimal scenario in 4.
//! A plan is plain data and a shard's losses too: both may be serialised and sent to other machines.
//! Joined in any order they are the run in one piece, which the example checks to the last bit.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::PathBuf;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::Outcome;
use plimsoll::report;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let scenario = arguments.next().unwrap_or("scenarios/minimal/scenario.toml".to_owned());
    let shards: u64 = arguments.next().map_or(Ok(4), |text| text.parse())?;

    let options = LoadOptions {
        confinement: Confinement::Inside,
        overrides: Overrides::default(),
        trades: None,
    };
    // Every fault of every document at once, as the command line shows them.
    let inputs = engine::load(&PathBuf::from(scenario), &options)?;
    let plan = Plan::build(&inputs)?;

    let (isa, control) = (InstructionSet::detect(), Control::none());
    let paths = plan.scenario.simulation.paths;
    let ends = |shard: u64| paths * shard / shards;
    let parts = (0..shards).rev().map(|shard| {
        let range = ends(shard)..ends(shard + 1);
        engine::losses(&plan, range, isa, &control)
    });
    let joined = engine::finish(&plan, parts.collect::<Result<_, _>>()?, isa, &control)?;
    let whole = engine::run(&plan, isa, &control)?;
    assert_eq!(report::json(&joined.outcome)?, report::json(&whole.outcome)?);

    tell(&joined.outcome);
    Ok(())
}

/// The answer, and which coins the expected shortfall comes from.
fn tell(outcome: &Outcome) {
    println!("{}", report::verdict(outcome).headline);
    for es in &outcome.measures.expected_shortfall {
        let [low, high] = es.interval_95;
        println!("ES {}: {:.0}, 95 % interval {low:.0} to {high:.0}", es.level, es.loss);
    }
    let contributions = &outcome.contributions;
    for row in &contributions.by_underlying {
        println!("{}: {:.0} of ES {}", row.name, row.expected_shortfall, contributions.level);
    }
}
