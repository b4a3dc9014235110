//! What is watched at sub-steps, compiled: accounts on the refined grid, how fast they move.

use std::collections::BTreeSet;

use super::super::book::{Backing, EventBook};
use super::super::state::Holdings;
use super::{FineAccount, MARGIN, NearPool, PathStep, SubSteps};
use crate::margin::liquidation::bare;
use crate::margin::{MarginError, MarginSetting, Monitoring};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Balance, Instrument, Portfolio};
use crate::pricing::{CompiledBook, Granularity, PriceLines, PriceLinesBuilder, asset_source};
use crate::simulation::{FactorBlock, FactorBridge, FactorKey, FactorModel};
use crate::units::Years;

/// Most sub-steps of a whole path: finer ones are halved until they are no more.
const SUBSTEPS_MAX: usize = 1 << 16;
/// How far the star of moved factors reaches, in deviations over the horizon.
const STAR: f64 = 3.0;

impl SubSteps {
    /// `None` where every account that is watched at all times has a bridge of its own, or factors
    /// do not diffuse. `holdings` are those of today, on one path.
    pub fn compile(
        setting: &MarginSetting,
        book: &EventBook,
        holdings: &Holdings,
        streams: Streams,
    ) -> Result<Option<Self>, MarginError> {
        let Some(bridge) = FactorBridge::new(setting.model) else { return Ok(None) };
        let mut accounts: Vec<FineAccount> = Vec::new();
        let mut pools: Vec<Option<NearPool>> = vec![None; book.pools.len()];
        for (index, pool) in book.pools.iter().enumerate() {
            let liquidation = book.accounts[pool.account].liquidation;
            if liquidation.monitoring != Monitoring::Continuous
                || pool.bridge.is_some()
                || pool.portfolio.is_some()
            {
                continue;
            }
            if accounts.last().is_none_or(|last| last.account != pool.account) {
                let substeps = allowed(liquidation.substeps, setting.model);
                accounts.push(FineAccount::compile(setting, book, pool.account, substeps)?);
            }
            let factors = factors(setting, book, index)?;
            let factors: Vec<usize> =
                factors.into_iter().filter(|one| bridge.moves(*one)).collect();
            let account = accounts.len() - 1;
            pools[index] = Some(NearPool { account, factors, deviation: 0.0, today: 0.0 });
        }
        if accounts.is_empty() {
            return Ok(None);
        }
        let lanes = pools.iter().flatten().map(|pool| pool.factors.len() + 1).max().unwrap_or(1);
        let finest = accounts.iter().map(|one| one.substeps).max().unwrap_or(1);
        let factor_count = setting.model.factors.len();
        let mut steps = Self { bridge, factor_count, finest, lanes, accounts, pools, streams };
        steps.measure(setting.model, book, holdings);
        Ok(Some(steps))
    }

    /// Finds every pool's headroom today, and how fast it moves.
    fn measure(&mut self, model: &FactorModel, book: &EventBook, holdings: &Holdings) {
        let mut state = self.state(book, 1);
        let today = FactorBlock::new(self.factor_count, 1);
        let isa = InstructionSet::Baseline;
        let step =
            PathStep { isa, node: 0, place: 0, previous: &today, current: &today, root: 0.0 };
        for pool in 0..self.pools.len() {
            let Some(watched) = &self.pools[pool] else { continue };
            let mut largest = 0.0_f64;
            let mut headroom = 0.0;
            for (index, logs) in star(model, &watched.factors).into_iter().enumerate() {
                state.points[0].logs = logs;
                self.look(book, (pool, 0), (step, 0), holdings, &mut state);
                largest = largest.max(state.points[0].variance);
                if index == 0 {
                    headroom = state.points[0].headroom;
                }
            }
            if let Some(watched) = &mut self.pools[pool] {
                (watched.deviation, watched.today) = (MARGIN * largest.sqrt(), headroom);
            }
        }
    }
}

/// Logarithms of all factors: today's, then with each of some moved either way, then all of them.
fn star(model: &FactorModel, factors: &[usize]) -> Vec<Vec<f64>> {
    let root = model.grid.horizon().get().sqrt();
    let moved = |some: &[usize], sign: f64| {
        let mut logs = vec![0.0; model.factors.len()];
        for &factor in some {
            logs[factor] = sign * STAR * model.factors[factor].volatility * root;
        }
        logs
    };
    let mut star = vec![moved(&[], 0.0)];
    for sign in [-1.0, 1.0] {
        star.extend(factors.iter().map(|&factor| moved(&[factor], sign)));
        star.push(moved(factors, sign));
    }
    star
}

