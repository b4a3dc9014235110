//! The book's loss over a horizon, to second order in the factors' returns.
//!
//! Flows in: market, portfolio, model. Flows out: the [`LossExpansion`] that sampling schemes aim
//! by. Greeks are taken today by central differences of the compiled book, cross terms of the
//! factors that meet in a position included (spot with volatility, basis and quote); decay, carry
//! and funding at today's rates times the horizon, as in Glasserman, Heidelberger and Shahabuddin
//! (2000). Interest on borrowed balances and the accounts' limited liability are left out: an
//! expansion is an aim, and its flaws cost paths, never bias.

use std::collections::BTreeSet;

use super::builder::factor_index;
use super::factors::price_factor;
use super::position::{Contract, ResolvedPosition, Settled};
use super::sensitivity::Viewpoint;
use super::{
    CompiledBook, Granularity, PathState, PricingError, PricingSettings, Revaluation, Row,
};
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::simulation::sampling::LossExpansion;
use crate::simulation::{FactorBlock, FactorKey, FactorModel};
use crate::units::Years;

/// Points valued together.
const BLOCK: usize = 256;
/// Steps of differences, in standard deviations over the horizon: the error of a second derivative
/// is about a thousandth of this squared,
const STEP_DEVIATIONS: f64 = 0.02;
/// but no finer than rounding allows, and no coarser than a derivative.
const STEP_RANGE: [f64; 2] = [1e-5, 0.01];
/// Time over which decay is measured: five minutes, or a hundredth of what is left.
const DECAY_YEARS: f64 = 1e-5;

/// Expands the loss of the rows that `counted` keeps, a book by account.
///
/// # Errors
/// Whatever compiling the book finds.
pub fn loss_expansion(
    market: &Market,
    portfolio: &Portfolio,
    model: &FactorModel,
    settings: PricingSettings,
    isa: InstructionSet,
    counted: impl Fn(Row) -> bool,
) -> Result<LossExpansion, PricingError> {
    let book = CompiledBook::compile(market, portfolio, model, settings, Granularity::Account)?;
    let rows: Vec<usize> =
        (0..book.rows().len()).filter(|&row| counted(book.rows()[row])).collect();
    let mut differences = Differences {
        state: PathState::new(&book, BLOCK),
        block: FactorBlock::new(model.factors.len(), BLOCK),
        values: vec![0.0; book.rows().len() * BLOCK],
        book: &book,
        rows,
        model,
        isa,
    };
    let pairs = meeting_factors(market, portfolio, model)?;
    let (slopes, hessian) = differences.derivatives(&pairs);
    let constant = match settings.revaluation {
        Revaluation::Full => -gain_of_time(market, portfolio, model, settings, counted)?,
        Revaluation::Delta | Revaluation::DeltaGamma => 0.0,
    };
    Ok(LossExpansion { constant, slopes, hessian })
}

/// A point: returns of up to two factors.
type Point = [(usize, f64); 2];

/// Values of the book at many points.
struct Differences<'a> {
    book: &'a CompiledBook,
    rows: Vec<usize>,
    model: &'a FactorModel,
    isa: InstructionSet,
    state: PathState,
    block: FactorBlock,
    values: Vec<f64>,
}

