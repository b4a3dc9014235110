//! Violations as diagnostics for a terminal.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use super::source::Place;
use super::violation::Violation;
use super::visible::visible;

/// Violations shown in full; the rest is counted.
const SHOWN_MAX: usize = 100;
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
    let mut text = String::new();
    for violation in violations.iter().take(SHOWN_MAX) {
        text.push_str(&renderer.render(&[report(violation)]));
        text.push_str("\n\n");
    }
    text.push_str(&count_line(violations.len()));
    text
}

fn count_line(count: usize) -> String {
    match count {
        1 => "1 violation\n".to_owned(),
        n if n > SHOWN_MAX => format!("{n} violations, the first {SHOWN_MAX} shown\n"),
        n => format!("{n} violations\n"),
    }
}

fn report(violation: &Violation) -> Group<'static> {
    let title = Level::ERROR.primary_title(visible(&violation.title));
    let label = violation.found.as_ref().map(|found| visible(found));
    let mut elements = vec![snippet(&violation.place, AnnotationKind::Primary, label)];
    if let Some(related) = &violation.related {
        let (place, caption) = &**related;
        elements.push(snippet(place, AnnotationKind::Context, Some(visible(caption))));
    }
    let notes = [("expected", &violation.expected), ("help", &violation.help)];
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
    use super::super::violation::Violations;
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
