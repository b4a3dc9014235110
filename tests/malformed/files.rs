//! Damaged files on disk, what is expected of them, and the check.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll::document::{Confinement, Violation, Violations};

use super::good;

/// Where a violation must point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub text: String,
    /// Words of the title.
    pub title: String,
}

/// The good files, to be damaged.
pub struct Files {
    texts: BTreeMap<String, String>,
}

impl Files {
    pub fn good() -> Self {
        let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        Self { texts: good::FILES.map(own).into() }
    }

    /// Replaces `good`, which must be in `file`, by `bad`; an empty `good` is the whole file.
    pub fn damage(&mut self, file: &str, good: &str, bad: &str) {
        let text = self.texts.entry(file.to_owned()).or_default();
        if good.is_empty() {
            bad.clone_into(text);
            return;
        }
        assert!(text.contains(good), "{file} has no {good:?}");
        *text = text.replacen(good, bad, 1);
    }

    /// Writes the files without their marks; what the marks expect, in reading order.
    pub fn write(&self, folder: &Path) -> Vec<Expected> {
        let mut expected = Vec::new();
        for (name, text) in &self.texts {
            std::fs::write(folder.join(name), text.replace(['«', '»'], "")).unwrap();
            expected.extend(marks(name, text));
        }
        expected
    }
}

/// The marked stretches of a file, ordered by where they start, then by where they end.
fn marks(file: &str, text: &str) -> Vec<Expected> {
    let mut open: Vec<(usize, usize, String)> = Vec::new();
    let mut done: Vec<(usize, usize, String, usize)> = Vec::new();
    let (mut line, mut column, mut offset) = (1, 1, 0);
    for character in text.chars() {
        match character {
            '«' => open.push((line, column, String::new())),
            '»' => {
                let (line, column, text) = open.pop().expect("a mark is opened before it closes");
                done.push((line, column, text, offset));
            }
            _ => {
                offset += 1;
                for (_, _, text) in &mut open {
                    text.push(character);
                }
                (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
        }
    }
    done.sort_by_key(|(line, column, _, end)| (*line, *column, *end));
    let expected = |(line, column, text, _)| Expected {
        file: file.to_owned(),
        line,
        column,
        text,
        title: String::new(),
    };
    done.into_iter().map(expected).collect()
}

/// Reads the scenario in `folder` with every document it names.
pub fn check(folder: &Path) -> Result<(), Violations> {
    plimsoll::engine::check(&folder.join("scenario.toml"), Confinement::Inside).map(drop)
}

/// Checks the folder and compares every violation with what is expected.
pub fn assert_violations(case: &str, folder: &Path, expected: &[Expected]) {
    if let Some(difference) = difference(case, folder, expected) {
        panic!("{difference}");
    }
}

/// What differs from the expected violations; `None` where nothing does.
pub fn difference(case: &str, folder: &Path, expected: &[Expected]) -> Option<String> {
    let Err(violations) = check(folder) else {
        return Some(format!("{case}: no violation"));
    };
    let titles = expected.iter().map(|expected| expected.title.as_str());
    let titles = titles.chain(std::iter::repeat(""));
    let found: Vec<Expected> = violations.items().iter().zip(titles).map(found).collect();
    if found != expected {
        let lines = found.iter().map(|found| format!("  {found:?}\n"));
        return Some(format!("{case}: found\n{}{violations}", lines.collect::<String>()));
    }
    assert_rendered(case, &violations, expected);
    super::binary::difference(case, &folder.join("scenario.toml"), expected)
}

/// A violation in the form of an expectation; its title is the expected one where that is in it.
fn found((violation, words): (&Violation, &str)) -> Expected {
    let place = &violation.place;
    let title = if violation.title.contains(words) { words } else { &violation.title };
    Expected {
        file: place.file.name().to_owned(),
        line: place.line(),
        column: place.column(),
        text: place.text().to_owned(),
        title: title.to_owned(),
    }
}

/// The diagnostics name every place, count the violations, and hold nothing hostile.
fn assert_rendered(case: &str, violations: &Violations, expected: &[Expected]) {
    let text = violations.to_string();
    for Expected { file, line, column, .. } in expected {
        let place = format!("{file}:{line}:{column}\n");
        assert!(text.contains(&place), "{case}: no {place} in\n{text}");
    }
    let count = expected.len();
    let plural = if count == 1 { "" } else { "s" };
    assert!(text.ends_with(&format!("\n{count} violation{plural}\n")), "{case}\n{text}");
    let hostile = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!text.contains(hostile), "{case}\n{text:?}");
}
