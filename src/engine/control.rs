//! How a run is watched and stopped from outside, without knowing clocks or terminals.

use std::sync::atomic::{AtomicBool, Ordering};

use super::shared::Shared;

/// What a run is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// First pass: one loss a path.
    Losses,
    /// Second pass: tail paths by position.
    Tail,
    /// Solving for the threshold figures.
    Threshold,
    /// Full run of the solved book.
    Verification,
}

/// Told how far a run is; called from worker threads.
pub trait Observer: Sync {
    /// `count` more units of `total` are done in `stage`.
    fn advanced(&self, stage: Stage, count: u64, total: u64);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn advanced(&self, _stage: Stage, _count: u64, _total: u64) {}
}

/// A run's line to the outside: who watches it, whether it should stop, and what other runs of its
/// batch have found already.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    observer: &'a dyn Observer,
    stop: &'a AtomicBool,
    shared: Option<&'a Shared>,
}

/// Tells of a part as that much of `total`.
pub struct PartOf<'a> {
    /// Who is told.
    pub whole: Control<'a>,
    /// Units of the whole.
    pub total: u64,
}

impl Observer for PartOf<'_> {
    fn advanced(&self, stage: Stage, count: u64, _total: u64) {
        self.whole.advanced(stage, count, self.total);
    }
}

/// The run was asked to stop; nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

static NEVER: AtomicBool = AtomicBool::new(false);

impl<'a> Control<'a> {
    /// Watched by `observer`, stopped when `stop` becomes true.
    pub fn new(observer: &'a dyn Observer, stop: &'a AtomicBool) -> Self {
        Self { observer, stop, shared: None }
    }

    /// The same line, of a run of a batch.
    pub fn sharing(self, shared: &'a Shared) -> Self {
        Self { shared: Some(shared), ..self }
    }

    pub(super) fn shared(&self) -> Option<&'a Shared> {
        self.shared
    }

    /// Neither watched nor stoppable.
    pub fn none() -> Control<'static> {
        Control { observer: &Unobserved, stop: &NEVER, shared: None }
    }

    /// The same line, telling of parts of a whole.
    pub fn telling<'b>(&'b self, whole: &'b PartOf<'a>) -> Control<'b> {
        Control { observer: whole, ..*self }
    }

    pub(super) fn advanced(&self, stage: Stage, count: u64, total: u64) {
        self.observer.advanced(stage, count, total);
    }

    pub(super) fn check(&self) -> Result<(), Interrupted> {
        if self.stop.load(Ordering::Relaxed) { Err(Interrupted) } else { Ok(()) }
    }
}
