//! Charts of a policy calibration read back from their SVG and compared with its `result.json`.

use plimsoll::report::{charts, policy_calibration_json};
use serde_json::Value;

use super::policy_sample::policy_calibration;
use super::svg_reader::{Axis, marks, series};

fn json() -> Value {
    let text = policy_calibration_json(&policy_calibration()).expect("finite");
    serde_json::from_str(&text).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// Where a circle or a diamond stands: a diamond's outline is as wide to both sides.
fn place(mark: &super::svg_reader::Mark) -> [f64; 2] {
    if mark.attributes.contains_key("cx") {
        return [mark.number("cx"), mark.number("cy")];
    }
    let points: Vec<[f64; 2]> = mark
        .text("points")
        .split(' ')
        .map(|pair| pair.split_once(',').expect("x,y"))
        .map(|(x, y)| [x.parse().expect("x"), y.parse().expect("y")])
        .collect();
    [0, 1].map(|axis| points.iter().map(|at| at[axis]).sum::<f64>() / points.len() as f64)
}

#[test]
fn the_front_shows_every_candidate_where_it_was_trained() {
    let svg = charts::policy_front(&policy_calibration(), "front").expect("a chart");
    let (marks, json) = (marks(&svg), json());
    let (x, y) = (Axis::of(&marks, "tick-x", false), Axis::of(&marks, "tick-y", false));
    let candidates = json["candidates"].as_array().expect("candidates");
    let recommended = json["recommended"].as_u64().expect("an index") as usize;
    let mut shown = 0;
    for name in ["base", "front", "dominated"] {
        for mark in series(&marks, name) {
            let index = mark.data("id") as usize;
            let one = &candidates[index];
            let expected = match (index == recommended, one["on_front"].as_bool()) {
                (true, _) => "base",
                (false, Some(true)) => "front",
                _ => "dominated",
            };
            assert_eq!(name, expected, "candidate {index}");
            let trained = &one["trained"];
            let carried = number(&trained["exposure_carried"]);
            let missed = number(&trained["missed_loss"]);
            assert_eq!([mark.data("x"), mark.data("y")], [carried, missed]);
            let [across, up] = place(&mark);
            x.assert_shows(across, carried);
            y.assert_shows(up, missed);
            shown += 1;
        }
    }
    assert_eq!(shown, candidates.len());
}

#[test]
fn the_sensitivity_shows_every_value_trained_and_tested() {
    let calibration = policy_calibration();
    let one = &calibration.sensitivity[0];
    let svg = charts::policy_sensitivity(&calibration, one, "sensitivity").expect("a chart");
    let (marks, json) = (marks(&svg), json());
    let (x, y) = (Axis::of(&marks, "tick-x", false), Axis::of(&marks, "tick-y", false));
    let points = json["sensitivity"][0]["points"].as_array().expect("points");
    for name in ["trained", "tested"] {
        let found = series(&marks, name);
        assert_eq!(found.len(), points.len());
        for (mark, point) in found.iter().zip(points) {
            let expected = [number(&point["value"]), number(&point[name]["missed_loss"])];
            assert_eq!([mark.data("x"), mark.data("y")], expected);
            x.assert_shows(mark.number("cx"), expected[0]);
            y.assert_shows(mark.number("cy"), expected[1]);
        }
    }
}

#[test]
fn the_history_shows_every_date_and_marks_losses_beyond_the_tolerance() {
    let svg = charts::policy_history(&policy_calibration(), "history").expect("a chart");
    let (marks, json) = (marks(&svg), json());
    let (x, y) = (Axis::of(&marks, "tick-x", false), Axis::of(&marks, "tick-y", false));
    let of = |mark: &&super::svg_reader::Mark| mark.attributes.contains_key("data-threshold");
    let shown: Vec<_> = marks.iter().filter(of).collect();
    let path = json["path"].as_array().expect("dates");
    assert_eq!(shown.len(), path.len());
    for (index, (mark, date)) in shown.iter().zip(path).enumerate() {
        let (loss, threshold) = (number(&date["loss"]), number(&date["threshold"]));
        assert_eq!([mark.data("loss"), mark.data("threshold")], [loss, threshold]);
        let expected = if loss > number(&json["tolerance"]) { "missed" } else { "loss" };
        assert_eq!(mark.text("data-series"), expected);
        x.assert_shows(mark.number("cx"), index as f64);
        y.assert_shows(mark.number("cy"), loss);
    }
    assert!(!series(&marks, "missed").is_empty(), "the sample has losses beyond it");
}
