//! Reading entries.

use rusqlite::{OptionalExtension, Row};

use super::chain::Link;
use super::error::CatalogueError;
use super::file::{Catalogue, catalogue_error};
use crate::outcome::{CatalogueEntry, CatalogueRecord, RunRecord};

impl Catalogue {
    /// All entries, oldest first.
    ///
    /// # Errors
    /// A database that cannot be read; an entry that holds no record.
    pub fn entries(&self) -> Result<Vec<CatalogueEntry>, CatalogueError> {
        self.links()?.into_iter().map(|link| self.entry_of(link)).collect()
    }

    /// The run that entry `entry` records.
    ///
    /// # Errors
    /// As [`Catalogue::entries`]; an entry that is not there or is not a run.
    pub fn run(&self, entry: u64) -> Result<RunRecord, CatalogueError> {
        let sql = "SELECT entry, recorded_at, body, previous, hash FROM entries WHERE entry = ?1";
        let found = self.connection.query_row(sql, [entry], link).optional();
        let found = found.map_err(catalogue_error(&self.path))?;
        match found.map(|link| self.entry_of(link)).transpose()?.map(|found| found.record) {
            Some(CatalogueRecord::Run(run)) => Ok(*run),
            _ => Err(CatalogueError::NoSuchRun { path: self.path.clone(), entry }),
        }
    }

    pub(super) fn links(&self) -> Result<Vec<Link>, CatalogueError> {
        let sql = "SELECT entry, recorded_at, body, previous, hash FROM entries ORDER BY entry";
        let read = || -> rusqlite::Result<Vec<Link>> {
            self.connection.prepare(sql)?.query_map([], link)?.collect()
        };
        read().map_err(catalogue_error(&self.path))
    }

    fn entry_of(&self, link: Link) -> Result<CatalogueEntry, CatalogueError> {
        let Link { entry, recorded_at, body, hash, .. } = link;
        let unreadable =
            |source| CatalogueError::Unreadable { path: self.path.clone(), entry, source };
        let record = serde_json::from_str(&body).map_err(unreadable)?;
        Ok(CatalogueEntry { entry, recorded_at, hash, record })
    }
}

/// A row of the table.
pub(super) fn link(row: &Row) -> rusqlite::Result<Link> {
    Ok(Link {
        entry: row.get(0)?,
        recorded_at: row.get(1)?,
        body: row.get(2)?,
        previous: row.get(3)?,
        hash: row.get(4)?,
    })
}
