//! What a search varies: a figure of the policy document, set through the document's own types, so
//! that every candidate is a document that could have been written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{DurationText, NonNegative, Positive, PositiveRate, UnitFraction};
use crate::threshold::document::{
    DriverDocument, LevelReferenceDocument, PolicyDocument, VolatilityReferenceDocument,
};

/// A figure of a policy.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PolicyField {
    /// Share of capital that may be lost.
    Appetite,
    /// Smallest multiplier.
    Floor,
    /// Largest multiplier.
    Cap,
    /// Largest rise of the multiplier, and of positions, a day.
    RelaxPerDay,
    /// Days before the multiplier rises.
    RelaxAfterDays,
    /// Largest fall of the multiplier a day.
    TightenPerDay,
    /// Red boundary of utilisation.
    Red,
    /// Utilisation that positions are cut to.
    TargetUtilisation,
    /// Share of the drawable buffer.
    BufferShare,
    /// Of a driver: power of its ratio.
    Exponent,
    /// Of a volatility regime: half-life of its weights, in days.
    HalfLifeDays,
    /// Of a driver: days of its trailing reference.
    ReferenceDays,
    /// Of a driver: days of its window or mean.
    WindowDays,
    /// Of a drawdown: fall at which nothing more may be carried.
    Maximum,
    /// Of relative strength or funding stress: factor of the cut.
    Cut,
}

/// A figure that is varied, with its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    pub field: PolicyField,
    /// Index of the driver, for its figures.
    pub driver: Option<usize>,
    /// Increasing.
    pub values: Vec<f64>,
}

impl PolicyField {
    /// Whether it is a figure of a driver.
    pub fn is_of_driver(self) -> bool {
        self >= Self::Exponent
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Appetite => "appetite",
            Self::Floor => "floor",
            Self::Cap => "cap",
            Self::RelaxPerDay => "relaxing a day",
            Self::RelaxAfterDays => "days before relaxing",
            Self::TightenPerDay => "tightening a day",
            Self::Red => "red boundary",
            Self::TargetUtilisation => "target utilisation",
            Self::BufferShare => "share of the buffer",
            Self::Exponent => "exponent",
            Self::HalfLifeDays => "half-life in days",
            Self::ReferenceDays => "days of the reference",
            Self::WindowDays => "days of the window",
            Self::Maximum => "maximum",
            Self::Cut => "cut",
        }
    }
}

impl Parameter {
    /// In words, with the driver it is of.
    pub fn name(&self, policy: &PolicyDocument) -> String {
        let driver = self.driver.and_then(|index| policy.condition.driver.get(index));
        match driver {
            Some(driver) => {
                let driver = driver.driver();
                let assets = driver.assets().join(", ");
                format!("{} of {} of {assets}", self.field.name(), driver.name())
            }
            None => self.field.name().to_owned(),
        }
    }

    /// The policy's own value, where it states one.
    pub fn stated(&self, policy: &PolicyDocument) -> Option<f64> {
        let condition = &policy.condition;
        match self.field {
            PolicyField::Appetite => Some(policy.appetite.get()),
            PolicyField::Floor => Some(condition.floor.get()),
            PolicyField::Cap => Some(condition.cap.get()),
            PolicyField::RelaxPerDay => Some(condition.relax_per_day.get()),
            PolicyField::RelaxAfterDays => {
                Some(condition.relax_after.as_ref().map_or(0.0, |text| text.years().days()))
            }
            PolicyField::TightenPerDay => condition.tighten_per_day.map(PositiveRate::get),
            PolicyField::Red => Some(policy.status.red.get()),
            PolicyField::TargetUtilisation => Some(policy.target_utilisation.get()),
            PolicyField::BufferShare => {
                policy.anti_procyclicality.buffer.as_ref().map(|buffer| buffer.share.get())
            }
            _ => condition.driver.get(self.driver?).and_then(|driver| self.of_driver(driver)),
        }
    }

    fn of_driver(&self, driver: &DriverDocument) -> Option<f64> {
        let mut copy = driver.clone();
        match slot(&mut copy, self.field)? {
            Slot::NonNegative(one) => one.map(NonNegative::get),
            Slot::Positive(one) => one.map(Positive::get),
            Slot::Days(one) => one.map(f64::from),
            Slot::RequiredDays(one) => Some(f64::from(*one)),
            Slot::Share(one) => Some(one.get()),
        }
    }

