//! The process's own parameters: stated, else fitted to standardised returns.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use super::dates::date_shocks;
use super::fitted::{FittedParameter, Told};
use super::residuals::{Residuals, residuals};
use super::returns::FactorReturns;
use super::{CalibrationError, Fallback};
use crate::estimation::{
    Estimate, JumpTest, Jumps, fit_jumps, fit_multivariate_student_t, fit_student_t, fit_t_copula,
};
use crate::scenario::{JumpSettings, ProcessSettings, VolatilitySettings};
use crate::simulation::{FactorKey, Process, VarianceFilter};

/// What the process is fitted to.
pub(super) struct Evidence<'a> {
    pub keys: &'a [FactorKey],
    /// Whether each factor's volatility is positive.
    pub moves: &'a [bool],
    pub returns: &'a FactorReturns,
    pub volatility: &'a VolatilitySettings,
    pub correlation: &'a DMatrix<f64>,
}

/// The process for the factors of `evidence`.
pub(super) fn process(
    settings: &ProcessSettings,
    evidence: &Evidence,
    told: &mut Told,
) -> Result<Process, CalibrationError> {
    match settings {
        ProcessSettings::Gbm => Ok(Process::Gbm),
        ProcessSettings::StudentT { degrees_of_freedom, degrees_of_freedom_min, truncation } => {
            let degrees_of_freedom = match degrees_of_freedom {
                Some(stated) => *stated,
                None => evidence.student_t(*degrees_of_freedom_min, told)?,
            };
            Ok(Process::StudentT { degrees_of_freedom, truncation: *truncation })
        }
        ProcessSettings::TCopula {
            degrees_of_freedom,
            degrees_of_freedom_min: least,
            marginals,
            truncation,
        } => {
            let degrees_of_freedom = match degrees_of_freedom {
                Some(stated) => *stated,
                None => evidence.t_copula(*least, told)?,
            };
            let marginals = evidence.marginals(degrees_of_freedom, marginals, *least, told)?;
            told.idle_least(*least);
            Ok(Process::TCopula { degrees_of_freedom, marginals, truncation: *truncation })
        }
        ProcessSettings::Merton { common, own } => evidence.merton(*common, *own, told),
        ProcessSettings::Bootstrap { block_length } => evidence.bootstrap(*block_length, told),
        ProcessSettings::FilteredHistorical { filter } => evidence.filtered(filter, told),
    }
}

