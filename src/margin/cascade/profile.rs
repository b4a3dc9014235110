//! Open interest by the distance at which it is liquidated, one side of one coin.

use crate::margin::impact::PriceImpact;
use crate::market::OpenInterestBin;

/// A piecewise linear cumulative profile over the absolute logarithmic move from today's price.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Far ends of the bins, rising from 0.
    edges: Vec<f64>,
    /// USD liquidated up to each edge.
    cumulative: Vec<f64>,
    /// USD a unit of logarithmic move in each bin.
    densities: Vec<f64>,
}

/// How far a side of a coin is liquidated, and what feeds on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Front {
    /// Farthest move that has liquidated positions.
    pub reached: f64,
    /// Executed on this side, in USD of undisturbed depth.
    pub executed: f64,
    /// Absolute displacement of the logarithm of the price by that.
    pub displacement: f64,
}

/// Where a cascade on one side of one coin ends, given everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SideEnd {
    /// Nothing new was triggered.
    Quiet,
    /// The fixed point lies within the profile, or the move from outside passed all of it.
    Settled,
    /// The last position is liquidated, by the cascade and not by the move from outside.
    Exhausted,
}

impl Profile {
    /// Nothing to liquidate.
    pub fn empty() -> Self {
        Self::new(vec![0.0], vec![0.0])
    }

    /// Long positions: distances are falls of the price, below 1.
    pub fn long(bins: &[OpenInterestBin]) -> Self {
        Self::from_bins(bins, |distance| -libm::log1p(-distance))
    }

    /// Short positions: distances are rises of the price.
    pub fn short(bins: &[OpenInterestBin]) -> Self {
        Self::from_bins(bins, libm::log1p)
    }

    /// `notional` USD spread evenly up to a logarithmic move of `width`.
    pub fn uniform(notional: f64, width: f64) -> Self {
        Self::new(vec![0.0, width], vec![0.0, notional])
    }

    fn new(edges: Vec<f64>, cumulative: Vec<f64>) -> Self {
        let bins = edges.windows(2).zip(cumulative.windows(2));
        let density = |(edge, usd): (&[f64], &[f64])| (usd[1] - usd[0]) / (edge[1] - edge[0]);
        Self { densities: bins.map(density).collect(), edges, cumulative }
    }

    fn from_bins(bins: &[OpenInterestBin], log_move: impl Fn(f64) -> f64) -> Self {
        let (mut edges, mut cumulative) = (vec![0.0], vec![0.0]);
        let mut total = 0.0;
        for bin in bins {
            total += bin.notional_usd;
            let edge = log_move(bin.distance);
            // Distances that differ by less than their logarithms can show are one.
            if edge <= edges[edges.len() - 1] {
                edges.pop();
                cumulative.pop();
            }
            edges.push(edge);
            cumulative.push(total);
        }
        Self::new(edges, cumulative)
    }

    /// USD liquidated by a move of `distance`, from the start.
    #[inline]
    pub fn liquidated(&self, distance: f64) -> f64 {
        let bin = self.bin_of(distance);
        if bin == self.bins() {
            return self.cumulative[bin];
        }
        self.cumulative[bin] + self.density(bin) * (distance - self.edges[bin]).max(0.0)
    }

    /// USD in all bins.
    pub fn total(&self) -> f64 {
        self.cumulative[self.bins()]
    }

    /// The move that liquidates the last position.
    pub fn last(&self) -> f64 {
        self.edges[self.bins()]
    }

    /// The move up to which no position is liquidated; infinite where there is none.
    pub fn first(&self) -> f64 {
        let held = self.cumulative.iter().position(|&held| held > 0.0);
        held.map_or(f64::INFINITY, |bin| self.edges[bin - 1])
    }

    fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// The bin that holds a distance; the count of bins beyond the last.
    fn bin_of(&self, distance: f64) -> usize {
        let above = self.edges.partition_point(|&edge| edge <= distance);
        above.saturating_sub(1)
    }

    /// USD a unit of logarithmic move in a bin.
    fn density(&self, bin: usize) -> f64 {
        self.densities[bin]
    }

    /// Pieces `(from, to, USD a unit of move)` of a stretch of the profile.
    pub(super) fn pieces(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64, f64)> {
        let bins = self.bin_of(from)..self.bins();
        bins.map_while(move |bin| {
            let (low, high) = (from.max(self.edges[bin]), to.min(self.edges[bin + 1]));
            (low < to).then(|| (low, high, self.density(bin)))
        })
    }

    /// Liquidates what a move from outside reaches, lets what is sold push the price further, and
    /// so on to the fixed point. `outside` is the absolute move in this side's direction by
    /// everything but this side's orders; `driver` tells how much of the depth is gone at a move.
    ///
    /// Solved bin by bin: within a bin the law of impact is concave, so its values at the ends tell
    /// whether the fixed point lies inside, and there it has a closed form. Depth is read at the
    /// near end of each bin.
    pub(super) fn settle(
        &self,
        impact: &PriceImpact,
        outside: f64,
        driver: impl Fn(f64) -> f64,
        front: &mut Front,
    ) -> SideEnd {
        let shock = outside + front.displacement;
        if shock <= front.reached || front.reached >= self.last() {
            return SideEnd::Quiet;
        }
        self.pass(impact, shock, &driver, front);
        if outside + front.displacement <= shock {
            return SideEnd::Settled;
        }
        while front.reached < self.last() {
            let bin = self.bin_of(front.reached);
            let edge = self.edges[bin + 1];
            let density = self.density(bin) * impact.weight(driver(front.reached));
            let width = edge - front.reached;
            let after = front.executed + density * width;
            let displacement = impact.displacement(after);
            if outside + displacement <= edge {
                let inside = outside - front.reached;
                let step = impact.meet(inside, front.executed, density, width);
                front.reached += step;
                front.execute(impact, density * step);
                return SideEnd::Settled;
            }
            *front = Front { reached: edge, executed: after, displacement };
        }
        if shock >= self.last() { SideEnd::Settled } else { SideEnd::Exhausted }
    }

    /// Liquidates everything up to `to`, and nothing that this sets off.
    pub(super) fn pass(
        &self,
        impact: &PriceImpact,
        to: f64,
        driver: impl Fn(f64) -> f64,
        front: &mut Front,
    ) {
        let mut passed = 0.0;
        for (low, high, density) in self.pieces(front.reached, to) {
            passed += impact.weight(driver(low)) * density * (high - low);
        }
        front.reached = to;
        front.execute(impact, passed);
    }
}

impl Front {
    fn execute(&mut self, impact: &PriceImpact, more: f64) {
        self.executed += more;
        self.displacement = impact.displacement(self.executed);
    }
}
