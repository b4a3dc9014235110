//! A logo: a picture that shows itself and does nothing else.
//!
//! Browsers show an SVG in an `<img>` without running or loading anything; what would do either is
//! refused all the same, so that nobody is left to wonder why it does not.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use svg::parser::Event;

use crate::document::{
    Loader, Place, SourceFile, Violation, ViolationCollector, Violations, one_of, quoted,
};

/// Largest file.
const BYTES_MAX: usize = 256 << 10;
/// Largest width and height of a PNG, in pixels.
const PIXELS_MAX: u32 = 4_000;
/// How a PNG begins: its signature, and the name of its first chunk.
const PNG: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n", b"IHDR"];
/// Elements that run, or bring in what is no picture.
const REFUSED: [&str; 4] = ["script", "foreignobject", "iframe", "handler"];

/// A checked picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Logo {
    pub(in crate::report) format: LogoFormat,
    pub(in crate::report) bytes: Vec<u8>,
}

/// Formats of logos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum LogoFormat {
    /// Pixels.
    Png,
    /// Shapes.
    Svg,
}

impl Logo {
    /// Reads the logo at `path`, which the document names at `named`.
    ///
    /// # Errors
    /// A file that is absent, too large, no picture, or one that does more than show itself.
    pub(super) fn read(path: &str, named: &Place, loader: &Loader) -> Result<Self, Violations> {
        let bytes = loader.bytes(path, Some(named))?;
        let fault = |title: String| Violation::new(named.clone(), title);
        if bytes.len() > BYTES_MAX {
            return Err(fault("the logo is too large".to_owned())
                .found(format!("{} KiB", bytes.len().div_ceil(1 << 10)))
                .expected(format!("at most {} KiB: it is part of every page", BYTES_MAX >> 10))
                .into());
        }
        if let Some([width, height]) = png_size(&bytes) {
            if width == 0 || height == 0 || width.max(height) > PIXELS_MAX {
                return Err(fault("the logo has too many pixels, or none".to_owned())
                    .found(format!("{width} by {height}"))
                    .expected(format!("at most {PIXELS_MAX} each way"))
                    .into());
            }
            return Ok(Self { format: LogoFormat::Png, bytes });
        }
        if !String::from_utf8_lossy(&bytes).contains("<svg") {
            return Err(fault(format!("{} is no logo", quoted(path)))
                .expected(format!("a picture: {}", one_of(["PNG", "SVG"])))
                .into());
        }
        check_svg(&loader.open(path, Some(named))?)?;
        Ok(Self { format: LogoFormat::Svg, bytes })
    }

    /// What its file may be called.
    #[cfg(feature = "pdf")]
    pub(in crate::report) fn file_name(&self) -> &'static str {
        match self.format {
            LogoFormat::Png => "logo.png",
            LogoFormat::Svg => "logo.svg",
        }
    }

    /// The picture as an address that needs no other file.
    pub(super) fn address(&self) -> String {
        let kind = match self.format {
            LogoFormat::Png => "png",
            LogoFormat::Svg => "svg+xml",
        };
        format!("data:image/{kind};base64,{}", STANDARD.encode(&self.bytes))
    }
}

/// Width and height in pixels, where it is a PNG: both stand after the name of the first chunk.
fn png_size(bytes: &[u8]) -> Option<[u32; 2]> {
    let [signature, header] = PNG;
    let chunk = bytes.strip_prefix(signature)?.get(4..)?.strip_prefix(header)?;
    let number = |at: usize| Some(u32::from_be_bytes(chunk.get(at..at + 4)?.try_into().ok()?));
    Some([number(0)?, number(4)?])
}

