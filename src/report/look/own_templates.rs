//! A house's own templates: files that take the place of the shipped ones of the same name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{
    Loader, Place, SourceFile, Violation, ViolationCollector, Violations, did_you_mean,
};
use crate::report::html::templates;

/// Reads the templates `names`, which lie in the loader's folder.
///
/// # Errors
/// Every file that is no text, has no shipped template of its name, or does not parse.
pub fn read_templates(
    names: &[String],
    loader: &Loader,
) -> Result<BTreeMap<String, String>, Violations> {
    let mut violations = ViolationCollector::default();
    let mut read = BTreeMap::new();
    for name in names {
        let checked = known(name).and_then(|()| {
            let file = loader.open(name, None)?;
            check(&file)?;
            Ok(file)
        });
        if let Some(file) = violations.absorb(checked) {
            // As a browser reads it, whose hash of the script must be ours.
            read.insert(name.clone(), file.text().replace("\r\n", "\n").replace('\r', "\n"));
        }
    }
    violations.finish(read)
}

fn known(name: &str) -> Result<(), Violations> {
    if templates::names().any(|one| one == name) {
        return Ok(());
    }
    let place = Place::start_of(&SourceFile::new(name, ""));
    let all: Vec<&str> = templates::names().collect();
    let help = did_you_mean(name, templates::names());
    let violation = Violation::new(place, format!("there is no template `{name}` to replace"))
        .expected(format!("only files named as templates are: {}", all.join(", ")))
        .help(help.unwrap_or_else(|| {
            "`plimsoll init DIR --templates` writes all of them, to begin from".to_owned()
        }));
    Err(violation.into())
}

/// Whether it parses and leaves escaping on.
fn check(file: &Arc<SourceFile>) -> Result<(), Violations> {
    if let Some(start) = switches_escaping(file.text()) {
        let violation = Violation::new(place_at(file, start), "a template may not switch escaping")
            .expected("every value escaped: names come from input files")
            .help("leave out the `autoescape` block");
        return Err(violation.into());
    }
    if file.name() == "sort.js" {
        check_script(file)?;
    }
    templates::parses(file.name(), file.text()).map_err(|error| {
        let line = error.line().unwrap_or(1).clamp(1, file.line_count());
        let place = match error.range() {
            Some(range) => Place::new(file, range),
            None => Place::new(file, file.line_range(line)),
        };
        let title = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Violation::new(place, title).expected("a minijinja template").into()
    })
}

/// A script that is one: it stands between two tags, and the page's policy names its hash.
fn check_script(file: &Arc<SourceFile>) -> Result<(), Violations> {
    let text = file.text().to_ascii_lowercase();
    for (what, why) in [
        ("</script", "would end the page's script"),
        ("<!--", "would begin a comment in the page's script"),
        ("{{", "is not filled in: the script is the same on every page"),
        ("{%", "is not followed: the script is the same on every page"),
    ] {
        if let Some(start) = text.find(what) {
            let title = format!("`{what}` {why}");
            return Err(Violation::new(place_at(file, start), title)
                .expected("plain JavaScript")
                .help("in a string, write it in two parts")
                .into());
        }
    }
    Ok(())
}

/// Where a block begins that switches escaping.
fn switches_escaping(text: &str) -> Option<usize> {
    let blocks = text.match_indices("{%");
    let switches = |start: &usize| {
        let inner = text[start + 2..].trim_start_matches(['-', '+']).trim_start();
        inner.starts_with("autoescape")
    };
    blocks.map(|(start, _)| start).find(switches)
}

/// From `start` to the end of its line.
fn place_at(file: &Arc<SourceFile>, start: usize) -> Place {
    Place::new(file, start..file.line_range(file.line_of(start)).end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(name: &str, text: &str) -> (usize, String) {
        let violations = check(&SourceFile::new(name, text)).unwrap_err();
        let first = &violations.items()[0];
        (first.place.line(), first.title.clone())
    }

    #[test]
    fn faults_show_at_their_line() {
        let (line, found) = title("head.html", "<p>\n{{ a }}\n{% if %}\n");
        assert!(line == 3 && found.starts_with("syntax error"), "{line}: {found}");
        let (line, found) = title("head.html", "\n{%- autoescape false %}{% endautoescape %}");
        assert!(line == 2 && found.contains("escaping"), "{line}: {found}");
        for text in ["a\n</SCRIPT>", "a\n<!--", "a\n{{ outcome }}"] {
            assert_eq!(title("sort.js", text).0, 2, "{text}");
        }
        assert!(check(&SourceFile::new("sort.js", "const a = 1 < 2;")).is_ok());
    }

    #[test]
    fn unknown_names_are_told_with_the_known_ones() {
        let fault = known("reprot.html").unwrap_err();
        let first = &fault.items()[0];
        assert!(first.expected.as_deref().unwrap().contains("report.html, "));
        assert_eq!(first.help.as_deref(), Some("did you mean `report.html`?"));
    }
}