impl Evidence<'_> {
    /// Factors that move and have a history; the spots among them where there are any.
    fn fitted_to(&self) -> Vec<usize> {
        let usable = |&index: &usize| self.moves[index] && self.returns.get(index).is_some();
        let all: Vec<usize> = (0..self.keys.len()).filter(usable).collect();
        let spots = all.iter().copied().filter(|&index| self.is_spot(index));
        let spots: Vec<usize> = spots.collect();
        if spots.is_empty() { all } else { spots }
    }

    fn is_spot(&self, index: usize) -> bool {
        matches!(self.keys[index], FactorKey::Spot(_))
    }

    /// Residuals of a factor with a history.
    fn residuals(
        &self,
        index: usize,
        settings: &VolatilitySettings,
    ) -> Result<Option<Residuals>, CalibrationError> {
        let Some(series) = self.returns.get(index) else { return Ok(None) };
        let key = &self.keys[index];
        residuals(settings, key, series).map(Some).map_err(CalibrationError::estimating(key))
    }

    /// Residual panel of `factors`.
    fn panel(&self, factors: &[usize]) -> Result<Vec<Vec<Option<f64>>>, CalibrationError> {
        let mut panel = Vec::with_capacity(factors.len());
        for &index in factors {
            panel.extend(self.residuals(index, self.volatility)?.map(|fit| fit.values));
        }
        Ok(panel)
    }

    fn student_t(&self, least: Option<f64>, told: &mut Told) -> Result<f64, CalibrationError> {
        let factors = self.fitted_to();
        let what = "degrees of freedom";
        let panel = self.panel(&factors)?;
        if panel.is_empty() {
            return Err(CalibrationError::NothingToFit { what });
        }
        let panel: Vec<&[Option<f64>]> = panel.iter().map(Vec::as_slice).collect();
        let fit = fit_multivariate_student_t(&panel).map_err(CalibrationError::estimating(what))?;
        Ok(told.freedom(what, &fit.degrees_of_freedom, least, &self.names(&factors)))
    }

    fn t_copula(&self, least: Option<f64>, told: &mut Told) -> Result<f64, CalibrationError> {
        let factors = self.fitted_to();
        let what = "degrees of freedom of the copula";
        let panel = self.panel(&factors)?;
        if panel.is_empty() {
            return Err(CalibrationError::NothingToFit { what });
        }
        let panel: Vec<&[Option<f64>]> = panel.iter().map(Vec::as_slice).collect();
        let correlation = self.correlation.select_rows(&factors).select_columns(&factors);
        let fit = fit_t_copula(&panel, &correlation).map_err(CalibrationError::estimating(what))?;
        Ok(told.freedom(what, &fit, least, &self.names(&factors)))
    }

    /// Degrees of freedom of each marginal: stated, else fitted, else those of the copula.
    fn marginals(
        &self,
        copula: f64,
        stated: &[(String, f64)],
        least: Option<f64>,
        told: &mut Told,
    ) -> Result<Vec<f64>, CalibrationError> {
        let mut by_key = BTreeMap::new();
        for (name, degrees_of_freedom) in stated {
            if by_key.insert(name.parse::<FactorKey>()?, *degrees_of_freedom).is_some() {
                let (factor, list) = (name.clone(), "the marginals");
                return Err(CalibrationError::StatedTwice { factor, list });
            }
        }
        let mut marginals = Vec::with_capacity(self.keys.len());
        for (index, key) in self.keys.iter().enumerate() {
            marginals.push(match by_key.get(key) {
                Some(stated) => *stated,
                None if !self.moves[index] => copula,
                None => self.marginal(index, copula, least, told)?,
            });
        }
        Ok(marginals)
    }

    fn marginal(
        &self,
        index: usize,
        copula: f64,
        least: Option<f64>,
        told: &mut Told,
    ) -> Result<f64, CalibrationError> {
        let key = &self.keys[index];
        let Some(residuals) = self.residuals(index, self.volatility)? else {
            told.fallbacks.push(Fallback::MarginalOfCopula { factor: key.to_string() });
            told.notes
                .push(format!("{key}: no history, marginal degrees of freedom as the copula's"));
            return Ok(copula);
        };
        let what = format!("marginal degrees of freedom of {key}");
        let fit = fit_student_t(&residuals.values).map_err(CalibrationError::estimating(&what))?;
        Ok(told.freedom(&what, &fit.degrees_of_freedom, least, "its standardised returns"))
    }

    fn merton(
        &self,
        common: Option<JumpSettings>,
        own: Option<JumpSettings>,
        told: &mut Told,
    ) -> Result<Process, CalibrationError> {
        if let (Some(common), Some(own)) = (common, own) {
            return Ok(Process::Merton { common, own });
        }
        let factors = self.fitted_to();
        let panel: Vec<&[Option<f64>]> =
            factors.iter().filter_map(|&index| self.returns.get(index)).collect();
        if panel.is_empty() {
            return Err(CalibrationError::NothingToFit { what: "jumps" });
        }
        let fit = fit_jumps(&panel, self.returns.interval, JumpTest::default())
            .map_err(CalibrationError::estimating("jumps"))?;
        let mut settled = |stated: Option<JumpSettings>, which: &str, fit: &Jumps| {
            stated.unwrap_or_else(|| {
                let jumps = jump_settings(fit);
                told.jumps(which, fit);
                told.notes.push(format!(
                    "{which} jumps fitted to {}: {:.2} a year (±{:.2}), mean {:.4}, deviation {:.4}",
                    self.names(&factors),
                    jumps.intensity,
                    fit.intensity.standard_error.unwrap_or_default(),
                    jumps.mean,
                    jumps.deviation
                ));
                jumps
            })
        };
        let common = settled(common, "common", &fit.common);
        let own = settled(own, "own", &fit.own_pooled);
        Ok(Process::Merton { common, own })
    }

    fn bootstrap(&self, block_length: f64, told: &mut Told) -> Result<Process, CalibrationError> {
        if !block_length.is_finite() || block_length < 1.0 {
            let (what, expected) = ("block length".to_owned(), "at least one observation");
            return Err(CalibrationError::InvalidSetting { what, found: block_length, expected });
        }
        let series = |index: usize| Ok(self.returns.get(index).map(<[Option<f64>]>::to_vec));
        let series = self.moving(series)?;
        let history = date_shocks(self.keys, &series, told)?;
        Ok(Process::Bootstrap { restart: 1.0 / block_length, history })
    }

    fn filtered(
        &self,
        filter: &VolatilitySettings,
        told: &mut Told,
    ) -> Result<Process, CalibrationError> {
        let fits = self.moving(|index| self.residuals(index, filter))?;
        let filters =
            fits.iter().map(|fit| fit.as_ref().map_or(VarianceFilter::CONSTANT, |f| f.filter));
        let filters: Vec<VarianceFilter> = filters.collect();
        for (key, fit) in self.keys.iter().zip(&fits) {
            if let Some(fit) = fit {
                told.filter(key, &fit.filter, fit.values.iter().flatten().count());
            }
        }
        let series: Vec<_> = fits.into_iter().map(|fit| fit.map(|fit| fit.values)).collect();
        let history = date_shocks(self.keys, &series, told)?;
        Ok(Process::FilteredHistorical { filters, history })
    }

    /// What `of` says of each factor that moves, which needs a history.
    fn moving<T>(
        &self,
        of: impl Fn(usize) -> Result<Option<T>, CalibrationError>,
    ) -> Result<Vec<Option<T>>, CalibrationError> {
        let one = |index: usize| {
            if !self.moves[index] {
                return Ok(None);
            }
            let missing = || CalibrationError::NoHistory { factor: self.keys[index].to_string() };
            of(index)?.map(Some).ok_or_else(missing)
        };
        (0..self.keys.len()).map(one).collect()
    }

    fn names(&self, factors: &[usize]) -> String {
        let names: Vec<String> =
            factors.iter().map(|&index| self.keys[index].to_string()).collect();
        names.join(", ")
    }
}

