//! Charts as files that the template sets.

use std::collections::BTreeMap;

use svg::parser::Event;

use super::pages::Picture;
use super::world::{FAMILIES, settable};
use crate::report::charts;

/// Files that the template reads, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// A chart as a file, described by its own title and description.
pub(super) fn picture(name: &str, svg: &str, files: &mut Files) -> Picture {
    let file = format!("chart-{name}.svg");
    let chart = settable(&charts::for_print(svg, FAMILIES[0]));
    files.insert(file.clone(), chart.into_bytes());
    let texts = svg::parser::Parser::new(svg).filter_map(|event| match event {
        Event::Text(text) => Some(unescaped(text)),
        _ => None,
    });
    let first: Vec<String> = texts.take(2).collect();
    Picture { file, alt: first.join(": ") }
}

/// Text of a picture as it was before it was written.
fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_pictures_read_as_they_were_written() {
        let mut files = Files::new();
        let svg = "<svg viewBox=\"0 0 400 90\">\n<title>A &lt;b&gt;</title>\n<desc>c &amp;lt; d</desc>\n</svg>";
        let made = picture("one", svg, &mut files);
        assert_eq!(made.alt, "A <b>: c &lt; d");
        assert!(files.contains_key(&made.file));
    }
}
