//! The ladder of thresholds of every account along every coin, with prices, distances and
//! probabilities of touching them.

use std::sync::Arc;

use rayon::prelude::*;

use super::touch::{Extremes, Touch};
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::Control;
use crate::engine::pass::Partial;
use crate::engine::path::Setting;
use crate::engine::plan::Plan;
use crate::margin::first_passage::LogDiffusion;
use crate::margin::liquidation_price::{LadderSearch, PriceLine, Rung, ThresholdPrices};
use crate::outcome::{AccountPrices, LadderRung, PriceOf, RungKind, RungSide, ThresholdLadder};
use crate::portfolio::{Order, OrderKind, Portfolio, Settlement};
use crate::pricing::mark;
use crate::scenario::ReturnKind;
use crate::simulation::Process;
use crate::units::{Symbol, grouped};

/// Rungs in the order of the outcome.
const RUNGS: [(Rung, RungKind); 6] = [
    (Rung::BreakEven, RungKind::BreakEven),
    (Rung::Rebalancing, RungKind::Rebalancing),
    (Rung::Equity, RungKind::Equity),
    (Rung::MarginCall, RungKind::MarginCall),
    (Rung::Liquidation, RungKind::Liquidation),
    (Rung::Bankruptcy, RungKind::Bankruptcy),
];

/// Ladders, how touches were counted, and by account the prices that venues act at.
pub(in crate::engine) struct Ladders {
    pub ladders: Vec<ThresholdLadder>,
    pub touch_estimator: String,
    /// `[account]`.
    pub prices: Vec<Vec<AccountPrices>>,
}

/// The ladders of all accounts, in portfolio order.
pub(in crate::engine) fn ladders(
    plan: &Plan,
    book: &Compiled,
    part: &Partial,
    control: &Control,
) -> Result<Ladders, EngineError> {
    let portfolio = book.setting.portfolio;
    let appetite = plan.policy.as_ref().map(|policy| policy.appetite);
    let found = searched(book, appetite, control)?;
    let prices = found.iter().map(|account| prices_of(account, portfolio)).collect();
    let found: Vec<ThresholdPrices> = found.iter().flatten().cloned().collect();
    let orders: Vec<Vec<Stop>> =
        found.iter().map(|one| stops(book, one)).collect::<Result<_, _>>()?;
    let told = |(one, stops): (&ThresholdPrices, &Vec<Stop>)| one.any() || !stops.is_empty();
    if !found.iter().zip(&orders).any(told) {
        let (ladders, touch_estimator) = (Vec::new(), String::new());
        return Ok(Ladders { ladders, touch_estimator, prices });
    }
    let extremes = Extremes::new(book, part, control)?;
    let telling = Telling { plan, book, extremes: &extremes };
    let all = found.par_iter().zip(&orders).filter(|(one, stops)| told((one, stops)));
    let ladders = all.map(|(one, stops)| telling.ladder(one, stops));
    Ok(Ladders {
        ladders: ladders.collect::<Result<_, _>>()?,
        touch_estimator: format!(
            "at the {} nodes of {} paths: {}; at any time: first passage of a geometric Brownian \
             motion (Karatzas & Shreve 1991), where the price is one",
            plan.model.grid.nodes.len(),
            grouped(extremes.paths() as f64, 0),
            extremes.estimator()
        ),
        prices,
    })
}

/// By account, the prices at which its venue would close it.
pub(in crate::engine) fn prices(
    book: &Compiled,
    control: &Control,
) -> Result<Vec<Vec<AccountPrices>>, EngineError> {
    let found = searched(book, None, control)?;
    Ok(found.iter().map(|account| prices_of(account, book.setting.portfolio)).collect())
}

