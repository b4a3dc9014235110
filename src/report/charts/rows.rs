//! Horizontal bars, one a row: a name on the left, a bar, its figure on the right.

use super::canvas::{Anchor, Canvas, Mark, WIDTH, line, rectangle, text};
use super::scale::Scale;
use crate::report::text::shortened_inside;

const ROW_HEIGHT: f64 = 24.0;
const BAR_HEIGHT: f64 = 14.0;
const NAME_LETTERS: usize = 24;
const BAR_X: [f64; 2] = [172.0, WIDTH - 76.0];
/// Fewer than a plain chart: names and figures leave the bars half of the width.
const TICKS: usize = 4;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 40.0;

/// Rows being drawn from the top.
pub(super) struct Rows {
    pub(super) canvas: Canvas,
    x: Scale,
    y: f64,
}

/// One bar, in figures.
pub(super) struct Bar<'a> {
    pub(super) name: &'a str,
    pub(super) class: &'a str,
    pub(super) series: &'a str,
    pub(super) from: f64,
    pub(super) to: f64,
    /// What is written on the right.
    pub(super) figure: String,
    pub(super) tip: String,
}

/// Height of a chart of so many rows.
pub(super) fn height(rows: usize) -> f64 {
    TOP + rows as f64 * ROW_HEIGHT + BOTTOM
}

impl Rows {
    /// Draws the axis over `extent`, zero included, for `count` rows.
    pub(super) fn new(
        mut canvas: Canvas,
        extent: [f64; 2],
        count: usize,
        axis: &str,
        label: &dyn Fn(f64) -> String,
    ) -> Self {
        let x = Scale::linear([extent[0].min(0.0), extent[1].max(0.0)], BAR_X);
        let bottom = TOP + count as f64 * ROW_HEIGHT;
        canvas.x_axis(&x, [TOP, bottom], TICKS, label);
        canvas.add(line("zero", [x.at(0.0), TOP], [x.at(0.0), bottom]));
        canvas.add(text("axis", [WIDTH - 4.0, bottom + 34.0], axis).anchor(Anchor::End));
        Self { canvas, x, y: TOP }
    }

    /// Adds a row with its bar.
    pub(super) fn bar(&mut self, bar: &Bar<'_>) {
        let middle = self.y + ROW_HEIGHT / 2.0;
        let name =
            text("name", [BAR_X[0] - 8.0, middle + 4.5], &shortened_inside(bar.name, NAME_LETTERS));
        self.canvas.add(name.anchor(Anchor::End));
        let (top, bottom) = (middle - BAR_HEIGHT / 2.0, middle + BAR_HEIGHT / 2.0);
        let mark = rectangle(bar.class, [self.x.at(bar.from), top], [self.x.at(bar.to), bottom]);
        let mark = mark.series(bar.series).named(bar.name);
        self.canvas.add(mark.data("from", bar.from).data("to", bar.to).tip(&bar.tip));
        let figure = text("figure", [WIDTH - 4.0, middle + 4.5], &bar.figure);
        self.canvas.add(figure.anchor(Anchor::End));
        self.y += ROW_HEIGHT;
    }

    /// Adds an interval over the bar of the row just drawn.
    pub(super) fn whisker(&mut self, [low, high]: [f64; 2]) {
        let middle = self.y - ROW_HEIGHT / 2.0;
        let whisker = line("whisker", [self.x.at(low), middle], [self.x.at(high), middle]);
        self.canvas.add(whisker.series("interval").data("low", low).data("high", high));
    }

    /// Adds a rule at a figure over all rows drawn.
    pub(super) fn rule(&self, class: &str, value: f64) -> Mark {
        let x = self.x.at(value);
        line(class, [x, TOP], [x, self.y])
    }
}
