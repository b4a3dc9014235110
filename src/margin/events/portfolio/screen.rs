//! Tables of what each coin adds to a requirement, and how far they are off.
//!
//! For every coin the functions of [`PathGrid`] are tabulated over the logarithms of its price and of
//! its volatility level, within six deviations over the horizon, at moments of which each stands for
//! those after it; between points they are read bilinearly. The error is measured: the largest on a
//! sample of evenly spread points at the first and the last moment that a table stands for, and as
//! much again. What else moves the account (basis, pegs of quotes) is not in the tables: its largest
//! effect a unit, measured on the same sample and taken twice, is added to the error.

use super::super::assess::At;
use super::super::book::EventBook;
use super::super::quotes::Quotes;
use super::PortfolioPool;
use crate::margin::grid::PathGrid;
use crate::margin::{MarginError, MarginSetting};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Instrument;
use crate::simulation::{FactorBlock, FactorKey, FactorModel};

/// Points of a table along the price and along the volatility level.
const PRICES: usize = 33;
const LEVELS: usize = 7;
/// Half-width of a table in deviations over the horizon, and the least.
const DEVIATIONS: f64 = 6.0;
const HALF_WIDTH_MIN: f64 = 1e-3;
/// Tables of a path, beside those that expiries ask for.
const TABLES: usize = 24;
/// Points at which the error is measured.
const SAMPLE: usize = 96;
/// The largest error seen is taken so many times.
const SAFETY: f64 = 2.0;
/// Rounding of a requirement.
const ROUNDING: f64 = 1e-9;

/// What stands for the grid of a pool.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    coins: Vec<[Axis; 2]>,
    others: Vec<Other>,
    tables: Vec<Table>,
    /// By moment.
    table_of: Vec<usize>,
}

/// A factor along which a table reaches.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Slot among the logged factors; `None`: the price never moves.
    slot: Option<usize>,
    half_width: f64,
    points: usize,
}

/// A factor that tables leave out.
#[derive(Debug, Clone, Copy)]
struct Other {
    slot: usize,
    half_width: f64,
    /// Bound of its effect on the initial margin, a unit of its logarithm.
    effect: f64,
}

#[derive(Debug, Clone, Default)]
struct Table {
    /// First and last moment it stands for.
    moments: [usize; 2],
    /// `[coin][level][price][function]`.
    values: Vec<f64>,
    /// Bound of the error of the initial margin.
    error: f64,
}

/// A requirement and the bound of its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Screened {
    pub initial: f64,
    pub error: f64,
}

impl Screened {
    pub fn plus(self, more: f64) -> Self {
        Self { initial: self.initial + more, ..self }
    }
}

/// Factors of a pool: each coin's price and volatility level, and all others.
struct Moving {
    coins: Vec<[Option<usize>; 2]>,
    others: Vec<usize>,
}

/// Has quotes keep the logarithms of every factor that the contracts of a pool depend on.
pub(super) fn log_factors(
    setting: &MarginSetting,
    book: &mut EventBook,
    pool: usize,
) -> Result<(), MarginError> {
    let model = setting.model;
    let mut found = Vec::new();
    for contract in &book.contracts[book.pools[pool].contracts.clone()] {
        let prices = [Some(contract.coin), contract.quote].into_iter().flatten();
        found.extend(prices.filter_map(|price| book.prices[price].factor));
        for (position, _) in &contract.positions {
            let held = &setting.portfolio.positions[book.positions[*position].index].instrument;
            if matches!(held, Instrument::Spot { .. }) {
                continue;
            }
            let coin = held.underlying();
            found.extend(model.index(&FactorKey::Basis(coin.clone())));
            found.extend(model.index(&FactorKey::Volatility(coin.clone())));
        }
    }
    for factor in found {
        if !book.logged.contains(&factor) {
            book.logged.push(factor);
        }
    }
    Ok(())
}

impl Screen {
    /// `None` where the tables could not tell anything: a quote that is a coin.
    pub fn measure(
        model: &FactorModel,
        book: &EventBook,
        pool: &PortfolioPool,
        index: usize,
    ) -> Option<Self> {
        let moving = Moving::of(model, book, pool, index)?;
        let root = model.grid.horizon().get().sqrt();
        let half_width = |factor: usize| {
            (DEVIATIONS * model.factors[factor].volatility * root).max(HALF_WIDTH_MIN)
        };
        let slot = |factor: usize| book.logged.iter().position(|one| *one == factor);
        let axis = |factor: Option<usize>, points: usize| {
            let moves = factor.filter(|one| model.factors[*one].volatility > 0.0);
            let slot = factor.and_then(slot);
            let half_width = factor.map_or(HALF_WIDTH_MIN, half_width);
            Axis { slot, half_width, points: if moves.is_some() { points } else { 2 } }
        };
        let coin = |coin: &[Option<usize>; 2]| [axis(coin[0], PRICES), axis(coin[1], LEVELS)];
        let other = |factor: &usize| {
            Some(Other { slot: slot(*factor)?, half_width: half_width(*factor), effect: 0.0 })
        };
        let (tables, table_of) = spans(book, index, pool.times.len());
        let mut screen = Self {
            coins: moving.coins.iter().map(coin).collect(),
            others: moving.others.iter().filter_map(other).collect(),
            tables,
            table_of,
        };
        screen.tabulate(model, book, pool);
        screen.measure_errors(model, book, pool);
        Some(screen)
    }

