//! Cash of a compiled book: where it lies, when it moves, what it is worth.

use super::book::CompiledBook;
use super::builder::factor_index;
use super::curve::{CurveKind, PriceSource};
use super::factors::price_factor;
use super::position::asset;
use super::state::PathState;
use super::timeline::NEVER;
use super::{PricingError, Row};
use crate::market::Market;
use crate::portfolio::{Instrument, Position};
use crate::simulation::FactorModel;
use crate::units::Symbol;

/// USD price of the asset that `position` is paid out in when it is closed: what it settles in;
/// dollars for spot, which is sold.
///
/// # Errors
/// What market or model lack.
pub fn settlement_price(
    market: &Market,
    model: &FactorModel,
    position: &Position,
) -> Result<PriceSource, PricingError> {
    let paid = match &position.instrument {
        Instrument::Spot { .. } => return Ok(PriceSource { price: 1.0, factor: None }),
        other => other.settlement_asset(),
    };
    asset_source(market, model, &position.id, paid)
}

/// USD price of an asset, for `item`.
///
/// # Errors
/// What market or model lack.
pub fn asset_source(
    market: &Market,
    model: &FactorModel,
    item: &str,
    symbol: &Symbol,
) -> Result<PriceSource, PricingError> {
    let price = asset(market, item, symbol)?.price_usd;
    let key = price_factor(market, symbol);
    let factor = key.map(|key| factor_index(model, item, key)).transpose()?;
    Ok(PriceSource { price, factor })
}

impl CompiledBook {
    /// Whether positions have one row an account.
    pub fn is_by_account(&self) -> bool {
        self.rows
            .iter()
            .all(|row| matches!(row, Row::AccountPositions(_) | Row::AccountBalances(_)))
    }

    /// Every cash slot: its index, the index of its row, the USD price of its asset.
    pub fn cash_slots(&self) -> impl Iterator<Item = (usize, usize, PriceSource)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(index, slot)| match self.curves[slot.price].kind {
            CurveKind::Price(source) => Some((index, slot.row, source)),
            CurveKind::Forward(..) | CurveKind::Inverse(_) => None,
        })
    }

    /// Whether [`Self::step`] reads the levels of the node before: funding accrues over steps.
    pub fn looks_back(&self) -> bool {
        !self.funding.is_empty()
    }

    /// Whether cash moves anywhere inside the horizon.
    pub fn moves_cash(&self) -> bool {
        (1..self.timeline.times().len()).any(|moment| self.moves_cash_at(moment))
    }

    /// Whether funding is paid, or something settles, at `moment`.
    pub(super) fn moves_cash_at(&self, moment: usize) -> bool {
        !self.funding.is_empty()
            || self.legs.iter().any(|leg| leg.until == moment && leg.until != NEVER)
            || self.groups.iter().any(|group| group.until == moment)
    }
}

impl PathState {
    /// Units of the asset in a slot, `[path]`.
    pub fn cash(&self, slot: usize) -> &[f64] {
        &self.cash[slot * self.path_count..][..self.path_count]
    }
}
