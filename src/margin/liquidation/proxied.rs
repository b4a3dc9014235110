//! Options of watched accounts by polynomials: at every node the value of all that count in an
//! account's equity less requirement, with a bound of its error.
//!
//! Flows in: a stage in full revaluation, where its factors go, a tolerance an account. Flows out:
//! [`NodeProxies`], one a node, from which [`MarginStage::with_proxies`] makes a stage that takes
//! its decisions by them and tells on which paths they are not sure.
//!
//! # Model
//! A node has polynomials of its own: the time left is a constant of each, what has expired is gone,
//! and the domain is no wider than paths have had time to go, so that early nodes take few terms.
//! Time as a further variable would cost terms on every path to save a set-up of microseconds.
//!
//! # Error
//! Equity less requirement rises one for one with the sum of the options that count; all else in it
//! is read as in full revaluation. Its error is that of the sum's polynomials, and rounding. A short
//! put asks for more margin while it is dearer than its coin: V/S falls with the forward and rises
//! with volatility and peg, so that a put that is cheaper at that end of the domain is so in all of
//! it (along a smile, looked at on a few points). The others are priced in full on every path.

use super::options::{OptionScratch, Options, ShortPut, Side};
use super::stage::MarginStage;
use crate::numeric::combination::add_weighted;
use crate::numeric::isa::InstructionSet;
use crate::pricing::{
    CompiledBook, FactorDomain, FactorRange, Interpolation, OptionProxies, PathState, Proof,
};
use crate::simulation::{FactorBlock, FactorKey, FactorModel};

/// Share of its coin's price above which a put is priced in full.
const DEAR: f64 = 0.9;
/// Points along the spot, from the lower end of its domain to the upper.
const SPOT_POINTS: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
/// Rounding a contract, in units of the account's worth; levels on a path may be a few times
/// today's.
const ROUNDING: f64 = 4.0 * f64::EPSILON;
/// Roundings of what is no option.
const OTHER_ROUNDINGS: f64 = 64.0;

/// What polynomials of a margin stage are built from.
#[derive(Clone, Copy)]
pub struct ProxySetting<'a> {
    /// Which kernels.
    pub isa: InstructionSet,
    /// Factors and nodes.
    pub model: &'a FactorModel,
    /// Where the factors go.
    pub domain: &'a FactorDomain,
    /// Error of equity less requirement to reach, of each watched account, in USD.
    pub tolerances: &'a [f64],
    /// Which options become polynomials.
    pub interpolation: Interpolation,
}

/// The options of all watched accounts at one node, as polynomials.
#[derive(Debug, Clone)]
pub struct NodeProxies {
    /// By watched account, `None` where it holds no options.
    accounts: Vec<Option<AccountProxies>>,
}

#[derive(Debug, Clone)]
struct AccountProxies {
    proxies: OptionProxies,
    /// Bound of the error of equity less requirement, in USD.
    epsilon: f64,
    /// By contract: a short put that can be dearer than its coin.
    dear: Vec<bool>,
}

/// The options of one account by polynomials.
#[derive(Debug, Clone)]
pub(super) struct ProxiedOptions {
    /// All that count, in one row.
    sum: CompiledBook,
    /// Short puts that can be dearer than their coin, a row each.
    dear: CompiledBook,
    puts: Vec<ShortPut>,
    /// By node, in USD.
    epsilon: Vec<f64>,
}

/// Room for them.
#[derive(Debug, Clone)]
pub(super) struct ProxiedState {
    sum: PathState,
    dear: PathState,
}

impl NodeProxies {
    fn all(&self) -> impl Iterator<Item = &AccountProxies> {
        self.accounts.iter().flatten()
    }

    /// Polynomials a path.
    pub fn polynomial_count(&self) -> usize {
        self.all().map(|one| one.proxies.polynomial_count()).sum()
    }

    /// Their coefficients.
    pub fn term_count(&self) -> usize {
        self.all().map(|one| one.proxies.term_count()).sum()
    }

    /// Operations that they take on a path.
    pub fn cost(&self) -> f64 {
        self.all().map(|one| one.proxies.cost()).sum()
    }

