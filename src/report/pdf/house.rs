//! The house whose report it is: its name, logo, colours and letters.

use serde::Serialize;

use super::pictures::Files;
use super::world::FAMILIES;
use crate::report::look::Look;

/// The look of the pages.
#[derive(Debug, Serialize)]
pub(super) struct House {
    /// Families of letters, the first one first.
    fonts: [&'static str; 2],
    /// Its name.
    house: String,
    /// File of the logo.
    logo: Option<&'static str>,
    /// Colour of rules.
    accent: String,
    /// Colour of headings.
    heading: String,
}

impl House {
    /// The house of a look, or plimsoll's own; a logo goes to `files`.
    pub(super) fn of(look: &Look, files: &mut Files) -> Self {
        let theme = look.theme();
        let light = theme.map(|theme| &theme.light);
        let accent = light.and_then(|light| light.accent);
        let heading = light.and_then(|light| light.heading);
        let logo = theme.and_then(|theme| theme.logo.as_ref());
        files.extend(logo.map(|logo| (logo.file_name().to_owned(), logo.bytes.clone())));
        Self {
            fonts: FAMILIES,
            house: theme.map_or("plimsoll".to_owned(), |theme| theme.house.clone()),
            logo: logo.map(|logo| logo.file_name()),
            accent: accent.map_or("#0b5a8f".to_owned(), |colour| colour.to_string()),
            heading: heading.map_or("#16202c".to_owned(), |colour| colour.to_string()),
        }
    }
}
