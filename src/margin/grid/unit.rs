//! All contracts of an account on one coin, with today's state.

use std::collections::BTreeMap;

use super::contract::{GridContract, GridCurrency, GridProfit, GridState};
use super::{ExpiryDelta, VolatilityShift};
use crate::market::Market;
use crate::numeric::black76::Black76;
use crate::portfolio::{Portfolio, Settlement};
use crate::pricing::{PricingError, asset_price};
use crate::units::Symbol;

/// Contracts on one coin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RiskUnit {
    pub coin: Symbol,
    /// USD price of the coin.
    pub spot: f64,
    pub contracts: Vec<Leg>,
}

/// A contract and its state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leg {
    /// Name of the position, for messages.
    pub id: String,
    pub contract: GridContract,
    pub state: GridState,
    /// Asset it is quoted in: USD for inverse contracts.
    pub quote: Symbol,
}

impl RiskUnit {
    /// The contracts of `positions`, by coin.
    pub fn of(
        market: &Market,
        portfolio: &Portfolio,
        positions: &[usize],
    ) -> Result<Vec<Self>, PricingError> {
        let mut units: BTreeMap<Symbol, Self> = BTreeMap::new();
        for &index in positions {
            let position = &portfolio.positions[index];
            let Some(contract) = GridContract::of(position) else { continue };
            let state = GridState::today(market, position)?;
            let coin = position.instrument.underlying();
            let spot = asset_price(market, &position.id, coin)?;
            let quote = match position.instrument.settlement() {
                Some(Settlement::Linear { quote }) => quote.clone(),
                _ => Symbol::usd(),
            };
            let unit = units.entry(coin.clone()).or_insert_with(|| Self {
                coin: coin.clone(),
                spot,
                contracts: Vec::new(),
            });
            unit.contracts.push(Leg { id: position.id.clone(), contract, state, quote });
        }
        Ok(units.into_values().collect())
    }

    /// The coin where any contract is inverse, else dollars.
    pub fn currency(&self) -> GridCurrency {
        let inverse = |leg: &Leg| leg.contract.currency == GridCurrency::Coin;
        let any = self.contracts.iter().any(inverse);
        if any { GridCurrency::Coin } else { GridCurrency::Usd }
    }

    /// Profit of all contracts when the price moves, volatilities become `shifted` and `days` pass.
    pub fn profit(
        &self,
        price_move: f64,
        days: f64,
        shifted: impl Fn(&GridState) -> f64,
    ) -> GridProfit {
        let mut sum = GridProfit::default();
        for Leg { contract, state, .. } in &self.contracts {
            let years = (state.years - days / crate::units::DAYS_PER_YEAR).max(0.0);
            sum.add(contract.profit(state, price_move, shifted(state), years));
        }
        sum
    }

    /// Deltas by expiry.
    pub fn deltas(&self) -> Vec<ExpiryDelta> {
        self.by_expiry(|leg| leg.contract.delta(&leg.state))
            .into_iter()
            .map(|(years, coins)| ExpiryDelta { years, coins })
            .collect()
    }

    /// Deltas by quote currency, coins.
    pub fn deltas_by_quote(&self) -> BTreeMap<Symbol, f64> {
        let mut sums = BTreeMap::new();
        for leg in &self.contracts {
            *sums.entry(leg.quote.clone()).or_insert(0.0) += leg.contract.delta(&leg.state);
        }
        sums
    }

    /// Sums by time to expiry, soonest first.
    pub fn by_expiry(&self, amount: impl Fn(&Leg) -> f64) -> Vec<(f64, f64)> {
        let mut sums: Vec<(f64, f64)> = Vec::new();
        for leg in &self.contracts {
            let years = leg.state.years;
            match sums.binary_search_by(|(other, _)| other.total_cmp(&years)) {
                Ok(at) => sums[at].1 += amount(leg),
                Err(at) => sums.insert(at, (years, amount(leg))),
            }
        }
        sums
    }

    /// The first option, where there is any.
    pub fn first_option(&self) -> Option<&Leg> {
        self.contracts.iter().find(|leg| leg.is_option())
    }
}

impl Leg {
    pub fn is_option(&self) -> bool {
        matches!(self.contract.payoff, super::GridPayoff::Option { .. })
    }

    /// USD notional, zero or above; options count their coins.
    pub fn notional(&self, spot: f64) -> f64 {
        let size = self.contract.quantity.abs();
        match (self.is_option(), self.contract.currency) {
            (true, _) => size * spot,
            (false, GridCurrency::Coin) => size,
            (false, GridCurrency::Usd) => size * self.state.forward,
        }
    }

    /// USD value and vega (for a volatility change of one) of an option; zero for a future.
    pub fn value_and_vega(&self, spot: f64) -> (f64, f64) {
        let Some(option) = self.black76() else { return (0.0, 0.0) };
        let greeks = option.greeks();
        let usd = match self.contract.currency {
            GridCurrency::Coin => spot / self.state.forward,
            GridCurrency::Usd => self.state.quote_price,
        };
        let factor = self.contract.quantity * usd;
        (factor * greeks.value, factor * greeks.vega)
    }

    fn black76(&self) -> Option<Black76> {
        self.contract.option(&self.state)
    }
}

/// Volatilities as they are.
pub(super) fn unshifted(state: &GridState) -> f64 {
    state.volatility
}

/// A relative volatility move either way.
pub(super) fn relative(volatility: f64, range: f64, shift: VolatilityShift) -> f64 {
    match shift {
        VolatilityShift::Same => volatility,
        VolatilityShift::Up => volatility * (1.0 + range),
        VolatilityShift::Down => (volatility * (1.0 - range)).max(0.0),
    }
}
