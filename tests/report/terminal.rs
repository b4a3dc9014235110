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

/// Catches change of the whole layout; the figures are the sample's.
#[test]
fn the_summary_as_it_stands() {
    insta::assert_snapshot!(plain(&sample::outcome()), @r"
    Artificial sample · 2026-11-20 00:00 UTC · 1 day · 20,000 paths · seed 42

    AMBER      Not as it stands: account 'binance coin' is below initial margin;
               92.3 % of the exposure threshold is used.
               Potential loss USD 5,166,025 (95 % interval 5,058,640 to
               5,284,715); threshold USD 5,600,000, 22.4 % of capital.
               Utilisation 95 % interval 90.3 % to 94.4 %; amber from 75 %, red
               from 100 %.
               k* = 1.091 (1.066 to 1.118): positions may grow to this multiple,
               balances as they are; the risk threshold binds.
    To do      Add USD 165,000 to 'binance coin' to meet its initial margin.
               Reduce gross exposure by about a sixth, or add external money.

    1 day loss        USD           95 % interval  estimator
    VaR 95 %    2,530,266  2,483,152 to 2,582,339  order statistic (inverse…
    VaR 97.5 %  3,354,529  3,292,068 to 3,423,565  order statistic (inverse…
    VaR 99 %    4,567,469  4,482,422 to 4,661,467  order statistic (inverse…
    ES 95 %     3,848,414  3,762,425 to 3,943,455  Acerbi–Tasche tail mean;…
    ES 97.5 %   4,806,025  4,698,640 to 4,924,715  Acerbi–Tasche tail mean;…
    ES 99 %     6,226,860  6,087,727 to 6,380,639  Acerbi–Tasche tail mean;…
    worst 20,614,096 · mean 140,201 · deviation 1,377,213 · beyond capital 0.005 %

    Headroom in USD, tightest 2 of 8  more long  more short
    AVAX                                612,903   4,916,667
    ADA                                 678,571   5,363,636

    Margin     4 of 5 accounts meet initial margin; short by USD 165,000
               liquidated: binance coin 6.10 % ± 0.62, binance um 0.45 % ± 0.06,
               okx carry 0.00 % ± 0.01; mean cost USD 2,620
               called 12.80 %, liquidated after 14.0 h; notional closed 192,000
               (ES 97.5 % 6,000,000), bad debt 384 (ES 30,720)
               rebalanced 25.00 %, 0.40 trades a path; notional 250,000, cost 125
               nearest line: binance um, BTC -6.1 %, -2.0 σ, touched 4.00 %
    Closing    within 5 days costs USD 26,400; 1,100,000 not closed in time
    U = 100 %  spot -9.3 % or volatility +24.0 %
    Pricing    full
    Data       2 findings in the data files, 1 repaired as opted in
    Warning    The tail index of the losses is 0.23: intervals of ES cover the
               truth in 93 to 94 % of runs.
    ");
}

#[test]
fn the_summary_with_proposed_trades_as_it_stands() {
    insta::assert_snapshot!(plain(&sample::outcome_with_trades()), @r"
    Artificial sample · 2026-11-20 00:00 UTC · 1 day · 20,000 paths · seed 42

    AMBER      Not as it stands: account 'binance coin' is below initial margin;
               92.3 % of the exposure threshold is used.
               Potential loss USD 5,166,025 (95 % interval 5,058,640 to
               5,284,715); threshold USD 5,600,000, 22.4 % of capital.
               Utilisation 95 % interval 90.3 % to 94.4 %; amber from 75 %, red
               from 100 %.
               k* = 1.091 (1.066 to 1.118): positions may grow to this multiple,
               balances as they are; the risk threshold binds.
    To do      Add USD 165,000 to 'binance coin' to meet its initial margin.

    GREEN      With the trades: Yes: 64.6 % of the exposure threshold is used.
                               before       after        change
    Utilisation                92.3 %      64.6 %  -27.7 points
    Potential loss          5,166,025   3,616,218    -1,549,808
    Threshold               5,600,000   5,600,000             0
    Scale to threshold k*       1.091       1.720        +0.629
    VaR 99 %                4,567,469   3,197,228    -1,370,241
    ES 99 %                 6,226,860   4,358,802    -1,868,058
    Gross exposure         10,340,000  10,340,000             0
    Margin calls              165,000           0      -165,000

    1 day loss        USD           95 % interval  estimator
    VaR 99 %    4,567,469  4,482,422 to 4,661,467  order statistic (inverse…
    ES 99 %     6,226,860  6,087,727 to 6,380,639  Acerbi–Tasche tail mean;…
    worst 20,614,096 · mean 140,201 · deviation 1,377,213 · beyond capital 0.005 %

    Headroom in USD, tightest 1 of 8  more long  more short
    AVAX                                612,903   4,916,667

    Margin     4 of 5 accounts meet initial margin; short by USD 165,000
               liquidated: binance coin 6.10 % ± 0.62, binance um 0.45 % ± 0.06,
               okx carry 0.00 % ± 0.01; mean cost USD 2,620
    U = 100 %  spot -9.3 % or volatility +24.0 %
    Pricing    full
    Data       2 findings in the data files, 1 repaired as opted in
    Warning    The tail index of the losses is 0.23: intervals of ES cover the
               truth in 93 to 94 % of runs.
    ");
}
