//! From figures to positions: linear and logarithmic scales and their round ticks.

/// A map of `[low, high]` onto positions; `high` may lie left of or above `low`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Linear,
    Logarithmic,
}

impl Scale {
    /// A linear scale; an empty range is opened around its value.
    pub(super) fn linear([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        let room = if high > low { 0.0 } else { low.abs().max(1.0) };
        Self { low: low - room, high: high + room, from, to, kind: Kind::Linear }
    }

    /// A logarithmic scale of positive figures.
    pub(super) fn logarithmic([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        Self { low, high, from, to, kind: Kind::Logarithmic }
    }

    /// Position of a figure, held to the ends of the scale.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Logarithmic => {
                libm::log(value.max(self.low) / self.low) / libm::log(self.high / self.low)
            }
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Round figures across the scale: about `count` of a linear one, powers of ten of the other.
    pub(super) fn ticks(&self, count: usize) -> Vec<f64> {
        match self.kind {
            Kind::Linear => linear_ticks(self.low, self.high, count),
            Kind::Logarithmic => decades(self.low, self.high),
        }
    }
}

fn linear_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = round_step((high - low) / count.max(1) as f64);
    // Counted in whole steps, so that a tick at zero is exactly zero.
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    (0..=(last - first).max(0.0) as usize).map(|index| (first + index as f64) * step).collect()
}

/// The smallest of 1, 2, 5 × 10ⁿ that is not much less than `wanted`.
fn round_step(wanted: f64) -> f64 {
    let power = libm::exp10(libm::floor(libm::log10(wanted)));
    let choices = [1.0, 2.0, 5.0].map(|factor| factor * power);
    choices.into_iter().find(|step| *step >= wanted * 0.7).unwrap_or(10.0 * power)
}

fn decades(low: f64, high: f64) -> Vec<f64> {
    let first = libm::ceil(libm::log10(low) - 1e-9) as i32;
    let last = libm::floor(libm::log10(high) + 1e-9) as i32;
    (first..=last).map(|power| libm::exp10(f64::from(power))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::linear([-4.3, 11.0], [0.0, 100.0]);
        assert_eq!(scale.ticks(5), [0.0, 5.0, 10.0]);
        assert_eq!(Scale::linear([0.0, 1.0], [0.0, 1.0]).ticks(4).len(), 6, "steps of 0.2");
        let decades = Scale::logarithmic([5e-5, 0.1], [0.0, 1.0]).ticks(0);
        assert_eq!(decades.len(), 4);
        assert!((decades[0] - 1e-4).abs() < 1e-12 && (decades[3] - 0.1).abs() < 1e-12);
    }

    #[test]
    fn positions_run_from_end_to_end_and_no_further() {
        let scale = Scale::linear([0.0, 10.0], [200.0, 100.0]);
        assert_eq!(
            [0.0, 5.0, 10.0, 99.0].map(|value| scale.at(value)),
            [200.0, 150.0, 100.0, 100.0]
        );
        let log = Scale::logarithmic([0.001, 0.1], [0.0, 2.0]);
        assert!((log.at(0.01) - 1.0).abs() < 1e-12);
        assert_eq!(log.at(0.0), 0.0);
        assert!(Scale::linear([3.0, 3.0], [0.0, 1.0]).at(3.0) == 0.5, "an empty range is opened");
    }
}
