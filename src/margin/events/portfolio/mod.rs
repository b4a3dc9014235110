//! Portfolio margin inside paths: screened, and exact wherever the screen does not decide.
//!
//! The requirement of a whole grid of scenarios on every path and node is too slow. So at set-up
//! what each coin adds to it is tabulated over its price and the level of its volatilities
//! ([`screen`]), with a measured bound of the error of the whole. On a path the margin balance, which
//! is exact, is compared with the tabulated requirement; where it is farther from it than the bound,
//! that decides. Everywhere else (near the requirement, outside the tables, when a margin call is
//! first made, on paths whose quantities have changed, in every round of a liquidation) the grid is
//! gone through in full, at the path's own forwards and volatilities, so that what happens is what
//! the exact requirement says.
//!
//! Limits: looked at at the nodes alone; what OKX charges on borrowing is on today's debts with
//! their interest.

mod screen;
#[cfg(test)]
mod tests;

use super::assess::{At, Standing, prices_of};
use super::book::EventBook;
use super::quotes::Quotes;
use super::state::{Holdings, Margins};
use crate::margin::grid::{GridState, HeldState, PathGrid, PortfolioRules};
use crate::margin::{Margin, MarginError, MarginSetting};
use crate::portfolio::MarginMode;
use crate::pricing::{OptionPlace, asset_source};
use crate::units::Years;
use screen::Screen;

/// What a pool under portfolio margin is asked for.
#[derive(Debug, Clone)]
pub(super) struct PortfolioPool {
    grid: PathGrid,
    /// Of the pool's positions, in their order.
    legs: Vec<PathLeg>,
    /// Price of each asset that is owed, and units of it by moment.
    owed: Vec<(usize, Vec<f64>)>,
    /// Years from today, by moment.
    times: Vec<f64>,
    screen: Option<Screen>,
}

/// A contract of a pool under portfolio margin.
#[derive(Debug, Clone)]
struct PathLeg {
    /// Watched position.
    position: usize,
    contract: usize,
    expiry: Option<Years>,
    discount_rate: f64,
    /// The option, and the slot of its volatility level among the logged factors.
    option: Option<(OptionPlace, usize)>,
}

/// Compiles the pools of accounts with portfolio margin; `rules` by venue.
pub(super) fn attach(setting: &MarginSetting, book: &mut EventBook) -> Result<(), MarginError> {
    let pools: Vec<(usize, &PortfolioRules, &str)> = (0..book.pools.len())
        .filter_map(|pool| {
            let account = book.accounts[book.pools[pool].account].index;
            let account = &setting.portfolio.accounts[account];
            let venue = account.venue.filter(|_| account.margin_mode == MarginMode::Portfolio)?;
            let rules = setting.rules.get(venue)?.as_ref()?;
            Some((pool, rules.portfolio.as_ref()?, rules.id.as_str()))
        })
        .collect();
    for &(pool, ..) in &pools {
        screen::log_factors(setting, book, pool)?;
    }
    for (pool, rules, id) in pools {
        let mut compiled = PortfolioPool::compile(setting, book, pool, (rules, id))?;
        compiled.screen = Screen::measure(setting.model, book, &compiled, pool);
        book.pools[pool].portfolio = Some(Box::new(compiled));
    }
    Ok(())
}

impl PortfolioPool {
    fn compile(
        setting: &MarginSetting,
        book: &mut EventBook,
        pool: usize,
        (rules, id): (&PortfolioRules, &str),
    ) -> Result<Self, MarginError> {
        let MarginSetting { market, portfolio, model, .. } = *setting;
        let account = &portfolio.accounts[book.accounts[book.pools[pool].account].index];
        let held: Vec<usize> =
            book.pools[pool].positions.iter().map(|one| book.positions[*one].index).collect();
        let grid = PathGrid::compile(rules, id, market, portfolio, &held)?;
        let nodes = model.grid.nodes.iter().map(|node| node.get());
        let times: Vec<f64> = std::iter::once(0.0).chain(nodes).collect();
        let mut owed = Vec::new();
        for balance in account.balances.iter().filter(|balance| balance.quantity < 0.0) {
            let source = asset_source(market, model, &account.name, &balance.asset)?;
            let grown = |time: &f64| -balance.quantity * libm::exp(balance.borrow_rate * time);
            owed.push((book.price(source), times.iter().map(grown).collect()));
        }
        let legs = book.pools[pool].positions.iter();
        let legs = legs.map(|position| PathLeg::new(setting, book, pool, *position)).collect();
        Ok(Self { grid, legs, owed, times, screen: None })
    }

    /// The same pool, always decided in full.
    #[cfg(test)]
    pub fn without_screen(&mut self) {
        self.screen = None;
    }

