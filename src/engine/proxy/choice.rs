//! Whether to use proxies, and the proxies: decided by counted operations, never by time.

use super::decisions::DecisionBuilder;
use crate::engine::assemble;
use crate::engine::compiled::Compiled;
use crate::engine::liquidation::Liquidation;
use crate::engine::path::PathEngine;
use crate::engine::plan::Plan;
use crate::margin::{NodeProxies, ProxySetting, SeenError};
use crate::pricing::{FactorDomain, Interpolation, OptionProxies, Proof, SettlementProxies};
use crate::risk;
use crate::scenario::Revaluation;
use crate::units::grouped;

/// Paths of the sample that sets domain and tolerance and tells the error: the first of the run, so
/// that neither depends on how many follow.
const SAMPLE_PATHS: u64 = 256;
/// Tolerance of a path's loss, in standard deviations of the sampled losses: so small that it adds
/// a path in 100,000 to those revalued.
const TOLERANCE: f64 = 1e-5;
/// Rounding of everything in a loss that is not an option, relative to what the rows are worth.
const ROUNDING: f64 = 1e-13;
/// Share of all operations that proxies must save before they are chosen: below it the count is not
/// sure of its sign.
const GAIN_MIN: f64 = 0.15;
/// Coefficients of a line.
const TERMS_PER_LINE: usize = 2;
/// With fewer paths the sample alone costs several per cent.
const PATHS_MIN: u64 = 10_000;
/// Operations of drawing one factor at one node on a path, and of each factor it is correlated
/// with, in coefficients of a polynomial.
const DRAW_COST: f64 = 45.0;
const CORRELATION_COST: f64 = 0.5;

/// How the first pass values a book.
pub(in crate::engine) enum Valuation {
    /// By the book's own formulas; why, where the engine chose.
    Full(Option<String>),
    /// By polynomials, the tail in full.
    Proxied(Box<Proxied>),
}

/// A book with its options as polynomials.
pub(in crate::engine) struct Proxied {
    pub engine: PathEngine,
    /// Bound of the error of a path's loss, in USD.
    pub epsilon: f64,
    /// Largest bound of the error of any account's equity less requirement inside paths, in USD.
    pub decision_epsilon: f64,
    /// The largest errors of it seen on the sample.
    pub decision_error: SeenError,
    pub proof: Proof,
    pub polynomials: usize,
    pub terms: usize,
    pub contracts_in_full: usize,
    /// Why, where the engine chose.
    pub reason: Option<String>,
    pub sample: Sample,
}

/// Losses, in full, of the first paths of the run.
pub(in crate::engine) struct Sample {
    pub losses: Vec<f64>,
    /// Standard deviation of each account's value at the horizon, in USD.
    account_deviations: Vec<f64>,
    domain: FactorDomain,
}

/// Operations a path, in coefficients of a polynomial.
struct Cost {
    /// Drawing the factors.
    drawing: f64,
    /// All options in full, at the horizon and for decisions inside paths.
    options: f64,
    paths: f64,
    /// Paths revalued in full: the tail and the sample.
    revalued: f64,
}

impl Cost {
    fn of(plan: &Plan, book: &Compiled) -> Self {
        let paths = plan.scenario.simulation.paths;
        let factors = plan.model.factors.iter().filter(|factor| factor.volatility > 0.0);
        let factors = factors.count() as f64;
        let nodes = plan.model.grid.node_count();
        let tail = paths + 1 - lowest_rank(plan, paths as usize) as u64;
        Self {
            drawing: nodes as f64 * factors * (DRAW_COST + CORRELATION_COST * factors),
            options: book.engine.option_cost(),
            paths: paths as f64,
            revalued: (tail + SAMPLE_PATHS) as f64,
        }
    }

    /// Share of a full run's operations that proxies of `cost` a path, built by `set_up`, save.
    fn saved(&self, cost: f64, set_up: f64) -> f64 {
        let whole = self.drawing + self.options;
        let saved = self.paths * (self.options - cost) - self.revalued * whole - set_up;
        saved / (self.paths * whole)
    }
}

impl Valuation {
    /// As the scenario says, or as the count of operations does.
    pub fn choose(plan: &Plan, book: &Compiled) -> Self {
        match plan.scenario.simulation.revaluation {
            Revaluation::Full | Revaluation::Delta | Revaluation::DeltaGamma => Self::Full(None),
            Revaluation::Proxy => {
                Self::proxied(plan, book, TOLERANCE, Interpolation::WherePossible)
            }
            Revaluation::Auto => {
                Self::automatic(plan, book).unwrap_or_else(|why| Self::Full(Some(why)))
            }
        }
    }

