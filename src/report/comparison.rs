//! The figures that tell whether proposed trades help: the same run before and after them.

use super::figures::level;
use crate::outcome::{Outcome, Threshold};

/// How a compared figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Reporting currency.
    Money,
    /// A decimal share, shown as a percentage.
    Share,
    /// A plain number.
    Number,
}

/// One figure before and after; `None` where a run has no value for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
}

/// The compared figures, the answer's first.
pub(super) fn rows(before: &Outcome, after: &Outcome) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name: &str, unit, figure: &dyn Fn(&Outcome) -> Option<f64>| {
        let (before, after) = (figure(before), figure(after));
        if before.is_some() || after.is_some() {
            rows.push(Row { name: name.to_owned(), unit, before, after });
        }
    };
    let threshold = |pick: fn(&Threshold) -> Option<f64>| {
        move |outcome: &Outcome| outcome.threshold.as_ref().and_then(pick)
    };
    add("Utilisation", Unit::Share, &threshold(|t| t.utilisation));
    add("Potential loss", Unit::Money, &threshold(|t| Some(t.potential_loss)));
    add("Threshold", Unit::Money, &threshold(|t| Some(t.threshold)));
    add("Scale to threshold k*", Unit::Number, &threshold(|t| t.scale_to_threshold.value));
    if let Some(highest) = before.measures.expected_shortfall.last().map(|measure| measure.level) {
        let name = |measure: &str| format!("{measure} {}", level(highest));
        add(&name("VaR"), Unit::Money, &|outcome| at(&outcome.measures.value_at_risk, highest));
        add(&name("ES"), Unit::Money, &|outcome| at(&outcome.measures.expected_shortfall, highest));
    }
    add("Gross exposure", Unit::Money, &|outcome| {
        Some(outcome.book.exposure.iter().map(|row| row.dollar_delta.abs()).sum())
    });
    add("Margin calls", Unit::Money, &|outcome| {
        Some(outcome.margin.iter().map(|account| account.margin_call).sum())
    });
    rows
}

fn at(measures: &[crate::outcome::Measure], level: f64) -> Option<f64> {
    measures.iter().find(|measure| measure.level == level).map(|measure| measure.loss)
}
