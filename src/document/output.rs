//! A folder of results, written whole or not at all.
//!
//! Files are written to a hidden folder beside the target, forced to disk, and the folder is
//! renamed into place with `manifest.json` written last. A run that fails or is interrupted leaves
//! the target as it was. An existing folder is replaced only if it holds a plimsoll manifest and
//! nothing that the manifest does not list.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::kept::{INPUTS, KeptInput, copy_name};
use super::manifest::{MANIFEST_NAME, Manifest, PROGRAM, ResultFile};

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The target exists and was not made by plimsoll.
    #[error("{} is not a folder of plimsoll results: {reason}; choose another, or empty it", path.display())]
    NotOurs {
        /// The target.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// The target of a new folder is taken.
    #[error("cannot make the folder {}: {reason}; name one that is not there yet", path.display())]
    Taken {
        /// The target.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// Results that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// What was being read.
        path: PathBuf,
        /// The file system's answer.
        source: io::Error,
    },
    /// Another process writes there.
    #[error("another batch is being written to {}", path.display())]
    Busy {
        /// The target.
        path: PathBuf,
    },
    /// A result's name is not a plain file name, or is taken.
    #[error("`{name}` cannot name a result file")]
    BadName {
        /// The name.
        name: String,
    },
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// What was being written.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
}

/// Writes one document whole or not at all. A file that stands there and does not begin with `mark` is
/// someone else's, and is left alone.
///
/// # Errors
/// A file that is not ours; a folder that cannot be written.
pub fn write_document(path: &Path, text: &str, mark: &str) -> Result<(), OutputError> {
    match fs::read(path) {
        Ok(found) if !found.starts_with(mark.as_bytes()) => {
            let taken = io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it exists and was not written by this command; name another file",
            );
            return Err(io_error(path)(taken));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(path)(error)),
        _ => {}
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(parent)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(io_error(path))
}

/// How the names of folders under construction begin.
pub(super) const HIDDEN: &str = ".plimsoll-";

/// A result folder under construction; dropped without [`OutputFolder::commit`], it vanishes.
#[derive(Debug)]
pub struct OutputFolder {
    target: PathBuf,
    parent: PathBuf,
    building: TempDir,
    results: Vec<ResultFile>,
}

