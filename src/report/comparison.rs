//! The figures that tell whether proposed trades help: the same run before and after them.

use serde::Serialize;

use super::ReportError;
use super::figures::{Figures, level, number, percent, signed};
use super::readable::readable;
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

impl Unit {
    fn show(self, value: f64, figures: Figures) -> String {
        match self {
            Unit::Money => figures.money(value),
            Unit::Share => percent(value, 1),
            Unit::Number => number(value, 3),
        }
    }

    /// A change of a percentage is in percentage points.
    fn show_change(self, change: f64, figures: Figures) -> String {
        match self {
            Unit::Share => signed(format!("{} points", number(change * 100.0, 1))),
            Unit::Money | Unit::Number => signed(self.show(change, figures)),
        }
    }
}

/// One figure before and after, in words; `none` where a run has no value for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ComparedRow {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    /// Empty where either is missing.
    pub(super) change: String,
}

impl ComparedRow {
    fn new(name: &str, unit: Unit, ends: [Option<f64>; 2], figures: Figures) -> Self {
        let shown = |value: Option<f64>| value.map_or("none".to_owned(), |v| unit.show(v, figures));
        let [before, after] = ends;
        let change = before.zip(after).map(|(before, after)| after - before);
        Self {
            name: name.to_owned(),
            before: shown(before),
            after: shown(after),
            change: change.map_or(String::new(), |change| unit.show_change(change, figures)),
        }
    }
}

/// The earlier run as readers may see it.
///
/// # Errors
/// [`ReportError::NotComparable`] where it is in another currency than `outcome`.
pub(super) fn comparable(
    earlier: Option<&Outcome>,
    outcome: &Outcome,
) -> Result<Option<Outcome>, ReportError> {
    let Some(earlier) = earlier else { return Ok(None) };
    let earlier = readable(earlier)?;
    if earlier.currency != outcome.currency {
        let reason = format!("one is in {}, the other in {}", earlier.currency, outcome.currency);
        return Err(ReportError::NotComparable { reason });
    }
    Ok(Some(earlier))
}

/// One figure before and after; `None` where a run has no value for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) ends: [Option<f64>; 2],
}

/// The compared figures in words.
pub(super) fn compared_rows(before: &Outcome, after: &Outcome) -> Vec<ComparedRow> {
    let figures = Figures::of(before);
    let told = |one: Compared| ComparedRow::new(&one.name, one.unit, one.ends, figures);
    compared(before, after).into_iter().map(told).collect()
}

/// The compared figures, the answer's first.
pub(super) fn compared(before: &Outcome, after: &Outcome) -> Vec<Compared> {
    let mut rows = Vec::new();
    let mut add = |name: &str, unit, figure: &dyn Fn(&Outcome) -> Option<f64>| {
        let (before, after) = (figure(before), figure(after));
        if before.is_some() || after.is_some() {
            rows.push(Compared { name: name.to_owned(), unit, ends: [before, after] });
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
