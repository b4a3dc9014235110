//! What the typesetter sees: one template, the data, the pictures and the fonts inside the binary. No
//! file, no package and no clock is within its reach.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

/// Families that pages are set in, the first one first.
pub(super) const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

/// The template's name.
const MAIN: &str = "report.typ";

/// Everything that one document is made of.
pub(super) struct PageWorld {
    main: Source,
    files: BTreeMap<String, Bytes>,
}

/// What is the same for every document.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let all = typst_assets::fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes)));
        let fonts: Vec<Font> =
            all.filter(|font| FAMILIES.contains(&font.info().family.as_str())).collect();
        Shared {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
        }
    })
}

/// The text with every letter spelt out for which no font has a shape.
pub(super) fn settable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        // The one unseen letter is our own: where a long word may be broken.
        if letter.is_ascii() || letter.is_whitespace() || letter == '\u{200b}' || has_shape(letter)
        {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_unicode());
        }
    }
    shown
}

fn has_shape(letter: char) -> bool {
    shared().fonts.iter().any(|font| font.info().coverage.contains(letter.into()))
}

impl PageWorld {
    /// Of a template and the files that it reads, by name.
    pub(super) fn new(template: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Self, String> {
        let files = files.into_iter().map(|(name, bytes)| (name, Bytes::new(bytes))).collect();
        Ok(Self { main: Source::new(id(MAIN)?, template.to_owned()), files })
    }

    /// The document as PDF.
    pub(super) fn pdf(&self, options: &PdfOptions) -> Result<Vec<u8>, String> {
        let laid_out = typst::compile::<PagedDocument>(self).output;
        let made = laid_out.and_then(|document| typst_pdf::pdf(&document, options));
        // What is remembered for the next document is not worth its memory.
        typst::comemo::evict(0);
        made.map_err(|faults| self.told(&faults))
    }

    fn told(&self, faults: &[SourceDiagnostic]) -> String {
        let told = faults.iter().map(|fault| fault.message.to_string());
        told.collect::<Vec<String>>().join("; ")
    }
}

fn id(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|error| error.to_string())?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for PageWorld {
    fn library(&self) -> &LazyHash<Library> {
        &shared().library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &shared().book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let name = id.vpath().get_without_slash();
        let in_project = matches!(id.root(), VirtualRoot::Project);
        self.files.get(name).filter(|_| in_project).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        shared().fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_a_shape_are_spelt_out() {
        assert_eq!(settable("Zürich Ελ −1 ✓ k*\u{a0}%"), "Zürich Ελ −1 ✓ k*\u{a0}%");
        assert_eq!(settable("中\u{200b}a"), "\\u{4e2d}\u{200b}a");
    }

    #[test]
    fn nothing_but_what_it_was_given_is_within_reach() {
        let world = PageWorld::new("#read(\"/etc/passwd\")", BTreeMap::new()).unwrap();
        let fault = world.pdf(&PdfOptions::default()).unwrap_err();
        assert!(fault.contains("access denied"), "{fault}");
        let world =
            PageWorld::new("#import \"@preview/example:0.1.0\": a", BTreeMap::new()).unwrap();
        assert!(world.pdf(&PdfOptions::default()).is_err());
    }
}
