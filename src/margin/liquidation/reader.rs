//! Equity less requirement, requirement and notional of every watched account over a block.

use super::options::{OptionScratch, Options, Side};
use super::proxied::{ProxiedOptions, ProxiedState};
use super::watched::{Contract, Watched};
use crate::margin::MarginError;
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Balance, Portfolio};
use crate::pricing::{LinesScratch, PathState, PriceLines, PriceLinesBuilder, PricingSettings};
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
    /// Balances without haircuts.
    Balances,
}

const LINES: usize = 5;

/// Compiled lines and options of all watched accounts.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    lines: PriceLines,
    /// Of each account, where it holds any.
    options: Vec<Option<Options>>,
    /// The same by polynomials; empty in full revaluation.
    proxied: Vec<Option<ProxiedOptions>>,
}

/// Room to read a block of up to a number of paths.
#[derive(Debug, Clone)]
pub(super) struct Readings {
    lines: LinesScratch,
    options: Vec<Option<PathState>>,
    proxied: Vec<Option<ProxiedState>>,
    scratch: OptionScratch,
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
        let options = options.collect::<Result<_, _>>()?;
        Ok(Self { options, lines: builder.finish(), proxied: Vec::new() })
    }

    /// The same reader with equity less requirement by polynomials.
    pub fn with_proxies(&self, proxied: Vec<Option<ProxiedOptions>>) -> Self {
        Self { proxied, ..self.clone() }
    }

    /// The options of each account.
    pub fn options(&self) -> &[Option<Options>] {
        &self.options
    }

    /// The options of account `index` by polynomials.
    pub fn proxied(&self, index: usize) -> Option<&ProxiedOptions> {
        self.proxied.get(index)?.as_ref()
    }

    pub fn readings(&self, path_capacity: usize) -> Readings {
        let options = || self.options.iter().map(Option::as_ref);
        let contracts = options().flatten().map(Options::contract_count).max();
        let state = |options: &Options| PathState::new(options.book(), path_capacity);
        let proxied = self.proxied.iter().map(Option::as_ref);
        Readings {
            lines: self.lines.scratch(path_capacity),
            options: options().map(|options| options.map(state)).collect(),
            proxied: proxied.map(|one| one.map(|one| one.state(path_capacity))).collect(),
            scratch: OptionScratch::new(contracts.unwrap_or(0), path_capacity),
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
        let side = match line {
            Line::Headroom => Side::Headroom,
            Line::Requirement => Side::Requirement,
            Line::Collateral | Line::Notional | Line::Balances => return,
        };
        let state = readings.options[index].as_mut();
        if let Some((options, state)) = self.options[index].as_ref().zip(state) {
            options.add(isa, (side, moment), block, (state, &mut readings.scratch), out);
        }
    }

    /// As `read` of the headroom at `node`, options by polynomials; after `prepare`.
    pub fn read_by_proxy(
        &self,
        isa: InstructionSet,
        (index, node): (usize, usize),
        block: &FactorBlock,
        readings: &mut Readings,
        out: &mut [f64],
    ) {
        let line = LINES * index + Line::Headroom as usize;
        self.lines.fill(isa, line, node + 1, block, &readings.lines, out);
        let state = readings.proxied.get_mut(index).and_then(Option::as_mut);
        if let Some((proxied, state)) = self.proxied(index).zip(state) {
            proxied.add(isa, node, block, (state, &mut readings.scratch), out);
        }
    }
}

impl Readings {
    /// How far each path went, at the node read last by polynomials, in their domain; above one
    /// they say nothing of it.
    pub fn reach(&self, index: usize) -> &[f64] {
        self.proxied.get(index).and_then(Option::as_ref).map_or(&[], ProxiedState::reach)
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
        builder.add_balance(line(Line::Balances), &watched.account.name, balance)?;
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

/// The venues and accounts of a portfolio, with nothing in them.
pub(in crate::margin) fn bare(portfolio: &Portfolio) -> Portfolio {
    let mut accounts = portfolio.accounts.clone();
    accounts.iter_mut().for_each(|account| account.balances.clear());
    Portfolio { accounts, positions: Vec::new(), orders: Vec::new(), ..portfolio.clone() }
}
