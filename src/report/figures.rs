//! Figures as people read them: grouped digits, explicit signs, percentages, lengths of time.
//!
//! A percentage and its sign are joined by a no-break space. Money is shown to the same number of
//! decimals all over a report, enough for five digits of the largest risk measure; `result.json`
//! has every bit.

use crate::outcome::Outcome;
use crate::units::DAYS_PER_YEAR;

/// How one report writes money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    decimals: usize,
}

impl Figures {
    /// Decimals that suit the outcome's risk measures.
    pub fn of(outcome: &Outcome) -> Self {
        let measures = &outcome.measures;
        let losses = measures.value_at_risk.iter().chain(&measures.expected_shortfall);
        let potential = outcome.threshold.iter().map(|threshold| threshold.potential_loss);
        let largest = losses.map(|measure| measure.loss).chain(potential).map(f64::abs);
        Self { decimals: decimals_for(largest.fold(0.0, f64::max)) }
    }

    /// Decimals that suit amounts up to `largest`.
    pub fn up_to(largest: f64) -> Self {
        Self { decimals: decimals_for(largest) }
    }

    /// Decimals of money.
    pub fn decimals(self) -> usize {
        self.decimals
    }

    /// Money with a minus where it is negative, e.g. `-1,234,567`.
    pub fn money(self, amount: f64) -> String {
        number(amount, self.decimals)
    }

    /// A change of money, its sign always shown, e.g. `+1,234`.
    pub fn change(self, amount: f64) -> String {
        signed(self.money(amount))
    }

    /// An interval of money, e.g. `1,200 to 1,300`.
    pub fn interval(self, [low, high]: [f64; 2]) -> String {
        format!("{} to {}", self.money(low), self.money(high))
    }
}

/// Decimals that leave at least five digits of `largest`, at most eight.
fn decimals_for(largest: f64) -> usize {
    let mut decimals = 0;
    let mut shown = largest;
    while shown > 0.0 && shown < 10_000.0 && decimals < 8 {
        shown *= 10.0;
        decimals += 1;
    }
    // One decimal of money looks odd: whole units or cents and finer.
    if decimals == 1 { 2 } else { decimals }
}

pub use crate::units::grouped as number;

/// Standard errors to a side of a 95 % interval.
pub const NORMAL_95: f64 = 1.96;

/// A sentence of the outcome with its whole numbers of five digits and more grouped; what is part
/// of a name, a date or a decimal stays as it is.
pub fn prose(text: &str) -> String {
    let grouped_word = |word: &str| {
        let digits = word.trim_matches(['(', ')', ',', ';', ':', '.', '-', '±']);
        let long = (5..=15).contains(&digits.len());
        let whole = long && digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse::<f64>() {
            Ok(value) if whole => word.replacen(digits, &number(value, 0), 1),
            _ => word.to_owned(),
        }
    };
    text.split(' ').map(grouped_word).collect::<Vec<_>>().join(" ").replace(" %", "\u{a0}%")
}

/// A sentence as [`prose`], with a capital (unless it opens with a name or symbol) and a full stop.
pub fn sentence(text: &str) -> String {
    let text = prose(text.trim_end_matches('.'));
    let word = text.split([' ', ',']).next().unwrap_or_default();
    if word.len() < 2 || !word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '\'') {
        return format!("{text}.");
    }
    format!("{}{}.", text[..1].to_ascii_uppercase(), &text[1..])
}

/// An instant to the minute, e.g. `2026-02-05 21:29 UTC`; what is not RFC 3339 in UTC as it is.
pub fn instant(text: &str) -> String {
    match (text.split_once('T'), text.strip_suffix('Z')) {
        (Some((date, time)), Some(_)) if time.is_char_boundary(5) && time.len() > 5 => {
            format!("{date} {} UTC", &time[..5])
        }
        _ => text.to_owned(),
    }
}

/// A count with its noun, e.g. `1 finding`, `1,200 findings`.
pub fn count(number_of: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(number_of as f64, 0), if number_of == 1 { "" } else { "s" })
}

/// A plus before a positive number; nothing before zero.
pub fn signed(number: String) -> String {
    let positive =
        !number.starts_with('-') && number.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    if positive { format!("+{number}") } else { number }
}

/// A share as a percentage, e.g. `82.4 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{}\u{a0}%", number(share * 100.0, decimals))
}

