//! Runs the whole chain on real market data: `cargo run --release --example real_data -- DATA [OUT [crash|calm]]`.
//!
//! DATA is a folder with `options/deribit_snapshots`, `daily/panels` and `derivatives`; OUT, where
//! the scenario and the report are written, defaults to a temporary folder that is removed
//! afterwards. The market is the crash of 2026-02-05, or a calm day.
#![allow(clippy::print_stdout)]

mod book;
mod co_movement;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::report;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let data = arguments.next().ok_or("usage: real_data DATA [OUT [crash|calm]]")?;
    let scratch = tempfile::tempdir()?;
    let folder = arguments.next().unwrap_or_else(|| scratch.path().to_path_buf());
    let calm = arguments.next().is_some_and(|day| day.as_os_str() == "calm");
    run(&data, if calm { book::CALM } else { book::CRASH }, &folder)
}

fn run(data: &Path, chain: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let written = book::write(data, chain, folder)?;
    println!("{} listed options, market of {}", written.options, written.as_of);
    let options = LoadOptions {
        confinement: Confinement::Inside,
        overrides: Overrides::default(),
        trades: None,
    };
    let started = Instant::now();
    let plan = Plan::build(&engine::load(&written.scenario, &options)?)?;
    println!("read, fitted and planned in {:.2} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let run = engine::run(&plan, InstructionSet::detect(), &Control::none())?;
    println!("ran in {:.2} s\n", started.elapsed().as_secs_f64());
    let page = folder.join("report.html");
    std::fs::write(&page, report::html(&run.outcome)?)?;
    println!("{}", report::terminal(&run.outcome, report::TerminalStyle::default())?);
    println!("{}", page.display());
    Ok(())
}
