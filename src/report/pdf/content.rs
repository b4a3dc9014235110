//! An outcome as pages: the answer first, then every table and every chart.

use std::collections::BTreeMap;

use super::caution::caution;
use super::house::House;
use super::pages::{Figure, List, Pages, Part};
use super::parts::{Charts, breakable, of_chart, part};
use super::pictures::{Files, picture};
use crate::outcome::{Outcome, Threshold, WorstPath};
use crate::report::beside::Beside;
use crate::report::charts;
use crate::report::figures::{
    Figures, count, duration, instant, level, number, percent, prose, signed,
};
use crate::report::html::filters::{signs, typographic};
use crate::report::html::light_sign;
use crate::report::look::Look;
use crate::report::ranking::contributors;
use crate::report::tables::sections;
use crate::report::verdict::{Verdict, verdict};

/// Charts of the very worst path.
const STORY: [&str; 3] = ["story-1", "story-2", "story-3"];
/// Which table a chart stands above; one of none has a heading of its own.
const ABOVE: [(&str, &str); 12] = [
    ("trend", "Run after run"),
    ("policy", "Run after run"),
    (STORY[0], "Worst paths"),
    (STORY[1], "Worst paths"),
    (STORY[2], "Worst paths"),
    ("waterfall", "Potential loss"),
    ("tail", "VaR and ES"),
    ("contributions", "Contributions"),
    ("greeks", "Delta-gamma profile"),
    ("ladder", "Liquidation prices"),
    ("at-risk", "Liquidations"),
    ("distribution", "Loss distribution"),
];

/// The pages of an outcome whose texts can be set; their pictures go to `files`.
pub(super) fn pages(outcome: &Outcome, beside: &Beside, look: &Look, files: &mut Files) -> Pages {
    let verdict = verdict(outcome);
    let figures = Figures::of(outcome);
    let gauge = charts::gauge(outcome, "chart-gauge").map(|svg| picture("gauge", &svg, files));
    let mut charts = drawn(outcome, beside, files);
    let tables = sections(outcome, &verdict, beside);
    let mut parts: Vec<Part> =
        tables.iter().map(|section| part(section, figures, &mut charts)).collect();
    let model = parts.iter().position(|part| part.title == "Factors").unwrap_or(parts.len());
    parts.splice(model..model, charts.into_iter().map(|(_, chart)| of_chart(chart)));
    let indistinct = outcome.threshold.as_ref().is_some_and(|threshold| threshold.indistinct);
    Pages {
        title: format!("{}: exposure threshold", outcome.scenario),
        house: House::of(look, files),
        run: breakable(&format!(
            "{} · book {} · {}",
            outcome.scenario,
            outcome.book.name,
            instant(&outcome.as_of)
        )),
        made: made(outcome),
        question: "May we carry this book?",
        headline: signs(&verdict.headline),
        light: verdict.light,
        light_words: format!("{}{}", verdict.light, if indistinct { " · indistinct" } else { "" }),
        sign: light_sign(verdict.light),
        gauge,
        figures: outcome.threshold.iter().flat_map(|one| told(one, outcome, figures)).collect(),
        lists: lists(outcome, &verdict, figures),
        caution: caution(&outcome.warnings, outcome.data_quality.len()),
        sections: parts,
    }
}

/// How the figures came about.
fn made(outcome: &Outcome) -> String {
    format!(
        "{} · seed {} · horizon {} · plimsoll {}",
        count(usize::try_from(outcome.paths).unwrap_or(usize::MAX), "path"),
        outcome.seed,
        duration(outcome.horizon_years),
        outcome.plimsoll_version
    )
}

