//! First pass: one loss a path, and the columns that solvers need while they fit in memory.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::control::{Control, Interrupted, Stage};
use super::displaced::MarketTally;
use super::events::EventTallies;
use super::failures::PathFailures;
use super::ledger::{AccountTerms, AccountValues};
use super::liquidation::{LiquidationTally, PathClosing, add_tallies};
use super::nodes_alone::NodesAlone;
use super::path::{PathEngine, Workspace};
use crate::margin::Certainty;
use crate::risk::{PathWeights, RiskError, SampleDesign};
use crate::simulation::FactorBlock;

/// Blocks one task walks with one workspace.
const BLOCKS_PER_TASK: usize = 8;
/// Columns are kept for as many paths as fit in this many bytes,
const COLUMN_BYTES_MAX: u64 = 64 << 20;
/// and for no more than this many: solvers evaluate them hundreds of times, and their error is
/// reported.
const COLUMN_PATHS_MAX: u64 = 1 << 17;

/// How losses and columns are read off a walked block.
pub(super) struct Ledger {
    /// One an account.
    pub terms: Vec<AccountTerms>,
    /// Cost of closing the account at once, for accounts below maintenance margin today.
    pub closing_costs: Vec<Option<f64>>,
    /// Row of the positions and of the balances of each account.
    pub rows: Vec<(usize, usize)>,
    /// Factor of the spot of each underlying.
    pub spot_factors: Vec<usize>,
}

/// Losses of a range of paths, and the columns of those among them that are kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Partial {
    /// Id of the first path.
    pub first_path: u64,
    /// One loss a path, positive is money lost.
    pub losses: Vec<f64>,
    /// `[path][column]` of the paths below the plan's kept count: positions and balances of each
    /// account, then each spot level.
    pub columns: Vec<f64>,
    /// Likelihood ratio of each path; empty where paths are drawn from the model itself.
    #[serde(default)]
    pub ratios: Vec<f64>,
    /// `[path][control]`; empty without controls.
    #[serde(default)]
    pub controls: Vec<f64>,
    /// How often each account that can be closed inside paths was.
    #[serde(default)]
    pub liquidations: Vec<LiquidationTally>,
    /// Everything that happened inside paths, where all paths count the same.
    #[serde(default)]
    pub events: EventTallies,
    /// What moved prices beside the model, where anything did.
    #[serde(default)]
    pub market: MarketTally,
    /// The same path by path, ascending, where paths are weighted or depend on each other; empty
    /// in plain sampling.
    pub closings: Vec<PathClosing>,
    /// Failures of venues and calls on those paths.
    #[serde(default)]
    pub failures: PathFailures,
    /// Present where losses are by proxy.
    #[serde(default)]
    pub proxy: Option<ProxyPart>,
}

/// What is known of losses by proxy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProxyPart {
    /// Bound of the error of a loss, in USD.
    pub epsilon: f64,
    /// Paths revalued in full, ascending: their losses are exact.
    pub revalued: Vec<u64>,
    /// Those among them that left the domain of the proxies.
    pub outside: u64,
    /// Those among them on which a margin decision lay within its error.
    #[serde(default)]
    pub doubtful: u64,
    /// Largest error seen on the others.
    pub largest_error: f64,
}

impl ProxyPart {
    /// Adds what is known of later paths.
    fn join(&mut self, later: Self) {
        self.epsilon = self.epsilon.max(later.epsilon);
        self.revalued.extend(later.revalued);
        self.outside += later.outside;
        self.doubtful += later.doubtful;
        self.largest_error = self.largest_error.max(later.largest_error);
    }
}

/// Paths that proxies do not stand for, each list ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Unsure {
    /// They left the domain.
    pub outside: Vec<u64>,
    /// A margin decision lay within its error.
    pub doubtful: Vec<u64>,
}

impl Unsure {
    /// All of them, ascending.
    pub fn all(&self) -> Vec<u64> {
        let mut all = [self.outside.as_slice(), &self.doubtful].concat();
        all.sort_unstable();
        all
    }

    fn look_at(&mut self, paths: &[u64], workspace: &Workspace) {
        for (place, &path) in paths.iter().enumerate() {
            match workspace.certainty(place) {
                Certainty::Sure => {}
                Certainty::Doubtful => self.doubtful.push(path),
                Certainty::Outside => self.outside.push(path),
            }
        }
    }

    fn join(&mut self, later: Self) {
        self.outside.extend(later.outside);
        self.doubtful.extend(later.doubtful);
    }
}

impl Partial {
    /// Adds what happened on paths of its own that were walked again.
    pub(super) fn add_liquidated(&mut self, more: Liquidated) {
        add_tallies(&mut self.liquidations, &more.tallies);
        self.events.join(&more.events);
        self.closings.extend(more.closings);
        self.failures.join(more.failures);
        self.closings.sort_unstable_by_key(|closing| (closing.path, closing.account));
    }

