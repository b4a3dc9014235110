//! The report as a reader meets it: terminal, JSON, parquet, HTML and its charts.
//!
//! The outcome is artificial (`report/sample.rs`), so expected figures are those of the sample.

#[path = "report/sample.rs"]
mod sample;

#[path = "report/breach.rs"]
mod breach;
#[path = "report/charts.rs"]
mod charts;
#[path = "report/files.rs"]
mod files;
#[path = "report/market.rs"]
mod market;
#[path = "report/moved.rs"]
mod moved;
#[path = "report/page.rs"]
mod page;
#[path = "report/policies.rs"]
mod policies;
#[path = "common/policy_sample.rs"]
mod policy_sample;
#[path = "report/svg_reader.rs"]
mod svg_reader;
#[path = "report/terminal.rs"]
mod terminal;
