//! Compiling a portfolio: names become indices, equal things merge, constants are computed once.

use super::builder::Builder;
use super::curve::Curve;
use super::expansion::Expansion;
use super::position::ResolvedPosition;
use super::timeline::Timeline;
use super::{
    CompiledBook, Granularity, PathState, PricingError, PricingSettings, Revaluation, Row,
};
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::simulation::{FactorBlock, FactorModel};

impl CompiledBook {
    /// Compiles `portfolio` against `market` and the factors and nodes of `model`.
    ///
    /// # Errors
    /// The first thing that the market or the model lacks, by name.
    pub fn compile(
        market: &Market,
        portfolio: &Portfolio,
        model: &FactorModel,
        settings: PricingSettings,
        granularity: Granularity,
    ) -> Result<Self, PricingError> {
        let layout = Layout::new(portfolio, granularity);
        let mut builder = Builder::new(market, model, settings);
        for (index, position) in portfolio.positions.iter().enumerate() {
            let resolved = ResolvedPosition::new(market, position)?;
            builder.add_position(layout.position(index, position.account), &resolved)?;
        }
        for (account_index, account) in portfolio.accounts.iter().enumerate() {
            for (index, balance) in account.balances.iter().enumerate() {
                let row = layout.balance(account_index, index);
                builder.add_balance(row, &account.name, balance)?;
            }
        }
        let mut book = Self::assemble(layout.rows.clone(), builder, model);
        book.base_values = book.value_base();
        if settings.revaluation != Revaluation::Full {
            let expansion = Expansion::compile(market, portfolio, model, settings, &layout)?;
            book.expansion = Some(expansion);
        }
        Ok(book)
    }

    fn assemble(rows: Vec<Row>, builder: Builder, model: &FactorModel) -> Self {
        let settings = builder.settings;
        let parts = builder.finish();
        Self {
            rows,
            settings,
            factor_count: model.factors.len(),
            timeline: Timeline::new(&model.grid),
            curves: parts.curves.into_iter().collect::<Vec<Curve>>(),
            legs: parts.legs,
            groups: parts.groups,
            slots: parts.slots,
            funding: parts.funding,
            base_values: Vec::new(),
            expansion: None,
            proxies: Vec::new(),
            settlements: None,
        }
    }

    /// Values the rows at today's levels, on one path.
    fn value_base(&self) -> Vec<f64> {
        let block = FactorBlock::new(self.factor_count, 1);
        let mut state = PathState::new(self, 1);
        let mut values = vec![0.0; self.rows.len()];
        self.start_block(&mut state, 1);
        self.values_today(InstructionSet::detect(), &block, &mut state, &mut values);
        values
    }
}

/// Which row each position and balance belongs to.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub rows: Vec<Row>,
    granularity: Granularity,
    position_count: usize,
    /// Balances in the accounts before each.
    balance_offsets: Vec<usize>,
}

impl Layout {
    pub fn new(portfolio: &Portfolio, granularity: Granularity) -> Self {
        let mut balance_offsets = Vec::with_capacity(portfolio.accounts.len());
        let mut balances = Vec::new();
        for (account, held) in portfolio.accounts.iter().enumerate() {
            balance_offsets.push(balances.len());
            balances.extend((0..held.balances.len()).map(|index| Row::Balance { account, index }));
        }
        let rows = match granularity {
            Granularity::Account => (0..portfolio.accounts.len())
                .flat_map(|index| [Row::AccountPositions(index), Row::AccountBalances(index)])
                .collect(),
            Granularity::Position => {
                (0..portfolio.positions.len()).map(Row::Position).chain(balances).collect()
            }
        };
        Self { rows, granularity, position_count: portfolio.positions.len(), balance_offsets }
    }

    /// Row of a position.
    pub fn position(&self, index: usize, account: usize) -> usize {
        match self.granularity {
            Granularity::Account => 2 * account,
            Granularity::Position => index,
        }
    }

    /// Row of a balance.
    pub fn balance(&self, account: usize, index: usize) -> usize {
        match self.granularity {
            Granularity::Account => 2 * account + 1,
            Granularity::Position => self.position_count + self.balance_offsets[account] + index,
        }
    }
}
