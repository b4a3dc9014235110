//! Shares drawn from a Beta law: what a claim on a failed venue is worth, how far a peg falls.

use std::sync::{Arc, OnceLock};

use crate::numeric::root::bisect;
use crate::numeric::special::incomplete_beta;

/// A law of a share in [0, 1]: a number, or a Beta law by its mean and standard deviation.
///
/// Drawn from equally likely cells, each by its mean, so that the mean of draws is that of the law;
/// their deviation is smaller by less than half a per cent of it. The cells are found at the first
/// draw: solvers compile a book many times, and most of its paths draw nothing.
#[derive(Debug, Clone)]
pub struct ShareLaw {
    law: Law,
    /// Means of the cells, rising but for rounding.
    cells: Arc<OnceLock<Vec<f64>>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Law {
    Fixed(f64),
    /// Mean and a + b.
    Beta {
        mean: f64,
        size: f64,
    },
}

impl PartialEq for ShareLaw {
    fn eq(&self, other: &Self) -> bool {
        self.law == other.law
    }
}

/// No Beta law has this mean and deviation.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "no share has mean {mean} and standard deviation {deviation}: the deviation must be at most {bound}"
)]
pub struct ShareLawError {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
    /// What the deviation may be at most.
    pub bound: f64,
}

const CELLS: usize = 512;

impl ShareLaw {
    /// Always the same share.
    pub fn fixed(share: f64) -> Self {
        Self { law: Law::Fixed(share), cells: Arc::default() }
    }

    /// A Beta law; fixed where the deviation is zero or next to nothing. Set-up code.
    ///
    /// # Errors
    /// [`ShareLawError`] unless the deviation is at most 80 % of `√(mean·(1 − mean))`, that of a
    /// share which is nothing or all.
    pub fn beta(mean: f64, deviation: f64) -> Result<Self, ShareLawError> {
        if deviation == 0.0 {
            return Ok(Self::fixed(mean));
        }
        let largest = (mean * (1.0 - mean)).max(0.0).sqrt();
        let bound = DEVIATION_SHARE_MAX * largest;
        if deviation > bound {
            return Err(ShareLawError { mean, deviation, bound });
        }
        let size = largest * largest / (deviation * deviation) - 1.0;
        if size > SIZE_LARGEST {
            return Ok(Self::fixed(mean));
        }
        Ok(Self { law: Law::Beta { mean, size }, cells: Arc::default() })
    }

    /// The share at a uniform in (0, 1).
    #[inline]
    pub fn draw(&self, uniform: f64) -> f64 {
        match self.law {
            Law::Fixed(share) => share,
            Law::Beta { mean, size } => {
                let cells = self.cells.get_or_init(|| beta_cells(mean, size));
                let cell = (uniform * cells.len() as f64) as usize;
                cells[cell.min(cells.len() - 1)]
            }
        }
    }
}

/// Numbers are denser near 0 than near 1: of a large share the law of what is left of it.
fn beta_cells(mean: f64, size: f64) -> Vec<f64> {
    let mut cells = cells(mean.min(1.0 - mean), size);
    if mean > 0.5 {
        cells.reverse();
        cells.iter_mut().for_each(|cell| *cell = 1.0 - *cell);
    }
    cells
}

/// Beyond this a + b the distribution function loses digits, and the law is a point: it deviates by
/// less than a six-thousandth.
const SIZE_LARGEST: f64 = 1e7;
/// Beyond this share of the largest deviation more of the law lies at its ends than digits tell.
const DEVIATION_SHARE_MAX: f64 = 0.8;

/// Means of equally likely cells of the Beta law with a + b = `size`.
fn cells(mean: f64, size: f64) -> Vec<f64> {
    let (a, b) = (mean * size, (1.0 - mean) * size);
    // The mean between two quantiles: the law with a + 1 tells how much of it lies below each.
    let below = |index: usize| match index {
        0 => 0.0,
        CELLS => 1.0,
        _ => incomplete_beta(a + 1.0, b, quantile(a, b, index as f64 / CELLS as f64)),
    };
    let edges: Vec<f64> = (0..=CELLS).map(below).collect();
    let cell = |pair: &[f64]| (mean * (pair[1] - pair[0]) * CELLS as f64).clamp(0.0, 1.0);
    edges.windows(2).map(cell).collect()
}

fn quantile(a: f64, b: f64, probability: f64) -> f64 {
    let root = bisect(|x| incomplete_beta(a, b, x) - probability, 0.0, 1.0, 1e-14);
    root.expect("a distribution function goes from 0 to 1")
}