/// The rungs of every account along every coin; of a batch, searched once for all runs of one book
/// in one market.
fn searched(
    book: &Compiled,
    appetite: Option<f64>,
    control: &Control,
) -> Result<Arc<Vec<Vec<ThresholdPrices>>>, EngineError> {
    let setting = &book.setting;
    let search = || search(setting, appetite, control);
    match control.shared() {
        None => search().map(Arc::new),
        Some(shared) => {
            shared.ladders(&(setting.rules, setting.market, setting.portfolio, appetite), search)
        }
    }
}

fn search(
    setting: &Setting,
    appetite: Option<f64>,
    control: &Control,
) -> Result<Vec<Vec<ThresholdPrices>>, EngineError> {
    let portfolio = setting.portfolio;
    let search = LadderSearch::new(setting.rules, setting.market, portfolio)?;
    let accounts = (0..portfolio.accounts.len()).into_par_iter();
    let found = accounts.map(|account| {
        control.check()?;
        Ok(search.account(account, appetite)?)
    });
    found.collect()
}

/// The liquidation and bankruptcy prices of one account, where there are any.
fn prices_of(found: &[ThresholdPrices], portfolio: &Portfolio) -> Vec<AccountPrices> {
    let row = |found: &ThresholdPrices| {
        let [liquidation_below, liquidation_above] = found.lines(Rung::Liquidation).map(price_of);
        let [bankruptcy_below, bankruptcy_above] = found.lines(Rung::Bankruptcy).map(price_of);
        AccountPrices {
            position: position_of(found, portfolio),
            underlying: found.underlying.to_string(),
            price: found.spot,
            liquidation_below,
            liquidation_above,
            bankruptcy_below,
            bankruptcy_above,
        }
    };
    found.iter().map(row).filter(AccountPrices::any).collect()
}

fn position_of(found: &ThresholdPrices, portfolio: &Portfolio) -> Option<String> {
    found.position.map(|index| portfolio.positions[index].id.clone())
}

fn price_of(line: PriceLine) -> PriceOf {
    match line {
        PriceLine::Never => PriceOf::Never,
        PriceLine::Passed => PriceOf::Passed,
        PriceLine::At(price) => PriceOf::At(price),
    }
}

/// A stop order as a price of the coin.
struct Stop {
    order: String,
    side: RungSide,
    price: f64,
}

/// The stop orders of an account's positions in a coin; of an isolated contract those of its own.
fn stops(book: &Compiled, found: &ThresholdPrices) -> Result<Vec<Stop>, EngineError> {
    let portfolio = book.setting.portfolio;
    let of = |order: &&Order| {
        let position = &portfolio.positions[order.position];
        let same = |first: usize| portfolio.positions[first].instrument == position.instrument;
        order.kind == OrderKind::Stop
            && position.account == found.account
            && *position.instrument.underlying() == found.underlying
            && found.position.is_none_or(same)
    };
    let stop = |order: &Order| {
        let position = &portfolio.positions[order.position];
        let today = mark(book.setting.market, position)?;
        // What the contract trades at over the coin's price stays as it is.
        let quote = match position.instrument.settlement() {
            Some(Settlement::Linear { .. }) => today.quote_price,
            Some(Settlement::Inverse) | None => 1.0,
        };
        let price = order.price * quote * today.spot / today.forward;
        let side = if order.quantity < 0.0 { RungSide::Below } else { RungSide::Above };
        Ok(Stop { order: order.id.clone(), side, price })
    };
    portfolio.orders.iter().filter(of).map(stop).collect()
}

struct Telling<'a> {
    plan: &'a Plan,
    book: &'a Compiled<'a>,
    extremes: &'a Extremes<'a>,
}

/// A coin in the model.
#[derive(Clone, Copy)]
struct Coin {
    /// Index among the underlyings; `None`: no factor of the model.
    index: Option<usize>,
    spot: f64,
    deviation: f64,
}

