//! Whether the log is as it was written, and the results it names still stand.

use std::collections::BTreeMap;
use std::path::Path;

use super::append::shortened;
use super::chain::Link;
use super::error::CatalogueError;
use super::file::{Catalogue, catalogue_error};
use crate::document::whole_results;
use crate::outcome::{
    CatalogueFault, CatalogueRecord, HashedFile, ResultsNow, RunRecord, Verification,
};

impl Catalogue {
    /// Follows the chain from its first entry, and looks at the results of every run. With `head`,
    /// the hash of some entry as it was kept elsewhere, that entry must be there too.
    ///
    /// # Errors
    /// A database that cannot be read at all.
    pub fn verify(&self, head: Option<&str>) -> Result<Verification, CatalogueError> {
        let failed = catalogue_error(&self.path);
        let mut faults = self.damage().map_err(&failed)?;
        let links = self.links()?;
        let mut previous: Option<&Link> = None;
        for link in &links {
            if let Some(what) = link.fault_after(previous) {
                faults.push(CatalogueFault { entry: Some(link.entry), what });
            }
            previous = Some(link);
        }
        if let Some(what) = shortened(&self.connection, links.last()).map_err(&failed)? {
            faults.push(CatalogueFault { entry: None, what });
        }
        let kept = |head: &str| links.iter().any(|link| link.hash == head);
        if let Some(head) = head.filter(|head| !kept(head)) {
            let what = format!("no entry has the hash {head}, which was kept");
            faults.push(CatalogueFault { entry: None, what });
        }
        let mut runs = BTreeMap::new();
        for link in &links {
            match serde_json::from_str(&link.body) {
                Ok(CatalogueRecord::Run(run)) => drop(runs.insert(link.entry, *run)),
                Ok(CatalogueRecord::Override(decision)) if runs.contains_key(&decision.run) => {}
                Ok(CatalogueRecord::Override(decision)) => faults.push(CatalogueFault {
                    entry: Some(link.entry),
                    what: format!("it overrides entry {}, which is no run before it", decision.run),
                }),
                Err(error) => faults.push(CatalogueFault {
                    entry: Some(link.entry),
                    what: format!("its record cannot be read: {error}"),
                }),
            }
        }
        Ok(Verification {
            entries: links.len() as u64,
            head: links.last().map_or_else(String::new, |link| link.hash.clone()),
            results: results(&runs),
            faults,
        })
    }

    /// What SQLite's own check of the file finds.
    fn damage(&self) -> rusqlite::Result<Vec<CatalogueFault>> {
        let mut check = self.connection.prepare("PRAGMA integrity_check")?;
        let lines = check.query_map([], |row| row.get::<_, String>(0))?;
        let fault = |line: String| CatalogueFault { entry: None, what: line };
        let lines: Vec<String> = lines.collect::<rusqlite::Result<_>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").map(fault).collect())
    }
}

/// How the results of each run stand; a folder holds those of its last run.
fn results(runs: &BTreeMap<u64, RunRecord>) -> Vec<(u64, ResultsNow)> {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for (entry, run) in runs {
        last.insert(&run.folder, *entry);
    }
    let now = |(entry, run): (&u64, &RunRecord)| match last[&*run.folder] {
        later if later != *entry => (*entry, ResultsNow::Replaced { by: later }),
        _ => (*entry, standing(run)),
    };
    runs.iter().map(now).collect()
}

fn standing(run: &RunRecord) -> ResultsNow {
    let folder = Path::new(&run.folder);
    if !folder.exists() {
        return ResultsNow::Gone;
    }
    let hashes = |manifest: crate::document::Manifest| {
        let file =
            |one: crate::document::ResultFile| HashedFile { name: one.name, blake3: one.blake3 };
        manifest.results.into_iter().map(file).collect::<Vec<_>>()
    };
    match whole_results(folder).map(hashes) {
        Some(found) if found == run.results => ResultsNow::Standing,
        _ => ResultsNow::Changed,
    }
}
