//! The line of the summary that a run's results make.

use std::path::Path;

use crate::document::OutputError;
use crate::outcome::{
    BatchFigures, GridOutcome, HistoricalOutcome, Outcome, PathRow, ReplayedThreshold, Threshold,
    WorstContributor,
};
use crate::study::results::Results;

/// The figures of simulated paths: the expected shortfall that contributions are of.
pub fn figures(outcome: &Outcome) -> BatchFigures {
    let contributions = &outcome.contributions;
    let shortfalls = &outcome.measures.expected_shortfall;
    let measured = shortfalls.iter().find(|one| one.level == contributions.level);
    let loss = measured.map_or(contributions.expected_shortfall, |one| one.loss);
    let threshold = outcome.threshold.as_ref();
    let rows = contributions.by_position.iter();
    let events = outcome.path_events.as_ref();
    BatchFigures {
        currency: outcome.currency.clone(),
        measure: format!("ES {} %", percent(contributions.level)),
        loss,
        loss_interval_95: measured.map(|one| one.interval_95),
        capital: threshold.map(|one| one.capital),
        loss_share_of_capital: threshold.and_then(|one| share(loss, one.capital)),
        threshold: threshold.map(|one| one.threshold),
        utilisation: threshold.and_then(|one| one.utilisation),
        status: threshold.map(|one| one.status),
        hard_limits_breached: threshold.map_or(0, Threshold::hard_limits_breached),
        liquidation_probability: events.map(|one| one.liquidation.probability),
        accounts_liquidated: None,
        worst_contributor: worst(rows.map(|row| (&*row.name, row.expected_shortfall))),
        paths: Some(outcome.paths),
        seed: Some(outcome.seed),
    }
}

/// The figures of a stated path: its loss.
pub fn figures_of_stated(outcome: &HistoricalOutcome) -> BatchFigures {
    let liquidated = outcome.accounts.iter().filter(|one| one.liquidated_at.is_some()).count();
    let found = OneLoss { measure: "loss of the path", loss: outcome.loss, liquidated };
    found.figures(&outcome.currency, outcome.threshold.as_ref(), &outcome.rows)
}

/// The figures of a grid: the loss that counts at its worst cell.
pub fn figures_of_grid(outcome: &GridOutcome) -> BatchFigures {
    let liquidated = outcome.accounts.iter().filter(|one| one.is_closed).count();
    let found = OneLoss { measure: "worst cell", loss: outcome.loss, liquidated };
    found.figures(&outcome.currency, outcome.threshold.as_ref(), &outcome.rows)
}

/// A loss where nothing is drawn.
struct OneLoss {
    measure: &'static str,
    loss: f64,
    liquidated: usize,
}

impl OneLoss {
    fn figures(
        &self,
        currency: &str,
        threshold: Option<&ReplayedThreshold>,
        rows: &[PathRow],
    ) -> BatchFigures {
        BatchFigures {
            currency: currency.to_owned(),
            measure: self.measure.to_owned(),
            loss: self.loss,
            loss_interval_95: None,
            capital: threshold.map(|one| one.capital),
            loss_share_of_capital: threshold.and_then(|one| share(self.loss, one.capital)),
            threshold: threshold.map(|one| one.threshold),
            utilisation: threshold.and_then(|one| one.utilisation),
            status: threshold.map(|one| one.status),
            hard_limits_breached: 0,
            liquidation_probability: None,
            accounts_liquidated: Some(self.liquidated),
            worst_contributor: worst(rows.iter().map(|row| (&*row.name, row.loss))),
            paths: None,
            seed: None,
        }
    }
}

/// The figures of results that stand in `folder`.
///
/// # Errors
/// Results that cannot be read, or are another version's.
pub fn figures_of_results(folder: &Path) -> Result<BatchFigures, OutputError> {
    Ok(read_results(folder)?.figures)
}

/// Results as a comparison reads them.
pub(super) struct ReadResults {
    /// Name of the scenario.
    pub scenario: String,
    /// Its figures.
    pub figures: BatchFigures,
    /// Contributions to the loss by position and balance.
    pub contributions: Vec<(String, f64)>,
}

/// The results that stand in `folder`, as a comparison reads them.
pub(super) fn read_results(folder: &Path) -> Result<ReadResults, OutputError> {
    let by_row = |rows: Vec<PathRow>| rows.into_iter().map(|row| (row.name, row.loss)).collect();
    Ok(match Results::read(folder)? {
        Results::Simulated(outcome) => {
            let figures = figures(&outcome);
            let rows = outcome.contributions.by_position.into_iter();
            let contributions = rows.map(|row| (row.name, row.expected_shortfall)).collect();
            ReadResults { scenario: outcome.scenario, figures, contributions }
        }
        Results::Grid(outcome) => {
            let figures = figures_of_grid(&outcome);
            ReadResults { scenario: outcome.scenario, figures, contributions: by_row(outcome.rows) }
        }
        Results::Stated(outcome) => {
            let figures = figures_of_stated(&outcome);
            ReadResults { scenario: outcome.scenario, figures, contributions: by_row(outcome.rows) }
        }
    })
}

fn worst<'a>(rows: impl Iterator<Item = (&'a str, f64)>) -> Option<WorstContributor> {
    let worst = rows.reduce(|worst, row| if row.1 > worst.1 { row } else { worst })?;
    Some(WorstContributor { name: worst.0.to_owned(), loss: worst.1 })
}

fn share(loss: f64, capital: f64) -> Option<f64> {
    (capital > 0.0).then(|| loss / capital)
}

/// A level in per cent without the dust of its binary form.
fn percent(level: f64) -> f64 {
    (level * 1e6).round() / 1e4
}
