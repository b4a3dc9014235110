//! Prices moved by orders, on the page and on the screen.

use plimsoll::outcome::{
    Amplification, Cascades, Compared, EventProbability, MovedPrices, Outcome, PegBroken,
    TailAmount, WithAndWithout,
};
use plimsoll::report::{TerminalStyle, html, terminal};

use super::sample;

fn probability(probability: f64) -> EventProbability {
    EventProbability { probability, interval_95: [0.9 * probability, 1.1 * probability] }
}

fn amount(mean: f64) -> TailAmount {
    TailAmount {
        mean,
        level: 0.975,
        expected_shortfall: 20.0 * mean,
        standard_error: mean,
        probability: 0.0375,
        levels: Vec::new(),
    }
}

fn compared(with: f64, without: f64) -> Compared {
    Compared { with, without, difference: with - without, standard_error: 0.125 * (with - without) }
}

fn outcome() -> Outcome {
    let amplification = Amplification {
        coin: "BTC<b>".to_owned(),
        probability: 0.5,
        mean: Some(1.375),
        largest: Some(2.875),
        largest_path: Some(4_321),
    };
    let peg = PegBroken { asset: "USDT".to_owned(), probability: probability(0.011), stated: 0.01 };
    let cascades = Cascades {
        moved: probability(0.4375),
        settled: probability(0.4),
        exhausted: probability(0.002),
        unsettled: probability(0.0),
        ran_away: probability(0.003),
        others_notional: amount(1_111_000.0),
        own_notional: amount(222_000.0),
        impact_cost: amount(3_330.0),
        amplifications: vec![amplification],
        pegs: vec![peg],
        fund_payments: amount(4_440.0),
        fund_exhausted: probability(0.006),
        deleveraged_notional: amount(55_500.0),
        deleveraged_loss: amount(6_660.0),
        socialised_loss: amount(0.0),
    };
    let without = WithAndWithout {
        paths: 10_000,
        level: 0.975,
        expected_shortfall: compared(900_000.0, 700_000.0),
        liquidation_probability: compared(0.08, 0.06),
        liquidation_cost: compared(12_000.0, 9_000.0),
    };
    let moved = MovedPrices { cascades: Some(cascades), without: Some(without) };
    Outcome { moved_prices: Some(moved), ..sample::outcome() }
}

#[test]
fn the_page_tells_what_orders_did_to_prices() {
    let page = html(&outcome()).expect("it renders");
    for shown in [
        "Prices moved by orders",
        "<td>900,000</td><td>700,000</td><td>200,000</td><td>25,000</td>",
        "<td>1.375</td><td>2.875</td><td>4321</td>",
        "43.750",
        "The peg of USDT breaks",
        "Cascade runs away",
        "BTC&lt;b&gt;",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!html(&sample::outcome()).expect("it renders").contains("Prices moved by orders"));
}

#[test]
fn the_screen_tells_it_in_a_line_or_two() {
    let text = terminal(&outcome(), TerminalStyle { width: 120, ..TerminalStyle::default() });
    let text = text.expect("it renders").replace('\u{a0}', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    for shown in ["orders move prices on 43.75 % of paths", "run away 0.30 %", "1.375 times"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}
