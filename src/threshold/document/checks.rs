//! What a policy's form cannot say: names that are unique, figures that fit together, and nothing
//! counted twice.

use std::collections::BTreeMap;

use super::super::policy::{Combination, Covers, TermKind};
use super::{PolicyDocument, StressDocument, TermDocument, drivers, limit, procyclicality};
use crate::document::{Parsed, Places, Violation, ViolationCollector, quoted};

/// Gathers every fault of sense.
pub(super) fn check(document: &Parsed<PolicyDocument>, collector: &mut ViolationCollector) {
    let checker = Checker { policy: &document.value, places: &document.places };
    let faults = [
        checker.term_names(),
        checker.weights(),
        checker.counted_twice(),
        checker.stresses(),
        checker.condition(),
        drivers::check(&document.value.condition.driver, &document.places),
        checker.status(),
        checker.ladder(),
        procyclicality::check(&document.value.anti_procyclicality, &document.places),
        checker.limit_names(),
        limit::check(&document.value.limit, &document.places),
    ];
    for fault in faults.into_iter().flatten() {
        collector.add(fault);
    }
}

/// The violation for an add-on that the paths contain.
pub(super) fn inside_the_paths(places: &Places, term: usize, covers: Covers) -> Violation {
    let what = covers_name(covers);
    let place = places.at(&format!("term[{term}].covers"));
    Violation::new(place, format!("{what} is counted twice"))
        .found(format!("an add-on for {what}, which every path already contains"))
        .expected("an add-on for something that does not happen inside the paths")
        .help("drop the term: its effect is in the simulated losses")
}

fn covers_name(covers: Covers) -> &'static str {
    match covers {
        Covers::Funding => "funding",
        Covers::BorrowInterest => "borrow interest",
        Covers::TimeDecay => "time decay",
        Covers::Settlement => "settlement",
        Covers::Liquidation => "liquidation",
        Covers::MarketImpact => "market impact",
        Covers::VenueDefault => "venue default",
        Covers::Model => "model risk",
        Covers::Operational => "operational risk",
    }
}

struct Checker<'a> {
    policy: &'a PolicyDocument,
    places: &'a Places,
}

