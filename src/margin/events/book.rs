//! The accounts that venues act on inside paths, compiled: pools of margin, contracts, prices.

use std::collections::BTreeMap;
use std::ops::Range;

use super::balances::WatchedBalance;
use super::bridge::Bridge;
use super::bystanders::Involved;
use super::contract::{Contract, ContractKind, Margined, Sizes};
use super::funds::Funds;
use super::loans::{self, WatchedLoan};
use super::orders::Market;
use super::portfolio::{self, PortfolioPool};
use crate::margin::book::{contract_key, positions_by_account};
use crate::margin::liquidation::bare;
use crate::margin::{
    ContractRules, FutureRules, Liquidation, MarginBook, MarginError, MarginSetting, Monitoring,
    OptionValue, VenueRules,
};
use crate::portfolio::{
    Account, Balance, Instrument, MarginMode, Position, PositionMode, Settlement,
};
use crate::pricing::{
    CompiledBook, Granularity, PriceLines, PriceLinesBuilder, PriceSource, Revaluation,
    asset_source, settlement_price,
};
use crate::units::Symbol;

/// What liquidation inside paths is supported for.
const SUPPORTED: &str = "any margin mode, by full revaluation";

/// Everything known of the watched accounts; immutable.
#[derive(Debug, Clone)]
pub(super) struct EventBook {
    /// Those that venues close first.
    pub accounts: Vec<WatchedAccount>,
    /// How many of them venues close.
    pub acting: usize,
    pub pools: Vec<Pool>,
    /// Of all pools, in order.
    pub contracts: Vec<Contract>,
    /// Of all accounts, in order.
    pub positions: Vec<WatchedPosition>,
    /// One row a position, stepped for what a step alone pays.
    pub marks: CompiledBook,
    /// Two an account (balances after haircuts, balances), then the mark or forward of each
    /// contract.
    pub lines: PriceLines,
    /// Distinct prices of assets.
    pub prices: Vec<PriceSource>,
    /// Of the accounts that failures or transfers concern, in order.
    pub balances: Vec<WatchedBalance>,
    /// Factors whose logarithms quotes keep.
    pub logged: Vec<usize>,
    /// Loans of accounts whose lenders act.
    pub loans: Vec<WatchedLoan>,
    /// What orders move; `None`: no price.
    pub market: Option<Market>,
    /// Insurance funds of the venues.
    pub funds: Funds,
}

/// Which accounts are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    /// Those to which anything can happen.
    WhereActedOn,
    /// All.
    WholeDesk,
}

/// An account that its venue's rules act on inside paths, or that is watched beside those.
#[derive(Debug, Clone)]
pub(super) struct WatchedAccount {
    /// Index into `Portfolio::accounts`.
    pub index: usize,
    pub recourse: bool,
    pub liquidation: Liquidation,
    /// Fee and slippage, share of the notional closed.
    pub closing_rate: f64,
    pub positions: Range<usize>,
    /// Empty where neither failures nor transfers concern it.
    pub balances: Range<usize>,
}

/// What is margined together: an account, or one contract of an isolated account.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    /// Watched account.
    pub account: usize,
    pub backing: Backing,
    /// Present where the account is watched between nodes.
    pub bridge: Option<Bridge>,
    pub positions: Vec<usize>,
    pub contracts: Range<usize>,
    /// Whether the margin balance leaves the value of options out.
    pub options_apart: bool,
    /// What it is asked for as a whole, where it is under portfolio margin: then nothing is by
    /// contract.
    pub portfolio: Option<Box<PortfolioPool>>,
}

/// What collateral a pool has, and how far its losses reach.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Backing {
    /// All balances of the account, after haircuts.
    Account,
    /// Units of an asset (its price) that isolated positions were given; no more can be lost: the
    /// contract is taken over at its bankruptcy price.
    Posted(Vec<(usize, f64)>),
}

/// A position of a watched account.
#[derive(Debug, Clone)]
pub(super) struct WatchedPosition {
    /// Index into `Portfolio::positions`.
    pub index: usize,
    /// Price of what it is paid out in.
    pub price: usize,
    /// Index into `Portfolio::venues`.
    pub venue: Option<usize>,
    /// Slots of the book of marks that funding and settlement are paid into.
    pub slots: Vec<usize>,
    /// Whether it is an option.
    pub is_option: bool,
    /// Price at which a future was entered, in its quote; `None`: the mark.
    pub entry: Option<f64>,
}

