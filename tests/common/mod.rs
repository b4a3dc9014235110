//! What the integration tests share.
#![allow(clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};

/// A file or folder of the reference material beside the project.
///
/// `None`, with a line on standard error, where it is not there.
///
/// # Panics
/// If it is not there and the environment says `CI=true`.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", found.display());
    eprintln!("skipped: ../shared is not there");
    None
}
