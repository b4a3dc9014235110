//! Today moved: the market, the book's own volatilities and the model after a move.

use std::borrow::Cow;

use crate::market::{AssetKind, Market};
use crate::portfolio::Portfolio;
use crate::simulation::FactorModel;
use crate::threshold::CapitalBase;

/// A move of today's market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Move {
    /// Nothing.
    None,
    /// Every coin's price by this share. Forwards and smiles move along: they are relative to spot.
    Spot(f64),
    /// Every volatility by this share: those implied today and those the factors move with.
    Volatility(f64),
}

/// The market after the move.
pub(super) fn market(market: &Market, change: Move) -> Cow<'_, Market> {
    match change {
        Move::None => Cow::Borrowed(market),
        Move::Spot(change) => {
            let mut moved = market.clone();
            let coins = moved.assets.iter_mut().filter(|asset| asset.kind == AssetKind::Coin);
            coins.for_each(|coin| coin.price_usd *= 1.0 + change);
            Cow::Owned(moved)
        }
        Move::Volatility(change) => {
            let mut moved = market.clone();
            let sources = moved.underlyings.iter_mut().filter_map(|one| one.volatility.as_mut());
            sources.for_each(|source| *source = source.scaled(1.0 + change));
            Cow::Owned(moved)
        }
    }
}

/// The book after the move: positions that bring their own volatility bring it moved.
pub(super) fn portfolio(portfolio: &Portfolio, change: Move) -> Cow<'_, Portfolio> {
    let Move::Volatility(change) = change else { return Cow::Borrowed(portfolio) };
    let mut moved = portfolio.clone();
    let own = moved.positions.iter_mut().filter_map(|position| position.volatility.as_mut());
    own.for_each(|volatility| *volatility *= 1.0 + change);
    Cow::Owned(moved)
}

/// The model after the move.
pub(super) fn model(model: &FactorModel, change: Move) -> Cow<'_, FactorModel> {
    match change {
        Move::Volatility(change) => Cow::Owned(model.scaled_volatility(1.0 + change)),
        Move::None | Move::Spot(_) => Cow::Borrowed(model),
    }
}

/// The book with every position times `scale`, and accounts kept at so many times their leverage.
pub(super) fn scaled(portfolio: &Portfolio, scale: f64) -> Portfolio {
    let mut scaled = portfolio.clone();
    scaled.positions.iter_mut().for_each(|position| position.quantity *= scale);
    let rules = scaled.accounts.iter_mut().filter_map(|account| account.rebalancing.as_mut());
    rules.for_each(|rule| *rule = rule.scaled(scale));
    scaled
}

/// The capital base once `lost` is gone from what is stated.
pub(super) fn after_loss(base: &CapitalBase, lost: f64) -> CapitalBase {
    match *base {
        CapitalBase::Regulatory { amount } => CapitalBase::Regulatory { amount: amount - lost },
        CapitalBase::Lesser { regulatory } => CapitalBase::Lesser { regulatory: regulatory - lost },
        CapitalBase::Collateral => CapitalBase::Collateral,
    }
}