/// A confidence level or a boundary: as many decimals as it has, e.g. `99 %`, `97.5 %`.
pub fn level(share: f64) -> String {
    let text = number(share * 100.0, 4);
    format!("{}\u{a0}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A plain number to about five digits, trailing zeros dropped, e.g. `0.7412`, `71.5`.
pub fn plain(value: f64) -> String {
    let text = number(value, decimals_for(value.abs().max(1e-4)).min(6));
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An axis label: three digits at most where they suffice, e.g. `-2.5m`, `400k`, `1bn`.
pub fn compact(value: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "bn"), (1e6, "m"), (1e3, "k")];
    let size = value.abs();
    match UNITS.into_iter().find(|(unit, _)| size >= *unit) {
        Some((unit, suffix)) => format!("{}{suffix}", plain(value / unit)),
        None => plain(value),
    }
}

/// A length of time in its largest unit that fits, e.g. `1 day`, `8 hours`, `1.5 days`.
pub fn duration(years: f64) -> String {
    let minutes = years * DAYS_PER_YEAR * 1_440.0;
    let (count, unit) = match minutes {
        m if m >= 1_440.0 - 1e-6 => (m / 1_440.0, "day"),
        m if m >= 60.0 - 1e-6 => (m / 60.0, "hour"),
        m => (m, "minute"),
    };
    let text = number(count, 2);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {unit}{}", if text == "1" { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_zero_has_no_sign() {
        assert_eq!(number(1_234_567.4, 0), "1,234,567");
        assert_eq!(number(-123.456, 2), "-123.46");
        assert_eq!(number(-0.004, 2), "0.00");
        assert_eq!(number(-2e18, 0), "-2.0000e18");
        assert_eq!(signed(number(0.0, 0)), "0");
        assert_eq!(signed(number(5.0, 0)), "+5");
        assert_eq!(signed(number(-5.0, 0)), "-5");
    }

    #[test]
    fn money_keeps_five_digits_of_the_largest_measure() {
        assert_eq!(decimals_for(4_000_000.0), 0);
        assert_eq!(decimals_for(10_000.0), 0);
        assert_eq!(decimals_for(9_999.0), 2);
        assert_eq!(decimals_for(0.5), 5);
        assert_eq!(decimals_for(0.0), 0);
    }

    #[test]
    fn sentences_have_grouped_digits_a_capital_and_a_full_stop() {
        assert_eq!(
            prose("worst of 100000 (6773803), 2026-03-12"),
            "worst of 100,000 (6,773,803), 2026-03-12"
        );
        assert_eq!(
            prose("btc-1030-p70000 at 0.12345 and -95 %"),
            "btc-1030-p70000 at 0.12345 and -95\u{a0}%"
        );
        assert_eq!(sentence("beyond it, 12345"), "Beyond it, 12,345.");
        assert_eq!(sentence("k* is 2."), "k* is 2.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn instants_and_counts_are_short() {
        assert_eq!(instant("2026-02-05T21:29:37.885165Z"), "2026-02-05 21:29 UTC");
        assert_eq!(instant("today"), "today");
        assert_eq!(
            (count(1, "finding"), count(1_200, "path")),
            ("1 finding".into(), "1,200 paths".into())
        );
    }

    #[test]
    fn shares_and_levels_are_percentages() {
        assert_eq!(percent(0.8239, 1), "82.4\u{a0}%");
        assert_eq!(level(0.975), "97.5\u{a0}%");
        assert_eq!(level(0.99), "99\u{a0}%");
        assert_eq!(level(1.0), "100\u{a0}%");
        assert_eq!(plain(0.7412), "0.7412");
        assert_eq!(plain(71.5), "71.5");
        assert_eq!(plain(-3.0), "-3");
        assert_eq!(plain(12_345.6), "12,346");
    }

    #[test]
    fn axis_labels_are_short() {
        let labels = [-2_500_000.0, 400_000.0, 1e9, 20.0, 0.0, 0.25].map(compact);
        assert_eq!(labels, ["-2.5m", "400k", "1bn", "20", "0", "0.25"]);
    }

    #[test]
    fn durations_use_the_largest_unit_that_fits() {
        assert_eq!(duration(1.0 / 365.0), "1 day");
        assert_eq!(duration(10.0 / 365.0), "10 days");
        assert_eq!(duration(8.0 / 24.0 / 365.0), "8 hours");
        assert_eq!(duration(30.0 / 1_440.0 / 365.0), "30 minutes");
        assert_eq!(duration(0.0), "0 minutes");
    }
}
