//! What closing the book over the stated liquidation horizon costs.
//!
//! Each coin's positions are closed for their gross dollar delta today, options too: long and short
//! at different venues are traded both. Depth is that of today, half-spreads are stressed.

use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::plan::Plan;
use crate::margin::impact::PriceImpact;
use crate::margin::liquidity_cost::{
    ClosingCost, ClosingTerms, Unwind, closing_cost, market_risk_factor,
};
use crate::market::Liquidity;
use crate::outcome::{BookClosing, CoinClosing};
use crate::scenario::ClosingSettings;
use crate::threshold::add_on::TradedExposure;
use crate::units::{DAYS_PER_YEAR, Symbol};

/// Closes notionals as the scenario says.
pub(in crate::engine) struct Closing {
    settings: ClosingSettings,
    coins: Vec<(Symbol, Liquidity, PriceImpact)>,
}

impl Closing {
    /// `None` where the scenario states no liquidation horizon.
    pub fn new(plan: &Plan, book: &Compiled) -> Option<Self> {
        let settings = plan.scenario.events.closing?;
        let coin = |underlying: &crate::market::Underlying| {
            let liquidity = underlying.liquidity.clone()?;
            let impact = PriceImpact::new(&liquidity, daily_volatility(book, &underlying.symbol));
            Some((underlying.symbol.clone(), liquidity, impact))
        };
        let coins = book.setting.market.underlyings.iter().filter_map(coin).collect();
        Some(Self { settings, coins })
    }

    /// The cost of closing `notional` USD of a coin; `None` where the market states no liquidity.
    pub fn of(&self, underlying: &str, notional: f64) -> Option<ClosingCost> {
        let coin = self.coins.iter().find(|(symbol, ..)| symbol.as_str() == underlying);
        let (_, liquidity, impact) = coin?;
        let terms = ClosingTerms {
            horizon_days: self.settings.horizon.days(),
            participation: self.settings.participation,
            spread_deviations: self.settings.spread_deviations,
            stress: 0.0,
        };
        Some(closing_cost(liquidity, impact, &terms, notional))
    }
}

/// Standard deviation of a day's return in the model; zero where the coin is no factor of it.
fn daily_volatility(book: &Compiled, symbol: &Symbol) -> f64 {
    let index = book.underlyings.iter().position(|one| one == symbol);
    index.map_or(0.0, |index| {
        let factor = &book.setting.model.factors[book.ledger.spot_factors[index]];
        factor.volatility / DAYS_PER_YEAR.sqrt()
    })
}

/// The cost of closing all positions, whose gross exposures are `traded`.
pub(in crate::engine) fn closing(
    plan: &Plan,
    book: &Compiled,
    traded: &[TradedExposure],
) -> Result<Option<BookClosing>, EngineError> {
    let Some(closing) = Closing::new(plan, book) else { return Ok(None) };
    let exposed = traded.iter().filter(|exposure| exposure.gross > 0.0);
    let (mut rows, mut unknown) = (Vec::new(), Vec::new());
    for exposure in exposed {
        match closing.of(&exposure.underlying, exposure.gross) {
            Some(cost) => rows.push(row(exposure, &cost)),
            None => unknown.push(exposure.underlying.clone()),
        }
    }
    rows.sort_by(|a, b| (b.spread + b.impact).total_cmp(&(a.spread + a.impact)));
    let ClosingSettings { horizon, participation, spread_deviations } = closing.settings;
    Ok(Some(BookClosing {
        horizon_years: horizon.get(),
        participation,
        spread_deviations,
        cost: rows.iter().map(|row| row.spread + row.impact).sum(),
        left: rows.iter().map(|row| row.left).sum(),
        by_underlying: rows,
        unknown,
        estimator: "gross dollar delta of the positions today, options too; half-spread stressed \
                    (Bangia et al. 1999), mean impact of each day's order, depth as today"
            .to_owned(),
    }))
}

fn row(exposure: &TradedExposure, cost: &ClosingCost) -> CoinClosing {
    CoinClosing {
        underlying: exposure.underlying.clone(),
        notional: exposure.gross,
        closed: cost.closed,
        left: cost.left,
        days_needed: cost.days_needed,
        spread: cost.spread,
        impact: cost.impact,
        market_risk_factor: market_risk_factor(Unwind::Even, cost.days),
    }
}