    /// Fills the margin of a pool on every path, whose balances are known: where the screen decides
    /// whether it is below, what the screen says.
    pub fn fill(
        &self,
        book: &EventBook,
        pool: usize,
        (moment, quotes): (usize, &Quotes),
        holdings: &Holdings,
        margins: &mut Margins,
    ) {
        let count = holdings.path_count;
        let account = book.pools[pool].account;
        let share = self.grid.maintenance_share();
        let mut functions = Vec::new();
        for place in 0..count {
            let at = At { moment, place, quotes, quoted: place };
            let balance = margins.balance[place];
            let is_called = holdings.records[account * count + place].called().is_some();
            let screened = self.screen.as_ref().filter(|_| self.is_whole(holdings, place));
            let screened = screened.and_then(|screen| screen.at(&self.grid, at, &mut functions));
            let decided = screened.map(|found| found.plus(self.borrowing(at))).filter(|found| {
                let from_maintenance = (balance - share * found.initial).abs();
                let above_initial = balance > found.initial + found.error;
                from_maintenance > share * found.error && (is_called || above_initial)
            });
            let margin = match decided {
                Some(found) => {
                    Margin { initial: found.initial, maintenance: share * found.initial }
                }
                None => self.margin(book, at, holdings),
            };
            margins.initial[place] = margin.initial;
            margins.maintenance[place] = margin.maintenance;
        }
    }

    /// The exact margin on one path.
    pub fn margin(&self, book: &EventBook, at: At, holdings: &Holdings) -> Margin {
        let held = |position: usize| holdings.held_at(position, at.place);
        let state = |place: usize| self.legs[place].state(book, at, &self.times, held);
        self.grid.margin(state, self.owed(at))
    }

    /// Adds the exact margin to what is known of a pool.
    pub fn add(&self, book: &EventBook, at: At, holdings: &Holdings, found: &mut Standing) {
        let margin = self.margin(book, at, holdings);
        found.initial += margin.initial;
        found.maintenance += margin.maintenance;
    }

    /// Whether a path holds what is held today.
    fn is_whole(&self, holdings: &Holdings, place: usize) -> bool {
        self.legs.iter().all(|leg| holdings.held_at(leg.position, place) == 1.0)
    }

    fn owed(&self, at: At) -> f64 {
        let one = |(price, units): &(usize, Vec<f64>)| {
            units[at.moment] * at.quotes.price(*price)[at.quoted]
        };
        self.owed.iter().fold(0.0, |sum, owed| sum + one(owed))
    }

    fn borrowing(&self, at: At) -> f64 {
        if self.owed.is_empty() { 0.0 } else { self.grid.borrowing(self.owed(at)) }
    }

    /// Functions of one coin at the prices of `at`, everything held.
    fn functions(&self, book: &EventBook, unit: usize, at: At) -> Vec<f64> {
        let state = |place: usize| self.legs[place].state(book, at, &self.times, |_| 1.0);
        self.grid.functions(unit, state)
    }
}

impl PathLeg {
    fn new(setting: &MarginSetting, book: &EventBook, pool: usize, position: usize) -> Self {
        let held = &setting.portfolio.positions[book.positions[position].index];
        let holds = |contract: &usize| {
            book.contracts[*contract].positions.iter().any(|(one, _)| *one == position)
        };
        let contract = book.pools[pool].contracts.clone().find(holds);
        let paid = setting.market.asset(held.instrument.settlement_asset());
        let coin = held.instrument.underlying().clone();
        let level = setting.model.index(&crate::simulation::FactorKey::Volatility(coin));
        let slot = level.and_then(|factor| book.logged.iter().position(|one| *one == factor));
        Self {
            position,
            contract: contract.unwrap_or(book.pools[pool].contracts.start),
            expiry: held.instrument.expiry(),
            discount_rate: paid.map_or(0.0, |asset| asset.discount_rate),
            option: book.marks.option_of_row(position).zip(slot),
        }
    }

    /// The contract as the grid revalues it; `None` once it has expired.
    fn state(
        &self,
        book: &EventBook,
        at: At,
        times: &[f64],
        held: impl Fn(usize) -> f64,
    ) -> Option<HeldState> {
        if !book.is_alive(self.contract, at.moment) {
            return None;
        }
        let prices = prices_of(book, self.contract, at.quotes, at.quoted);
        let years = self.expiry.map_or(0.0, |expiry| (expiry.get() - times[at.moment]).max(0.0));
        let log_forward = libm::log(prices.forward / prices.quote);
        let volatility = self.option.map_or(0.0, |(option, slot)| {
            let change = at.quotes.log(slot)[at.quoted];
            book.marks.implied_volatility(option, at.moment, log_forward, change)
        });
        let state = GridState {
            forward: prices.forward,
            quote_price: prices.quote,
            volatility,
            years,
            discount: libm::exp(-self.discount_rate * years),
        };
        Some(HeldState { held: held(self.position), spot: prices.coin, state })
    }
}
