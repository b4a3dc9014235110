//! The function that callgrind counts in, found by its name.

use std::hint::black_box;

/// Part of the symbol callgrind looks for.
pub const REGION: &str = "counted_region";

/// Runs `work`; only what happens in here is counted.
#[inline(never)]
pub fn counted_region<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}