/// Every element, attribute and style that would run or load something.
fn check_svg(file: &Arc<SourceFile>) -> Result<(), Violations> {
    let mut violations = ViolationCollector::default();
    let mut refuse = |what: &str, title: String| {
        violations.add(
            Violation::new(place_of(file, what), title)
                .expected("shapes and text that show by themselves")
                .help("export the logo as plain SVG, with pictures embedded and text as paths"),
        );
    };
    for event in svg::parser::Parser::new(file.text()) {
        match event {
            Event::Tag(name, _, attributes) => {
                if REFUSED.contains(&name.to_ascii_lowercase().as_str()) {
                    refuse(
                        &format!("<{name}"),
                        format!("the logo holds an element {}", quoted(name)),
                    );
                }
                for (key, value) in attributes.iter() {
                    if let Some(title) = attribute_fault(key, value) {
                        refuse(key, title);
                    }
                }
            }
            Event::Text(text) if loads(text) => {
                refuse(text.trim(), "the logo's style loads another file".to_owned());
            }
            Event::Declaration(text) if text.to_ascii_lowercase().contains("entity") => {
                refuse("<!", "the logo declares entities".to_owned());
            }
            Event::Error(error) => refuse("<svg", format!("the logo is no XML: {error}")),
            _ => {}
        }
    }
    violations.finish(())
}

fn attribute_fault(key: &str, value: &str) -> Option<String> {
    let key = key.to_ascii_lowercase();
    let own = value.is_empty() || value.starts_with('#') || value.starts_with("data:image/");
    if key.starts_with("on") {
        return Some(format!("the logo runs a script: {}", quoted(&key)));
    }
    let refers = key == "href" || key.ends_with(":href") || key == "src";
    let loaded = (refers && !own) || (!refers && loads(value));
    loaded.then(|| format!("the logo refers to another file: {}", quoted(value)))
}

/// Whether a style has an address that is no part of the picture.
fn loads(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let elsewhere = |rest: &str| !rest.trim_start_matches([' ', '"', '\'']).starts_with(['#', ')']);
    style.contains("@import") || style.split("url(").skip(1).any(elsewhere)
}

/// Where `what` first stands.
fn place_of(file: &Arc<SourceFile>, what: &str) -> Place {
    match file.text().find(what) {
        Some(start) => {
            let line = file.line_range(file.line_of(start));
            Place::new(file, start..(start + what.len()).min(line.end.max(start)))
        }
        None => Place::start_of(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(svg: &str) -> Vec<String> {
        let checked = check_svg(&SourceFile::new("logo.svg", svg));
        let violations = checked.err();
        violations.iter().flat_map(|all| all.items()).map(|one| one.title.clone()).collect()
    }

    #[test]
    fn pictures_that_only_show_themselves_pass() {
        let inner = "<defs><linearGradient id='a'/></defs><style>.b { fill: url(#a) }</style>\
            <path d='M0 0h9' fill='url(#a)' style='stroke: url(\"#a\")'/><use href='#a'/>\
            <image href='data:image/png;base64,AAAA'/>";
        let svg =
            format!("<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'>{inner}</svg>");
        assert_eq!(titles(&svg), Vec::<String>::new());
    }

    #[test]
    fn what_runs_or_loads_is_refused() {
        for (inner, fault) in [
            ("<script>alert(1)</script>", "`script`"),
            ("<ScRiPt/>", "`ScRiPt`"),
            ("<foreignObject><p/></foreignObject>", "`foreignObject`"),
            ("<path onload='alert(1)'/>", "`onload`"),
            ("<image href='http://example.org/a.png'/>", "`http://example.org/a.png`"),
            ("<image xlink:href='a.png'/>", "`a.png`"),
            ("<a href='javascript:alert(1)'/>", "`javascript:alert(1)`"),
            ("<use href='data:text/html,x'/>", "`data:text/html,x`"),
            ("<path fill='url(http://example.org)'/>", "refers"),
            ("<style>@import 'a.css';</style>", "style"),
            ("<style>a { fill: url('a.svg#b') }</style>", "style"),
        ] {
            let found = titles(&format!("<svg>{inner}</svg>"));
            assert!(found.len() == 1 && found[0].contains(fault), "{inner}: {found:?}");
        }
        let entity = "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>";
        assert!(
            titles(entity).iter().any(|title| title.contains("entities")),
            "{:?}",
            titles(entity)
        );
    }

    #[test]
    fn the_size_of_a_png_is_read_from_its_header() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 1, 44, 0, 0, 0, 200]);
        assert_eq!(png_size(&png), Some([300, 200]));
        assert_eq!(png_size(&png[..20]), None);
        assert_eq!(png_size(b"<svg"), None);
    }
}
