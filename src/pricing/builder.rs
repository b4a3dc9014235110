//! Gathers positions and balances into curves, legs, option groups and cash slots.
//!
//! Keys are ordered maps, so that the compiled order depends on the book alone.

use std::collections::BTreeMap;

use super::book::{CashSlot, FundingLeg, Leg};
use super::curve::{Carry, Curve, CurveKind, PriceSource};
use super::factors::price_factor;
use super::options::{Holding, OptionContract, OptionGroup};
use super::position::{
    Contract, ContractVolatility, ResolvedPosition, Settled, asset, finite, perpetual_ratio,
};
use super::settings::PERPETUAL_TENOR;
use super::smile::SmileTable;
use super::timeline::{NEVER, Timeline};
use super::{PricingError, PricingSettings};
use crate::market::{Asset, Market, Underlying};
use crate::numeric::black76::Right;
use crate::portfolio::{Balance, OptionRight};
use crate::simulation::{FactorKey, FactorModel};
use crate::units::{Symbol, Years};

/// The parts of a compiled book.
pub(super) struct Parts {
    pub curves: Vec<Curve>,
    pub legs: Vec<Leg>,
    pub groups: Vec<OptionGroup>,
    pub slots: Vec<CashSlot>,
    pub funding: Vec<FundingLeg>,
}

/// What makes two curves the same. Expiries by their bits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum CurveKey {
    Price(Symbol),
    Perpetual(Symbol),
    PerpetualInverse(Symbol),
    Forward(Symbol, u64),
    ForwardInverse(Symbol, u64),
    /// One dollar.
    Dollar,
}

/// What makes two legs one: row, slot, curve, expiry moment, bits of the growth rate.
type LegKey = (usize, Option<usize>, usize, usize, u64);
/// What makes options share a group: coin, quote, bits of the expiry.
type GroupKey = (Symbol, Option<Symbol>, u64);

pub(super) struct Builder<'a> {
    market: &'a Market,
    model: &'a FactorModel,
    pub settings: PricingSettings,
    timeline: Timeline,
    curves: Vec<Curve>,
    curve_index: BTreeMap<CurveKey, usize>,
    legs: BTreeMap<LegKey, f64>,
    groups: BTreeMap<GroupKey, OptionGroup>,
    slots: Vec<CashSlot>,
    slot_index: BTreeMap<(usize, usize), usize>,
    funding: BTreeMap<(usize, usize), FundingLeg>,
}

/// Where a leg belongs: its row, when and where it settles.
#[derive(Clone, Copy)]
struct Placement {
    row: usize,
    slot: Option<usize>,
    until: usize,
}

impl<'a> Builder<'a> {
    pub fn new(market: &'a Market, model: &'a FactorModel, settings: PricingSettings) -> Self {
        Self {
            market,
            model,
            settings,
            timeline: Timeline::new(&model.grid),
            curves: Vec::new(),
            curve_index: BTreeMap::new(),
            legs: BTreeMap::new(),
            groups: BTreeMap::new(),
            slots: Vec::new(),
            slot_index: BTreeMap::new(),
            funding: BTreeMap::new(),
        }
    }

    pub fn finish(self) -> Parts {
        let leg = |((row, slot, curve, until, growth), coefficient): (LegKey, f64)| Leg {
            row,
            curve,
            coefficient,
            growth_rate: f64::from_bits(growth),
            until,
            slot,
        };
        Parts {
            curves: self.curves,
            legs: self.legs.into_iter().map(leg).collect(),
            groups: self.groups.into_values().collect(),
            slots: self.slots,
            funding: self.funding.into_values().collect(),
        }
    }

