//! Named forms of text: what the schema calls a `format`, the reader checks here.

use super::visible::is_hostile;

/// A form of text that documents use.
#[derive(Debug)]
pub struct TextFormat {
    /// Name in the schema's `format`.
    pub name: &'static str,
    /// Regular expression for editors; also how map keys name their form.
    pub pattern: &'static str,
    /// What is expected, for people.
    pub expected: &'static str,
    /// Whether a text has the form.
    pub accepts: fn(&str) -> bool,
}

/// Short name of an asset.
pub const SYMBOL: TextFormat = TextFormat {
    name: "symbol",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,23}$",
    expected: "an asset such as `BTC`: up to 24 letters, digits, `-` or `_`",
    accepts: is_symbol,
};

/// A risk factor.
pub const FACTOR: TextFormat = TextFormat {
    name: "factor",
    pattern: r"^[A-Za-z0-9][A-Za-z0-9_-]{0,23}\.(spot|vol|basis|funding|peg)$",
    expected: "a risk factor: an asset, a dot and one of `spot`, `vol`, `basis`, `funding`, `peg`, e.g. `BTC.spot`",
    accepts: is_factor,
};

/// One factor or several.
pub const FACTOR_SELECTOR: TextFormat = TextFormat {
    name: "factor-selector",
    pattern: r"^(\*|[A-Za-z0-9][A-Za-z0-9_-]{0,23})\.(spot|vol|basis|funding|peg)$",
    expected: "risk factors: an asset, a group or `*`, a dot and one of `spot`, `vol`, `basis`, `funding`, `peg`, in quotes, e.g. `\"BTC.spot\"`",
    accepts: |text| is_factor(text) || text.strip_prefix("*.").is_some_and(is_factor_kind),
};

/// One asset or several.
pub const ASSET_SELECTOR: TextFormat = TextFormat {
    name: "asset-selector",
    pattern: r"^(\*|[A-Za-z0-9][A-Za-z0-9_-]{0,23})$",
    expected: "an asset, a group or `*`, e.g. `BTC`",
    accepts: |text| text == "*" || is_symbol(text),
};

/// A move as text with a unit.
pub const MOVE: TextFormat = TextFormat {
    name: "move",
    pattern: r"^[+-]?[0-9]+(\.[0-9]+)? ?(%|bp|pt)$",
    expected: "a decimal such as `-0.395`, text such as `\"-39.5%\"` or `\"12bp\"`, or volatility points such as `\"+20pt\"`",
    accepts: |text| super::change::parse_change(text).is_some(),
};

/// A label people read.
pub const NAME: TextFormat = TextFormat {
    name: "name",
    pattern: r"^\S(.{0,78}\S)?$",
    expected: "1 to 80 characters, no control characters, no space at the ends",
    accepts: is_name,
};

/// A name that can be a folder.
pub const FOLDER_NAME: TextFormat = TextFormat {
    name: "folder-name",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
    expected: "up to 64 letters, digits, `-` or `_`: it names the output folder",
    accepts: is_folder_name,
};

/// Free text.
pub const PROSE: TextFormat = TextFormat {
    name: "prose",
    pattern: r"^[\s\S]{0,4000}$",
    expected: "up to 4000 characters, no control characters but line breaks",
    accepts: is_prose,
};

/// A file named by a document.
pub const FILE_PATH: TextFormat = TextFormat {
    name: "file-path",
    pattern: r"^\S(.{0,498}\S)?$",
    expected: "a path relative to this file, e.g. `market.toml`",
    accepts: is_file_path,
};

/// A colour.
pub const COLOUR: TextFormat = TextFormat {
    name: "colour",
    pattern: "^#[0-9A-Fa-f]{6}$",
    expected: "a colour such as `#0b5a8f`: `#` and six hexadecimal digits, two each of red, green and blue",
    accepts: is_colour,
};

/// A length of time.
pub const DURATION: TextFormat = TextFormat {
    name: "duration-text",
    pattern: r"^[0-9]+(\.[0-9]+)? ?(s|m|h|d|w|y)$",
    expected: "a positive number and a unit (`s`, `m` minutes, `h`, `d`, `w`, `y` of 365 days), e.g. `30m`, `8h`, `1d`",
    accepts: |text| super::time::parse_duration(text).is_some(),
};