    /// Operations that building them took.
    pub fn set_up_cost(&self) -> f64 {
        self.all().map(|one| one.proxies.set_up_cost()).sum()
    }

    /// Whether all errors are proven.
    pub fn proof(&self) -> Proof {
        self.all().map(|one| one.proxies.proof()).max().unwrap_or(Proof::Proven)
    }

    /// Largest bound of the error of any account's equity less requirement, in USD.
    pub fn epsilon(&self) -> f64 {
        self.all().map(|one| one.epsilon).fold(0.0, f64::max)
    }
}

impl MarginStage {
    /// Operations that valuing the options of all accounts takes on a path at `node`, as
    /// [`CompiledBook::option_cost`] counts them, by the polynomials of this stage where it has any.
    pub fn option_cost(&self, node: usize) -> f64 {
        let options = self.reader().options().iter().enumerate();
        let cost = |(index, options): (usize, &Option<Options>)| match self.reader().proxied(index)
        {
            Some(proxied) => proxied.sum.proxied_cost(node) + proxied.dear.option_cost(node),
            None => options.as_ref().map_or(0.0, |options| options.book().option_cost(node)),
        };
        options.map(cost).sum()
    }

    /// Polynomials at `node`, to the tolerances of `setting`.
    pub fn node_proxies(&self, setting: &ProxySetting, node: usize) -> NodeProxies {
        let worths = self.worths(setting.isa, setting.model.factors.len());
        let accounts = self.reader().options().iter().enumerate().map(|(index, options)| {
            let options = options.as_ref()?;
            let tolerance = setting.tolerances[index];
            let rounding = OTHER_ROUNDINGS + options.contract_count() as f64;
            let rounding = ROUNDING * rounding * worths[index];
            let wanted = (tolerance, setting.interpolation);
            let sum = options.sum();
            let proxies = sum.option_proxies(setting.isa, node, setting.domain, wanted);
            let error: f64 = proxies.row_errors().iter().sum();
            let dear = options.dear(setting, node);
            Some(AccountProxies { proxies, epsilon: error + rounding, dear })
        });
        NodeProxies { accounts: accounts.collect() }
    }

    /// The stage with its options by polynomials: `nodes` holds those of every node, in order.
    pub fn with_proxies(&self, nodes: Vec<NodeProxies>) -> Self {
        let mut by_account: Vec<Vec<AccountProxies>> = Vec::new();
        by_account.resize_with(self.reader().options().len(), Vec::new);
        for node in nodes {
            for (account, proxies) in by_account.iter_mut().zip(node.accounts) {
                account.extend(proxies);
            }
        }
        let options = self.reader().options().iter().zip(by_account);
        let proxied = options
            .map(|(options, nodes)| Some(ProxiedOptions::new(options.as_ref()?, nodes)))
            .collect();
        self.with_reader(self.reader().with_proxies(proxied))
    }
}

impl Options {
    /// All options that count, in one row.
    fn sum(&self) -> CompiledBook {
        let targets: Vec<_> = self.counted().map(|counted| counted.then_some(0)).collect();
        self.book().options_in_rows(&targets, 1)
    }

    /// Which contracts are short puts that can be dearer than their coin inside the domain.
    fn dear(&self, setting: &ProxySetting, node: usize) -> Vec<bool> {
        let mut dear = vec![false; self.contract_count()];
        let mut spots: Vec<Option<usize>> =
            self.puts().flatten().map(|put| put.spot.factor).collect();
        spots.sort_unstable();
        spots.dedup();
        for spot in spots {
            let block = corners(setting, node, spot);
            let count = block.path_count();
            let mut state = PathState::new(self.book(), count);
            let mut values = vec![0.0; self.contract_count() * count];
            self.book().start_block(&mut state, count);
            self.book().values(setting.isa, node, &block, &mut state, &mut values);
            let mut prices = vec![0.0; count];
            let rows = values.chunks(count).zip(self.puts()).zip(&mut dear);
            for ((values, put), dear) in rows {
                let Some(put) = put.filter(|put| put.spot.factor == spot) else { continue };
                put.spot.fill(&block, &mut prices);
                let mut paths = values.iter().zip(&prices);
                *dear |= paths.any(|(value, price)| -value > DEAR * put.coins * price);
            }
        }
        dear
    }
}

