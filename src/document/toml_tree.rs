//! TOML text to a tree with places; every syntax error reported.

use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Entry, Node, NodeValue};
use super::source::{Place, SourceFile};
use super::violation::{Violation, ViolationCollector, Violations};
use super::visible::visible;

/// Longest TOML document, in bytes: they are written by hand; bulk belongs in CSV.
const TOML_BYTES_MAX: usize = 8 << 20;

/// Parses a file as a TOML document.
///
/// # Errors
/// Every syntax error; a file that is empty or too long.
pub fn parse_toml(file: &Arc<SourceFile>) -> Result<Node, Violations> {
    if file.text().len() > TOML_BYTES_MAX {
        let violation = Violation::new(Place::start_of(file), "the document is too long")
            .found(format!("{} bytes", file.text().len()))
            .expected(format!("at most {TOML_BYTES_MAX} bytes"))
            .help("move bulk data such as positions or prices to CSV files");
        return Err(violation.into());
    }
    if file.text().trim().is_empty() {
        let violation = Violation::new(Place::start_of(file), "the file is empty")
            .expected("a TOML document")
            .help("`plimsoll schema` prints what each document may hold");
        return Err(violation.into());
    }
    let (table, errors) = DeTable::parse_recoverable(file.text());
    let mut collector = ViolationCollector::default();
    for error in errors {
        collector.add(syntax_violation(file, &error));
    }
    let value = table_value(file, table.get_ref());
    collector.finish(Node { value, place: Place::start_of(file) })
}

fn syntax_violation(file: &Arc<SourceFile>, error: &toml::de::Error) -> Violation {
    let range = error.span().unwrap_or(0..0);
    let (what, expected) = match error.message().split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (error.message(), None),
    };
    let mut violation = Violation::new(Place::new(file, range), format!("syntax: {what}"));
    violation.expected = expected.map(visible);
    violation.help("see https://toml.io for how TOML is written")
}

fn node(file: &Arc<SourceFile>, spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => NodeValue::Text(text.to_string()),
        DeValue::Integer(integer) => NodeValue::Integer(integer_number(integer)),
        DeValue::Float(float) => NodeValue::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => NodeValue::Boolean(*boolean),
        DeValue::Datetime(datetime) => NodeValue::Datetime(datetime.to_string()),
        DeValue::Array(items) => {
            NodeValue::Array(items.iter().map(|item| node(file, item)).collect())
        }
        DeValue::Table(table) => table_value(file, table),
    };
    Node { value, place: Place::new(file, spanned.span()) }
}

fn integer_number(integer: &toml::de::DeInteger<'_>) -> Option<serde_json::Number> {
    let (text, radix) = (integer.as_str(), integer.radix());
    if let Ok(value) = u64::from_str_radix(text, radix) {
        return Some(value.into());
    }
    i64::from_str_radix(text, radix).ok().map(Into::into)
}

fn table_value(file: &Arc<SourceFile>, table: &DeTable<'_>) -> NodeValue {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_place: Place::new(file, key.span()),
            node: node(file, value),
        })
        .collect();
    let start = |range: &Range<usize>| range.start;
    entries.sort_by_key(|entry| start(&entry.key_place.range));
    NodeValue::Table(entries)
}
