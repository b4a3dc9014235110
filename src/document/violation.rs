//! Faults of the caller's input: what was found where, what was expected, and the mend.

use std::fmt;

use super::render::{ColorChoice, render};
use super::source::Place;

/// One fault in an input, at an exact place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub place: Place,
    /// What is wrong, in one line.
    pub title: String,
    /// What stands there, where the text itself does not say it.
    pub found: Option<String>,
    /// What should stand there.
    pub expected: Option<String>,
    /// How to mend it.
    pub help: Option<String>,
    /// Another place concerned, with its caption, e.g. the first of two equal ids.
    pub related: Option<Box<(Place, String)>>,
}

impl Violation {
    /// A fault at `place`; add what is known with the methods below.
    pub fn new(place: Place, title: impl Into<String>) -> Self {
        Self { place, title: title.into(), found: None, expected: None, help: None, related: None }
    }

    /// What stands there.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// What should stand there.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// How to mend it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// How to mend it, where that is known.
    pub fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Another place concerned.
    pub fn related(mut self, place: Place, caption: impl Into<String>) -> Self {
        self.related = Some(Box::new((place, caption.into())));
        self
    }
}

/// At least one violation, in reading order: files in the order of their names, then by place.
#[derive(Clone, PartialEq, Eq)]
pub struct Violations {
    items: Vec<Violation>,
}

impl Violations {
    /// All of them, sorted.
    pub fn items(&self) -> &[Violation] {
        &self.items
    }

    /// How many: never zero.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// As diagnostics for a terminal: file, line, column, the text, what was expected, help.
    pub fn render(&self, color: ColorChoice) -> String {
        render(&self.items, color)
    }

    /// Both lists as one.
    pub fn and(self, other: Violations) -> Self {
        let mut collector = ViolationCollector::default();
        collector.extend(self);
        collector.extend(other);
        Self { items: collector.sorted() }
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self { items: vec![violation] }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(ColorChoice::Never))
    }
}

/// As for readers: a `main` that returns them, or an `unwrap`, shows this form, and not whole files.
impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for Violations {}

/// Gathers violations, so that all show at once and not the first alone.
#[derive(Debug, Default)]
pub struct ViolationCollector {
    items: Vec<Violation>,
}

impl ViolationCollector {
    /// Adds one.
    pub fn add(&mut self, violation: Violation) {
        self.items.push(violation);
    }

    /// Adds all of `violations`.
    pub fn extend(&mut self, violations: Violations) {
        self.items.extend(violations.items);
    }

    /// The value of `result`, or `None` and its violations kept.
    pub fn absorb<T>(&mut self, result: Result<T, Violations>) -> Option<T> {
        result.map_err(|violations| self.extend(violations)).ok()
    }

    /// How many were gathered so far.
    pub fn count(&self) -> usize {
        self.items.len()
    }

    /// `value` if nothing was gathered.
    ///
    /// # Errors
    /// Everything gathered, sorted.
    pub fn finish<T>(self, value: T) -> Result<T, Violations> {
        if self.items.is_empty() { Ok(value) } else { Err(Violations { items: self.sorted() }) }
    }

    /// The value, where it could be made.
    ///
    /// # Errors
    /// Everything gathered, sorted.
    ///
    /// # Panics
    /// If `value` is missing though nothing was gathered: a fault of the reader.
    pub fn finish_some<T>(self, value: Option<T>) -> Result<T, Violations> {
        self.finish(value).map(|value| value.expect("a missing value has a violation"))
    }

    fn sorted(mut self) -> Vec<Violation> {
        let key = |violation: &Violation| {
            let place = &violation.place;
            (place.file.name().to_owned(), place.range.start, place.range.end)
        };
        self.items.sort_by_cached_key(key);
        self.items.dedup();
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::SourceFile;
    use super::*;

    #[test]
    fn violations_of_several_files_come_in_reading_order_and_once() {
        let (a, b) = (SourceFile::new("a", "xyz"), SourceFile::new("b", "xyz"));
        let at = |file, start| Violation::new(Place::new(file, start..start + 1), "bad");
        let mut collector = ViolationCollector::default();
        for violation in [at(&b, 0), at(&a, 2), at(&a, 1), at(&a, 2)] {
            collector.add(violation);
        }
        let violations = collector.finish(()).unwrap_err();
        let texts: Vec<_> = violations.items().iter().map(|v| v.place.text()).collect();
        assert_eq!(texts, ["y", "z", "x"]);
    }
}
