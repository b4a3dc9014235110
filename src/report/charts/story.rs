//! A path told: one figure of several coins or accounts over its nodes, what happened marked below.

use super::canvas::{Canvas, WIDTH, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{PathStory, StoryNode};
use crate::report::figures::{compact, duration, number, percent};
use crate::report::text::shortened_inside;
use crate::units::DAYS_PER_YEAR;

const HEIGHT: f64 = 240.0;
const PLOT_X: [f64; 2] = [52.0, WIDTH - 10.0];
const PLOT_Y: [f64; 2] = [58.0, 196.0];
const CLASSES: [&str; 4] = ["first", "second", "third", "fourth"];
/// Letters of a name in the legend.
const LETTERS: usize = 18;
/// Ratios are drawn up to here; what is further from its margin is safe.
const RATIO_MAX: f64 = 5.0;

/// What of a story is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoryOf {
    /// Prices over today's.
    Prices,
    /// Values of accounts.
    Values,
    /// Equity over maintenance margin.
    MarginRatios,
}

impl StoryOf {
    fn title(self, currency: &str) -> String {
        match self {
            Self::Prices => "prices, change from today".to_owned(),
            Self::Values => format!("values of accounts, {currency}"),
            Self::MarginRatios => "equity over maintenance margin, up to 5".to_owned(),
        }
    }

    fn names(self, story: &PathStory) -> &[String] {
        match self {
            Self::Prices => &story.coins,
            Self::Values | Self::MarginRatios => &story.accounts,
        }
    }

    fn value(self, node: &StoryNode, index: usize) -> Option<f64> {
        match self {
            Self::Prices => node.prices.get(index).map(|price| price - 1.0),
            Self::Values => node.values.get(index).copied(),
            Self::MarginRatios => node.margin_ratios.get(index).copied().flatten(),
        }
    }

    fn shown(self, value: f64) -> String {
        match self {
            Self::Prices => percent(value, 1),
            Self::Values => number(value, 0),
            Self::MarginRatios => number(value, 2),
        }
    }

    fn label(self, value: f64) -> String {
        match self {
            Self::Prices => percent(value, 0),
            Self::Values => compact(value),
            Self::MarginRatios => number(value, 1),
        }
    }
}

/// The chart; `None` where nothing of it is known at two nodes.
pub fn story(story: &PathStory, of: StoryOf, currency: &str, id: &str) -> Option<String> {
    let names = of.names(story);
    let curves: Vec<(usize, Vec<(f64, f64)>)> = (0..names.len())
        .map(|index| (index, known(story, of, index)))
        .filter(|(_, curve)| curve.len() > 1)
        .collect();
    let values = curves.iter().flat_map(|(_, curve)| curve.iter().map(|(_, value)| *value));
    let start = [f64::INFINITY, f64::NEG_INFINITY];
    let [low, high] = values.fold(start, |[low, high], one| [low.min(one), high.max(one)]);
    if low > high {
        return None;
    }
    let range = match of {
        StoryOf::MarginRatios => [low.min(0.9), high.clamp(1.1, RATIO_MAX)],
        StoryOf::Prices | StoryOf::Values => [low, high],
    };
    let hours = |node: &StoryNode| node.time_years * DAYS_PER_YEAR * 24.0;
    let end = story.nodes.last().map_or(0.0, hours);
    let x = Scale::linear([0.0, end], PLOT_X);
    let y = Scale::linear(range, [PLOT_Y[1], PLOT_Y[0]]);
    let title = of.title(currency);
    let mut canvas = Canvas::new(id, HEIGHT, &title, &description(names, &curves, of));
    canvas.x_axis(&x, PLOT_Y, 6, &|hour| number(hour, 0));
    canvas.y_axis(&y, PLOT_X, &|value| of.label(value));
    canvas.add(text("label", [4.0, 14.0], &title));
    if of == StoryOf::MarginRatios {
        canvas
            .add(line("limit", [PLOT_X[0], y.at(1.0)], [PLOT_X[1], y.at(1.0)]).data("limit", 1.0));
    }
    for (place, (index, curve)) in curves.iter().enumerate() {
        let class = CLASSES[place % CLASSES.len()];
        legend(&mut canvas, place, class, &names[*index]);
        let points: Vec<[f64; 2]> =
            curve.iter().map(|(hour, value)| [x.at(*hour), y.at(*value)]).collect();
        canvas.add(polyline(&format!("story {class}"), &points));
        for ((hour, value), at) in curve.iter().zip(&points) {
            let when = duration(hour / (DAYS_PER_YEAR * 24.0));
            let tip = format!("{}, after {when}: {}", names[*index], of.shown(*value));
            let mark = circle("hit", *at, 3.5).series("story").named(&names[*index]);
            canvas.add(mark.data("hours", *hour).data("value", *value).tip(&tip));
        }
    }
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 8.0], "hours from today"));
    Some(canvas.finish())
}

/// Hours and values where there is one.
fn known(story: &PathStory, of: StoryOf, index: usize) -> Vec<(f64, f64)> {
    let hours = |node: &StoryNode| node.time_years * DAYS_PER_YEAR * 24.0;
    story.nodes.iter().filter_map(|node| Some((hours(node), of.value(node, index)?))).collect()
}

/// Two names a line.
fn legend(canvas: &mut Canvas, place: usize, class: &str, name: &str) {
    let left = PLOT_X[0] + 174.0 * (place % 2) as f64;
    let top = 28.0 + 16.0 * (place / 2) as f64;
    canvas.add(line(&format!("story {class}"), [left, top], [left + 22.0, top]));
    canvas.add(text("tick", [left + 27.0, top + 4.0], &shortened_inside(name, LETTERS)));
}

fn description(names: &[String], curves: &[(usize, Vec<(f64, f64)>)], of: StoryOf) -> String {
    let told = curves.iter().filter_map(|(index, curve)| {
        let (first, last) = (curve.first()?, curve.last()?);
        let lowest = curve.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
        Some(format!(
            "{} from {} to {}, lowest {}",
            names[*index],
            of.shown(first.1),
            of.shown(last.1),
            of.shown(lowest)
        ))
    });
    format!("{}.", told.collect::<Vec<_>>().join("; "))
}
