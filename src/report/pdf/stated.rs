//! Stated paths and grids as pages: what they would cost first, then every table and chart.

use super::caution::caution;
use super::house::House;
use super::pages::{Figure, List, Pages, Part};
use super::parts::{Charts, breakable, of_chart, part};
use super::pictures::{Files, picture};
use crate::outcome::{GridOutcome, HistoricalOutcome, ReplayedThreshold};
use crate::report::charts;
use crate::report::figures::{Figures, instant, percent, prose};
use crate::report::head::Head;
use crate::report::html::filters::{signs, typographic};
use crate::report::html::light_sign;
use crate::report::look::Look;
use crate::report::tables::Section;
use crate::report::{grid, historical};

/// The pages of a stated path whose texts can be set; their pictures go to `files`.
pub(super) fn pages_of_stated(
    outcome: &HistoricalOutcome,
    look: &Look,
    files: &mut Files,
) -> Pages {
    let figures = historical::figures(outcome);
    let told = [
        ("Loss", outcome.loss),
        ("Loss without events", outcome.loss_without_events),
        ("What events add", outcome.difference),
    ];
    let told = told.map(|(name, amount)| figure(name, amount, &outcome.currency, figures));
    let mut drawn = Charts::new();
    let book = charts::book_value(outcome, "chart-book");
    drawn.extend(book.map(|svg| ("Value over the path", picture("book", &svg, files))));
    for (index, svg) in historical::account_charts(outcome).enumerate() {
        drawn.push(("By account", picture(&format!("account-{index}"), &svg, files)));
    }
    let opening = Opening {
        book: &outcome.book.name,
        as_of: &outcome.as_of,
        figures: with_threshold(told, outcome.threshold.as_ref(), &outcome.currency, figures),
        findings: outcome.data_quality.len(),
        house: House::of(look, files),
    };
    let tables = historical::sections(outcome);
    pages(historical::head(outcome), opening, &tables, (figures, drawn))
}

/// The pages of a grid, likewise.
pub(super) fn pages_of_grid(outcome: &GridOutcome, look: &Look, files: &mut Files) -> Pages {
    let figures = grid::figures(outcome);
    let told = [figure("Worst loss that counts", outcome.loss, &outcome.currency, figures)];
    let map = charts::heat_map(outcome, "chart-grid");
    let drawn = vec![("Cells", picture("grid", &map, files))];
    let opening = Opening {
        book: &outcome.book.name,
        as_of: &outcome.as_of,
        figures: with_threshold(told, outcome.threshold.as_ref(), &outcome.currency, figures),
        findings: 0,
        house: House::of(look, files),
    };
    let tables = grid::sections(outcome);
    pages(grid::head(outcome), opening, &tables, (figures, drawn))
}

/// What the first page has beside the answer.
struct Opening<'a> {
    book: &'a str,
    as_of: &'a str,
    figures: Vec<Figure>,
    /// Findings in the data.
    findings: usize,
    house: House,
}

fn pages(
    head: Head<'_>,
    opening: Opening<'_>,
    tables: &[Section],
    (figures, mut charts): (Figures, Charts),
) -> Pages {
    let mut sections: Vec<Part> =
        tables.iter().map(|section| part(section, figures, &mut charts)).collect();
    sections.extend(charts.into_iter().map(|(_, chart)| of_chart(chart)));
    let reasons = head.reasons.iter().map(|one| breakable(&signs(&prose(one))));
    Pages {
        title: format!("{}: what it would cost", head.scenario),
        house: opening.house,
        run: breakable(&format!(
            "{} · book {} · {}",
            head.scenario,
            opening.book,
            instant(opening.as_of)
        )),
        made: format!("{} · plimsoll {}", head.made, head.version),
        question: "What would it cost?",
        headline: signs(&head.headline),
        light: head.light,
        light_words: head.light.to_owned(),
        sign: light_sign(head.light),
        gauge: None,
        figures: opening.figures,
        lists: vec![List { heading: "Why".to_owned(), ordered: false, items: reasons.collect() }],
        caution: caution(head.warnings, opening.findings),
        sections,
    }
}

fn figure(name: &'static str, amount: f64, currency: &str, figures: Figures) -> Figure {
    Figure { name, value: typographic(&figures.money(amount)), note: currency.to_owned() }
}

/// The figures, and the threshold that they are held against.
fn with_threshold(
    told: impl IntoIterator<Item = Figure>,
    threshold: Option<&ReplayedThreshold>,
    currency: &str,
    figures: Figures,
) -> Vec<Figure> {
    let against = threshold.map(|one| Figure {
        note: one.utilisation.map_or(currency.to_owned(), |used| {
            format!("{currency}; {} of it used", percent(used, 1))
        }),
        ..figure("Exposure threshold", one.threshold, currency, figures)
    });
    told.into_iter().chain(against).collect()
}
