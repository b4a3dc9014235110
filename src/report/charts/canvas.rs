//! An SVG with a name and a description, and the marks that charts are made of.

use svg::Node;
use svg::node::Text;
use svg::node::element::Element;

use super::scale::Scale;

/// Width of every chart in user units: near a phone's width in points, so that text stays legible.
pub(super) const WIDTH: f64 = 400.0;

/// Width of a character of a tick's label, and least room between two labels.
const TICK_CHARACTER: f64 = 7.0;
const TICK_GAP: f64 = 6.0;

/// A chart being drawn.
pub(super) struct Canvas {
    root: Element,
}

impl Canvas {
    /// An empty chart; `id` must be unique in the page.
    pub(super) fn new(id: &str, height: f64, title: &str, description: &str) -> Self {
        let mut root = Element::new("svg");
        root.assign("xmlns", "http://www.w3.org/2000/svg");
        root.assign("viewBox", format!("0 0 {} {}", number(WIDTH), number(height)));
        root.assign("id", id);
        root.assign("class", "chart");
        root.assign("role", "img");
        root.assign("aria-labelledby", format!("{id}-title {id}-description"));
        root.append(text_element("title", title).id(&format!("{id}-title")).0);
        root.append(text_element("desc", description).id(&format!("{id}-description")).0);
        Self { root }
    }

    /// Puts a mark on top of those before it.
    pub(super) fn add(&mut self, mark: Mark) {
        self.root.append(mark.0);
    }

    /// The chart as text.
    pub(super) fn finish(self) -> String {
        self.root.to_string()
    }

    /// A horizontal axis under a plot: about `ticks` ticks, labels and a rule from grid top to bottom.
    pub(super) fn x_axis(
        &mut self,
        scale: &Scale,
        [top, bottom]: [f64; 2],
        ticks: usize,
        label: &dyn Fn(f64) -> String,
    ) {
        let ticks = scale.ticks(ticks);
        let labels: Vec<String> = ticks.iter().map(|tick| label(*tick).replace('-', "−")).collect();
        let every = labelled_every(scale, &ticks, &labels);
        let zero = ticks.iter().position(|tick| *tick == 0.0).unwrap_or(0);
        for (index, (tick, label)) in ticks.into_iter().zip(&labels).enumerate() {
            let x = scale.at(tick);
            self.add(line("grid", [x, top], [x, bottom]).data("tick-x", tick));
            if index.abs_diff(zero).is_multiple_of(every) {
                self.add(text("tick", [x, bottom + 16.0], label).anchor(Anchor::Middle));
            }
        }
    }

    /// A vertical axis at the left edge `left`: ticks, labels and rules to the right edge.
    pub(super) fn y_axis(
        &mut self,
        scale: &Scale,
        [left, right]: [f64; 2],
        label: &dyn Fn(f64) -> String,
    ) {
        for tick in scale.ticks(4) {
            let y = scale.at(tick);
            self.add(line("grid", [left, y], [right, y]).data("tick-y", tick));
            self.add(
                text("tick", [left - 6.0, y + 4.0], &label(tick).replace('-', "−"))
                    .anchor(Anchor::End),
            );
        }
    }
}

/// Ticks from one label to the next, so that labels stand apart.
fn labelled_every(scale: &Scale, ticks: &[f64], labels: &[String]) -> usize {
    let [first, second, ..] = ticks else { return 1 };
    let apart = (scale.at(*second) - scale.at(*first)).abs().max(1.0);
    let widest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    ((widest as f64 * TICK_CHARACTER + TICK_GAP) / apart).ceil().max(1.0) as usize
}

/// One shape or text.
pub(super) struct Mark(Element);

/// Which end of a text its position is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Mark {
    /// The exact figure behind the mark, as it reads back to the same bits.
    pub(super) fn data(mut self, name: &str, value: f64) -> Self {
        self.0.assign(format!("data-{name}"), value);
        self
    }

    /// The series a mark belongs to.
    pub(super) fn series(mut self, name: &str) -> Self {
        self.0.assign("data-series", name);
        self
    }

    /// The name of what the mark shows.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.0.assign("data-name", name);
        self
    }

    /// How strongly its fill shows, in [0, 1].
    pub(super) fn opacity(mut self, opacity: f64) -> Self {
        self.0.assign("fill-opacity", number(opacity));
        self
    }

    /// A tooltip.
    pub(super) fn tip(mut self, words: &str) -> Self {
        self.0.append(text_element("title", words).0);
        self
    }

    pub(super) fn anchor(mut self, anchor: Anchor) -> Self {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.0.assign("text-anchor", anchor);
        self
    }

    /// Turned to be read upwards, about a position.
    pub(super) fn turned(mut self, [x, y]: [f64; 2]) -> Self {
        self.0.assign("transform", format!("rotate(-90 {} {})", number(x), number(y)));
        self
    }

    fn id(mut self, id: &str) -> Self {
        self.0.assign("id", id);
        self
    }
}

/// A rectangle between two corners, in any order.
pub(super) fn rectangle(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> Mark {
    let mut element = shape("rect", class);
    element.assign("x", number(x1.min(x2)));
    element.assign("y", number(y1.min(y2)));
    element.assign("width", number((x2 - x1).abs()));
    element.assign("height", number((y2 - y1).abs()));
    Mark(element)
}

pub(super) fn line(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> Mark {
    let mut element = shape("line", class);
    for (name, value) in [("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)] {
        element.assign(name, number(value));
    }
    Mark(element)
}

pub(super) fn circle(class: &str, [x, y]: [f64; 2], radius: f64) -> Mark {
    let mut element = shape("circle", class);
    for (name, value) in [("cx", x), ("cy", y), ("r", radius)] {
        element.assign(name, number(value));
    }
    Mark(element)
}

/// A square standing on its corner.
pub(super) fn diamond(class: &str, [x, y]: [f64; 2], radius: f64) -> Mark {
    polygon(class, &[[x, y - radius], [x + radius, y], [x, y + radius], [x - radius, y]])
}

pub(super) fn polygon(class: &str, points: &[[f64; 2]]) -> Mark {
    points_of("polygon", class, points)
}

pub(super) fn polyline(class: &str, points: &[[f64; 2]]) -> Mark {
    points_of("polyline", class, points)
}

fn points_of(tag: &str, class: &str, points: &[[f64; 2]]) -> Mark {
    let mut element = shape(tag, class);
    let points: Vec<String> =
        points.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect();
    element.assign("points", points.join(" "));
    Mark(element)
}

pub(super) fn text(class: &str, [x, y]: [f64; 2], words: &str) -> Mark {
    let mut mark = text_element("text", words);
    mark.0.assign("class", class);
    mark.0.assign("x", number(x));
    mark.0.assign("y", number(y));
    mark
}

fn shape(tag: &str, class: &str) -> Element {
    let mut element = Element::new(tag);
    element.assign("class", class);
    element
}

fn text_element(tag: &str, words: &str) -> Mark {
    let mut element = Element::new(tag);
    element.append(Text::new(words));
    Mark(element)
}

/// A position to a hundredth of a unit.
fn number(position: f64) -> String {
    let text = format!("{position:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