/// Whether every account that venues close inside paths is the plain case of
/// [`MarginStage`](crate::margin::MarginStage): cross margin, flat rates, everything closed at once
/// at the marks of the node, no venue that may fail, no call that is met, no leverage that is kept.
pub fn is_plain(setting: &MarginSetting) -> bool {
    let MarginSetting { rules, portfolio, .. } = *setting;
    let is_lent = |one: usize| loans::lender(rules, portfolio, one).is_some();
    if Involved::of(portfolio).any() || (0..portfolio.accounts.len()).any(is_lent) {
        return false;
    }
    let held = positions_by_account(portfolio);
    portfolio.accounts.iter().zip(held).all(|(account, held)| {
        let Some((rules, liquidation)) = acting(rules, account) else { return true };
        let flat = |position: &Position| match position.instrument {
            Instrument::Spot { .. } | Instrument::Option { .. } => true,
            Instrument::Perpetual { .. } | Instrument::Future { .. } => {
                let rules = rules.futures_on(position.instrument.underlying());
                matches!(rules, FutureRules::Flat { .. })
            }
        };
        let mut held = held.into_iter().map(|index| &portfolio.positions[index]);
        account.rebalancing.is_none()
            && account.margin_mode == MarginMode::Cross
            && account.position_mode == PositionMode::OneWay
            && liquidation == Liquidation::PLAIN
            && rules.waterfall.is_none()
            && held.all(flat)
    })
}

/// The rules of an account's venue, where they act inside paths.
fn acting<'a>(
    rules: &'a [Option<VenueRules>],
    account: &Account,
) -> Option<(&'a VenueRules, Liquidation)> {
    let margined = account.margin_mode != MarginMode::None;
    let rules = rules.get(account.venue.filter(|_| margined)?)?.as_ref()?;
    Some((rules, rules.liquidation?))
}

impl EventBook {
    /// `None` where nothing can happen to any account inside paths.
    pub fn compile(setting: &MarginSetting, watched: Watched) -> Result<Option<Self>, MarginError> {
        let MarginSetting { rules, market, portfolio, model, pricing } = *setting;
        let today = MarginBook::compile(rules, market, portfolio)?.requirements(1.0);
        let held = positions_by_account(portfolio);
        let mut gathered = Gathered { held, ..Gathered::default() };
        for (index, account) in portfolio.accounts.iter().enumerate() {
            let Some((rules, liquidation)) = acting(rules, account) else { continue };
            if !today[index].liquidated_at_once() {
                gathered.add_account(setting, index, rules, liquidation)?;
            }
        }
        gathered.add_loans(setting, |index| today[index].liquidated_at_once())?;
        let acting = gathered.accounts.len();
        let is_closed = |index: usize| today[index].liquidated_at_once();
        gathered.add_involved(setting, watched, is_closed)?;
        if gathered.accounts.is_empty() {
            return Ok(None);
        }
        gathered.build_bridges(setting);
        let Gathered {
            accounts,
            pools,
            contracts,
            mut positions,
            samples,
            prices,
            balances,
            loans,
            ..
        } = gathered;
        let held = positions.iter().map(|one| portfolio.positions[one.index].clone()).collect();
        let bare = crate::portfolio::Portfolio { positions: held, ..bare(portfolio) };
        let by_position = Granularity::Position;
        let marks = CompiledBook::compile(market, &bare, model, pricing, by_position)?;
        for (slot, row, _) in marks.cash_slots() {
            positions[row].slots.push(slot);
        }
        let lines = lines(setting, &accounts, &samples)?;
        let mut book = Self {
            accounts,
            acting,
            pools,
            contracts,
            positions,
            marks,
            lines,
            prices,
            balances,
            logged: Vec::new(),
            loans,
            market: None,
            funds: Funds::default(),
        };
        portfolio::attach(setting, &mut book)?;
        book.funds = Funds::compile(setting, &mut book)?;
        Ok(Some(book))
    }

    /// Index of a price, which is added where it is not there.
    pub fn price(&mut self, source: PriceSource) -> usize {
        price(&mut self.prices, source)
    }

    pub fn line_count(&self) -> usize {
        2 * self.accounts.len() + self.contracts.len()
    }

    /// Line of the balances of an account after haircuts.
    pub fn collateral_line(&self, account: usize) -> usize {
        2 * account
    }

    /// Line of the balances of an account.
    pub fn balances_line(&self, account: usize) -> usize {
        2 * account + 1
    }

    /// Line of the mark or forward of a contract.
    pub fn forward_line(&self, contract: usize) -> usize {
        2 * self.accounts.len() + contract
    }

    /// Whether a contract has not expired at `moment`; spot never does.
    pub fn is_alive(&self, contract: usize, moment: usize) -> bool {
        !self.lines.is_empty_at(self.forward_line(contract), moment)
    }

    /// Whether a contract has expired at `moment`.
    pub fn has_settled(&self, contract: usize, moment: usize) -> bool {
        self.contracts[contract].kind != ContractKind::Spot && !self.is_alive(contract, moment)
    }
}

