//! What every path counts for, and how far an average over paths may be off.
//!
//! A path's mass is its likelihood ratio times the control weight of its unit; masses are one on
//! average, not normalised. The error of an average is the spread of unit means after the
//! controls are regressed out, over the root of the units.

use super::controls::ControlSpace;
use super::{RiskError, SampleDesign, Unit};
use crate::numeric::special::student_t_quantile;

/// Whole units that the first paths of a sample must hold for units to tell their error.
const UNITS_MIN: usize = 8;

/// The masses of a sample's paths and its independent units.
#[derive(Debug, Clone, PartialEq)]
pub struct PathWeights<'a> {
    count: usize,
    unit: Unit,
    ratios: Option<&'a [f64]>,
    controls: Option<ControlSpace>,
    quantile: f64,
}

impl PathWeights<'static> {
    /// `count` independent, equally likely paths.
    pub fn plain(count: usize) -> Self {
        Self { count, unit: Unit::Path, ratios: None, controls: None, quantile: super::NORMAL_95 }
    }
}

impl<'a> PathWeights<'a> {
    /// Masses of `count` paths drawn by `design`, with their likelihood `ratios` (empty where
    /// every path is drawn from the model itself) and `controls` `[path][control]`.
    ///
    /// # Errors
    /// [`RiskError::Empty`] without paths; [`RiskError::Weight`] for a ratio that is negative or
    /// not finite; [`RiskError::Control`] for a control or mean that is not finite;
    /// [`RiskError::Shape`] where lengths do not fit; [`RiskError::RaggedUnits`] where the last
    /// unit is not whole; [`RiskError::TooFewUnits`] where units do not outnumber the controls by
    /// two.
    pub fn new(
        count: usize,
        ratios: &'a [f64],
        controls: &[f64],
        design: &SampleDesign,
    ) -> Result<Self, RiskError> {
        if count == 0 {
            return Err(RiskError::Empty);
        }
        let means = &design.control_means;
        if ratios.is_empty() && means.is_empty() && design.unit.paths() == 1 {
            return Ok(PathWeights::plain(count));
        }
        check_ratios(ratios, count)?;
        check_controls(controls, means, count)?;
        let unit_paths = design.unit.paths();
        if !count.is_multiple_of(unit_paths) {
            return Err(RiskError::RaggedUnits { paths: count, unit: unit_paths });
        }
        let units = count / unit_paths;
        let used = (!means.is_empty()).then(|| ControlSpace::new(controls, means, unit_paths));
        let directions = used.as_ref().map_or(0, |space| space.basis.len());
        if units < directions + 2 {
            return Err(RiskError::TooFewUnits { units, controls: directions });
        }
        let degrees = (units - 1 - directions) as f64;
        Ok(Self {
            count,
            unit: design.unit,
            ratios: (!ratios.is_empty()).then_some(ratios),
            controls: used,
            quantile: student_t_quantile(0.975, degrees),
        })
    }

    /// Masses of the first `count` paths of such a sample, whose ratios and controls may go on
    /// beyond them.
    ///
    /// A part of a unit has no error of its own: where fewer than eight whole units are
    /// there, or the last is not whole, each path counts as one, which overstates the error.
    ///
    /// # Errors
    /// As [`PathWeights::new`].
    pub fn first(
        count: usize,
        ratios: &'a [f64],
        controls: &[f64],
        design: &SampleDesign,
    ) -> Result<Self, RiskError> {
        let SampleDesign { unit, control_means } = design;
        let ratios = if ratios.is_empty() { ratios } else { part(ratios, count)? };
        let controls = part(controls, count * control_means.len())?;
        let whole = count.is_multiple_of(unit.paths());
        let enough = count / unit.paths() >= UNITS_MIN + control_means.len();
        let unit = if whole && enough { *unit } else { Unit::Path };
        // Too few paths for the controls: without them nothing is biased.
        let kept = count >= UNITS_MIN + control_means.len();
        let control_means = if kept { control_means.clone() } else { Vec::new() };
        let controls = if kept { controls } else { &[] };
        Self::new(count, ratios, controls, &SampleDesign { unit, control_means })
    }

    /// Paths.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What is independent.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Independent units.
    pub fn units(&self) -> usize {
        self.count / self.unit.paths()
    }

    /// Whether paths are independent, equally likely and without controls: the binomial applies.
    pub fn are_plain(&self) -> bool {
        self.unit == Unit::Path && self.ratios.is_none() && self.controls.is_none()
    }

    /// Whether every path has the same mass.
    pub fn are_equal(&self) -> bool {
        self.ratios.is_none() && self.controls.is_none()
    }

    /// What path `path` counts for: one on average over all paths.
    #[inline]
    pub fn mass(&self, path: usize) -> f64 {
        self.control_weight(path) * self.ratio(path)
    }

    /// The mass of every path in order; empty where all are the same.
    pub fn listed(&self) -> Vec<f64> {
        let paths = if self.are_equal() { 0 } else { self.count };
        (0..paths).map(|path| self.mass(path)).collect()
    }

    /// Control weight of path `path`.
    #[inline]
    pub fn control_weight(&self, path: usize) -> f64 {
        self.controls.as_ref().map_or(1.0, |space| space.factors[path / self.unit.paths()])
    }

    /// Likelihood ratio of path `path`.
    #[inline]
    pub fn ratio(&self, path: usize) -> f64 {
        self.ratios.map_or(1.0, |ratios| ratios[path])
    }

