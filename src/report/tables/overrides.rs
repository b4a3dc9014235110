//! Who overrode what of this run, and why.

use super::{Cell, Section};
use crate::outcome::{CatalogueRecord, RunHistory};

/// A row a decision; without rows where none is recorded.
pub(super) fn overrides(history: &RunHistory) -> Section {
    let note = "Decisions about this run that the catalogue holds, oldest first.".to_owned();
    let columns = ["recorded, UTC", "breach", "by", "why", "until"];
    let mut section = Section::new("Overrides", note, &columns);
    for entry in &history.decisions {
        let CatalogueRecord::Override(decision) = &entry.record else { continue };
        section.row([
            Cell::Instant(entry.recorded_at.clone()),
            Cell::text(&decision.breach),
            Cell::text(&decision.by),
            Cell::text(&decision.reason),
            decision.until.as_deref().map_or(Cell::Nothing, Cell::text),
        ]);
    }
    section
}
