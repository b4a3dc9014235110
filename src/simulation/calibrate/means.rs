//! Expected log growth of each factor at each node.

use crate::market::Market;
use crate::scenario::Drift;
use crate::simulation::{FactorKey, TimeGrid};
use crate::units::{Symbol, Years};

/// `ln(E[S_t]/S_0)` at each node for spots and pegs; zeros for the others.
pub(super) fn log_means(
    drift: &Drift,
    key: &FactorKey,
    market: &Market,
    grid: &TimeGrid,
) -> Vec<f64> {
    let at = |&node: &Years| match key {
        FactorKey::Spot(symbol) | FactorKey::Peg(symbol) => log_mean(drift, symbol, market, node),
        FactorKey::Volatility(_) | FactorKey::Basis(_) | FactorKey::Funding(_) => 0.0,
    };
    grid.nodes.iter().map(at).collect()
}

fn log_mean(drift: &Drift, symbol: &Symbol, market: &Market, node: Years) -> f64 {
    let forward = || market.underlying(symbol).map_or(0.0, |coin| coin.forwards.log_ratio(node));
    match drift {
        Drift::Zero => 0.0,
        Drift::Martingale => forward(),
        Drift::Annual(rates) => rates
            .iter()
            .find(|(asset, _)| asset == symbol)
            .map_or_else(forward, |(_, rate)| rate * node.get()),
    }
}
