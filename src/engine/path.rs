//! The stages of a path, in order. Every pass walks paths through this file and no other.
//!
//! At each node: factors move; pegs break and others' liquidations move prices (`displaced`: what
//! follows sees the model displaced, the model itself stays as it was drawn); funding and interest accrue; what expires here settles; venues act on
//! accounts below their margin (`events`, or its plain case, `liquidation`). At the horizon every
//! row is valued. Paths go in
//! blocks, by id; how they are cut into blocks cannot be observed in any number.

use std::sync::Arc;

use super::EngineError;
use super::displaced::{self, MarketTally};
use super::events::{EventTallies, Events};
use super::failures::PathFailures;
use super::liquidation::{
    Liquidation, LiquidationEvent, LiquidationState, LiquidationTally, PathClosing, Visit,
};
use super::pilot::Hazards;
use crate::margin::desk_ladder::DeskLadder;
use crate::margin::displacement::{DisplacedPaths, Displacement, MarketEvent};
use crate::margin::{
    Certainty, EventState, LadderRecord, Looked, Node, NodeProxies, PathEvent, SeenError,
    VenueRules,
};
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::pricing::{
    CompiledBook, Granularity, OptionProxies, PathState, PricingSettings, SettlementProxies,
};
use crate::scenario::EventSettings;
use crate::simulation::{
    FactorBlock, FactorModel, Sampling, SimulationScratch, Simulator, block_paths,
};

/// A book and a model, compiled to walk paths.
#[derive(Clone)]
pub(super) struct PathEngine {
    simulator: Simulator,
    book: CompiledBook,
    liquidation: Option<Liquidation>,
    events: Option<Events>,
    displacement: Option<Arc<Displacement>>,
    nodes: usize,
    drawn: Drawn,
    isa: InstructionSet,
}

/// What the sampling scheme tells of each path beside its factors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    /// Whether paths have likelihood ratios, of factors or of failures.
    pub weighted: bool,
    /// Whether factors are drawn from another law than the model's.
    pub factors_weighted: bool,
    /// Control values.
    pub controls: usize,
    /// Whether paths are independent and all count the same.
    pub plain: bool,
}

/// Everything a worker needs to walk blocks without allocating.
pub(super) struct Workspace {
    previous: FactorBlock,
    current: FactorBlock,
    scratch: SimulationScratch,
    state: PathState,
    liquidation: Option<LiquidationState>,
    events: Option<EventState>,
    displaced: Option<Box<DisplacedPaths>>,
    values: Vec<f64>,
}

/// What a path engine is compiled from.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub market: &'a Market,
    pub portfolio: &'a Portfolio,
    pub model: &'a FactorModel,
    /// Margin rules by venue.
    pub rules: &'a [Option<VenueRules>],
    pub sampling: &'a Sampling,
    pub hazards: &'a Hazards,
    pub pricing: PricingSettings,
    /// What happens beyond the factors.
    pub events: &'a EventSettings,
    pub seed: u64,
    pub isa: InstructionSet,
}

impl PathEngine {
    pub fn compile(setting: &Setting, granularity: Granularity) -> Result<Self, EngineError> {
        let Setting { market, portfolio, model, sampling, pricing, seed, isa, .. } = *setting;
        let book = CompiledBook::compile(market, portfolio, model, pricing, granularity)?;
        let simulator = Simulator::with_sampling(model, sampling, seed, isa)?;
        let displacement = displaced::compile(setting);
        let moving = displacement.as_ref().filter(|one| one.symbols().next().is_some());
        let liquidation = Liquidation::compile(setting, &book, moving)?;
        let events = Events::compile(setting, &book, moving)?;
        let tilted = events.as_ref().is_some_and(|events| events.stage().weighs_failures());
        let drawn = Drawn {
            weighted: sampling.is_weighted() || tilted,
            factors_weighted: sampling.is_weighted(),
            controls: sampling.control_means().len(),
            plain: sampling.is_plain() && !tilted,
        };
        let nodes = model.grid.nodes.len();
        Ok(Self { simulator, book, liquidation, events, displacement, nodes, drawn, isa })
    }

    /// The same engine on paths of another simulator of as many factors.
    pub fn drawn_by(self, simulator: Simulator) -> Self {
        Self { simulator, ..self }
    }

    pub fn drawn(&self) -> Drawn {
        self.drawn
    }

    pub fn book(&self) -> &CompiledBook {
        &self.book
    }

