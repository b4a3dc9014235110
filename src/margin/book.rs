//! Margin of a book, compiled once and asked for at many scales of the positions.

use std::collections::BTreeMap;

use super::rules::{Margin, ShortOption};
use super::{MarginError, OptionRules, OptionValue, Requirement, VenueRules};
use crate::market::Market;
use crate::portfolio::{Account, Instrument, MarginMode, Portfolio, Position, Settlement};
use crate::pricing::{Mark, PricingError, asset_price, mark};
use crate::units::Symbol;

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
    rules: Option<VenueRules>,
    leverage_max: Option<f64>,
    futures: Vec<FutureContract>,
    /// Margin of all short options: in proportion to scale.
    short_options: Margin,
}

/// The net position in one future or perpetual.
#[derive(Debug, Clone)]
struct FutureContract {
    coin: Symbol,
    /// USD price of the quote.
    quote_price: f64,
    notional_usd: f64,
    coins: f64,
}

/// What makes two positions the same contract: the instrument as text.
pub(super) type Nets<'a> = BTreeMap<String, (&'a Position, f64, Mark)>;

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
        for (index, account) in portfolio.accounts.iter().enumerate() {
            let mut book = AccountBook::new(rules, market, account)?;
            let nets = net_positions(market, portfolio, index)?;
            for (position, quantity, mark) in nets.values() {
                book.add(portfolio, account, position, *quantity, mark)?;
            }
            accounts.push(book);
        }
        Ok(Self { accounts })
    }

    /// Requirement of every account with its positions times `scale`.
    pub fn requirements(&self, scale: f64) -> Vec<Requirement> {
        self.accounts.iter().map(|account| account.requirement(scale)).collect()
    }

    /// Whether every account meets its initial margin at `scale`.
    pub fn meets_initial(&self, scale: f64) -> bool {
        self.accounts.iter().all(|account| account.requirement(scale).meets_initial())
    }
}

/// Sums the positions of an account by contract; marks are of the sums.
pub(super) fn net_positions<'a>(
    market: &Market,
    portfolio: &'a Portfolio,
    account: usize,
) -> Result<Nets<'a>, PricingError> {
    let mut nets = Nets::new();
    for position in portfolio.positions.iter().filter(|held| held.account == account) {
        let found = mark(market, position)?;
        let key = format!("{:?} {:?}", position.instrument, position.volatility);
        let entry = nets.entry(key).or_insert((position, 0.0, Mark::default()));
        entry.1 += position.quantity;
        entry.2.add(&found);
    }
    Ok(nets)
}

impl AccountBook {
    fn new(
        rules: &[Option<VenueRules>],
        market: &Market,
        account: &Account,
    ) -> Result<Self, PricingError> {
        let mut collateral = 0.0;
        for balance in &account.balances {
            let price = asset_price(market, &account.name, &balance.asset)?;
            let value = balance.quantity * price;
            collateral += if value > 0.0 { value * (1.0 - balance.haircut) } else { value };
        }
        let margined = account.margin_mode != MarginMode::None;
        let venue = account.venue.filter(|_| margined);
        let rules = venue.and_then(|venue| rules.get(venue).cloned().flatten());
        let options = rules.as_ref().and_then(|rules| rules.options.as_ref());
        Ok(Self {
            collateral,
            options_apart: options.is_some_and(|found| found.value == OptionValue::Requirement),
            leverage_max: account.leverage_max,
            rules,
            ..Self::default()
        })
    }

    fn add(
        &mut self,
        portfolio: &Portfolio,
        account: &Account,
        position: &Position,
        quantity: f64,
        mark: &Mark,
    ) -> Result<(), MarginError> {
        let Instrument::Option { settlement, strike, right, .. } = &position.instrument else {
            self.profit += mark.value;
            if let Some(settlement) = position.instrument.settlement() {
                self.add_future(position, settlement, mark);
            }
            return Ok(());
        };
        self.option_value += mark.value;
        self.gross_notional += mark.notional.abs();
        let Some(rules) = &self.rules else { return Ok(()) };
        let Some(options) = &rules.options else {
            let venue = account.venue.and_then(|index| portfolio.venues.get(index));
            return Err(MarginError::NoOptionRules {
                position: position.id.clone(),
                rules: rules.id.clone(),
                venue: venue.map_or(String::new(), |venue| venue.name.clone()),
            });
        };
        if quantity < 0.0 {
            let quote_price = match settlement {
                Settlement::Linear { .. } => mark.quote_price,
                Settlement::Inverse => 1.0,
            };
            let short = ShortOption {
                right: *right,
                strike_over_forward: strike * quote_price / mark.forward,
                mark: mark.value / (quantity * mark.spot),
            };
            self.add_short(*options, &short, -quantity * mark.spot);
        }
        Ok(())
    }

    fn add_short(&mut self, rules: OptionRules, short: &ShortOption, usd_per_coin: f64) {
        let margin = rules.margin(short);
        self.short_options.initial += usd_per_coin * margin.initial;
        self.short_options.maintenance += usd_per_coin * margin.maintenance;
    }

    fn add_future(&mut self, position: &Position, settlement: &Settlement, mark: &Mark) {
        let notional = mark.notional.abs();
        self.gross_notional += notional;
        let quote_price = match settlement {
            Settlement::Linear { .. } => mark.quote_price,
            Settlement::Inverse => 1.0,
        };
        self.futures.push(FutureContract {
            coin: position.instrument.underlying().clone(),
            quote_price,
            notional_usd: notional,
            coins: notional / mark.forward,
        });
    }

    fn requirement(&self, scale: f64) -> Requirement {
        let margin_balance = self.collateral + scale * self.profit;
        let options = scale * self.option_value;
        let margin = self.margin(scale);
        let gross_notional = scale.abs() * self.gross_notional;
        let fee = self.rules.as_ref().map_or(0.0, |rules| rules.liquidation_fee);
        Requirement {
            equity: margin_balance + options,
            margin_balance: if self.options_apart {
                margin_balance
            } else {
                margin_balance + options
            },
            initial: margin.initial,
            maintenance: margin.maintenance,
            gross_notional,
            liquidation_cost: fee * gross_notional,
        }
    }

    fn margin(&self, scale: f64) -> Margin {
        let Some(rules) = &self.rules else { return Margin::default() };
        let scale = scale.abs();
        let mut sum = Margin {
            initial: scale * self.short_options.initial,
            maintenance: scale * self.short_options.maintenance,
        };
        for contract in &self.futures {
            let notional = scale * contract.notional_usd;
            let schedule = rules.futures_on(&contract.coin);
            let margin = schedule.margin(notional / contract.quote_price, scale * contract.coins);
            let desk = self.leverage_max.map_or(0.0, |leverage| notional / leverage);
            sum.initial += (margin.initial * contract.quote_price).max(desk);
            sum.maintenance += margin.maintenance * contract.quote_price;
        }
        sum
    }
}
