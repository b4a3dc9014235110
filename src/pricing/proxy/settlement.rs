//! Options that expire inside the horizon, as one piecewise linear function a coin and cash slot.
//!
//! What a group pays into a slot at its node is linear in the forward between its strikes, in
//! units of the quote; in coin (inverse options) it is that over the forward. One function with a
//! knot at every strike stands for them all, on any path. It is exact but for rounding, which is
//! bounded inside the domain: of the forward where it settles, of the asset's price afterwards,
//! since the cash floats to the horizon.

use super::domain::{Axis, FactorDomain, FactorRange};
use super::{Interpolation, merge};
use crate::numeric::black76::Right;
use crate::numeric::isa::InstructionSet;
use crate::numeric::segments::{PiecewiseLinear, add_lines, add_lines_over_argument};
use crate::pricing::CompiledBook;
use crate::pricing::curve::{CurveKind, PriceSource};
use crate::pricing::options::{Holding, OptionGroup};
use crate::pricing::state::PathState;
use crate::simulation::FactorBlock;

/// Operations of finding a piece and reading its line, in coefficients of a polynomial: 2.4 ns to
/// 5 ns with AVX-512, 4 ns to 7 ns with AVX2, for 10 to 200 knots.
const LINE_COST: f64 = 80.0;

/// What expires inside the horizon, at every node.
#[derive(Debug, Clone, PartialEq)]
pub struct SettlementProxies {
    payoffs: Vec<Payoff>,
    /// `[node][row]`, in USD.
    row_errors: Vec<Vec<f64>>,
    /// `[moment]`: prices of the assets paid so far, whose domain the bounds rest on.
    prices: Vec<Vec<(usize, Axis)>>,
}

/// What the options of one group pay into one cash slot.
#[derive(Debug, Clone, PartialEq)]
struct Payoff {
    moment: usize,
    group: usize,
    slot: usize,
    /// In units of the asset, of the forward in units of the reference; inverse options: times
    /// the forward.
    function: PiecewiseLinear,
    spot: usize,
    /// A peg that moves.
    quote: Option<usize>,
    inverse: bool,
    /// Where the bound holds.
    domain: Vec<(usize, Axis)>,
    /// A factor taken as the same on every path, with its log.
    still: Option<(usize, f64)>,
    /// Bound of the error in units of the asset.
    error: f64,
    price: PriceSource,
    contracts: usize,
}

impl SettlementProxies {
    /// Bound of the error that the cash paid up to a node makes in each row's value there, in USD.
    ///
    /// # Panics
    /// If the book has fewer nodes.
    pub fn row_errors(&self, node: usize) -> &[f64] {
        &self.row_errors[node]
    }

    /// As [`Self::row_errors`] at the last node.
    pub fn row_errors_at_horizon(&self) -> &[f64] {
        self.row_errors.last().map_or(&[], Vec::as_slice)
    }

    /// Piecewise functions evaluated a path.
    pub fn function_count(&self) -> usize {
        self.payoffs.len()
    }

    /// Contracts that they stand for, counted with each slot.
    pub fn contract_count(&self) -> usize {
        self.payoffs.iter().map(|payoff| payoff.contracts).sum()
    }

    /// Pays what `group` settles at `moment` into its slots, in units; whether it could.
    pub(in crate::pricing) fn settle(
        &self,
        isa: InstructionSet,
        (group, moment): (usize, usize),
        block: &FactorBlock,
        state: &mut PathState,
    ) -> bool {
        let held = |payoff: &&Payoff| payoff.group == group && payoff.moment == moment;
        let as_built = |payoff: &Payoff| {
            payoff.still.is_none_or(|(factor, log)| block.uniform(factor) == Some(log))
        };
        let mut payoffs = self.payoffs.iter().filter(held).peekable();
        if payoffs.peek().is_none() || !payoffs.clone().all(as_built) {
            return false;
        }
        for payoff in payoffs {
            payoff.pay(isa, block, state);
        }
        true
    }

    /// Tells which paths leave the domain of the prices of what was paid.
    pub(in crate::pricing) fn watch(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut PathState,
    ) {
        for &(factor, axis) in self.prices.get(moment).into_iter().flatten() {
            state.proxy.watch(isa, axis, block.log(factor));
        }
    }
}