    /// Likelihood ratio of each path of the block walked last.
    pub fn fill_ratios(&self, workspace: &Workspace, ratios: &mut [f64]) {
        if self.drawn.factors_weighted {
            ratios.copy_from_slice(workspace.factors().weights());
        } else {
            ratios.fill(1.0);
        }
        if let Some((events, state)) = self.events_walked(workspace) {
            let failures = events.stage().failure_weights(state);
            ratios.iter_mut().zip(failures).for_each(|(ratio, weight)| *ratio *= weight);
        }
    }

    /// Paths to walk together.
    pub fn block_paths(&self) -> usize {
        let factors = self.simulator.factor_count();
        // the model's block stands beside the two that are seen
        let blocks = if self.displacement.is_some() { factors + factors / 2 } else { factors };
        let wanted = block_paths(blocks);
        self.events.as_ref().map_or(wanted, |events| events.block_paths(wanted))
    }

    /// The same engine with its options as polynomials: at the horizon, where they expire inside it,
    /// and at every node in order for the decisions inside paths.
    pub fn with_proxies(
        &self,
        horizon: OptionProxies,
        settlements: Option<SettlementProxies>,
        decisions: Vec<NodeProxies>,
    ) -> Self {
        let book = self.book.with_proxies(horizon);
        let book = match settlements {
            Some(settlements) => book.with_settlement_proxies(settlements),
            None => book,
        };
        let liquidation = self.liquidation.as_ref();
        let liquidation = liquidation.map(|stage| stage.with_proxies(decisions));
        Self { book, liquidation, ..self.clone() }
    }

    /// The same engine with the general stage in the place of its plain case, which tells less of
    /// what happened.
    pub fn with_general_stage(self, setting: &Setting) -> Result<Self, EngineError> {
        if self.liquidation.is_none() {
            return Ok(self);
        }
        let events = Events::general(setting, &self.book, None)?;
        Ok(Self { liquidation: None, events, ..self })
    }

    /// The same engine with a desk that acts on its own ladder, every account of it watched.
    pub fn with_ladder(self, setting: &Setting, ladder: &DeskLadder) -> Result<Self, EngineError> {
        let moving = self.displacement.as_ref().filter(|one| one.symbols().next().is_some());
        let events = Events::of_desk(setting, &self.book, moving, ladder)?;
        Ok(Self { liquidation: None, events, ..self })
    }

    /// What the desk's ladder did on the path at `place` of the block walked last, where it has one.
    pub fn ladder_record(&self, workspace: &Workspace, place: usize) -> Option<LadderRecord> {
        let (events, state) = self.events.as_ref().zip(workspace.events.as_ref())?;
        events.stage().ladder_record(state, place).copied()
    }

    /// What watched accounts owed on the path at `place` once nothing was left to close, in USD.
    pub fn bad_debt(&self, workspace: &Workspace, place: usize) -> f64 {
        let walked = self.events.as_ref().zip(workspace.events.as_ref());
        walked.map_or(0.0, |(events, state)| {
            let accounts = 0..events.stage().accounts().count();
            accounts.map(|account| state.record(account, place).bad_debt).sum()
        })
    }

    /// Operations that options take on a path, as the book counts them: at the horizon, where they
    /// settle, and at every node for the decisions there.
    pub fn option_cost(&self) -> f64 {
        let decisions = self.liquidation.as_ref().map_or(0.0, |liquidation| {
            (0..self.nodes).map(|node| liquidation.stage().option_cost(node)).sum()
        });
        self.book.proxied_cost(self.nodes - 1) + self.book.settlement_cost() + decisions
    }

    pub fn workspace(&self, path_capacity: usize) -> Workspace {
        let factor_count = self.simulator.factor_count();
        Workspace {
            previous: FactorBlock::new(factor_count, path_capacity),
            current: FactorBlock::new(factor_count, path_capacity),
            scratch: SimulationScratch::new(&self.simulator, path_capacity),
            state: PathState::new(&self.book, path_capacity),
            liquidation: self.liquidation.as_ref().map(|one| one.state(path_capacity)),
            events: self.events.as_ref().map(|events| events.stage().state(path_capacity)),
            displaced: self
                .displacement
                .as_ref()
                .map(|one| Box::new(one.paths(factor_count, path_capacity))),
            values: vec![0.0; self.book.rows().len() * path_capacity],
        }
    }

    /// Walks `paths` to the horizon and values every row there.
    pub fn walk(&self, workspace: &mut Workspace, paths: &[u64]) {
        self.walk_watched(workspace, paths, |_, _| {});
    }

