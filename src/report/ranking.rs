//! Long lists cut to what matters: the largest rows, and one row for all others.

use crate::outcome::ContributionRow;

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
