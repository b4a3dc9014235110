//! The threshold gauge: utilisation with its interval between the amber and red boundaries.

use super::canvas::{Anchor, Canvas, WIDTH, line, polygon, rectangle, text};
use super::scale::Scale;
use crate::outcome::{Outcome, Threshold};
use crate::report::figures::{level, percent};
use crate::report::verdict::light;

const HEIGHT: f64 = 118.0;
const PLOT_X: [f64; 2] = [10.0, WIDTH - 10.0];
const TRACK_Y: [f64; 2] = [44.0, 72.0];
/// The scale ends here, in multiples of the red boundary, however high the utilisation.
const END_MAX: f64 = 3.0;

/// The chart; `None` without a policy.
pub fn gauge(outcome: &Outcome, id: &str) -> Option<String> {
    let threshold = outcome.threshold.as_ref()?;
    let x = Scale::linear([0.0, scale_end(threshold)], PLOT_X);
    let mut canvas =
        Canvas::new(id, HEIGHT, "Utilisation of the threshold", &description(threshold));
    zones(&mut canvas, threshold, &x);
    if let Some([low, high]) = threshold.utilisation_interval_95 {
        let tip = format!("95 % interval {} to {}", percent(low, 1), percent(high, 1));
        let band =
            rectangle("band gauge", [x.at(low), TRACK_Y[0] - 6.0], [x.at(high), TRACK_Y[1] + 6.0]);
        canvas.add(band.series("interval").data("low", low).data("high", high).tip(&tip));
    }
    needle(&mut canvas, threshold, &x);
    if let Some(plain) = threshold.utilisation_unconditioned {
        let rule = line("mark dashed", [x.at(plain), TRACK_Y[0]], [x.at(plain), TRACK_Y[1]]);
        let tip = format!("utilisation with M = 1: {}", percent(plain, 1));
        canvas.add(rule.series("unconditioned").data("value", plain).tip(&tip));
    }
    Some(canvas.finish())
}

fn scale_end(threshold: &Threshold) -> f64 {
    let red = threshold.boundaries[1].max(f64::MIN_POSITIVE);
    let high = threshold.utilisation_interval_95.map_or(0.0, |[_, high]| high);
    let needed = high.max(threshold.utilisation.unwrap_or(f64::INFINITY)) * 1.05;
    needed.clamp(1.3 * red, END_MAX * red)
}

/// The three lights as tints, each with its word and its lower boundary.
fn zones(canvas: &mut Canvas, threshold: &Threshold, x: &Scale) {
    let [amber, red] = threshold.boundaries;
    let end = scale_end(threshold);
    for (word, from, to) in [("green", 0.0, amber), ("amber", amber, red), ("red", red, end)] {
        let class = format!("zone {word}");
        let zone = rectangle(&class, [x.at(from), TRACK_Y[0]], [x.at(to), TRACK_Y[1]]);
        canvas.add(zone.series("zone").named(word).data("from", from).data("to", to));
        let middle = 0.5 * (x.at(from) + x.at(to));
        canvas.add(text("zone-word", [middle, TRACK_Y[1] + 36.0], word).anchor(Anchor::Middle));
        canvas.add(
            line("grid", [x.at(from), TRACK_Y[0]], [x.at(from), TRACK_Y[1] + 10.0])
                .data("tick-x", from),
        );
        let anchor = if from == 0.0 { Anchor::Start } else { Anchor::Middle };
        canvas.add(text("tick", [x.at(from), TRACK_Y[1] + 22.0], &level(from)).anchor(anchor));
    }
}

/// A pointer at the utilisation; at the end of the scale where it lies beyond or is infinite.
fn needle(canvas: &mut Canvas, threshold: &Threshold, x: &Scale) {
    let at = x.at(threshold.utilisation.unwrap_or(f64::INFINITY));
    let top = TRACK_Y[0] - 8.0;
    let words = utilisation_words(threshold);
    let head = polygon("needle", &[[at - 7.0, top - 9.0], [at + 7.0, top - 9.0], [at, top]]);
    let rule = line("needle", [at, top], [at, TRACK_Y[1] + 4.0]).series("utilisation").tip(&words);
    canvas.add(head);
    canvas.add(match threshold.utilisation {
        Some(utilisation) => rule.data("value", utilisation),
        None => rule,
    });
    let (anchor, x) =
        if at > 0.55 * WIDTH { (Anchor::End, at + 7.0) } else { (Anchor::Start, at - 7.0) };
    canvas.add(text("label strong", [x, top - 15.0], &words).anchor(anchor));
}

fn utilisation_words(threshold: &Threshold) -> String {
    let Some(utilisation) = threshold.utilisation else {
        return "utilisation infinite".to_owned();
    };
    let beyond = utilisation > scale_end(threshold);
    format!(
        "utilisation {}{}",
        percent(utilisation, 1),
        if beyond { ", beyond the scale" } else { "" }
    )
}

fn description(threshold: &Threshold) -> String {
    let [amber, red] = threshold.boundaries;
    let interval = threshold.utilisation_interval_95.map_or(String::new(), |[low, high]| {
        format!(", 95 % interval {} to {}", percent(low, 1), percent(high, 1))
    });
    format!(
        "Status {}: {}{interval}; amber from {}, red from {}.",
        light(threshold.status).to_lowercase(),
        utilisation_words(threshold),
        level(amber),
        level(red)
    )
}
