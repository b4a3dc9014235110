//! Running to a stated precision: twice as many paths until the intervals are narrow enough.
//!
//! The decision is taken at fixed checkpoints and from the losses alone, so a run to a precision is
//! as reproducible as one of a stated length, and its outcome is that of a run of the length it
//! stopped at.

use super::load::Inputs;
use crate::document::{Violation, ViolationCollector};
use crate::outcome::{Checkpoint, Measure, Measures, Stopping};
use crate::units::grouped;

/// How many times as many paths the next checkpoint has.
const GROWTH: u64 = 2;

/// The first look must not lie beyond the last.
pub(super) fn check(inputs: &Inputs, collector: &mut ViolationCollector) {
    let settings = &inputs.scenario.simulation;
    if settings.precision.is_none() || settings.paths <= settings.paths_max {
        return;
    }
    let [paths, most] = [settings.paths, settings.paths_max].map(|one| grouped(one as f64, 0));
    let title = format!(
        "a run to a precision is looked at first after {paths} paths, beyond its most of {most}"
    );
    let place = inputs.scenario_places.places.at("simulation.paths");
    let violation = Violation::new(place, title)
        .expected(format!("at most {most}, the `paths_max` of the scenario"))
        .help("start with fewer paths: they double until the precision is reached");
    collector.add(violation);
}

/// What was asked for, and the checkpoints so far.
#[derive(Debug, Clone)]
pub(super) struct Precision {
    fraction: f64,
    paths_max: u64,
    checkpoints: Vec<Checkpoint>,
}

/// What to do after a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision {
    /// Run on to this many paths.
    Continue(u64),
    /// Enough, or no more allowed.
    Stop(Stopping),
}

impl Precision {
    /// Half-widths of `fraction` of each figure, within `paths_max` paths.
    pub fn new(fraction: f64, paths_max: u64) -> Self {
        Self { fraction, paths_max, checkpoints: Vec::new() }
    }

    /// Looks at the measures of `paths` paths.
    pub fn decide(&mut self, paths: u64, measures: &Measures) -> Decision {
        let widest = widest(measures);
        let width = widest.as_ref().map_or(0.0, |widest| widest.width);
        self.checkpoints.push(Checkpoint {
            paths,
            relative_half_width: width.is_finite().then_some(width),
            measure: widest.map_or_else(String::new, |widest| widest.name),
        });
        let reached = width <= self.fraction;
        if !reached && paths < self.paths_max {
            return Decision::Continue(paths.saturating_mul(GROWTH).min(self.paths_max));
        }
        Decision::Stop(Stopping {
            precision: self.fraction,
            reached,
            checkpoints: std::mem::take(&mut self.checkpoints),
        })
    }
}

struct Width {
    name: String,
    width: f64,
}

/// The figure whose interval is widest for its size.
fn widest(measures: &Measures) -> Option<Width> {
    let of = |kind: &'static str| {
        move |measure: &Measure| Width {
            name: format!("{kind} {} %", measure.level * 100.0),
            width: relative_half_width(measure),
        }
    };
    let at_risk = measures.value_at_risk.iter().map(of("VaR"));
    let shortfall = measures.expected_shortfall.iter().map(of("ES"));
    at_risk.chain(shortfall).max_by(|a, b| a.width.total_cmp(&b.width))
}

/// The wider side of the 95 % interval over the figure; infinite about zero.
fn relative_half_width(measure: &Measure) -> f64 {
    let [lower, upper] = measure.interval_95;
    let wider = (measure.loss - lower).max(upper - measure.loss);
    if wider <= 0.0 {
        return 0.0;
    }
    wider / measure.loss.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(half_width: f64) -> Measures {
        let measure = |level, loss: f64| Measure {
            level,
            loss,
            interval_95: [loss - half_width, loss + 0.5 * half_width],
            standard_error: None,
            estimator: String::new(),
        };
        Measures {
            value_at_risk: vec![measure(0.95, 50.0), measure(0.99, 100.0)],
            expected_shortfall: vec![measure(0.99, 120.0)],
            ..Measures::default()
        }
    }

    #[test]
    fn paths_double_until_the_widest_interval_is_narrow_enough() {
        let mut precision = Precision::new(0.01, 1_000_000);
        // 2 of 50 is 4 %, 1 of 50 is 2 %, 0.4 of 50 is 0.8 %.
        assert_eq!(precision.decide(1_000, &measures(2.0)), Decision::Continue(2_000));
        assert_eq!(precision.decide(2_000, &measures(1.0)), Decision::Continue(4_000));
        let Decision::Stop(stopping) = precision.decide(4_000, &measures(0.4)) else {
            panic!("0.8 % is within 1 %");
        };
        assert!(stopping.reached);
        assert_eq!(stopping.checkpoints.len(), 3);
        assert_eq!(stopping.checkpoints[0].measure, "VaR 95 %");
        let last = stopping.checkpoints[2].relative_half_width.unwrap();
        approx::assert_relative_eq!(last, 0.008, max_relative = 1e-12);
    }

    #[test]
    fn the_most_paths_allowed_end_it() {
        let mut precision = Precision::new(0.01, 3_000);
        assert_eq!(precision.decide(2_000, &measures(2.0)), Decision::Continue(3_000));
        let Decision::Stop(stopping) = precision.decide(3_000, &measures(2.0)) else {
            panic!("no more paths are allowed");
        };
        assert!(!stopping.reached);
    }

    #[test]
    fn an_interval_about_zero_is_never_narrow_and_an_exact_figure_always_is() {
        let about_zero =
            Measure { level: 0.99, loss: 0.0, interval_95: [-1.0, 1.0], ..Measure::default() };
        assert_eq!(relative_half_width(&about_zero), f64::INFINITY);
        let exact = Measure { interval_95: [0.0, 0.0], ..about_zero };
        assert_eq!(relative_half_width(&exact), 0.0);
    }
}
