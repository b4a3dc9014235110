//! What changes along the paths of a block, and the room to compute it in.

use super::CompiledBook;
use super::curve::Form;
use super::proxy::ProxyScratch;

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
    pub(super) proxy: ProxyScratch,
}

/// Arrays of one number a path.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    pub path_count: usize,
    pub exponents: Vec<f64>,
    pub value: Vec<f64>,
    /// How each curve moves over the block being valued.
    pub forms: Vec<Form>,
    pub shared: SharedScratch,
    pub contract: ContractScratch,
}

/// Room for what the options of a group share.
#[derive(Debug, Clone)]
pub(super) struct SharedScratch {
    pub exponents: Vec<f64>,
    pub logs: Vec<f64>,
    pub levels: Vec<f64>,
    pub roots: Vec<f64>,
    pub units: Vec<f64>,
    pub scales: Vec<f64>,
    /// The factor whose levels `roots` are of; to be forgotten when the block changes.
    pub rooted: Option<usize>,
}

/// Room for one option.
#[derive(Debug, Clone)]
pub(super) struct ContractScratch {
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
            scratch: Scratch::new(book.curve_count(), path_capacity),
            proxy: ProxyScratch::new(path_capacity),
        }
    }

    /// How far each path went from the centre of the domain that the book's proxies are built on,
    /// in half-widths, since the block began: above one the proxies say nothing of it.
    pub fn reach(&self) -> &[f64] {
        &self.proxy.reach[..self.path_count]
    }

    /// Room in paths.
    pub fn path_capacity(&self) -> usize {
        self.scratch.value.len()
    }
}

impl Scratch {
    fn new(curve_count: usize, path_capacity: usize) -> Self {
        let array = || vec![0.0; path_capacity];
        Self {
            path_count: path_capacity,
            exponents: array(),
            value: array(),
            forms: vec![Form::Array; curve_count],
            shared: SharedScratch {
                exponents: array(),
                logs: array(),
                levels: array(),
                roots: array(),
                units: array(),
                scales: array(),
                rooted: None,
            },
            contract: ContractScratch { deviations: array(), value: array() },
        }
    }
}
