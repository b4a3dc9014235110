//! Returns of each factor on the history's grid.

use crate::market::history::Quantity;
use crate::market::{Market, PriceHistory, Series};
use crate::scenario::ReturnKind;
use crate::simulation::FactorKey;
use crate::units::Years;

/// Returns `[factor][date]` of the factors that have a history.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FactorReturns {
    /// Spacing of the dates; one day without a history.
    pub interval: Years,
    /// One series a factor, in the model's order; `None` where there is no history.
    pub series: Vec<Option<Vec<Option<f64>>>>,
}

impl FactorReturns {
    pub fn of(market: &Market, keys: &[FactorKey], returns: ReturnKind) -> Self {
        let Some(history) = &market.history else {
            return Self { interval: Years::from_days(1.0), series: vec![None; keys.len()] };
        };
        let series = keys.iter().map(|key| factor_returns(history, key, returns)).collect();
        Self { interval: history.interval, series }
    }

    /// The returns of one factor.
    pub fn get(&self, factor: usize) -> Option<&[Option<f64>]> {
        self.series[factor].as_deref()
    }
}

fn factor_returns(
    history: &PriceHistory,
    key: &FactorKey,
    returns: ReturnKind,
) -> Option<Vec<Option<f64>>> {
    let series = match key {
        FactorKey::Spot(symbol) | FactorKey::Peg(symbol) => history.prices(symbol)?,
        FactorKey::Volatility(symbol) => history.implied_volatilities(symbol)?,
        FactorKey::Funding(symbol) => history
            .series
            .iter()
            .find(|series| &series.symbol == symbol && series.quantity == Quantity::FundingRate)?,
        FactorKey::Basis(_) => return None,
    };
    let changes = match (key.is_additive(), returns) {
        (true, _) => differences(series),
        (false, ReturnKind::Log) => series.log_returns(),
        (false, ReturnKind::Simple) => simple_returns(series),
    };
    changes.iter().any(Option::is_some).then_some(changes)
}

fn differences(series: &Series) -> Vec<Option<f64>> {
    series.values.windows(2).map(|pair| Some(pair[1]? - pair[0]?)).collect()
}

fn simple_returns(series: &Series) -> Vec<Option<f64>> {
    series.values.windows(2).map(|pair| Some(pair[1]? / pair[0]? - 1.0)).collect()
}
