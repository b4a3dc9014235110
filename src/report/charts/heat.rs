//! A heat map: profit and loss at every pair of a spot and a volatility move.

use super::canvas::{Anchor, Canvas, WIDTH, rectangle, text};
use crate::outcome::{GridCell, GridOutcome};
use crate::report::figures::{Figures, number, percent, signed};
use crate::report::grid::{axis, unit};

const LEFT: f64 = 62.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 40.0;
const ROW_HEIGHT: [f64; 2] = [16.0, 40.0];
/// Height that rows share.
const ROWS_HEIGHT: f64 = 240.0;
/// Width of a character of a cell's figure; cells too narrow for the longest hold none.
const CHARACTER: f64 = 6.5;
/// Room that a label of the spot axis takes.
const LABEL_WIDTH: f64 = 44.0;
/// The faintest cell, and the fullest: ink is legible on it.
const OPACITY: [f64; 2] = [0.06, 0.7];

/// The chart. Cells of which a share counts show what counts.
pub fn heat_map(outcome: &GridOutcome, id: &str) -> String {
    let map = Map::of(outcome);
    let height = TOP + map.volatilities.len() as f64 * map.row_height + BOTTOM;
    let mut canvas = Canvas::new(id, height, "Profit and loss by move", &description(outcome));
    let title = format!("volatility move; profit and loss{}, {}", map.unit.1, outcome.currency);
    canvas.add(text("axis", [4.0, 13.0], &title));
    for (index, cell) in outcome.cells.iter().enumerate() {
        map.draw(&mut canvas, cell, index == outcome.worst);
    }
    if map.holds_figures() {
        outcome.cells.iter().for_each(|cell| map.write(&mut canvas, cell));
    }
    map.labels(&mut canvas);
    canvas.add(text("axis", [WIDTH - 4.0, height - 6.0], "spot move").anchor(Anchor::End));
    canvas.finish()
}

struct Map<'a> {
    outcome: &'a GridOutcome,
    figures: Figures,
    /// What figures of cells are divided by, and its words.
    unit: (f64, &'static str),
    spots: Vec<f64>,
    volatilities: Vec<f64>,
    column_width: f64,
    row_height: f64,
    largest: f64,
}

impl<'a> Map<'a> {
    fn of(outcome: &'a GridOutcome) -> Self {
        let spots = axis(outcome.cells.iter().map(|cell| cell.spot));
        let volatilities = axis(outcome.cells.iter().map(|cell| cell.volatility));
        let largest = outcome.cells.iter().fold(0.0, |most: f64, one| most.max(one.counted.abs()));
        let row_height = ROWS_HEIGHT / volatilities.len() as f64;
        Self {
            outcome,
            figures: Figures::up_to(largest),
            unit: unit(outcome),
            column_width: (WIDTH - LEFT - 4.0) / spots.len() as f64,
            row_height: row_height.clamp(ROW_HEIGHT[0], ROW_HEIGHT[1]),
            spots,
            volatilities,
            largest,
        }
    }

    fn column(&self, spot: f64) -> f64 {
        let index = self.spots.iter().position(|one| *one == spot).unwrap_or(0);
        LEFT + index as f64 * self.column_width
    }

    /// Top of a row; higher volatilities stand higher.
    fn row(&self, volatility: f64) -> f64 {
        let index = self.volatilities.iter().rev().position(|one| *one == volatility);
        TOP + index.unwrap_or(0) as f64 * self.row_height
    }

    fn draw(&self, canvas: &mut Canvas, cell: &GridCell, is_worst: bool) {
        let (left, top) = (self.column(cell.spot), self.row(cell.volatility));
        let corners = [[left, top], [left + self.column_width, top + self.row_height]];
        let class = if cell.counted > 0.0 { "heat loss" } else { "heat gain" };
        let share = if self.largest > 0.0 { cell.counted.abs() / self.largest } else { 0.0 };
        let opacity = OPACITY[0] + share * (OPACITY[1] - OPACITY[0]);
        let tip = format!(
            "spot {}, volatility {}: {} {}",
            signed(percent(cell.spot, 1)),
            signed(percent(cell.volatility, 1)),
            self.outcome.currency,
            self.figures.change(0.0 - cell.counted)
        );
        let mark = rectangle(class, corners[0], corners[1]).series("grid").opacity(opacity);
        let mark = mark.data("spot", cell.spot).data("volatility", cell.volatility);
        canvas.add(mark.data("loss", cell.loss).data("counted", cell.counted).tip(&tip));
        if is_worst {
            canvas.add(rectangle("heat-worst", corners[0], corners[1]).series("worst"));
        }
    }

    fn write(&self, canvas: &mut Canvas, cell: &GridCell) {
        let (left, top) = (self.column(cell.spot), self.row(cell.volatility));
        let middle = [left + self.column_width / 2.0, top + self.row_height / 2.0 + 4.0];
        canvas.add(text("cell", middle, &self.figure(cell)).anchor(Anchor::Middle));
    }

    /// Profit and loss of a cell in the chart's unit.
    fn figure(&self, cell: &GridCell) -> String {
        number((0.0 - cell.counted) / self.unit.0, 0).replace('-', "−")
    }

    fn holds_figures(&self) -> bool {
        let lengths = self.outcome.cells.iter().map(|cell| self.figure(cell).chars().count());
        (lengths.max().unwrap_or(0) + 1) as f64 * CHARACTER <= self.column_width
    }

    fn labels(&self, canvas: &mut Canvas) {
        let every = (LABEL_WIDTH / self.column_width).ceil().max(1.0) as usize;
        let bottom = TOP + self.volatilities.len() as f64 * self.row_height;
        for (index, spot) in self.spots.iter().enumerate().filter(|one| one.0 % every == 0) {
            let x = LEFT + (index as f64 + 0.5) * self.column_width;
            let label = signed(percent(*spot, 0)).replace('-', "−");
            canvas.add(text("tick", [x, bottom + 16.0], &label).anchor(Anchor::Middle));
        }
        for volatility in &self.volatilities {
            let y = self.row(*volatility) + self.row_height / 2.0 + 4.0;
            let label = signed(percent(*volatility, 0)).replace('-', "−");
            canvas.add(text("tick", [LEFT - 6.0, y], &label).anchor(Anchor::End));
        }
    }
}

fn description(outcome: &GridOutcome) -> String {
    let worst = &outcome.cells[outcome.worst];
    let largest = outcome.cells.iter().fold(0.0, |most: f64, one| most.max(one.counted.abs()));
    format!(
        "Profit and loss at {} pairs of moves. The worst is {} {} at spot {} and volatility {}.",
        outcome.cells.len(),
        outcome.currency,
        Figures::up_to(largest).change(0.0 - worst.counted),
        signed(percent(worst.spot, 1)),
        signed(percent(worst.volatility, 1))
    )
}
