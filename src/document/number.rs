//! Number types of documents: finite, within their range. TOML itself allows `nan` and `inf`.
//!
//! Money, prices and quantities stay within [`LARGEST`] and rates within [`RATE_LARGEST`], so that
//! no product or square of a few of them overflows later.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::text_format;
use crate::units::BASIS_POINT;

/// Largest magnitude of an amount, price or quantity.
const LARGEST: f64 = 1e18;
/// Smallest number where zero is refused.
pub(super) const SMALLEST: f64 = 1e-18;
/// Largest magnitude of a rate: 100 000 %.
pub(super) const RATE_LARGEST: f64 = 1e3;

/// A rate written as text: `-39.5%`, `12bp`.
pub(super) fn parse_rate(text: &str) -> Option<f64> {
    let number = |digits: &str| -> Option<f64> {
        let digits = digits.trim_end();
        let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+');
        let value: f64 = digits.parse().ok().filter(|_| digits.bytes().all(plain))?;
        value.is_finite().then_some(value)
    };
    if let Some(percent) = text.strip_suffix('%') {
        return number(percent).map(|value| value / 100.0);
    }
    number(text.strip_suffix("bp")?).map(|value| value * BASIS_POINT)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(f64),
    Text(String),
}

fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() { Ok(value) } else { Err(de::Error::custom("expected a finite number")) }
}

fn finite_or_rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(value) => Some(value).filter(|value| value.is_finite()),
        NumberOrText::Text(text) => parse_rate(&text),
    };
    value.ok_or_else(|| de::Error::custom(format!("expected {}", text_format::RATE.expected)))
}

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident, $reader:ident, $accepts:expr, $range:expr, $schema:tt) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Accepts a finite value in range.
            pub fn new(value: f64) -> Option<Self> {
                let accepts: fn(f64) -> bool = $accepts;
                (value.is_finite() && accepts(value)).then_some(Self(value))
            }

            /// The value as a decimal.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = $reader(deserializer)?;
                Self::new(value).ok_or_else(|| de::Error::custom(concat!("expected ", $range)))
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                value.0
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!($schema);
                schema.insert("description".to_owned(), $range.into());
                schema
            }
        }
    };
}

number_type!(
    /// A finite number.
    Number, finite, |value| value.abs() <= LARGEST, "a finite number",
    { "type": "number", "minimum": -LARGEST, "maximum": LARGEST }
);
number_type!(
    /// A number above zero.
    Positive, finite, |value| (SMALLEST..=LARGEST).contains(&value), "a number above 0",
    { "type": "number", "minimum": SMALLEST, "maximum": LARGEST }
);
number_type!(
    /// A number not below zero.
    NonNegative, finite, |value| (0.0..=LARGEST).contains(&value), "a number not below 0",
    { "type": "number", "minimum": 0, "maximum": LARGEST }
);
number_type!(
    /// A rate: a decimal such as `-0.395`, or text such as `"-39.5%"` or `"12bp"`.
    Rate, finite_or_rate, |value| value.abs() <= RATE_LARGEST, "a rate",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "minimum": -RATE_LARGEST, "maximum": RATE_LARGEST }
);
number_type!(
    /// A level in the unit of what it is a level of: `0.88`, `92_400`, `"80%"`.
    Figure, finite_or_rate, |value| value.abs() <= LARGEST, "a level",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "minimum": -LARGEST, "maximum": LARGEST }
);
number_type!(
    /// A rate above zero, e.g. a volatility: `0.6` or `"60%"`.
    PositiveRate, finite_or_rate, |value| value > 0.0 && value <= RATE_LARGEST, "a rate above 0",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "exclusiveMinimum": 0, "maximum": RATE_LARGEST }
);
number_type!(
    /// A rate not below zero: `0.0005` or `"5bp"`.
    NonNegativeRate, finite_or_rate, |value| (0.0..=RATE_LARGEST).contains(&value), "a rate not below 0",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "minimum": 0, "maximum": RATE_LARGEST }
);
number_type!(
    /// A share in [0, 1]: `0.35` or `"35%"`.
    UnitFraction, finite_or_rate, |value| (0.0..=1.0).contains(&value), "a share in [0, 1]",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "minimum": 0, "maximum": 1 }
);
number_type!(
    /// A correlation in [-1, 1].
    Correlation, finite_or_rate, |value| (-1.0..=1.0).contains(&value), "a number in [-1, 1]",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "minimum": -1, "maximum": 1 }
);
number_type!(
    /// A confidence level in (0.5, 1): `0.99` leaves the worst 1 %.
    Level, finite_or_rate, |value| value > 0.5 && value < 1.0, "a level in (0.5, 1)",
    { "type": ["number", "string"], "format": "rate", "pattern": text_format::RATE.pattern,
      "exclusiveMinimum": 0.5, "exclusiveMaximum": 1 }
);

impl std::str::FromStr for PositiveRate {
    type Err = String;

    /// As in documents: `0.01`, `1%` or `100bp`.
    fn from_str(text: &str) -> Result<Self, String> {
        let decimal = text.parse::<f64>().ok();
        let value = decimal.or_else(|| parse_rate(text)).and_then(Self::new);
        value.ok_or_else(|| "expected a rate above 0, such as 0.01 or 1%".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_percent_and_basis_points() {
        assert_eq!(parse_rate("-39.5%"), Some(-0.395));
        assert_eq!(parse_rate("12 bp"), Some(12.0 * BASIS_POINT));
        for bad in ["", "%", "5", "nan%", "inf%", "1e400%", "5 %%", "x%"] {
            assert_eq!(parse_rate(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_rate_above_zero_is_typed_as_in_documents() {
        for text in ["0.01", "1%", "100bp"] {
            assert_eq!(text.parse::<PositiveRate>().unwrap().get(), 0.01, "{text}");
        }
        for bad in ["0", "-1%", "nan", "inf", "", "x"] {
            assert!(bad.parse::<PositiveRate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn json_goes_through_the_same_checks() {
        assert_eq!(serde_json::from_str::<Rate>("\"5%\"").unwrap().get(), 0.05);
        assert!(serde_json::from_str::<Positive>("0").is_err());
        assert!(serde_json::from_str::<UnitFraction>("\"101%\"").is_err());
        assert!(Number::new(f64::NAN).is_none() && Number::new(f64::INFINITY).is_none());
    }
}
