//! What changes along the paths of a block, and the room to compute it in.

use super::CompiledBook;

/// Cash from settlements and funding `[slot][path]`, in native units, and scratch arrays.
///
/// Built once a thread; [`CompiledBook::start_block`] clears it for the next block.
#[derive(Debug, Clone)]
pub struct PathState {
    pub(super) path_count: usize,
    pub(super) cash: Vec<f64>,
    /// Price curves `[curve][path]` of the last moment computed.
    pub(super) curves: Vec<f64>,
    pub(super) scratch: Scratch,
}

/// Arrays of one number a path.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    pub path_count: usize,
    pub exponents: Vec<f64>,
    pub log_forward: Vec<f64>,
    pub forward: Vec<f64>,
    pub unit_usd: Vec<f64>,
    pub volatility_scale: Vec<f64>,
    pub log_moneyness: Vec<f64>,
    pub deviations: Vec<f64>,
    pub value: Vec<f64>,
}

impl PathState {
    /// Room for `book` on up to `path_capacity` paths.
    pub fn new(book: &CompiledBook, path_capacity: usize) -> Self {
        Self {
            path_count: path_capacity,
            cash: vec![0.0; book.cash_slot_count() * path_capacity],
            curves: vec![0.0; book.curve_count() * path_capacity],
            scratch: Scratch::new(path_capacity),
        }
    }

    /// Room in paths.
    pub fn path_capacity(&self) -> usize {
        self.scratch.value.len()
    }
}

impl Scratch {
    fn new(path_capacity: usize) -> Self {
        let array = || vec![0.0; path_capacity];
        Self {
            path_count: path_capacity,
            exponents: array(),
            log_forward: array(),
            forward: array(),
            unit_usd: array(),
            volatility_scale: array(),
            log_moneyness: array(),
            deviations: array(),
            value: array(),
        }
    }
}
