//! A smile as a table: volatility by log-moneyness on an even grid, cubic between.
//!
//! The market's surface is read once per expiry when a book is compiled; paths read the table.
//! Cells are cubic Hermite with fourth-order slopes, refined until the error measured half-way
//! between knots is below [`ERROR_TARGET`] (or the table is full; [`SmileTable::error`] says).
//! Beyond the grid the volatility is flat.

use super::PricingError;
use super::position::not_negative;
use crate::numeric::isa::InstructionSet;
use crate::numeric::piecewise::{PiecewiseCubic, read_mirrored};

/// Half-width of the grid in log-moneyness: strikes from 1/20 to 20 times the forward.
const HALF_WIDTH: f64 = 3.0;
const CELLS_MIN: usize = 256;
const CELLS_MAX: usize = 4096;
/// Accepted volatility error of the table, as a decimal (a thousandth of a volatility point).
pub const ERROR_TARGET: f64 = 1e-5;

/// Volatility as a function of `ln(K/F)` for one expiry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SmileTable {
    curve: PiecewiseCubic,
    error: f64,
}

impl SmileTable {
    /// Samples `volatility` of `item`.
    ///
    /// # Errors
    /// A volatility that is negative or not finite.
    pub fn sample(item: &str, volatility: impl Fn(f64) -> f64) -> Result<Self, PricingError> {
        let mut count = CELLS_MIN;
        loop {
            let table = Self::with_cells(item, count, &volatility)?;
            if table.error <= ERROR_TARGET || count >= CELLS_MAX {
                return Ok(table);
            }
            count *= 2;
        }
    }

    fn with_cells(
        item: &str,
        count: usize,
        volatility: &impl Fn(f64) -> f64,
    ) -> Result<Self, PricingError> {
        let step = 2.0 * HALF_WIDTH / count as f64;
        let at = |knot: f64| volatility(step * knot - HALF_WIDTH);
        // Two knots beyond each end, for the slopes.
        let knots: Vec<f64> = (0..count + 5).map(|index| at(index as f64 - 2.0)).collect();
        for &knot in &knots {
            not_negative(item, "volatility of the surface", knot)?;
        }
        let cells: Vec<[f64; 4]> = knots.windows(6).map(hermite_cell).collect();
        let error = cells
            .iter()
            .enumerate()
            .map(|(index, cell)| (cubic(cell, 0.5) - at(index as f64 + 0.5)).abs())
            .fold(0.0, f64::max);
        let curve = PiecewiseCubic { start: -HALF_WIDTH, cells_per_unit: 1.0 / step, cells };
        Ok(Self { curve, error })
    }

    /// Largest difference from the sampled function half-way between knots.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// `scale` times the volatility at `ln(K/F) = log_strike − log_forward`, for each log forward.
    pub fn fill(
        &self,
        isa: InstructionSet,
        log_strike: f64,
        scale: f64,
        log_forwards: &[f64],
        out: &mut [f64],
    ) {
        read_mirrored(isa, &self.curve, log_strike, scale, log_forwards, out);
    }
}

/// The cell between the third and fourth of six knots.
fn hermite_cell(knots: &[f64]) -> [f64; 4] {
    let slope = |at: usize| {
        (8.0 * (knots[at + 1] - knots[at - 1]) - (knots[at + 2] - knots[at - 2])) / 12.0
    };
    let (left, right) = (knots[2], knots[3]);
    let (left_slope, right_slope) = (slope(2), slope(3));
    let rise = right - left;
    [
        left,
        left_slope,
        3.0 * rise - 2.0 * left_slope - right_slope,
        left_slope + right_slope - 2.0 * rise,
    ]
}

fn cubic(cell: &[f64; 4], u: f64) -> f64 {
    cell[0] + u * (cell[1] + u * (cell[2] + u * cell[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SVI slice of Gatheral (2004) for one week: sharp near the money.
    fn svi_week(k: f64) -> f64 {
        let centred: f64 = k + 0.02;
        let variance = 0.002 + 0.02 * (-0.3 * centred + (centred * centred + 0.0016).sqrt());
        (variance / (7.0 / 365.0)).sqrt()
    }

    #[test]
    fn reads_a_sharp_smile_within_the_target() {
        let table = SmileTable::sample("test", svi_week).unwrap();
        assert!(table.error() <= ERROR_TARGET, "{}", table.error());
        let moneyness: Vec<f64> = (0..10_000).map(|i| f64::from(i) * 5e-4 - 2.5).collect();
        let mut read = vec![0.0; moneyness.len()];
        table.fill(InstructionSet::detect(), 0.0, 1.0, &moneyness, &mut read);
        for (m, volatility) in moneyness.iter().zip(&read) {
            assert!((volatility - svi_week(-m)).abs() < 2.0 * ERROR_TARGET, "{m}");
        }
    }

    #[test]
    fn is_flat_beyond_the_grid_and_never_panics() {
        let table = SmileTable::sample("test", svi_week).unwrap();
        let extremes = [-1e300, -4.0, 4.0, 1e300, f64::NEG_INFINITY, f64::INFINITY];
        let mut read = [0.0; 6];
        table.fill(InstructionSet::detect(), 0.0, 1.0, &extremes, &mut read);
        assert!((read[0] - svi_week(HALF_WIDTH)).abs() < ERROR_TARGET);
        assert!((read[5] - svi_week(-HALF_WIDTH)).abs() < ERROR_TARGET);
        assert_eq!(read[0], read[1]);
        assert!(read.iter().all(|volatility| volatility.is_finite()));
    }

    #[test]
    fn a_bad_surface_is_an_error() {
        assert!(SmileTable::sample("test", |_| f64::NAN).is_err());
        assert!(SmileTable::sample("test", |k| k).is_err());
    }
}