impl OutputFolder {
    /// Begins a folder that will stand at `target`.
    ///
    /// # Errors
    /// A target that exists and is not ours; a parent that cannot be written.
    pub fn create(target: &Path) -> Result<Self, OutputError> {
        refuse_foreign(target)?;
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&parent).map_err(io_error(&parent))?;
        let building = hidden_folder(&parent).map_err(io_error(target))?;
        Ok(Self { target: target.to_owned(), parent, building, results: vec![] })
    }

    /// Writes one result file.
    ///
    /// # Errors
    /// A name with a folder in it or written before; a full or failing disk.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let plain = Path::new(name).file_name().is_some_and(|file| file == name);
        let taken = name == MANIFEST_NAME || self.results.iter().any(|result| result.name == name);
        if !plain || taken {
            return Err(OutputError::BadName { name: name.to_owned() });
        }
        self.write_listed(name, bytes)
    }

    /// Copies an input, byte for byte, into the folder `inputs`.
    ///
    /// # Errors
    /// A full or failing disk.
    pub fn keep(&mut self, kept: &KeptInput) -> Result<(), OutputError> {
        let name = copy_name(&kept.input);
        if self.results.iter().any(|result| result.name == name) {
            return Ok(()); // The same bytes under another name.
        }
        let folder = self.building.path().join(INPUTS);
        fs::create_dir_all(&folder).map_err(io_error(&self.target.join(INPUTS)))?;
        self.write_listed(&name, &kept.bytes())
    }

    fn write_listed(&mut self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        self.write_synced(name, bytes)?;
        self.results.push(ResultFile {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        });
        Ok(())
    }

    /// Writes the manifest, with the hash of every result, puts the folder in place and gives the
    /// manifest as it was written.
    ///
    /// # Errors
    /// As [`OutputFolder::write`]; a target that was changed meanwhile. The target is then as it
    /// was.
    pub fn commit(mut self, mut manifest: Manifest) -> Result<Manifest, OutputError> {
        manifest.results = std::mem::take(&mut self.results);
        let text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other);
        let text = text.map_err(io_error(&self.target))? + "\n";
        self.write_synced(MANIFEST_NAME, text.as_bytes())?;
        let copies = self.building.path().join(INPUTS);
        if copies.is_dir() {
            sync_folder(&copies).map_err(io_error(&self.target))?;
        }
        sync_folder(self.building.path()).map_err(io_error(&self.target))?;
        refuse_foreign(&self.target)?;
        self.put_in_place().map_err(io_error(&self.target))?;
        // The results stand; a parent that cannot be synced does not undo that.
        let _ = sync_folder(&self.parent);
        Ok(manifest)
    }

    fn write_synced(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.building.path().join(name);
        let write = || -> io::Result<()> {
            let mut file = File::create_new(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(io_error(&self.target.join(name)))
    }

    /// Renames the new folder into place; the old one, where there is one, steps aside first.
    fn put_in_place(&self) -> io::Result<()> {
        if !self.target.exists() {
            return fs::rename(self.building.path(), &self.target);
        }
        let aside = hidden_folder(&self.parent)?;
        let old = aside.path().join("old");
        fs::rename(&self.target, &old)?;
        let placed = fs::rename(self.building.path(), &self.target);
        if placed.is_err() {
            fs::rename(&old, &self.target)?;
        }
        placed
    }
}

/// The manifest of the results in `folder`, where they are whole: every result is there as its hash
/// says.
pub fn whole_results(folder: &Path) -> Option<Manifest> {
    let manifest = read_manifest(folder).ok()?;
    let whole = manifest.results.iter().all(|result| {
        fs::read(folder.join(&result.name))
            .is_ok_and(|bytes| blake3::hash(&bytes).to_hex().as_str() == result.blake3)
    });
    whole.then_some(manifest)
}

/// The text of one of the results in `folder`.
///
/// # Errors
/// A file that cannot be read.
pub fn read_result(folder: &Path, name: &str) -> Result<String, OutputError> {
    let path = folder.join(name);
    fs::read_to_string(&path).map_err(|source| OutputError::Unreadable { path, source })
}

pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> OutputError {
    let path = path.to_owned();
    move |source| OutputError::Io { path, source }
}

/// A folder of our own beside the target, removed when dropped.
pub(super) fn hidden_folder(parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(HIDDEN);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The user's umask applies: results are as readable as any file the user writes.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent)
}

#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Refuses a target that holds anything but earlier results.
fn refuse_foreign(target: &Path) -> Result<(), OutputError> {
    let not_ours = |reason: String| OutputError::NotOurs { path: target.to_owned(), reason };
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(target)(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(not_ours("it is not a folder".into())),
        Ok(_) => {}
    }
    let mut names = file_names(target).map_err(io_error(target))?;
    if names.is_empty() {
        return Ok(());
    }
    let copies = target.join(INPUTS);
    if copies.is_dir() && !copies.is_symlink() {
        names.retain(|name| name != INPUTS);
        let kept = file_names(&copies).map_err(io_error(&copies))?;
        names.extend(kept.iter().map(|name| format!("{INPUTS}/{name}")));
    }
    let manifest = read_manifest(target).map_err(not_ours)?;
    let listed = |name: &str| manifest.results.iter().any(|result| result.name == name);
    let foreign = names.iter().find(|name| *name != MANIFEST_NAME && !listed(name));
    match foreign {
        None => Ok(()),
        Some(name) => Err(not_ours(format!("it holds {}", super::visible::quoted(name)))),
    }
}

pub(super) fn read_manifest(target: &Path) -> Result<Manifest, String> {
    let text = fs::read_to_string(target.join(MANIFEST_NAME))
        .map_err(|_| format!("it has no {MANIFEST_NAME}"))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|_| format!("its {MANIFEST_NAME} is not one of plimsoll's"))?;
    if manifest.program == PROGRAM {
        Ok(manifest)
    } else {
        Err(format!("its {MANIFEST_NAME} is another program's"))
    }
}

