//! Accounts watched between nodes: whether one touched its line on the way, and where.
//!
//! An account moved by one coin, by a diffusion, is a function of that coin's price alone: on each
//! path the price at which its margin balance meets its maintenance margin is solved for, and the
//! price between two nodes is a Brownian bridge ([`crate::margin::first_passage`]). A path's uniform
//! says how far out a line can lie that it touches: one with headroom there is not solved for. What is
//! triggered between nodes is filled at that price.
//!
//! Limits: quantities and cash between nodes are those at the later one; a line above and one below
//! are watched each for itself; margin calls are looked at at the nodes.

use super::assess::{At, prices_of, sizes_on_path};
use super::balances::moved_in_coin;
use super::book::{Backing, EventBook, Pool, WatchedPosition};
use super::contract::{Contract, ContractKind};
use super::quotes::Quotes;
use super::state::Holdings;
use crate::margin::MarginSetting;
use crate::margin::first_passage::{crosses, crossing_probability, level_touched_with};
use crate::numeric::{Purpose, Streams};
use crate::portfolio::Account;
use crate::pricing::PriceSource;
use crate::simulation::{FactorKey, FactorModel};

/// Standard deviations of a step within which a line can be touched: beyond, the probability is
/// below e⁻¹²⁸.
const REACH: f64 = 8.0;
/// Share of its distance by which a line lies beyond the farthest touched before it is not looked for:
/// far above what rounding moves it by.
const BEYOND: f64 = 1e-6;
/// Halvings of the interval in which a line is looked for.
const HALVINGS: u32 = 48;

/// The coin that moves a pool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bridge {
    pub factor: usize,
    /// Volatility of its logarithm a year.
    pub volatility: f64,
    /// Index among prices.
    coin: usize,
    /// Units of it among the account's balances: as counted after haircuts, and in full.
    units: [f64; 2],
}

/// A step of one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub node: usize,
    pub path: u64,
    /// Logarithm of the coin's price when the step began over that at its end.
    pub start: f64,
    /// Of the coin's logarithm over the step.
    pub deviation: f64,
}

/// A pool on one path as a function of the coin's price.
struct Slope {
    balance: f64,
    /// Change of the balance as the price doubles.
    slope: f64,
}

impl Bridge {
    /// `None` unless a pool is moved by one coin alone, by a diffusion.
    pub fn new(
        setting: &MarginSetting,
        account: &Account,
        pool: &Pool,
        (contracts, positions): (&[Contract], &[WatchedPosition]),
        prices: &[PriceSource],
    ) -> Option<Self> {
        let model = setting.model;
        if !model.prices_diffuse() {
            return None;
        }
        let contracts = &contracts[pool.contracts.clone()];
        let coin = contracts.first()?.coin;
        let factor = prices[coin].factor?;
        let still = |price: usize| price == coin || !moves(model, prices[price]);
        let simple = |contract: &Contract| {
            !contract.is_option()
                && contract.coin == coin
                && contract.quote.is_none_or(|quote| quote != coin && still(quote))
        };
        let paid = |position: &usize| still(positions[*position].price);
        if !contracts.iter().all(simple) || !pool.positions.iter().all(paid) {
            return None;
        }
        let mut units = [0.0; 2];
        for balance in &account.balances {
            let source =
                crate::pricing::asset_source(setting.market, model, &account.name, &balance.asset);
            let source = source.ok()?;
            if source == prices[coin] {
                let kept = if balance.quantity > 0.0 { 1.0 - balance.haircut } else { 1.0 };
                units[0] += kept * balance.quantity;
                units[1] += balance.quantity;
            } else if moves(model, source) {
                return None;
            }
        }
        let FactorKey::Spot(symbol) = &model.factors[factor].key else { return None };
        let basis = model.index(&FactorKey::Basis(symbol.clone()));
        if basis.is_some_and(|basis| model.factors[basis].volatility > 0.0) {
            return None;
        }
        let volatility = model.factors[factor].volatility;
        (volatility > 0.0).then_some(Self { factor, volatility, coin, units })
    }

    /// The price, over that at the end of the step, at which the pool was triggered on the way;
    /// `None` where it was not, or was below its line when the step began.
    pub fn touched(
        &self,
        book: &EventBook,
        index: usize,
        (balance, step): (f64, Step),
        at: At,
        (holdings, streams): (&Holdings, &Streams),
    ) -> Option<f64> {
        let line = Slope { balance, slope: self.slope(book, index, at, holdings) };
        let headroom = |ratio: f64| line.headroom(book, index, ratio, at, holdings);
        let start = libm::exp(step.start);
        if headroom(start) < 0.0 {
            return None;
        }
        if headroom(1.0) < 0.0 {
            return Some(meeting(start, 1.0, headroom));
        }
        let reach = REACH * step.deviation;
        let (low, high) = (step.start.min(0.0), step.start.max(0.0));
        let sides = [(low, low - reach), (high, high + reach)];
        for (side, (near, far)) in sides.into_iter().enumerate() {
            let far = libm::exp(far);
            if headroom(far) >= 0.0 {
                continue;
            }
            let mut uniform = [0.0];
            let factor = (2 * index + side) as u32;
            let node = step.node as u32;
            streams.fill_uniforms(Purpose::Passage, node, factor, &[step.path], &mut uniform);
            let variance = step.deviation * step.deviation;
            // Most lines lie beyond the farthest that this path touches, and need not be found.
            let farthest = farthest(uniform[0], step.start, variance, side);
            if headroom(libm::exp(farthest)) >= 0.0 {
                continue;
            }
            let level = meeting(libm::exp(near), far, headroom);
            let log = libm::log(level);
            let probability = crossing_probability(step.start - log, -log, variance);
            if crosses(probability, uniform[0]) {
                return Some(level);
            }
        }
        None
    }

