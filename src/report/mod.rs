//! Telling people: the terminal summary, the HTML report, `result.json`, `losses.parquet`.
//!
//! In flows one [`Outcome`](crate::outcome::Outcome) (or a
//! [`Calibration`](crate::outcome::Calibration)), out flow text and bytes; nothing here
//! computes risk, touches files or knows the clock, so every output is a function of the outcome.
//!
//! Three rules hold for all outputs:
//! - the answer comes first, in words (colour only repeats what a word has said);
//! - text from inputs is made visible before it is shown ([`text::visible`]) and escaped where it
//!   lands (the template engine's auto-escape for HTML, the SVG writer's for charts);
//! - a figure that is not finite is an error that names it, never a `NaN` on a page.

mod backtest;
mod batch;
mod beside;
mod calibration;
mod catalogue;
pub mod charts;
mod comparison;
mod explanation;
mod figures;
mod grid;
mod head;
mod historical;
mod html;
mod json;
pub mod look;
mod losses;
mod markdown;
mod market_model;
mod model_error;
#[cfg(feature = "pdf")]
mod pdf;
mod policy;
mod policy_calibration;
mod ranking;
mod readable;
mod replay;
mod stopping;
mod tables;
mod terminal;
pub mod text;
mod verdict;
mod xlsx;

pub use backtest::{backtest_csv, backtest_html, backtest_json};
pub use batch::{
    batch_csv, batch_html, batch_json, batch_json_lines, batch_terminal, changes_json,
    changes_terminal,
};
pub use beside::{Beside, Explained};
pub use calibration::{calibration_csv, calibration_html, calibration_json};
pub use catalogue::{
    run_comparison_json, run_comparison_terminal, runs_json_lines, runs_terminal, trends_terminal,
    verification_json, verification_terminal,
};
pub use explanation::{explanation_html, explanation_json, explanation_terminal};
pub use grid::{
    grid_csv, grid_html, grid_json, grid_json_line, grid_markdown, grid_terminal, grid_xlsx,
};
pub use historical::{
    historical_html, historical_json, historical_json_line, historical_markdown,
    historical_terminal, historical_xlsx,
};
pub use html::{html, html_beside, shipped_templates};
pub use json::{json, json_line};
pub use losses::losses_parquet;
pub use markdown::markdown;
pub use market_model::{MARKET_MODEL_MARK, market_model_html};
#[cfg(feature = "pdf")]
pub use pdf::{grid_pdf, historical_pdf, pdf};
pub use policy_calibration::{
    policy_calibration_csv, policy_calibration_html, policy_calibration_json,
};
pub use replay::{replay_json, replay_text};
pub use terminal::{
    Colour, TerminalStyle, backtest_terminal, calibration_terminal, market_model_json,
    market_model_terminal, policy_calibration_terminal, terminal,
};
pub use verdict::{Answer, Verdict, verdict};
pub use xlsx::xlsx;

/// Why a report could not be written; none is the reader's fault.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A workbook that cannot be made.
    #[error("the workbook cannot be made: {reason}")]
    Workbook {
        /// Why.
        reason: String,
    },
    /// A PDF that cannot be set.
    #[cfg(feature = "pdf")]
    #[error("the PDF cannot be made: {reason}")]
    Pdf {
        /// Why.
        reason: String,
    },
    /// Two outcomes that cannot be held against each other.
    #[error("the runs cannot be compared: {reason}")]
    NotComparable {
        /// Why.
        reason: String,
    },
    /// The outcome holds NaN or an infinity.
    #[error("the outcome holds a figure that is not finite: {place}")]
    NotFinite {
        /// The field, or the line of the JSON text that came out as null.
        place: String,
    },
    /// The outcome could not be turned into JSON.
    #[error("the outcome could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The table of losses could not be written.
    #[error("the losses could not be written as parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The table of candidates could not be written.
    #[error("the candidates could not be written as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A template of the HTML report failed.
    #[error("the HTML report could not be rendered: {}", with_causes(.0))]
    Template(#[from] minijinja::Error),
}

/// A fault of a template that another includes is the cause of that one's.
fn with_causes(error: &minijinja::Error) -> String {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |one| one.source());
    chain.map(ToString::to_string).collect::<Vec<String>>().join(": ")
}
