//! Risks and values that a reader would take to be in the figures and that are not.

use crate::engine::compiled::Compiled;
use crate::engine::plan::Plan;
use crate::outcome::{BookSummary, Threshold, Warning};
use crate::portfolio::Instrument;
use crate::simulation::FactorKey;
use crate::units::grouped;

/// Share of the capital base from which positions outside it are worth a word.
const OUTSIDE_MIN: f64 = 0.05;

/// Options whose implied volatility does not move: VaR and ES then hold no vega risk.
pub(super) fn still_volatilities(plan: &Plan, book: &Compiled) -> Option<Warning> {
    let positions = &book.setting.portfolio.positions;
    let is_held = |coin| {
        positions.iter().any(|position| match &position.instrument {
            Instrument::Option { underlying, .. } => underlying == coin,
            _ => false,
        })
    };
    let still = plan.model.factors.iter().filter(|factor| factor.volatility == 0.0);
    let still = still.filter_map(|factor| match &factor.key {
        FactorKey::Volatility(coin) if is_held(coin) => Some(coin.to_string()),
        _ => None,
    });
    let still: Vec<String> = still.collect();
    (!still.is_empty()).then(|| Warning {
        code: "volatility_held".to_owned(),
        message: format!(
            "Implied volatilities of {} do not move, for want of a history or a stated volatility: \
             VaR and ES hold no vega risk of the options on them. State one under \
             [model.stated_volatility], e.g. \"{}.vol\" = \"90%\".",
            still.join(", "),
            still[0]
        ),
    })
}

/// Positions whose value today is no part of a capital base of collateral.
pub(super) fn positions_outside_capital(
    threshold: &Threshold,
    book: &BookSummary,
) -> Option<Warning> {
    let is_collateral = threshold.capital_base.starts_with("collateral");
    let positions = book.positions_value;
    if !is_collateral || positions.abs() < OUTSIDE_MIN * threshold.capital.abs() {
        return None;
    }
    let which = if positions < 0.0 { "smaller" } else { "larger" };
    Some(Warning {
        code: "positions_outside_capital".to_owned(),
        message: format!(
            "The capital base counts balances alone, {} USD after haircuts; positions are worth {} \
             USD today (spot held as a position, unrealised results, option premiums) and are not \
             in it: what the book is worth is {which} by that.",
            grouped(threshold.capital, 0),
            grouped(positions, 0)
        ),
    })
}