    /// Change of the pool's margin balance as the coin's price doubles.
    pub fn slope(&self, book: &EventBook, index: usize, at: At, holdings: &Holdings) -> f64 {
        let pool = &book.pools[index];
        let coin = at.quotes.price(self.coin)[at.quoted];
        let mut slope = match &pool.backing {
            Backing::Account => {
                self.units[0] * coin + moved_in_coin(book, pool.account, self.coin, at, holdings)
            }
            Backing::Posted(posted) => {
                let coins = posted.iter().filter(|(price, _)| *price == self.coin);
                coins.fold(0.0, |sum, (_, units)| sum + units * coin)
            }
        };
        for contract in pool.contracts.clone() {
            for &(position, today) in &book.contracts[contract].positions {
                let mark = mark_slope(book, contract, (position, today), at);
                slope += holdings.held_at(position, at.place) * mark;
                if book.positions[position].price == self.coin {
                    slope += holdings.cash[position * holdings.path_count + at.place] * coin;
                }
            }
        }
        slope
    }

    /// Fills `quotes`, of one path, with what the pool is worth at `ratio` times the coin's price.
    pub fn quote(
        &self,
        book: &EventBook,
        index: usize,
        (ratio, at): (f64, At),
        quotes: &mut Quotes,
    ) {
        let pool = &book.pools[index];
        quotes.path_count = 1;
        for (price, slot) in quotes.prices.iter_mut().enumerate() {
            let now = at.quotes.price(price)[at.quoted];
            *slot = if price == self.coin { ratio * now } else { now };
        }
        let coin = at.quotes.price(self.coin)[at.quoted];
        let lines = [book.collateral_line(pool.account), book.balances_line(pool.account)];
        for (line, units) in lines.into_iter().zip(self.units) {
            quotes.lines[line] = at.quotes.line(line)[at.quoted] + units * coin * (ratio - 1.0);
        }
        for contract in pool.contracts.clone() {
            let line = book.forward_line(contract);
            quotes.lines[line] = ratio * at.quotes.line(line)[at.quoted];
            for &held in &book.contracts[contract].positions {
                let now = at.quotes.mark(held.0)[at.quoted];
                let slope = mark_slope(book, contract, held, at);
                quotes.marks[held.0] = now + slope * (ratio - 1.0);
            }
        }
    }
}

impl Slope {
    /// Margin balance less maintenance margin at `ratio` times the coin's price.
    fn headroom(
        &self,
        book: &EventBook,
        index: usize,
        ratio: f64,
        at: At,
        holdings: &Holdings,
    ) -> f64 {
        let mut maintenance = 0.0;
        for contract in book.pools[index].contracts.clone() {
            if !book.is_alive(contract, at.moment) {
                continue;
            }
            let sizes = sizes_on_path(book, contract, |one| holdings.held_at(one, at.place));
            let mut prices = prices_of(book, contract, at.quotes, at.quoted);
            prices.forward *= ratio;
            prices.coin *= ratio;
            maintenance += book.contracts[contract].margin(sizes, &prices).maintenance;
        }
        self.balance + self.slope * (ratio - 1.0) - maintenance
    }
}

/// Change of the mark of today's quantity as the coin's price doubles; nothing once it expired.
///
/// Linear, `q(F − E·P)`: `q·F`. Inverse, `N(S/E − S/F)` with `S/F` unchanged: `N·S/E`.
fn mark_slope(book: &EventBook, contract: usize, (position, today): (usize, f64), at: At) -> f64 {
    let is_alive = book.is_alive(contract, at.moment);
    let mark = at.quotes.mark(position)[at.quoted];
    let prices = prices_of(book, contract, at.quotes, at.quoted);
    match book.contracts[contract].kind {
        ContractKind::Linear if is_alive => today * prices.forward,
        ContractKind::Inverse if is_alive => mark + today * prices.coin / prices.forward,
        ContractKind::Spot => mark,
        ContractKind::Linear | ContractKind::Inverse | ContractKind::Option => 0.0,
    }
}

fn moves(model: &FactorModel, price: PriceSource) -> bool {
    price.factor.is_some_and(|factor| model.factors[factor].volatility > 0.0)
}

/// The farthest line that a path touches below (side 0) or above (side 1) both ends of a step by its
/// uniform, and a little beyond.
fn farthest(uniform: f64, start: f64, variance: f64, side: usize) -> f64 {
    let sign = if side == 0 { 1.0 } else { -1.0 };
    sign * level_touched_with(uniform, sign * start, variance) * (1.0 + BEYOND)
}

/// Where `headroom`, not below zero at `above`, below it at `below`, is zero: the last point found
/// below.
fn meeting(mut above: f64, mut below: f64, headroom: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (above + below);
        if headroom(middle) < 0.0 {
            below = middle;
        } else {
            above = middle;
        }
    }
    below
}
