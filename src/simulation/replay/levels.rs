//! Levels of every factor at every node of a replay, and blocks of paths set to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::ReplayError;
use super::sources::{FactorSource, Followed, series_of};
use super::window::{Moment, Window};
use crate::market::history::Quantity;
use crate::market::{PriceHistory, Series};
use crate::scenario::BarOrders;
use crate::simulation::{FactorBlock, FactorKey};
use crate::units::{Symbol, Years};

/// Levels of all factors, path by path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedPaths {
    /// Paths; ids from there on are the last.
    pub paths: usize,
    /// Factors.
    pub factors: usize,
    /// `[path][node][factor]`: as [`FactorBlock`] has them.
    pub logs: Vec<f64>,
    /// `[path][node][factor]`: likewise.
    pub levels: Vec<f64>,
}

/// Order in which the prices of a bar are taken: open, high, low as 0, 1, 2.
const ORDERS: [[usize; 3]; 2] = [[0, 1, 2], [0, 2, 1]];

impl ReplayedPaths {
    /// No path yet.
    pub(super) fn of_none(factors: usize) -> Self {
        Self { paths: 0, factors, logs: Vec::new(), levels: Vec::new() }
    }

    /// Log and level of a factor at a node.
    pub fn at(&self, path: usize, node: usize, factor: usize) -> (f64, f64) {
        let nodes = self.node_count();
        let at = (path.min(self.paths - 1) * nodes + node) * self.factors + factor;
        (self.logs[at], self.levels[at])
    }

    /// Nodes.
    pub fn node_count(&self) -> usize {
        self.logs.len() / (self.paths * self.factors).max(1)
    }

    /// Root of the sum of squared moves a year, on the first path: what the window would be as a
    /// volatility; zero where the factor does not move.
    pub(super) fn volatility(&self, factor: usize, length: Years) -> f64 {
        let mut before = 0.0;
        let squares = (0..self.node_count()).map(|node| {
            let (log, _) = self.at(0, node, factor);
            let moved = log - before;
            before = log;
            moved * moved
        });
        (squares.sum::<f64>() / length.get()).sqrt()
    }

    /// Moves a block from `before` (today for the first node) to `node`. What others did to it in
    /// between, such as market impact, stays on top.
    pub(in crate::simulation) fn move_block(
        &self,
        node: usize,
        before: &FactorBlock,
        block: &mut FactorBlock,
        is_additive: impl Fn(usize) -> bool,
    ) {
        for factor in 0..self.factors {
            let stays = (0..self.paths).all(|path| self.step(path, node, factor).0 == 0.0);
            if stays {
                block.carry(before, factor);
                continue;
            }
            for place in 0..before.path_count() {
                let path = before.paths()[place] as usize;
                let (step, from) = self.step(path, node, factor);
                let standing = before.log(factor)[place];
                let (log, level) = if standing == from {
                    self.at(path, node, factor)
                } else if is_additive(factor) {
                    (standing + step, standing + step)
                } else {
                    (standing + step, libm::exp(standing + step))
                };
                let (logs, levels) = block.factor_mut(factor);
                (logs[place], levels[place]) = (log, level);
            }
        }
    }

    /// Change of the log to a node, and the log before.
    fn step(&self, path: usize, node: usize, factor: usize) -> (f64, f64) {
        let from = node.checked_sub(1).map_or(0.0, |before| self.at(path, before, factor).0);
        (self.at(path, node, factor).0 - from, from)
    }

    /// Whether every number is one, and there are as many as there should be.
    pub(in crate::simulation) fn holds(&self, nodes: usize, factors: usize) -> bool {
        let size = nodes.checked_mul(factors).and_then(|one| one.checked_mul(self.paths));
        let sized = size.is_some_and(|size| self.logs.len() == size && self.levels.len() == size);
        let finite = || self.logs.iter().chain(&self.levels).all(|number| number.is_finite());
        self.paths > 0 && self.factors == factors && sized && finite()
    }
}

/// Adds the paths of a window, as many as `orders` has.
pub(super) fn add_levels(
    window: &Window,
    followed: &Followed<'_>,
    orders: BarOrders,
    factors: &[(&FactorKey, &FactorSource)],
    found: &mut ReplayedPaths,
) -> Result<(), ReplayError> {
    for order in ORDERS.iter().take(orders.paths() as usize) {
        let reader = Reader { window, followed, order };
        found.paths += 1;
        let mut standing: Vec<(f64, f64)> = factors.iter().map(|(key, _)| unmoved(key)).collect();
        for (_, moment) in &window.moments {
            if let Moment::Bar { bar, place } = moment {
                for ((key, source), slot) in factors.iter().zip(&mut standing) {
                    if let Some(level) = reader.level(key, source, (*bar, *place))? {
                        *slot = checked(key, level, window.times[*bar])?;
                    }
                }
            }
            found.logs.extend(standing.iter().map(|(log, _)| log));
            found.levels.extend(standing.iter().map(|(_, level)| level));
        }
    }
    Ok(())
}

