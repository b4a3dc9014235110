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
//!
//! Where venues close accounts inside paths, equity less requirement at every node is by polynomials
//! of that node, with an ε of its own an account. A path on which an open account comes within it of
//! its line is revalued in full at once, and so is one that leaves a domain. On every other path all
//! decisions are those of full revaluation, and with them what they leave: cash, marks and cost are
//! read in full when an account is closed, and from there its rows are exact. So liquidations are
//! counted to the last path and their cost to the last digit, wherever in the distribution they lie:
//! only the rows of accounts still open at the horizon are by polynomials, and the tail is settled as
//! above.

mod choice;
mod decisions;
mod settle;
#[cfg(test)]
mod tests;
mod words;

pub(super) use choice::Valuation;
pub(super) use settle::{Settled, first_pass, settled, settled_pass, whole_pass};
pub(super) use words::Revalued;