    /// Adds a balance; a borrowed one grows by its interest.
    pub fn add_balance(
        &mut self,
        row: usize,
        account: &str,
        balance: &Balance,
    ) -> Result<(), PricingError> {
        let item = format!("{account}/{}", balance.asset);
        finite(&item, "balance", balance.quantity)?;
        finite(&item, "borrow rate", balance.borrow_rate)?;
        let asset = asset(self.market, &item, &balance.asset)?;
        let curve = self.price_curve(&item, asset)?;
        let growth = if balance.quantity < 0.0 { balance.borrow_rate } else { 0.0 };
        let placement = Placement { row, slot: None, until: NEVER };
        self.add_leg(placement, curve, balance.quantity, growth);
        Ok(())
    }

    /// Adds a position.
    pub fn add_position(
        &mut self,
        row: usize,
        position: &ResolvedPosition<'a>,
    ) -> Result<(), PricingError> {
        match &position.contract {
            Contract::Spot => {
                let curve = self.price_curve(position.id, position.coin)?;
                let placement = Placement { row, slot: None, until: NEVER };
                self.add_leg(placement, curve, position.quantity, 0.0);
                Ok(())
            }
            Contract::Perpetual { underlying, settled, entry } => {
                self.add_perpetual(row, position, underlying, *settled, *entry)
            }
            Contract::Future { underlying, settled, entry, expiry } => {
                self.add_future(row, position, underlying, *settled, *entry, *expiry)
            }
            Contract::Option { .. } => self.add_option(row, position),
        }
    }

    fn add_perpetual(
        &mut self,
        row: usize,
        position: &ResolvedPosition,
        underlying: &Underlying,
        settled: Settled,
        entry: f64,
    ) -> Result<(), PricingError> {
        let slot = self.slot(row, position, settled)?;
        let placement = Placement { row, slot: Some(slot), until: NEVER };
        let coin = position.coin.symbol.clone();
        let key = match settled {
            Settled::Linear(_) => CurveKey::Perpetual(coin),
            Settled::Inverse => CurveKey::PerpetualInverse(coin),
        };
        let carry = self.perpetual_carry(position.id, underlying)?;
        let notional = self.mark_legs(placement, position, settled, entry, key, carry)?;
        let factor = self.factor(position.id, FactorKey::Funding(underlying.symbol.clone()))?;
        if underlying.funding_rate_8h == 0.0 && self.model.factors[factor].volatility == 0.0 {
            return Ok(());
        }
        let funding = self.funding.entry((slot, notional)).or_insert(FundingLeg {
            slot,
            curve: notional,
            coefficient: 0.0,
            rate: underlying.funding_rate_8h,
            factor,
        });
        funding.coefficient += position.quantity;
        Ok(())
    }

    fn add_future(
        &mut self,
        row: usize,
        position: &ResolvedPosition,
        underlying: &Underlying,
        settled: Settled,
        entry: f64,
        expiry: Years,
    ) -> Result<(), PricingError> {
        let until = self.expiry_moment(position.id, expiry)?;
        let slot = match until {
            NEVER => None,
            _ => Some(self.slot(row, position, settled)?),
        };
        let coin = position.coin.symbol.clone();
        let key = match settled {
            Settled::Linear(_) => CurveKey::Forward(coin, expiry.get().to_bits()),
            Settled::Inverse => CurveKey::ForwardInverse(coin, expiry.get().to_bits()),
        };
        let basis = self.factor(position.id, FactorKey::Basis(underlying.symbol.clone()))?;
        let carry = self.dated_carry(underlying, expiry, Some(basis));
        let placement = Placement { row, slot, until };
        self.mark_legs(placement, position, settled, entry, key, carry)?;
        Ok(())
    }