    /// As `walk`, showing the factors at every node to `watch`.
    pub fn walk_watched(
        &self,
        workspace: &mut Workspace,
        paths: &[u64],
        mut watch: impl FnMut(usize, &FactorBlock),
    ) {
        self.start(workspace, paths);
        for node in 0..self.nodes {
            self.step(workspace, node);
            watch(node, &workspace.current);
        }
        self.value_rows(workspace, self.nodes - 1);
    }

    /// As `walk`, with every row valued at every node for `watch`.
    pub fn walk_valued(
        &self,
        workspace: &mut Workspace,
        paths: &[u64],
        mut watch: impl FnMut(usize, &Workspace),
    ) {
        self.start(workspace, paths);
        for node in 0..self.nodes {
            self.step(workspace, node);
            self.value_rows(workspace, node);
            watch(node, workspace);
        }
    }

    /// As `walk_valued`, of one path, with what venues see of every account at every node.
    pub fn walk_told(
        &self,
        workspace: &mut Workspace,
        path: u64,
        mut watch: impl FnMut(usize, &Workspace, &[Looked]),
    ) {
        self.start(workspace, &[path]);
        for node in 0..self.nodes {
            self.step(workspace, node);
            let looked = self.looked(workspace, node);
            self.value_rows(workspace, node);
            watch(node, workspace, &looked);
        }
    }

    /// Equity and maintenance margin of every account that needs any, on a block of one path.
    fn looked(&self, workspace: &mut Workspace, node: usize) -> Vec<Looked> {
        let Workspace { previous, current, state, liquidation, events, .. } = workspace;
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(liquidation.as_mut()) {
            let visit = Visit { isa: self.isa, node, previous, current, cash: state };
            return stage.looked(&visit, closed);
        }
        let walked = self.events.as_ref().zip(events.as_ref());
        walked.map_or_else(Vec::new, |(events, state)| events.stage().looked(node, 0, state))
    }

    /// Begins a block.
    fn start(&self, workspace: &mut Workspace, paths: &[u64]) {
        let Workspace { current, scratch, state, liquidation, events, displaced, .. } = workspace;
        self.simulator.start(paths, current, scratch);
        if let Some((displacement, moved)) = self.displacement.as_ref().zip(displaced.as_mut()) {
            moved.model_mut().copy_whole(current);
            displacement.start_block(paths.len(), moved);
        }
        self.book.start_block(state, paths.len());
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(liquidation.as_mut()) {
            stage.start(closed, paths.len());
        }
        if let Some((events, state)) = self.events.as_ref().zip(events.as_mut()) {
            events.stage().start_block(state, paths.len());
        }
    }

    /// Everything that happens on the way to `node` and there.
    fn step(&self, workspace: &mut Workspace, node: usize) {
        let Workspace { previous, current, scratch, state, liquidation, events, displaced, .. } =
            workspace;
        if let Some((displacement, moved)) = self.displacement.as_ref().zip(displaced.as_mut()) {
            std::mem::swap(previous, current);
            self.simulator.advance(node, moved.model_mut(), scratch);
            displacement.visit(self.isa, node, current, moved);
        } else if self.book.looks_back() || self.events.is_some() {
            std::mem::swap(previous, current);
            self.simulator.advance_from(node, previous, current, scratch);
        } else {
            self.simulator.advance(node, current, scratch);
        }
        self.book.step(self.isa, node, previous, current, state);
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(liquidation.as_mut()) {
            let visit = Visit { isa: self.isa, node, previous, current, cash: state };
            stage.check(&visit, closed);
        }
        if let Some((events, state)) = self.events.as_ref().zip(events.as_mut()) {
            let deviation = self.simulator.step_deviation(node, scratch);
            state.exchange(displaced);
            let seen = Node { isa: self.isa, index: node, previous, current, deviation };
            events.stage().visit(&seen, state);
            events.stage().answer(self.isa, node, current, state);
            state.exchange(displaced);
        }
    }

    /// Values every row at `node`, where the block stands.
    fn value_rows(&self, workspace: &mut Workspace, node: usize) {
        let Workspace { current, state, liquidation, events, values, .. } = workspace;
        let values = &mut values[..self.book.rows().len() * current.path_count()];
        self.book.values(self.isa, node, current, state, values);
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(liquidation.as_mut()) {
            stage.settle(current, closed, values);
        }
        if let Some((events, state)) = self.events.as_ref().zip(events.as_mut()) {
            events.stage().settle(state, values);
        }
    }

    /// The same engine with events at the first `nodes` nodes alone; with none, prices are the
    /// model's too.
    pub fn acting_at_first(&self, nodes: usize) -> Self {
        let events = self.events.as_ref().map(|events| events.acting_at_first(nodes));
        let displacement = self.displacement.clone().filter(|_| nodes > 0);
        Self { events, displacement, ..self.clone() }
    }

