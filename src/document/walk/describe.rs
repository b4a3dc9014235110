//! What a schema expects, for people.

use serde_json::Value;

use super::super::node::NodeValue;
use super::super::suggest::one_of;
use super::super::text_format;
use super::super::visible::quoted;
use super::{alternatives, constants};

/// What a schema expects, in one line.
pub(super) fn describe(rules: &Value) -> String {
    if let Some(branches) = alternatives(rules) {
        return describe_branches(branches);
    }
    if let Some(names) = constants(rules) {
        return one_of(names);
    }
    let names = type_names(rules);
    let parts: Vec<String> = names.iter().map(|name| describe_type(rules, name)).collect();
    let text = if let Some(format) = text_form(rules) {
        format.expected.to_owned()
    } else if parts.is_empty() {
        "a value".to_owned()
    } else {
        parts.join(" or ")
    };
    text + &describe_range(rules)
}

fn describe_branches(branches: &[Value]) -> String {
    let names: Vec<&str> = branches.iter().filter_map(constants).flatten().collect();
    let others = branches.iter().filter(|rules| constants(rules).is_none());
    let mut parts: Vec<String> = if names.is_empty() { vec![] } else { vec![one_of(names)] };
    parts.extend(others.map(describe_table_branch));
    parts.dedup();
    parts.join(" or ")
}

fn describe_table_branch(rules: &Value) -> String {
    let required = rules.get("required").and_then(Value::as_array);
    match required.map(Vec::as_slice) {
        Some([Value::String(key)]) => format!("a table with {}", quoted(key)),
        _ => describe(rules),
    }
}

fn describe_type(rules: &Value, name: &str) -> String {
    match name {
        "object" => "a table",
        "array" => return describe_array(rules),
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "string" => "text in quotes",
        other => other,
    }
    .to_owned()
}

fn describe_array(rules: &Value) -> String {
    let bound = |key: &str| rules.get(key).and_then(Value::as_u64);
    let size = match (bound("minItems"), bound("maxItems")) {
        (Some(least), Some(most)) if least == most => format!(" of {least} items"),
        (Some(least), Some(most)) => format!(" of {least} to {most} items"),
        (Some(least), None) => format!(" of at least {least} items"),
        (None, Some(most)) => format!(" of at most {most} items"),
        (None, None) => String::new(),
    };
    match rules.get("items") {
        Some(items) => format!("an array{size}, each {}", describe(items)),
        None => format!("an array{size}"),
    }
}

fn describe_range(rules: &Value) -> String {
    let bound =
        |key: &str, words: &str| rules.get(key).map(|value| format!("{words} {}", short(value)));
    let number = |key: &str| rules.get(key).and_then(Value::as_f64);
    let is_implied = number("exclusiveMinimum") >= number("minimum");
    // the smallest number stands for: zero is refused
    let is_above_zero = number("minimum") == Some(super::super::number::SMALLEST);
    let least = bound("minimum", "at least").filter(|_| !is_implied);
    let bounds = [
        least.map(|least| if is_above_zero { "above 0".to_owned() } else { least }),
        bound("exclusiveMinimum", "above"),
        bound("maximum", "at most"),
        bound("exclusiveMaximum", "below"),
    ];
    let bounds: Vec<String> = bounds.into_iter().flatten().collect();
    if bounds.is_empty() { String::new() } else { format!(", {}", bounds.join(" and ")) }
}

/// `1e18` instead of `1e+18`.
fn short(bound: &Value) -> String {
    bound.to_string().replace("e+", "e").trim_end_matches(".0").to_owned()
}

/// The named form of text that a schema asks for.
pub(super) fn text_form(rules: &Value) -> Option<&'static text_format::TextFormat> {
    text_format::by_name(rules.get("format")?.as_str()?)
}

/// The JSON types a schema takes.
pub(super) fn type_names(rules: &Value) -> Vec<&str> {
    match rules.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

/// What a value is, for people.
pub(super) fn kind_of(value: &NodeValue) -> &'static str {
    match value {
        NodeValue::Text(_) => "text",
        NodeValue::Cell(_) => "text",
        NodeValue::Integer(_) => "an integer",
        NodeValue::Float(_) => "a decimal number",
        NodeValue::Boolean(_) => "a boolean",
        NodeValue::Datetime(_) => "a date-time",
        NodeValue::Array(_) => "an array",
        NodeValue::Table(_) => "a table",
    }
}
