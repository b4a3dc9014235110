//! How a house's reports look: its name, logo and colours on every page, and templates of its own.
//!
//! In flow a theme document, a logo and template files, each checked when it is read; out flows what a
//! page is rendered with. Nothing here changes a figure: a look says how, and the outcome what.

mod colour;
mod document;
mod logo;
mod own_templates;

use std::collections::BTreeMap;

use minijinja::{Value, context};

pub use document::{ColoursDocument, ThemeDocument};
pub use own_templates::read_templates;

use crate::document::{Loader, SourceFile, Violations};
use colour::Colour;
use logo::Logo;
use std::sync::Arc;

/// How reports look; by default as they ship.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    theme: Option<Theme>,
    templates: BTreeMap<String, String>,
}

/// A theme that was read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    pub(super) house: String,
    pub(super) logo: Option<Logo>,
    pub(super) light: Colours,
    pub(super) dark: Colours,
}

/// Colours in place of the shipped ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Colours {
    pub(super) accent: Option<Colour>,
    pub(super) heading: Option<Colour>,
}

impl Look {
    /// With a theme.
    pub fn with_theme(self, theme: Theme) -> Self {
        Self { theme: Some(theme), ..self }
    }

    /// With templates in place of those of the same name; [`read_templates`] checks them.
    pub fn with_templates(self, templates: BTreeMap<String, String>) -> Self {
        Self { templates, ..self }
    }

    /// The house's own templates, by name.
    pub(super) fn templates(&self) -> &BTreeMap<String, String> {
        &self.templates
    }

    /// The theme, where there is one.
    pub(super) fn theme(&self) -> Option<&Theme> {
        self.theme.as_ref()
    }

    /// A text that differs wherever two looks do; empty for reports as they ship.
    pub fn fingerprint(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        blake3::hash(format!("{self:?}").as_bytes()).to_hex().to_string()
    }
}

impl Theme {
    /// Reads a theme and the logo that it names.
    ///
    /// # Errors
    /// Every violation of the document's rules; a colour that cannot be read on the pages it is for; a
    /// logo that is no PNG or SVG, too large, or does more than show itself.
    pub fn read(file: &Arc<SourceFile>, loader: &Loader) -> Result<Self, Violations> {
        document::read(file, loader)
    }

    /// What templates see as `house`.
    pub(super) fn value(&self) -> Value {
        context! {
            name => self.house.as_str(),
            logo => self.logo.as_ref().map(|logo| Value::from_safe_string(logo.address())),
            style => Value::from_safe_string(self.style()),
        }
    }

    /// The colours as a style sheet; print takes the light ones.
    fn style(&self) -> String {
        let [light, dark] =
            [self.light, self.dark].map(|colours| format!(":root {{{}}}", rules(colours)));
        format!(
            "{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n@media print {{ {light} }}"
        )
    }
}

fn rules(colours: Colours) -> String {
    let rule = |name: &str, colour: Option<Colour>| {
        colour.map_or_else(String::new, |colour| format!(" --{name}: {colour};"))
    };
    rule("link", colours.accent) + &rule("heading", colours.heading) + " "
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_differ_have_other_fingerprints() {
        let theme = |house: &str| Theme {
            house: house.to_owned(),
            logo: None,
            light: Colours::default(),
            dark: Colours::default(),
        };
        let looks = [
            Look::default(),
            Look::default().with_theme(theme("a")),
            Look::default().with_theme(theme("b")),
            Look::default().with_templates([("a.html".to_owned(), String::new())].into()),
        ];
        let prints: std::collections::BTreeSet<String> =
            looks.iter().map(Look::fingerprint).collect();
        assert_eq!(prints.len(), looks.len());
        assert_eq!(looks[0].fingerprint(), "");
    }
}
