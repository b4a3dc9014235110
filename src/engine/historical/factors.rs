//! Every factor over the window: where its moves are from, and what they came to.

use super::Clock;
use crate::engine::plan::Plan;
use crate::outcome::{ReplayedFactor, Warning};
use crate::simulation::{Factor, FactorKey, FactorSource, ReplayedPaths};

/// One row a factor, in model order.
pub(super) fn factors(plan: &Plan, clock: &Clock<'_>, path: usize) -> Vec<ReplayedFactor> {
    let Some(paths) = plan.model.replayed() else { return Vec::new() };
    let rows = plan.model.factors.iter().zip(&plan.replayed).enumerate();
    rows.map(|(index, row)| told(index, row, clock, (paths, path))).collect()
}

fn told(
    index: usize,
    (factor, source): (&Factor, &FactorSource),
    clock: &Clock<'_>,
    (paths, path): (&ReplayedPaths, usize),
) -> ReplayedFactor {
    let change = |node: usize| {
        let (log, level) = paths.at(path, node, index);
        if factor.key.is_additive() { log } else { level - 1.0 }
    };
    let mut moves = vec![(None, 0.0)];
    moves.extend((0..clock.nodes.len()).map(|node| (Some(node), change(node))));
    let lowest = moves.iter().fold(moves[0], |low, one| if one.1 < low.1 { *one } else { low });
    let highest = moves.iter().fold(moves[0], |high, one| if one.1 > high.1 { *one } else { high });
    ReplayedFactor {
        name: factor.key.to_string(),
        source: source.name().to_owned(),
        description: source.to_string(),
        change: moves.last().map_or(0.0, |(_, change)| *change),
        lowest: lowest.1,
        lowest_at: clock.time(lowest.0),
        highest: highest.1,
        highest_at: clock.time(highest.0),
    }
}

/// Coins that follow others, and coins that do not move at all.
pub(super) fn warnings(plan: &Plan) -> Vec<Warning> {
    if plan.scenario.shock.is_some() {
        // What does not move there was not to move.
        return Vec::new();
    }
    let rows = || plan.model.factors.iter().zip(&plan.replayed);
    let follows = |(factor, source): (&Factor, &FactorSource)| match source {
        FactorSource::Beta { of, beta } => Some(format!("{} {beta} × {of}", factor.key)),
        _ => None,
    };
    let stays = |(factor, source): (&Factor, &FactorSource)| {
        let stays = *source == FactorSource::Stays;
        let matters = matches!(factor.key, FactorKey::Spot(_) | FactorKey::Volatility(_));
        (stays && matters).then(|| factor.key.to_string())
    };
    let followers: Vec<String> = rows().filter_map(follows).collect();
    let constant: Vec<String> = rows().filter_map(stays).collect();
    let mut warnings = Vec::new();
    if !followers.is_empty() {
        let message = format!(
            "These factors have no history and follow another's log moves, as stated: {}.",
            followers.join(", ")
        );
        warnings.push(Warning { code: "proxied_factors".to_owned(), message });
    }
    if !constant.is_empty() {
        let message = format!(
            "These prices and volatilities have no history and follow nothing: they stay at \
             today's level throughout: {}.",
            constant.join(", ")
        );
        warnings.push(Warning { code: "factors_stay".to_owned(), message });
    }
    if let Some(settings) = &plan.scenario.historical
        && settings.bars == crate::scenario::BarOrders::BothOrders
    {
        warnings.push(Warning {
            code: "last_trade_wicks".to_owned(),
            message: "Highs and lows are last trades of one venue and were not reached by all \
                      coins at once: triggers inside bars may be wicks that no mark price saw."
                .to_owned(),
        });
    }
    if plan.scenario.events.cascade.is_some() {
        warnings.push(Warning {
            code: "others_in_prices".to_owned(),
            message: "Only the book's own orders move prices: those of the window hold what \
                      liquidations of others did to them."
                .to_owned(),
        });
    }
    warnings
}