/// Log and level of a factor that has not moved.
fn unmoved(key: &FactorKey) -> (f64, f64) {
    (0.0, if key.is_additive() { 0.0 } else { 1.0 })
}

fn checked(
    key: &FactorKey,
    (log, level): (f64, f64),
    time: Timestamp,
) -> Result<(f64, f64), ReplayError> {
    let positive = key.is_additive() || level > 0.0;
    if log.is_finite() && level.is_finite() && positive {
        return Ok((log, level));
    }
    Err(ReplayError::Level { factor: key.to_string(), level, time: time.to_string() })
}

/// Reads levels of one path off the data.
struct Reader<'a> {
    window: &'a Window,
    followed: &'a Followed<'a>,
    order: &'a [usize; 3],
}

impl Reader<'_> {
    /// Log and level of a factor at a price of a bar; `None`: it does not move there.
    fn level(
        &self,
        key: &FactorKey,
        source: &FactorSource,
        moment: (usize, usize),
    ) -> Result<Option<(f64, f64)>, ReplayError> {
        let closes = &self.followed.history.closes;
        match source {
            FactorSource::Stays
            | FactorSource::Stated
            | FactorSource::Conditional
            | FactorSource::Follows { .. } => Ok(None),
            FactorSource::Beta { of, beta } => {
                let Some(series) = closes.prices(of) else { return Ok(None) };
                let ratio = self.ratio(series, moment)?;
                let log = ratio.map(|ratio| beta * libm::log(ratio));
                Ok(log.map(|log| (log, libm::exp(log))))
            }
            FactorSource::History => {
                let Some(series) = series_of(closes, key) else { return Ok(None) };
                if key.is_additive() {
                    return Ok(self.difference(series, moment).map(|change| (change, change)));
                }
                let ratio = self.ratio(series, moment)?;
                Ok(ratio.map(|ratio| (libm::log(ratio), ratio)))
            }
        }
    }

    /// Change of a rate since the start, at closes.
    fn difference(&self, series: &Series, (bar, place): (usize, usize)) -> Option<f64> {
        let closes = &self.followed.history.closes;
        let now = closes.at(series, self.window.times[bar]).filter(|_| place == 3)?;
        Some(now - closes.at(series, self.window.start)?)
    }

    /// A price over that at the start; `None` where a series without bars is asked inside one.
    fn ratio(
        &self,
        series: &Series,
        (bar, place): (usize, usize),
    ) -> Result<Option<f64>, ReplayError> {
        let closes = &self.followed.history.closes;
        let time = self.window.times[bar];
        let Some(start) = closes.at(series, self.window.start) else { return Ok(None) };
        let Some(&price) = self.order.get(place) else {
            return Ok(closes.at(series, time).map(|close| close / start));
        };
        if series.quantity != Quantity::Price {
            return Ok(None);
        }
        match self.inside(price).and_then(|bars| bar_price(bars, &series.symbol, time)) {
            Some(value) => Ok(Some(value / start)),
            None => Err(ReplayError::NoBar { series: series.name.clone(), time: time.to_string() }),
        }
    }

    /// Opens, highs or lows.
    fn inside(&self, price: usize) -> Option<&PriceHistory> {
        self.followed.history.inside.as_ref().map(|bars| &bars[price])
    }
}

/// Every bar of the closes at `indices` has its open, high and low.
pub(super) fn check_bars(followed: &Followed<'_>, indices: &[usize]) -> Result<(), ReplayError> {
    let prices = || followed.series.iter().filter(|series| series.quantity == Quantity::Price);
    for &index in indices {
        let time = followed.history.closes.times[index];
        let has_all = |series: &&&Series| {
            let inside = followed.history.inside.as_ref();
            let has = |bars: &PriceHistory| bar_price(bars, &series.symbol, time).is_some();
            inside.is_some_and(|all| all.iter().all(has))
        };
        if let Some(series) = prices().find(|series| !has_all(series)) {
            let (series, time) = (series.name.clone(), time.to_string());
            return Err(ReplayError::NoBar { series, time });
        }
    }
    Ok(())
}

fn bar_price(bars: &PriceHistory, symbol: &Symbol, time: Timestamp) -> Option<f64> {
    bars.at(bars.prices(symbol)?, time)
}