    /// The initial margin by the tables, without what borrowing is charged; `None` outside of them.
    pub fn at(&self, grid: &PathGrid, at: At, functions: &mut Vec<f64>) -> Option<Screened> {
        let table = &self.tables[*self.table_of.get(at.moment)?];
        let width = grid.function_count();
        functions.clear();
        let mut offset = 0;
        for [prices, levels] in &self.coins {
            let log = |axis: &Axis| axis.slot.map_or(0.0, |slot| at.quotes.log(slot)[at.quoted]);
            let (price, price_share) = prices.place(log(prices))?;
            let (level, level_share) = levels.place(log(levels))?;
            let from = functions.len();
            functions.resize(from + width, 0.0);
            for (row, row_share) in [(level, 1.0 - level_share), (level + 1, level_share)] {
                for (column, share) in [(price, 1.0 - price_share), (price + 1, price_share)] {
                    let start = offset + (row * prices.points + column) * width;
                    let values = &table.values[start..][..width];
                    let weight = row_share * share;
                    let sums = functions[from..].iter_mut().zip(values);
                    sums.for_each(|(sum, value)| *sum += weight * value);
                }
            }
            offset += prices.points * levels.points * width;
        }
        let mut error = table.error;
        for other in &self.others {
            let log = at.quotes.log(other.slot)[at.quoted].abs();
            if log > other.half_width {
                return None;
            }
            error += other.effect * log;
        }
        Some(Screened { initial: grid.combined(functions), error })
    }

    /// Fills every table.
    fn tabulate(&mut self, model: &FactorModel, book: &EventBook, pool: &PortfolioPool) {
        let points = PRICES * LEVELS;
        let mut block = FactorBlock::new(model.factors.len(), points);
        let mut quotes = Quotes::new(book, points);
        for [prices, levels] in &self.coins {
            let logs = |point: usize| {
                let (price, level) = (point % PRICES, point / PRICES);
                [prices.log(price.min(prices.points - 1)), levels.log(level.min(levels.points - 1))]
            };
            for (axis, slot) in [prices.slot, levels.slot].into_iter().enumerate() {
                let Some(slot) = slot else { continue };
                set(model, book.logged[slot], &mut block, |point| logs(point)[axis]);
            }
        }
        for table in &mut self.tables {
            let moment = table.moments[0];
            quotes.fill(book, InstructionSet::Baseline, moment, &block);
            for (unit, [prices, levels]) in self.coins.iter().enumerate() {
                for level in 0..levels.points {
                    for price in 0..prices.points {
                        let point = level * PRICES + price;
                        let at = At { moment, place: 0, quotes: &quotes, quoted: point };
                        table.values.extend(pool.functions(book, unit, at));
                    }
                }
            }
        }
    }

    /// Measures what is known of the error of every table.
    fn measure_errors(&mut self, model: &FactorModel, book: &EventBook, pool: &PortfolioPool) {
        let mut quotes = Quotes::new(book, SAMPLE);
        let mut functions = Vec::new();
        let mut plain = FactorBlock::new(model.factors.len(), SAMPLE);
        for (unit, axes) in self.coins.iter().enumerate() {
            for (direction, axis) in axes.iter().enumerate() {
                let Some(slot) = axis.slot else { continue };
                let spread = |point| axis.half_width * evenly(point, 2 * unit + direction);
                set(model, book.logged[slot], &mut plain, spread);
            }
        }
        for index in 0..self.tables.len() {
            let moments = self.tables[index].moments;
            for moment in moments {
                quotes.fill(book, InstructionSet::Baseline, moment, &plain);
                let exact = exact(book, pool, moment, &quotes);
                for (point, exact) in exact.iter().enumerate() {
                    let at = At { moment, place: 0, quotes: &quotes, quoted: point };
                    let found = self.at(&pool.grid, at, &mut functions);
                    let error = found.map_or(0.0, |found| (found.initial - exact).abs());
                    let table = &mut self.tables[index];
                    table.error = table.error.max(SAFETY * error + ROUNDING * exact.abs());
                }
                if moment == moments[0] {
                    self.measure_others(model, book, pool, (moment, &exact), &mut quotes, &plain);
                }
            }
        }
    }

    /// Measures the effect of every factor that the tables leave out.
    fn measure_others(
        &mut self,
        model: &FactorModel,
        book: &EventBook,
        pool: &PortfolioPool,
        (moment, without): (usize, &[f64]),
        quotes: &mut Quotes,
        plain: &FactorBlock,
    ) {
        for (index, other) in self.others.iter_mut().enumerate() {
            let mut moved = plain.clone();
            let log = |point| other.half_width * away_from_zero(evenly(point, 7 + index));
            set(model, book.logged[other.slot], &mut moved, log);
            quotes.fill(book, InstructionSet::Baseline, moment, &moved);
            let with = exact(book, pool, moment, quotes);
            for (point, (with, without)) in with.iter().zip(without).enumerate() {
                let effect = SAFETY * (with - without).abs() / log(point).abs();
                other.effect = other.effect.max(effect);
            }
        }
    }
}

