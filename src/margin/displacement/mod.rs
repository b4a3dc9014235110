//! Prices on paths where orders or broken pegs moved them beside the model.
//!
//! Flows in: the market's laws of impact and open interest, how moves pass from coin to coin, pegs
//! that can break, and node by node the block of factors that the model drew. Flows out: the
//! *displaced* block, model plus displacement, that books, venues and the horizon see. The model's
//! own block stays as it was drawn.
//!
//! State, in [`DisplacedPaths`]: for each path and coin what was executed and how far others'
//! positions are liquidated; for each path and peg whether it broke. At a node, after the model
//! moved ([`Displacement::visit`]):
//!
//! | stage | what it does |
//! |---|---|
//! | pegs | a peg breaks by its hazard, at the drawdown of the model's prices |
//! | relaxation | prices forget a share of what was executed, by their half-life |
//! | cascade | others' positions that were passed are liquidated, to the fixed point |
//! | displacement | spots of displaced coins and broken pegs are written to the displaced block |
//!
//! A path on which nothing was executed and no coin left the stretch in which nobody is liquidated
//! is passed over: it costs two comparisons a coin. Orders of the book's own come in between by
//! [`Displacement::execute`]; [`Displacement::settle_path`] shows what they set off.
//!
//! Source: our own derivation (`[I]`), see [`cascade`](super::cascade) and
//! [`failure`](super::failure). Limits: coins that the model does not simulate are displaced by
//! nothing and displace nothing; hazards of pegs follow the model's prices, those they are
//! calibrated on, not the displaced ones.

mod block;
mod pegs;
mod record;

#[cfg(test)]
mod tests;

pub use block::Order;
pub use pegs::BreakingPeg;
pub use record::{DisplacedPaths, MarketEvent, MarketHappening, OthersOnPath, PathRecord};

use pegs::Pegs;

use super::cascade::{Cascade, CascadeCoin, Propagation};
use super::failure::Hazard;
use super::impact::{PriceImpact, kept_after};
use crate::market::{Liquidity, Market, OpenInterest, StressDriver};
use crate::numeric::Streams;
use crate::simulation::{FactorKey, FactorModel};
use crate::units::{DAYS_PER_YEAR, Symbol, Years};

/// What can move prices beside the model.
#[derive(Clone, Copy)]
pub struct DisplacementSetting<'a> {
    /// The world today.
    pub market: &'a Market,
    /// What moves the factors.
    pub model: &'a FactorModel,
    /// How liquidations move prices that liquidate; `None`: they do not.
    pub cascade: Option<CascadeTerms>,
    /// Pegs that can break, those that are no factor of the model left out.
    pub pegs: &'a [BreakingPeg],
    /// Numbers of the pegs.
    pub streams: Streams,
}

/// How liquidations move prices that liquidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CascadeTerms {
    /// Share of each coin's regression slope on each other's by which its move passes on.
    pub propagation: f64,
    /// Bound on the rounds of a cascade, and on those of the book's own orders, in one step of one
    /// path.
    pub rounds_max: u32,
}

/// What moves prices beside the model; immutable, shared by threads.
#[derive(Debug, Clone)]
pub struct Displacement {
    cascade: Cascade,
    coins: Vec<DisplacedCoin>,
    rounds_max: u32,
    /// Share that prices keep of what was executed, `[node][coin]`; empty: all of it.
    kept: Vec<f64>,
    pegs: Pegs,
}

/// A coin of the cascade among the factors.
#[derive(Debug, Clone)]
pub(super) struct DisplacedCoin {
    symbol: Symbol,
    /// Its spot.
    factor: usize,
    /// Its volatility, where depth vanishes with it.
    volatility: Option<usize>,
    /// Fall and rise of the logarithm up to which nobody is liquidated.
    quiet: [f64; 2],
}

