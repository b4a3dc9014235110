//! What to write instead of a cell that is no number.

use super::visible::quoted;

/// What stands between thousands, where neither a point nor a comma does.
const SPACES: [char; 6] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '_'];
/// Signs of currencies.
const CURRENCIES: [char; 5] = ['$', '€', '£', '¥', '₮'];

/// How a cell that is no number is to be written: without what people and spreadsheets put around
/// numbers, where that makes it one.
pub(super) fn number_help(text: &str) -> String {
    match reading(text) {
        Reading::Thousands(number) => {
            format!("write {}: no separators of thousands, no currency", quoted(&number))
        }
        Reading::DecimalComma(number) => {
            format!(
                "write {}: the decimal point is a point, and nothing stands between thousands",
                quoted(&number)
            )
        }
        Reading::Either { thousands, decimal } => format!(
            "write {} if the comma separates thousands, {} if it is the decimal comma",
            quoted(&thousands),
            quoted(&decimal)
        ),
        Reading::Nothing => {
            "write a plain number such as -1234.5, or leave the cell empty where there is none"
                .to_owned()
        }
    }
}

/// What a text means as a number, in the form that documents take.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    /// One number, whatever stands between its thousands.
    Thousands(String),
    /// One number, its decimals after a comma.
    DecimalComma(String),
    /// `1,234`: nobody can tell.
    Either { thousands: String, decimal: String },
    /// No number.
    Nothing,
}

fn reading(text: &str) -> Reading {
    let is_around = |c: char| SPACES.contains(&c) || CURRENCIES.contains(&c);
    let bare: String = text.chars().filter(|c| !is_around(*c)).collect();
    let bare = bare.replace('\u{2212}', "-"); // the typographer's minus
    let decimal = || without(&bare, '.').replace(',', ".");
    let thousands = || without(&bare, ',');
    match (bare.matches(',').count(), bare.matches('.').count()) {
        (0, 0 | 1) if bare != text => plain(bare, Reading::Thousands),
        (0, 2..) if in_threes(&bare, '.') => plain(without(&bare, '.'), Reading::Thousands),
        (1, 0) if !in_threes(&bare, ',') => plain(decimal(), Reading::DecimalComma),
        (1, 0) => match (is_number(&thousands()), is_number(&decimal())) {
            (true, true) => Reading::Either { thousands: thousands(), decimal: decimal() },
            _ => Reading::Nothing,
        },
        (1, _) if bare.rfind(',') > bare.rfind('.') => european(&bare),
        (1.., 0 | 1) if in_threes(before(&bare, '.'), ',') && !after_point(&bare).contains(',') => {
            plain(thousands(), Reading::Thousands)
        }
        _ => Reading::Nothing,
    }
}

/// `1.234,5`: points between thousands, then the decimal comma.
fn european(bare: &str) -> Reading {
    if in_threes(before(bare, ','), '.') {
        plain(without(bare, '.').replace(',', "."), Reading::DecimalComma)
    } else {
        Reading::Nothing
    }
}

fn plain(number: String, reading: fn(String) -> Reading) -> Reading {
    if is_number(&number) { reading(number) } else { Reading::Nothing }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn without(text: &str, separator: char) -> String {
    text.replace(separator, "")
}

fn before(text: &str, mark: char) -> &str {
    text.split(mark).next().unwrap_or(text)
}

fn after_point(text: &str) -> &str {
    text.split_once('.').map_or("", |(_, decimals)| decimals)
}

/// Whether the separators may be those of thousands: one to three digits, no lone zero, then groups
/// of three.
fn in_threes(text: &str, separator: char) -> bool {
    let mut groups = text.trim_start_matches(['-', '+']).split(separator);
    let first = groups.next().unwrap_or_default();
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && digits(first)
        && groups.all(|group| group.len() == 3 && digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comma_is_read_by_the_digits_after_it() {
        let thousands = |number: &str| Reading::Thousands(number.to_owned());
        let decimal = |number: &str| Reading::DecimalComma(number.to_owned());
        let either = |thousands: &str, decimal: &str| Reading::Either {
            thousands: thousands.to_owned(),
            decimal: decimal.to_owned(),
        };
        let cases = [
            ("-25,5", decimal("-25.5")),
            ("97702,70", decimal("97702.70")),
            ("0,123", decimal("0.123")),
            ("1234,567", decimal("1234.567")),
            ("1.234,56", decimal("1234.56")),
            ("-1.234.567,8", decimal("-1234567.8")),
            ("1 234,567", decimal("1234.567")),
            ("€ 25,5", decimal("25.5")),
            ("1,234", either("1234", "1.234")),
            ("-2,800", either("-2800", "-2.800")),
            ("1,234,567", thousands("1234567")),
            ("1,234,567.89", thousands("1234567.89")),
            ("1,234.5", thousands("1234.5")),
            ("1.234.567", thousands("1234567")),
            ("79 032", thousands("79032")),
            ("$79 032.5", thousands("79032.5")),
            ("1'234", thousands("1234")),
            ("\u{2212}25", thousands("-25")),
            ("12,34,567", Reading::Nothing),
            ("1,23.5", Reading::Nothing),
            ("1.2,3,4", Reading::Nothing),
            ("25 BTC", Reading::Nothing),
            ("n/a", Reading::Nothing),
            (",", Reading::Nothing),
            ("", Reading::Nothing),
        ];
        for (text, expected) in cases {
            assert_eq!(reading(text), expected, "{text}");
        }
    }

    #[test]
    fn the_help_says_what_to_write() {
        assert!(number_help("-25,5").starts_with("write `-25.5`: "));
        assert_eq!(
            number_help("1,234"),
            "write `1234` if the comma separates thousands, `1.234` if it is the decimal comma"
        );
        assert!(number_help("n/a").starts_with("write a plain number such as -1234.5"));
    }
}
