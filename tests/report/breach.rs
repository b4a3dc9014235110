//! The breach ladder acting inside paths, on the page and on the screen.

use plimsoll::outcome::{
    BreachLadder, BreachRung, Compared, EventProbability, LadderMeasures, Outcome, Outcomes,
    StateShare,
};
use plimsoll::report::{TerminalStyle, html, terminal};

use super::sample;

fn probability(probability: f64) -> EventProbability {
    EventProbability { probability, interval_95: [0.9 * probability, 1.1 * probability] }
}

fn compared(with: f64, without: f64) -> Compared {
    Compared { with, without, difference: with - without, standard_error: 3_125.0 }
}

fn outcome() -> Outcome {
    let rung = BreachRung {
        utilisation: 1.25,
        action: "forced reduction".to_owned(),
        delay_years: 1.0 / 8_760.0,
        cost_rate: 0.001,
        reached: probability(0.21875),
        mean_time_years: Some(6.0 / 8_760.0),
        acted: probability(0.125),
        mean_time_to_action_years: Some(7.0 / 8_760.0),
        mean_notional: 1_234_000.0,
        mean_cost: 1_234.0,
    };
    let never = BreachRung {
        action: "bankrupt".to_owned(),
        reached: probability(0.0),
        mean_time_years: None,
        acted: probability(0.0),
        mean_time_to_action_years: None,
        mean_notional: 0.0,
        mean_cost: 0.0,
        ..rung.clone()
    };
    let ladder = BreachLadder {
        paths: 20_000,
        utilisation: Some(0.9),
        potential_loss: 900_000.0,
        threshold: 1_000_000.0,
        gross_notional: 9_000_000.0,
        target_utilisation: 0.75,
        measures: vec![LadderMeasures {
            level: 0.975,
            value_at_risk: compared(650_000.0, 750_000.0),
            expected_shortfall: compared(700_000.0, 900_000.0),
        }],
        mean_loss: compared(11_000.0, 10_000.0),
        liquidation_probability: compared(0.02, 0.06),
        bad_debt: compared(100.0, 200.0),
        rungs: vec![rung, never],
        states: vec![StateShare { state: "green".to_owned(), share: 0.75 }],
        acted: probability(0.125),
        lost_less: Outcomes { probability: probability(0.0625), mean: Some(77_000.0) },
        lost_more: Outcomes { probability: probability(0.03), mean: None },
        refused: probability(0.0),
        remark: "Inside paths the potential loss is that of today<b>.".to_owned(),
    };
    Outcome { breach_ladder: Some(ladder), ..sample::outcome() }
}

#[test]
fn the_page_tells_what_acting_does() {
    let page = html(&outcome()).expect("it renders");
    for shown in [
        "Breach ladder acting inside the paths",
        "<td>700,000</td><td>900,000</td>",
        "<td>650,000</td><td>750,000</td>",
        "<td>3,125</td>",
        "forced reduction",
        "<td>1,234,000</td><td>1,234</td>",
        "<td>77,000</td>",
        "At the horizon: green 75.00",
        "that of today&lt;b&gt;.",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let bare = html(&sample::outcome()).expect("it renders");
    assert!(!bare.contains("Breach ladder acting inside the paths"));
}

#[test]
fn the_screen_tells_it_in_a_line_or_two() {
    let text = terminal(&outcome(), TerminalStyle { width: 120, ..TerminalStyle::default() });
    let text = text.expect("it renders").replace('\u{a0}', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    for shown in ["forced reduction 21.88 %", "loses less on 6.25 %", "more on 3.00 % of paths"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}
