//! Remembering runs: what ran, on which inputs, with which outcome, and who overrode what.
//!
//! A catalogue is one SQLite file with one table, a log that only grows. Each entry carries the
//! BLAKE3 hash of itself and of the entry before it, so that an entry that was changed,
//! moved or taken out shows ([`Catalogue::verify`]); only somebody who writes the whole log anew can
//! hide that, and not from who kept the hash of the last entry.
//!
//! Any number of processes may append at once: each appends within a transaction of its own, which
//! stands on the disk when [`Catalogue::append`] returns.

mod append;
mod chain;
mod compare;
mod error;
mod file;
mod history;
mod read;
mod record;
mod select;
mod verify;

pub use error::CatalogueError;
pub use file::Catalogue;
pub use record::{breaches, breaches_when_stated, policy, policy_when_stated, run_record, tail};
pub use select::Selection;

/// Name of the catalogue beside results where no other is given.
pub const CATALOGUE_NAME: &str = "plimsoll-catalogue.sqlite";
