//! Margin of a book, compiled once and asked for at many scales of the positions.

use std::collections::BTreeMap;

use super::account::{ContractInputs, ContractRules, counted_quote_price};
use super::grid::AccountGrid;
use super::rules::{LoanStanding, Margin, OptionValue, ShortOption, VenueRules};
use super::{IsolatedRequirement, MarginError, OptionRules, Requirement, error};
use crate::market::Market;
use crate::portfolio::{
    Account, Instrument, MarginMode, Portfolio, Position, PositionMode, Settlement,
};
use crate::pricing::{Mark, PricingError, asset_price, mark};

/// Everything the margin of each account depends on.
#[derive(Debug, Clone)]
pub struct MarginBook {
    accounts: Vec<AccountBook>,
}

#[derive(Debug, Clone, Default)]
struct AccountBook {
    /// Collateral after haircuts less borrowed balances.
    collateral: f64,
    /// Unrealised profit of futures, value of spot.
    profit: f64,
    option_value: f64,
    gross_notional: f64,
    /// Whether the margin balance leaves options out.
    options_apart: bool,
    /// Value of all balances, without haircuts.
    balances: f64,
    /// Fee on the notional that the venue liquidates.
    liquidation_fee: f64,
    /// Where the account is portfolio-margined.
    grid: Option<AccountGrid>,
    /// Where it is at a lender.
    loan: Option<LoanStanding>,
    /// What a liquidation of the loan would take beyond what it repays.
    loan_cost: f64,
    isolated: Vec<IsolatedRequirement>,
    futures: Vec<(ContractRules, ContractInputs)>,
    /// Margin of all short options: in proportion to scale.
    short_options: Margin,
}

/// What is held of one contract.
struct Held<'a> {
    first: &'a Position,
    positions: Vec<usize>,
    net: Side,
    /// Long and short, where they are held apart.
    apart: [Side; 2],
}

/// A quantity and its mark.
#[derive(Clone, Copy, Default)]
struct Side {
    quantity: f64,
    mark: Mark,
}

impl Side {
    fn add(&mut self, quantity: f64, mark: &Mark) {
        self.quantity += quantity;
        self.mark.add(mark);
    }
}

/// What makes two positions the same contract: the instrument as text.
pub(super) type Nets<'a> = BTreeMap<String, (&'a Position, f64, Mark)>;

/// The key of a position's contract.
pub(super) fn contract_key(position: &Position) -> String {
    format!("{:?} {:?}", position.instrument, position.volatility)
}

impl MarginBook {
    /// Compiles `portfolio`; `rules` by venue. An account without venue, without rules or with
    /// margin mode `none` needs no margin.
    ///
    /// # Errors
    /// What the market or the rules lack.
    pub fn compile(
        rules: &[Option<VenueRules>],
        market: &Market,
        portfolio: &Portfolio,
    ) -> Result<Self, MarginError> {
        let mut accounts = Vec::with_capacity(portfolio.accounts.len());
        for (index, held) in positions_by_account(portfolio).into_iter().enumerate() {
            accounts.push(AccountBook::compile(rules, market, portfolio, index, &held)?);
        }
        Ok(Self { accounts })
    }

    /// Requirement of every account with its positions times `scale`.
    pub fn requirements(&self, scale: f64) -> Vec<Requirement> {
        self.accounts.iter().map(|account| account.requirement(scale)).collect()
    }

    /// What each isolated contract of an account has and needs; none where the account is not
    /// isolated.
    pub fn isolated(&self, account: usize) -> &[IsolatedRequirement] {
        &self.accounts[account].isolated
    }

    /// The portfolio margin of an account, where it has that mode.
    pub fn grid(&self, account: usize) -> Option<&AccountGrid> {
        self.accounts[account].grid.as_ref()
    }

    /// The loan of an account at a lender.
    pub fn loan(&self, account: usize) -> Option<&LoanStanding> {
        self.accounts[account].loan.as_ref()
    }

    /// What an account is worth, balances without haircuts, USD.
    pub fn value(&self, account: usize) -> f64 {
        let book = &self.accounts[account];
        book.balances + book.profit + book.option_value
    }

