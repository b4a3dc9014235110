//! Lengths of time and instants as documents write them.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::text::text_schema;
use super::text_format;
use crate::units::Years;

/// Longest duration in seconds: a century.
const DURATION_SECONDS_MAX: f64 = 100.0 * crate::units::SECONDS_PER_YEAR;

/// A positive length of time such as `"1d"`, `"8h"`, `"30m"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DurationText {
    text: String,
    seconds: f64,
}

impl DurationText {
    /// In ACT/365 years.
    pub fn years(&self) -> Years {
        Years::from_seconds(self.seconds)
    }

    /// In seconds.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for DurationText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let expected = || format!("expected {}", text_format::DURATION.expected);
        let seconds = parse_duration(&text).ok_or_else(expected)?;
        Ok(Self { text, seconds })
    }
}

impl From<DurationText> for String {
    fn from(duration: DurationText) -> String {
        duration.text
    }
}

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for DurationText {
    fn schema_name() -> Cow<'static, str> {
        "DurationText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text_schema(&text_format::DURATION)
    }
}

/// Seconds of `8h` and the like; `None` unless positive, finite and with a unit.
pub(super) fn parse_duration(text: &str) -> Option<f64> {
    let unit = text.chars().last()?;
    let seconds_per_unit = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3_600.0,
        'd' => 86_400.0,
        'w' => 7.0 * 86_400.0,
        'y' => crate::units::SECONDS_PER_YEAR,
        _ => return None,
    };
    let number = text[..text.len() - 1].trim_end();
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let count: f64 = number.parse().ok().filter(|_| plain)?;
    let seconds = count * seconds_per_unit;
    (seconds > 0.0 && seconds <= DURATION_SECONDS_MAX).then_some(seconds)
}

/// An instant, UTC; written as a TOML date-time or RFC 3339 text with its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Instant(pub Timestamp);

impl Instant {
    /// The instant.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Time from `start` to this instant; negative when it is earlier.
    pub fn years_after(self, start: Timestamp) -> Years {
        let seconds = self.0.duration_since(start).as_secs_f64();
        Years::from_seconds(seconds)
    }
}

impl TryFrom<String> for Instant {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let expected = || format!("expected {}", text_format::INSTANT.expected);
        parse_instant(&text).map(Self).ok_or_else(expected)
    }
}

impl From<Instant> for String {
    fn from(instant: Instant) -> String {
        instant.0.to_string()
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    /// No `type`: editors see a TOML date-time as its own type.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": text_format::INSTANT.name,
            "description": text_format::INSTANT.expected,
        })
    }
}

/// An RFC 3339 instant; a date without time or a time without offset is refused.
pub(super) fn parse_instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_convert_on_act_365() {
        let day = DurationText::try_from("1d".to_owned()).unwrap();
        assert_eq!(day.years(), Years::from_days(1.0));
        assert_eq!(parse_duration("8h"), Some(28_800.0));
        assert_eq!(parse_duration("30m"), Some(1_800.0));
        assert_eq!(parse_duration("1y"), Some(31_536_000.0));
        for bad in ["", "d", "1", "-1d", "+1d", "1e3d", "0h", "infd", "1.2.3d", "101y"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn instants_need_an_offset() {
        let utc = parse_instant("2026-03-27T08:00:00Z").unwrap();
        assert_eq!(parse_instant("2026-03-27T10:00:00+02:00"), Some(utc));
        assert_eq!(parse_instant("2026-03-27"), None);
        assert_eq!(parse_instant("2026-03-27T08:00:00"), None);
        let start = parse_instant("2026-03-26T08:00:00Z").unwrap();
        assert_eq!(Instant(utc).years_after(start), Years::from_days(1.0));
    }
}
