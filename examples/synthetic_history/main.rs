//! Writes the desk scenario's price history, which is **synthetic**: invented parameters, invented
//! prices, no market data.
//!
//! ```text
//! cargo run --example synthetic_history > scenarios/desk/history.csv
//! ```
//!
//! The model and its true parameters are in `model.rs`; `tests/synthetic_history.rs` regenerates the
//! committed file and checks that the estimators recover the parameters.
#![allow(clippy::disallowed_methods)]

mod model;

use std::io::{self, Write};

fn main() -> io::Result<()> {
    io::stdout().write_all(model::history().to_csv().as_bytes())
}
