//! The outcome as plain tables: what a workbook and a Markdown note are made of, so that both say the
//! same.

mod answer;
mod backtest;
mod contributions;
mod explained;
mod grid;
mod losses;
mod margin;
mod model;
mod overrides;
mod since;
mod stated;
mod threshold;
mod trend;

pub(super) use grid::sections_of_grid;
pub(super) use stated::sections_of_stated;

use super::beside::Beside;
use super::verdict::Verdict;
use crate::outcome::Outcome;

/// A value of a table, with what it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Text, as readers may see it.
    Text(String),
    /// An amount in the reporting currency.
    Money(f64),
    /// A decimal share, shown as a percentage.
    Share(f64),
    /// A plain number.
    Number(f64),
    /// A count or an id, exact.
    Count(u64),
    /// An instant, UTC, RFC 3339.
    Instant(String),
    /// No value.
    Nothing,
}

impl Cell {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn money(amount: Option<f64>) -> Self {
        amount.map_or(Self::Nothing, Self::Money)
    }

    fn share(share: Option<f64>) -> Self {
        share.map_or(Self::Nothing, Self::Share)
    }
}

/// A chart of a table: values of one column, or of several, by the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// How.
    pub kind: ChartKind,
    /// Column of the names or of the x axis.
    pub by: usize,
    /// Column of the values.
    pub of: usize,
}

/// Kinds of chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChartKind {
    /// Upright bars.
    Columns,
    /// Lying bars, for names.
    Bars,
    /// A line over numbers.
    Line,
}

/// A table under a heading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    /// Heading, at most 31 letters.
    pub title: &'static str,
    /// What a reader must know to read it: units, sign, estimator.
    pub note: String,
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<Cell>>,
    /// Charts of it.
    pub charts: Vec<Chart>,
}

impl Section {
    fn new(title: &'static str, note: String, columns: &[&'static str]) -> Self {
        Self { title, note, columns: columns.to_vec(), rows: vec![], charts: vec![] }
    }

    fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    fn chart(mut self, title: &'static str, kind: ChartKind, by: usize, of: usize) -> Self {
        self.charts.push(Chart { title, kind, by, of });
        self
    }
}

/// All tables of an outcome whose texts are readable; those with nothing in them are left out.
/// What is told `beside` it follows the summary.
pub(super) fn sections(outcome: &Outcome, verdict: &Verdict, beside: &Beside) -> Vec<Section> {
    let threshold = outcome.threshold.as_ref();
    let of_threshold = threshold.map_or_else(Vec::new, |one| threshold::sections(one, outcome));
    let all = [
        vec![answer::summary(outcome, verdict)],
        beside.earlier.iter().map(|earlier| since::since(earlier, outcome)).collect(),
        explained::explained(&beside.explained),
        beside
            .history
            .iter()
            .flat_map(|one| [overrides::overrides(one), trend::trend(one)])
            .collect(),
        vec![losses::measures(outcome)],
        of_threshold,
        vec![
            contributions::contributions(outcome),
            contributions::greeks(outcome),
            contributions::profile(outcome),
            margin::accounts(outcome),
            margin::prices(outcome),
            margin::liquidations(outcome),
            losses::distribution(outcome),
            losses::worst_paths(outcome),
            model::factors(outcome),
            model::correlation(outcome),
            model::assumptions(outcome),
            model::errors(outcome),
            model::data_quality(outcome),
        ],
        beside.backtest.iter().flat_map(|one| backtest::sections(one)).collect(),
        vec![model::inputs(beside)],
    ];
    all.into_iter().flatten().filter(|section| !section.rows.is_empty()).collect()
}
