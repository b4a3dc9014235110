//! Settings that were stated and that no path acts on.

use crate::engine::compiled::Compiled;
use crate::engine::plan::Plan;
use crate::market::OpenInterest;
use crate::outcome::Warning;
use crate::scenario::FailureSampling;
use crate::simulation::FactorKey;
use crate::units::Symbol;

/// The warning that names them, where there are any.
pub(super) fn warning(plan: &Plan, book: &Compiled) -> Option<Warning> {
    let stated: Vec<String> = of_scenario(plan)
        .chain(of_market(plan))
        .chain(of_venues(plan, book))
        .chain(of_calls(book))
        .chain(of_accounts(book))
        .collect();
    (!stated.is_empty()).then(|| Warning {
        code: "settings_idle".to_owned(),
        message: format!(
            "Stated and checked, but no path acts on it, and no figure holds it: {}.",
            stated.join(", ")
        ),
    })
}

fn of_scenario(plan: &Plan) -> impl Iterator<Item = String> {
    let events = &plan.scenario.events;
    let is_moved = |asset: &Symbol| plan.model.index(&FactorKey::Peg(asset.clone())).is_some();
    let pegs = events.peg_breaks.iter().filter(move |peg| !is_moved(&peg.asset));
    let failures = plan.scenario.simulation.sampling.failures == FailureSampling::Stratified;
    let failures = (failures && plan.hazards.strata.is_none())
        .then(|| "failures of the simulation: no venue may fail more often".to_owned());
    let pegs = pegs.map(|peg| format!("peg_break of {}, which the book does not hold", peg.asset));
    let rungs = plan.policy.as_ref().map_or(0, |policy| policy.ladder.len());
    let ladder = (events.breach_ladder.is_some() && rungs == 0)
        .then(|| "breach_ladder of the events: no policy states one".to_owned());
    pegs.chain(failures).chain(ladder)
}

/// Laws of impact and open interest act in a cascade, on coins that the model moves.
fn of_market(plan: &Plan) -> impl Iterator<Item = String> {
    let spot = |symbol: &Symbol| plan.model.index(&FactorKey::Spot(symbol.clone()));
    let acts =
        move |symbol: &Symbol| plan.scenario.events.cascade.is_some() && spot(symbol).is_some();
    let idle = plan.market.underlyings.iter().filter(move |one| !acts(&one.symbol));
    idle.flat_map(|underlying| {
        let liquidity = underlying.liquidity.as_ref();
        let impact = liquidity.is_some_and(|liquidity| liquidity.impact.is_some());
        let others =
            liquidity.is_some_and(|liquidity| liquidity.open_interest != OpenInterest::default());
        let stated = [("impact", impact), ("open_interest", others)];
        let stated = stated.into_iter().filter(|(_, stated)| *stated);
        stated.map(|(field, _)| format!("{field} of {}", underlying.symbol)).collect::<Vec<_>>()
    })
}

/// Calls that are met where nobody is called.
fn of_calls(book: &Compiled) -> Option<String> {
    let stage = book.engine.event_stage();
    let called = stage.is_some_and(|events| events.stage().called_accounts().next().is_some());
    let stated = book.setting.portfolio.margin_calls.is_some();
    (stated && !called).then(|| "[margin_calls]".to_owned())
}

/// Leverages of accounts that nobody watches inside paths, or that hold nothing to trade.
fn of_accounts(book: &Compiled) -> impl Iterator<Item = String> {
    let events = book.engine.event_stage();
    let stage = events.into_iter().flat_map(|events| events.stage().rebalanced_accounts());
    let kept: Vec<usize> = stage.collect();
    let accounts = book.setting.portfolio.accounts.iter().enumerate();
    let idle =
        accounts.filter(move |(index, one)| one.rebalancing.is_some() && !kept.contains(index));
    idle.map(|(_, account)| format!("rebalancing of {}", account.name))
}

fn of_venues(plan: &Plan, book: &Compiled) -> impl Iterator<Item = String> {
    let venues = book.setting.portfolio.venues.iter().zip(&plan.venue_rules);
    venues.flat_map(|(venue, rules)| {
        // A waterfall acts where the rules act inside paths.
        let shared = rules
            .as_ref()
            .is_some_and(|rules| rules.waterfall.is_some() && rules.liquidation.is_none());
        shared.then(|| format!("waterfall of {}", venue.name))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::Confinement;
    use crate::engine::{LoadOptions, Overrides, load};
    use crate::numeric::isa::InstructionSet;

    fn told(name: &str, change: impl Fn(&mut Plan)) -> Option<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
        let overrides = Overrides::default();
        let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
        let inputs = load(&folder.join("scenario.toml"), &options).unwrap();
        let mut plan = Plan::build(&inputs).unwrap();
        change(&mut plan);
        let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect()).unwrap();
        warning(&plan, &book).map(|warning| warning.message)
    }

    /// The examples state every field there is; no venue there asks for margin, so nobody is called
    /// or kept at a leverage.
    /// Without a cascade its terms are idle too.
    #[test]
    fn what_does_not_act_is_named() {
        assert_eq!(told("minimal", |_| {}), None);
        let told_of = told("examples", |_| {}).unwrap();
        assert!(told_of.ends_with("it: [margin_calls], rebalancing of deribit-coin."), "{told_of}");
        let told_of = told("examples", |plan| plan.scenario.events.cascade = None).unwrap();
        for stated in ["impact of ", "open_interest of "] {
            assert!(told_of.contains(stated), "{told_of}");
        }
    }
}
