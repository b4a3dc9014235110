//! Which entries a listing shows.

use super::error::CatalogueError;
use super::file::Catalogue;
use crate::outcome::{CatalogueEntry, CatalogueListing, CatalogueRecord, RunRecord, Status};

/// What a listing asks for; each part that is `None` asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Runs of this scenario, backtest or calibration, or of this name in a batch.
    pub scenario: Option<String>,
    /// Runs of this command.
    pub command: Option<String>,
    /// Runs with this status.
    pub status: Option<Status>,
    /// Runs recorded at this instant or later, RFC 3339 or the beginning of it.
    pub since: Option<String>,
    /// This many, the latest.
    pub last: Option<usize>,
}

impl Selection {
    fn admits(&self, entry: &CatalogueEntry, run: &RunRecord) -> bool {
        let status = run.figures.as_ref().and_then(|figures| figures.status);
        self.scenario.as_ref().is_none_or(|wanted| *wanted == run.scenario || wanted == run.name())
            && self.command.as_ref().is_none_or(|wanted| *wanted == run.command)
            && self.status.is_none_or(|wanted| status == Some(wanted))
            && self.since.as_ref().is_none_or(|since| entry.recorded_at >= *since)
    }
}

impl Catalogue {
    /// The runs that `selection` asks for, with the decisions about them.
    ///
    /// # Errors
    /// As [`Catalogue::entries`].
    pub fn select(&self, selection: &Selection) -> Result<CatalogueListing, CatalogueError> {
        let mut entries = self.entries()?;
        let admitted = |entry: &CatalogueEntry| match &entry.record {
            CatalogueRecord::Run(run) => selection.admits(entry, run),
            CatalogueRecord::Override(_) => false,
        };
        let mut shown: Vec<u64> =
            entries.iter().filter(|entry| admitted(entry)).map(|entry| entry.entry).collect();
        let older = selection.last.map_or(0, |last| shown.len().saturating_sub(last));
        shown.drain(..older);
        entries.retain(|entry| match &entry.record {
            CatalogueRecord::Run(_) => shown.contains(&entry.entry),
            CatalogueRecord::Override(decision) => shown.contains(&decision.run),
        });
        Ok(CatalogueListing { entries, older })
    }
}
