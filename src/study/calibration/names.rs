//! What objectives are called, and how they are estimated.

use super::document::{ObjectiveDocument, Quantity, Statistic};
use crate::outcome::Objective;

/// An objective for outputs.
pub(super) fn objective(document: &ObjectiveDocument, level: f64) -> Objective {
    let (name, definition) = match document.quantity {
        Quantity::BadDebt => ("bad debt", "owed to venues once nothing is left to close"),
        Quantity::LiquidatedNotional => (
            "liquidated notional",
            "notional that venues close, debt that liquidators of loans repay",
        ),
        Quantity::Cost => (
            "cost",
            "fees and slippage of liquidations, slippage of stop orders, cost of rebalancing, what \
             liquidators of loans take beyond what they repay",
        ),
        Quantity::IdleCapital => {
            let estimator = "margin balance beyond initial margin at time zero, summed over \
                             accounts; exact";
            return Objective { name: "idle capital".to_owned(), estimator: estimator.to_owned() };
        }
    };
    let percent = crate::units::grouped(level * 100.0, 4);
    let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
    let (statistic, estimator) = match document.statistic {
        Statistic::Mean => ("mean".to_owned(), "mean over paths; error: their spread".to_owned()),
        Statistic::ExpectedShortfall => (
            format!("ES {percent} %"),
            format!(
                "mean of the largest {} % of paths, boundary weighted (Acerbi–Tasche); error: \
                 spread of influence values",
                crate::units::grouped((1.0 - level) * 100.0, 4)
                    .trim_end_matches('0')
                    .trim_end_matches('.')
            ),
        ),
    };
    Objective {
        name: format!("{name}, {statistic}"),
        estimator: format!("{definition}; {estimator}"),
    }
}
