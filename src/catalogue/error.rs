//! Why a catalogue could not be read or written.

use std::path::PathBuf;

/// A catalogue that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// There is none.
    #[error("there is no catalogue at {}; `plimsoll run … --out DIR` begins one", path.display())]
    Absent {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Another program's file.
    #[error("{} is not a plimsoll catalogue: {found}; name another file with --catalogue", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// A later layout.
    #[error("{} has layout {found}, this plimsoll knows {known}; use a later plimsoll", path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The latest that is known.
        known: i64,
    },
    /// The log was cut or changed: nothing is added to it.
    #[error(
        "{} was changed by something else than plimsoll: {fault}; nothing was recorded, see \
         `plimsoll catalogue verify`", path.display()
    )]
    Tampered {
        /// The file.
        path: PathBuf,
        /// What shows it.
        fault: String,
    },
    /// No such run in it.
    #[error("entry {entry} of {} is not a run; `plimsoll runs` lists them", path.display())]
    NoSuchRun {
        /// The file.
        path: PathBuf,
        /// The entry asked for.
        entry: u64,
    },
    /// The database or the disk under it refused.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Its answer.
        source: rusqlite::Error,
    },
    /// A record that cannot be written as JSON or read from it.
    #[error("{}: entry {entry} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The entry.
        entry: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
