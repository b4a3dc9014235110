//! Violations as diagnostics for a terminal.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::ops::RangeInclusive;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use super::source::Place;
use super::violation::Violation;
use super::visible::visible;

/// Diagnostics shown; the rest is counted.
const SHOWN_MAX: usize = 100;
/// Violations alike that are shown one by one; of more, the first is shown with the lines of the
/// others, so that a fault repeated in every row hides no other fault.
const ALIKE_MAX: usize = 3;
/// Runs of lines named for violations alike.
const LINE_RUNS_MAX: usize = 12;
/// Lines of source shown for one place.
const LINES_MAX: usize = 4;
/// Bytes of source shown for one place.
const EXCERPT_BYTES_MAX: usize = 2_000;

/// Whether diagnostics carry terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorChoice {
    /// Plain text.
    Never,
    /// ANSI escapes.
    Always,
}

/// All violations, each with its source, and a count at the end where there are several.
pub(super) fn render(violations: &[Violation], color: ColorChoice) -> String {
    let renderer = match color {
        ColorChoice::Never => Renderer::plain(),
        ColorChoice::Always => Renderer::styled(),
    };
    let shown = alike(violations);
    let mut text = String::new();
    for (violation, others) in shown.iter().take(SHOWN_MAX) {
        text.push_str(&renderer.render(&[report(violation, others)]));
        text.push_str("\n\n");
    }
    text.push_str(&count_line(violations.len(), shown.len().saturating_sub(SHOWN_MAX)));
    text
}

fn count_line(count: usize, kinds_left_out: usize) -> String {
    match (count, kinds_left_out) {
        (1, _) => "1 violation\n".to_owned(),
        (n, 0) => format!("{n} violations\n"),
        (n, left_out) => {
            format!("{n} violations; {left_out} more than the {SHOWN_MAX} diagnostics above\n")
        }
    }
}

/// The violations to show, in their order, each with the others of its file that say the same.
fn alike(violations: &[Violation]) -> Vec<(&Violation, Vec<&Violation>)> {
    let mut groups: HashMap<_, Vec<&Violation>> = HashMap::new();
    for violation in violations {
        groups.entry(said(violation)).or_default().push(violation);
    }
    let mut shown = Vec::new();
    for violation in violations {
        let group = &groups[&said(violation)];
        if group.len() <= ALIKE_MAX {
            shown.push((violation, Vec::new()));
        } else if std::ptr::eq(group[0], violation) {
            shown.push((violation, group[1..].to_vec()));
        }
    }
    shown
}

/// All that a violation says, except the place of its fault in the file.
fn said(violation: &Violation) -> impl Hash + Eq {
    let Violation { place, title, found, expected, help, related } = violation;
    let related = related.as_ref().map(|to| (to.0.file.shown(), to.0.range.clone(), &to.1));
    (place.file.shown(), title, found, expected, help, related)
}

/// How many say the same, and on which lines.
fn also(others: &[&Violation]) -> String {
    let lines: BTreeSet<usize> = others.iter().map(|other| other.place.line()).collect();
    let mut runs: Vec<RangeInclusive<usize>> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some(run) if *run.end() + 1 == line => *run = *run.start()..=line,
            _ => runs.push(line..=line),
        }
    }
    let named: Vec<String> = runs.iter().take(LINE_RUNS_MAX).map(named_lines).collect();
    let further = if runs.len() > LINE_RUNS_MAX { " and further on" } else { "" };
    format!("{} more like it, on lines {}{further}", others.len(), named.join(", "))
}

fn named_lines(run: &RangeInclusive<usize>) -> String {
    match (run.start(), run.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} to {end}"),
    }
}

fn report(violation: &Violation, others: &[&Violation]) -> Group<'static> {
    let title = Level::ERROR.primary_title(visible(&violation.title));
    let label = violation.found.as_ref().map(|found| visible(found));
    let mut elements = vec![snippet(&violation.place, AnnotationKind::Primary, label)];
    if let Some(related) = &violation.related {
        let (place, caption) = &**related;
        elements.push(snippet(place, AnnotationKind::Context, Some(visible(caption))));
    }
    let also = (!others.is_empty()).then(|| also(others));
    let notes = [("expected", &violation.expected), ("help", &violation.help), ("also", &also)];
    for (name, note) in notes {
        if let Some(note) = note {
            let level = Level::HELP.with_name(name);
            elements.push(Element::from(level.message(visible(note))));
        }
    }
    Group::with_title(title).elements(elements)
}

