//! Drivers of one observed level: liquidity, implied volatility, funding.

use super::super::driver::LevelReference;
use super::history::Closes;
use super::ratio::{averages, compared, power};
use super::{DriverDay, DriverPath, Factors};

/// `(depth_t/depth_ref)^δ`, depth_t a trailing mean.
pub(super) fn liquidity_path(
    closes: &Closes,
    exponent: f64,
    average_days: usize,
    reference: LevelReference,
) -> DriverPath {
    let depths = averages(&levels(closes), closes.in_closes(average_days));
    let days = compared(&depths, closes.days_per_close, reference, |observed, reference| {
        let found = power(observed, reference, exponent);
        (Factors::even(found.factor), found.held)
    });
    closes.spread(&days)
}

/// `(IV_ref/IV_t)^γ`.
pub(super) fn implied_volatility_path(
    closes: &Closes,
    exponent: f64,
    reference: LevelReference,
) -> DriverPath {
    let levels = levels(closes);
    let days = compared(&levels, closes.days_per_close, reference, |observed, reference| {
        let found = power(reference, observed, exponent);
        (Factors::even(found.factor), found.held)
    });
    closes.spread(&days)
}

/// What a funding rate cuts, and where.
pub(super) struct FundingBand {
    pub calm: f64,
    pub stressed: f64,
    pub cut: f64,
}

/// 1 up to `calm`, in a line down to `cut` at `stressed`: on the side that pays, and hedged.
pub(super) fn funding_path(closes: &Closes, average_days: usize, band: &FundingBand) -> DriverPath {
    let day = |&observed: &f64| {
        let factor = band.factor(observed.abs());
        DriverDay {
            observed,
            reference: Some(band.calm),
            factors: Factors {
                hedged: factor,
                long: if observed > 0.0 { factor } else { 1.0 },
                short: if observed < 0.0 { factor } else { 1.0 },
            },
            held: None,
        }
    };
    let rates = averages(&levels(closes), closes.in_closes(average_days));
    let days: Vec<DriverDay> = rates.iter().map(day).collect();
    closes.spread(&days)
}

impl FundingBand {
    fn factor(&self, size: f64) -> f64 {
        let way = (size - self.calm) / (self.stressed - self.calm);
        1.0 - (1.0 - self.cut) * way.clamp(0.0, 1.0)
    }
}

fn levels(closes: &Closes) -> Vec<f64> {
    closes.observed.iter().map(|close| close.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closes(values: &[f64]) -> Closes {
        Closes {
            days: values.len(),
            days_per_close: 1.0,
            observed: values.iter().copied().enumerate().collect(),
        }
    }

    #[test]
    fn half_the_depth_halves_the_multiplier() {
        let values = [100.0, 100.0, 40.0, 60.0];
        let found = liquidity_path(&closes(&values), 1.0, 2, LevelReference::Stated(100.0));
        let factors: Vec<f64> = found.iter().flatten().map(|day| day.factors.hedged).collect();
        assert_eq!(factors, [1.0, 0.7, 0.5]);
        assert_eq!(found[0], None);
    }

    #[test]
    fn doubled_implied_volatility_halves_at_exponent_one() {
        let reference = LevelReference::Stated(0.6);
        let found = implied_volatility_path(&closes(&[0.6, 1.2]), 1.0, reference);
        let factors: Vec<f64> = found.iter().flatten().map(|day| day.factors.long).collect();
        assert_eq!(factors, [1.0, 0.5]);
    }

    #[test]
    fn funding_cuts_the_side_that_pays() {
        let band = FundingBand { calm: 1e-4, stressed: 5e-4, cut: 0.2 };
        let found = funding_path(&closes(&[1e-4, 3e-4, -9e-4, 0.0]), 1, &band);
        let of = |day: usize| found[day].unwrap().factors;
        assert_eq!(of(0), Factors::NONE);
        approx::assert_relative_eq!(of(1).long, 0.6, max_relative = 1e-12);
        approx::assert_relative_eq!(of(1).hedged, 0.6, max_relative = 1e-12);
        assert_eq!(of(1).short, 1.0);
        approx::assert_relative_eq!(of(2).short, 0.2, max_relative = 1e-12);
        assert_eq!(of(2).long, 1.0);
        assert_eq!(of(3), Factors::NONE);
    }
}
