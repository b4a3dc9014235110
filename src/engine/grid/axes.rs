//! The points of a grid: stated, or those of a venue's portfolio margin.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::document::{Loader, Place, Violation, Violations};
use crate::margin::document::RuleSets;
use crate::margin::grid::{PortfolioRules, VolatilityShift};
use crate::scenario::GridAxes;
use crate::units::Symbol;

/// A point of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GridPoint {
    /// Relative move of spot.
    pub spot: f64,
    /// Relative move of the 30-day volatility.
    pub volatility: f64,
    /// Share of the loss that counts.
    pub cover: f64,
}

/// Where the moves are from, for the reader.
pub(super) fn source(axes: &GridAxes) -> String {
    match axes {
        GridAxes::Stated { .. } => "stated".to_owned(),
        GridAxes::Rules { rules, coin } => format!("scenarios of '{rules}' for {coin}"),
    }
}

/// The points: of stated axes volatility by volatility, spots increasing.
///
/// # Errors
/// Rules that are not found, without portfolio margin, or without the coin; at `place`.
pub(super) fn points(
    axes: &GridAxes,
    as_of: Timestamp,
    place: &Place,
    loader: &Loader,
) -> Result<Vec<GridPoint>, Violations> {
    match axes {
        GridAxes::Stated { spot, volatility } => {
            let row = |volatility: &f64| {
                let volatility = *volatility;
                spot.iter().map(move |spot| GridPoint { spot: *spot, volatility, cover: 1.0 })
            };
            Ok(volatility.iter().flat_map(row).collect())
        }
        GridAxes::Rules { rules, .. } if rules.ends_with(".toml") => {
            let file = Violation::new(place.clone(), "rules of a grid are named, not in a file");
            Err(file.expected("shipped rules, e.g. `span-generic` or `deribit@2024-06-01`").into())
        }
        GridAxes::Rules { rules, coin } => {
            let sets = RuleSets::shipped()?;
            let found = sets.select(rules, place, Some(as_of), loader)?;
            let fault = |title: String| Violations::from(Violation::new(place.clone(), title));
            let portfolio = found.portfolio.as_ref().ok_or_else(|| {
                fault(format!("the rules '{}' have no portfolio margin", found.id))
            })?;
            of_rules(portfolio, coin).ok_or_else(|| {
                fault(format!("the portfolio margin of '{}' has no {coin}", found.id))
            })
        }
    }
}

/// The scenarios of portfolio margin for a coin, in the venue's order.
fn of_rules(rules: &PortfolioRules, coin: &Symbol) -> Option<Vec<GridPoint>> {
    match rules {
        PortfolioRules::Span(span) => {
            let ranges = span.coins.get(coin).or(span.others.as_ref())?;
            let scenarios = span.scenarios(ranges).into_iter();
            let volatility = |shift| ranges.volatility(1.0, shift) - 1.0;
            let point = |one: crate::margin::grid::SpanScenario| GridPoint {
                spot: one.price_move,
                volatility: volatility(one.volatility),
                cover: one.cover,
            };
            Some(scenarios.map(point).collect())
        }
        PortfolioRules::Deribit(deribit) => {
            let ranges = deribit.coins.get(coin)?;
            let volatility = |shift| match shift {
                VolatilityShift::Up => ranges.volatility_up,
                VolatilityShift::Same => 0.0,
                VolatilityShift::Down => -ranges.volatility_down,
            };
            let point = |one: &crate::margin::grid::DeribitPoint| GridPoint {
                spot: one.price_move,
                volatility: volatility(one.volatility),
                cover: match one.extended {
                    true => (ranges.price_range / one.price_move.abs()).min(1.0),
                    false => 1.0,
                },
            };
            Some(deribit.points(ranges).iter().map(point).collect())
        }
        PortfolioRules::Okx(okx) => {
            let moves = okx.coins.get(coin).unwrap_or(&okx.others);
            let mut spots: Vec<f64> = moves.price_moves.iter().flat_map(|m| [-m, *m]).collect();
            spots.push(0.0);
            spots.sort_by(f64::total_cmp);
            let shift = okx.volatility_move.filter(|shift| *shift > 0.0);
            let shifts = shift.map_or_else(|| vec![0.0], |shift| vec![-shift, 0.0, shift]);
            let main = shifts.iter().flat_map(|volatility| {
                let volatility = *volatility;
                spots.iter().map(move |spot| GridPoint { spot: *spot, volatility, cover: 1.0 })
            });
            let cover = okx.extreme_share.unwrap_or(1.0);
            let extreme = [-moves.extreme_move, moves.extreme_move];
            let extreme = extreme.map(|spot| GridPoint { spot, volatility: 0.0, cover });
            Some(main.chain(extreme).collect())
        }
    }
}