    /// Whether both give the same losses, to the last bit.
    pub fn values_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Full(_), Self::Full(_)) => true,
            (Self::Proxied(one), Self::Proxied(other)) => one.told() == other.told(),
            _ => false,
        }
    }

    /// Proxies, or why full revaluation takes fewer operations.
    fn automatic(plan: &Plan, book: &Compiled) -> Result<Self, String> {
        let cost = Cost::of(plan, book);
        if cost.options == 0.0 {
            return Err("the book holds no option".to_owned());
        }
        if plan.scenario.simulation.paths < PATHS_MIN {
            return Err(format!("fewer than {} paths", grouped(PATHS_MIN as f64, 0)));
        }
        // Proxies that cost nothing would not be worth their set-up.
        if cost.saved(0.0, 0.0) < GAIN_MIN {
            return Err("the options are too few for proxies to pay".to_owned());
        }
        let cheaper = Interpolation::WhereCheaperOver(plan.scenario.simulation.paths);
        let builder = Builder::new(plan, book, TOLERANCE, cheaper)?;
        let horizon = builder.horizon();
        if builder.decides() {
            let expected = builder.decisions().expected();
            let set_up = horizon.set_up_cost() + expected.set_up;
            worth(cost.saved(horizon.cost() + expected.cost, set_up))?;
        }
        let decisions = builder.decisions().all();
        let set_up: f64 = decisions.iter().map(NodeProxies::set_up_cost).sum();
        let set_up = set_up + horizon.set_up_cost();
        let mut proxied = builder.finish(horizon, decisions)?;
        let saved = worth(cost.saved(proxied.engine.option_cost(), set_up))?;
        proxied.reason = Some(format!("saves {saved} % of the operations counted"));
        Ok(Self::Proxied(Box::new(proxied)))
    }

    /// Proxies to `tolerance`, in standard deviations of the sampled losses; full revaluation where
    /// no option becomes a polynomial.
    pub(super) fn proxied(
        plan: &Plan,
        book: &Compiled,
        tolerance: f64,
        interpolation: Interpolation,
    ) -> Self {
        let proxied = Builder::new(plan, book, tolerance, interpolation).and_then(|builder| {
            let (horizon, decisions) = (builder.horizon(), builder.decisions().all());
            builder.finish(horizon, decisions)
        });
        match proxied {
            Ok(proxied) => Self::Proxied(Box::new(proxied)),
            Err(why) => Self::Full(Some(why)),
        }
    }
}

/// Per cent of the operations that proxies save, where that is enough to choose them.
fn worth(saved: f64) -> Result<String, String> {
    let percent = grouped(100.0 * saved, 0);
    if saved < GAIN_MIN {
        return Err(format!("proxies would save {percent} % of the operations counted"));
    }
    Ok(percent)
}

impl Proxied {
    /// What other polynomials would have otherwise: their bounds and their number.
    fn told(&self) -> [u64; 5] {
        let [horizon, inside] = [self.epsilon, self.decision_epsilon].map(f64::to_bits);
        let counts = [self.polynomials, self.terms, self.contracts_in_full];
        let [polynomials, terms, contracts] = counts.map(|count| count as u64);
        [horizon, inside, polynomials, terms, contracts]
    }
}

/// Makes proxies of a book.
struct Builder<'a> {
    plan: &'a Plan,
    book: &'a Compiled<'a>,
    sample: Sample,
    /// Of each watched account's equity less requirement, in USD.
    decision_tolerances: Vec<f64>,
    /// Of the value of the book, in USD.
    tolerance: f64,
    interpolation: Interpolation,
}

impl<'a> Builder<'a> {
    fn new(
        plan: &'a Plan,
        book: &'a Compiled<'a>,
        deviations: f64,
        interpolation: Interpolation,
    ) -> Result<Self, String> {
        if book.engine.displacement().is_some() {
            return Err("prices move inside paths by more than the model".to_owned());
        }
        if book.engine.event_stage().is_some() {
            return Err("what venues do inside paths is decided by full marks".to_owned());
        }
        let sample = Sample::walk(plan, book);
        let Some(tolerance) = sample.tolerance(deviations) else {
            return Err("all paths of the sample lose the same".to_owned());
        };
        let watched = book.engine.liquidation().into_iter().flat_map(|one| one.stage().accounts());
        let own = |account: usize| deviations * sample.account_deviations[account];
        let or_book = |own: f64| if own > 0.0 && own.is_finite() { own } else { tolerance };
        let decision_tolerances = watched.map(own).map(or_book).collect();
        Ok(Self { plan, book, sample, decision_tolerances, tolerance, interpolation })
    }

    /// Values at the horizon.
    fn horizon(&self) -> OptionProxies {
        let node = self.plan.model.grid.node_count() - 1;
        let wanted = (self.tolerance, self.interpolation);
        let Compiled { engine, setting, .. } = self.book;
        engine.book().option_proxies(setting.isa, node, &self.sample.domain, wanted)
    }

    /// Whether anything is decided inside paths.
    fn decides(&self) -> bool {
        self.book.engine.liquidation().is_some()
    }

    /// What expires inside the horizon, in pieces: where nobody decides on the cash it pays, which
    /// is then off by its rounding, and where it is cheaper so unless all that is possible is
    /// wanted.
    fn settlements(&self) -> Option<SettlementProxies> {
        if self.decides() {
            return None;
        }
        let full = self.book.engine.book();
        let settlements = full.settlement_proxies(&self.sample.domain, self.interpolation);
        (settlements.function_count() > 0).then_some(settlements)
    }

