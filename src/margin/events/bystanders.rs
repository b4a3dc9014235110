//! Accounts that no venue closes inside paths, but that are watched all the same: at a venue that may
//! fail, with collateral that meets calls elsewhere, or of a desk that acts on its own ladder.
//!
//! They have no pool of margin: their positions are marked and paid, their balances counted, and
//! nothing else happens to them. They come after the accounts that venues close.

use super::balances::watched_balances;
use super::book::{Gathered, Watched, WatchedAccount, WatchedPosition};
use crate::margin::{Liquidation, MarginError, MarginSetting};
use crate::portfolio::{Instrument, Portfolio};
use crate::pricing::settlement_price;

/// Which accounts of a portfolio failures or transfers concern.
pub(super) struct Involved {
    accounts: Vec<Part>,
}

/// What an account has to do with failures and transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    /// It is sent to, where its venue closes it inside paths.
    Called,
    /// Its venue may fail, or it sends: it is watched in any case.
    Exposed,
}

impl Involved {
    pub fn of(portfolio: &Portfolio) -> Self {
        let may_fail = |venue: usize| portfolio.venues[venue].failure.is_some();
        let calls = portfolio.margin_calls.as_ref();
        let part = |(index, account): (usize, &crate::portfolio::Account)| {
            let is_source = calls.is_some_and(|calls| calls.sources.contains(&index));
            if is_source || account.venue.is_some_and(may_fail) {
                Part::Exposed
            } else if calls.is_some() && account.can_be_called() {
                Part::Called
            } else {
                Part::Nothing
            }
        };
        Self { accounts: portfolio.accounts.iter().enumerate().map(part).collect() }
    }

    /// Whether failures or transfers concern any account.
    pub fn any(&self) -> bool {
        self.accounts.iter().any(|part| *part != Part::Nothing)
    }

    fn exposed(&self, watched: Watched) -> impl Iterator<Item = usize> {
        let parts = self.accounts.iter().enumerate();
        let is_wanted = move |part: Part| part == Part::Exposed || watched == Watched::WholeDesk;
        parts.filter(move |(_, part)| is_wanted(**part)).map(|(index, _)| index)
    }
}

impl Gathered {
    /// Adds the accounts that failures or transfers concern and that are not there yet, and the
    /// balances of all that they concern. `is_closed` says whose positions venues close today.
    pub fn add_involved(
        &mut self,
        setting: &MarginSetting,
        watched: Watched,
        is_closed: impl Fn(usize) -> bool,
    ) -> Result<(), MarginError> {
        let involved = Involved::of(setting.portfolio);
        for index in involved.exposed(watched) {
            if self.accounts.iter().all(|watched| watched.index != index) {
                self.add_bystander(setting, index, is_closed(index))?;
            }
        }
        for account in 0..self.accounts.len() {
            let index = self.accounts[account].index;
            let from = self.balances.len();
            if involved.accounts[index] != Part::Nothing {
                let found = watched_balances(setting, index, |source| self.price(source))?;
                self.balances.extend(found);
            }
            self.accounts[account].balances = from..self.balances.len();
        }
        Ok(())
    }

    fn add_bystander(
        &mut self,
        setting: &MarginSetting,
        index: usize,
        is_closed: bool,
    ) -> Result<(), MarginError> {
        let MarginSetting { market, portfolio, model, .. } = *setting;
        let from = self.positions.len();
        let held = portfolio.positions.iter().enumerate();
        for (at, position) in held.filter(|(_, one)| one.account == index && !is_closed) {
            let paid = settlement_price(market, model, position)?;
            let watched = WatchedPosition {
                index: at,
                price: self.price(paid),
                venue: portfolio.accounts[index].venue,
                slots: Vec::new(),
                is_option: matches!(position.instrument, Instrument::Option { .. }),
                entry: position.entry_price,
            };
            self.positions.push(watched);
        }
        self.accounts.push(WatchedAccount {
            index,
            recourse: portfolio.accounts[index].recourse,
            liquidation: Liquidation::PLAIN,
            closing_rate: 0.0,
            positions: from..self.positions.len(),
            balances: 0..0,
        });
        Ok(())
    }
}
