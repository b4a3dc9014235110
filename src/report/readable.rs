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
    show_texts(&mut value);
    Ok(serde_json::from_value(value)?)
}

fn show_texts(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(show_texts),
        Value::Object(fields) => fields.values_mut().for_each(show_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
