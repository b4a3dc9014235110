//! Loans inside paths: what a lender does to a borrower whose health factor falls below one.
//!
//! Flows in: a node's prices, the borrower's balances. Flows out: balances with debt repaid and
//! collateral taken, and a record of it. At every node, by the terms of
//! [`LoanRules`](crate::margin::LoanRules): while the health factor is below one, a share of the debt
//! (the close factor; all of it below `full_close_below`) is repaid from the largest collateral, which
//! goes to the liquidator with the bonus, in the asset of which most is owed. What is owed once no
//! collateral is left is bad debt. Form: Aave's *Risk parameters*, as in the rules.
//!
//! The lender sees the prices of an oracle: those of `delay` ago, published anew once they are
//! `deviation` off what was published last, or it is `heartbeat` old. It decides and converts at
//! them, and what is taken is worth what the market says.
//!
//! Limits: the lender looks at the nodes alone; interest accrues on today's debt, whatever was repaid;
//! liquidators always come, and pay no gas.

use super::assess::At;
use super::book::EventBook;
use super::quotes::{Quotes, row};
use super::state::{AccountRecord, Happening, Holdings, PathEvent};
use crate::margin::rules::{LoanAsset, LoanLiquidation, LoanOracle, LoanRules, LoanStanding};
use crate::margin::{MarginError, MarginSetting, VenueRules};
use crate::portfolio::{Account, MarginMode, Portfolio};
use crate::pricing::{CompiledBook, PriceSource, Row, asset_source};

/// Liquidations of one loan at one node: a close factor above a few per cent needs fewer.
const ROUNDS_MAX: u32 = 256;
/// Collateral worth less than this share of the debt is none.
const DUST: f64 = 1e-9;

/// Every loan that its lender acts on inside paths; immutable, shared by threads.
#[derive(Debug, Clone)]
pub(super) struct Loans {
    loans: Vec<WatchedLoan>,
    /// Row of the valued book of each asset of all loans.
    rows: Vec<usize>,
    /// Years from today, by moment.
    times: Vec<f64>,
}

/// An account at a lender.
#[derive(Debug, Clone)]
pub(super) struct WatchedLoan {
    /// Watched account.
    account: usize,
    rules: LoanRules,
    oracle: LoanOracle,
    assets: Vec<WatchedAsset>,
    /// For each moment that whose prices the oracle sees.
    seen: Vec<usize>,
    /// Place of the first of its assets among those of all loans.
    first: usize,
}

/// Collateral or debt.
#[derive(Debug, Clone)]
struct WatchedAsset {
    /// Price of the asset.
    price: usize,
    /// Units that nothing moved, with interest, by moment.
    units: Vec<f64>,
    terms: Option<LoanAsset>,
}

/// What oracles have published on the paths of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct LoanState {
    /// `[moment][asset][path]`: prices of the moments that are still to be seen, in a ring.
    history: Vec<f64>,
    /// Moments in the ring.
    ring: usize,
    /// `[asset][path]`.
    published: Vec<f64>,
    /// `[asset][path]`: moment of the publication.
    published_at: Vec<u32>,
    /// `[asset][path]`: units repaid (of debt) or taken (of collateral, negative).
    moved: Vec<f64>,
}

/// Terms of a lender that acts inside paths on an account, and of its oracle; accounts that also hold
/// positions are margined by those.
pub(super) fn lender<'a>(
    rules: &'a [Option<VenueRules>],
    portfolio: &Portfolio,
    account: usize,
) -> Option<(&'a LoanRules, LoanOracle)> {
    let held: &Account = &portfolio.accounts[account];
    let margined = held.margin_mode != MarginMode::None;
    let loan = rules.get(held.venue.filter(|_| margined)?)?.as_ref()?.loan.as_ref()?;
    let alone = portfolio.positions.iter().all(|position| position.account != account);
    loan.inside_paths.filter(|_| alone).map(|oracle| (loan, oracle))
}

impl WatchedLoan {
    /// The loan of the portfolio's account `index`, watched account `account`, whose assets come
    /// after `first` of other loans; `price` finds or adds a price.
    pub fn new(
        setting: &MarginSetting,
        (index, account, first): (usize, usize, usize),
        (rules, oracle): (&LoanRules, LoanOracle),
        mut price: impl FnMut(PriceSource) -> usize,
    ) -> Result<Self, MarginError> {
        let MarginSetting { market, portfolio, model, .. } = *setting;
        let times = times(setting);
        let held = &portfolio.accounts[index];
        let asset = |balance: &crate::portfolio::Balance| {
            let rate = if balance.quantity < 0.0 { balance.borrow_rate } else { 0.0 };
            let grown = times.iter().map(|time| balance.quantity * libm::exp(rate * time));
            let source = asset_source(market, model, &held.name, &balance.asset)?;
            Ok::<_, MarginError>(WatchedAsset {
                price: price(source),
                units: grown.collect(),
                terms: rules.assets.get(&balance.asset).copied(),
            })
        };
        let assets = held.balances.iter().map(asset).collect::<Result<_, _>>()?;
        let seen = times.iter().map(|time| seen(&times, time - oracle.delay.get())).collect();
        Ok(Self { account, rules: rules.clone(), oracle, assets, seen, first })
    }