    /// Adds `multiple` times the USD notional of one contract until it expires: the mark of a linear
    /// future, a dollar of an inverse one, the coin of an option; nothing for spot.
    pub fn add_notional(
        &mut self,
        row: usize,
        position: &ResolvedPosition,
        multiple: f64,
    ) -> Result<(), PricingError> {
        let (underlying, settled, expiry) = match &position.contract {
            Contract::Spot => return Ok(()),
            Contract::Perpetual { underlying, settled, .. } => (*underlying, *settled, None),
            Contract::Future { underlying, settled, expiry, .. }
            | Contract::Option { underlying, settled, expiry, .. } => {
                (*underlying, *settled, Some(*expiry))
            }
        };
        let until = expiry.map_or(Ok(NEVER), |expiry| self.expiry_moment(position.id, expiry))?;
        let curve = match (&position.contract, settled) {
            (Contract::Option { .. }, _) => self.price_curve(position.id, position.coin)?,
            (_, Settled::Inverse) => {
                let dollar = PriceSource { price: 1.0, factor: None };
                self.curve(CurveKey::Dollar, Curve::lasting(CurveKind::Price(dollar)))
            }
            (_, Settled::Linear(_)) => self.linear_mark(position, underlying, expiry, until)?,
        };
        self.add_leg(Placement { row, slot: None, until }, curve, multiple, 0.0);
        Ok(())
    }

    /// Adds the USD mark of a perpetual, or the forward of a contract's expiry until it expires;
    /// nothing for spot.
    pub fn add_forward(
        &mut self,
        row: usize,
        position: &ResolvedPosition,
    ) -> Result<(), PricingError> {
        let (underlying, expiry) = match &position.contract {
            Contract::Spot => return Ok(()),
            Contract::Perpetual { underlying, .. } => (*underlying, None),
            Contract::Future { underlying, expiry, .. }
            | Contract::Option { underlying, expiry, .. } => (*underlying, Some(*expiry)),
        };
        let until = expiry.map_or(Ok(NEVER), |expiry| self.expiry_moment(position.id, expiry))?;
        let curve = self.linear_mark(position, underlying, expiry, until)?;
        self.add_leg(Placement { row, slot: None, until }, curve, 1.0, 0.0);
        Ok(())
    }

    /// The curve of a linear perpetual's mark, or of a linear future's forward.
    fn linear_mark(
        &mut self,
        position: &ResolvedPosition,
        underlying: &Underlying,
        expiry: Option<Years>,
        until: usize,
    ) -> Result<usize, PricingError> {
        let spot = self.price_source(position.id, position.coin)?;
        let coin = position.coin.symbol.clone();
        let (key, carry) = match expiry {
            None => (CurveKey::Perpetual(coin), self.perpetual_carry(position.id, underlying)?),
            Some(expiry) => {
                // forwards of options alone do without: futures ask for it when they are valued
                let basis = self.model.index(&FactorKey::Basis(underlying.symbol.clone()));
                let key = CurveKey::Forward(coin, expiry.get().to_bits());
                (key, self.dated_carry(underlying, expiry, basis))
            }
        };
        Ok(self.curve(key, Curve { kind: CurveKind::Forward(spot, carry), until }))
    }

    /// The mark and the entry leg of a future or perpetual; returns the curve of the mark.
    ///
    /// Linear: `q(F − E·P)`. Inverse: `N(S/E − S/F)`.
    fn mark_legs(
        &mut self,
        placement: Placement,
        position: &ResolvedPosition,
        settled: Settled,
        entry: f64,
        key: CurveKey,
        carry: Carry,
    ) -> Result<usize, PricingError> {
        let spot = self.price_source(position.id, position.coin)?;
        let quantity = position.quantity;
        let (kind, mark_sign, entry_amount) = match settled {
            Settled::Linear(_) => (CurveKind::Forward(spot, carry), 1.0, -quantity * entry),
            Settled::Inverse => (CurveKind::Inverse(carry), -1.0, quantity / entry),
        };
        let until = placement.until;
        let mark = self.curve(key, Curve { kind, until });
        let entry_asset = settled.asset(position.coin);
        let entry_curve = self.price_curve(position.id, entry_asset)?;
        self.add_leg(placement, mark, mark_sign * quantity, 0.0);
        self.add_leg(placement, entry_curve, entry_amount, 0.0);
        Ok(mark)
    }

