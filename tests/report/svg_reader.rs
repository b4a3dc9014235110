//! Charts read back: marks with their data, and figures from positions by way of the axes' ticks.

use std::collections::BTreeMap;

use svg::node::element::tag::Type;
use svg::parser::Event;

/// One element of a chart.
#[derive(Debug, Clone)]
pub struct Mark {
    pub tag: String,
    pub attributes: BTreeMap<String, String>,
}

impl Mark {
    pub fn text(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("no {name} on {self:?}"))
    }

    pub fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap()
    }

    /// The exact figure in a `data-` attribute.
    pub fn data(&self, name: &str) -> f64 {
        self.number(&format!("data-{name}"))
    }
}

/// All elements of an SVG, in order.
pub fn marks(svg: &str) -> Vec<Mark> {
    svg::read(svg)
        .unwrap()
        .filter_map(|event| match event {
            Event::Tag(tag, Type::Start | Type::Empty, attributes) => Some(Mark {
                tag: tag.to_owned(),
                attributes: attributes
                    .into_iter()
                    .map(|(name, value)| (name, value.to_string()))
                    .collect(),
            }),
            Event::Error(error) => panic!("{error}"),
            _ => None,
        })
        .collect()
}

/// The marks of one series.
pub fn series(marks: &[Mark], name: &str) -> Vec<Mark> {
    let of = |mark: &&Mark| mark.attributes.get("data-series").is_some_and(|series| series == name);
    marks.iter().filter(of).cloned().collect()
}

/// Reads figures from positions: a straight line through two ticks of an axis.
pub struct Axis {
    origin: [f64; 2],
    per_unit: f64,
    logarithmic: bool,
}

impl Axis {
    /// From the first and last tick of `tick-x` or `tick-y`.
    pub fn of(marks: &[Mark], name: &str, logarithmic: bool) -> Self {
        let position = if name == "tick-x" { "x1" } else { "y1" };
        let data = format!("data-{name}");
        let ticks: Vec<[f64; 2]> = marks
            .iter()
            .filter(|mark| mark.attributes.contains_key(&data))
            .map(|mark| [mark.number(position), mark.number(&data)])
            .map(|[at, value]| [at, if logarithmic { libm::log(value) } else { value }])
            .collect();
        let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
        assert!(first[0] != last[0], "two ticks are needed: {ticks:?}");
        let per_unit = (last[1] - first[1]) / (last[0] - first[0]);
        Self { origin: first, per_unit, logarithmic }
    }

    /// The figure at a position.
    pub fn read(&self, position: f64) -> f64 {
        let value = self.origin[1] + (position - self.origin[0]) * self.per_unit;
        if self.logarithmic { libm::exp(value) } else { value }
    }

    /// How far a figure may be off at positions rounded to a hundredth, at both ends and in
    /// between.
    pub fn tolerance(&self, value: f64) -> f64 {
        let rounding = 0.05 * self.per_unit.abs();
        if self.logarithmic { value * rounding } else { rounding }
    }

    /// Asserts that a position shows a figure.
    pub fn assert_shows(&self, position: f64, value: f64) {
        let read = self.read(position);
        assert!((read - value).abs() <= self.tolerance(value), "shows {read}, is {value}");
    }
}