    /// Paths, counted from its first, whose columns it holds.
    pub(super) fn kept_paths(&self, ledger: &Ledger) -> u64 {
        (self.columns.len() / ledger.column_count().max(1)) as u64
    }

    /// What the first `count` paths count for.
    pub fn weights(
        &self,
        count: usize,
        design: &SampleDesign,
    ) -> Result<PathWeights<'_>, RiskError> {
        if count == self.losses.len() {
            PathWeights::new(count, &self.ratios, &self.controls, design)
        } else {
            PathWeights::first(count, &self.ratios, &self.controls, design)
        }
    }
}

/// What solvers know of each path: `[positions, balances]` of each account at the horizon, then
/// the spot level (`S_T/S_0`) of each underlying.
#[derive(Debug, Clone, PartialEq)]
pub struct PathColumns {
    account_count: usize,
    underlying_count: usize,
    values: Vec<f64>,
}

impl PathColumns {
    pub(super) fn new(account_count: usize, underlying_count: usize, values: Vec<f64>) -> Self {
        Self { account_count, underlying_count, values }
    }

    /// The same of the first `count` paths alone.
    pub(super) fn first(&self, count: usize) -> Self {
        let values = self.values[..count * self.width()].to_vec();
        Self { values, ..*self }
    }

    fn width(&self) -> usize {
        2 * self.account_count + self.underlying_count
    }

    /// Paths kept.
    pub fn path_count(&self) -> usize {
        self.values.len() / self.width().max(1)
    }

    /// Values of an account on a path.
    pub fn account(&self, path: usize, account: usize) -> AccountValues {
        let at = path * self.width() + 2 * account;
        AccountValues { positions: self.values[at], balances: self.values[at + 1] }
    }

    /// `S_T/S_0` of an underlying on a path.
    pub fn spot_level(&self, path: usize, underlying: usize) -> f64 {
        self.values[path * self.width() + 2 * self.account_count + underlying]
    }
}

impl Ledger {
    pub fn column_count(&self) -> usize {
        2 * self.terms.len() + self.spot_factors.len()
    }

    /// Paths, counted from id 0, whose columns are kept.
    pub fn kept_paths(&self, path_count: u64) -> u64 {
        let fit = COLUMN_BYTES_MAX / (8 * self.column_count().max(1) as u64);
        path_count.min(fit).min(COLUMN_PATHS_MAX)
    }

    /// One loss a path of the block just walked.
    pub fn losses(&self, workspace: &Workspace, losses: &mut [f64]) {
        losses.fill(0.0);
        for (account, terms) in self.terms.iter().enumerate() {
            let (positions, balances) = self.rows[account];
            let values = workspace.row(positions).iter().zip(workspace.row(balances));
            for (loss, (&positions, &balances)) in losses.iter_mut().zip(values) {
                let horizon = AccountValues { positions, balances };
                *loss += terms.loss(horizon, 1.0, self.closing_costs[account]);
            }
        }
    }

    /// Writes `[path][column]` for the paths that `columns` has room for.
    pub fn columns(&self, workspace: &Workspace, columns: &mut [f64]) {
        let width = self.column_count();
        let put = |columns: &mut [f64], column: usize, values: &[f64]| {
            let slots = columns.iter_mut().skip(column).step_by(width);
            slots.zip(values).for_each(|(slot, &value)| *slot = value);
        };
        for (account, &(positions, balances)) in self.rows.iter().enumerate() {
            put(columns, 2 * account, workspace.row(positions));
            put(columns, 2 * account + 1, workspace.row(balances));
        }
        for (index, &factor) in self.spot_factors.iter().enumerate() {
            put(columns, 2 * self.rows.len() + index, workspace.factors().level(factor));
        }
    }
}

/// Walks the paths of `range`, `kept` of which (counted from id 0) leave their columns.
pub(super) fn losses(
    engine: &PathEngine,
    ledger: &Ledger,
    range: Range<u64>,
    kept: u64,
    control: &Control,
    stage: Stage,
) -> Result<Partial, Interrupted> {
    Ok(watched_losses(engine, ledger, range, kept, control, stage)?.0)
}