    /// What decisions inside paths rest on.
    fn decisions(&self) -> DecisionBuilder<'_> {
        DecisionBuilder {
            stage: self.book.engine.liquidation().map(Liquidation::stage),
            setting: ProxySetting {
                isa: self.book.setting.isa,
                model: &self.plan.model,
                domain: &self.sample.domain,
                tolerances: &self.decision_tolerances,
                interpolation: self.interpolation,
            },
        }
    }

    /// The book with its proxies, or why there are none.
    fn finish(
        self,
        horizon: OptionProxies,
        decisions: Vec<NodeProxies>,
    ) -> Result<Proxied, String> {
        let settlements = self.settlements();
        let Self { book, sample, interpolation, .. } = self;
        let inside = || decisions.iter();
        let settled = settlements.as_ref().map_or(0, SettlementProxies::function_count);
        let polynomials = inside().map(NodeProxies::polynomial_count).sum::<usize>();
        let polynomials = polynomials + horizon.polynomial_count() + settled;
        let terms = inside().map(NodeProxies::term_count).sum::<usize>();
        if polynomials == 0 {
            return Err(match interpolation {
                Interpolation::WherePossible => "no option is smooth enough over the horizon",
                _ => "no option of this book is cheaper as a polynomial",
            }
            .to_owned());
        }
        let proofs = inside().map(NodeProxies::proof);
        let mut proxied = Proxied {
            epsilon: epsilon(book, &horizon, settlements.as_ref()),
            decision_epsilon: inside().map(NodeProxies::epsilon).fold(0.0, f64::max),
            decision_error: SeenError::default(),
            proof: proofs.fold(horizon.proof(), Proof::max),
            polynomials,
            terms: terms + horizon.term_count() + TERMS_PER_LINE * settled,
            contracts_in_full: horizon.contracts_in_full(book.engine.book()),
            reason: None,
            engine: book.engine.with_proxies(horizon, settlements, decisions),
            sample,
        };
        proxied.decision_error = proxied.sample.decision_error(&proxied.engine);
        Ok(proxied)
    }
}

/// Error of a loss: of all rows, and rounding.
fn epsilon(
    book: &Compiled,
    proxies: &OptionProxies,
    settlements: Option<&SettlementProxies>,
) -> f64 {
    let options: f64 = proxies.row_errors().iter().sum();
    let settled: f64 = settlements.map_or(0.0, |one| one.row_errors_at_horizon().iter().sum());
    let rows = options + settled;
    let worth: f64 = book.engine.book().base_values().iter().map(|value| value.abs()).sum();
    rows + ROUNDING * worth
}

impl Sample {
    fn walk(plan: &Plan, book: &Compiled) -> Self {
        let paths: Vec<u64> = (0..SAMPLE_PATHS.min(plan.scenario.simulation.paths)).collect();
        let mut workspace = book.engine.workspace(paths.len());
        let mut domain = FactorDomain::default();
        book.engine.walk_watched(&mut workspace, &paths, |_, block| domain.observe(block));
        let mut losses = vec![0.0; paths.len()];
        book.ledger.losses(&workspace, &mut losses);
        let account = |&(positions, balances): &(usize, usize)| {
            let values = workspace.row(positions).iter().zip(workspace.row(balances));
            deviation(&values.map(|(positions, balances)| positions + balances).collect::<Vec<_>>())
        };
        let account_deviations = book.ledger.rows.iter().map(account).collect();
        Self { losses, account_deviations, domain }
    }

    /// `deviations` of the losses in USD; `None` where they are all the same.
    fn tolerance(&self, deviations: f64) -> Option<f64> {
        let tolerance = deviations * deviation(&self.losses);
        (tolerance > 0.0 && tolerance.is_finite()).then_some(tolerance)
    }

    /// How far `engine`'s decisions by proxy are off those in full, on the sampled paths.
    fn decision_error(&self, engine: &PathEngine) -> SeenError {
        if engine.liquidation().is_none() {
            return SeenError::default();
        }
        let paths: Vec<u64> = (0..self.losses.len() as u64).collect();
        let mut workspace = engine.workspace(paths.len());
        workspace.look_at_margin_errors();
        engine.walk(&mut workspace, &paths);
        workspace.margin_error_seen()
    }
}

/// Root mean square distance from the mean.
fn deviation(losses: &[f64]) -> f64 {
    let count = losses.len().max(1) as f64;
    let mean = losses.iter().sum::<f64>() / count;
    let squares = losses.iter().map(|loss| (loss - mean) * (loss - mean));
    (squares.sum::<f64>() / count).sqrt()
}

/// The lowest rank among `count` losses that any figure of the plan reads in a plain sample.
fn lowest_rank(plan: &Plan, count: usize) -> usize {
    let levels = assemble::levels(plan);
    risk::lowest_rank_needed(count, &levels, plan.scenario.measures.worst_paths)
}