    /// Place after the last of its assets among those of all loans.
    pub fn end(&self) -> usize {
        self.first + self.assets.len()
    }
}

fn times(setting: &MarginSetting) -> Vec<f64> {
    let nodes = setting.model.grid.nodes.iter().map(|node| node.get());
    std::iter::once(0.0).chain(nodes).collect()
}

impl Loans {
    /// `None` where no lender acts inside paths.
    pub fn compile(
        setting: &MarginSetting,
        book: &EventBook,
        valued: &CompiledBook,
    ) -> Option<Self> {
        let loans = book.loans.clone();
        let find = |wanted: Row| valued.rows().iter().position(|row| *row == wanted);
        let row = |loan: &WatchedLoan, index: usize| {
            let account = book.accounts[loan.account].index;
            let together = find(Row::AccountBalances(account));
            let row = together.or_else(|| find(Row::Balance { account, index }));
            row.expect("every balance of a portfolio has a row in its book")
        };
        let rows = loans.iter();
        let rows = rows.flat_map(|loan| (0..loan.assets.len()).map(move |index| row(loan, index)));
        let rows = rows.collect();
        (!loans.is_empty()).then(|| Self { loans, rows, times: times(setting) })
    }

    /// Room for blocks of up to `path_capacity` paths.
    pub fn state(&self, path_capacity: usize) -> LoanState {
        let moments = 0..self.times.len();
        let behind = |loan: &WatchedLoan| {
            moments.clone().map(|moment| moment - loan.seen[moment]).max().unwrap_or(0)
        };
        let ring = 1 + self.loans.iter().map(behind).max().unwrap_or(0);
        let size = self.rows.len() * path_capacity;
        LoanState {
            history: vec![0.0; ring * size],
            ring,
            published: vec![0.0; size],
            published_at: vec![0; size],
            moved: vec![0.0; size],
        }
    }

    /// Begins a block at today's prices.
    pub fn start_block(&self, book: &EventBook, state: &mut LoanState, path_count: usize) {
        state.moved[..self.rows.len() * path_count].fill(0.0);
        for loan in &self.loans {
            for (offset, asset) in loan.assets.iter().enumerate() {
                let price = book.prices[asset.price].price;
                let slots =
                    (loan.first + offset) * path_count..(loan.first + offset + 1) * path_count;
                state.published[slots.clone()].fill(price);
                state.published_at[slots.clone()].fill(0);
                state.history[slots].fill(price);
            }
        }
    }

    /// Numbers of state a path.
    pub fn width(&self) -> usize {
        4 * self.rows.len()
    }

    /// What every lender does at a node.
    pub fn visit(
        &self,
        book: &EventBook,
        (moment, quotes): (usize, &Quotes),
        holdings: &mut Holdings,
        state: &mut LoanState,
    ) {
        self.publish((moment, quotes), state);
        let count = holdings.path_count;
        for loan in &self.loans {
            for place in 0..count {
                let at = At { moment, place, quotes, quoted: place };
                let standing = loan.standing(at, count, state);
                if standing.health_factor().is_some_and(|health| health < 1.0) {
                    loan.liquidate(book, at, standing, (holdings, state));
                }
            }
        }
    }

    /// Adds what was repaid and taken to the rows of balances, `[row][path]`.
    pub fn settle(&self, quotes: &Quotes, state: &LoanState, values: &mut [f64]) {
        let count = quotes.path_count;
        for loan in &self.loans {
            for (offset, asset) in loan.assets.iter().enumerate() {
                let index = loan.first + offset;
                let moved = row(&state.moved, index, count).iter().zip(quotes.price(asset.price));
                let worth = &mut values[self.rows[index] * count..][..count];
                worth
                    .iter_mut()
                    .zip(moved)
                    .for_each(|(slot, (moved, price))| *slot += moved * price);
            }
        }
    }

    /// Oracles look at the market, and publish where they are to.
    fn publish(&self, (moment, quotes): (usize, &Quotes), state: &mut LoanState) {
        let count = quotes.path_count;
        let LoanState { history, ring, published, published_at, .. } = state;
        let row =
            |moment: usize, asset: usize| ((moment % *ring) * self.rows.len() + asset) * count;
        for loan in &self.loans {
            let LoanOracle { deviation, heartbeat, .. } = loan.oracle;
            for (offset, asset) in loan.assets.iter().enumerate() {
                let index = loan.first + offset;
                let prices = quotes.price(asset.price);
                history[row(moment, index)..][..count].copy_from_slice(prices);
                let seen = &history[row(loan.seen[moment], index)..][..count];
                let slots = index * count..(index + 1) * count;
                let known = published[slots.clone()].iter_mut().zip(&mut published_at[slots]);
                for ((published, at), seen) in known.zip(seen) {
                    let age = self.times[moment] - self.times[*at as usize];
                    let is_off = (seen - *published).abs() >= deviation * published.abs();
                    if is_off || heartbeat.is_some_and(|limit| age >= limit.get()) {
                        (*published, *at) = (*seen, moment as u32);
                    }
                }
            }
        }
    }
}

