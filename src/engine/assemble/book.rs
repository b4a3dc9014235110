//! The book today: value, exposure, Greeks, margin.

use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::Control;
use crate::engine::plan::Plan;
use crate::engine::thresholds;
use crate::outcome::{
    AccountMargin, AccountPrices, BookSummary, Exposure, Greeks, GreeksProfile, GreeksProfilePoint,
    GreeksRow,
};
use crate::pricing::{self, BookGreeks, SpotGreeks};

/// Relative spot moves of the delta–gamma profile.
const LADDER: [f64; 21] = [
    -0.50, -0.45, -0.40, -0.35, -0.30, -0.25, -0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15,
    0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50,
];

/// Greeks today and over the ladder.
pub(super) fn greeks(book: &Compiled) -> Result<BookGreeks, EngineError> {
    let setting = &book.setting;
    Ok(pricing::greeks(setting.market, setting.portfolio, setting.pricing, &LADDER)?)
}

/// Value, exposure and Greeks, and margin of every account, of a book that is not simulated.
pub(in crate::engine) fn today(
    plan: &Plan,
    book: &Compiled,
    control: &Control,
) -> Result<(BookSummary, Vec<AccountMargin>), EngineError> {
    let prices = thresholds::prices(book, control)?;
    Ok((summary(plan, book, &greeks(book)?), margin(plan, book, prices)))
}

/// Value, exposure and Greeks.
pub(super) fn summary(plan: &Plan, book: &Compiled, found: &BookGreeks) -> BookSummary {
    let setting = &book.setting;
    let terms = &book.ledger.terms;
    let point = |point: &pricing::ProfilePoint| GreeksProfilePoint {
        spot_move: point.spot_move,
        value_change: point.value_change,
        dollar_delta: point.dollar_delta,
        gamma_1pct: point.gamma_1pct,
    };
    let by_underlying = found.by_underlying.iter();
    BookSummary {
        name: setting.portfolio.name.clone(),
        positions: setting.portfolio.positions.len(),
        value: book.value(),
        positions_value: terms.iter().map(|terms| terms.positions_value).sum(),
        collateral_value: terms.iter().map(|terms| terms.balances_value).sum(),
        collateral_after_haircuts: book.collateral_after_haircuts(),
        exposure: by_underlying
            .clone()
            .map(|(symbol, greeks)| Exposure {
                underlying: symbol.to_string(),
                dollar_delta: greeks.dollar_delta,
            })
            .collect(),
        greeks: Greeks {
            by_underlying: by_underlying.map(|(symbol, one)| row(symbol.as_str(), one)).collect(),
            total: row("total", &found.total),
            profile: GreeksProfile {
                axis: axis(plan),
                points: found.profile.iter().map(point).collect(),
            },
        },
    }
}

fn axis(plan: &Plan) -> String {
    let smile = match plan.pricing_settings().smile {
        pricing::SmileDynamics::StickyDelta => "smiles move with spot",
        pricing::SmileDynamics::StickyStrike => "volatilities stay with their strikes",
    };
    format!("all coins by the same share, today; {smile}")
}

fn row(underlying: &str, greeks: &SpotGreeks) -> GreeksRow {
    GreeksRow {
        underlying: underlying.to_owned(),
        dollar_delta: greeks.dollar_delta,
        gamma_1pct: greeks.gamma_1pct,
        vega_1pt: greeks.vega_1pt,
        theta_1d: greeks.theta_1d,
        funding_1d: greeks.funding_1d,
    }
}

/// Margin of every account at time zero, and by account the `prices` at which its venue would close
/// it.
pub(super) fn margin(
    plan: &Plan,
    book: &Compiled,
    prices: Vec<Vec<AccountPrices>>,
) -> Vec<AccountMargin> {
    let portfolio = book.setting.portfolio;
    let accounts = portfolio.accounts.iter().zip(&book.requirements);
    let row =
        |(account, requirement): (&crate::portfolio::Account, &crate::margin::Requirement)| {
            AccountMargin {
                account: account.name.clone(),
                venue: account.venue.map(|venue| portfolio.venues[venue].name.clone()),
                rules: account.venue.and_then(|venue| plan.rules_name(venue)),
                equity: requirement.equity,
                initial_margin: requirement.initial,
                maintenance_margin: requirement.maintenance,
                margin_ratio: requirement.margin_ratio(),
                leverage: requirement.leverage(),
                margin_call: requirement.margin_call(),
                liquidated_at_once: requirement.liquidated_at_once(),
                prices: Vec::new(),
            }
        };
    let mut rows: Vec<AccountMargin> = accounts.map(row).collect();
    for (row, prices) in rows.iter_mut().zip(prices) {
        row.prices = prices;
    }
    rows
}