impl Telling<'_> {
    fn ladder(
        &self,
        found: &ThresholdPrices,
        stops: &[Stop],
    ) -> Result<ThresholdLadder, EngineError> {
        let portfolio = self.book.setting.portfolio;
        let coin = self.coin(&found.underlying, found.spot);
        let mut rungs = Vec::new();
        for (rung, kind) in RUNGS {
            let sides = [RungSide::Below, RungSide::Above];
            for (side, line) in sides.into_iter().zip(found.lines(rung)) {
                if kind == RungKind::Liquidation || line != PriceLine::Never {
                    rungs.push(self.rung(coin, kind, side, price_of(line))?);
                }
            }
        }
        for Stop { order, side, price } in stops {
            let passed = match side {
                RungSide::Below => *price >= coin.spot,
                RungSide::Above => *price <= coin.spot,
            };
            let at = if passed { PriceOf::Passed } else { PriceOf::At(*price) };
            let rung = self.rung(coin, RungKind::Stop, *side, at)?;
            rungs.push(LadderRung { order: Some(order.clone()), ..rung });
        }
        rungs.sort_by(|a, b| place(a, coin.spot).total_cmp(&place(b, coin.spot)));
        Ok(ThresholdLadder {
            account: portfolio.accounts[found.account].name.clone(),
            position: position_of(found, portfolio),
            underlying: found.underlying.to_string(),
            price: found.spot,
            deviation: coin.deviation,
            rungs,
        })
    }

    fn coin(&self, symbol: &Symbol, spot: f64) -> Coin {
        let index = self.book.underlyings.iter().position(|one| one == symbol);
        let horizon = self.plan.scenario.simulation.horizon.get();
        let volatility = index.map_or(0.0, |index| {
            let factor = self.book.ledger.spot_factors[index];
            self.plan.model.factors[factor].volatility
        });
        Coin { index, spot, deviation: volatility * horizon.sqrt() }
    }

    fn rung(
        &self,
        coin: Coin,
        kind: RungKind,
        side: RungSide,
        price: PriceOf,
    ) -> Result<LadderRung, EngineError> {
        let at = match price {
            PriceOf::At(price) => Some(price / coin.spot),
            PriceOf::Never | PriceOf::Passed => None,
        };
        let touch = match side {
            RungSide::Below => Touch::Below,
            RungSide::Above => Touch::Above,
        };
        let touched = |(index, level)| self.extremes.touched(index, level, touch);
        let log = at.map(libm::log);
        let moves = coin.deviation > 0.0;
        Ok(LadderRung {
            kind,
            order: None,
            side,
            price,
            change: at.map(|level| level - 1.0),
            deviations: log.filter(|_| moves).map(|log| log / coin.deviation),
            touch: coin.index.zip(at).map(touched).transpose()?,
            touch_at_any_time: coin
                .index
                .zip(log)
                .and_then(|(index, log)| self.passage(index, log)),
        })
    }

    /// Probability of touching at any time, where the price is a geometric Brownian motion.
    fn passage(&self, underlying: usize, log: f64) -> Option<f64> {
        let model = &self.plan.model;
        if model.process != Process::Gbm || model.returns != ReturnKind::Log {
            return None;
        }
        let factor = &model.factors[self.book.ledger.spot_factors[underlying]];
        let years = self.plan.scenario.simulation.horizon.get();
        let volatility = factor.volatility;
        // Of a mean that does not grow evenly, the growth over the whole horizon.
        let mean = factor.log_mean.last()? / years;
        let law = LogDiffusion { drift: mean - 0.5 * volatility * volatility, volatility };
        Some(law.touch_probability(log, years))
    }
}

/// Order of rungs: by price, what has none at its end, what is passed next to today's.
fn place(rung: &LadderRung, spot: f64) -> f64 {
    match (rung.price, rung.side) {
        (PriceOf::At(price), _) => price,
        (PriceOf::Passed, _) => spot,
        (PriceOf::Never, RungSide::Below) => f64::NEG_INFINITY,
        (PriceOf::Never, RungSide::Above) => f64::INFINITY,
    }
}
