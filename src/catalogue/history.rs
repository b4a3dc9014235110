//! The runs before a run.

use super::error::CatalogueError;
use super::file::Catalogue;
use crate::outcome::{CatalogueEntry, CatalogueRecord, RecordedRun, RunHistory, RunRecord};

/// The results of a run, by whose hash it is found again.
const RESULT: &str = "result.json";

impl Catalogue {
    /// The recorded runs of the scenario of `run`, in its currency and of its measure, up to `run`
    /// itself, which need not be recorded: it then stands where it began. At most `last`, the latest.
    ///
    /// # Errors
    /// As [`Catalogue::entries`].
    pub fn history(&self, run: RunRecord, last: usize) -> Result<RunHistory, CatalogueError> {
        let entries = self.entries()?;
        let own = entries.iter().rev().find(|entry| is_of_the_same_results(entry, &run));
        let own = own.map(|entry| (entry.entry, entry.recorded_at.clone()));
        let decided = |entry: &&CatalogueEntry| match &entry.record {
            CatalogueRecord::Override(decision) => {
                own.as_ref().is_some_and(|(entry, _)| *entry == decision.run)
            }
            CatalogueRecord::Run(_) => false,
        };
        let decisions = entries.iter().filter(decided).cloned().collect();
        let before = |entry: &CatalogueEntry| match &own {
            Some((own, _)) => entry.entry < *own,
            None => entry.recorded_at < run.started_at,
        };
        let mut runs: Vec<RecordedRun> = entries
            .into_iter()
            .filter(before)
            .filter_map(|entry| comparable(entry, &run))
            .collect();
        let (entry, recorded_at) = match own {
            Some((entry, recorded_at)) => (Some(entry), recorded_at),
            None => (None, run.started_at.clone()),
        };
        runs.push(RecordedRun { entry, recorded_at, run });
        runs.drain(..runs.len().saturating_sub(last));
        Ok(RunHistory { runs, decisions })
    }
}

fn is_of_the_same_results(entry: &CatalogueEntry, run: &RunRecord) -> bool {
    let hash = |run: &RunRecord| {
        run.results.iter().find(|one| one.name == RESULT).map(|one| one.blake3.clone())
    };
    match &entry.record {
        CatalogueRecord::Run(recorded) => {
            recorded.started_at == run.started_at && hash(recorded) == hash(run)
        }
        CatalogueRecord::Override(_) => false,
    }
}

/// The run of an entry whose figures can stand beside those of `run`.
fn comparable(entry: CatalogueEntry, run: &RunRecord) -> Option<RecordedRun> {
    let CatalogueEntry { entry, recorded_at, record, .. } = entry;
    let CatalogueRecord::Run(recorded) = record else { return None };
    let (theirs, own) = (recorded.figures.as_ref()?, run.figures.as_ref()?);
    let alike = recorded.name() == run.name()
        && theirs.currency == own.currency
        && theirs.measure == own.measure;
    alike.then_some(RecordedRun { entry: Some(entry), recorded_at, run: *recorded })
}
