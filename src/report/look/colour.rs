//! Colours, and whether text in them can be read: the contrast of WCAG 2.2, success criterion 1.4.3.

use std::fmt;

/// Least contrast of text and its background.
pub(super) const CONTRAST_MIN: f64 = 4.5;

/// What text stands on: the page and its panels, by day.
pub(super) const LIGHT: [Colour; 2] = [Colour([0xf4, 0xf5, 0xf7]), Colour([0xff, 0xff, 0xff])];
/// The same by night.
pub(super) const DARK: [Colour; 2] = [Colour([0x10, 0x15, 0x1b]), Colour([0x19, 0x21, 0x2a])];

const BLACK: Colour = Colour([0; 3]);
const WHITE: Colour = Colour([0xff; 3]);

/// Red, green and blue of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Colour(pub(in crate::report) [u8; 3]);

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The background on which `colour` is hardest to read, and the contrast there.
pub(super) fn least_contrast(colour: Colour, backgrounds: &[Colour]) -> (Colour, f64) {
    let contrasts =
        backgrounds.iter().map(|background| (*background, contrast(colour, *background)));
    contrasts.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there is a background")
}

/// The colour nearest to `colour`, on its way to black or white, that can be read.
pub(super) fn readable(colour: Colour, backgrounds: &[Colour]) -> Colour {
    let towards = if luminance(backgrounds[0]) > 0.5 { BLACK } else { WHITE };
    let mixed = (0..=100).map(|percent| mixed(colour, towards, percent));
    let mut enough = mixed.filter(|one| least_contrast(*one, backgrounds).1 >= CONTRAST_MIN);
    enough.next().unwrap_or(towards)
}

/// `percent` of the way from one colour to another.
fn mixed(Colour(from): Colour, Colour(to): Colour, percent: u32) -> Colour {
    let channel = |at: usize| {
        let (from, to) = (u32::from(from[at]), u32::from(to[at]));
        u8::try_from((from * (100 - percent) + to * percent) / 100).unwrap_or(u8::MAX)
    };
    Colour([channel(0), channel(1), channel(2)])
}

/// From 1 to 21; WCAG 2.2, "contrast ratio".
fn contrast(a: Colour, b: Colour) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// From 0 to 1; WCAG 2.2, "relative luminance".
fn luminance(Colour(channels): Colour) -> f64 {
    let [red, green, blue] = channels.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of WCAG's own techniques: #767676 is the lightest grey that passes on white, at
    /// 4.54 to 1; black on white is 21 to 1 by definition.
    #[test]
    fn contrasts_are_those_of_wcag() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        assert!((contrast(Colour([0x76; 3]), WHITE) - 4.54).abs() < 0.005);
        assert!((contrast(Colour([0x77; 3]), WHITE) - 4.48).abs() < 0.005);
        assert_eq!(contrast(WHITE, WHITE), 1.0);
    }

    #[test]
    fn a_colour_that_cannot_be_read_has_one_near_it_that_can() {
        for backgrounds in [LIGHT, DARK] {
            for colour in [Colour([0x88, 0xaa, 0xff]), Colour([0x80; 3]), WHITE, BLACK] {
                let mended = readable(colour, &backgrounds);
                assert!(least_contrast(mended, &backgrounds).1 >= CONTRAST_MIN, "{mended}");
            }
        }
        let good = Colour([0x0b, 0x5a, 0x8f]);
        assert_eq!(readable(good, &LIGHT), good);
    }

    /// The backgrounds are those of the page.
    #[test]
    fn backgrounds_are_the_pages_own() {
        let style = include_str!("../html/templates/style.css");
        let (light, rest) = style.split_once("@media (prefers-color-scheme: dark)").unwrap();
        let (dark, _) = rest.split_once("@media print").unwrap();
        for (of, [page, surface]) in [(light, LIGHT), (dark, DARK)] {
            assert!(of.contains(&format!("--page: {page}; --surface: {surface};")), "{page}");
        }
    }
}
