//! Replays 2020-03-12 and 2025-10-10 on the shipped desk: `cargo run --release --example real_replay -- DATA OUT`.
//!
//! DATA is a folder with `hourly/{BTC,ETH}USDT_1h_2017_2021.csv` and `…_2022_2025.csv`; OUT is where
//! scenarios and reports are written.
#![allow(clippy::print_stdout)]

mod scenario;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::report;
use scenario::{Bars, Collateral, EVENTS, Event};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: real_replay DATA OUT";
    let data = arguments.next().ok_or(usage)?;
    let out = arguments.next().ok_or(usage)?;
    for event in EVENTS {
        for collateral in [Collateral::AtVenues, Collateral::Swept] {
            run(&event, collateral, &data, &out)?;
        }
    }
    Ok(())
}

fn run(
    event: &Event,
    collateral: Collateral,
    data: &Path,
    out: &Path,
) -> Result<(), Box<dyn Error>> {
    let document = scenario::write(event, (collateral, Bars::BothOrders), data, out)?;
    let options = LoadOptions {
        confinement: Confinement::AllowOutside,
        overrides: Overrides::default(),
        trades: None,
    };
    let started = Instant::now();
    let plan = Plan::build(&engine::load(&document, &options)?)?;
    let outcome = engine::historical(&plan, InstructionSet::detect(), &Control::none())?;
    println!("read and replayed in {:.2} s\n", started.elapsed().as_secs_f64());
    let folder = document.parent().unwrap_or(out);
    let page = folder.join("report.html");
    std::fs::write(&page, report::historical_html(&outcome, &report::look::Look::default())?)?;
    std::fs::write(folder.join("result.json"), report::historical_json(&outcome)?)?;
    println!("{}", report::historical_terminal(&outcome, report::TerminalStyle::default())?);
    println!("{}\n", page.display());
    Ok(())
}
