//! The losses of a window, equal ones once.

use serde::{Deserialize, Serialize};

use super::super::select::{Entry, by_loss_then_path};

/// Losses taken in before they are sorted into the rest.
const FRESH_MAX: usize = 1 << 18;

/// Equal losses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub loss: f64,
    pub count: u64,
    /// Lowest path among them.
    pub path: u64,
}

/// All losses of a window. An atom, however many paths share it, takes one entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Ascending.
    runs: Vec<Run>,
    fresh: Vec<Entry>,
}

impl Kept {
    #[inline]
    pub fn push(&mut self, loss: f64, path: u64) {
        self.fresh.push((loss + 0.0, path));
        if self.fresh.len() == FRESH_MAX {
            self.settle();
        }
    }

    pub fn merge(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        self.runs = merged(&self.runs, &other.runs);
    }

    /// All runs, ascending.
    pub fn into_runs(mut self) -> Vec<Run> {
        self.settle();
        self.runs
    }

    fn settle(&mut self) {
        self.fresh.sort_unstable_by(by_loss_then_path);
        let mut runs: Vec<Run> = Vec::with_capacity(self.fresh.len());
        for &(loss, path) in &self.fresh {
            push(&mut runs, Run { loss, count: 1, path });
        }
        self.fresh.clear();
        self.runs = merged(&self.runs, &runs);
    }
}

fn push(runs: &mut Vec<Run>, next: Run) {
    match runs.last_mut() {
        Some(last) if last.loss == next.loss => {
            last.count += next.count;
            last.path = last.path.min(next.path);
        }
        _ => runs.push(next),
    }
}

fn merged(a: &[Run], b: &[Run]) -> Vec<Run> {
    if a.is_empty() {
        return b.to_vec();
    }
    let mut runs = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let Some(next) = match (a.peek(), b.peek()) {
        (Some(left), Some(right)) if left.loss <= right.loss => a.next(),
        (_, Some(_)) => b.next(),
        _ => a.next(),
    } {
        push(&mut runs, *next);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_losses_take_one_entry_and_the_lowest_path() {
        let mut kept = Kept::default();
        for path in (0..1_000_000u64).rev() {
            kept.push(f64::from((path % 3) as u32), path);
        }
        assert!(kept.runs.len() <= 3 && kept.fresh.len() < FRESH_MAX);
        let mut other = Kept::default();
        other.push(1.0, 0);
        other.push(-0.0, 7);
        kept.merge(other);
        let run = |loss, count, path| Run { loss, count, path };
        let expected = [run(0.0, 333_335, 0), run(1.0, 333_334, 0), run(2.0, 333_333, 2)];
        assert_eq!(kept.into_runs(), expected);
    }
}
