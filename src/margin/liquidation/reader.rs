//! Equity less requirement, requirement and notional of every watched account over a block.

use super::watched::{Contract, Watched};
use crate::margin::{MarginError, OptionValue};
use crate::market::Market;
use crate::numeric::combination::add_weighted;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Balance, Instrument, OptionRight, Portfolio, Position};
use crate::pricing::{
    CompiledBook, Granularity, LinesScratch, PathState, PriceLines, PriceLinesBuilder, PriceSource,
    PricingSettings, asset_source,
};
use crate::simulation::{FactorBlock, FactorModel};

/// Lines of one account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    /// Equity less requirement, but for options.
    Headroom,
    /// Balances after haircuts.
    Collateral,
    /// Requirement, but for what depends on the value of options.
    Requirement,
    /// Gross notional.
    Notional,
}

const LINES: usize = 4;

/// Compiled lines and options of all watched accounts.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    lines: PriceLines,
    /// Of each account, where it holds any.
    options: Vec<Option<Options>>,
}

/// The options of one account.
#[derive(Debug, Clone)]
struct Options {
    /// One row a contract.
    book: CompiledBook,
    contracts: Vec<OptionContract>,
}

/// How the value of one contract counts.
#[derive(Debug, Clone)]
struct OptionContract {
    /// Share of its value in equity less requirement.
    counted: f64,
    /// Share of its value in the requirement.
    required: f64,
    put: Option<ShortPut>,
}

/// A short put, whose maintenance margin is a share of the dearer of coin and option.
#[derive(Debug, Clone)]
struct ShortPut {
    maintenance: f64,
    /// Coins, positive.
    coins: f64,
    spot: PriceSource,
}

/// Room to read a block of up to a number of paths.
#[derive(Debug, Clone)]
pub(super) struct Readings {
    lines: LinesScratch,
    options: Vec<Option<PathState>>,
    /// `[contract][path]` of one account.
    values: Vec<f64>,
    prices: Vec<f64>,
}

impl Reader {
    pub fn compile(
        watched: &[Watched],
        market: &Market,
        portfolio: &Portfolio,
        model: &FactorModel,
        settings: PricingSettings,
    ) -> Result<Self, MarginError> {
        let mut builder = PriceLinesBuilder::new(market, model, LINES * watched.len());
        for (index, account) in watched.iter().enumerate() {
            add_lines(&mut builder, index, account, portfolio)?;
        }
        let options = watched.iter();
        let options = options.map(|one| Options::compile(one, market, model, portfolio, settings));
        Ok(Self { options: options.collect::<Result<_, _>>()?, lines: builder.finish() })
    }

    pub fn readings(&self, path_capacity: usize) -> Readings {
        let options = || self.options.iter().map(Option::as_ref);
        let contracts = options().flatten().map(|options| options.contracts.len()).max();
        let state = |options: &Options| PathState::new(&options.book, path_capacity);
        Readings {
            lines: self.lines.scratch(path_capacity),
            options: options().map(|options| options.map(state)).collect(),
            values: vec![0.0; contracts.unwrap_or(0) * path_capacity],
            prices: vec![0.0; path_capacity],
        }
    }

    /// Whether anything of the account needs margin at `moment`.
    pub fn needs_margin_at(&self, index: usize, moment: usize) -> bool {
        !self.lines.is_empty_at(LINES * index + Line::Requirement as usize, moment)
    }

    /// Prices what accounts share at `moment` (0 is today, `i + 1` node `i`).
    pub fn prepare(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        readings: &mut Readings,
    ) {
        self.lines.prepare(isa, moment, block, &mut readings.lines);
    }

    /// A line of account `index` with its options, on every path, without cash; after `prepare`.
    pub fn read(
        &self,
        isa: InstructionSet,
        (index, line): (usize, Line),
        moment: usize,
        block: &FactorBlock,
        readings: &mut Readings,
        out: &mut [f64],
    ) {
        self.lines.fill(isa, LINES * index + line as usize, moment, block, &readings.lines, out);
        let Some(options) = &self.options[index] else { return };
        let sign = match line {
            Line::Headroom => -1.0,
            Line::Requirement => 1.0,
            Line::Collateral | Line::Notional => return,
        };
        options.value(isa, moment, block, index, readings);
        let count = block.path_count();
        for (contract, values) in options.contracts.iter().zip(readings.values.chunks(count)) {
            let share = if sign < 0.0 { contract.counted } else { contract.required };
            add_weighted(isa, &[(share, values)], out);
            if let Some(put) = &contract.put {
                put.spot.fill(block, &mut readings.prices[..count]);
                put.add_excess(sign, values, &readings.prices, out);
            }
        }
    }
}

/// Lines of watched account `index`.
fn add_lines<'a>(
    builder: &mut PriceLinesBuilder<'a>,
    index: usize,
    watched: &Watched<'a>,
    portfolio: &'a Portfolio,
) -> Result<(), MarginError> {
    let line = |line: Line| LINES * index + line as usize;
    for balance in &watched.account.balances {
        let kept = if balance.quantity > 0.0 { 1.0 - balance.haircut } else { 1.0 };
        let counted = Balance { quantity: kept * balance.quantity, ..balance.clone() };
        builder.add_balance(line(Line::Headroom), &watched.account.name, &counted)?;
        builder.add_balance(line(Line::Collateral), &watched.account.name, &counted)?;
    }
    for position in portfolio.positions.iter().filter(|held| held.account == watched.index) {
        builder.add_value(line(Line::Headroom), position)?;
    }
    for Contract { position, maintenance } in &watched.contracts {
        let size = position.quantity.abs();
        builder.add_notional(line(Line::Notional), position, size)?;
        if *maintenance > 0.0 && size > 0.0 {
            builder.add_notional(line(Line::Headroom), position, -size * maintenance)?;
            builder.add_notional(line(Line::Requirement), position, size * maintenance)?;
        }
    }
    Ok(())
}

impl Options {
    fn compile(
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
        let bare = Portfolio { positions, ..bare(portfolio) };
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

    /// USD value of every contract into `readings.values`.
    fn value(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        index: usize,
        readings: &mut Readings,
    ) {
        let Some(state) = &mut readings.options[index] else { return };
        self.book.start_block(state, block.path_count());
        let values = &mut readings.values[..self.contracts.len() * block.path_count()];
        match moment.checked_sub(1) {
            None => self.book.values_today(isa, block, state, values),
            Some(node) => self.book.values(isa, node, block, state, values),
        }
    }
}

impl ShortPut {
    /// Adds `sign` times the requirement beyond that of the coin: `maintenance · max(V − S, 0)`.
    fn add_excess(&self, sign: f64, values: &[f64], spots: &[f64], out: &mut [f64]) {
        for ((slot, value), spot) in out.iter_mut().zip(values).zip(spots) {
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

/// The venues and accounts of a portfolio, with nothing in them.
pub(super) fn bare(portfolio: &Portfolio) -> Portfolio {
    let mut accounts = portfolio.accounts.clone();
    accounts.iter_mut().for_each(|account| account.balances.clear());
    Portfolio { accounts, positions: Vec::new(), orders: Vec::new(), ..portfolio.clone() }
}