/// Sub-steps a step that fit on the path.
fn allowed(wanted: u32, model: &FactorModel) -> u32 {
    let nodes = model.grid.node_count();
    let mut substeps = wanted.max(1);
    while substeps > 1 && nodes * substeps as usize > SUBSTEPS_MAX {
        substeps /= 2;
    }
    substeps
}

/// Every factor that a pool's headroom can depend on, ascending.
fn factors(
    setting: &MarginSetting,
    book: &EventBook,
    pool: usize,
) -> Result<BTreeSet<usize>, MarginError> {
    let MarginSetting { market, portfolio, model, .. } = *setting;
    let pool = &book.pools[pool];
    let account = &portfolio.accounts[book.accounts[pool.account].index];
    let mut found = BTreeSet::new();
    match &pool.backing {
        Backing::Account => {
            for balance in &account.balances {
                let source = asset_source(market, model, &account.name, &balance.asset)?;
                found.extend(source.factor);
            }
        }
        Backing::Posted(posted) => {
            found.extend(posted.iter().filter_map(|(price, _)| book.prices[*price].factor));
        }
    }
    for contract in &book.contracts[pool.contracts.clone()] {
        let prices = [Some(contract.coin), contract.quote].into_iter().flatten();
        found.extend(prices.filter_map(|price| book.prices[price].factor));
    }
    for position in &pool.positions {
        let watched = &book.positions[*position];
        found.extend(book.prices[watched.price].factor);
        let instrument = &portfolio.positions[watched.index].instrument;
        let coin = instrument.underlying().clone();
        found.extend(model.index(&FactorKey::Basis(coin.clone())));
        if matches!(instrument, Instrument::Option { .. }) {
            found.extend(model.index(&FactorKey::Volatility(coin)));
        }
    }
    Ok(found)
}

impl FineAccount {
    fn compile(
        setting: &MarginSetting,
        book: &EventBook,
        account: usize,
        substeps: u32,
    ) -> Result<Self, MarginError> {
        let MarginSetting { market, portfolio, model, pricing, .. } = *setting;
        let model = refined(model, substeps);
        let watched = &book.accounts[account];
        let held = &book.positions[watched.positions.clone()];
        let positions = held.iter().map(|one| portfolio.positions[one.index].clone()).collect();
        let alone = Portfolio { positions, ..bare(portfolio) };
        let by_position = Granularity::Position;
        let marks = CompiledBook::compile(market, &alone, &model, pricing, by_position)?;
        let mut pools = book.pools.iter().filter(|pool| pool.account == account);
        let first = pools.next().map_or(0..0, |pool| pool.contracts.clone());
        let end = pools.next_back().map_or(first.end, |pool| pool.contracts.end);
        let contracts = first.start..end;
        let lines = lines(setting, book, &model, (account, &contracts))?;
        Ok(Self { account, substeps, marks, lines, contracts })
    }
}

fn lines(
    setting: &MarginSetting,
    book: &EventBook,
    model: &FactorModel,
    (account, contracts): (usize, &std::ops::Range<usize>),
) -> Result<PriceLines, MarginError> {
    let MarginSetting { market, portfolio, .. } = *setting;
    let mut builder = PriceLinesBuilder::new(market, model, 2 + contracts.len());
    let account = &portfolio.accounts[book.accounts[account].index];
    for balance in &account.balances {
        let kept = if balance.quantity > 0.0 { 1.0 - balance.haircut } else { 1.0 };
        let counted = Balance { quantity: kept * balance.quantity, ..balance.clone() };
        builder.add_balance(0, &account.name, &counted)?;
        builder.add_balance(1, &account.name, balance)?;
    }
    for (line, contract) in contracts.clone().enumerate() {
        let Some(&(position, _)) = book.contracts[contract].positions.first() else { continue };
        let sample = &portfolio.positions[book.positions[position].index];
        builder.add_forward(2 + line, sample)?;
    }
    Ok(builder.finish())
}

/// The model with each step of its grid cut into `substeps`; for pricing alone.
fn refined(model: &FactorModel, substeps: u32) -> FactorModel {
    let mut fine = model.clone();
    let grid = &model.grid;
    fine.grid.nodes = (0..grid.node_count())
        .flat_map(|node| {
            let (start, end) = (grid.start_of(node).get(), grid.nodes[node].get());
            (1..=substeps).map(move |substep| match substep == substeps {
                true => Years(end),
                false => Years(start + (end - start) * f64::from(substep) / f64::from(substeps)),
            })
        })
        .collect();
    fine
}