/// As [`losses`], with the paths that the engine's proxies do not stand for, which are not tallied.
pub(super) fn watched_losses(
    engine: &PathEngine,
    ledger: &Ledger,
    range: Range<u64>,
    kept: u64,
    control: &Control,
    stage: Stage,
) -> Result<(Partial, Unsure), Interrupted> {
    let path_count = (range.end - range.start) as usize;
    let total = path_count as u64;
    let kept_here = (kept.clamp(range.start, range.end) - range.start) as usize;
    let width = ledger.column_count();
    let mut losses = vec![0.0; path_count];
    let mut columns = vec![0.0; kept_here * width];
    let drawn = engine.drawn();
    let mut ratios = vec![0.0; if drawn.weighted { path_count } else { 0 }];
    let mut controls = vec![0.0; path_count * drawn.controls];
    let block_paths = engine.block_paths();
    let task = BLOCKS_PER_TASK * block_paths;
    let count = path_count.div_ceil(task);
    let beside = tasks_of(&mut columns, task * width, count)
        .into_iter()
        .zip(tasks_of(&mut ratios, task, count))
        .zip(tasks_of(&mut controls, task * drawn.controls, count));
    let beside: Vec<_> = beside.collect();
    let tasks = losses.par_chunks_mut(task).zip(beside).enumerate();
    // what a run tells of its paths; solvers ask for their losses alone
    let alone = (stage == Stage::Losses).then(|| NodesAlone::of(engine)).flatten();
    let walked = tasks.map(|(index, (losses, ((mut columns, mut ratios), mut controls)))| {
        let mut seen = Seen::default();
        let mut workspace = engine.workspace(block_paths.min(losses.len()));
        let mut room = alone.as_ref().map(NodesAlone::room);
        let mut ids = Vec::with_capacity(block_paths);
        let mut first_path = range.start + (index * task) as u64;
        for block in losses.chunks_mut(block_paths) {
            control.check()?;
            ids.clear();
            ids.extend(first_path..first_path + block.len() as u64);
            engine.walk(&mut workspace, &ids);
            ledger.losses(&workspace, block);
            if let Some((alone, room)) = alone.as_ref().zip(room.as_mut()) {
                alone.compare(&mut workspace, &ids, room);
            }
            seen.observe(engine, &workspace, &ids);
            ledger.columns(&workspace, take(&mut columns, block.len() * width));
            let factors = workspace.factors();
            if drawn.weighted {
                engine.fill_ratios(&workspace, take(&mut ratios, block.len()));
            }
            put_controls(factors, take(&mut controls, block.len() * drawn.controls));
            first_path += block.len() as u64;
            control.advanced(stage, block.len() as u64, total);
        }
        Ok(seen)
    });
    let walked: Vec<Seen> = walked.collect::<Result<_, Interrupted>>()?;
    let mut seen = Seen::default();
    walked.into_iter().for_each(|later| seen.join(later));
    let Seen { liquidated, market, unsure } = seen;
    let Liquidated { tallies: liquidations, events, closings, failures } = liquidated;
    let first_path = range.start;
    let losses = Partial { first_path, losses, columns, ratios, controls, ..Partial::default() };
    Ok((Partial { liquidations, closings, failures, events, market, ..losses }, unsure))
}

/// What happened on paths beside their losses, in path order.
#[derive(Default)]
struct Seen {
    liquidated: Liquidated,
    market: MarketTally,
    unsure: Unsure,
}

impl Seen {
    /// Adds the block walked last, of `paths`.
    fn observe(&mut self, engine: &PathEngine, workspace: &Workspace, paths: &[u64]) {
        self.liquidated.observe(engine, workspace, paths);
        engine.tally_market(workspace, &mut self.market);
        self.unsure.look_at(paths, workspace);
    }

    /// Adds later paths.
    fn join(&mut self, later: Self) {
        self.liquidated.join(later.liquidated);
        self.market.join(&later.market);
        self.unsure.join(later.unsure);
    }
}

/// What happened on paths that are sure, path by path only where a tally does not say enough.
#[derive(Default)]
pub(super) struct Liquidated {
    tallies: Vec<LiquidationTally>,
    events: EventTallies,
    closings: Vec<PathClosing>,
    failures: PathFailures,
}

impl Liquidated {
    /// Adds the block walked last, of `paths`.
    pub fn observe(&mut self, engine: &PathEngine, workspace: &Workspace, paths: &[u64]) {
        if self.tallies.is_empty() {
            self.tallies = engine.tallies();
            // where no account can be closed this comes again: what was counted stays
            let accounts = self.tallies.iter().map(|tally| tally.account);
            self.events.accounts = EventTallies::of(accounts).accounts;
        }
        engine.tally(workspace, &mut self.tallies);
        engine.tally_events(workspace, &mut self.events);
        engine.closings(workspace, paths, &mut self.closings);
        engine.path_failures(workspace, paths, &mut self.failures);
    }

    /// Adds later paths.
    pub fn join(&mut self, later: Self) {
        add_tallies(&mut self.tallies, &later.tallies);
        self.events.join(&later.events);
        self.closings.extend(later.closings);
        self.failures.join(later.failures);
    }
}

/// `values` cut for tasks of `length` values each; empty ones where they end sooner.
fn tasks_of(values: &mut [f64], length: usize, count: usize) -> Vec<&mut [f64]> {
    let mut tasks: Vec<&mut [f64]> = values.chunks_mut(length.max(1)).collect();
    tasks.resize_with(count, Default::default);
    tasks
}