fn jump_settings(fit: &Jumps) -> JumpSettings {
    JumpSettings { intensity: fit.intensity.value, mean: fit.mean, deviation: fit.deviation }
}

impl Told {
    /// Says that a least of degrees of freedom acts on nothing where none were fitted.
    fn idle_least(&mut self, least: Option<f64>) {
        let Some(least) = least.filter(|_| !self.freedom_fitted) else { return };
        self.notes.push(format!(
            "degrees_of_freedom_min {least} acts on nothing: no degrees of freedom are fitted"
        ));
    }

    fn fit(&mut self, what: &str, estimate: &Estimate, to: &str) {
        let error =
            estimate.standard_error.map_or(String::new(), |error| format!(" (±{error:.2})"));
        let observations = estimate.observations;
        self.notes.push(format!(
            "{what} {:.2}{error}, fitted to {to}, {observations} observations",
            estimate.value
        ));
        self.fitted.push(FittedParameter::of(what, estimate));
    }

    /// Fitted degrees of freedom, raised to `least` where they are lower.
    fn freedom(&mut self, what: &str, estimate: &Estimate, least: Option<f64>, to: &str) -> f64 {
        self.freedom_fitted = true;
        let raised = least.filter(|&least| estimate.value < least);
        let Some(least) = raised else {
            self.fit(what, estimate, to);
            return estimate.value;
        };
        self.notes.push(format!(
            "{what} {:.2}, fitted to {to}, {} observations, raised to {least}, the least allowed",
            estimate.value, estimate.observations
        ));
        self.fallbacks.push(Fallback::DegreesOfFreedomRaised {
            of: what.to_owned(),
            fitted: estimate.value,
            least,
        });
        least
    }

    fn jumps(&mut self, which: &str, fit: &Jumps) {
        let observations = fit.intensity.observations;
        let part = |what: &str, value: f64| FittedParameter {
            name: format!("{what} of {which} jumps"),
            value,
            standard_error: None,
            observations,
        };
        self.fitted
            .push(FittedParameter::of(format!("intensity of {which} jumps"), &fit.intensity));
        self.fitted.extend([part("mean", fit.mean), part("deviation", fit.deviation)]);
    }

    /// The recursion that standardises a factor's returns.
    fn filter(&mut self, key: &FactorKey, filter: &VarianceFilter, observations: usize) {
        let parts = [("omega", filter.omega), ("alpha", filter.alpha), ("beta", filter.beta)];
        self.fitted.extend(parts.map(|(what, value)| FittedParameter {
            name: format!("{what} of the filter of {key}"),
            value,
            standard_error: None,
            observations,
        }));
    }
}