    /// Whether every account meets its initial margin at `scale`.
    pub fn meets_initial(&self, scale: f64) -> bool {
        self.accounts.iter().all(|account| account.requirement(scale).meets_initial())
    }
}

/// Indices of the positions of every account.
pub(super) fn positions_by_account(portfolio: &Portfolio) -> Vec<Vec<usize>> {
    let mut held = vec![Vec::new(); portfolio.accounts.len()];
    for (index, position) in portfolio.positions.iter().enumerate() {
        if let Some(list) = held.get_mut(position.account) {
            list.push(index);
        }
    }
    held
}

/// Sums the positions of an account by contract; marks are of the sums.
pub(super) fn net_positions<'a>(
    market: &Market,
    portfolio: &'a Portfolio,
    account: usize,
) -> Result<Nets<'a>, PricingError> {
    let held = portfolio.positions.iter().enumerate();
    let held: Vec<usize> =
        held.filter(|(_, one)| one.account == account).map(|(at, _)| at).collect();
    let contracts = contracts(market, portfolio, &held)?.into_iter();
    Ok(contracts.map(|(key, held)| (key, (held.first, held.net.quantity, held.net.mark))).collect())
}

/// Sums positions by contract, net and by side.
fn contracts<'a>(
    market: &Market,
    portfolio: &'a Portfolio,
    positions: &[usize],
) -> Result<BTreeMap<String, Held<'a>>, PricingError> {
    let mut contracts = BTreeMap::new();
    for &index in positions {
        let position = &portfolio.positions[index];
        let found = mark(market, position)?;
        let entry = contracts.entry(contract_key(position)).or_insert_with(|| Held {
            first: position,
            positions: Vec::new(),
            net: Side::default(),
            apart: [Side::default(); 2],
        });
        entry.positions.push(index);
        entry.net.add(position.quantity, &found);
        entry.apart[usize::from(position.quantity < 0.0)].add(position.quantity, &found);
    }
    Ok(contracts)
}

impl Held<'_> {
    /// The sides that are margined: the net one, or long and short.
    fn sides(&self, mode: PositionMode) -> &[Side] {
        match mode {
            PositionMode::OneWay => std::slice::from_ref(&self.net),
            PositionMode::Hedge => &self.apart,
        }
    }
}

impl AccountBook {
    fn compile(
        rules: &[Option<VenueRules>],
        market: &Market,
        portfolio: &Portfolio,
        index: usize,
        positions: &[usize],
    ) -> Result<Self, MarginError> {
        let account = &portfolio.accounts[index];
        let margined = account.margin_mode != MarginMode::None;
        let venue = account.venue.filter(|_| margined);
        let rules = venue.and_then(|venue| rules.get(venue)?.as_ref());
        let mut book = Self::new(rules, market, account)?;
        let mut standard = rules;
        match (rules, account.margin_mode) {
            (Some(rules), MarginMode::Portfolio) => {
                let missing = || error::no_portfolio_rules(rules, account);
                let found = rules.portfolio.as_ref().ok_or_else(missing)?;
                let grid =
                    AccountGrid::compile(found, &rules.id, market, portfolio, index, positions)?;
                book.grid = Some(grid);
                // The grid holds what options may lose of their value: the balance has to have it.
                book.options_apart = false;
                standard = None;
            }
            (Some(rules), MarginMode::Isolated) => {
                book.isolated =
                    super::isolated::requirements(rules, market, portfolio, index, positions)?;
            }
            _ => {}
        }
        for held in contracts(market, portfolio, positions)?.into_values() {
            book.add(standard, portfolio, index, held)?;
        }
        Ok(book)
    }

    fn new(
        rules: Option<&VenueRules>,
        market: &Market,
        account: &Account,
    ) -> Result<Self, PricingError> {
        let terms = rules.and_then(|rules| rules.loan.as_ref());
        let mut loan = terms.map(|_| LoanStanding::default());
        let (mut collateral, mut balances) = (0.0, 0.0);
        for balance in &account.balances {
            let price = asset_price(market, &account.name, &balance.asset)?;
            let value = balance.quantity * price;
            collateral += if value > 0.0 { value * (1.0 - balance.haircut) } else { value };
            balances += value;
            if let (Some(loan), Some(terms)) = (&mut loan, terms) {
                loan.add(terms.assets.get(&balance.asset), value);
            }
        }
        let loan = loan.zip(terms);
        let loan_cost = loan.map_or(0.0, |(loan, terms)| terms.liquidation_cost(&loan));
        let options = rules.and_then(|rules| rules.options.as_ref());
        Ok(Self {
            collateral,
            balances,
            loan: loan.map(|(loan, _)| loan),
            loan_cost,
            options_apart: options.is_some_and(|found| found.value == OptionValue::Requirement),
            liquidation_fee: rules.map_or(0.0, |rules| rules.liquidation_fee),
            ..Self::default()
        })
    }