/// The lines of a place, cut from the file so that cost does not grow with the file.
fn snippet(place: &Place, kind: AnnotationKind, label: Option<String>) -> Element<'static> {
    let file = &place.file;
    let first = place.line();
    let last = file.line_of(place.range.end).min(first + LINES_MAX - 1);
    let lines = file.line_range(first).start..file.line_range(last).end.max(place.range.start);
    let end = lines.end.min(place.range.start + EXCERPT_BYTES_MAX);
    let excerpt = Place::new(file, lines.start..end);
    let offset = excerpt.range.start;
    let length = excerpt.text().len();
    let span = (place.range.start - offset).min(length)..(place.range.end - offset).min(length);
    let mut annotation = kind.span(span);
    if let Some(label) = label {
        annotation = annotation.label(label);
    }
    let source = excerpt.text().to_owned();
    Element::from(
        Snippet::source(source)
            .line_start(first)
            .path(visible(file.shown()))
            .annotation(annotation),
    )
}

#[cfg(test)]
mod tests {
    use super::super::source::SourceFile;
    use super::super::violation::{ViolationCollector, Violations};
    use super::*;

    fn sample() -> Violation {
        let file = SourceFile::new("book\u{1b}.toml", "a = 1\nhorzon = \"1d\"\n");
        Violation::new(Place::new(&file, 6..12), "unknown key `horzon`")
            .found("no such key")
            .expected("one of `horizon`, `paths`")
            .help("did you mean `horizon`?")
    }

    #[test]
    fn shows_file_line_column_text_expected_and_help() {
        insta::assert_snapshot!(Violations::from(sample()).render(ColorChoice::Never), @r#"
        error: unknown key `horzon`
         --> book\u{1b}.toml:2:1
          |
        2 | horzon = "1d"
          | ^^^^^^ no such key
          |
          = expected: one of `horizon`, `paths`
          = help: did you mean `horizon`?

        1 violation
        "#);
    }

    #[test]
    fn a_fault_of_every_row_is_shown_once_and_hides_no_other() {
        let text: String = (0..400).map(|row| format!("row {row:03}\n")).collect();
        let file = SourceFile::new("book.csv", &text);
        let mut collector = ViolationCollector::default();
        for row in (0..400).filter(|row| row % 100 != 50) {
            collector
                .add(Violation::new(Place::new(&file, row * 8..row * 8 + 3), "no price of ETH"));
        }
        collector.add(Violation::new(Place::new(&file, 399 * 8 + 4..399 * 8 + 7), "bad amount"));
        let Err(violations) = collector.finish(()) else { panic!("there are violations") };
        insta::assert_snapshot!(violations.render(ColorChoice::Never), @"
        error: no price of ETH
         --> book.csv:1:1
          |
        1 | row 000
          | ^^^
          |
          = also: 395 more like it, on lines 2 to 50, 52 to 150, 152 to 250, 252 to 350, 352 to 400

        error: bad amount
           --> book.csv:400:5
            |
        400 | row 399
            |     ^^^

        397 violations
        ");
    }

    #[test]
    fn hostile_text_never_reaches_the_terminal() {
        let file = SourceFile::new("x.csv", "id\n\u{1b}[2J<script>\u{202e}\n");
        let place = Place::new(&file, 3..17);
        let violation = Violation::new(place, "bad id \u{1b}[2J").found("\u{7}");
        let text = Violations::from(violation).render(ColorChoice::Never);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
    }

    #[test]
    fn a_very_long_line_is_cut() {
        let file = SourceFile::new("x", &"x".repeat(1_000_000));
        let violation = Violation::new(Place::new(&file, 500_000..500_010), "bad");
        assert!(Violations::from(violation).render(ColorChoice::Never).len() < 2_000);
    }

    #[test]
    fn color_is_opt_in() {
        let violations = Violations::from(sample());
        assert!(violations.render(ColorChoice::Always).contains('\u{1b}'));
        assert!(!violations.render(ColorChoice::Never).contains('\u{1b}'));
    }
}