/// Initial margin in full on every path of `quotes`, everything held and nothing owed.
fn exact(book: &EventBook, pool: &PortfolioPool, moment: usize, quotes: &Quotes) -> Vec<f64> {
    let one = |point: usize| {
        let at = At { moment, place: 0, quotes, quoted: point };
        let state = |place: usize| pool.legs[place].state(book, at, &pool.times, |_| 1.0);
        pool.grid.margin(state, 0.0).initial
    };
    (0..quotes.path_count).map(one).collect()
}

impl Axis {
    fn log(&self, point: usize) -> f64 {
        self.half_width * (2.0 * point as f64 / (self.points - 1) as f64 - 1.0)
    }

    /// The point before a logarithm, and how far it is on the way to the next; `None` outside.
    fn place(&self, log: f64) -> Option<(usize, f64)> {
        let position = 0.5 * (log / self.half_width + 1.0) * (self.points - 1) as f64;
        if !(0.0..=(self.points - 1) as f64).contains(&position) {
            return None;
        }
        let before = (position as usize).min(self.points - 2);
        Some((before, position - before as f64))
    }
}

impl Moving {
    /// `None` where the price of a quote is that of a coin.
    fn of(
        model: &FactorModel,
        book: &EventBook,
        pool: &PortfolioPool,
        index: usize,
    ) -> Option<Self> {
        let mut coins = Vec::new();
        for unit in 0..pool.grid.unit_count() {
            let leg = &pool.legs[*pool.grid.places(unit).first()?];
            let spot = book.prices[book.contracts[leg.contract].coin].factor;
            let level = spot.and_then(|spot| match &model.factors[spot].key {
                FactorKey::Spot(coin) => model.index(&FactorKey::Volatility(coin.clone())),
                _ => None,
            });
            coins.push([spot, level]);
        }
        let mut others = Vec::new();
        for contract in &book.contracts[book.pools[index].contracts.clone()] {
            let quote = contract.quote.and_then(|quote| book.prices[quote].factor);
            others.extend(quote);
            if let Some(spot) = book.prices[contract.coin].factor
                && let FactorKey::Spot(coin) = &model.factors[spot].key
            {
                others.extend(model.index(&FactorKey::Basis(coin.clone())));
            }
        }
        others.sort_unstable();
        others.dedup();
        let is_coin = |factor: &usize| matches!(model.factors[*factor].key, FactorKey::Spot(_));
        (!others.iter().any(is_coin)).then_some(Self { coins, others })
    }
}

/// Tables without values, and which of them stands for a moment: a new one wherever anything has
/// settled.
fn spans(book: &EventBook, pool: usize, moments: usize) -> (Vec<Table>, Vec<usize>) {
    let stride = moments.div_ceil(TABLES);
    let contracts = book.pools[pool].contracts.clone();
    let alive = |moment: usize| -> Vec<bool> {
        contracts.clone().map(|contract| book.is_alive(contract, moment)).collect()
    };
    let mut tables: Vec<Table> = Vec::new();
    let mut table_of = Vec::with_capacity(moments);
    for moment in 0..moments {
        let continues = tables.last().is_some_and(|last| {
            let first = last.moments[0];
            first > 0 && moment - first < stride && alive(first) == alive(moment)
        });
        match tables.last_mut() {
            Some(last) if continues => last.moments[1] = moment,
            _ => tables.push(Table { moments: [moment; 2], ..Table::default() }),
        }
        table_of.push(tables.len() - 1);
    }
    (tables, table_of)
}

/// Sets the logarithm of a factor on every path of a block.
fn set(model: &FactorModel, factor: usize, block: &mut FactorBlock, log: impl Fn(usize) -> f64) {
    let is_additive = model.factors[factor].key.is_additive();
    let (logs, levels) = block.factor_mut(factor);
    for (point, (slot, level)) in logs.iter_mut().zip(levels).enumerate() {
        *slot = log(point);
        *level = if is_additive { *slot } else { libm::exp(*slot) };
    }
}

/// Evenly spread over (−1, 1), one sequence a direction: multiples of the root of a prime (Weyl 1916).
fn evenly(point: usize, direction: usize) -> f64 {
    const PRIMES: [f64; 12] = [2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0, 31.0, 37.0];
    let root = PRIMES[direction % PRIMES.len()].sqrt();
    let multiple = (point + 1) as f64 * root * (1 + direction / PRIMES.len()) as f64;
    2.0 * (multiple - multiple.floor()) - 1.0
}

/// At least a hundredth either way.
fn away_from_zero(share: f64) -> f64 {
    share.abs().max(0.01).copysign(share)
}
