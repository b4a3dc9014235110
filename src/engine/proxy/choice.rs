//! Whether to use proxies, and the proxies: decided by counted operations, never by time.

use crate::engine::assemble;
use crate::engine::compiled::Compiled;
use crate::engine::path::PathEngine;
use crate::engine::plan::Plan;
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
    pub proof: Proof,
    pub polynomials: usize,
    pub terms: usize,
    pub contracts_in_full: usize,
    /// Operations of the set-up.
    set_up: f64,
    /// Why, where the engine chose.
    pub reason: Option<String>,
    pub sample: Sample,
}

/// Losses, in full, of the first paths of the run.
pub(in crate::engine) struct Sample {
    pub losses: Vec<f64>,
    domain: FactorDomain,
}

/// Operations a path, in coefficients of a polynomial.
struct Cost {
    /// Drawing the factors.
    drawing: f64,
    /// All options in full.
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
        let options = book.engine.book();
        let nodes = plan.model.grid.node_count();
        let tail = paths + 1 - lowest_rank(plan, paths as usize) as u64;
        Self {
            drawing: nodes as f64 * factors * (DRAW_COST + CORRELATION_COST * factors),
            options: options.option_cost(nodes - 1) + options.settlement_cost(),
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
            Revaluation::Auto => Self::automatic(plan, book),
        }
    }

    fn automatic(plan: &Plan, book: &Compiled) -> Self {
        let full = |why: String| Self::Full(Some(why));
        let cost = Cost::of(plan, book);
        if cost.options == 0.0 {
            return full("the book holds no option".to_owned());
        }
        if plan.scenario.simulation.paths < PATHS_MIN {
            return full(format!("fewer than {} paths", grouped(PATHS_MIN as f64, 0)));
        }
        // Proxies that cost nothing would not be worth their set-up.
        if cost.saved(0.0, 0.0) < GAIN_MIN {
            return full("the options are too few for proxies to pay".to_owned());
        }
        let cheaper = Interpolation::WhereCheaperOver(plan.scenario.simulation.paths);
        let Self::Proxied(mut proxied) = Self::proxied(plan, book, TOLERANCE, cheaper) else {
            return full("no option of this book is cheaper as a polynomial".to_owned());
        };
        let saved = cost.saved(proxied.cost(plan), proxied.set_up);
        let percent = grouped(100.0 * saved, 0);
        if saved < GAIN_MIN {
            return full(format!("proxies would save {percent} % of the operations counted"));
        }
        proxied.reason = Some(format!("saves {percent} % of the operations counted"));
        Self::Proxied(proxied)
    }

    /// Proxies to `tolerance`, in standard deviations of the sampled losses; full revaluation where
    /// no option becomes a polynomial.
    pub(super) fn proxied(
        plan: &Plan,
        book: &Compiled,
        tolerance: f64,
        interpolation: Interpolation,
    ) -> Self {
        let sample = Sample::walk(plan, book);
        let Some(money) = sample.tolerance(tolerance) else {
            return Self::Full(Some("all paths of the sample lose the same".to_owned()));
        };
        let full = book.engine.book();
        let node = plan.model.grid.node_count() - 1;
        let wanted = (money, interpolation);
        let proxies = full.option_proxies(book.setting.isa, node, &sample.domain, wanted);
        let settlements = settlements(book, &sample.domain, interpolation);
        let settled = settlements.as_ref().map_or(0, SettlementProxies::function_count);
        if proxies.polynomial_count() + settled == 0 {
            return Self::Full(Some("no option is smooth enough over the horizon".to_owned()));
        }
        Self::Proxied(Box::new(Proxied {
            epsilon: epsilon(book, &proxies, settlements.as_ref()),
            proof: proxies.proof(),
            polynomials: proxies.polynomial_count() + settled,
            terms: proxies.term_count() + TERMS_PER_LINE * settled,
            contracts_in_full: proxies.contracts_in_full(full),
            set_up: proxies.set_up_cost(),
            reason: None,
            sample,
            engine: book.engine.with_proxies(proxies, settlements),
        }))
    }
}

impl Proxied {
    /// Operations a path.
    fn cost(&self, plan: &Plan) -> f64 {
        let book = self.engine.book();
        book.proxied_cost(plan.model.grid.node_count() - 1) + book.settlement_cost()
    }
}

/// What expires inside the horizon, in pieces: where nobody decides on the cash it pays, which is
/// then off by its rounding, and where it is cheaper so unless all that is possible is wanted.
fn settlements(
    book: &Compiled,
    domain: &FactorDomain,
    interpolation: Interpolation,
) -> Option<SettlementProxies> {
    if book.engine.liquidation().is_some() {
        return None;
    }
    let full = book.engine.book();
    let settlements = full.settlement_proxies(domain, interpolation);
    (settlements.function_count() > 0).then_some(settlements)
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
        Self { losses, domain }
    }

    /// `deviations` of the losses in USD; `None` where they are all the same.
    fn tolerance(&self, deviations: f64) -> Option<f64> {
        let tolerance = deviations * deviation(&self.losses);
        (tolerance > 0.0 && tolerance.is_finite()).then_some(tolerance)
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