    fn add_option(
        &mut self,
        row: usize,
        position: &ResolvedPosition<'a>,
    ) -> Result<(), PricingError> {
        let Contract::Option { underlying, settled, expiry, strike, right, volatility } =
            &position.contract
        else {
            return Ok(());
        };
        let until = self.expiry_moment(position.id, *expiry)?;
        let slot = match until {
            NEVER => None,
            _ => Some(self.slot(row, position, *settled)?),
        };
        let moves = volatility.moves_along_smile(self.settings.smile);
        let fixed = if moves {
            None
        } else {
            let forward_ratio = underlying.forwards.ratio(*expiry);
            let forward = position.coin.price_usd * forward_ratio / settled.quote_price();
            let today = volatility.at(libm::log(strike / forward), *expiry);
            super::position::not_negative(position.id, "volatility", today)?;
            Some(today)
        };
        let holding = Holding { row, slot, quantity: position.quantity };
        let key = group_key(position, *settled, *expiry);
        if !self.groups.contains_key(&key) {
            let group = self.option_group(position, underlying, *settled, *expiry, until)?;
            self.groups.insert(key.clone(), group);
        }
        let Some(group) = self.groups.get_mut(&key) else {
            return Ok(());
        };
        if let (true, ContractVolatility::Market(source), None) = (moves, volatility, &group.smile)
        {
            let item = underlying.symbol.as_str();
            group.smile = Some(SmileTable::sample(item, |k| source.volatility(k, *expiry))?);
        }
        hold(group, *strike, *right, fixed, holding);
        Ok(())
    }

    fn option_group(
        &self,
        position: &ResolvedPosition,
        underlying: &Underlying,
        settled: Settled,
        expiry: Years,
        until: usize,
    ) -> Result<OptionGroup, PricingError> {
        let coin = underlying.symbol.clone();
        let basis = self.model.index(&FactorKey::Basis(coin.clone()));
        let left = self.timeline.years_left(expiry);
        let discount = |&years: &f64| settled.discount(position.coin, Years(years));
        let damping = |&years: &f64| self.settings.damping(Years(years));
        let quote = match settled {
            Settled::Linear(quote) => Some(self.price_source(position.id, quote)?),
            Settled::Inverse => None,
        };
        Ok(OptionGroup {
            spot: self.price_source(position.id, position.coin)?,
            volatility_factor: self.factor(position.id, FactorKey::Volatility(coin))?,
            quote,
            carry: self.dated_carry(underlying, expiry, basis),
            root_years: left.iter().map(|years| years.sqrt()).collect(),
            discount: left.iter().map(discount).collect(),
            damping: left.iter().map(damping).collect(),
            smile: None,
            until,
            contracts: Vec::new(),
            slots: Vec::new(),
        })
    }

    /// Carry of a dated forward: what is left of today's curve at each moment.
    fn dated_carry(&self, underlying: &Underlying, expiry: Years, basis: Option<usize>) -> Carry {
        let curve = &underlying.forwards;
        let total = curve.log_ratio(expiry);
        let years = self.timeline.years_left(expiry);
        let left = |(&time, &years): (&f64, &f64)| match years {
            0.0 => 0.0,
            _ => total - curve.log_ratio(Years(time)),
        };
        let times = self.timeline.times();
        Carry { log_ratio: times.iter().zip(&years).map(left).collect(), years, basis }
    }

    fn perpetual_carry(&self, item: &str, underlying: &Underlying) -> Result<Carry, PricingError> {
        let basis = self.factor(item, FactorKey::Basis(underlying.symbol.clone()))?;
        let moments = self.timeline.times().len();
        Ok(Carry {
            log_ratio: vec![libm::log(perpetual_ratio(underlying)); moments],
            years: vec![PERPETUAL_TENOR.get(); moments],
            basis: Some(basis),
        })
    }