/// An instant.
pub const INSTANT: TextFormat = TextFormat {
    name: "date-time",
    pattern: r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$",
    expected: "an instant with its offset, e.g. `2026-03-27T08:00:00Z`",
    accepts: |text| super::time::parse_instant(text).is_some(),
};

/// A number as text with a unit.
pub const RATE: TextFormat = TextFormat {
    name: "rate",
    pattern: r"^[+-]?[0-9]+(\.[0-9]+)? ?(%|bp)$",
    expected: "a decimal such as `0.05`, or text such as `\"5%\"` or `\"500bp\"`",
    accepts: |text| super::number::parse_rate(text).is_some(),
};

const ALL: [&TextFormat; 13] = [
    &SYMBOL,
    &FACTOR,
    &FACTOR_SELECTOR,
    &ASSET_SELECTOR,
    &MOVE,
    &NAME,
    &FOLDER_NAME,
    &PROSE,
    &FILE_PATH,
    &COLOUR,
    &DURATION,
    &INSTANT,
    &RATE,
];

/// The form a schema's `format` names.
pub fn by_name(name: &str) -> Option<&'static TextFormat> {
    ALL.into_iter().find(|format| format.name == name)
}

/// The form with this regular expression: how schemas describe the keys of maps.
pub fn by_pattern(pattern: &str) -> Option<&'static TextFormat> {
    ALL.into_iter().find(|format| format.pattern == pattern)
}

fn is_symbol(text: &str) -> bool {
    is_identifier(text, 24)
}

fn is_folder_name(text: &str) -> bool {
    is_identifier(text, 64)
}

fn is_identifier(text: &str, length_max: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() <= length_max
        && text.bytes().all(inner)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn is_factor(text: &str) -> bool {
    text.split_once('.').is_some_and(|(symbol, kind)| is_symbol(symbol) && is_factor_kind(kind))
}

fn is_factor_kind(text: &str) -> bool {
    ["spot", "vol", "basis", "funding", "peg"].contains(&text)
}

fn is_name(text: &str) -> bool {
    is_line(text, 80)
}

fn is_file_path(text: &str) -> bool {
    is_line(text, 500)
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_line(text: &str, length_max: usize) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= length_max
        && !text.contains(is_hostile)
}

fn is_prose(text: &str) -> bool {
    let breaks = |character: char| matches!(character, '\n' | '\r' | '\t');
    text.chars().count() <= 4_000 && !text.contains(|c| is_hostile(c) && !breaks(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_accepts_and_refuses() {
        let cases: [(&TextFormat, &[&str], &[&str]); 10] = [
            (&FACTOR_SELECTOR, &["*.spot", "alts.vol"], &["*", "*.x", "**.spot", "BTC"]),
            (&ASSET_SELECTOR, &["*", "BTC"], &["", "*B", "B.spot"]),
            (&MOVE, &["-39.5%", "12bp", "+20pt", "-5 pt"], &["", "5", "pt", "nanpt", "5vol"]),
            (&SYMBOL, &["BTC", "1000SHIB", "stETH"], &["", "B.C", "-A", "Ä", "BTC "]),
            (&FACTOR, &["BTC.spot", "USDT.peg"], &["BTC", "BTC.delta", ".spot", "a.b.spot"]),
            (&NAME, &["<b>x</b>", "a b"], &["", " a", "a\u{1b}", "a\u{202e}b"]),
            (&FOLDER_NAME, &["desk-1"], &["..", "a/b", ".a", "a b"]),
            (&PROSE, &["", "a\nb"], &["a\u{7}"]),
            (&FILE_PATH, &["a/b.csv", "../x"], &["", "a\0b"]),
            (&DURATION, &["1d", "0.5h", "30 m"], &["1", "d", "-1d", "0d", "1e400d", "nand", "1M"]),
        ];
        for (format, good, bad) in cases {
            for text in good {
                assert!((format.accepts)(text), "{} {text:?}", format.name);
            }
            for text in bad {
                assert!(!(format.accepts)(text), "{} {text:?}", format.name);
            }
        }
    }
}