    /// Sets the figure; `None` where the document does not take the value.
    pub fn set(&self, policy: &mut PolicyDocument, value: f64) -> Option<()> {
        let condition = &mut policy.condition;
        match self.field {
            PolicyField::Appetite => policy.appetite = UnitFraction::new(value)?,
            PolicyField::Floor => condition.floor = UnitFraction::new(value)?,
            PolicyField::Cap => condition.cap = Positive::new(value)?,
            PolicyField::RelaxPerDay => condition.relax_per_day = PositiveRate::new(value)?,
            PolicyField::RelaxAfterDays => {
                condition.relax_after = match value.round() {
                    0.0 => None,
                    days => Some(DurationText::try_from(format!("{days}d")).ok()?),
                }
            }
            PolicyField::TightenPerDay => {
                condition.tighten_per_day = Some(PositiveRate::new(value)?);
            }
            PolicyField::Red => policy.status.red = PositiveRate::new(value)?,
            PolicyField::TargetUtilisation => {
                policy.target_utilisation = UnitFraction::new(value)?;
            }
            PolicyField::BufferShare => {
                let buffer = policy.anti_procyclicality.buffer.as_mut()?;
                buffer.share = PositiveRate::new(value)?;
            }
            _ => {
                let driver = condition.driver.get_mut(self.driver?)?;
                slot(driver, self.field)?.put(value)?;
            }
        }
        Some(())
    }

    /// The value as the document takes it: whole days are rounded, others to the decimal that is a
    /// thousandth of the range or finer.
    pub fn taken(&self, value: f64) -> f64 {
        match self.field {
            PolicyField::RelaxAfterDays | PolicyField::ReferenceDays | PolicyField::WindowDays => {
                value.round()
            }
            _ => self.to_decimal(value),
        }
    }

    fn to_decimal(&self, value: f64) -> f64 {
        let range = self.values[self.values.len() - 1] - self.values[0];
        let exponent = libm::floor(libm::log10(range / FINENESS));
        // Dividing by a power of ten gives the double nearest to the decimal; multiplying by its
        // inverse need not.
        let unit = libm::exp10(exponent.abs());
        if exponent < 0.0 { (value * unit).round() / unit } else { (value / unit).round() * unit }
    }
}

/// Steps of a range that are told apart.
const FINENESS: f64 = 1e3;

/// Where a figure of a driver stands.
enum Slot<'a> {
    NonNegative(&'a mut Option<NonNegative>),
    Positive(&'a mut Option<Positive>),
    Days(&'a mut Option<u32>),
    RequiredDays(&'a mut u32),
    Share(&'a mut UnitFraction),
}

impl Slot<'_> {
    fn put(self, value: f64) -> Option<()> {
        let days = value.round().clamp(1.0, 1e5) as u32;
        match self {
            Self::NonNegative(slot) => *slot = Some(NonNegative::new(value)?),
            Self::Positive(slot) => *slot = Some(Positive::new(value)?),
            Self::Days(slot) => *slot = Some(days),
            Self::RequiredDays(slot) => *slot = days,
            Self::Share(slot) => *slot = UnitFraction::new(value)?,
        }
        Some(())
    }
}

/// The figure of a driver, where its kind has it.
fn slot(driver: &mut DriverDocument, field: PolicyField) -> Option<Slot<'_>> {
    use DriverDocument as D;
    use PolicyField as F;
    Some(match (driver, field) {
        (
            D::VolatilityRegime { exponent, .. }
            | D::MeanCorrelation { exponent, .. }
            | D::AbsorptionRatio { exponent, .. }
            | D::LiquidityDepth { exponent, .. }
            | D::ImpliedVolatility { exponent, .. },
            F::Exponent,
        ) => Slot::NonNegative(exponent),
        (D::VolatilityRegime { half_life_days, garch: None, .. }, F::HalfLifeDays) => {
            Slot::Positive(half_life_days)
        }
        (D::VolatilityRegime { reference, .. }, F::ReferenceDays) => match reference {
            VolatilityReferenceDocument::TrailingDays(days) => Slot::RequiredDays(days),
            VolatilityReferenceDocument::Stated(_) => return None,
        },
        (
            D::MeanCorrelation { reference, .. }
            | D::AbsorptionRatio { reference, .. }
            | D::LiquidityDepth { reference, .. }
            | D::ImpliedVolatility { reference, .. },
            F::ReferenceDays,
        ) => match reference {
            LevelReferenceDocument::TrailingDays(days) => Slot::RequiredDays(days),
            LevelReferenceDocument::Stated(_) => return None,
        },
        (
            D::MeanCorrelation { window_days, .. }
            | D::AbsorptionRatio { window_days, .. }
            | D::Drawdown { window_days, .. },
            F::WindowDays,
        ) => Slot::Days(window_days),
        (
            D::LiquidityDepth { average_days, .. } | D::FundingStress { average_days, .. },
            F::WindowDays,
        ) => Slot::Days(average_days),
        (D::RelativeStrength { period, .. }, F::WindowDays) => Slot::RequiredDays(period),
        (D::Drawdown { maximum, .. }, F::Maximum) => Slot::Share(maximum),
        (D::RelativeStrength { cut, .. } | D::FundingStress { cut, .. }, F::Cut) => {
            Slot::Share(cut)
        }
        _ => return None,
    })
}