    fn add_leg(&mut self, at: Placement, curve: usize, coefficient: f64, growth_rate: f64) {
        let key = (at.row, at.slot, curve, at.until, growth_rate.to_bits());
        *self.legs.entry(key).or_insert(0.0) += coefficient;
    }

    fn curve(&mut self, key: CurveKey, curve: Curve) -> usize {
        let curves = &mut self.curves;
        *self.curve_index.entry(key).or_insert_with(|| {
            curves.push(curve);
            curves.len() - 1
        })
    }

    fn price_curve(&mut self, item: &str, asset: &Asset) -> Result<usize, PricingError> {
        let kind = CurveKind::Price(self.price_source(item, asset)?);
        Ok(self.curve(CurveKey::Price(asset.symbol.clone()), Curve::lasting(kind)))
    }

    fn slot(
        &mut self,
        row: usize,
        position: &ResolvedPosition,
        settled: Settled,
    ) -> Result<usize, PricingError> {
        let price = self.price_curve(position.id, settled.asset(position.coin))?;
        let slots = &mut self.slots;
        let index = *self.slot_index.entry((row, price)).or_insert_with(|| {
            slots.push(CashSlot { row, price });
            slots.len() - 1
        });
        Ok(index)
    }

    pub fn price_source(&self, item: &str, asset: &Asset) -> Result<PriceSource, PricingError> {
        let key = price_factor(self.market, &asset.symbol);
        Ok(PriceSource {
            price: asset.price_usd,
            factor: key.map(|key| self.factor(item, key)).transpose()?,
        })
    }

    fn factor(&self, item: &str, key: FactorKey) -> Result<usize, PricingError> {
        factor_index(self.model, item, key)
    }

    fn expiry_moment(&self, item: &str, expiry: Years) -> Result<usize, PricingError> {
        self.timeline
            .moment_of(expiry)
            .ok_or_else(|| PricingError::ExpiryOffGrid { item: item.to_owned(), expiry })
    }
}

/// Index of a factor in the model.
pub(super) fn factor_index(
    model: &FactorModel,
    item: &str,
    key: FactorKey,
) -> Result<usize, PricingError> {
    model
        .index(&key)
        .ok_or_else(|| PricingError::MissingFactor { item: item.to_owned(), factor: key })
}

fn group_key(position: &ResolvedPosition, settled: Settled, expiry: Years) -> GroupKey {
    let quote = match settled {
        Settled::Linear(quote) => Some(quote.symbol.clone()),
        Settled::Inverse => None,
    };
    (position.coin.symbol.clone(), quote, expiry.get().to_bits())
}

/// Adds a holding to the group's contract of that strike, right and volatility.
fn hold(
    group: &mut OptionGroup,
    strike: f64,
    right: OptionRight,
    volatility: Option<f64>,
    holding: Holding,
) {
    let right = kernel_right(right);
    if let Some(slot) = holding.slot
        && let Err(place) = group.slots.binary_search(&slot)
    {
        group.slots.insert(place, slot);
    }
    let same = |contract: &&mut OptionContract| {
        contract.strike == strike && contract.right == right && contract.volatility == volatility
    };
    match group.contracts.iter_mut().find(same) {
        Some(contract) => merge(&mut contract.holdings, holding),
        None => group.contracts.push(OptionContract {
            strike,
            log_strike: libm::log(strike),
            right,
            volatility,
            holdings: vec![holding],
        }),
    }
}

fn merge(holdings: &mut Vec<Holding>, added: Holding) {
    match holdings.iter_mut().find(|held| held.row == added.row) {
        Some(held) => held.quantity += added.quantity,
        None => holdings.push(added),
    }
}

/// The kernels' name for a right.
pub(super) fn kernel_right(right: OptionRight) -> Right {
    match right {
        OptionRight::Call => Right::Call,
        OptionRight::Put => Right::Put,
    }
}
