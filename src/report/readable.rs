//! The outcome as people may see it: every text in it made visible, whatever field it is in.
//!
//! Going through the outcome's own serialisation catches each field once, those added later too.

use serde_json::Value;

use super::ReportError;
use super::json::{Results, finite_value};
use super::text::visible;

/// A copy of the outcome in which no text holds a control or direction character.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub(super) fn readable<T: Results>(outcome: &T) -> Result<T, ReportError> {
    let mut value = finite_value(outcome)?;
    show_texts(&mut value, &|text| visible(text).into_owned());
    Ok(serde_json::from_value(value)?)
}

/// Every text in `value` as `shown` gives it.
pub(super) fn show_texts(value: &mut Value, shown: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = shown(text),
        Value::Array(items) => items.iter_mut().for_each(|item| show_texts(item, shown)),
        Value::Object(fields) => fields.values_mut().for_each(|field| show_texts(field, shown)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
