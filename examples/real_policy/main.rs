//! Calibrates a threshold policy on real daily closes and follows it out of sample:
//! `cargo run --release --example real_policy -- DATA [OUT]`.
//!
//! DATA is a folder with `daily/panels`; OUT, where the report is written, may be left out. The
//! policy is trained on what lies before each year and followed on that year, against a static limit
//! and a volatility target of equal average exposure.
#![allow(clippy::print_stdout)]

#[path = "../real_backtests/closes.rs"]
mod closes;
mod record;
mod study;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use closes::COINS;
use plimsoll::report;

const CALIBRATION: &str = include_str!("calibration.toml");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let data = arguments.next().ok_or("usage: real_policy DATA [OUT]")?;
    let books: [(&str, &[&str]); 3] =
        [("BTC", &COINS[..1]), ("BTC and ETH", &COINS[..2]), ("eight coins", &COINS)];
    for (name, coins) in books {
        let started = Instant::now();
        let found = study::calibrated(&data, coins, CALIBRATION)?;
        let policies: usize = found.folds.iter().map(|fold| fold.evaluated).sum();
        let seconds = started.elapsed().as_secs_f64();
        println!("== {name}: {policies} policies in {seconds:.1} s");
        println!("{}", report::policy_calibration_terminal(&found, Default::default())?);
        println!("{}", found.document);
        if name == "eight coins"
            && let Some(out) = arguments.next()
        {
            std::fs::create_dir_all(&out)?;
            let page = report::policy_calibration_html(&found)?;
            std::fs::write(out.join("calibration.html"), page)?;
        }
    }
    Ok(())
}
