//! Planning a shock: legs resolved, other factors propagated, one path stated.

use super::resolve::{Selected, stated};
use crate::document::{Violation, ViolationCollector, Violations};
use crate::engine::faults;
use crate::engine::historical::Fitted;
use crate::engine::load::Inputs;
use crate::engine::plan::{self, Fit};
use crate::scenario::document::leg_path;
use crate::scenario::{FollowedBeta, Propagation, ReturnKind, ShockLeg, ShockSettings};
use crate::simulation::conditional::conditional_moves;
use crate::simulation::replay::today;
use crate::simulation::{
    Calibrated, Factor, FactorKey, FactorSource, ReplayError, StatedLeg, StatedSetting,
    stated_model,
};
use crate::units::Years;

/// The one-path model of a shock.
pub(in crate::engine) fn planned(
    inputs: &Inputs,
    settings: &ShockSettings,
    keys: &[FactorKey],
    expiries: &[Years],
) -> Result<Fitted, Violations> {
    let needs_model = settings.propagation == Propagation::Conditional
        || inputs.scenario.events.cascade.is_some();
    let fitted = needs_model.then(|| calibrated(inputs, keys)).transpose()?;
    let factors: Vec<Factor> = match &fitted {
        Some(fitted) => fitted.model.factors.clone(),
        None => keys.iter().map(still).collect(),
    };
    let planner = Planner { inputs, settings, keys, factors: &factors, fitted: fitted.as_ref() };
    let mut sources = vec![FactorSource::Stays; keys.len()];
    let mut notes = inputs.left_out.clone();
    notes.extend(fitted.iter().flat_map(|fitted| fitted.notes.clone()));
    let legs = planner.legs(&mut sources, &mut notes)?;
    notes.extend(planner.idle());
    let interval = fitted.as_ref().map(|fitted| fitted.model.grid.calibration_interval);
    let setting = StatedSetting {
        factors: &factors,
        correlation_factor: fitted.as_ref().map(|fitted| &*fitted.model.correlation_factor),
        interval: interval.unwrap_or(Years::from_days(1.0)),
        legs: &legs,
        horizon: settings.horizon,
        every: settings.every,
        expiries,
    };
    let model = stated_model(&setting).map_err(|error| planner.not_walked(&error))?;
    let fit = match fitted {
        Some(fitted) => Fit {
            correlation: super::super::plan::rows(&fitted.correlation),
            correlation_source: fitted.correlation_source,
            fallbacks: fitted.fallbacks,
            projection_distance: fitted.projection_distance,
            notes,
            stressed: fitted.stressed,
        },
        None => Fit {
            correlation: Vec::new(),
            correlation_source: "none: moves are stated".to_owned(),
            fallbacks: Vec::new(),
            projection_distance: None,
            notes,
            stressed: None,
        },
    };
    Ok(Fitted { model, fit, sources, findings: Vec::new(), search: None })
}

/// The scenario's model over one interval of its history.
fn calibrated(inputs: &Inputs, keys: &[FactorKey]) -> Result<Calibrated, Violations> {
    let market = &inputs.market.market;
    let interval = market.history.as_ref().map(|history| history.interval);
    let nodes = [interval.unwrap_or(Years::from_days(1.0))];
    plan::calibrated(inputs, ReturnKind::Log, keys, &nodes)
        .map_err(|error| faults::violation(&error, inputs).into())
}

fn still(key: &FactorKey) -> Factor {
    let source = "stated moves".to_owned();
    Factor { key: key.clone(), volatility: 0.0, source, log_mean: Vec::new() }
}

struct Planner<'a> {
    inputs: &'a Inputs,
    settings: &'a ShockSettings,
    keys: &'a [FactorKey],
    factors: &'a [Factor],
    fitted: Option<&'a Calibrated>,
}