    /// Adds a contract; `rules` are the standard ones, where the account is margined by them.
    fn add(
        &mut self,
        rules: Option<&VenueRules>,
        portfolio: &Portfolio,
        index: usize,
        held: Held,
    ) -> Result<(), MarginError> {
        let mode = portfolio.accounts[index].position_mode;
        let gross = || held.sides(mode).iter().map(|side| side.mark.notional.abs()).sum::<f64>();
        let Instrument::Option { .. } = &held.first.instrument else {
            self.profit += held.net.mark.value;
            let Some(settlement) = held.first.instrument.settlement() else { return Ok(()) };
            self.gross_notional += gross();
            let inputs = inputs(&held, mode, settlement);
            if let Some(rules) = rules {
                let contract = ContractRules::new(rules, portfolio, index, held.positions)?;
                self.futures.push((contract, inputs));
            }
            return Ok(());
        };
        self.option_value += held.net.mark.value;
        self.gross_notional += gross();
        let Some(rules) = rules else { return Ok(()) };
        let Some(options) = rules.options else {
            return Err(error::no_option_rules(
                rules,
                portfolio,
                &portfolio.accounts[index],
                held.first,
            ));
        };
        for side in held.sides(mode).iter().filter(|side| side.quantity < 0.0) {
            self.add_short(options, held.first, side);
        }
        Ok(())
    }

    fn add_short(&mut self, rules: OptionRules, position: &Position, side: &Side) {
        let Instrument::Option { settlement, strike, right, .. } = &position.instrument else {
            return;
        };
        let (quantity, mark) = (side.quantity, &side.mark);
        let quote_price = counted_quote_price(settlement, mark.quote_price);
        let short = ShortOption {
            right: *right,
            strike_over_forward: strike * quote_price / mark.forward,
            mark: mark.value / (quantity * mark.spot),
        };
        self.short_options += rules.margin(&short).scaled(-quantity * mark.spot);
    }

    fn requirement(&self, scale: f64) -> Requirement {
        let margin_balance = self.collateral + scale * self.profit;
        let options = scale * self.option_value;
        let margin = self.margin(scale);
        let gross_notional = scale.abs() * self.gross_notional;
        Requirement {
            equity: margin_balance + options,
            margin_balance: match self.loan {
                Some(loan) => loan.threshold_value,
                None if self.options_apart => margin_balance,
                None => margin_balance + options,
            },
            initial: margin.initial,
            maintenance: margin.maintenance,
            gross_notional,
            liquidation_cost: self.liquidation_fee * gross_notional + self.loan_cost,
        }
    }

    fn margin(&self, scale: f64) -> Margin {
        if let Some(grid) = &self.grid {
            return grid.margin(scale);
        }
        let scale = scale.abs();
        let mut sum = self.short_options.scaled(scale);
        if let Some(loan) = &self.loan {
            sum += loan.margin();
        }
        for (contract, inputs) in &self.futures {
            let (long, short) = (scale * inputs.long, scale * inputs.short);
            sum += contract.margin(&ContractInputs { long, short, ..*inputs });
        }
        sum
    }
}

/// Sizes and prices of a future or perpetual today.
fn inputs(held: &Held, mode: PositionMode, settlement: &Settlement) -> ContractInputs {
    let mark = &held.net.mark;
    let quote_price = counted_quote_price(settlement, mark.quote_price);
    let mut inputs = ContractInputs {
        spot: mark.spot,
        forward: mark.forward,
        quote_price,
        ..ContractInputs::default()
    };
    for side in held.sides(mode) {
        let one = ContractInputs::sided(side.mark.notional);
        inputs.long += one.long;
        inputs.short += one.short;
    }
    inputs
}