    /// The same engine with accounts looked at at the nodes alone; `None` where all are anyhow.
    pub fn at_nodes_alone(&self) -> Option<Self> {
        let events = Some(self.events.as_ref()?.at_nodes_alone()?);
        Some(Self { events, ..self.clone() })
    }

    /// The plain stage that closes accounts inside paths, where it is the one used.
    pub fn liquidation(&self) -> Option<&Liquidation> {
        self.liquidation.as_ref()
    }

    /// The general event stage, where it is the one used.
    pub fn event_stage(&self) -> Option<&Events> {
        self.events.as_ref()
    }

    /// Indices into `Portfolio::accounts` of those that can be closed inside paths.
    pub fn watched_accounts(&self) -> Vec<usize> {
        self.tallies().iter().map(|tally| tally.account).collect()
    }

    /// One empty tally an account that can be closed inside paths.
    pub fn tallies(&self) -> Vec<LiquidationTally> {
        let plain = self.liquidation.as_ref().map(Liquidation::tallies);
        plain.or_else(|| self.events.as_ref().map(Events::tallies)).unwrap_or_default()
    }

    /// Adds the block walked last to tallies of this engine, but for paths that are not sure.
    pub fn tally(&self, workspace: &Workspace, tallies: &mut [LiquidationTally]) {
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(workspace.liquidation.as_ref())
        {
            let sure = |place| workspace.certainty(place) == Certainty::Sure;
            stage.tally(closed, sure, tallies);
        }
        if let Some((events, state)) = self.events_walked(workspace) {
            let sure = |place: &usize| workspace.certainty(*place) == Certainty::Sure;
            events.tally(state, (0..workspace.current.path_count()).filter(sure), tallies);
        }
    }

    /// Adds the block walked last to tallies of everything that happened, but for paths that are
    /// not sure; nothing where each path is told by itself.
    pub fn tally_events(&self, workspace: &Workspace, tallies: &mut EventTallies) {
        if !self.drawn.plain {
            return;
        }
        let sure = |place: &usize| workspace.certainty(*place) == Certainty::Sure;
        let counted = (0..workspace.current.path_count()).filter(sure);
        let plain = self.liquidation.as_ref().zip(workspace.liquidation.as_ref());
        if let Some((stage, closed)) = plain {
            stage.tally_all(closed, counted.clone(), tallies);
        }
        if let Some((events, state)) = self.events_walked(workspace) {
            events.tally_all(state, counted, tallies);
        }
    }

    /// Adds the block walked last to the tally of what moved prices beside the model.
    pub fn tally_market(&self, workspace: &Workspace, tally: &mut MarketTally) {
        if let Some((displacement, paths)) = self.displaced_walked(workspace) {
            tally.add(displacement, paths, &workspace.current);
        }
        if let Some((_, state)) = self.events_walked(workspace) {
            tally.add_shared(state, workspace.current.path_count());
        }
    }

    /// What moves prices beside the model, where anything does.
    pub fn displacement(&self) -> Option<&Arc<Displacement>> {
        self.displacement.as_ref()
    }

