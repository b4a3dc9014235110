//! Every chart, as SVG to stand inside a page: the one place where figures become shapes.
//!
//! A chart reads the outcome alone. It names itself for people who do not see it (`role="img"`
//! with a title and a description that holds the main figures), each mark has a tooltip, and
//! carries the exact figure it shows in `data-` attributes, so that a test can read the chart back.
//! No colour is written here: marks have classes, and `style.css` gives them the page's variables,
//! which follow light and dark.
//!
//! Why the plain writer `svg` 0.18 and no plotting crate: plotters' SVG backend puts marks on whole
//! pixels and writes fixed colours, no titles, classes or roles; kuva 0.6 looks good and takes CSS
//! colours, but bins its own histograms, gives titles to points alone, writes neither roles nor
//! descriptions, and has no gauge. Both would need their output rewritten. `svg` has no
//! dependencies and escapes text and attributes; layout is ours, a page of code a chart.

mod along_dates;
mod at_risk;
mod canvas;
mod contributions;
mod correlations;
mod distribution;
mod exceptions;
mod explained;
mod front;
mod gauge;
mod greeks;
mod heat;
mod hedging;
mod ladder;
mod policies;
mod policy_trend;
#[cfg(feature = "pdf")]
mod print;
mod replay;
mod rows;
mod scale;
mod story;
mod tail;
mod thresholds;
mod trend;
mod uniformity;
mod volatilities;
mod waterfall;

pub use at_risk::at_risk;
pub use contributions::contributions;
pub use correlations::correlations;
pub use distribution::distribution;
pub use exceptions::exceptions;
pub use explained::explained;
pub use front::front;
pub use gauge::gauge;
pub use greeks::greeks;
pub use heat::heat_map;
pub use hedging::hedging;
pub use ladder::ladder;
pub(super) use ladder::{name_of, told};
pub use policies::{policy_front, policy_history, policy_sensitivity};
pub use policy_trend::policy_trend;
#[cfg(feature = "pdf")]
pub(super) use print::for_print;
pub use replay::{account_value, book_value};
pub use story::{StoryOf, story};
pub use tail::tail;
pub use thresholds::thresholds;
pub use trend::trend;
pub use uniformity::calibration;
pub use volatilities::volatilities;
pub use waterfall::waterfall;

use crate::outcome::{Outcome, WorstPath};

/// Every chart of an outcome by name; `None` where the outcome has nothing for it.
pub(super) fn of_outcome(
    outcome: &Outcome,
) -> impl Iterator<Item = (&'static str, Option<String>)> + '_ {
    type Chart = fn(&Outcome, &str) -> Option<String>;
    let charts: [(&str, Chart); 9] = [
        ("gauge", gauge),
        ("waterfall", waterfall),
        ("distribution", distribution),
        ("tail", tail),
        ("contributions", contributions),
        ("greeks", greeks),
        ("ladder", ladder),
        ("at-risk", at_risk),
        ("hedging", hedging),
    ];
    charts.into_iter().map(|(name, draw)| (name, draw(outcome, &format!("chart-{name}"))))
}

/// The charts of each worst path, in their order; none of a path that is not told node by node.
pub(super) fn stories(outcome: &Outcome) -> Vec<Vec<String>> {
    let charts = |(index, path): (usize, &WorstPath)| {
        let Some(told) = &path.story else { return vec![] };
        let kinds = [
            ("prices", StoryOf::Prices),
            ("margin", StoryOf::MarginRatios),
            ("values", StoryOf::Values),
        ];
        let draw =
            |(name, of)| story(told, of, &outcome.currency, &format!("chart-story-{index}-{name}"));
        kinds.into_iter().filter_map(draw).collect()
    };
    outcome.worst_paths.iter().enumerate().map(charts).collect()
}

/// Classes of the marks in terms of the page's variables.
pub const STYLE: &str = include_str!("style.css");
