//! VaR and ES, the distribution of losses, the worst paths.

use super::{Cell, ChartKind, Section};
use crate::outcome::{Measure, Outcome};

/// VaR and ES by level with their errors.
pub(super) fn measures(outcome: &Outcome) -> Section {
    let note =
        format!("Losses over the horizon in {}, 95 % Monte Carlo intervals.", outcome.currency);
    let columns = ["measure", "level", "loss", "low", "high", "standard error", "estimator"];
    let mut section = Section::new("VaR and ES", note, &columns);
    let mut tell = |name: &str, one: &Measure| {
        let [low, high] = one.interval_95;
        section.row([
            Cell::text(name),
            Cell::Share(one.level),
            Cell::Money(one.loss),
            Cell::Money(low),
            Cell::Money(high),
            Cell::money(one.standard_error),
            Cell::text(&one.estimator),
        ]);
    };
    let measures = &outcome.measures;
    measures.value_at_risk.iter().for_each(|one| tell("VaR", one));
    measures.expected_shortfall.iter().for_each(|one| tell("ES", one));
    section.chart("VaR by level", ChartKind::Columns, 1, 2)
}

/// The histogram, bin by bin.
pub(super) fn distribution(outcome: &Outcome) -> Section {
    let note = format!("Paths by loss in {}; a bin holds its lower edge.", outcome.currency);
    let columns = ["loss from", "to", "paths", "probability"];
    let mut section = Section::new("Loss distribution", note, &columns);
    for bin in &outcome.measures.histogram.bins {
        section.row([
            Cell::Money(bin.lower),
            Cell::Money(bin.upper),
            Cell::Count(bin.count),
            Cell::Share(bin.probability),
        ]);
    }
    section.chart("Distribution of losses", ChartKind::Columns, 0, 3)
}

/// What moved, what lost and what happened on each of the worst paths.
pub(super) fn worst_paths(outcome: &Outcome) -> Section {
    let note = format!(
        "Worst first, losses in {}; `plimsoll replay` tells everything of one by its id.",
        outcome.currency
    );
    let columns = ["path", "loss", "kind", "what", "move", "deviations", "part of the loss"];
    let mut section = Section::new("Worst paths", note, &columns);
    for path in &outcome.worst_paths {
        let begin = |kind: &str, what: &str| {
            vec![Cell::Count(path.path), Cell::Money(path.loss), Cell::text(kind), Cell::text(what)]
        };
        for one in &path.factors {
            let moved = [Cell::Share(one.change), Cell::Number(one.deviations)];
            section.row([begin("factor", &one.factor), moved.to_vec()].concat());
        }
        for row in &path.rows {
            let part = [Cell::Nothing, Cell::Nothing, Cell::Money(row.loss)];
            section.row([begin("position", &row.name), part.to_vec()].concat());
        }
        path.events.iter().for_each(|event| section.row(begin("event", event)));
    }
    section
}