    /// Standard errors on each side of a 95 % interval: the Student-t quantile at as many degrees
    /// of freedom as units are left by their mean and the controls.
    pub fn quantile_95(&self) -> f64 {
        self.quantile
    }

    /// The controls that errors are regressed on.
    pub(super) fn controls(&self) -> Option<&ControlSpace> {
        self.controls.as_ref()
    }

    /// How the sample was weighted, for the names of estimators: `likelihood ratios, control
    /// weights; Student-t over 32 randomised replicates`.
    pub fn describe(&self) -> String {
        let parts = [
            self.ratios.as_ref().map(|_| "likelihood ratios"),
            self.controls.as_ref().map(|_| "control weights"),
        ];
        let named: Vec<&str> = parts.into_iter().flatten().collect();
        let masses = if named.is_empty() { "equal weights".to_owned() } else { named.join(" × ") };
        let units = crate::units::grouped(self.units() as f64, 0);
        format!("{masses}; error: spread over {units} {}", self.unit.plural())
    }
}

fn part(values: &[f64], length: usize) -> Result<&[f64], RiskError> {
    values.get(..length).ok_or(RiskError::Shape { found: values.len(), paths: length })
}

fn check_ratios(ratios: &[f64], count: usize) -> Result<(), RiskError> {
    if !ratios.is_empty() && ratios.len() != count {
        return Err(RiskError::Shape { found: ratios.len(), paths: count });
    }
    match (0u64..).zip(ratios).find(|(_, ratio)| !(ratio.is_finite() && **ratio >= 0.0)) {
        Some((path, &weight)) => Err(RiskError::Weight { path, weight }),
        None => Ok(()),
    }
}

fn check_controls(controls: &[f64], means: &[f64], count: usize) -> Result<(), RiskError> {
    if controls.len() != means.len() * count {
        return Err(RiskError::Shape { found: controls.len(), paths: count });
    }
    match controls.iter().chain(means).find(|value| !value.is_finite()) {
        Some(&value) => Err(RiskError::Control { value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(unit: Unit, control_means: &[f64]) -> SampleDesign {
        SampleDesign { unit, control_means: control_means.to_vec() }
    }

    #[test]
    fn a_plain_design_is_plain() {
        let found = PathWeights::new(7, &[], &[], &SampleDesign::plain()).unwrap();
        assert!(found.are_plain());
        assert_eq!(found.mass(3), 1.0);
    }

    #[test]
    fn masses_are_ratio_times_control_weight() {
        let controls = [1.0, 2.0, 3.0, 6.0];
        let found =
            PathWeights::new(4, &[0.5, 1.0, 2.0, 0.0], &controls, &design(Unit::Path, &[2.5]));
        let found = found.unwrap();
        // c̄ = 3, S = (4 + 1 + 0 + 9)/4 = 3.5: v_0 = 1 + (−0.5)(−2)/3.5.
        approx::assert_relative_eq!(found.mass(0), 0.5 * (1.0 + 1.0 / 3.5), max_relative = 1e-12);
        assert_eq!(found.mass(3), 0.0);
        assert_eq!(found.listed(), [0, 1, 2, 3].map(|path| found.mass(path)));
        assert!(PathWeights::plain(9).listed().is_empty());
        // Two units left by the mean and one control: t at 97.5 % is 4.303 (tables).
        assert!((found.quantile_95() - 4.303).abs() < 5e-4);
    }

    #[test]
    fn what_cannot_be_weighed_is_named() {
        let pair = design(Unit::AntitheticPair, &[]);
        let ragged = PathWeights::new(5, &[], &[], &pair);
        assert_eq!(ragged, Err(RiskError::RaggedUnits { paths: 5, unit: 2 }));
        let few = PathWeights::new(2, &[], &[], &pair);
        assert_eq!(few, Err(RiskError::TooFewUnits { units: 1, controls: 0 }));
        let plain = SampleDesign::plain();
        let negative = PathWeights::new(2, &[1.0, -1.0], &[], &plain);
        assert_eq!(negative, Err(RiskError::Weight { path: 1, weight: -1.0 }));
        assert!(PathWeights::new(2, &[1.0], &[], &plain).is_err());
        let bad = PathWeights::new(3, &[], &[1.0, f64::NAN, 0.0], &design(Unit::Path, &[0.0]));
        assert!(matches!(bad, Err(RiskError::Control { .. })));
        assert_eq!(PathWeights::new(0, &[], &[], &plain), Err(RiskError::Empty));
    }

    #[test]
    fn the_first_paths_keep_their_masses() {
        let ratios: Vec<f64> = (0..64).map(|i| 0.5 + f64::from(i) / 63.0).collect();
        let round = design(Unit::Round { paths: 4 }, &[]);
        let first = |count| PathWeights::first(count, &ratios, &[], &round).unwrap();
        assert_eq!(first(32).unit(), Unit::Round { paths: 4 });
        assert_eq!(first(32).mass(31), ratios[31]);
        // A ragged last round, and too few of them.
        assert_eq!(first(33).unit(), Unit::Path);
        assert_eq!(first(16).unit(), Unit::Path);
        assert!(PathWeights::first(65, &ratios, &[], &round).is_err());
        let controlled = design(Unit::Path, &[0.5]);
        let found = PathWeights::first(4, &[], &ratios, &controlled).unwrap();
        assert!(found.are_plain());
    }
}