fn lines(
    setting: &MarginSetting,
    accounts: &[WatchedAccount],
    samples: &[Position],
) -> Result<PriceLines, MarginError> {
    let MarginSetting { market, portfolio, model, .. } = *setting;
    let count = 2 * accounts.len() + samples.len();
    let mut builder = PriceLinesBuilder::new(market, model, count);
    for (line, watched) in accounts.iter().enumerate() {
        let account = &portfolio.accounts[watched.index];
        for balance in &account.balances {
            let kept = if balance.quantity > 0.0 { 1.0 - balance.haircut } else { 1.0 };
            let counted = Balance { quantity: kept * balance.quantity, ..balance.clone() };
            builder.add_balance(2 * line, &account.name, &counted)?;
            builder.add_balance(2 * line + 1, &account.name, balance)?;
        }
    }
    for (contract, sample) in samples.iter().enumerate() {
        builder.add_forward(2 * accounts.len() + contract, sample)?;
    }
    Ok(builder.finish())
}

/// What has been gathered so far.
#[derive(Default)]
pub(super) struct Gathered {
    /// Positions of every account of the portfolio.
    held: Vec<Vec<usize>>,
    pub accounts: Vec<WatchedAccount>,
    pools: Vec<Pool>,
    contracts: Vec<Contract>,
    pub positions: Vec<WatchedPosition>,
    /// A position of each contract.
    samples: Vec<Position>,
    prices: Vec<PriceSource>,
    pub balances: Vec<WatchedBalance>,
    loans: Vec<WatchedLoan>,
}

impl Gathered {
    /// Adds the accounts whose lenders act inside paths, but for those closed today.
    fn add_loans(
        &mut self,
        setting: &MarginSetting,
        is_closed: impl Fn(usize) -> bool,
    ) -> Result<(), MarginError> {
        for (index, account) in setting.portfolio.accounts.iter().enumerate() {
            let found = loans::lender(setting.rules, setting.portfolio, index);
            let Some((terms, oracle)) = found.filter(|_| !is_closed(index)) else { continue };
            let first = self.loans.last().map_or(0, WatchedLoan::end);
            let place = (index, self.accounts.len(), first);
            let price = |source| price(&mut self.prices, source);
            self.loans.push(WatchedLoan::new(setting, place, (terms, oracle), price)?);
            let none = self.positions.len();
            self.accounts.push(WatchedAccount {
                index,
                recourse: account.recourse,
                liquidation: Liquidation::PLAIN,
                closing_rate: 0.0,
                positions: none..none,
                balances: 0..0,
            });
        }
        Ok(())
    }

    /// Adds an account, unless nothing in it needs margin.
    fn add_account(
        &mut self,
        setting: &MarginSetting,
        index: usize,
        rules: &VenueRules,
        liquidation: Liquidation,
    ) -> Result<(), MarginError> {
        let account = &setting.portfolio.accounts[index];
        let first_position = self.positions.len();
        let contracts = self.contracts_of(setting, index, rules)?;
        let needs_margin = |one: &(Contract, Position)| {
            let mut sizes = Sizes::default();
            one.0.positions.iter().for_each(|(_, held)| sizes.add(*held));
            one.0.is_margined(sizes)
        };
        if !contracts.iter().any(needs_margin) {
            self.positions.truncate(first_position);
            return Ok(());
        }
        refuse_unsupported(setting, account, rules)?;
        // A grid holds what options may lose of their value: the balance has to have it.
        let apart = account.margin_mode != MarginMode::Portfolio
            && rules.options.is_some_and(|one| one.value == OptionValue::Requirement);
        let groups: Vec<Vec<(Contract, Position)>> = match account.margin_mode {
            MarginMode::Isolated => contracts.into_iter().map(|one| vec![one]).collect(),
            _ => vec![contracts],
        };
        let isolated = account.margin_mode == MarginMode::Isolated;
        for group in groups {
            let from = self.contracts.len();
            let held = group.iter().flat_map(|(contract, _)| &contract.positions);
            let mut positions: Vec<usize> = held.map(|(position, _)| *position).collect();
            positions.sort_unstable();
            for (contract, sample) in group {
                self.contracts.push(contract);
                self.samples.push(sample);
            }
            self.pools.push(Pool {
                account: self.accounts.len(),
                backing: if isolated { Backing::Posted(Vec::new()) } else { Backing::Account },
                bridge: None,
                positions,
                contracts: from..self.contracts.len(),
                options_apart: apart,
                portfolio: None,
            });
        }
        self.accounts.push(WatchedAccount {
            index,
            recourse: account.recourse,
            liquidation,
            closing_rate: rules.liquidation_fee + liquidation.slippage,
            positions: first_position..self.positions.len(),
            balances: 0..0,
        });
        Ok(())
    }