/// Points at which puts on the coin of factor `spot` are dearest: everything that makes them so at
/// that end of its domain, volatilities at both, the spot along its own.
fn corners(setting: &ProxySetting, node: usize, spot: Option<usize>) -> FactorBlock {
    let ranges = setting.domain.at(node);
    let points = SPOT_POINTS.iter().flat_map(|&t| [(t, 1.0), (t, -1.0)]);
    let points: Vec<(f64, f64)> = points.collect();
    let mut block = FactorBlock::new(ranges.len(), points.len());
    for (index, (range, factor)) in ranges.iter().zip(&setting.model.factors).enumerate() {
        let end = |&(along, volatility): &(f64, f64)| match factor.key {
            FactorKey::Spot(_) if Some(index) == spot => along,
            FactorKey::Spot(_) | FactorKey::Peg(_) => 1.0,
            FactorKey::Volatility(_) => volatility,
            FactorKey::Basis(_) => -1.0,
            FactorKey::Funding(_) => 0.0,
        };
        let (logs, levels) = block.factor_mut(index);
        for ((log, level), point) in logs.iter_mut().zip(levels).zip(&points) {
            *log = match *range {
                FactorRange::Still(log) => log,
                FactorRange::Moving { centre, half_width } => centre + half_width * end(point),
            };
            *level = libm::exp(*log);
        }
    }
    block
}

impl ProxiedOptions {
    fn new(options: &Options, nodes: Vec<AccountProxies>) -> Self {
        let is_dear = |contract: usize| nodes.iter().any(|node| node.dear[contract]);
        let puts = options.puts().enumerate();
        let dear = puts.filter_map(|(contract, put)| put.filter(|_| is_dear(contract)).cloned());
        let puts: Vec<ShortPut> = dear.collect();
        let mut rows = 0..puts.len();
        let contracts = 0..options.contract_count();
        let targets: Vec<Option<usize>> =
            contracts.map(|contract| is_dear(contract).then(|| rows.next()).flatten()).collect();
        let dear = options.book().options_in_rows(&targets, puts.len());
        let epsilon = nodes.iter().map(|node| node.epsilon).collect();
        let proxies = nodes.into_iter().map(|node| node.proxies).collect();
        Self { sum: options.sum().with_proxies_by_node(proxies), dear, puts, epsilon }
    }

    /// Bound of the error of equity less requirement at a node, in USD.
    pub fn epsilon(&self, node: usize) -> f64 {
        self.epsilon[node]
    }

    pub fn state(&self, path_capacity: usize) -> ProxiedState {
        let state = |book| PathState::new(book, path_capacity);
        ProxiedState { sum: state(&self.sum), dear: state(&self.dear) }
    }

    /// Adds all options to equity less requirement at `node`.
    pub fn add(
        &self,
        isa: InstructionSet,
        node: usize,
        block: &FactorBlock,
        (state, scratch): (&mut ProxiedState, &mut OptionScratch),
        out: &mut [f64],
    ) {
        let count = block.path_count();
        let OptionScratch { values, prices } = scratch;
        self.sum.start_block(&mut state.sum, count);
        self.sum.values(isa, node, block, &mut state.sum, &mut values[..count]);
        add_weighted(isa, &[(1.0, &values[..count])], out);
        if self.puts.is_empty() {
            return;
        }
        let values = &mut values[..self.puts.len() * count];
        self.dear.start_block(&mut state.dear, count);
        self.dear.values(isa, node, block, &mut state.dear, values);
        for (put, values) in self.puts.iter().zip(values.chunks(count)) {
            put.add_excess(Side::Headroom, values, (block, &mut prices[..count]), out);
        }
    }
}

impl ProxiedState {
    /// How far each path went in the domain.
    pub fn reach(&self) -> &[f64] {
        self.sum.reach()
    }
}