impl Payoff {
    fn pay(&self, isa: InstructionSet, block: &FactorBlock, state: &mut PathState) {
        let count = block.path_count();
        for &(factor, axis) in &self.domain {
            state.proxy.watch(isa, axis, block.log(factor));
        }
        let cash = &mut state.cash[self.slot * count..][..count];
        let spots = block.level(self.spot);
        let forwards = match self.quote {
            None => spots,
            Some(quote) => {
                let ratios = &mut state.scratch.value[..count];
                let levels = spots.iter().zip(block.level(quote));
                for (ratio, (spot, quote)) in ratios.iter_mut().zip(levels) {
                    *ratio = spot / quote;
                }
                ratios
            }
        };
        if self.inverse {
            add_lines_over_argument(isa, &self.function, forwards, cash);
        } else {
            add_lines(isa, &self.function, forwards, cash);
        }
    }
}

impl CompiledBook {
    /// What expires inside the horizon as piecewise linear functions, whose rounding is bounded
    /// over `domain`, which must have every node. They change the cash on a path by as little:
    /// where decisions are taken on cash, [`SettlementProxies::row_errors`] tells how surely.
    pub fn settlement_proxies(
        &self,
        domain: &FactorDomain,
        interpolation: Interpolation,
    ) -> SettlementProxies {
        let nodes = self.timeline.times().len() - 1;
        let mut payoffs = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            let pays = interpolation == Interpolation::WherePossible
                || lines_cost(group) < merge::settled_cost(group);
            if pays && (1..=nodes).contains(&group.until) {
                let ranges = domain.at(group.until - 1);
                payoffs.extend(self.payoffs(index, ranges).unwrap_or_default());
            }
        }
        let rows = (0..nodes).map(|node| self.cash_errors(&payoffs, node, domain.at(node)));
        let prices = (0..=nodes).map(|moment| match moment {
            0 => Vec::new(),
            _ => prices(&payoffs, moment, domain.at(moment - 1)),
        });
        SettlementProxies { row_errors: rows.collect(), prices: prices.collect(), payoffs }
    }

    /// The same book with what expires inside the horizon settled by `settlements`.
    pub fn with_settlement_proxies(&self, settlements: SettlementProxies) -> Self {
        Self { settlements: Some(settlements), ..self.clone() }
    }

    /// Operations that settling options takes on a path, over all nodes; one is a coefficient of
    /// a polynomial.
    pub fn settlement_cost(&self) -> f64 {
        let nodes = self.timeline.times().len();
        let inside = self.groups.iter().enumerate().filter(|(_, group)| group.until < nodes);
        let cost = |(index, group): (usize, &OptionGroup)| match &self.settlements {
            Some(by_pieces) if by_pieces.payoffs.iter().any(|payoff| payoff.group == index) => {
                lines_cost(group)
            }
            _ => merge::settled_cost(group),
        };
        inside.map(cost).sum()
    }

    /// One function a slot of a group; `None` where one of them cannot be built, or nothing moves.
    fn payoffs(&self, index: usize, ranges: &[FactorRange]) -> Option<Vec<Payoff>> {
        let group = &self.groups[index];
        group.slots.iter().map(|&slot| self.payoff(index, slot, ranges)).collect()
    }

    fn payoff(&self, index: usize, slot: usize, ranges: &[FactorRange]) -> Option<Payoff> {
        let group = &self.groups[index];
        let moment = group.until;
        let spot = group.spot.factor?;
        let price = group.quote.unwrap_or(group.spot);
        if self.curves[self.slots[slot].price].kind != CurveKind::Price(price)
            || group.carry.years[moment] != 0.0
        {
            return None;
        }
        let quote = group.quote.and_then(|quote| quote.factor);
        let moving = quote.filter(|&factor| ranges[factor].axis().is_some());
        let still = quote.and_then(|factor| match ranges[factor] {
            FactorRange::Still(log) => Some((factor, log)),
            FactorRange::Moving { .. } => None,
        });
        let spot_axis = ranges[spot].axis()?;
        let quote_axis = moving.and_then(|factor| ranges[factor].axis());
        let forward = reference_forward(group, still.map_or(0.0, |entry| entry.1));
        let axis = quote_axis.map_or(spot_axis, |axis| spot_axis.plus(-1.0, axis));
        let (function, error) = function(group, slot, forward, axis)?;
        let domain = [(Some(spot), Some(spot_axis)), (moving, quote_axis)];
        let domain = domain.into_iter().filter_map(|(factor, axis)| Some((factor?, axis?)));
        let contracts = held(group, slot).count();
        Some(Payoff {
            moment,
            group: index,
            slot,
            function,
            spot,
            quote: moving,
            inverse: group.quote.is_none(),
            domain: domain.collect(),
            still,
            error,
            price,
            contracts,
        })
    }

    /// By row: errors of the cash paid up to `node` at the highest prices of the domain there.
    fn cash_errors(&self, payoffs: &[Payoff], node: usize, ranges: &[FactorRange]) -> Vec<f64> {
        let mut rows = vec![0.0; self.rows.len()];
        for payoff in payoffs.iter().filter(|payoff| payoff.moment <= node + 1) {
            let highest = match payoff.price.factor.map(|factor| ranges[factor]) {
                None => 0.0,
                Some(FactorRange::Still(log)) => log,
                Some(FactorRange::Moving { centre, half_width }) => centre + half_width,
            };
            let price = payoff.price.price * libm::exp(highest);
            rows[self.slots[payoff.slot].row] += payoff.error * price;
        }
        rows
    }
}