    /// Bridges for the accounts that are watched between nodes, where one coin moves them.
    fn build_bridges(&mut self, setting: &MarginSetting) {
        let Self { accounts, pools, contracts, positions, prices, .. } = self;
        for pool in pools {
            let account = &accounts[pool.account];
            let held = &setting.portfolio.accounts[account.index];
            let by_contract = held.margin_mode != MarginMode::Portfolio;
            if by_contract && account.liquidation.monitoring == Monitoring::Continuous {
                pool.bridge = Bridge::new(setting, held, pool, (contracts, positions), prices);
            }
        }
    }

    /// The contracts of an account, by name, each with one of its positions; its positions are
    /// added on the way.
    fn contracts_of(
        &mut self,
        setting: &MarginSetting,
        account: usize,
        rules: &VenueRules,
    ) -> Result<Vec<(Contract, Position)>, MarginError> {
        let MarginSetting { market, portfolio, model, .. } = *setting;
        let mut contracts: BTreeMap<(String, bool), (Contract, Position)> = BTreeMap::new();
        for index in std::mem::take(&mut self.held[account]) {
            let position = &portfolio.positions[index];
            let paid = settlement_price(market, model, position)?;
            let watched = WatchedPosition {
                index,
                price: self.price(paid),
                venue: portfolio.accounts[account].venue,
                slots: Vec::new(),
                is_option: matches!(position.instrument, Instrument::Option { .. }),
                entry: position.entry_price,
            };
            let at = self.positions.len();
            self.positions.push(watched);
            // isolated positions held apart are contracts of their own
            let holder = &portfolio.accounts[account];
            let apart = holder.margin_mode == MarginMode::Isolated
                && holder.position_mode == PositionMode::Hedge
                && position.quantity < 0.0;
            let key = (contract_key(position), apart);
            if !contracts.contains_key(&key) {
                let contract = self.contract(setting, index, rules)?;
                contracts.insert(key.clone(), (contract, position.clone()));
            }
            if let Some((contract, _)) = contracts.get_mut(&key) {
                contract.positions.push((at, position.quantity));
            }
        }
        Ok(contracts.into_values().collect())
    }

    /// A contract without positions, like that of the position at `index` of the portfolio.
    fn contract(
        &mut self,
        setting: &MarginSetting,
        index: usize,
        rules: &VenueRules,
    ) -> Result<Contract, MarginError> {
        let MarginSetting { market, portfolio, model, .. } = *setting;
        let position = &portfolio.positions[index];
        let kind = match (&position.instrument, position.instrument.settlement()) {
            (Instrument::Spot { .. }, _) | (_, None) => ContractKind::Spot,
            (Instrument::Option { .. }, _) => ContractKind::Option,
            (_, Some(Settlement::Linear { .. })) => ContractKind::Linear,
            (_, Some(Settlement::Inverse)) => ContractKind::Inverse,
        };
        let mut source = |symbol: &Symbol| {
            let source = asset_source(market, model, &position.id, symbol)?;
            Ok::<usize, MarginError>(self.price(source))
        };
        let quote = match position.instrument.settlement() {
            Some(Settlement::Linear { quote }) => Some(source(quote)?),
            Some(Settlement::Inverse) | None => None,
        };
        let coin = source(position.instrument.underlying())?;
        let margined = match portfolio.accounts[position.account].margin_mode {
            MarginMode::Portfolio => Margined::Together,
            _ => Margined::Alone,
        };
        let rules = match margined {
            Margined::Together => ContractRules::none(vec![index]),
            Margined::Alone => ContractRules::new(rules, portfolio, position.account, vec![index])?,
        };
        Ok(Contract { positions: Vec::new(), rules, margined, kind, coin, quote })
    }

    pub fn price(&mut self, source: PriceSource) -> usize {
        price(&mut self.prices, source)
    }
}

/// Index of a price, which is added where it is not there.
fn price(prices: &mut Vec<PriceSource>, source: PriceSource) -> usize {
    let found = prices.iter().position(|one| *one == source);
    found.unwrap_or_else(|| {
        prices.push(source);
        prices.len() - 1
    })
}

fn refuse_unsupported(
    setting: &MarginSetting,
    account: &Account,
    rules: &VenueRules,
) -> Result<(), MarginError> {
    if setting.pricing.revaluation == Revaluation::Full {
        return Ok(());
    }
    let found = "the revaluation is by sensitivities, not full";
    Err(MarginError::NotLiquidated {
        item: format!("account '{}'", account.name),
        account: account.name.clone(),
        rules: rules.id.clone(),
        supported: SUPPORTED,
        found: found.to_owned(),
    })
}
