//! The policy in plain words.

use std::collections::BTreeSet;

use super::figures::{count, level, number, percent, plain};
use crate::outcome::{LimitReading, Outcome, Threshold};

/// What the policy says, a sentence each; nothing without a policy.
pub(super) fn sentences(outcome: &Outcome) -> Vec<String> {
    outcome.threshold.as_ref().map_or_else(Vec::new, |threshold| told(threshold, outcome))
}

fn told(threshold: &Threshold, outcome: &Outcome) -> Vec<String> {
    let Threshold { policy, appetite, capital_base, condition, boundaries, .. } = threshold;
    let mut told = vec![
        format!(
            "Policy {policy} lets the book put {} of its capital at risk ({capital_base}), times a \
             condition multiplier that follows the market and stays between {} and {}.",
            percent(*appetite, 1),
            plain(condition.floor),
            plain(condition.cap)
        ),
        potential_loss(threshold),
        format!(
            "Below {} of the threshold the book is green, from there amber, and red above {}.",
            level(boundaries[0]),
            level(boundaries[1])
        ),
        multiplier(threshold),
    ];
    if !threshold.limits.is_empty() {
        let names = |limits: &mut dyn Iterator<Item = &LimitReading>| {
            limits.map(|limit| &limit.name).collect::<BTreeSet<_>>().len()
        };
        let all = names(&mut threshold.limits.iter());
        let hard = names(&mut threshold.limits.iter().filter(|limit| limit.hard.is_some()));
        told.push(format!(
            "Beside the threshold it sets {}, {hard} of them hard, read on {} of the book.",
            count(all, "limit"),
            count(threshold.limits.len(), "part")
        ));
    }
    let horizon = super::figures::duration(outcome.horizon_years);
    told.push(format!("It looks {horizon} ahead."));
    told
}

fn potential_loss(threshold: &Threshold) -> String {
    let term = |term: &crate::outcome::PotentialLossTerm| match term.weight {
        1.0 => term.name.clone(),
        weight => format!("{} × {}", plain(weight), term.name),
    };
    let terms: Vec<String> = threshold.terms.iter().map(term).collect();
    format!("Potential loss is the {} of: {}.", threshold.combination, terms.join(", "))
}

fn multiplier(threshold: &Threshold) -> String {
    let condition = &threshold.condition;
    let acting: Vec<String> = condition
        .drivers
        .iter()
        .filter(|driver| driver.factor != 1.0)
        .map(|driver| format!("{} {}", driver.name, number(driver.factor, 3)))
        .collect();
    let why = match (condition.drivers.is_empty(), acting.is_empty()) {
        (true, _) => "the policy names no drivers".to_owned(),
        (false, true) => "no driver asks for less".to_owned(),
        (false, false) => format!("factors {}", acting.join(", ")),
    };
    format!("Today the multiplier is {}: {why}.", number(condition.multiplier, 3))
}
