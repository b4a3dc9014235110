//! Prices that orders and broken pegs moved inside paths, as figures.

use super::{Found, path_events, without};
use crate::engine::EngineError;
use crate::engine::amounts::AmountTally;
use crate::engine::control::Control;
use crate::engine::displaced::CoinTally;
use crate::margin::failure::horizon_probability;
use crate::outcome::{Amplification, Cascades, EventProbability, MovedPrices, PegBroken};
use crate::risk::{self, RiskError};
use crate::units::Symbol;

/// `None` where nothing can move a price beside the model, and no venue shares debts.
pub(super) fn moved_prices(
    found: &Found,
    control: &Control,
) -> Result<Option<MovedPrices>, EngineError> {
    let engine = &found.book.engine;
    let shares = engine.event_stage().is_some_and(|events| events.stage().shares_debts());
    if engine.displacement().is_none() && !shares {
        return Ok(None);
    }
    let plain = found.sample.weights().are_plain();
    let cascades = plain.then(|| cascades(found)).transpose()?;
    Ok(Some(MovedPrices { cascades, without: without::with_and_without(found, control)? }))
}

fn cascades(found: &Found) -> Result<Cascades, RiskError> {
    let tally = &found.part.market;
    let paths = found.part.losses.len() as u64;
    let probability = |count: u64| {
        let share = risk::share_of_paths(count, paths)?;
        let (probability, interval_95) = (share.probability, share.interval_95);
        Ok::<_, RiskError>(EventProbability { probability, interval_95 })
    };
    let amount = |tally: &AmountTally| path_events::amount(found, tally);
    Ok(Cascades {
        moved: probability(tally.moved)?,
        settled: probability(tally.settled)?,
        exhausted: probability(tally.exhausted)?,
        unsettled: probability(tally.unsettled)?,
        ran_away: probability(tally.ran_away)?,
        others_notional: amount(&tally.others),
        own_notional: amount(&tally.own),
        impact_cost: amount(&tally.impact_cost),
        amplifications: amplifications(found, paths),
        pegs: pegs(found, probability)?,
        fund_payments: amount(&tally.funds),
        fund_exhausted: probability(tally.exhausted_funds)?,
        deleveraged_notional: amount(&tally.deleveraged),
        deleveraged_loss: amount(&tally.deleveraged_loss),
        socialised_loss: amount(&tally.socialised),
    })
}

fn amplifications(found: &Found, paths: u64) -> Vec<Amplification> {
    let displacement = found.book.engine.displacement();
    let coins = displacement.into_iter().flat_map(|one| one.symbols());
    let told = |(coin, tally): (&Symbol, &CoinTally)| {
        let told = tally.largest > 0.0;
        Amplification {
            coin: coin.to_string(),
            probability: tally.paths as f64 / paths as f64,
            mean: tally.mean(),
            largest: told.then_some(tally.largest),
            largest_path: told.then_some(tally.largest_path),
        }
    };
    coins.zip(&found.part.market.coins).map(told).collect()
}

fn pegs(
    found: &Found,
    probability: impl Fn(u64) -> Result<EventProbability, RiskError>,
) -> Result<Vec<PegBroken>, RiskError> {
    let scenario = &found.plan.scenario;
    let displacement = found.book.engine.displacement();
    let assets = displacement.into_iter().flat_map(|one| one.pegs());
    let told = |(asset, &broken): (&Symbol, &u64)| {
        let mut stated = scenario.events.peg_breaks.iter();
        let annual = stated.find(|peg| peg.asset == *asset).map_or(0.0, |peg| peg.probability_1y);
        Ok(PegBroken {
            asset: asset.to_string(),
            probability: probability(broken)?,
            stated: horizon_probability(annual, scenario.simulation.horizon),
        })
    };
    assets.zip(&found.part.market.pegs).map(told).collect()
}
