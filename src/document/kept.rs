//! Copies of a run's inputs, kept beside its results so that it can be run again.
//!
//! Copies lie flat in the folder `inputs`, named by the hash of their bytes and the name of the file,
//! so that no path of an input leads anywhere; which copy an input is follows from its name and hash,
//! which the manifest lists.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::decode::BYTE_ORDER_MARK;
use super::loader::InputFile;
use super::manifest::Manifest;
use super::output::{read_manifest, whole_results};
use super::source::SourceFile;

/// The folder of copies inside a folder of results.
pub(super) const INPUTS: &str = "inputs";
/// Digits of the hash that a copy's name begins with.
const HASH_DIGITS: usize = 16;
/// Letters of a file's name, its last ones, that a copy's name keeps.
const NAME_LETTERS: usize = 64;

/// Why a run cannot be repeated from its folder.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// Not a folder of results.
    #[error("{} is not a folder of plimsoll results: {reason}", path.display())]
    NotResults {
        /// The folder.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// A batch, not one of its runs.
    #[error("{} holds a batch: name one of the runs in it", path.display())]
    Batch {
        /// The folder.
        path: PathBuf,
    },
    /// No copies of inputs.
    #[error(
        "{} has no copies of its inputs: it was written with --no-inputs, by another command than \
         `plimsoll run`, or by an earlier version",
        path.display()
    )]
    NotKept {
        /// The folder.
        path: PathBuf,
    },
    /// Files that are not as they were written.
    #[error("{} was changed after it was written: a file is missing or has other bytes", path.display())]
    Changed {
        /// The folder.
        path: PathBuf,
    },
}

/// The manifest of the results in `folder`, whole, with what the run was asked for.
///
/// # Errors
/// A folder that holds something else, or no copies of the inputs.
pub fn kept_results(folder: &Path) -> Result<(Manifest, Recipe), KeptError> {
    let path = || folder.to_owned();
    let manifest =
        read_manifest(folder).map_err(|reason| KeptError::NotResults { path: path(), reason })?;
    if manifest.batch {
        return Err(KeptError::Batch { path: path() });
    }
    let recipe = manifest.recipe.clone().ok_or_else(|| KeptError::NotKept { path: path() })?;
    let whole = whole_results(folder).ok_or_else(|| KeptError::Changed { path: path() })?;
    Ok((whole, recipe))
}

/// What a run was asked for beside what its documents say: with copies of those, enough to run it
/// again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The scenario document, by its name among the inputs.
    pub scenario: String,
    /// The portfolio document in place of the scenario's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// The policy document in place of the scenario's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The file of proposed trades, which is not one of the inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trades: Option<InputFile>,
    /// Changes to the scenario from outside, by name.
    pub overrides: serde_json::Value,
}

/// A file that was read, with the bytes it had.
#[derive(Debug, Clone)]
pub struct KeptInput {
    /// Its name and hash.
    pub input: InputFile,
    pub(super) file: Arc<SourceFile>,
    /// Whether its bytes began with a byte-order mark, which its text does not hold.
    pub(super) marked: bool,
}

impl KeptInput {
    /// Its bytes as they were read.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        let text = self.file.text().as_bytes();
        if self.marked { Cow::Owned([BYTE_ORDER_MARK, text].concat()) } else { Cow::Borrowed(text) }
    }
}

/// Name of the copy of `input`, below the folder of results.
pub(super) fn copy_name(input: &InputFile) -> String {
    let name = Path::new(&input.name).file_name().unwrap_or_default().to_string_lossy();
    let plain = |letter: char| {
        let kept = letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        if kept { letter } else { '_' }
    };
    let letters: Vec<char> = name.chars().map(plain).collect();
    let last: String = letters[letters.len().saturating_sub(NAME_LETTERS)..].iter().collect();
    let digits = &input.blake3[..HASH_DIGITS.min(input.blake3.len())];
    format!("{INPUTS}/{digits}-{last}")
}

/// Where the copy of each input in the folder of results lies, by the name of the input.
pub(super) fn copies(folder: &Path, manifest: &Manifest) -> BTreeMap<String, PathBuf> {
    let copy = |input: &InputFile| (input.name.clone(), folder.join(copy_name(input)));
    manifest.inputs.iter().map(copy).collect()
}

/// Where the copy of the proposed trades lies, where there were any.
pub fn trades_copy(folder: &Path, recipe: &Recipe) -> Option<PathBuf> {
    recipe.trades.as_ref().map(|trades| folder.join(copy_name(trades)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> String {
        copy_name(&InputFile { name: name.to_owned(), blake3: "0123456789abcdef0123".to_owned() })
    }

    #[test]
    fn a_copy_has_a_plain_name_wherever_its_file_lies() {
        assert_eq!(named("data/btc.csv"), "inputs/0123456789abcdef-btc.csv");
        assert_eq!(named("../../etc/pass wd\n"), "inputs/0123456789abcdef-pass_wd_");
        assert_eq!(named("shipped:minimal/market.toml"), "inputs/0123456789abcdef-market.toml");
        assert_eq!(named(".."), "inputs/0123456789abcdef-");
        let long = named(&"a".repeat(300));
        assert_eq!(long.len(), "inputs/".len() + HASH_DIGITS + 1 + NAME_LETTERS);
    }
}