impl Checker<'_> {
    fn fault(&self, path: &str, title: impl Into<String>, expected: &str) -> Violation {
        Violation::new(self.places.at(path), title).expected(expected)
    }

    fn term_names(&self) -> Vec<Violation> {
        let names = self.policy.term.iter().map(|term| term.head().0.as_str());
        let path = |index: usize| format!("term[{index}].name");
        self.duplicates(names, path, "a name of its own for every term")
    }

    fn limit_names(&self) -> Vec<Violation> {
        let names = self.policy.limit.iter().map(|limit| limit.name.as_str());
        let path = |index: usize| format!("limit[{index}].name");
        self.duplicates(names, path, "a name of its own for every limit")
    }

    /// A violation for every name that was given before.
    fn duplicates<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        path: impl Fn(usize) -> String,
        expected: &str,
    ) -> Vec<Violation> {
        let mut first = BTreeMap::new();
        let mut faults = Vec::new();
        for (index, name) in names.enumerate() {
            let earlier = *first.entry(name).or_insert(index);
            if earlier != index {
                let title = format!("{} is named twice", quoted(name));
                let related = self.places.at(&path(earlier));
                let fault = self.fault(&path(index), title, expected);
                faults.push(fault.related(related, "first here"));
            }
        }
        faults
    }

    fn weights(&self) -> Vec<Violation> {
        let counts = |term: &TermDocument| term.term().weight > 0.0;
        if self.policy.term.iter().any(counts) {
            return Vec::new();
        }
        let title = "every term has weight 0: the potential loss would always be 0";
        vec![self.fault("term[0].weight", title, "a positive weight for at least one term")]
    }

    /// Add-ons for what paths always contain, and in a sum two terms for the same thing.
    fn counted_twice(&self) -> Vec<Violation> {
        let terms: Vec<TermKind> = self.policy.term.iter().map(|term| term.term().kind).collect();
        let mut faults = Vec::new();
        for (index, kind) in terms.iter().enumerate() {
            let always = &Covers::ALWAYS_INSIDE_PATHS;
            if let Some(covers) = kind.covers().filter(|covers| always.contains(covers)) {
                faults.push(inside_the_paths(self.places, index, covers));
                continue;
            }
            let earlier = terms[..index].iter().position(|other| same_thing(kind, other));
            if let (Some(earlier), Combination::Sum) = (earlier, self.policy.combination) {
                faults.push(self.summed_twice(index, earlier));
            }
        }
        faults
    }

    fn summed_twice(&self, index: usize, earlier: usize) -> Violation {
        let name = |index: usize| quoted(self.policy.term[index].head().0.as_str());
        let title = format!("{} counts again what {} does", name(index), name(earlier));
        let related = self.places.at(&format!("term[{earlier}].name"));
        self.fault(&format!("term[{index}].kind"), title, "one term for one risk in a sum")
            .help("drop one of them, or use `combination = \"maximum\"`")
            .related(related, "counted here")
    }

    fn stresses(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        for (index, term) in self.policy.term.iter().enumerate() {
            let TermDocument::StressedLoss { stress: stresses, .. } = term else {
                continue;
            };
            let names = stresses.iter().map(|stress| stress.name.as_str());
            let path = |stress: usize| format!("term[{index}].stress[{stress}].name");
            faults.extend(self.duplicates(names, path, "a name of its own for every stress"));
            for (number, stress) in stresses.iter().enumerate() {
                let path = format!("term[{index}].stress[{number}]");
                faults.extend(self.stress(&path, stress));
            }
        }
        faults
    }

    fn stress(&self, path: &str, stress: &StressDocument) -> Vec<Violation> {
        let all = [("all_spots", stress.all_spots), ("all_volatilities", stress.all_volatilities)];
        if stress.shocks.is_empty() && all.iter().all(|(_, change)| change.is_none()) {
            let expected = "`shocks`, `all_spots` or `all_volatilities`";
            return vec![self.fault(&format!("{path}.name"), "a stress without a shock", expected)];
        }
        let relative = |name: &str| [".spot", ".vol", ".peg"].iter().any(|end| name.ends_with(end));
        let named = stress.shocks.iter().filter(|(factor, _)| relative(factor.as_str()));
        let named = named.map(|(factor, change)| (format!("shocks.\"{factor}\""), Some(*change)));
        let all = all.into_iter().map(|(key, change)| (key.to_owned(), change));
        let impossible = named
            .chain(all)
            .filter(|(_, change)| change.is_some_and(|change| change.get() <= -1.0));
        let fault = |(key, _)| {
            let title = "a price or volatility cannot lose 100 % or more";
            let expected = "a relative change above -1 (-100 %), e.g. `-0.4` or `\"-40%\"`";
            self.fault(&format!("{path}.{key}"), title, expected)
        };
        impossible.map(fault).collect()
    }

    fn condition(&self) -> Vec<Violation> {
        let condition = &self.policy.condition;
        if condition.floor.get() <= condition.cap.get() {
            return Vec::new();
        }
        let title = "the floor of the multiplier is above its cap";
        vec![self.fault("condition.floor", title, "floor ≤ cap")]
    }

    fn status(&self) -> Vec<Violation> {
        let status = &self.policy.status;
        let (amber, red) = (status.amber.get(), status.red.get());
        let mut faults = Vec::new();
        if amber >= red {
            let key = if self.places.has("status.amber") { "status.amber" } else { "status.red" };
            faults.push(self.fault(key, "amber is not below red", "amber < red"));
        }
        if status.hysteresis.get() >= amber {
            let title = "the hysteresis reaches down to zero utilisation";
            faults.push(self.fault("status.hysteresis", title, "less than the amber boundary"));
        }
        let target = self.policy.target_utilisation.get();
        if target > red || target == 0.0 {
            let title = "the target utilisation is not a place to return to";
            let expected = "above 0 and at most the red boundary";
            faults.push(self.fault("target_utilisation", title, expected));
        }
        faults
    }

    fn ladder(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        for (index, pair) in self.policy.ladder.windows(2).enumerate() {
            let path = |key: &str| format!("ladder[{}].{key}", index + 1);
            if pair[1].utilisation.get() <= pair[0].utilisation.get() {
                let title = "the ladder does not climb";
                let expected = "a higher utilisation than the rung before";
                faults.push(self.fault(&path("utilisation"), title, expected));
            }
            if pair[1].action <= pair[0].action {
                let title = "an action no more severe than the rung before";
                let expected = "`warn`, `reduce_only`, `forced_reduction`, `bankrupt`, in order";
                faults.push(self.fault(&path("action"), title, expected));
            }
        }
        faults
    }
}

/// Whether two terms of a sum measure the same risk. Stresses differ by what they assume.
fn same_thing(one: &TermKind, other: &TermKind) -> bool {
    let stated = |kind: &TermKind| matches!(kind, TermKind::Stated { .. });
    let stressed = |kind: &TermKind| matches!(kind, TermKind::StressedLoss { .. });
    let spread =
        |kind: &TermKind| matches!(kind, TermKind::Liquidity { .. } | TermKind::ClosingCost);
    let same_kind = std::mem::discriminant(one) == std::mem::discriminant(other)
        || (spread(one) && spread(other));
    if stated(one) || stated(other) {
        one.covers().is_some() && one.covers() == other.covers()
    } else {
        same_kind && !stressed(one)
    }
}
