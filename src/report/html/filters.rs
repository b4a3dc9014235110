//! Figures for the templates: each filter takes a number (or nothing) and gives text.
//!
//! A missing value is an en dash; a minus sign is the typographic one, as wide as a digit.

use minijinja::Environment;

use crate::report::figures::{self, Figures};

const MISSING: &str = "–";

/// Adds every filter to the environment.
pub(super) fn add(environment: &mut Environment<'static>, figures: Figures) {
    environment.add_filter("money", move |value: Option<f64>| show(value, |v| figures.money(v)));
    environment.add_filter("change", move |value: Option<f64>| show(value, |v| figures.change(v)));
    environment.add_filter("money_interval", move |ends: Option<Vec<f64>>| {
        interval(ends, |v| figures.money(v))
    });
    environment.add_filter("percent", |value: Option<f64>, decimals: Option<usize>| {
        show(value, |v| figures::percent(v, decimals.unwrap_or(1)))
    });
    environment.add_filter("percent_change", |value: Option<f64>, decimals: Option<usize>| {
        show(value, |v| figures::signed(figures::percent(v, decimals.unwrap_or(1))))
    });
    environment.add_filter(
        "percent_interval",
        |ends: Option<Vec<f64>>, decimals: Option<usize>| {
            interval(ends, |v| figures::percent(v, decimals.unwrap_or(1)))
        },
    );
    environment.add_filter("number", |value: Option<f64>, decimals: Option<usize>| {
        show(value, |v| figures::number(v, decimals.unwrap_or(0)))
    });
    environment.add_filter("number_interval", |ends: Option<Vec<f64>>, decimals: usize| {
        interval(ends, |v| figures::number(v, decimals))
    });
    environment.add_filter("signed_number", |value: Option<f64>, decimals: usize| {
        show(value, |v| figures::signed(figures::number(v, decimals)))
    });
    // A row that sums others has no error of its own.
    environment.add_filter("money_error", move |value: f64| {
        show((value != 0.0).then_some(value), |v| figures.money(v))
    });
    environment.add_filter("typographic", |figure: &str| typographic(figure));
    environment.add_filter("prose", |text: &str| signs(&figures::prose(text)));
    environment.add_filter("sentence", |text: &str| signs(&figures::sentence(text)));
    environment.add_filter("instant", |text: &str| figures::instant(text));
    environment.add_filter("counted", |of: usize, noun: &str| figures::count(of, noun));
    environment.add_filter("heat", heat);
    environment.add_filter("plain", |value: Option<f64>| show(value, figures::plain));
    environment.add_filter("level", |value: Option<f64>| show(value, figures::level));
    environment.add_filter("duration", |value: Option<f64>| show(value, figures::duration));
}

fn show(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| MISSING.to_owned(), |value| typographic(&write(value)))
}

fn interval(ends: Option<Vec<f64>>, write: impl Fn(f64) -> String) -> String {
    match ends.as_deref() {
        Some([low, high]) => typographic(&format!("{} to {}", write(*low), write(*high))),
        _ => MISSING.to_owned(),
    }
}

/// Figures hold no hyphen but their minus sign.
pub(in crate::report) fn typographic(figure: &str) -> String {
    figure.replace('-', "−")
}

/// Hyphens that are minus signs: before a digit, at the start of a word.
pub(in crate::report) fn signs(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let opens = matches!(before, ' ' | '\u{a0}' | '(' | '±');
        let negative =
            letter == '-' && opens && letters.peek().is_some_and(|next| next.is_ascii_digit());
        shown.push(if negative { '−' } else { letter });
        before = letter;
    }
    shown
}

/// Class of a correlation's shade: its sign, and its size in fifths.
fn heat(correlation: f64) -> String {
    let fifths = (correlation.abs() * 5.0).round().min(5.0);
    format!("{}{fifths}", if correlation < 0.0 { "n" } else { "p" })
}
