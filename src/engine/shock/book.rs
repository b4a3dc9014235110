//! What a shock does to venues and order books.

use crate::document::{Violation, ViolationCollector, did_you_mean};
use crate::engine::pilot::Hazards;
use crate::margin::failure::Hazard;
use crate::market::Market;
use crate::portfolio::{ClaimMark, Portfolio, VenueFailure};
use crate::scenario::document::{LoadedScenario, leg_path};
use crate::scenario::{Scenario, ShockSettings, rank};
use crate::simulation::FactorModel;
use crate::simulation::replay::node_at;
use crate::units::Symbol;

/// Venues that fail and that the portfolio does not have, or that fail twice.
pub(in crate::engine) fn check_venues(
    loaded: &LoadedScenario,
    portfolio: &Portfolio,
    found: &mut ViolationCollector,
) {
    let (Some(shock), Some(document)) = (&loaded.scenario.shock, &loaded.shock) else { return };
    let mut failed: Vec<&str> = Vec::new();
    for (index, leg) in shock.legs.iter().enumerate() {
        for (number, name) in leg.venues_failed.iter().enumerate() {
            let path = format!("{}.venue_failed[{number}]", leg_path(document, index));
            let is_known = portfolio.venues.iter().any(|venue| same(&venue.name, name));
            if !is_known {
                let title = format!("'{name}' is no venue of the portfolio");
                let names = portfolio.venues.iter().map(|venue| venue.name.as_str());
                let fault = Violation::new(loaded.places.at(&path), title);
                found.add(fault.help_if(did_you_mean(name, names)));
            } else if failed.iter().any(|other| same(other, name)) {
                let title = format!("'{name}' has failed already");
                found.add(Violation::new(loaded.places.at(&path), title));
            }
            failed.push(name);
        }
    }
}

/// Names of venues are compared without case: `meridian` is Meridian.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether a venue fails because the shock says so.
pub(in crate::engine) fn fail_by_name(scenario: &Scenario, name: &str) -> bool {
    let legs = scenario.shock.iter().flat_map(|shock| &shock.legs);
    legs.flat_map(|leg| &leg.venues_failed).any(|failed| same(failed, name))
}

/// What a claim on a venue that fails by name is worth: its stated marks at their means.
pub(in crate::engine) fn claims(stated: Option<VenueFailure>) -> VenueFailure {
    let marks = stated.map(|failure| failure.claim_marks).unwrap_or_default();
    let certain = |mark: ClaimMark| ClaimMark { deviation: 0.0, ..mark };
    VenueFailure {
        wrong_way_slope: 0.0,
        main_coins: Vec::new(),
        claim_marks: marks.into_iter().map(certain).collect(),
    }
}

/// Writes the nodes at which venues fail into the hazards; by chance none does.
pub(in crate::engine) fn state_failures(
    shock: &ShockSettings,
    portfolio: &Portfolio,
    model: &FactorModel,
    hazards: &mut Hazards,
) {
    let node = |name: &str| {
        let leg = shock
            .legs
            .iter()
            .find(|leg| leg.venues_failed.iter().any(|failed| same(failed, name)))?;
        u32::try_from(node_at(model, leg.begins)).ok()
    };
    let stated: Vec<Option<u32>> = portfolio.venues.iter().map(|venue| node(&venue.name)).collect();
    for (hazard, stated) in hazards.venues.iter_mut().zip(&stated) {
        if stated.is_some() {
            *hazard = Some(Hazard::new(NEVER, 0.0));
        }
    }
    hazards.stated = stated;
}

/// Intercept of a hazard that never strikes, a number in a file.
const NEVER: f64 = -1e3;

/// The market with the depth and volume that the shock leaves.
pub(in crate::engine) fn deepen(shock: &ShockSettings, market: &mut Market) {
    for underlying in &mut market.underlyings {
        let Some(liquidity) = &mut underlying.liquidity else { continue };
        let change = depth_change(shock, &underlying.symbol);
        liquidity.depth_1pct_usd *= 1.0 + change;
        liquidity.adv_usd *= 1.0 + change;
    }
}

/// The most specific change of depth of an asset.
fn depth_change(shock: &ShockSettings, symbol: &Symbol) -> f64 {
    let ranked = shock
        .depth
        .iter()
        .filter_map(|(selected, change)| Some((rank(selected, symbol, &shock.groups)?, *change)));
    let best = ranked.fold(None, |best: Option<(u8, f64)>, one| match best {
        Some(best) if best.0 >= one.0 => Some(best),
        _ => Some(one),
    });
    best.map_or(0.0, |(_, change)| change)
}
