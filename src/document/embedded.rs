//! Files that ship inside the binary: scenarios, venue rules, schemas.

use include_dir::{Dir, include_dir};

use super::source::SourceFile;
use std::sync::Arc;

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// The shipped file at `path` below `scenarios/`, e.g. `venues/generic-flat.toml`.
pub fn file(path: &str) -> Option<Arc<SourceFile>> {
    let text = SCENARIOS.get_file(path)?.contents_utf8()?;
    Some(SourceFile::new(path, text))
}

/// The bytes of a shipped file.
pub(super) fn bytes(path: &str) -> Option<&'static [u8]> {
    SCENARIOS.get_file(path).map(include_dir::File::contents)
}

/// The paths of the shipped files directly in `folder`, sorted.
pub fn list(folder: &str) -> Vec<String> {
    let Some(folder) = SCENARIOS.get_dir(folder) else {
        return vec![];
    };
    let mut paths: Vec<String> =
        folder.files().map(|file| file.path().to_string_lossy().into_owned()).collect();
    paths.sort();
    paths
}

/// The names of the shipped scenarios, sorted.
pub fn scenarios() -> Vec<String> {
    let folders = SCENARIOS.dirs();
    let is_scenario =
        |folder: &&Dir<'_>| folder.get_file(folder.path().join("scenario.toml")).is_some();
    let mut names: Vec<String> = folders
        .filter(is_scenario)
        .map(|folder| folder.path().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
