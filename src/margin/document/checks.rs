//! What the form of a rules document cannot say: order, continuity, initial above maintenance.

use super::{FutureRulesDocument, HaircutDocument, TierDocument, VenueRulesDocument, tier};
use crate::document::{Parsed, Violation, ViolationCollector};
use crate::margin::Tier;

/// A maintenance deduction may differ by this from the one that makes margin continuous.
const DEDUCTION_TOLERANCE: f64 = 0.5;

/// Adds every violation of `parsed`.
pub(super) fn check(parsed: &Parsed<VenueRulesDocument>, found: &mut ViolationCollector) {
    if let Some(rules) = &parsed.value.futures {
        check_futures(parsed, "futures", rules, found);
    }
    let VenueRulesDocument { futures, options, portfolio, loan, futures_by_coin, .. } =
        &parsed.value;
    let silent = futures.is_none() && options.is_none() && portfolio.is_none() && loan.is_none();
    if silent && futures_by_coin.is_empty() {
        let violation = Violation::new(parsed.places.at("name"), "rules that margin nothing")
            .expected("`futures`, `options`, `portfolio` or `loan`")
            .help("leave `rules` of the venue out where it asks for no margin");
        found.add(violation);
    }
    super::portfolio::check(parsed, found);
    for (coin, rules) in &parsed.value.futures_by_coin {
        let path = format!("futures_by_coin.{}", coin.as_str());
        check_futures(parsed, &path, rules, found);
    }
    for (asset, brackets) in &parsed.value.haircuts {
        check_haircut(parsed, &format!("haircuts.{}", asset.as_str()), brackets, found);
    }
}

fn check_futures(
    parsed: &Parsed<VenueRulesDocument>,
    path: &str,
    rules: &FutureRulesDocument,
    found: &mut ViolationCollector,
) {
    match rules {
        FutureRulesDocument::Flat { initial, maintenance }
        | FutureRulesDocument::Sized { initial, maintenance, .. } => {
            if maintenance > initial {
                let place = parsed.places.at(&format!("{path}.maintenance"));
                let violation = Violation::new(place, "maintenance margin above initial margin")
                    .expected(format!("at most {}", initial.get()));
                found.add(violation);
            }
        }
        FutureRulesDocument::Tiered { tiers } => check_tiers(parsed, path, tiers, found),
    }
}

fn check_tiers(
    parsed: &Parsed<VenueRulesDocument>,
    path: &str,
    tiers: &[TierDocument],
    found: &mut ViolationCollector,
) {
    if tiers.is_empty() {
        let place = parsed.places.at(&format!("{path}.tiers"));
        found.add(Violation::new(place, "no brackets").expected("at least one"));
    }
    let mut below =
        Tier { notional_max: 0.0, leverage_max: f64::INFINITY, maintenance: 0.0, deduction: 0.0 };
    for (index, document) in tiers.iter().enumerate() {
        let tier = tier(document);
        for (key, title, expected) in faults(index, &below, &tier) {
            let place = parsed.places.at(&format!("{path}.tiers[{index}].{key}"));
            found.add(Violation::new(place, title).expected(expected));
        }
        below = tier;
    }
}

/// What is wrong with the bracket at `index` above `below`: key, title, what is expected.
fn faults(index: usize, below: &Tier, tier: &Tier) -> Vec<(&'static str, &'static str, String)> {
    let mut faults = Vec::new();
    if tier.notional_max <= below.notional_max {
        let expected = format!("above {}", below.notional_max);
        faults.push(("notional_max", "bracket does not rise", expected));
    }
    if tier.leverage_max > below.leverage_max {
        let expected = format!("at most {}, as in the bracket below", below.leverage_max);
        faults.push(("leverage_max", "a larger bracket allows more leverage", expected));
    }
    if tier.maintenance < below.maintenance {
        let expected = format!("at least {}, as in the bracket below", below.maintenance);
        faults.push(("maintenance", "a larger bracket asks for a lower rate", expected));
    }
    // deduction_n = floor_n · (rate_n − rate_{n−1}) + deduction_{n−1}; the first one has none.
    let step = if index == 0 { 0.0 } else { tier.maintenance - below.maintenance };
    let continuous = below.notional_max * step + below.deduction;
    if (tier.deduction - continuous).abs() > DEDUCTION_TOLERANCE {
        let expected = format!("{continuous}, which makes it continuous");
        faults.push(("deduction", "maintenance margin jumps at the bracket", expected));
    } else if let Some(notional) = starved_at(below, tier) {
        let expected = format!("at most the initial margin, {}", notional / tier.leverage_max);
        faults.push(("maintenance", "maintenance margin above initial margin", expected));
    }
    faults
}

/// A notional of the bracket at which maintenance is above initial margin: both are linear in it,
/// so the ends tell.
fn starved_at(below: &Tier, tier: &Tier) -> Option<f64> {
    let ends = [below.notional_max, tier.notional_max];
    let maintenance = |notional: f64| notional * tier.maintenance - tier.deduction;
    let starved = |notional: &f64| {
        maintenance(*notional) > notional / tier.leverage_max * (1.0 + 1e-9) + DEDUCTION_TOLERANCE
    };
    ends.into_iter().find(starved)
}

fn check_haircut(
    parsed: &Parsed<VenueRulesDocument>,
    path: &str,
    brackets: &[HaircutDocument],
    found: &mut ViolationCollector,
) {
    if brackets.is_empty() {
        let violation = Violation::new(parsed.places.at(path), "no brackets of haircuts");
        found.add(violation.expected("at least one, or leave the asset out"));
    }
    for (index, pair) in brackets.windows(2).enumerate() {
        let (below, bracket) = (&pair[0], &pair[1]);
        let Some(floor) = below.value_max else {
            let place = parsed.places.at(&format!("{path}[{index}]"));
            let violation = Violation::new(place, "a bracket without end is not the last");
            found.add(violation.expected("`value_max`"));
            continue;
        };
        if bracket.value_max.is_some_and(|top| top <= floor) {
            let place = parsed.places.at(&format!("{path}[{}].value_max", index + 1));
            let violation = Violation::new(place, "bracket does not rise");
            found.add(violation.expected(format!("above {}", floor.get())));
        }
    }
}
