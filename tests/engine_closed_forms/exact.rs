//! Exact tails of one-factor books: losses as functions of a standard normal.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Beyond this many deviations there is nothing.
const END: f64 = 9.0;
const CELLS: u32 = 20_000;

pub fn density(z: f64) -> f64 {
    Normal::standard().pdf(z)
}

pub fn quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf(level)
}

/// Undiscounted Black-76.
pub struct Black {
    pub strike: f64,
    pub volatility: f64,
    pub years: f64,
}

impl Black {
    pub fn call(&self, forward: f64) -> f64 {
        let normal = Normal::standard();
        let deviation = self.volatility * self.years.sqrt();
        let d1 = libm::log(forward / self.strike) / deviation + 0.5 * deviation;
        forward * normal.cdf(d1) - self.strike * normal.cdf(d1 - deviation)
    }

    pub fn put(&self, forward: f64) -> f64 {
        self.call(forward) - forward + self.strike
    }
}

/// Price at `z` of a martingale with normal log-returns, from 1.
pub fn martingale(z: f64, volatility: f64, years: f64) -> f64 {
    let deviation = volatility * years.sqrt();
    libm::exp(deviation * z - 0.5 * deviation * deviation)
}

/// Where a monotone loss grows.
#[derive(Debug, Clone, Copy)]
pub enum Grows {
    WithSpot,
    AgainstSpot,
}

/// VaR and ES of a loss that is monotone in z: the loss at the quantile, and Simpson's rule beyond.
pub fn monotone_tail(loss: impl Fn(f64) -> f64, grows: Grows, level: f64) -> [f64; 2] {
    let side = match grows {
        Grows::WithSpot => 1.0,
        Grows::AgainstSpot => -1.0,
    };
    let start = quantile(level);
    let width = (END - start) / f64::from(CELLS);
    let weigh = |z: f64| density(z) * loss(side * z);
    let cell = |i: u32| {
        let z = start + width * f64::from(i);
        (weigh(z) + 4.0 * weigh(z + 0.5 * width) + weigh(z + width)) * width / 6.0
    };
    [loss(side * start), (0..CELLS).map(cell).sum::<f64>() / (1.0 - level)]
}

/// VaR and ES of any loss: the level sets of the loss on a fine grid of equal-width cells.
pub fn tail(loss: impl Fn(f64) -> f64, level: f64) -> [f64; 2] {
    let width = 2.0 * END / f64::from(CELLS);
    let point = |i: u32| {
        let z = -END + width * (f64::from(i) + 0.5);
        (loss(z), density(z) * width)
    };
    weighted_tail((0..CELLS).map(point).collect(), level)
}

/// VaR and ES of weighted losses; the weights sum to one.
pub fn weighted_tail(mut points: Vec<(f64, f64)>, level: f64) -> [f64; 2] {
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut left = 1.0 - level;
    let mut sum = 0.0;
    for (loss, weight) in points {
        sum += loss * weight.min(left);
        left -= weight;
        if left <= 0.0 {
            return [loss, sum / (1.0 - level)];
        }
    }
    unreachable!("the weights sum to one")
}

/// The root of an increasing function between two arguments.
pub fn root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    assert!(function(low) < 0.0 && function(high) > 0.0, "no root between {low} and {high}");
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[test]
fn both_tails_agree_with_the_normal_shortfall() {
    for level in [0.95, 0.99] {
        let exact = density(quantile(level)) / (1.0 - level);
        for [value_at_risk, shortfall] in
            [tail(|z| z, level), monotone_tail(|z| -z, Grows::AgainstSpot, level)]
        {
            assert!((value_at_risk - quantile(level)).abs() < 1e-3);
            assert!((shortfall - exact).abs() < 1e-5, "{shortfall} {exact}");
        }
    }
}