/// The latest moment not after `time`; today for all before.
fn seen(times: &[f64], time: f64) -> usize {
    // a tenth of a second apart is the same
    let until = times.partition_point(|one| *one <= time + 3e-9);
    until.saturating_sub(1)
}

impl WatchedLoan {
    fn slot(&self, offset: usize, at: At, count: usize) -> usize {
        (self.first + offset) * count + at.place
    }

    /// Worth of an asset at the oracle's price; negative is owed.
    fn value(&self, offset: usize, at: At, count: usize, state: &LoanState) -> f64 {
        let slot = self.slot(offset, at, count);
        (self.assets[offset].units[at.moment] + state.moved[slot]) * state.published[slot]
    }

    /// The loan at the oracle's prices.
    fn standing(&self, at: At, count: usize, state: &LoanState) -> LoanStanding {
        let mut standing = LoanStanding::default();
        for (offset, asset) in self.assets.iter().enumerate() {
            standing.add(asset.terms.as_ref(), self.value(offset, at, count, state));
        }
        standing
    }

    /// Liquidations until the loan is healthy or nothing is left to take.
    fn liquidate(
        &self,
        book: &EventBook,
        at: At,
        before: LoanStanding,
        (holdings, state): (&mut Holdings, &mut LoanState),
    ) {
        let count = holdings.path_count;
        let (mut repaid, mut taken) = (0.0, 0.0);
        let mut standing = before;
        for _ in 0..ROUNDS_MAX {
            let Some(round) = self.round(at, count, &standing, state) else { break };
            repaid += round.repaid;
            taken += round.seized;
            standing = self.standing(at, count, state);
            if standing.health_factor().is_none_or(|health| health >= 1.0) {
                break;
            }
        }
        if repaid <= 0.0 {
            return;
        }
        let is_flat = standing.threshold_value <= DUST * before.debt;
        let bad_debt = if is_flat { standing.debt } else { 0.0 };
        let node = at.moment.saturating_sub(1);
        let record: &mut AccountRecord = &mut holdings.records[self.account * count + at.place];
        record.liquidate(node);
        record.notional += repaid;
        record.taken += taken - repaid;
        record.bad_debt += bad_debt;
        let what = Happening::Liquidation {
            balance: before.threshold_value,
            maintenance: before.debt,
            notional: repaid,
            cost: taken - repaid,
            bad_debt,
            is_flat,
        };
        let account = book.accounts[self.account].index;
        holdings.events.push(PathEvent { node, place: at.place, account, what });
    }

    /// One liquidation at the oracle's prices, USD; `None` where there is nothing to take or repay.
    fn round(
        &self,
        at: At,
        count: usize,
        standing: &LoanStanding,
        state: &mut LoanState,
    ) -> Option<LoanLiquidation> {
        let value = |offset: usize| self.value(offset, at, count, state);
        let accepted = |offset: &usize| self.assets[*offset].terms.is_some();
        let collateral = largest((0..self.assets.len()).filter(accepted), value)?;
        let owed = largest(0..self.assets.len(), |offset| -value(offset))?;
        let (held, debt) = (value(collateral), -value(owed));
        let terms = self.assets[collateral].terms?;
        let found = self.rules.liquidate(standing, &terms, held);
        let repaid = found.repaid.min(debt);
        let seized = repaid * (1.0 + terms.bonus);
        let [owed, collateral] = [(owed, repaid), (collateral, -seized)].map(|(offset, usd)| {
            let slot = self.slot(offset, at, count);
            (slot, usd / state.published[slot])
        });
        let is_sound = owed.1.is_finite() && collateral.1.is_finite();
        if held <= DUST * standing.debt || repaid <= 0.0 || !is_sound {
            return None;
        }
        state.moved[owed.0] += owed.1;
        state.moved[collateral.0] += collateral.1;
        Some(LoanLiquidation { repaid, seized, bad_debt: 0.0 })
    }
}

/// The one with the largest value above zero; of equal ones the first.
fn largest(offsets: impl Iterator<Item = usize>, value: impl Fn(usize) -> f64) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for offset in offsets {
        let found = value(offset);
        if found > best.map_or(0.0, |(_, value)| value) {
            best = Some((offset, found));
        }
    }
    best.map(|(offset, _)| offset)
}

#[cfg(test)]
mod tests;
