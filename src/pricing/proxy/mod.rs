//! Proxies: the options of a row as a few polynomials in the factors that move them.
//!
//! Flows in: a compiled book, where its factors go ([`FactorDomain`]), a tolerance in money. Flows
//! out: [`OptionProxies`], which a book evaluates in place of its options, and ε, how far a row's
//! value can then be off. What does not pay (few contracts, an expiry close by) stays in full.
//!
//! # Model
//! Where volatility and basis are the same on every path, all options of a row on one coin are one
//! function of ln S, whatever their expiry, strike or settlement: one polynomial. Where the
//! volatility level moves they are a function of it too: a tensor of two. Where the basis moves,
//! each expiry has a forward of its own and a polynomial of its own. A quote whose peg moves enters
//! by ln(S/P), and multiplies. Options too sharp for one polynomial are one a piece around their
//! strikes ([`pieces`]); what expires inside the horizon is one piecewise linear function a cash slot
//! ([`settlement`]).
//!
//! # Error
//! Black-76 with a flat volatility is entire in ln F, and analytic in the volatility's logarithm in
//! a strip: Bernstein's ellipses bound the interpolant's error ([`bound`]), the coefficients
//! dropped from it are added: ε is proven. Along a smile table it is measured off the nodes and
//! doubled. Rounding is allowed for in both. ε holds inside the domain; paths that leave it are told
//! by [`PathState::reach`](super::PathState::reach) above one and have no bound.
//!
//! Source: Trefethen, *Approximation Theory and Approximation Practice* (2013), chapter 8; Glau,
//! Mahlstedt & Pötz, "A new approach for American option pricing: the dynamic Chebyshev method"
//! (2019), for Chebyshev proxies of option books.

mod bound;
mod domain;
mod evaluate;
mod family;
mod fit;
mod merge;
mod pieces;
mod settlement;
#[cfg(test)]
mod tests;
mod windows;

pub use domain::{FactorDomain, FactorRange};
pub(super) use evaluate::ProxyScratch;
pub use settlement::SettlementProxies;

use super::CompiledBook;
use crate::numeric::isa::InstructionSet;
use family::{Family, FamilyPlan};

/// What is known of the error of proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// The bound holds for every path inside the domain.
    Proven,
    /// The error was measured off the nodes, and doubled.
    Measured,
}

/// Which options become polynomials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// All whose interpolants reach the tolerance.
    WherePossible,
    /// Those that take fewer operations so.
    WhereCheaper,
    /// Those that take fewer operations so over this many paths, and whose set-up is a small share
    /// of what they take in full.
    WhereCheaperOver(u64),
}

/// The options of a book at one node as polynomials.
#[derive(Debug, Clone)]
pub struct OptionProxies {
    /// Moment they stand for.
    moment: usize,
    families: Vec<Family>,
    /// Groups that stay in full.
    in_full: Vec<usize>,
    /// Factors taken as the same on every path, with their log.
    still: Vec<(usize, f64)>,
    /// Bound of the error of each row's value, in USD.
    row_errors: Vec<f64>,
    proof: Proof,
    /// Operations a path, as [`CompiledBook::option_cost`] counts them.
    cost: f64,
    /// Operations of the set-up, counted alike.
    set_up: f64,
}

impl OptionProxies {
    /// Bound of the error of each row's value at the node, in USD.
    pub fn row_errors(&self) -> &[f64] {
        &self.row_errors
    }

    /// Whether the bound is proven.
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// Polynomials evaluated a path.
    pub fn polynomial_count(&self) -> usize {
        self.families.iter().map(Family::row_count).sum()
    }

    /// Coefficients evaluated a path, at most.
    pub fn term_count(&self) -> usize {
        self.families.iter().map(Family::term_count).sum()
    }

    /// Operations that the options take on a path, as [`CompiledBook::option_cost`] counts them.
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// Operations that building them took, as [`CompiledBook::option_cost`] counts them.
    pub fn set_up_cost(&self) -> f64 {
        self.set_up
    }

