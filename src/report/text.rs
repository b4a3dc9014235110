//! Text from inputs, made safe to look at.
//!
//! A name may hold control characters (a terminal would obey them) or direction marks (a reader
//! would see the letters in another order than they are in). Both are shown as `\u{…}` instead.
//! Escaping for a format (HTML, SVG) is left to the writer of that format.

use std::borrow::Cow;

/// The text with every control, direction, zero-width and line-separating character spelt out.
///
/// ```
/// use plimsoll::report::text::visible;
/// assert_eq!(visible("desk"), "desk");
/// assert_eq!(visible("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unseen(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The text, cut in its middle to at most `letters` characters, so that both ends can be read.
pub fn shortened_inside(text: &str, letters: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= letters {
        return Cow::Borrowed(text);
    }
    let kept = letters.saturating_sub(1);
    let head: String = text.chars().take(kept / 2).collect();
    let tail: String = text.chars().skip(count - (kept - kept / 2)).collect();
    Cow::Owned(format!("{}…{}", head.trim_end(), tail.trim_start()))
}

/// Whether a character acts on the display instead of appearing on it.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'                      // soft hyphen
            | '\u{61c}'                   // Arabic letter mark
            | '\u{180e}'                  // Mongolian vowel separator
            | '\u{200b}'..='\u{200f}'     // zero-width characters, left-to-right and right-to-left marks
            | '\u{2028}'..='\u{202e}'     // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}'     // word joiner, isolates, deprecated format characters
            | '\u{feff}'                  // byte-order mark
            | '\u{fff9}'..='\u{fffb}'     // interlinear annotation
            | '\u{e0000}'..='\u{e007f}'   // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        for text in ["BTC call 110 %", "Größe", "日本語", "עברית", "−1 ≤ ρ"] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened_inside("Größe", 5), "Größe");
        assert_eq!(shortened_inside("options: BTC balance", 9), "opti…ance");
    }

    #[test]
    fn what_acts_on_the_display_is_spelt_out() {
        for unseen in [
            '\0', '\n', '\r', '\t', '\u{1b}', '\u{7f}', '\u{9b}', '\u{200f}', '\u{202e}',
            '\u{2066}', '\u{feff}',
        ] {
            let shown = visible(&format!("a{unseen}b")).into_owned();
            assert_eq!(shown, format!("a\\u{{{:x}}}b", unseen as u32));
        }
    }
}