impl Differences<'_> {
    /// Slopes and Hessian of the loss.
    fn derivatives(&mut self, pairs: &BTreeSet<(usize, usize)>) -> (Vec<f64>, Vec<f64>) {
        let n = self.model.factors.len();
        let moving: Vec<usize> =
            (0..n).filter(|&factor| self.model.factors[factor].volatility > 0.0).collect();
        let mut points: Vec<Point> = vec![[(0, 0.0), (0, 0.0)]];
        for &factor in &moving {
            let step = self.step(factor);
            points.extend([step, -step].map(|step| [(factor, step), (factor, 0.0)]));
        }
        let crossing: Vec<(usize, usize)> = pairs
            .iter()
            .copied()
            .filter(|(a, b)| moving.contains(a) && moving.contains(b))
            .collect();
        for &(a, b) in &crossing {
            let (up, across) = (self.step(a), self.step(b));
            let corners = [(up, across), (up, -across), (-up, across), (-up, -across)];
            points.extend(corners.map(|(first, second)| [(a, first), (b, second)]));
        }
        let losses: Vec<f64> = self.values(&points).into_iter().map(|value| -value).collect();
        let (mut slopes, mut hessian) = (vec![0.0; n], vec![0.0; n * n]);
        let (straight, corners) = losses[1..].split_at(2 * moving.len());
        for (&factor, ends) in moving.iter().zip(straight.chunks_exact(2)) {
            let step = self.step(factor);
            slopes[factor] = (ends[0] - ends[1]) / (2.0 * step);
            hessian[factor * n + factor] =
                ((ends[0] - losses[0]) + (ends[1] - losses[0])) / (step * step);
        }
        for (&(a, b), corner) in crossing.iter().zip(corners.chunks_exact(4)) {
            let cross = ((corner[0] - corner[1]) - (corner[2] - corner[3]))
                / (4.0 * self.step(a) * self.step(b));
            hessian[a * n + b] = cross;
            hessian[b * n + a] = cross;
        }
        (slopes, hessian)
    }

    fn step(&self, factor: usize) -> f64 {
        let deviation =
            self.model.factors[factor].volatility * self.model.grid.horizon().get().sqrt();
        (STEP_DEVIATIONS * deviation).clamp(STEP_RANGE[0], STEP_RANGE[1])
    }

    /// Value of the counted rows at each point, no time passed.
    fn values(&mut self, points: &[Point]) -> Vec<f64> {
        let mut found = Vec::with_capacity(points.len());
        let ids: Vec<u64> = (0..BLOCK as u64).collect();
        for points in points.chunks(BLOCK) {
            let count = points.len();
            self.block.reset(&ids[..count]);
            for factor in 0..self.model.factors.len() {
                self.place(factor, points);
            }
            self.book.start_block(&mut self.state, count);
            let values = &mut self.values[..self.book.rows().len() * count];
            self.book.values_today(self.isa, &self.block, &mut self.state, values);
            let total =
                |point: usize| self.rows.iter().map(|row| values[row * count + point]).sum();
            found.extend((0..count).map(total).collect::<Vec<f64>>());
        }
        found
    }

    fn place(&mut self, factor: usize, points: &[Point]) {
        let (logs, levels) = self.block.factor_mut(factor);
        for ((log, level), point) in logs.iter_mut().zip(levels).zip(points) {
            let moves = point.iter().filter(|(moved, _)| *moved == factor);
            (*log, *level) = self.model.moved(factor, moves.map(|(_, change)| change).sum());
        }
    }
}

/// Pairs of factors that move the same position, the smaller index first.
fn meeting_factors(
    market: &Market,
    portfolio: &Portfolio,
    model: &FactorModel,
) -> Result<BTreeSet<(usize, usize)>, PricingError> {
    let mut pairs = BTreeSet::new();
    for position in &portfolio.positions {
        let resolved = ResolvedPosition::new(market, position)?;
        let factors = factors(market, model, &resolved)?;
        for (index, &first) in factors.iter().enumerate() {
            for &second in &factors[index + 1..] {
                if first != second {
                    pairs.insert((first.min(second), first.max(second)));
                }
            }
        }
    }
    Ok(pairs)
}

fn factors(
    market: &Market,
    model: &FactorModel,
    position: &ResolvedPosition,
) -> Result<Vec<usize>, PricingError> {
    let coin = &position.coin.symbol;
    let mut keys: Vec<FactorKey> = price_factor(market, coin).into_iter().collect();
    if let Contract::Perpetual { settled, .. }
    | Contract::Future { settled, .. }
    | Contract::Option { settled, .. } = &position.contract
    {
        if let Settled::Linear(quote) = settled {
            keys.extend(price_factor(market, &quote.symbol));
        }
        let others = [FactorKey::Volatility(coin.clone()), FactorKey::Basis(coin.clone())];
        keys.extend(others.into_iter().filter(|key| model.index(key).is_some()));
    }
    keys.into_iter().map(|key| factor_index(model, position.id, key)).collect()
}

/// What the counted positions gain over the horizon where nothing moves, at today's rates; what
/// expires sooner, until it does.
fn gain_of_time(
    market: &Market,
    portfolio: &Portfolio,
    model: &FactorModel,
    settings: PricingSettings,
    counted: impl Fn(Row) -> bool,
) -> Result<f64, PricingError> {
    let horizon = model.grid.horizon();
    let today = Viewpoint::today(settings);
    let mut gain = 0.0;
    for position in &portfolio.positions {
        if !counted(Row::AccountPositions(position.account)) {
            continue;
        }
        let resolved = ResolvedPosition::new(market, position)?;
        let left = position.instrument.expiry().map_or(f64::INFINITY, |expiry| expiry.get());
        let moment = DECAY_YEARS.min(0.01 * left);
        let soon = Viewpoint { elapsed: Years(moment), ..today };
        let now = today.sensitivities(&resolved);
        let decay = (soon.sensitivities(&resolved).value - now.value) / moment;
        gain += decay * horizon.get().min(left) + now.funding_1d * horizon.days();
    }
    Ok(gain)
}
