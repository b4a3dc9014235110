//! The folder of a batch: one result folder a run, and a summary beside them.
//!
//! Each run's folder is an [`OutputFolder`](super::OutputFolder), whole or absent. The batch's own
//! files replace their predecessors by renaming. `manifest.json` is there from the start, so that a
//! batch that was killed is known as ours; one process at a time holds the folder by a lock on it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::manifest::{MANIFEST_NAME, Manifest, ResultFile};
use super::output::{HIDDEN, OutputError, file_names, io_error, read_manifest, sync_folder};

/// A batch's folder, held by this process.
#[derive(Debug)]
pub struct BatchFolder {
    folder: PathBuf,
    manifest: Manifest,
    /// Unlocked when dropped, and by the system when the process dies.
    _lock: File,
}

impl BatchFolder {
    /// Takes hold of the folder at `target`, which is made where it is absent, and clears away what
    /// a batch that was killed left half-written.
    ///
    /// # Errors
    /// A folder that holds something else than a batch of ours; one that another process holds.
    pub fn open(target: &Path, manifest: Manifest) -> Result<Self, OutputError> {
        refuse_foreign(target)?;
        fs::create_dir_all(target).map_err(io_error(target))?;
        let lock = locked(target)?;
        let mut folder = Self { folder: target.to_owned(), manifest, _lock: lock };
        folder.clear_leftovers().map_err(io_error(target))?;
        folder.manifest.batch = true;
        folder.write_manifest()?;
        Ok(folder)
    }

    /// Where a run's results stand or will stand.
    pub fn run(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes one of the batch's own files in place of an earlier one.
    ///
    /// # Errors
    /// A full or failing disk.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        self.replace(name, bytes)?;
        self.manifest.results.push(ResultFile {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        });
        Ok(())
    }

    /// Writes the manifest with the hashes of the batch's own files.
    ///
    /// # Errors
    /// As [`BatchFolder::write`].
    pub fn commit(self) -> Result<(), OutputError> {
        self.write_manifest()
    }

    fn write_manifest(&self) -> Result<(), OutputError> {
        let text = serde_json::to_string_pretty(&self.manifest).map_err(io::Error::other);
        let text = text.map_err(io_error(&self.folder))? + "\n";
        self.replace(MANIFEST_NAME, text.as_bytes())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(HIDDEN).tempfile_in(&self.folder)?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
            }
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(self.folder.join(name)).map_err(|error| error.error)?;
            sync_folder(&self.folder)
        };
        write().map_err(io_error(&self.folder.join(name)))
    }

    /// Removes folders and files that were under construction.
    fn clear_leftovers(&self) -> io::Result<()> {
        for name in file_names(&self.folder)?.iter().filter(|name| name.starts_with(HIDDEN)) {
            let path = self.folder.join(name);
            if path.is_dir() {
                fs::remove_dir_all(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Refuses a target that is not a batch's folder, and not empty.
fn refuse_foreign(target: &Path) -> Result<(), OutputError> {
    let not_ours = |reason: String| OutputError::NotOurs { path: target.to_owned(), reason };
    let names = match file_names(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_ours("it is not a folder".into()));
        }
        Err(error) => return Err(io_error(target)(error)),
        Ok(names) => names,
    };
    // Killed before its manifest was written: nothing but what was under construction.
    if names.iter().all(|name| name.starts_with(HIDDEN)) {
        return Ok(());
    }
    match read_manifest(target) {
        Ok(manifest) if manifest.batch => Ok(()),
        Ok(_) => Err(not_ours("it holds one run, and not a batch".into())),
        Err(reason) => Err(not_ours(reason)),
    }
}

fn locked(target: &Path) -> Result<File, OutputError> {
    let file = File::open(target).map_err(io_error(target))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OutputError::Busy { path: target.to_owned() }),
        Err(TryLockError::Error(error)) => Err(io_error(target)(error)),
    }
}
