//! The theme document: name, logo and colours of a house.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::colour::{self, CONTRAST_MIN, Colour};
use super::logo::Logo;
use super::{Colours, Theme};
use crate::document::{
    ColourText, FilePath, Loader, Name, Parsed, SourceFile, Violation, ViolationCollector,
    Violations, read_toml,
};

/// The look of a house's reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThemeDocument {
    /// Name of the house, at the top of every page.
    pub house: Name,
    /// Its logo, beside the name: a PNG or SVG file of at most 256 KiB that is put into the page.
    pub logo: Option<FilePath>,
    /// Colours by day and in print.
    #[serde(default)]
    pub light: ColoursDocument,
    /// Colours by night.
    #[serde(default)]
    pub dark: ColoursDocument,
}

/// Colours in place of the shipped ones. The colours of green, amber and red and those of charts stay:
/// they are told apart by everyone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColoursDocument {
    /// Links, and the rule under the house's name. At least 4.5 : 1 against the page.
    pub accent: Option<ColourText>,
    /// Headings and the house's name. At least 4.5 : 1 against the page.
    pub heading: Option<ColourText>,
}

/// Reads and checks a theme.
pub(super) fn read(file: &Arc<SourceFile>, loader: &Loader) -> Result<Theme, Violations> {
    let parsed = read_toml::<ThemeDocument>(file)?;
    let mut violations = ViolationCollector::default();
    let document = &parsed.value;
    let light = colours(&parsed, "light", &document.light, &mut violations);
    let dark = colours(&parsed, "dark", &document.dark, &mut violations);
    let logo = document.logo.as_ref().and_then(|path| {
        violations.absorb(Logo::read(path.as_str(), &parsed.places.at("logo"), loader))
    });
    let house = document.house.as_str().to_owned();
    violations.finish(Theme { house, logo, light, dark })
}

fn colours(
    parsed: &Parsed<ThemeDocument>,
    mode: &str,
    document: &ColoursDocument,
    violations: &mut ViolationCollector,
) -> Colours {
    let backgrounds = if mode == "dark" { colour::DARK } else { colour::LIGHT };
    let mut checked = |name: &str, text: &Option<ColourText>| {
        let colour = Colour(text.as_ref()?.channels());
        let (background, contrast) = colour::least_contrast(colour, &backgrounds);
        if contrast < CONTRAST_MIN {
            let place = parsed.places.at(&format!("{mode}.{name}"));
            let mended = colour::readable(colour, &backgrounds);
            violations.add(
                Violation::new(place, format!("`{name}` is hard to read on {mode} pages"))
                    .found(format!("{contrast:.2} : 1 against {background}"))
                    .expected(format!("a contrast of at least {CONTRAST_MIN} : 1"))
                    .help(format!("{mended} is near and can be read")),
            );
        }
        Some(colour)
    };
    Colours {
        accent: checked("accent", &document.accent),
        heading: checked("heading", &document.heading),
    }
}
