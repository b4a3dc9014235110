//! The charts of an estimated market model read back from their SVG and compared with its JSON, and
//! its page.

use plimsoll::outcome::{EstimatedParameter, EstimatedVolatility, MarketModel};
use plimsoll::report::{charts, market_model_html, market_model_json};
use serde_json::Value;

use super::svg_reader::{Axis, marks, series};

fn volatility(factor: &str, volatility: f64, standard_error: Option<f64>) -> EstimatedVolatility {
    let source = if standard_error.is_some() { "sample" } else { "stated" };
    EstimatedVolatility {
        factor: factor.to_owned(),
        volatility,
        standard_error,
        source: source.to_owned(),
    }
}

fn model() -> MarketModel {
    MarketModel {
        scenario: "desk <b>".to_owned(),
        as_of: "2026-10-01T00:00:00Z".to_owned(),
        process: "student_t".to_owned(),
        window: Some(["2023-10-02T00:00:00Z".to_owned(), "2026-10-01T00:00:00Z".to_owned()]),
        returns: 1_095,
        volatilities: vec![
            volatility("BTC.spot", 0.61, Some(0.02)),
            volatility("BTC.basis", 0.0, None),
            volatility("ETH.spot", 0.83, Some(0.03)),
            volatility("BTC.vol", 0.95, None),
        ],
        parameters: vec![EstimatedParameter {
            name: "degrees of freedom".to_owned(),
            value: 4.2,
            standard_error: Some(0.5),
            observations: 1_095,
        }],
        correlation: vec![
            vec![1.0, 0.0, 0.81, -0.35],
            vec![0.0, 1.0, 0.0, 0.0],
            vec![0.81, 0.0, 1.0, -0.28],
            vec![-0.35, 0.0, -0.28, 1.0],
        ],
        correlation_errors: vec![
            vec![0.0, 0.0, 0.01, 0.03],
            vec![0.0, 0.0, 0.0, 0.0],
            vec![0.01, 0.0, 0.0, 0.03],
            vec![0.03, 0.0, 0.03, 0.0],
        ],
        correlation_source: "sample".to_owned(),
        notes: vec!["BTC.basis held constant".to_owned()],
    }
}

fn json() -> Value {
    serde_json::from_str(&market_model_json(&model()).expect("finite")).expect("JSON")
}

#[test]
fn bars_show_every_factor_that_moves_with_its_interval() {
    let svg = charts::volatilities(&model(), "volatilities").expect("a chart");
    let (marks, json) = (marks(&svg), json());
    let axis = Axis::of(&marks, "tick-x", false);
    let stated = json["volatilities"].as_array().expect("factors");
    let mut bars = series(&marks, "volatility");
    assert_eq!(bars.len(), stated.iter().filter(|one| one["volatility"] != 0.0).count());
    let mut last = f64::INFINITY;
    for bar in &bars {
        let one = stated.iter().find(|one| one["factor"] == bar.text("data-name")).expect("known");
        let value = one["volatility"].as_f64().expect("a number");
        assert_eq!([bar.data("from"), bar.data("to")], [0.0, value]);
        axis.assert_shows(bar.number("x") + bar.number("width"), value);
        assert!(value <= last, "the most volatile first");
        last = value;
    }
    bars.retain(|bar| {
        let one = stated.iter().find(|one| one["factor"] == bar.text("data-name"));
        one.is_some_and(|one| one["standard_error"].is_number())
    });
    let whiskers = series(&marks, "interval");
    assert_eq!(whiskers.len(), bars.len());
    for (whisker, bar) in whiskers.iter().zip(&bars) {
        let one = stated.iter().find(|one| one["factor"] == bar.text("data-name")).expect("known");
        let (value, error) = (one["volatility"].as_f64(), one["standard_error"].as_f64());
        let half = 1.96 * error.expect("an error");
        let ends = [whisker.data("low"), whisker.data("high")];
        for (end, expected) in ends.iter().zip([-half, half].map(|reach| value.unwrap() + reach)) {
            assert!((end - expected).abs() < 1e-12, "{end} {expected}");
        }
        axis.assert_shows(whisker.number("x1"), ends[0]);
        axis.assert_shows(whisker.number("x2"), ends[1]);
    }
}

#[test]
fn cells_show_every_pair_that_moves_fuller_the_stronger() {
    let svg = charts::correlations(&model(), "correlations").expect("a chart");
    let (marks, json) = (marks(&svg), json());
    let factors = json["volatilities"].as_array().expect("factors");
    let at = |name: &str| factors.iter().position(|one| one["factor"] == name).expect("known");
    let cells = series(&marks, "correlation");
    assert_eq!(cells.len(), 3, "pairs of three factors that move");
    let mut shades = Vec::new();
    for cell in &cells {
        let (first, second) = cell.text("data-name").split_once(' ').expect("two names");
        let value = json["correlation"][at(second)][at(first)].as_f64().expect("a number");
        assert_eq!(cell.data("value"), value);
        let class = if value < 0.0 { "heat loss" } else { "heat gain" };
        assert_eq!(cell.text("class"), class);
        shades.push((value.abs(), cell.number("fill-opacity")));
    }
    shades.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(shades.windows(2).all(|pair| pair[0].1 < pair[1].1), "{shades:?}");
}

#[test]
fn a_market_without_moves_has_no_charts() {
    let mut model = model();
    model.volatilities.iter_mut().for_each(|one| one.volatility = 0.0);
    assert!(charts::volatilities(&model, "volatilities").is_none());
    assert!(charts::correlations(&model, "correlations").is_none());
    assert!(market_model_html(&model).expect("a page").contains("nothing moves"));
}

#[test]
fn the_page_tells_estimates_with_intervals_and_escapes_names() {
    let page = market_model_html(&model()).expect("a page");
    assert!(page.contains("desk &lt;b&gt;") && !page.contains("desk <b>"));
    let page = page.replace('\u{a0}', " ");
    for figure in ["83.0 %", "77.1 % to 88.9 %", "4.2000", "3.2200 to 5.1800", "−0.350"] {
        assert!(page.contains(figure), "{figure}");
    }
}
