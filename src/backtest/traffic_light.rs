//! Basel's traffic light (Basel Committee 1996; MAR99 of 2019): zones by the cumulative binomial
//! probability of the number of exceptions.

use super::kupiec::at_most;

/// Cumulative probability from which a model is yellow.
const YELLOW: f64 = 0.95;
/// Cumulative probability from which a model is red.
const RED: f64 = 0.9999;
/// MAR99.9 (2019), 250 days at 99 %: multipliers of zero to ten exceptions and more.
const MULTIPLIERS: [f64; 11] = [1.5, 1.5, 1.5, 1.5, 1.5, 1.7, 1.76, 1.83, 1.88, 1.92, 2.0];

/// A zone, by increasing doubt about the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// As many exceptions as a right model may well have.
    Green,
    /// More than 95 % of right models have.
    Yellow,
    /// More than 99.99 % of right models have.
    Red,
}

/// Where a model stands by its number of exceptions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrafficLight {
    /// P(X ≤ x) under the level.
    pub cumulative: f64,
    /// P(X ≥ x) under the level: the error of rejecting a right model here.
    pub at_least: f64,
    /// The zone; it does not see too few exceptions.
    pub zone: Zone,
    /// Capital multiplier, stated for 250 periods at 99 % alone.
    pub multiplier: Option<f64>,
}

impl TrafficLight {
    /// The light of `exceptions` in `observations` at `tail` probability.
    pub fn new(observations: usize, exceptions: usize, tail: f64) -> Self {
        let cumulative = at_most(observations, exceptions, tail);
        let at_least = match exceptions {
            0 => 1.0,
            x => 1.0 - at_most(observations, x - 1, tail),
        };
        let zone = if cumulative < YELLOW {
            Zone::Green
        } else if cumulative < RED {
            Zone::Yellow
        } else {
            Zone::Red
        };
        let is_basel = observations == 250 && (tail - 0.01).abs() < 1e-12;
        let multiplier = is_basel.then(|| MULTIPLIERS[exceptions.min(MULTIPLIERS.len() - 1)]);
        Self { cumulative, at_least, zone, multiplier }
    }
}