pub(super) fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let name =
        |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    fs::read_dir(folder)?.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::loader::{Confinement, Loader};
    use super::super::manifest::Machine;
    use super::*;

    fn manifest() -> Manifest {
        let machine = Machine {
            operating_system: "linux".into(),
            architecture: "x86_64".into(),
            instruction_set: "avx2".into(),
            threads: 2,
            processors: 2,
        };
        Manifest::new("0.1.0", "minimal", machine)
    }

    fn write_results(target: &Path, text: &str) -> Result<Manifest, OutputError> {
        let mut folder = OutputFolder::create(target)?;
        folder.write("result.json", text.as_bytes())?;
        folder.commit(manifest())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names = file_names(folder).unwrap();
        names.sort();
        names
    }

    #[test]
    fn results_appear_whole_with_their_hashes() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("deep/out");
        let mut folder = OutputFolder::create(&target).unwrap();
        folder.write("empty", b"").unwrap();
        assert!(!target.exists(), "nothing shows before the commit");
        folder.commit(manifest()).unwrap();
        assert_eq!(names(&target), ["empty", MANIFEST_NAME]);
        assert_eq!(names(&base.path().join("deep")), ["out"], "no traces beside it");
        let written = read_manifest(&target).unwrap();
        // The published BLAKE3 hash of no bytes.
        let hash = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(written.results[0].blake3, hash);
    }

    #[test]
    fn our_folder_is_replaced_and_no_other() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("out");
        write_results(&target, "1").unwrap();
        write_results(&target, "2").unwrap();
        assert_eq!(fs::read_to_string(target.join("result.json")).unwrap(), "2");
        assert_eq!(names(base.path()), ["out"]);
        fs::write(target.join("notes.txt"), "mine").unwrap();
        let refused = write_results(&target, "3").unwrap_err();
        assert!(refused.to_string().contains("it holds `notes.txt`"), "{refused}");
        assert_eq!(fs::read_to_string(target.join("result.json")).unwrap(), "2");
    }

    #[test]
    fn copies_of_inputs_belong_to_the_folder_and_strangers_among_them_do_not() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("marked.csv"), b"\xEF\xBB\xBFa,b\r\n").unwrap();
        let loader = Loader::new(base.path(), Confinement::Inside).unwrap();
        assert_eq!(loader.open("marked.csv", None).unwrap().text(), "a,b\r\n");
        let target = base.path().join("out");
        let write = || -> Result<Manifest, OutputError> {
            let mut folder = OutputFolder::create(&target)?;
            loader.kept_inputs().iter().for_each(|kept| folder.keep(kept).unwrap());
            folder.commit(Manifest { inputs: loader.inputs(), ..manifest() })
        };
        let written = write().unwrap();
        let copy = target.join(&written.results[0].name);
        assert_eq!(fs::read(&copy).unwrap(), b"\xEF\xBB\xBFa,b\r\n", "byte for byte");
        assert_eq!(written.results[0].blake3, written.inputs[0].blake3);
        assert_eq!(whole_results(&target), Some(write().unwrap()), "it may be replaced");
        let again = Loader::of_kept(&target, &written);
        assert_eq!(again.open("marked.csv", None).unwrap().text(), "a,b\r\n");
        assert_eq!(again.inputs(), loader.inputs());
        let missing = again.open("other.csv", None).unwrap_err();
        assert_eq!(missing.items()[0].title, "no copy of `other.csv` was kept with the results");
        fs::write(target.join("inputs/notes.txt"), "mine").unwrap();
        assert!(write().unwrap_err().to_string().contains("it holds `inputs/notes.txt`"));
        fs::remove_file(target.join("inputs/notes.txt")).unwrap();
        fs::write(copy, "a,c").unwrap();
        assert_eq!(whole_results(&target), None, "a copy that was changed shows");
    }

    #[test]
    fn foreign_targets_are_refused() {
        let base = tempfile::tempdir().unwrap();
        let other = base.path().join("other");
        fs::create_dir(&other).unwrap();
        assert!(OutputFolder::create(&other).is_ok(), "an empty folder is nobody's");
        fs::write(other.join("a.txt"), "mine").unwrap();
        for (name, text) in [("a.txt", "mine"), (MANIFEST_NAME, "{}")] {
            fs::write(other.join(name), text).unwrap();
            let refused = OutputFolder::create(&other).unwrap_err();
            assert!(matches!(refused, OutputError::NotOurs { .. }), "{refused}");
        }
        let file = base.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(OutputFolder::create(&file).is_err());
    }

    #[test]
    fn an_abandoned_run_leaves_nothing() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("out");
        write_results(&target, "1").unwrap();
        let mut folder = OutputFolder::create(&target).unwrap();
        folder.write("result.json", b"half").unwrap();
        drop(folder);
        assert_eq!(names(base.path()), ["out"]);
        assert_eq!(fs::read_to_string(target.join("result.json")).unwrap(), "1");
    }

    #[test]
    fn names_are_plain_and_used_once() {
        let base = tempfile::tempdir().unwrap();
        let mut folder = OutputFolder::create(&base.path().join("out")).unwrap();
        folder.write("a", b"").unwrap();
        for name in ["a", "../a", "a/b", "", "..", MANIFEST_NAME] {
            assert!(folder.write(name, b"").is_err(), "{name}");
        }
    }
}
