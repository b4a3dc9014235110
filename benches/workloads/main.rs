//! W1–W3 through the real engine: one line of JSON a workload, mode and thread count.
//!
//! `cargo bench --bench workloads` runs everything; `-- W2 --paths 250000 --threads 1 --repeat 5`
//! narrows it (`-- --help` lists the options). Timed: from "portfolio in memory" to VaR and ES, as
//! the peers are: compiling the book and fitting its proxies (`fit_seconds`), drawing, revaluing,
//! measuring (`path_seconds`). Calibration and the Cholesky factor are `set_up_seconds`. Every repetition has a new seed; times are medians.

#![allow(missing_docs, clippy::print_stdout)]

mod arguments;
mod clock;
mod measure;
mod record;
mod workload;

use clap::Parser;

use arguments::Arguments;
use record::Record;

fn main() {
    let arguments = Arguments::parse();
    for &work in &arguments.works() {
        for case in arguments.cases(work) {
            println!("{}", Record::of(&case, &measure::measure(&case)).line());
        }
    }
}
