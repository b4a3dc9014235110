//! The portfolio margin of an account at a moment of a path, and what each coin adds to it.
//!
//! Flows in: the contracts of an account, once; then how much of each is held and its state. Flows
//! out: [`Margin`] in USD, by the code that measures the account today
//! ([`AccountGrid`](super::AccountGrid)); and, for approximations, functions of each coin alone of
//! which the margin of all is made ([`PathGrid::functions`], [`PathGrid::combined`]).

use super::PortfolioRules;
use super::book::{deribit_entries, deribit_margin, okx_margin, span_margin};
use super::contract::{GridContract, GridState};
use super::unit::{Leg, RiskUnit};
use crate::margin::{Margin, MarginError};
use crate::market::Market;
use crate::portfolio::Portfolio;

/// The contracts of an account under portfolio margin.
#[derive(Debug, Clone)]
pub struct PathGrid {
    rules: PortfolioRules,
    id: String,
    units: Vec<RiskUnit>,
    /// For each unit and leg its place among the positions.
    places: Vec<Vec<usize>>,
}

/// A contract at a moment of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldState {
    /// Share of today's quantity that is held.
    pub held: f64,
    /// USD price of the coin.
    pub spot: f64,
    /// The state it is revalued in.
    pub state: GridState,
}

impl PathGrid {
    /// Of `positions` (indices into the portfolio's); their places in that list name them later.
    ///
    /// # Errors
    /// What the market lacks.
    pub fn compile(
        rules: &PortfolioRules,
        id: &str,
        market: &Market,
        portfolio: &Portfolio,
        positions: &[usize],
    ) -> Result<Self, MarginError> {
        let units = RiskUnit::of(market, portfolio, positions)?;
        let place_of = |leg: &Leg| {
            let same = |at: &usize| portfolio.positions[*at].id == leg.id;
            positions.iter().position(same).unwrap_or(usize::MAX)
        };
        let places = |unit: &RiskUnit| unit.contracts.iter().map(place_of).collect();
        let places = units.iter().map(places).collect();
        Ok(Self { rules: rules.clone(), id: id.to_owned(), units, places })
    }

    /// Coins with contracts.
    pub fn unit_count(&self) -> usize {
        self.units.len()
    }

    /// Places of the positions on one of the coins.
    pub fn places(&self, unit: usize) -> &[usize] {
        &self.places[unit]
    }

    /// The margin with every contract as `state` says by its place; `None`: it is not there any
    /// more. `borrowed` is the USD value of what the account owes.
    pub fn margin(&self, state: impl Fn(usize) -> Option<HeldState>, borrowed: f64) -> Margin {
        let units: Vec<RiskUnit> =
            (0..self.units.len()).filter_map(|unit| self.unit(unit, &state)).collect();
        match &self.rules {
            PortfolioRules::Deribit(rules) => deribit_margin(rules, &self.id, &units),
            PortfolioRules::Okx(rules) => okx_margin(rules, &units, borrowed),
            PortfolioRules::Span(rules) => span_margin(rules, &self.id, &units),
        }
    }

    /// A coin's contracts in their states; `None` where none is left.
    fn unit(&self, unit: usize, state: impl Fn(usize) -> Option<HeldState>) -> Option<RiskUnit> {
        let (template, places) = (&self.units[unit], &self.places[unit]);
        let mut spot = template.spot;
        let mut contracts = Vec::with_capacity(template.contracts.len());
        for (leg, &place) in template.contracts.iter().zip(places) {
            let Some(found) = state(place).filter(|found| found.held != 0.0) else { continue };
            spot = found.spot;
            let quantity = found.held * leg.contract.quantity;
            let contract = GridContract { quantity, ..leg.contract };
            contracts.push(Leg { contract, state: found.state, ..leg.clone() });
        }
        let coin = template.coin.clone();
        (!contracts.is_empty()).then_some(RiskUnit { coin, spot, contracts })
    }

    /// Functions of the state of one coin's contracts alone that [`Self::combined`] makes the
    /// initial margin of: what it counts at every point of a Deribit grid and its add-ons, or its
    /// own initial margin under other rules. As many for every coin as [`Self::function_count`].
    pub fn functions(&self, unit: usize, state: impl Fn(usize) -> Option<HeldState>) -> Vec<f64> {
        let Some(unit) = self.unit(unit, state) else { return vec![0.0; self.function_count()] };
        match &self.rules {
            PortfolioRules::Deribit(rules) => deribit_entries(rules, &self.id, &unit),
            PortfolioRules::Okx(rules) => vec![okx_margin(rules, &[unit], 0.0).initial],
            PortfolioRules::Span(rules) => vec![span_margin(rules, &self.id, &[unit]).initial],
        }
    }

    /// Functions of one coin.
    pub fn function_count(&self) -> usize {
        match &self.rules {
            PortfolioRules::Deribit(rules) => rules.point_count() + 1,
            PortfolioRules::Okx(_) | PortfolioRules::Span(_) => 1,
        }
    }

    /// Initial margin of all coins from the functions of each, coin after coin, without what is
    /// charged on borrowing.
    pub fn combined(&self, functions: &[f64]) -> f64 {
        match &self.rules {
            PortfolioRules::Deribit(rules) => rules.combined(functions, self.function_count()),
            PortfolioRules::Okx(_) | PortfolioRules::Span(_) => functions.iter().sum(),
        }
    }

    /// Initial margin charged on what the account owes, in USD.
    pub fn borrowing(&self, borrowed: f64) -> f64 {
        match &self.rules {
            PortfolioRules::Okx(rules) => okx_margin(rules, &[], borrowed).initial,
            PortfolioRules::Deribit(_) | PortfolioRules::Span(_) => 0.0,
        }
    }

    /// Maintenance margin over initial margin, the same for any book.
    pub fn maintenance_share(&self) -> f64 {
        match &self.rules {
            PortfolioRules::Deribit(rules) => rules.maintenance_share,
            PortfolioRules::Okx(rules) => 1.0 / rules.initial_multiple,
            PortfolioRules::Span(rules) => 1.0 / rules.initial_multiple,
        }
    }
}
