//! What the options of a watched account add to its equity less requirement.

use super::watched::{Contract, Watched};
use crate::margin::{MarginError, OptionValue};
use crate::market::Market;
use crate::numeric::combination::add_weighted;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Instrument, OptionRight, Portfolio, Position};
use crate::pricing::{
    CompiledBook, Granularity, PathState, PriceSource, PricingSettings, asset_source,
};
use crate::simulation::{FactorBlock, FactorModel};

/// The options of one account.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// One row a contract.
    book: CompiledBook,
    contracts: Vec<OptionContract>,
}

/// How the value of one contract counts.
#[derive(Debug, Clone)]
struct OptionContract {
    /// Share of its value in equity less requirement: all or nothing.
    counted: f64,
    /// Share of its value in the requirement.
    required: f64,
    put: Option<ShortPut>,
}

/// A short put, whose maintenance margin is a share of the dearer of coin and option.
#[derive(Debug, Clone)]
pub(super) struct ShortPut {
    maintenance: f64,
    /// Coins, positive.
    pub coins: f64,
    pub spot: PriceSource,
}

/// What options are added to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// Equity less requirement.
    Headroom,
    /// The requirement alone.
    Requirement,
}

/// Room for the values of one account's options.
#[derive(Debug, Clone)]
pub(super) struct OptionScratch {
    /// `[contract][path]` of one account.
    pub values: Vec<f64>,
    pub prices: Vec<f64>,
}

impl Options {
    /// `None` where the account holds none that its venue looks at.
    pub fn compile(
        watched: &Watched,
        market: &Market,
        model: &FactorModel,
        portfolio: &Portfolio,
        settings: PricingSettings,
    ) -> Result<Option<Self>, MarginError> {
        let Some(rules) = watched.rules.options else { return Ok(None) };
        let held: Vec<&Contract> = watched.contracts.iter().filter(|one| one.is_option()).collect();
        if held.is_empty() {
            return Ok(None);
        }
        let positions: Vec<Position> = held.iter().map(|one| one.position.clone()).collect();
        let bare = Portfolio { positions, ..super::reader::bare(portfolio) };
        let granularity = Granularity::Position;
        let book = CompiledBook::compile(market, &bare, model, settings, granularity)?;
        let contract = |held: &&Contract| {
            let short = held.position.quantity < 0.0;
            let spot = || asset_source(market, model, &held.position.id, held.coin());
            let put = (short && held.is_put())
                .then(|| {
                    let (maintenance, coins) = (held.maintenance, -held.position.quantity);
                    Ok::<_, MarginError>(ShortPut { maintenance, coins, spot: spot()? })
                })
                .transpose()?;
            let in_requirement = rules.value == OptionValue::Requirement;
            Ok(OptionContract {
                counted: if in_requirement && !short { 0.0 } else { 1.0 },
                required: if in_requirement && short { -1.0 } else { 0.0 },
                put,
            })
        };
        let contracts: Result<_, MarginError> = held.iter().map(contract).collect();
        Ok(Some(Self { book, contracts: contracts? }))
    }

    /// Contracts held.
    pub fn contract_count(&self) -> usize {
        self.contracts.len()
    }

    /// One row a contract.
    pub fn book(&self) -> &CompiledBook {
        &self.book
    }

    /// Whether each contract's value counts in equity less requirement.
    pub fn counted(&self) -> impl Iterator<Item = bool> {
        self.contracts.iter().map(|contract| contract.counted != 0.0)
    }

    /// The short put that each contract is, if it is one.
    pub fn puts(&self) -> impl Iterator<Item = Option<&ShortPut>> {
        self.contracts.iter().map(|contract| contract.put.as_ref())
    }

    /// Adds all contracts to `out`, which is of `side`, on every path.
    pub fn add(
        &self,
        isa: InstructionSet,
        (side, moment): (Side, usize),
        block: &FactorBlock,
        (state, scratch): (&mut PathState, &mut OptionScratch),
        out: &mut [f64],
    ) {
        let count = block.path_count();
        let OptionScratch { values, prices } = scratch;
        let values = &mut values[..self.contracts.len() * count];
        self.book.start_block(state, count);
        match moment.checked_sub(1) {
            None => self.book.values_today(isa, block, state, values),
            Some(node) => self.book.values(isa, node, block, state, values),
        }
        for (contract, values) in self.contracts.iter().zip(values.chunks(count)) {
            let share = match side {
                Side::Headroom => contract.counted,
                Side::Requirement => contract.required,
            };
            add_weighted(isa, &[(share, values)], out);
            if let Some(put) = &contract.put {
                put.add_excess(side, values, (block, &mut prices[..count]), out);
            }
        }
    }
}

impl OptionScratch {
    pub fn new(contract_count: usize, path_capacity: usize) -> Self {
        let values = vec![0.0; contract_count * path_capacity];
        Self { values, prices: vec![0.0; path_capacity] }
    }
}

impl ShortPut {
    /// Adds to `side` the requirement beyond that of the coin: `maintenance · max(V − S, 0)`.
    pub fn add_excess(
        &self,
        side: Side,
        values: &[f64],
        (block, spots): (&FactorBlock, &mut [f64]),
        out: &mut [f64],
    ) {
        let sign = match side {
            Side::Headroom => -1.0,
            Side::Requirement => 1.0,
        };
        self.spot.fill(block, spots);
        for ((slot, value), spot) in out.iter_mut().zip(values).zip(&*spots) {
            let excess = (-value - self.coins * spot).max(0.0);
            *slot += sign * self.maintenance * excess;
        }
    }
}

impl Contract {
    fn is_option(&self) -> bool {
        matches!(self.position.instrument, Instrument::Option { .. })
    }

    fn is_put(&self) -> bool {
        matches!(self.position.instrument, Instrument::Option { right: OptionRight::Put, .. })
    }

    fn coin(&self) -> &crate::units::Symbol {
        self.position.instrument.underlying()
    }
}
