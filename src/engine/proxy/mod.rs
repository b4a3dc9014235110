//! Proxies with an exact tail: every path by polynomials, then every path that could matter in full.
//!
//! ```text
//! sample (full) ─▶ domain, tolerance ─▶ polynomials, ε ─▶ losses by proxy ─▶ settle
//!      (paths outside the domain in full at once)
//! settle: the lowest order statistic needed, less 2ε
//!         ─▶ every path above it in full ─▶ errors seen against ε ─▶ else all in full
//! ```
//!
//! With |proxy − loss| ≤ ε on every path, a path at or above the lowest order statistic `L_(r)` that
//! any figure reads has a proxy loss of at least `H_(r) − 2ε`, `H_(r)` the same order statistic of
//! proxy losses. All such paths are revalued, the others stay below `L_(r)`: every order statistic
//! from r up, with its path, is that of full revaluation, bit for bit, and so is whatever rests on
//! them: VaR, ES, their intervals, contributions, worst paths. What rests on all paths (mean,
//! deviation, histogram, solved figures on kept paths) is within ε of it.
//!
//! A loss is 1-Lipschitz in the value of each account, limited liability included: the ε of a loss
//! is the sum of the rows'.

mod choice;
mod settle;
#[cfg(test)]
mod tests;
mod words;

pub(super) use choice::Valuation;
pub(super) use settle::{Settled, first_pass, settled, whole_pass};
pub(super) use words::Revalued;
