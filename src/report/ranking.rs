//! Long lists cut to what matters: the largest rows, and one row for all others.

use super::figures::Figures;
use crate::outcome::{ContributionRow, LadderRung, Outcome, PriceOf, RungKind, ThresholdLadder};

/// The largest rows by absolute contribution to ES, and a row that sums the others, so that what
/// is shown still sums to the total. The summed row has no error: its rows are correlated.
pub(super) fn largest_and_rest(
    rows: &[ContributionRow],
    shown: usize,
) -> (Vec<&ContributionRow>, Option<ContributionRow>) {
    let mut ordered: Vec<&ContributionRow> = rows.iter().collect();
    ordered.sort_by(|a, b| b.expected_shortfall.abs().total_cmp(&a.expected_shortfall.abs()));
    let others = ordered.split_off(shown.min(ordered.len()));
    let sum = |pick: fn(&ContributionRow) -> f64| others.iter().map(|row| pick(row)).sum();
    let rest = (!others.is_empty()).then(|| ContributionRow {
        name: format!("{} others together", others.len()),
        expected_shortfall: sum(|row| row.expected_shortfall),
        expected_shortfall_error: 0.0,
        value_at_risk: sum(|row| row.value_at_risk),
        value_at_risk_error: 0.0,
    });
    (ordered, rest)
}

/// Contributions on the first page.
const CONTRIBUTORS: usize = 3;

/// What adds most to ES and what takes most off, a sentence each.
pub(super) fn contributors(outcome: &Outcome) -> Vec<String> {
    let found = &outcome.contributions;
    let figures = Figures::of(outcome);
    let (largest, _) = largest_and_rest(&found.by_position, CONTRIBUTORS);
    let told = |row: &&ContributionRow| {
        let does = if row.expected_shortfall < 0.0 { "takes off" } else { "adds" };
        let amount = figures.money(row.expected_shortfall.abs());
        format!("{} {does} {amount} {}", row.name, outcome.currency)
    };
    largest.iter().map(told).collect()
}

/// Ladders with any price, those nearest to a liquidation (in deviations, else in moves) first.
pub(super) fn nearest_ladders(outcome: &Outcome) -> Vec<&ThresholdLadder> {
    let mut ladders: Vec<&ThresholdLadder> = outcome.liquidation_exposure.ladders.iter().collect();
    ladders.sort_by(|a, b| nearness(a).total_cmp(&nearness(b)));
    ladders
}

/// Deviations to the nearest liquidation; nothing where it is passed, without end where it is never.
fn nearness(ladder: &ThresholdLadder) -> f64 {
    let lines = ladder.rungs.iter().filter(|rung| rung.kind == RungKind::Liquidation);
    let distance = |rung: &LadderRung| match rung.price {
        PriceOf::Passed => 0.0,
        PriceOf::Never => f64::INFINITY,
        // A coin that does not move is as far as any.
        PriceOf::At(_) => rung.deviations.map_or(f64::MAX, f64::abs),
    };
    lines.map(distance).fold(f64::INFINITY, f64::min)
}
