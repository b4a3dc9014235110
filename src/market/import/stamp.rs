//! Time stamps as files write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How stamps are written; stated, never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampFormat {
    /// `2020-03-12`, `2020-03-12 10:00:00`, `2020-03-12T10:00:00+00:00`, `2020-03-12 10-AM`; UTC
    /// where no offset is written.
    #[default]
    Text,
    /// Seconds, milliseconds or microseconds since 1970; their size says which (below 10¹¹ seconds,
    /// below 10¹⁴ milliseconds), and a file that mixes them is reported.
    Unix,
    /// Month, day, year: `3/12/2020`.
    MonthDayYear,
}

impl StampFormat {
    /// As documents write it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Unix => "unix",
            Self::MonthDayYear => "month_day_year",
        }
    }

    /// What is expected, for people.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Text => {
                "a time such as `2020-03-12`, `2020-03-12 10:00:00` or `2020-03-12T10:00:00Z`"
            }
            Self::Unix => "seconds, milliseconds or microseconds since 1970, e.g. `1584007200`",
            Self::MonthDayYear => "month, day and year, e.g. `3/12/2020`",
        }
    }
}

/// The unit of a Unix stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StampUnit {
    /// No number but text.
    Text,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

/// A stamp in milliseconds since 1970 and the unit it was written in; `None` if malformed.
pub fn parse(text: &str, format: StampFormat) -> Option<(i64, StampUnit)> {
    match format {
        StampFormat::Text => Some((text_stamp(text)?, StampUnit::Text)),
        StampFormat::Unix => unix_stamp(text),
        StampFormat::MonthDayYear => {
            let date = Date::strptime("%m/%d/%Y", text).ok()?;
            Some((utc(date.to_datetime(jiff::civil::Time::midnight()))?, StampUnit::Text))
        }
    }
}

/// The instant of a stamp; `None` if malformed.
pub fn parse_instant(text: &str, format: StampFormat) -> Option<Timestamp> {
    Timestamp::from_millisecond(parse(text, format)?.0).ok()
}

fn unix_stamp(text: &str) -> Option<(i64, StampUnit)> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)?;
    let (milliseconds, unit) = match value {
        v if v < 1e11 => (v * 1e3, StampUnit::Seconds),
        v if v < 1e14 => (v, StampUnit::Milliseconds),
        v if v < 1e17 => (v / 1e3, StampUnit::Microseconds),
        _ => return None,
    };
    // below 10¹⁴: exact in both types
    #[allow(clippy::cast_possible_truncation)]
    Some((milliseconds.round() as i64, unit))
}

fn text_stamp(text: &str) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    if let Ok(date) = DateTime::strptime("%Y-%m-%d %I-%p", text) {
        return utc(date);
    }
    utc(text.parse::<DateTime>().ok()?)
}

fn utc(date: DateTime) -> Option<i64> {
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// A time for people: without midnight, without seconds where they are zero.
pub fn shown(milliseconds: i64) -> String {
    let Ok(instant) = Timestamp::from_millisecond(milliseconds) else {
        return milliseconds.to_string();
    };
    let format = match milliseconds {
        day if day % 86_400_000 == 0 => "%Y-%m-%d",
        minute if minute % 60_000 == 0 => "%Y-%m-%dT%H:%MZ",
        _ => "%Y-%m-%dT%H:%M:%SZ",
    };
    instant.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_reads_as_the_same_instant() {
        // 1584007200 is 2020-03-12 10:00:00 UTC (date -u -d @1584007200).
        let expected = 1_584_007_200_000;
        for text in [
            "2020-03-12 10:00:00",
            "2020-03-12 10:00:00.000000",
            "2020-03-12T10:00:00Z",
            "2020-03-12 10:00:00+00:00",
            "2020-03-12 11:00:00+01:00",
            "2020-03-12 10-AM",
        ] {
            let found = parse(text, StampFormat::Text);
            assert_eq!(found, Some((expected, StampUnit::Text)), "{text}");
        }
        for (text, unit) in [
            ("1584007200.0", StampUnit::Seconds),
            ("1584007200000", StampUnit::Milliseconds),
            ("1584007200000000", StampUnit::Microseconds),
        ] {
            assert_eq!(parse(text, StampFormat::Unix), Some((expected, unit)));
        }
        let midnight = parse("3/12/2020", StampFormat::MonthDayYear).unwrap().0;
        assert_eq!(midnight, parse("2020-03-12", StampFormat::Text).unwrap().0);
    }

    #[test]
    fn malformed_stamps_are_refused() {
        for text in ["", "nan", "-1", "1e300", "2020-02-30", "yesterday"] {
            assert_eq!(parse(text, StampFormat::Unix).or(parse(text, StampFormat::Text)), None);
        }
    }

    #[test]
    fn times_show_short() {
        assert_eq!(shown(1_583_971_200_000), "2020-03-12");
        assert_eq!(shown(1_584_007_200_000), "2020-03-12T10:00Z");
    }
}