/// Operations of a group in pieces.
fn lines_cost(group: &OptionGroup) -> f64 {
    LINE_COST * group.slots.len() as f64
}

/// The moving prices of what was paid up to `moment`, with their domain there.
fn prices(payoffs: &[Payoff], moment: usize, ranges: &[FactorRange]) -> Vec<(usize, Axis)> {
    let paid = payoffs.iter().filter(|payoff| payoff.moment <= moment);
    let mut factors: Vec<usize> = paid.filter_map(|payoff| payoff.price.factor).collect();
    factors.sort_unstable();
    factors.dedup();
    factors.into_iter().filter_map(|factor| Some((factor, ranges[factor].axis()?))).collect()
}

/// The forward in the quote at today's spot and at the peg's log where that is still.
fn reference_forward(group: &OptionGroup, quote_log: f64) -> f64 {
    let quote_price = group.quote.map_or(1.0, |quote| quote.price);
    let log = group.carry.log_ratio[group.until] - quote_log;
    group.spot.price / quote_price * libm::exp(log)
}

/// Holdings that settle into a slot: strike, right and holding.
fn held(group: &OptionGroup, slot: usize) -> impl Iterator<Item = (f64, Right, &Holding)> {
    group.contracts.iter().flat_map(move |contract| {
        let holdings = contract.holdings.iter().filter(move |held| held.slot == Some(slot));
        holdings.map(move |held| (contract.strike, contract.right, held))
    })
}

/// Payoff of the forward in units of `forward`, and a bound of its rounding in units of the asset
/// while the forward's log over the reference lies in `axis`.
fn function(
    group: &OptionGroup,
    slot: usize,
    forward: f64,
    axis: Axis,
) -> Option<(PiecewiseLinear, f64)> {
    // Of the coin: (F − K)/F; of the quote: F₀·(F/F₀ − K/F₀).
    let unit = group.discount[group.until] * if group.quote.is_none() { 1.0 } else { forward };
    let (lowest, highest) = (libm::exp(axis.at(-1.0)), libm::exp(axis.at(1.0)));
    let (mut left, mut kinks, mut size) = ([0.0; 2], Vec::new(), 0.0);
    for (strike, right, holding) in held(group, slot) {
        let (knot, amount) = (strike / forward, unit * holding.quantity);
        if right == Right::Put {
            left = [left[0] + amount * knot, left[1] - amount];
        }
        kinks.push((knot, amount));
        size +=
            amount.abs() * if group.quote.is_none() { 1.0 + knot / lowest } else { highest + knot };
    }
    // A running sum over the knots, the sum of the full run, and the arguments of both.
    let error = 4.0 * f64::EPSILON * (kinks.len() + 8) as f64 * size;
    (error.is_finite()).then_some(())?;
    Some((PiecewiseLinear::new(left, &kinks)?, error))
}
