//! Tables: known keys, required keys, maps.

use serde_json::{Map, Value};

use super::super::node::{Entry, Node};
use super::super::suggest::{did_you_mean, one_of};
use super::super::text_format;
use super::super::violation::Violation;
use super::super::visible::quoted;
use super::Walker;
use super::describe::describe;

impl Walker {
    pub(super) fn table(&mut self, rules: &Value, node: &Node, label: &str) -> Value {
        let mut value = Map::new();
        for entry in node.entries() {
            let entry_value = match property(rules, &entry.key) {
                Some(property) => self.walk(property, &entry.node, &entry.key),
                None => self.map_entry(rules, entry, label),
            };
            value.insert(entry.key.clone(), entry_value);
        }
        self.report_missing(rules, node, label);
        Value::Object(value)
    }

    fn map_entry(&mut self, rules: &Value, entry: &Entry, label: &str) -> Value {
        if let Some((pattern, values)) = patterned(rules) {
            return self.patterned_entry(pattern, values, entry);
        }
        match rules.get("additionalProperties") {
            Some(values @ Value::Object(_)) => self.walk(values, &entry.node, &entry.key),
            Some(Value::Bool(false)) => self.unknown_key(rules, entry, label),
            _ => Value::Null,
        }
    }

    fn patterned_entry(&mut self, pattern: &str, values: &Value, entry: &Entry) -> Value {
        let format = text_format::by_pattern(pattern);
        if let Some(format) = format.filter(|format| !(format.accepts)(&entry.key)) {
            let title = format!("{} is not a valid key here", quoted(&entry.key));
            let violation = Violation::new(entry.key_place.clone(), title);
            self.collector.add(violation.expected(format.expected));
        }
        self.walk(values, &entry.node, &entry.key)
    }

    fn unknown_key(&mut self, rules: &Value, entry: &Entry, label: &str) -> Value {
        let known: Vec<&str> = property_names(rules).collect();
        let title = match label {
            "" => format!("unknown key {}", quoted(&entry.key)),
            label => format!("unknown key {} in {}", quoted(&entry.key), quoted(label)),
        };
        let violation = Violation::new(entry.key_place.clone(), title)
            .expected(one_of(known.iter().copied()))
            .help_if(did_you_mean(&entry.key, known));
        self.collector.add(violation);
        Value::Null
    }

    fn report_missing(&mut self, rules: &Value, node: &Node, label: &str) {
        let required = rules.get("required").and_then(Value::as_array);
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        for name in names.filter(|name| node.entry(name).is_none()) {
            let title = match label {
                "" => format!("missing key {}", quoted(name)),
                label => format!("missing key {} in {}", quoted(name), quoted(label)),
            };
            let violation = Violation::new(node.place.clone(), title);
            let expected = property(rules, name).map(|property| expectation(name, property));
            self.collector.add(Violation { expected, ..violation });
        }
    }
}

fn expectation(name: &str, property: &Value) -> String {
    let meaning = property.get("description").and_then(Value::as_str);
    let first_line = meaning.and_then(|text| text.lines().next());
    match first_line {
        Some(meaning) => format!("{}: {} — {meaning}", quoted(name), describe(property)),
        None => format!("{}: {}", quoted(name), describe(property)),
    }
}

/// The schema of a named key.
pub(super) fn property<'a>(rules: &'a Value, key: &str) -> Option<&'a Value> {
    rules.get("properties")?.as_object()?.get(key)
}

/// The keys a table names.
pub(super) fn property_names(rules: &Value) -> impl Iterator<Item = &str> {
    let properties = rules.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str))
}

/// The pattern and value schema of a map whose keys have a form.
fn patterned(rules: &Value) -> Option<(&str, &Value)> {
    let patterns = rules.get("patternProperties")?.as_object()?;
    patterns.iter().next().map(|(key, value)| (key.as_str(), value))
}
