//! A change of a factor as documents write it: relative or in its own unit, or in volatility points.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::number::{RATE_LARGEST, parse_rate};
use super::text_format;

/// Volatility points in one: 20 points are 0.2.
const POINTS: f64 = 100.0;

/// A change: `-0.395`, `"-39.5%"`, `"12bp"`, or `"+20pt"` of a volatility.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Relative, or in the unit of a factor whose changes add up; decimal.
    Relative(f64),
    /// Added to an implied volatility; decimal, 20 points are 0.2.
    Points(f64),
}

/// A change written as text.
pub(super) fn parse_change(text: &str) -> Option<Change> {
    if let Some(digits) = text.strip_suffix("pt") {
        let percent = parse_rate(&format!("{}%", digits.trim_end()))?;
        return Some(Change::Points(percent * 100.0 / POINTS));
    }
    parse_rate(text).map(Change::Relative)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let change = match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(value) => Some(Self::Relative(value)),
            NumberOrText::Text(text) => parse_change(&text),
        };
        let within = |change: &Self| match change {
            Self::Relative(value) | Self::Points(value) => value.abs() <= RATE_LARGEST,
        };
        change
            .filter(within)
            .ok_or_else(|| de::Error::custom(format!("expected {}", text_format::MOVE.expected)))
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Relative(value) => serializer.serialize_f64(*value),
            Self::Points(value) => serializer.serialize_str(&format!("{}pt", value * POINTS)),
        }
    }
}

impl JsonSchema for Change {
    fn schema_name() -> Cow<'static, str> {
        "Change".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["number", "string"],
            "format": text_format::MOVE.name,
            "pattern": text_format::MOVE.pattern,
            "description": "a change",
            "minimum": -RATE_LARGEST,
            "maximum": RATE_LARGEST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_percent_basis_points_and_volatility_points() {
        let read = |text: &str| serde_json::from_str::<Change>(text).ok();
        assert_eq!(read("\"-39.5%\""), Some(Change::Relative(-0.395)));
        assert_eq!(read("0.25"), Some(Change::Relative(0.25)));
        assert_eq!(read("\"+20pt\""), Some(Change::Points(0.2)));
        assert_eq!(read("\"-5 pt\""), Some(Change::Points(-0.05)));
        for bad in ["\"pt\"", "\"20\"", "\"nanpt\"", "1e9", "\"1e3pt\"", "\"900000%\""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
