//! From the runs along the way to contributions.

use super::side::Side;
use super::walk::{Reached, Walked};
use super::words;
use crate::outcome::{
    EXPLANATION_FORMAT_VERSION, ExplainedFigure, ExplainedQuantity, Explanation, FigureStep,
    Measure, Outcome, StepTaken, Threshold,
};

/// The quantities, in the order in which they are told.
const QUANTITIES: [ExplainedQuantity; 5] = [
    ExplainedQuantity::Threshold,
    ExplainedQuantity::ExpectedShortfall,
    ExplainedQuantity::PotentialLoss,
    ExplainedQuantity::Utilisation,
    ExplainedQuantity::Capital,
];

/// What moved every figure.
pub fn told(sides: &[Side; 2], level: f64, walked: Walked) -> Explanation {
    let of = |read: fn(&Outcome) -> &str| [read(&sides[0].outcome), read(&sides[1].outcome)];
    let figures = QUANTITIES.iter().filter_map(|quantity| figure(*quantity, level, &walked));
    let figures: Vec<ExplainedFigure> = figures.collect();
    Explanation {
        format_version: EXPLANATION_FORMAT_VERSION,
        plimsoll_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenarios: of(|outcome| &outcome.scenario).map(str::to_owned),
        as_of: of(|outcome| &outcome.as_of).map(str::to_owned),
        seeds: [sides[0].outcome.seed, sides[1].outcome.seed],
        paths: [sides[0].outcome.paths, sides[1].outcome.paths],
        currency: sides[1].outcome.currency.clone(),
        level,
        notes: notes(&figures, sides),
        figures,
        steps: walked
            .steps
            .into_iter()
            .map(|taken| StepTaken {
                what: if taken.changed { words::of(taken.step, sides) } else { String::new() },
                step: taken.step,
                changed: taken.changed,
                told_with_next: taken.told_with_next,
            })
            .collect(),
    }
}

/// One figure; `None` where it is not there, or not finite, on any step of the way.
fn figure(quantity: ExplainedQuantity, level: f64, walked: &Walked) -> Option<ExplainedFigure> {
    let before = read(quantity, level, &walked.start)?;
    let mut last = before.value;
    let mut steps = Vec::new();
    for taken in &walked.steps {
        let Read { value, interval_95 } = read(quantity, level, &taken.reached)?;
        let known = quantity == ExplainedQuantity::ExpectedShortfall;
        steps.push(FigureStep {
            step: taken.step,
            value,
            interval_95,
            contribution: value - last,
            standard_error: if known { taken.standard_error } else { None },
        });
        last = value;
    }
    Some(ExplainedFigure {
        quantity,
        before: before.value,
        after: last,
        change: last - before.value,
        standard_error: match quantity {
            ExplainedQuantity::ExpectedShortfall => walked.standard_error,
            _ => None,
        },
        steps,
    })
}

/// A figure of one run.
struct Read {
    value: f64,
    interval_95: Option<[f64; 2]>,
}

fn read(quantity: ExplainedQuantity, level: f64, reached: &Reached) -> Option<Read> {
    let outcome = &reached.outcome;
    let threshold = outcome.threshold.as_ref();
    let exact = |read: fn(&Threshold) -> f64| {
        threshold.map(|one| Read { value: read(one), interval_95: None })
    };
    match quantity {
        ExplainedQuantity::Threshold => exact(|one| one.threshold),
        ExplainedQuantity::Capital => exact(|one| one.capital),
        ExplainedQuantity::ExpectedShortfall => {
            let at = |one: &&Measure| one.level == level;
            let measured = outcome.measures.expected_shortfall.iter().find(at)?;
            Some(Read { value: measured.loss, interval_95: Some(measured.interval_95) })
        }
        ExplainedQuantity::PotentialLoss => threshold.map(|one| Read {
            value: one.potential_loss,
            interval_95: Some(one.potential_loss_interval_95),
        }),
        ExplainedQuantity::Utilisation => {
            let threshold = threshold?;
            let interval_95 = threshold.utilisation_interval_95;
            Some(Read { value: threshold.utilisation?, interval_95 })
        }
    }
}

fn notes(figures: &[ExplainedFigure], sides: &[Side; 2]) -> Vec<String> {
    let has = |quantity| figures.iter().any(|one| one.quantity == quantity);
    let mut notes = Vec::new();
    let policies = sides.each_ref().map(|side| side.outcome.threshold.is_some());
    if policies != [true, true] {
        let which = match policies {
            [false, true] => "the earlier run has",
            [true, false] => "the later run has",
            _ => "the runs have",
        };
        notes.push(format!("{which} no policy: of thresholds nothing can be told"));
    } else if !has(ExplainedQuantity::Utilisation) {
        notes.push("the utilisation is infinite on the way: it is not explained".to_owned());
    }
    if sides.iter().any(|side| side.outcome.with_trades.is_some()) {
        notes.push("figures are of the book before the proposed trades".to_owned());
    }
    notes
}