    /// Contracts that stay in full.
    pub fn contracts_in_full(&self, book: &CompiledBook) -> usize {
        self.in_full.iter().map(|&group| book.groups[group].contracts.len()).sum()
    }
}

impl CompiledBook {
    /// Operations that valuing the options takes on a path at `node`; one is a coefficient of a
    /// polynomial.
    pub fn option_cost(&self, node: usize) -> f64 {
        let alive = self.groups.iter().filter(|group| group.until > node + 1);
        alive.map(merge::full_cost).sum()
    }

    /// Interpolates the options at `node` over `domain` until their error is below `tolerance`,
    /// in USD, summed over rows.
    pub fn option_proxies(
        &self,
        isa: InstructionSet,
        node: usize,
        domain: &FactorDomain,
        (tolerance, interpolation): (f64, Interpolation),
    ) -> OptionProxies {
        let moment = node + 1;
        let ranges = domain.at(node);
        let alive = (0..self.groups.len()).filter(|&group| self.groups[group].until > moment);
        let (plans, mut in_full) = family::families(self, moment, ranges, alive);
        let cells: usize = plans.iter().map(|plan| plan.cell_count(self)).sum();
        let budget = tolerance / (2.0 * cells.max(1) as f64);
        let mut fitter = fit::Fitter::new(self, (isa, interpolation), moment, ranges);
        let mut families = Vec::new();
        for plan in plans {
            // What no polynomial over the whole domain can stand for may be one on pieces of it.
            let fits = |&group: &usize| fitter.fit(&plan, group, budget);
            let fits: Vec<fit::GroupFit> = plan.groups.iter().filter_map(fits).collect();
            let merged = merge::merge(self, plan.clone(), fits, (budget, interpolation));
            let taken = |group: &usize| merged.groups.contains(group);
            let rest = plan.groups.iter().copied().filter(|group| !taken(group)).collect();
            families.extend(merged.family);
            let plan = FamilyPlan { groups: rest, ..plan };
            let merged = pieces::merge(&mut fitter, &plan, (budget, interpolation));
            let taken = |group: &usize| merged.groups.contains(group);
            in_full.extend(plan.groups.iter().copied().filter(|group| !taken(group)));
            families.extend(merged.family);
        }
        in_full.sort_unstable();
        self.collected((moment, fitter.spent()), families, in_full)
    }

    fn collected(
        &self,
        (moment, set_up): (usize, f64),
        families: Vec<Family>,
        in_full: Vec<usize>,
    ) -> OptionProxies {
        let mut still: Vec<(usize, f64)> =
            families.iter().flat_map(|family| family.still.iter().copied()).collect();
        still.sort_by_key(|entry| entry.0);
        still.dedup_by_key(|entry| entry.0);
        let mut row_errors = vec![0.0; self.rows.len()];
        families.iter().for_each(|family| family.add_errors(&mut row_errors));
        let costs = families.iter().map(Family::cost);
        let rest = in_full.iter().map(|&group| merge::full_cost(&self.groups[group]));
        let cost = costs.chain(rest).sum();
        let proof = families.iter().map(|family| family.proof).max().unwrap_or(Proof::Proven);
        OptionProxies { moment, families, in_full, still, row_errors, proof, cost, set_up }
    }

    /// Operations that its proxies take on a path at `node`; [`Self::option_cost`] without them.
    pub fn proxied_cost(&self, node: usize) -> f64 {
        let proxies = self.proxies.iter().find(|proxies| proxies.moment == node + 1);
        proxies.map_or_else(|| self.option_cost(node), |proxies| proxies.cost)
    }

    /// The same book with its options valued by `proxies` at their node.
    pub fn with_proxies(&self, proxies: OptionProxies) -> Self {
        self.with_proxies_by_node(vec![proxies])
    }

    /// The same book with its options valued by `proxies`, each at a node of its own.
    pub fn with_proxies_by_node(&self, proxies: Vec<OptionProxies>) -> Self {
        let mut book = self.clone();
        book.proxies.retain(|old| proxies.iter().all(|new| new.moment != old.moment));
        book.proxies.extend(proxies);
        book
    }
}