impl Planner<'_> {
    /// Every leg with the levels of all factors at its end.
    fn legs(
        &self,
        sources: &mut [FactorSource],
        notes: &mut Vec<String>,
    ) -> Result<Vec<StatedLeg>, Violations> {
        let mut collector = ViolationCollector::default();
        let mut levels: Vec<(f64, f64)> = self.keys.iter().map(today).collect();
        let mut legs = Vec::new();
        for (index, leg) in self.settings.legs.iter().enumerate() {
            let named = stated(self.inputs, (self.settings, index, leg), self.keys, &levels);
            let Some(named) = collector.absorb(named) else { continue };
            let moved = self.propagated((index, leg), &named, &levels, (sources, notes));
            if let Some(after) = collector.absorb(moved) {
                levels = after;
                let (begins, ends) = (leg.begins, leg.ends());
                legs.push(StatedLeg { begins, ends, levels: levels.clone() });
            }
        }
        collector.finish(legs)
    }

    /// Levels after a leg, of the factors that are named and those that are not.
    fn propagated(
        &self,
        (index, leg): (usize, &ShockLeg),
        named: &[Option<(f64, f64)>],
        before: &[(f64, f64)],
        (sources, notes): (&mut [FactorSource], &mut Vec<String>),
    ) -> Result<Vec<(f64, f64)>, Violations> {
        let changes: Vec<(usize, f64)> = named
            .iter()
            .enumerate()
            .filter_map(|(factor, after)| Some((factor, (*after)?.0 - before[factor].0)))
            .collect();
        for (factor, _) in &changes {
            sources[*factor] = FactorSource::Stated;
        }
        let mut after: Vec<(f64, f64)> =
            named.iter().zip(before).map(|(named, before)| named.unwrap_or(*before)).collect();
        match &self.settings.propagation {
            Propagation::None => {}
            Propagation::Conditional if changes.is_empty() => {}
            Propagation::Conditional => {
                let Some(fitted) = self.fitted else { return Ok(after) };
                let interval = fitted.model.grid.calibration_interval;
                let time = if leg.lasts.get() > 0.0 { leg.lasts } else { interval };
                let found = conditional_moves(&fitted.model, &changes, time)
                    .map_err(|error| self.leg_fault(index, &error.to_string()))?;
                notes.push(format!(
                    "leg {}: factors that are not named take their conditional medians ({}); the \
                     named moves are {:.1} standard deviations out over {}",
                    index + 1,
                    found.how,
                    found.distance,
                    told_time(time)
                ));
                self.follow(named, &found.moves, &mut after, |factor| {
                    if self.factors[factor].volatility > 0.0 {
                        sources[factor] = FactorSource::Conditional;
                    }
                });
            }
            Propagation::Betas(betas) => self.by_betas(betas, &changes, named, &mut after, sources),
        }
        Ok(after)
    }

    fn by_betas(
        &self,
        betas: &[FollowedBeta],
        changes: &[(usize, f64)],
        named: &[Option<(f64, f64)>],
        after: &mut [(f64, f64)],
        sources: &mut [FactorSource],
    ) {
        let names = betas.iter().map(|beta| (beta.selector.as_str(), beta));
        let selected = Selected::new(names, &self.settings.groups);
        let mut moves = vec![0.0; self.keys.len()];
        for (factor, key) in self.keys.iter().enumerate() {
            let Some((_, beta)) = selected.of(key) else { continue };
            let followed = changes.iter().find(|(one, _)| self.keys[*one].to_string() == beta.of);
            let Some((_, change)) = followed else { continue };
            moves[factor] = beta.beta * change;
            if sources[factor] == FactorSource::Stays {
                sources[factor] = FactorSource::Follows { of: beta.of.clone(), beta: beta.beta };
            }
        }
        self.follow(named, &moves, after, |_| {});
    }

    /// Moves the factors that are not named.
    fn follow(
        &self,
        named: &[Option<(f64, f64)>],
        moves: &[f64],
        after: &mut [(f64, f64)],
        mut tell: impl FnMut(usize),
    ) {
        for (factor, slot) in after.iter_mut().enumerate() {
            if named[factor].is_some() {
                continue;
            }
            let log = slot.0 + moves[factor];
            let is_additive = self.keys[factor].is_additive();
            *slot = (log, if is_additive { log } else { libm::exp(log) });
            tell(factor);
        }
    }

    fn leg_fault(&self, index: usize, message: &str) -> Violations {
        let document = self.inputs.scenario_places.shock.as_ref();
        let path = document.map(|document| leg_path(document, index)).unwrap_or_default();
        let place = self.inputs.scenario_places.places.at(&path);
        Violation::new(place, message.to_owned()).into()
    }

    fn not_walked(&self, error: &ReplayError) -> Violations {
        let (path, expected) = match error {
            ReplayError::Grid(_) => ("shock.every", "a longer `every`, or a shorter shock"),
            _ => ("shock", "levels that are positive numbers"),
        };
        let place = self.inputs.scenario_places.places.at(path);
        Violation::new(place, error.to_string()).expected(expected).into()
    }

    /// Names that move nothing of this book.
    fn idle(&self) -> Option<String> {
        let mut idle: Vec<&str> = Vec::new();
        for leg in &self.settings.legs {
            let names = leg.moves.iter().map(|one| (one.selector.as_str(), ()));
            let selected = Selected::new(names, &self.settings.groups);
            let acting: std::collections::BTreeSet<&str> =
                self.keys.iter().filter_map(|key| Some(selected.of(key)?.0)).collect();
            let own = leg.moves.iter().map(|one| one.selector.as_str());
            idle.extend(own.filter(|name| !acting.contains(name)));
        }
        idle.sort_unstable();
        idle.dedup();
        (!idle.is_empty())
            .then(|| format!("named, and no factor of this book and market: {}", idle.join(", ")))
    }
}

/// A length of time in days.
fn told_time(time: Years) -> String {
    let days = time.days();
    if (days - 1.0).abs() < 1e-9 { "a day".to_owned() } else { format!("{days:.3} days") }
}