    fn displaced_walked<'a>(
        &'a self,
        workspace: &'a Workspace,
    ) -> Option<(&'a Arc<Displacement>, &'a DisplacedPaths)> {
        self.displacement.as_ref().zip(workspace.displaced.as_deref())
    }

    /// Adds what happened on `paths`, the block walked last, but for paths that are not sure;
    /// nothing where a tally says as much.
    pub fn closings(&self, workspace: &Workspace, paths: &[u64], into: &mut Vec<PathClosing>) {
        if self.drawn.plain {
            return;
        }
        let first = into.len();
        let sure = |place| workspace.certainty(place) == Certainty::Sure;
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(workspace.liquidation.as_ref())
        {
            stage.closings(closed, paths, sure, into);
        }
        if let Some((events, state)) = self.events_walked(workspace) {
            events.closings(state, paths, sure, into);
        }
        into[first..].sort_unstable_by_key(|closing| (closing.path, closing.account));
    }

    /// Adds what failed and what calls came to on `paths`, the block walked last; nothing where a
    /// tally says as much.
    pub fn path_failures(&self, workspace: &Workspace, paths: &[u64], into: &mut PathFailures) {
        if self.drawn.plain {
            return;
        }
        if let Some((events, state)) = self.events_walked(workspace) {
            let places = paths.iter().enumerate();
            places.for_each(|(place, &path)| into.add(events.stage(), state, (place, path)));
        }
    }

    /// Indices into `Portfolio::accounts` of those at venues that may fail inside paths.
    pub fn claimants(&self) -> Vec<usize> {
        self.events.iter().flat_map(|events| events.stage().claimants()).collect()
    }

    /// Adds to `losses` (one an account of the portfolio) what was lost by venue failures on the path
    /// at `place` of the block walked last, in USD.
    pub fn add_failure_losses(&self, workspace: &Workspace, place: usize, losses: &mut [f64]) {
        if let Some((events, state)) = self.events_walked(workspace) {
            events.add_failure_losses(state, place, losses);
        }
    }

    /// The general stage with its state on the block walked last, where it is the one used.
    pub fn events_walked<'a>(
        &'a self,
        workspace: &'a Workspace,
    ) -> Option<(&'a Events, &'a EventState)> {
        self.events.as_ref().zip(workspace.events.as_ref())
    }

    /// What happened on the path at `place` of the block walked last, in order of time.
    pub fn happenings(&self, workspace: &Workspace, place: usize) -> Vec<PathHappening> {
        let walked = self.liquidation.as_ref().zip(workspace.liquidation.as_ref());
        let closed = walked.into_iter().flat_map(|(stage, closed)| stage.events(closed, place));
        let events = self.events_walked(workspace).into_iter();
        let events = events.flat_map(|(events, state)| events.events(state, place));
        let market = self.displaced_walked(workspace).into_iter();
        let market = market.flat_map(|(_, paths)| paths.events());
        let shared = self.events_walked(workspace).into_iter();
        let market = market.chain(shared.flat_map(|(_, state)| state.shared_events()));
        let market = market.filter(|event| event.place == place).copied();
        let happened = closed.map(PathHappening::Closed).chain(events.map(PathHappening::Event));
        market.map(PathHappening::Market).chain(happened).collect()
    }

    /// Whether any account was liquidated on the path at `place` of the block walked last.
    pub fn is_liquidated(&self, workspace: &Workspace, place: usize) -> bool {
        let plain = self.liquidation.as_ref().zip(workspace.liquidation.as_ref());
        let plain =
            plain.is_some_and(|(stage, closed)| stage.events(closed, place).next().is_some());
        let general = self.events_walked(workspace);
        plain || general.is_some_and(|(events, state)| events.is_liquidated(state, place))
    }

    /// Adds to `costs` (one an account of the portfolio) what closing accounts cost on the path at
    /// `place` of the block walked last, in USD.
    pub fn add_costs(&self, workspace: &Workspace, place: usize, costs: &mut [f64]) {
        if let Some((stage, closed)) = self.liquidation.as_ref().zip(workspace.liquidation.as_ref())
        {
            stage.events(closed, place).for_each(|one| costs[one.account] += one.closed.cost);
        }
        if let Some((events, state)) = self.events_walked(workspace) {
            events.costs(state, place).for_each(|(account, cost)| costs[account] += cost);
        }
    }
}

/// Something that happened inside a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PathHappening {
    /// An account was closed by the plain stage.
    Closed(LiquidationEvent),
    /// Anything of the general stage.
    Event(PathEvent),
    /// Anything that moved prices beside the model, or came of it.
    Market(MarketEvent),
}

impl Workspace {
    /// Value of a row at the horizon, `[path]`, in USD.
    pub fn row(&self, row: usize) -> &[f64] {
        let count = self.current.path_count();
        &self.values[row * count..][..count]
    }

    /// Whether the path at `place` is that of full revaluation, within the error of its values.
    pub fn certainty(&self, place: usize) -> Certainty {
        let inside = self.state.reach()[place] <= 1.0;
        let at_horizon = if inside { Certainty::Sure } else { Certainty::Outside };
        let decisions = self.liquidation.as_ref().map(|state| state.certainty()[place]);
        decisions.map_or(at_horizon, |decisions| decisions.max(at_horizon))
    }

    /// Looks, from now on, how far margin decisions by polynomials are off those in full.
    pub fn look_at_margin_errors(&mut self) {
        if let Some(state) = &mut self.liquidation {
            state.margin().look_at_errors();
        }
    }

    /// The largest errors seen since [`Self::look_at_margin_errors`].
    pub fn margin_error_seen(&mut self) -> SeenError {
        let state = self.liquidation.as_mut();
        state.map_or_else(SeenError::default, |state| state.margin().seen_error())
    }

    /// What the general stage noted on the block walked last, where it is the one used.
    pub fn events_mut(&mut self) -> Option<&mut EventState> {
        self.events.as_mut()
    }

    /// Factors at the horizon.
    pub fn factors(&self) -> &FactorBlock {
        &self.current
    }
}
