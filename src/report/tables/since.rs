//! What moved since an earlier run.

use super::{Cell, Section};
use crate::outcome::Outcome;
use crate::report::comparison::{Unit, compared};
use crate::report::figures::instant;

/// The compared figures before and now.
pub(super) fn since(earlier: &Outcome, outcome: &Outcome) -> Section {
    let note = format!(
        "{} of {}, and now; amounts in {}, changes of shares in points.",
        earlier.scenario,
        instant(&earlier.as_of),
        outcome.currency
    );
    let mut section = Section::new("What moved", note, &["figure", "before", "now", "change"]);
    for one in compared(earlier, outcome) {
        let cell = |value: Option<f64>| match (value, one.unit) {
            (None, _) => Cell::Nothing,
            (Some(value), Unit::Money) => Cell::Money(value),
            (Some(value), Unit::Share) => Cell::Share(value),
            (Some(value), Unit::Number) => Cell::Number(value),
        };
        let [before, now] = one.ends;
        let change = before.zip(now).map(|(before, now)| now - before);
        section.row([Cell::text(&one.name), cell(before), cell(now), cell(change)]);
    }
    section
}
