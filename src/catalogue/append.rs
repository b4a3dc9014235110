//! Adding an entry.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::chain::Link;
use super::error::CatalogueError;
use super::file::{Catalogue, catalogue_error};
use super::read::link;
use crate::outcome::{CatalogueEntry, CatalogueRecord};

impl Catalogue {
    /// Records `record` as of `recorded_at` (UTC, RFC 3339); it stands on the disk when this returns.
    ///
    /// # Errors
    /// A full or failing disk, and the log is as it was; a log whose end was cut or changed; a
    /// decision about an entry that is not a run.
    pub fn append(
        &mut self,
        recorded_at: &str,
        record: CatalogueRecord,
    ) -> Result<CatalogueEntry, CatalogueError> {
        if let CatalogueRecord::Override(decision) = &record {
            self.run(decision.run)?;
        }
        let failed = catalogue_error(&self.path);
        let tampered = |fault| CatalogueError::Tampered { path: self.path.clone(), fault };
        let unreadable =
            |source| CatalogueError::Unreadable { path: self.path.clone(), entry: 0, source };
        let body = serde_json::to_string(&record).map_err(unreadable)?;
        let behavior = TransactionBehavior::Immediate;
        let work = self.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let last = last(&work).map_err(&failed)?;
        if let Some(fault) = shortened(&work, last.as_ref()).map_err(&failed)? {
            return Err(tampered(fault));
        }
        let next = Link::after(last.as_ref(), recorded_at, body);
        insert(&work, &next).map_err(&failed)?;
        work.commit().map_err(&failed)?;
        let Link { entry, recorded_at, hash, .. } = next;
        Ok(CatalogueEntry { entry, recorded_at, hash, record })
    }
}

fn last(work: &Transaction) -> rusqlite::Result<Option<Link>> {
    let sql = "SELECT entry, recorded_at, body, previous, hash FROM entries \
               ORDER BY entry DESC LIMIT 1";
    work.query_row(sql, [], link).optional()
}

/// SQLite remembers the largest number it gave, though its entry be gone.
pub(super) fn shortened(
    connection: &rusqlite::Connection,
    last: Option<&Link>,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'entries'";
    let given = connection.query_row(sql, [], |row| row.get::<_, u64>(0)).optional()?;
    let (given, last) = (given.unwrap_or(0), last.map_or(0, |link| link.entry));
    let fault = format!("{given} entries were recorded and the last one there is {last}");
    Ok((given != last).then_some(fault))
}

fn insert(work: &Transaction, link: &Link) -> rusqlite::Result<usize> {
    work.execute(
        "INSERT INTO entries (entry, recorded_at, body, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![link.entry, link.recorded_at, link.body, link.previous, link.hash],
    )
}
