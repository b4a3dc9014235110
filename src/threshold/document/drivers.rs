//! What the form of drivers cannot say: figures that fit together, and nothing observed twice.

use std::collections::BTreeSet;

use super::super::driver::{Driver, LevelReference};
use super::{DriverDocument, GarchDocument};
use crate::document::{Places, SymbolName, Violation, quoted};

/// Every fault of the drivers, in their order.
pub(super) fn check(drivers: &[DriverDocument], places: &Places) -> Vec<Violation> {
    let mut faults = Vec::new();
    for (index, document) in drivers.iter().enumerate() {
        let driver = document.driver();
        let place = Place { places, path: format!("condition.driver[{index}]") };
        let same = |other: &DriverDocument| {
            let other = other.driver();
            other.name() == driver.name() && other.series().eq(driver.series())
        };
        if drivers[..index].iter().any(same) {
            let assets = driver.assets().join(", ");
            let title = format!("{} of {assets} is counted twice", driver.name());
            faults.push(place.fault("series", title, "one driver for one observation"));
        }
        faults.extend(place.figures(document));
        faults.extend(place.reference(&driver));
    }
    faults
}

/// Where a driver stands.
struct Place<'a> {
    places: &'a Places,
    path: String,
}

impl Place<'_> {
    fn fault(&self, key: &str, title: impl Into<String>, expected: &str) -> Violation {
        Violation::new(self.places.at(&format!("{}.{key}", self.path)), title).expected(expected)
    }

    fn figures(&self, driver: &DriverDocument) -> Vec<Violation> {
        match driver {
            DriverDocument::Drawdown { maximum, .. } if maximum.get() == 0.0 => {
                let title = "a maximum drawdown of 0 allows nothing";
                vec![self.fault("maximum", title, "a share above 0")]
            }
            DriverDocument::RelativeStrength { overbought, oversold, .. } => {
                let (low, high) = (oversold.get(), overbought.get());
                let ordered = 0.0 < low && low < high && high < 100.0;
                let title = "the bands of relative strength are not in order";
                let expected = "0 < oversold < overbought < 100";
                let stated = self.places.has(&format!("{}.overbought", self.path));
                let key = if stated { "overbought" } else { "oversold" };
                (!ordered).then(|| self.fault(key, title, expected)).into_iter().collect()
            }
            DriverDocument::FundingStress { calm, stressed, .. } => {
                let title = "stressed funding is no more than calm funding";
                let ordered = calm.get() < stressed.get();
                let fault = || self.fault("stressed", title, "calm < stressed");
                (!ordered).then(fault).into_iter().collect()
            }
            DriverDocument::VolatilityRegime { half_life_days, garch: Some(garch), .. } => {
                let both = half_life_days.is_some().then(|| {
                    let title = "a half-life and a GARCH for one volatility";
                    self.fault("half_life_days", title, "`half_life_days` or `garch`")
                });
                both.into_iter().chain(self.garch(garch)).collect()
            }
            DriverDocument::MeanCorrelation { series, .. } => self.twice(series),
            DriverDocument::AbsorptionRatio { series, eigenvectors, .. } => {
                let few = eigenvectors.is_some_and(|count| count as usize >= series.len());
                let title = "as many eigenvectors as assets absorb everything";
                let few = few.then(|| self.fault("eigenvectors", title, "fewer than assets"));
                self.twice(series).into_iter().chain(few).collect()
            }
            DriverDocument::Drawdown { .. }
            | DriverDocument::VolatilityRegime { .. }
            | DriverDocument::LiquidityDepth { .. }
            | DriverDocument::ImpliedVolatility { .. } => Vec::new(),
        }
    }

    fn garch(&self, garch: &GarchDocument) -> Option<Violation> {
        let GarchDocument::Stated { alpha, beta, .. } = garch else { return None };
        let title = "a variance that never returns to its long-run level";
        let persists = alpha.get() + beta.get() >= 1.0;
        persists.then(|| self.fault("garch.stated.beta", title, "alpha + beta < 1"))
    }

    fn twice(&self, series: &[SymbolName]) -> Vec<Violation> {
        let mut seen = BTreeSet::new();
        let repeated = series.iter().enumerate().filter(|(_, one)| !seen.insert(one.as_str()));
        let fault = |(index, one): (usize, &SymbolName)| {
            let title = format!("{} is watched twice", quoted(one.as_str()));
            self.fault(&format!("series[{index}]"), title, "every asset once")
        };
        repeated.map(fault).collect()
    }

    fn reference(&self, driver: &Driver) -> Option<Violation> {
        let (Driver::MeanCorrelation { reference, .. }
        | Driver::AbsorptionRatio { reference, .. }
        | Driver::LiquidityDepth { reference, .. }
        | Driver::ImpliedVolatility { reference, .. }) = driver
        else {
            return None;
        };
        let LevelReference::Stated(level) = *reference else { return None };
        let share =
            matches!(driver, Driver::MeanCorrelation { .. } | Driver::AbsorptionRatio { .. });
        let (wrong, expected) = match share {
            true => (!(level > 0.0 && level <= 1.0), "a level above 0 and at most 1"),
            false => (level <= 0.0, "a level above 0"),
        };
        let title = format!("nothing can be compared with {level}");
        wrong.then(|| self.fault("reference.stated", title, expected))
    }
}
