//! Documents for the user to keep: a new folder of them, written whole or not at all, and single files
//! put beside what stands in a folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::output::{OutputError, hidden_folder, io_error, sync_folder, write_document};

/// Writes a folder of documents that will stand at `target`, which may not exist or be empty. Each
/// is a path inside the folder, with `/` between its parts, and a text.
///
/// # Errors
/// A target that is taken or has no name of its own, such as `.`; a parent that cannot be written. The
/// target is then as it was.
pub fn write_new_folder(target: &Path, documents: &[(String, String)]) -> Result<(), OutputError> {
    refuse_taken(target)?;
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(io_error(&parent))?;
    let building = hidden_folder(&parent).map_err(io_error(target))?;
    for (name, text) in documents {
        write_below(building.path(), name, text).map_err(io_error(&target.join(name)))?;
    }
    put_in_place(building.path(), target).map_err(io_error(target))?;
    // The documents stand; a parent that cannot be synced does not undo that.
    let _ = sync_folder(&parent);
    Ok(())
}

/// Writes documents into `folder`, making it where there is none; each is written whole or not at
/// all. A file that stands there and does not begin with `mark` is someone else's, and is left alone.
///
/// # Errors
/// A file that is not ours; a folder that cannot be written.
pub fn write_beside(
    folder: &Path,
    documents: &[(String, String)],
    mark: &str,
) -> Result<(), OutputError> {
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    documents.iter().try_for_each(|(name, text)| write_document(&folder.join(name), text, mark))
}

fn refuse_taken(target: &Path) -> Result<(), OutputError> {
    let taken = |reason: &str| {
        Err(OutputError::Taken { path: target.to_owned(), reason: reason.to_owned() })
    };
    if target.file_name().is_none() {
        return taken("it has no name of its own");
    }
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(target)(error)),
        Ok(metadata) if !metadata.is_dir() => return taken("it is not a folder"),
        Ok(_) => {}
    }
    match fs::read_dir(target).map_err(io_error(target))?.next() {
        None => Ok(()),
        Some(_) => taken("it is not empty"),
    }
}

fn write_below(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create_new(&path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// An empty folder that stands there gives way; one that was filled meanwhile stays.
fn put_in_place(built: &Path, target: &Path) -> io::Result<()> {
    if target.exists() {
        fs::remove_dir(target)?;
    }
    fs::rename(built, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> Vec<(String, String)> {
        let document = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        vec![document("a.toml", "a = 1\n"), document("schema/a.json", "{}\n")]
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names = super::super::output::file_names(folder).unwrap();
        names.sort();
        names
    }

    #[test]
    fn a_new_or_empty_folder_is_filled_and_nothing_is_left_beside_it() {
        let base = tempfile::tempdir().unwrap();
        let empty = base.path().join("empty");
        fs::create_dir(&empty).unwrap();
        for target in [base.path().join("deep/new"), empty] {
            write_new_folder(&target, &documents()).unwrap();
            assert_eq!(names(&target), ["a.toml", "schema"]);
            let schema = fs::read_to_string(target.join("schema/a.json")).unwrap();
            assert_eq!(schema, "{}\n");
        }
        assert_eq!(names(base.path()), ["deep", "empty"]);
    }

    #[test]
    fn what_is_taken_stays_as_it_is() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("mine");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("notes"), "mine").unwrap();
        let file = folder.join("notes");
        for (target, reason) in
            [(&folder, "not empty"), (&file, "not a folder"), (&PathBuf::from("."), "no name")]
        {
            let refused = write_new_folder(target, &documents()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
        assert_eq!(names(&folder), ["notes"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }

    #[test]
    fn a_folder_that_cannot_be_written_whole_is_not_written() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("new");
        let twice = [documents(), documents()].concat();
        assert!(write_new_folder(&target, &twice).is_err(), "one name, two texts");
        assert_eq!(names(base.path()), Vec::<String>::new());
    }

    #[test]
    fn files_of_others_are_left_alone() {
        let base = tempfile::tempdir().unwrap();
        let pages = |text: &str| vec![("a.1".to_owned(), format!("mark {text}"))];
        let folder = base.path().join("man");
        write_beside(&folder, &pages("1"), "mark").unwrap();
        write_beside(&folder, &pages("2"), "mark").unwrap();
        assert_eq!(fs::read_to_string(folder.join("a.1")).unwrap(), "mark 2");
        fs::write(folder.join("a.1"), "theirs").unwrap();
        assert!(write_beside(&folder, &pages("3"), "mark").is_err());
        assert_eq!(fs::read_to_string(folder.join("a.1")).unwrap(), "theirs");
    }
}
