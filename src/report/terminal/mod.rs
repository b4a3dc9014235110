//! The terminal summary: the answer first, then its evidence, on one screen of 80 × 40.
//!
//! What does not fit is counted and left to `result.json` and the HTML report. Colours repeat
//! what words say and appear only where the caller asks for them; text of inputs is made visible
//! before it gets here, so it cannot steer the terminal.

mod answer;
mod backtest;
mod breach;
mod calibration;
mod comparison;
mod failures;
pub(super) mod grid;
mod hedging;
mod liquidity_horizons;
mod market_model;
mod moved;
mod policy_calibration;
mod reverse;
mod tables;

use super::figures::{Figures, duration, instant};
use super::readable::readable;
use super::{ReportError, stopping, verdict};
use crate::outcome::Outcome;
pub use backtest::backtest_terminal;
pub use calibration::calibration_terminal;
use grid::Grid;
pub use market_model::{market_model_json, market_model_terminal};
pub use policy_calibration::policy_calibration_terminal;

/// Lines of one screen, less one for the prompt.
const SCREEN_LINES: usize = 39;

/// Whether the summary may use colours; the caller knows its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// ANSI colours.
    Always,
}

/// How the summary is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Colours or none.
    pub colour: Colour,
    /// Columns to fill, at least 60.
    pub width: u16,
}

impl Default for TerminalStyle {
    fn default() -> Self {
        Self { colour: Colour::Never, width: 80 }
    }
}

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn terminal(outcome: &Outcome, style: TerminalStyle) -> Result<String, ReportError> {
    let outcome = &readable(outcome)?;
    let page = Page { outcome, figures: Figures::of(outcome), grid: Grid::new(style) };
    let mut blocks = vec![page.title(), answer::answer(&page, &verdict(outcome))];
    blocks.extend(comparison::comparison(&page));
    blocks.extend(hedging::hedging(&page));
    blocks.extend(reverse::reverse(&page));
    blocks.push(tables::measures(&page));
    blocks.extend(liquidity_horizons::liquidity_horizons(&page));
    let left =
        |cautions: &str| SCREEN_LINES.saturating_sub(lines(&blocks) + cautions.lines().count());
    let cautions = tables::margin_and_cautions(&page, left(&tables::margin_and_cautions(&page, 0)));
    let room = SCREEN_LINES.saturating_sub(lines(&blocks) + cautions.lines().count());
    blocks.extend(tables::details(&page, room));
    blocks.push(cautions);
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

/// Lines of the blocks, the empty line after each included.
fn lines(blocks: &[String]) -> usize {
    blocks.iter().map(|block| block.lines().count() + 1).sum()
}

/// What every block needs.
struct Page<'a> {
    outcome: &'a Outcome,
    figures: Figures,
    grid: Grid,
}

impl Page<'_> {
    fn title(&self) -> String {
        let outcome = self.outcome;
        let run = format!(
            "{} · {} · {} · {} · seed {}",
            outcome.scenario,
            instant(&outcome.as_of),
            duration(outcome.horizon_years),
            stopping::paths(outcome),
            outcome.seed
        );
        self.grid.line(&run)
    }

    /// How much each block may show: less where a comparison takes its share of the screen.
    fn limits(&self) -> Limits {
        if self.outcome.with_trades.is_some() {
            Limits { levels: 1, actions: 1, warnings: 1, sentence_lines: 2 }
        } else {
            Limits { levels: 3, actions: 2, warnings: 2, sentence_lines: 3 }
        }
    }
}

/// The most that blocks may show.
struct Limits {
    levels: usize,
    actions: usize,
    warnings: usize,
    /// Lines a sentence may take before it is cut.
    sentence_lines: usize,
}
