//! The terminal summary: one screen, answer first, no control character of an input.

use plimsoll::outcome::{Outcome, Status, Warning};
use plimsoll::report::{Colour, TerminalStyle, terminal};
use unicode_width::UnicodeWidthStr;

use super::sample;

fn plain(outcome: &Outcome) -> String {
    terminal(outcome, TerminalStyle::default()).unwrap()
}

/// An outcome whose every list and name is longer than a screen has room for.
fn overfull() -> Outcome {
    let long = "a very long text that goes on and on, ".repeat(20);
    let mut outcome = sample::outcome_with_trades();
    outcome.scenario = long.clone();
    outcome.threshold.as_mut().unwrap().remedy.advice = long.clone();
    outcome.threshold.as_mut().unwrap().indistinct = true;
    for account in &mut outcome.margin {
        account.account = long.clone();
        account.margin_call = 1e12;
    }
    for row in &mut outcome.contributions.by_position {
        row.name = long.clone();
    }
    outcome.warnings = vec![Warning { code: "long".into(), message: long }; 30];
    outcome
}

#[test]
fn fits_one_screen_whatever_the_outcome_holds() {
    let mut without_trades = overfull();
    without_trades.with_trades = None;
    for outcome in [sample::outcome(), sample::outcome_with_trades(), overfull(), without_trades] {
        let text = plain(&outcome);
        assert!(text.lines().count() <= 39, "{} lines:\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
    }
}

#[test]
fn the_first_words_after_the_title_are_the_answer() {
    let mut outcome = sample::outcome();
    outcome.margin[3].margin_call = 0.0;
    for (status, words) in [
        (Status::Green, "GREEN      Yes: 92.3 % of the exposure threshold is used."),
        (Status::Amber, "AMBER      Yes, with care: 92.3 % of the exposure threshold is used."),
        (Status::Red, "RED        No: 92.3 % of the exposure threshold is used."),
    ] {
        outcome.threshold.as_mut().unwrap().status = status;
        let text = plain(&outcome);
        assert_eq!(text.lines().nth(2), Some(words), "{text}");
    }
    outcome.threshold.as_mut().unwrap().utilisation = None;
    assert!(
        plain(&outcome).contains("No: there is potential loss, but the threshold is not positive.")
    );
    outcome.threshold = None;
    assert!(plain(&outcome).contains("NO POLICY"), "{}", plain(&outcome));
}

#[test]
fn an_account_that_would_be_closed_outranks_a_green_light() {
    let mut outcome = sample::outcome();
    outcome.threshold.as_mut().unwrap().status = Status::Green;
    outcome.margin[0].liquidated_at_once = true;
    assert!(plain(&outcome).contains("No: account 'deribit main' would be closed at once;"));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let mut outcome = sample::outcome();
    outcome.scenario = "desk\u{1b}[2J\u{1b}]0;title\u{7}\r\u{202e}evil".into();
    outcome.margin[3].account = "line\nbreak\u{9b}31m".into();
    let text = plain(&outcome);
    assert!(text.starts_with("desk\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{d}\\u{202e}evil"), "{text}");
    assert!(text.contains("line\\u{a}break\\u{9b}31m"), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn colours_come_only_where_asked_and_change_no_word() {
    let outcome = sample::outcome();
    let coloured = terminal(&outcome, TerminalStyle { colour: Colour::Always, width: 80 }).unwrap();
    assert!(coloured.contains("\u{1b}["));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    let lines =
        |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&stripped), lines(&plain(&outcome)));
}
