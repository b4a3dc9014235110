//! Shocks: stated moves of factors turned into one path of levels, and what the factors do that are
//! not named.
//!
//! Flows in: validated settings, the market, the factors of the book. Flows out: a model whose one
//! path is stated, walked by the same engine as a window of history
//! ([`historical`](super::historical)).

mod book;
mod condition;
mod names;
mod plan;
mod resolve;

pub(super) use book::{check_venues, claims, deepen, fail_by_name, state_failures};
pub(super) use condition::condition;
pub(super) use names::{check_names, is_factor_of, named_factors};
pub(super) use plan::planned;
pub(super) use resolve::Selected;
