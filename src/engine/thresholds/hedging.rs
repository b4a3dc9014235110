//! Delta and gamma of each coin over its spot ladder, and the flow that keeping the hedge asks of
//! the market.

use crate::engine::compiled::Compiled;
use crate::market::Liquidity;
use crate::outcome::{HedgingLadder, HedgingPoint};
use crate::pricing::{BookGreeks, ProfilePoint, SpotGreeks};
use crate::units::Symbol;

/// One ladder a coin that the book is exposed to, from the profile of its Greeks.
///
/// Coins are moved together, but the value of a position is a function of its own coin (and, of a
/// linear contract quoted in a coin, first order in that): delta and gamma of a coin at a move are
/// those of the coin moved alone.
pub(in crate::engine) fn hedging(book: &Compiled, greeks: &BookGreeks) -> Vec<HedgingLadder> {
    let coins = greeks.by_underlying.iter().map(|(symbol, _)| symbol);
    coins.map(|symbol| ladder(book, symbol, &greeks.profile)).filter(is_exposed).collect()
}

fn is_exposed(ladder: &HedgingLadder) -> bool {
    ladder.points.iter().any(|point| point.dollar_delta != 0.0 || point.gamma_1pct != 0.0)
}

fn ladder(book: &Compiled, symbol: &Symbol, profile: &[ProfilePoint]) -> HedgingLadder {
    let underlying = book.setting.market.underlying(symbol);
    let liquidity = underlying.and_then(|underlying| underlying.liquidity.as_ref());
    let point = |point: &ProfilePoint| {
        let here = point.by_underlying.iter().find(|(coin, _)| coin == symbol);
        told(point.spot_move, here.map_or_else(SpotGreeks::default, |(_, one)| *one), liquidity)
    };
    HedgingLadder {
        underlying: symbol.to_string(),
        depth_1pct: liquidity.map(|liquidity| liquidity.depth_1pct_usd),
        daily_volume: liquidity.map(|liquidity| liquidity.adv_usd),
        points: profile.iter().map(point).collect(),
    }
}

fn told(spot_move: f64, greeks: SpotGreeks, liquidity: Option<&Liquidity>) -> HedgingPoint {
    let SpotGreeks { dollar_delta, gamma_1pct, .. } = greeks;
    let share = |of: f64| (of > 0.0).then(|| gamma_1pct.abs() / of);
    HedgingPoint {
        spot_move,
        dollar_delta,
        gamma_1pct,
        // Zero has no sign.
        flow_1pct: 0.0 - gamma_1pct,
        share_of_depth: liquidity.and_then(|liquidity| share(liquidity.depth_1pct_usd)),
        share_of_volume: liquidity.and_then(|liquidity| share(liquidity.adv_usd)),
    }
}