/// The first `count` of what is left, or all of it.
fn take<'a>(values: &mut &'a mut [f64], count: usize) -> &'a mut [f64] {
    let whole = std::mem::take(values);
    let (here, rest) = whole.split_at_mut(count.min(whole.len()));
    *values = rest;
    here
}

/// Writes `[path][control]`.
fn put_controls(factors: &FactorBlock, controls: &mut [f64]) {
    let count = factors.control_count();
    for control in 0..count {
        let slots = controls.iter_mut().skip(control).step_by(count);
        slots.zip(factors.control(control)).for_each(|(slot, value)| *slot = *value);
    }
}

/// Partials that leave out paths or hold them twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the parts do not join: path {expected} is missing or held twice (next part starts at {found})"
)]
pub struct PartsDoNotJoin {
    /// First path not covered exactly once.
    pub expected: u64,
    /// Where the next part starts, or where the parts end.
    pub found: u64,
}

/// Joins partials, in whatever order they come, into one over paths `0..path_count`.
///
/// # Errors
/// [`PartsDoNotJoin`] unless every path is there exactly once.
pub fn merge(mut parts: Vec<Partial>, path_count: u64) -> Result<Partial, PartsDoNotJoin> {
    parts.sort_by_key(|part| part.first_path);
    let mut merged = Partial::default();
    for part in parts {
        let expected = merged.losses.len() as u64;
        if part.first_path != expected {
            return Err(PartsDoNotJoin { expected, found: part.first_path });
        }
        if merged.losses.is_empty() {
            merged = part;
        } else {
            merged.losses.extend(part.losses);
            merged.columns.extend(part.columns);
            merged.ratios.extend(part.ratios);
            merged.controls.extend(part.controls);
            add_tallies(&mut merged.liquidations, &part.liquidations);
            merged.events.join(&part.events);
            merged.market.join(&part.market);
            merged.closings.extend(part.closings);
            merged.failures.join(part.failures);
            if let Some(later) = part.proxy {
                merged.proxy.get_or_insert_default().join(later);
            }
        }
    }
    let found = merged.losses.len() as u64;
    if found == path_count {
        Ok(merged)
    } else {
        Err(PartsDoNotJoin { expected: path_count, found })
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::Happened;
    use super::*;

    fn part(first_path: u64, losses: &[f64]) -> Partial {
        let epsilon = losses[0];
        let proxy = Some(ProxyPart {
            epsilon,
            revalued: vec![first_path],
            outside: 1,
            doubtful: 2,
            largest_error: 0.0,
        });
        let liquidations =
            vec![LiquidationTally { account: 3, paths: losses.len() as u64, cost: 1 }];
        let happened = Happened { cost: losses[0], ..Happened::default() };
        let closings = vec![PathClosing { path: first_path, account: 3, happened }];
        let [losses, columns, ratios, controls] = [(); 4].map(|()| losses.to_vec());
        let part = Partial { first_path, losses, columns, ratios, ..Partial::default() };
        Partial { controls, liquidations, closings, proxy, ..part }
    }

    #[test]
    fn parts_join_in_path_order_whatever_order_they_come_in() {
        let merged = merge(vec![part(2, &[3.0]), part(0, &[1.0, 2.0])], 3).unwrap();
        assert_eq!(merged.losses, [1.0, 2.0, 3.0]);
        let proxy = merged.proxy.unwrap();
        assert_eq!((proxy.revalued, proxy.outside, proxy.doubtful), (vec![0, 2], 2, 4));
        assert_eq!(proxy.epsilon, 3.0);
        assert_eq!(merged.columns, [1.0, 2.0, 3.0]);
        assert_eq!(merged.ratios, merged.losses);
        assert_eq!(merged.controls, merged.losses);
        assert_eq!(merged.liquidations, [LiquidationTally { account: 3, paths: 3, cost: 2 }]);
        let closed: Vec<(u64, f64)> =
            merged.closings.iter().map(|one| (one.path, one.happened.cost)).collect();
        assert_eq!(closed, [(0, 1.0), (2, 3.0)]);
    }

    #[test]
    fn a_gap_an_overlap_and_a_short_end_are_refused() {
        let gap = merge(vec![part(0, &[1.0]), part(2, &[3.0])], 3);
        assert_eq!(gap, Err(PartsDoNotJoin { expected: 1, found: 2 }));
        let overlap = merge(vec![part(0, &[1.0, 2.0]), part(1, &[2.0])], 3);
        assert_eq!(overlap, Err(PartsDoNotJoin { expected: 2, found: 1 }));
        let short = merge(vec![part(0, &[1.0])], 3);
        assert_eq!(short, Err(PartsDoNotJoin { expected: 3, found: 1 }));
    }
}
