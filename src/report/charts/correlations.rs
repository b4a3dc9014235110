//! The correlation matrix of an estimated market model: a cell a pair, fuller the stronger.

use super::canvas::{Anchor, Canvas, WIDTH, rectangle, text};
use crate::outcome::MarketModel;
use crate::report::figures::number;
use crate::report::text::shortened_inside;

const LEFT: f64 = 86.0;
const TOP: f64 = 8.0;
const CELL_MAX: f64 = 34.0;
/// The narrowest cell that holds its figure.
const CELL_WITH_FIGURE: f64 = 25.0;
const NAME_LETTERS: usize = 12;
/// Room of the turned names under the cells.
const NAMES: f64 = 96.0;
/// Factors of which no more are drawn: those first in model order.
const FACTORS_MAX: usize = 40;
/// The faintest cell, and the fullest: ink is legible on it.
const OPACITY: [f64; 2] = [0.06, 0.7];

/// The chart; `None` where fewer than two factors move.
pub fn correlations(model: &MarketModel, id: &str) -> Option<String> {
    let all: Vec<usize> = (0..model.volatilities.len())
        .filter(|&at| model.volatilities[at].volatility > 0.0)
        .collect();
    if all.len() < 2 {
        return None;
    }
    let shown = &all[..all.len().min(FACTORS_MAX)];
    let side = ((WIDTH - LEFT - 4.0) / (shown.len() - 1) as f64).min(CELL_MAX);
    let triangle = Triangle { model, shown, side };
    let height = TOP + side * (shown.len() - 1) as f64 + NAMES;
    let description = triangle.description(all.len());
    let mut canvas = Canvas::new(id, height, "Correlations", &description);
    triangle.draw(&mut canvas);
    Some(canvas.finish())
}

/// The lower triangle, without the diagonal.
struct Triangle<'a> {
    model: &'a MarketModel,
    shown: &'a [usize],
    side: f64,
}

impl Triangle<'_> {
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (1..self.shown.len()).flat_map(|row| (0..row).map(move |column| (row, column)))
    }

    fn value(&self, row: usize, column: usize) -> f64 {
        self.model.correlation[self.shown[row]][self.shown[column]]
    }

    fn name(&self, at: usize) -> &str {
        &self.model.volatilities[self.shown[at]].factor
    }

    fn draw(&self, canvas: &mut Canvas) {
        for (row, column) in self.pairs() {
            self.cell(canvas, row, column);
        }
        for row in 1..self.shown.len() {
            let y = TOP + (row as f64 - 0.5) * self.side + 4.0;
            let name = shortened_inside(self.name(row), NAME_LETTERS);
            canvas.add(text("tick", [LEFT - 6.0, y], &name).anchor(Anchor::End));
        }
        for column in 0..self.shown.len() - 1 {
            let x = LEFT + (column as f64 + 0.5) * self.side + 3.0;
            let y = TOP + self.side * (self.shown.len() - 1) as f64 + 8.0;
            let name = shortened_inside(self.name(column), NAME_LETTERS);
            canvas.add(text("tick", [x, y], &name).anchor(Anchor::End).turned([x, y]));
        }
    }

    fn cell(&self, canvas: &mut Canvas, row: usize, column: usize) {
        let value = self.value(row, column);
        let corner = [LEFT + column as f64 * self.side, TOP + (row - 1) as f64 * self.side];
        let far = corner.map(|at| at + self.side);
        let class = if value < 0.0 { "heat loss" } else { "heat gain" };
        let opacity = OPACITY[0] + value.abs().min(1.0) * (OPACITY[1] - OPACITY[0]);
        let mark = rectangle(class, corner, far).series("correlation").opacity(opacity);
        let mark = mark.named(&format!("{} {}", self.name(column), self.name(row)));
        canvas.add(mark.data("value", value).tip(&self.tip(row, column)));
        if self.side >= CELL_WITH_FIGURE {
            let middle = [corner[0] + self.side / 2.0, corner[1] + self.side / 2.0 + 4.0];
            let figure = number(value, 2).replace('-', "−");
            canvas.add(text("cell", middle, &figure).anchor(Anchor::Middle));
        }
    }

    fn tip(&self, row: usize, column: usize) -> String {
        let errors = &self.model.correlation_errors;
        let error = errors.get(self.shown[row]).and_then(|row| row.get(self.shown[column]));
        let error = error.map_or(String::new(), |error| format!(" ± {}", number(*error, 3)));
        let value = number(self.value(row, column), 3).replace('-', "−");
        format!("{} and {}: {value}{error}", self.name(column), self.name(row))
    }

    fn description(&self, all: usize) -> String {
        let by_value = |a: &(usize, usize), b: &(usize, usize)| {
            self.value(a.0, a.1).total_cmp(&self.value(b.0, b.1))
        };
        let told = |pair: Option<(usize, usize)>| {
            pair.map_or(String::new(), |(row, column)| self.tip(row, column))
        };
        let cut = match self.shown.len() < all {
            true => format!(" The first {} of {all} factors.", self.shown.len()),
            false => String::new(),
        };
        format!(
            "Pairs of {} factors that move.{cut} Highest: {}. Lowest: {}.",
            self.shown.len(),
            told(self.pairs().max_by(by_value)),
            told(self.pairs().min_by(by_value))
        )
    }
}
