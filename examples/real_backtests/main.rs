//! Walks four books forward over real prices: `cargo run --release --example real_backtests -- DATA OUT [STUDY]`.
//!
//! Eight coins long at spot, and hedged by perpetuals, 2018 to 2025; short options on bitcoin on the
//! volatility index, and on bitcoin and ether on recorded surfaces. Six models side by side, periods
//! of one day. DATA is a folder with `daily/panels` and `options`; OUT is where documents and reports are
//! written; STUDY names one of the four.
#![allow(clippy::print_stdout)]

mod closes;
mod data;
mod documents;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use documents::{STUDIES, Study};
use plimsoll::document::Confinement;
use plimsoll::engine::Control;
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::report;
use plimsoll::study::walk_forward::LoadedBacktest;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: real_backtests DATA OUT [STUDY]";
    let data = arguments.next().map(PathBuf::from).ok_or(usage)?;
    let out = arguments.next().map(PathBuf::from).ok_or(usage)?;
    let only = arguments.next();
    for study in STUDIES {
        if only.as_ref().is_none_or(|only| only == study.name) {
            run(&study, &data, &out)?;
        }
    }
    Ok(())
}

fn run(study: &Study, data: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let document = documents::write(study, data, out)?;
    let started = Instant::now();
    let loaded = LoadedBacktest::read(&document, Confinement::Inside)?;
    let (_, backtest) = loaded.run(InstructionSet::detect(), &Control::none())?;
    println!("{} dates walked in {:.1} s\n", loaded.dates(), started.elapsed().as_secs_f64());
    let folder = document.parent().unwrap_or(out);
    let page = folder.join("backtest.html");
    std::fs::write(&page, report::backtest_html(&backtest)?)?;
    std::fs::write(folder.join("result.json"), report::backtest_json(&backtest)?)?;
    println!("{}", report::backtest_terminal(&backtest, report::TerminalStyle::default())?);
    println!("{}\n", page.display());
    Ok(())
}