/// Every chart but the gauge.
fn drawn(outcome: &Outcome, beside: &Beside, files: &mut Files) -> Charts {
    let mut named: BTreeMap<&str, String> = charts::of_outcome(outcome)
        .filter(|(name, _)| *name != "gauge")
        .filter_map(|(name, svg)| Some((name, svg?)))
        .collect();
    if let Some(runs) = &beside.history {
        named.extend(charts::trend(runs, "chart-trend").map(|svg| ("trend", svg)));
        named.extend(charts::policy_trend(runs, "chart-policy").map(|svg| ("policy", svg)));
    }
    let worst = charts::stories(outcome).into_iter().next().unwrap_or_default();
    named.extend(STORY.into_iter().zip(worst));
    let mut charts = Charts::new();
    for (name, title) in ABOVE {
        charts.extend(named.remove(name).map(|svg| (title, picture(name, &svg, files))));
    }
    charts.extend(named.into_iter().map(|(name, svg)| ("", picture(name, &svg, files))));
    charts
}

/// The four figures under the answer.
fn told(threshold: &Threshold, outcome: &Outcome, figures: Figures) -> [Figure; 4] {
    let currency = &outcome.currency;
    let figure =
        |name, value: String, note: String| Figure { name, value: typographic(&value), note };
    let interval = |ends: Option<[f64; 2]>, write: &dyn Fn(f64) -> String| {
        ends.map_or(String::new(), |[low, high]| {
            format!(
                "95\u{a0}% interval {} to {}",
                typographic(&write(low)),
                typographic(&write(high))
            )
        })
    };
    let percent = |share: f64| percent(share, 1);
    let money = |amount: f64| figures.money(amount);
    let scale = &threshold.scale_to_threshold;
    let multiple = |value: f64| number(value, 3);
    [
        figure(
            "Exposure threshold",
            money(threshold.threshold),
            format!("{currency}; {} of capital", percent(threshold.share_of_capital)),
        ),
        figure(
            "Potential loss",
            money(threshold.potential_loss),
            format!("{currency}; {}", interval(Some(threshold.potential_loss_interval_95), &money)),
        ),
        figure(
            "Utilisation",
            threshold.utilisation.map_or("infinite".to_owned(), percent),
            match threshold.utilisation_interval_95 {
                None => "the threshold is not positive".to_owned(),
                some => interval(some, &percent),
            },
        ),
        figure(
            "Scale to threshold k*",
            scale.value.map_or("–".to_owned(), multiple),
            format!("{}; binding: {}", interval(scale.interval_95, &multiple), scale.binding)
                .trim_start_matches("; ")
                .to_owned(),
        ),
    ]
}

fn lists(outcome: &Outcome, verdict: &Verdict, figures: Figures) -> Vec<List> {
    let sentences = |all: &[String]| all.iter().map(|one| signs(&prose(one))).collect::<Vec<_>>();
    let mut todo = sentences(&verdict.actions);
    if todo.is_empty() {
        todo.push("Nothing is needed today.".to_owned());
    }
    let one = |heading: String, ordered, items: Vec<String>| {
        let items = items.iter().map(|item| breakable(item)).collect();
        List { heading, ordered, items }
    };
    let list = |heading: &str, items| one(heading.to_owned(), false, items);
    let ranked = |heading, items| one(heading, true, items);
    vec![
        list("Why", sentences(&verdict.reasons)),
        list("What to do", todo),
        ranked(
            format!(
                "Largest contributions to ES {} of {}",
                level(outcome.contributions.level),
                typographic(&figures.money(outcome.contributions.expected_shortfall))
            ),
            contributors(outcome),
        ),
        ranked(
            "The worst paths".to_owned(),
            outcome.worst_paths.iter().take(3).map(|one| worst(one, outcome, figures)).collect(),
        ),
    ]
}

fn worst(path: &WorstPath, outcome: &Outcome, figures: Figures) -> String {
    let moves = path
        .factors
        .iter()
        .take(3)
        .map(|one| format!("{} {}", one.factor, typographic(&signed(percent(one.change, 2)))));
    let moves: Vec<String> = moves.collect();
    let loss = typographic(&figures.money(path.loss));
    format!("{loss} {} lost: {} (path {})", outcome.currency, moves.join(", "), path.path)
}
