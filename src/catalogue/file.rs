//! The file: made, recognised, opened.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::error::CatalogueError;

/// `PLIM` as the number that SQLite keeps of the program a file belongs to.
const APPLICATION: i64 = 0x504c_494d;
/// Layout of the table.
const LAYOUT: i64 = 1;
/// How long another process's turn is waited for, in milliseconds: its transaction takes a few.
const PATIENCE_MS: i64 = 120_000;

/// The log and what keeps it one; `runs` is for people with SQL of their own.
const TABLES: &str = "
CREATE TABLE entries (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at TEXT NOT NULL,
    body TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries of the catalogue are never changed'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries of the catalogue are never removed'); END;
CREATE VIEW runs AS SELECT
    entry, recorded_at,
    body ->> '$.command' AS command,
    body ->> '$.scenario' AS scenario,
    body ->> '$.folder' AS folder,
    body ->> '$.figures.status' AS status,
    body ->> '$.figures.currency' AS currency,
    body ->> '$.figures.measure' AS measure,
    body ->> '$.figures.loss' AS loss,
    body ->> '$.figures.threshold' AS threshold,
    body ->> '$.figures.utilisation' AS utilisation
FROM entries WHERE body ->> '$.kind' = 'run';
";

/// An open catalogue.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Catalogue {
    /// Opens the catalogue at `path`, and begins one where there is none.
    ///
    /// # Errors
    /// A file that is no catalogue; a folder that cannot be written.
    pub fn create(path: &Path) -> Result<Self, CatalogueError> {
        let mut catalogue =
            Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        if !catalogue.is_begun()? {
            catalogue.begin().map_err(catalogue_error(path))?;
        }
        Ok(catalogue)
    }

    /// Opens a catalogue that is there.
    ///
    /// # Errors
    /// No file; a file that is no catalogue.
    pub fn open(path: &Path) -> Result<Self, CatalogueError> {
        Self::standing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// As [`Catalogue::open`], to be read alone: nothing about the file changes, and it may lie where
    /// nothing can be written.
    ///
    /// # Errors
    /// As [`Catalogue::open`].
    pub fn open_to_read(path: &Path) -> Result<Self, CatalogueError> {
        Self::standing(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn standing(path: &Path, how: OpenFlags) -> Result<Self, CatalogueError> {
        let absent = || CatalogueError::Absent { path: path.to_owned() };
        let catalogue = match Self::connect(path, how) {
            Err(CatalogueError::Database { source, .. }) if cannot_open(&source) => {
                return Err(absent());
            }
            catalogue => catalogue?,
        };
        if catalogue.is_begun()? { Ok(catalogue) } else { Err(absent()) }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connect(path: &Path, how: OpenFlags) -> Result<Self, CatalogueError> {
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | how;
        let connect = || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.pragma_update(None, "busy_timeout", PATIENCE_MS)?;
            // The folder is forced to disk too when a transaction ends.
            connection.pragma_update(None, "synchronous", "EXTRA")?;
            Ok(connection)
        };
        let connection = connect().map_err(catalogue_error(path))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Whether the tables are there; an empty file is one that a process was killed over.
    fn is_begun(&self) -> Result<bool, CatalogueError> {
        let number = |sql: &str| {
            let found = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            found.map_err(catalogue_error(&self.path))
        };
        let foreign = |found: &str| CatalogueError::NotOurs {
            path: self.path.clone(),
            found: found.to_owned(),
        };
        match number("PRAGMA application_id")? {
            APPLICATION => {}
            0 if number("SELECT count(*) FROM sqlite_schema")? == 0 => return Ok(false),
            _ => return Err(foreign("another program's SQLite file")),
        }
        match number("PRAGMA user_version")? {
            LAYOUT => Ok(true),
            found => Err(CatalogueError::Later { path: self.path.clone(), found, known: LAYOUT }),
        }
    }

    /// Makes the tables, unless another process just has.
    fn begin(&mut self) -> rusqlite::Result<()> {
        let work = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let begun = work.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0))?;
        if begun != APPLICATION {
            work.execute_batch(TABLES)?;
            work.pragma_update(None, "application_id", APPLICATION)?;
            work.pragma_update(None, "user_version", LAYOUT)?;
        }
        work.commit()
    }
}

/// The database's answer with the file it is about.
pub(super) fn catalogue_error(path: &Path) -> impl Fn(rusqlite::Error) -> CatalogueError {
    let path = path.to_owned();
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            CatalogueError::NotOurs { path: path.clone(), found: "it is no SQLite file".to_owned() }
        }
        _ => CatalogueError::Database { path: path.clone(), source },
    }
}

fn cannot_open(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::CannotOpen)
}
