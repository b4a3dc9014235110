//! A file that was read, and places inside it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::decode::FileIdentity;

/// A text file in memory: everything a diagnostic needs to point into it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    name: String,
    shown: String,
    path: Option<PathBuf>,
    text: String,
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// From `text` that is in no folder: embedded or made up.
    pub fn new(name: &str, text: &str) -> Arc<Self> {
        let identity = FileIdentity { name: name.to_owned(), shown: name.to_owned(), path: None };
        Self::named(identity, text.to_owned())
    }

    pub(super) fn named(identity: FileIdentity, text: String) -> Arc<Self> {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts =
            std::iter::once(0).chain(newlines.map(|(offset, _)| offset + 1)).collect();
        Arc::new(Self {
            name: identity.name,
            shown: identity.shown,
            path: identity.path,
            text,
            line_starts,
        })
    }

    /// Its path from the scenario's folder: the same wherever the folder is, so fit for results.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path a user finds it at, for diagnostics.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it is on disk; `None` for embedded and made-up files.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Its contents.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lines, an unfinished last one included.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The 1-based line of a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Byte range of a 1-based line, without its line break.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_starts[line - 1];
        let end = self.line_starts.get(line).map_or(self.text.len(), |s| s - 1);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end
    }
}

/// A stretch of text in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Byte range in its text.
    pub range: Range<usize>,
}

impl Place {
    /// The stretch `range` of `file`, moved inward to character boundaries.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        let text = file.text();
        let start = text.floor_char_boundary(range.start.min(text.len()));
        let end = text.floor_char_boundary(range.end.clamp(start, text.len()));
        Self { file: Arc::clone(file), range: start..end }
    }

    /// The beginning of a file: for what concerns it as a whole.
    pub fn start_of(file: &Arc<SourceFile>) -> Self {
        Self::new(file, 0..0)
    }

    /// 1-based line.
    pub fn line(&self) -> usize {
        self.file.line_of(self.range.start)
    }

    /// 1-based column, counted in characters.
    pub fn column(&self) -> usize {
        let line_start = self.file.line_range(self.line()).start;
        let start = self.range.start.max(line_start);
        self.file.text()[line_start..start].chars().count() + 1
    }

    /// The text there.
    pub fn text(&self) -> &str {
        &self.file.text()[self.range.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let file = SourceFile::new("x", "äb = 1\r\nπ = 22\n");
        let place = Place::new(&file, 14..16);
        assert_eq!((place.line(), place.column(), place.text()), (2, 5, "22"));
        assert_eq!(&file.text()[file.line_range(1)], "äb = 1");
        assert_eq!(file.line_count(), 3);
        assert_eq!(Place::start_of(&file).column(), 1);
    }

    #[test]
    fn a_range_never_splits_a_character() {
        let file = SourceFile::new("x", "ä");
        assert_eq!(Place::new(&file, 1..9).text(), "ä");
    }
}