impl Displacement {
    /// `None` where nothing can be displaced: no law of impact on a coin of the model, and no peg
    /// of it that can break.
    pub fn compile(setting: &DisplacementSetting) -> Option<Self> {
        let pegs = Pegs::compile(setting);
        let terms = setting.cascade.unwrap_or(CascadeTerms { propagation: 0.0, rounds_max: 1 });
        let found = setting.cascade.map(|terms| coins(setting, terms)).unwrap_or_default();
        if found.is_empty() && pegs.is_empty() {
            return None;
        }
        let kept = kept(setting.model, &found);
        let factors: Vec<usize> = found.iter().map(|coin| coin.factor).collect();
        let propagation = propagation(setting.model, &factors, terms.propagation);
        let (coins, compiled): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|coin| {
                let quiet = [coin.compiled.long.first(), coin.compiled.short.first()];
                let SimulatedCoin { symbol, factor, volatility, compiled, .. } = coin;
                (DisplacedCoin { symbol, factor, volatility, quiet }, compiled)
            })
            .unzip();
        let cascade = Cascade::new(compiled, propagation, terms.rounds_max);
        Some(Self { cascade, coins, rounds_max: terms.rounds_max, kept, pegs })
    }

    /// Coins that can be displaced, in their order here.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.coins.iter().map(|coin| &coin.symbol)
    }

    /// Factors of their spots.
    pub fn spot_factors(&self) -> impl Iterator<Item = usize> {
        self.coins.iter().map(|coin| coin.factor)
    }

    /// Assets whose pegs can break, in their order here.
    pub fn pegs(&self) -> impl Iterator<Item = &Symbol> {
        self.pegs.assets()
    }

    /// The coin whose spot is `factor`.
    pub fn coin_of(&self, factor: usize) -> Option<usize> {
        self.coins.iter().position(|coin| coin.factor == factor)
    }

    /// The laws of impact and the open interest of the coins.
    pub fn cascade(&self) -> &Cascade {
        &self.cascade
    }

    /// Bound on the rounds of the book's own orders at one node of one path.
    pub fn rounds_max(&self) -> u32 {
        self.rounds_max
    }

    /// The hazards of the pegs, in the order of [`Self::pegs`].
    pub fn hazards(&self) -> impl Iterator<Item = Hazard> {
        self.pegs.hazards()
    }
}

/// A coin of the market that the model simulates.
struct SimulatedCoin {
    symbol: Symbol,
    factor: usize,
    volatility: Option<usize>,
    half_life: Option<Years>,
    compiled: CascadeCoin,
}

/// Coins that can be displaced: those with a law of impact or others' positions and, where moves
/// pass on, all that move; none where no order moves anything.
fn coins(setting: &DisplacementSetting, terms: CascadeTerms) -> Vec<SimulatedCoin> {
    let DisplacementSetting { market, model, .. } = *setting;
    let found: Vec<SimulatedCoin> = model
        .factors
        .iter()
        .enumerate()
        .filter_map(|(factor, item)| {
            let FactorKey::Spot(symbol) = &item.key else { return None };
            let liquidity = market.underlying(symbol).and_then(|one| one.liquidity.as_ref());
            let acts = |one: &&Liquidity| {
                one.impact.is_some() || one.open_interest != OpenInterest::default()
            };
            let liquidity = liquidity.filter(acts);
            let passed_on = terms.propagation > 0.0 && item.volatility > 0.0;
            (liquidity.is_some() || passed_on).then(|| coin(model, factor, symbol, liquidity))
        })
        .collect();
    let moved = found.iter().any(|coin| coin.compiled.impact != PriceImpact::NONE);
    if moved { found } else { Vec::new() }
}

fn coin(
    model: &FactorModel,
    factor: usize,
    symbol: &Symbol,
    liquidity: Option<&Liquidity>,
) -> SimulatedCoin {
    let daily = model.factors[factor].volatility / DAYS_PER_YEAR.sqrt();
    let compiled = match liquidity {
        Some(liquidity) => CascadeCoin::new(liquidity, daily),
        None => CascadeCoin::without_positions(PriceImpact::NONE),
    };
    let by_volatility =
        compiled.impact.stress().is_some_and(|one| one.driver == StressDriver::Volatility);
    let volatility = model.index(&FactorKey::Volatility(symbol.clone()));
    let impact = liquidity.and_then(|liquidity| liquidity.impact);
    SimulatedCoin {
        symbol: symbol.clone(),
        factor,
        volatility: volatility.filter(|_| by_volatility),
        half_life: impact.and_then(|impact| impact.half_life),
        compiled,
    }
}

fn propagation(model: &FactorModel, factors: &[usize], share: f64) -> Propagation {
    if share == 0.0 {
        return Propagation::none(factors.len());
    }
    let volatilities: Vec<f64> =
        factors.iter().map(|&factor| model.factors[factor].volatility).collect();
    let pairs = factors.iter().flat_map(|&to| factors.iter().map(move |&from| (to, from)));
    let correlation = |(to, from): (usize, usize)| {
        let moves = |factor: usize| model.factors[factor].volatility > 0.0;
        if moves(to) && moves(from) { model.total_correlation(to, from) } else { 0.0 }
    };
    let correlations: Vec<f64> = pairs.map(correlation).collect();
    Propagation::by_beta(&volatilities, &correlations, share)
}

/// Shares kept over each step, `[node][coin]`; empty where everything is.
fn kept(model: &FactorModel, coins: &[SimulatedCoin]) -> Vec<f64> {
    if coins.iter().all(|coin| coin.half_life.is_none()) {
        return Vec::new();
    }
    let nodes = &model.grid.nodes;
    let starts = std::iter::once(Years::default()).chain(nodes.iter().copied());
    let steps = nodes.iter().zip(starts).map(|(end, start)| Years(end.get() - start.get()));
    let by_coin = |step: Years| coins.iter().map(move |coin| kept_after(step, coin.half_life));
    steps.flat_map(by_coin).collect()
}
