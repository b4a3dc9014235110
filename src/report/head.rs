//! What every format opens with: the answer, what it rests on, how it came about.

use crate::outcome::Warning;

/// The answer of an outcome whose texts are readable.
pub(super) struct Head<'a> {
    pub(super) scenario: &'a str,
    /// The light in a word.
    pub(super) light: &'static str,
    pub(super) headline: String,
    /// How the figures came about, in one line.
    pub(super) made: String,
    pub(super) reasons: Vec<String>,
    pub(super) actions: Vec<String>,
    pub(super) warnings: &'a [Warning],
    pub(super) version: &'a str,
}
