//! Histogram of the ranks of realised losses among simulated ones: even where a model is right.

use super::canvas::{Canvas, WIDTH, line, rectangle, text};
use super::scale::Scale;
use crate::outcome::CalibrationHistogram;
use crate::report::figures::number;

const HEIGHT: f64 = 190.0;
const PLOT_X: [f64; 2] = [36.0, WIDTH - 8.0];
const PLOT_Y: [f64; 2] = [26.0, 150.0];

/// One model.
pub fn calibration(model: &str, found: &CalibrationHistogram, id: &str) -> String {
    let most = found.counts.iter().copied().max().unwrap_or(0) as f64;
    let x = Scale::linear([0.0, 1.0], PLOT_X);
    let y = Scale::linear([0.0, most.max(found.band_95[1]).max(1.0)], [PLOT_Y[1], PLOT_Y[0]]);
    let title = format!("Calibration of {model}");
    let outside = found.counts.iter().filter(|count| {
        let count = **count as f64;
        count < found.band_95[0] || count > found.band_95[1]
    });
    let description = format!(
        "{} of {} bins lie outside the 95 % band; chi-square {}, p-value {}.",
        outside.count(),
        found.counts.len(),
        number(found.statistic, 1),
        number(found.p_value, 4)
    );
    let mut canvas = Canvas::new(id, HEIGHT, &title, &description);
    canvas.y_axis(&y, PLOT_X, &|tick| number(tick, 0));
    canvas.add(text(
        "axis",
        [4.0, 14.0],
        &format!("{model}: periods, p = {}", number(found.p_value, 4)),
    ));
    let width = 1.0 / found.counts.len().max(1) as f64;
    for (index, count) in found.counts.iter().enumerate() {
        let (from, to) = (index as f64 * width, (index + 1) as f64 * width);
        let bar = rectangle("bar", [x.at(from), y.at(*count as f64)], [x.at(to), PLOT_Y[1]]);
        let tip =
            format!("{} periods with ranks from {} to {}", count, number(from, 2), number(to, 2));
        canvas.add(bar.series("rank").data("from", from).data("count", *count as f64).tip(&tip));
    }
    for end in found.band_95 {
        canvas.add(line("limit", [PLOT_X[0], y.at(end)], [PLOT_X[1], y.at(end)]).data("band", end));
    }
    canvas.add(text("tick", [PLOT_X[0], HEIGHT - 22.0], "largest gain"));
    canvas.add(
        text("tick", [PLOT_X[1], HEIGHT - 22.0], "largest loss").anchor(super::canvas::Anchor::End),
    );
    canvas.finish()
}
