//! A document's tree against its schema: every violation with its place, and the checked value.
//!
//! The schema is the one derived from the document's types (references resolved in place), so the
//! reader and the editor follow the same rules. The part of JSON Schema used by derived schemas is
//! covered: types, properties, maps with patterned keys, arrays, constants, alternatives (tagged
//! by a constant, by a key, or by type), ranges and named text forms.

mod choice;
mod describe;
mod scalar;
mod table;

use serde_json::Value;

use super::node::{Node, NodeValue};
use super::source::Place;
use super::violation::{Violation, ViolationCollector};
use super::visible::quoted;
use describe::{describe, type_names};

/// Walks a tree along a schema.
#[derive(Debug, Default)]
pub(super) struct Walker {
    pub(super) collector: ViolationCollector,
}

impl Walker {
    /// The value of `node` as the schema reads it; `Null` where it was in violation.
    ///
    /// `label` names the value in messages: its key, or `position[3]`.
    pub(super) fn walk(&mut self, rules: &Value, node: &Node, label: &str) -> Value {
        if let Some(alternatives) = alternatives(rules) {
            return self.choose(rules, alternatives, node, label);
        }
        if let Some(constants) = constants(rules) {
            return self.constant(&constants, node, label);
        }
        match &node.value {
            NodeValue::Table(_) if accepts(rules, "object") => self.table(rules, node, label),
            NodeValue::Array(items) if accepts(rules, "array") => {
                self.array(rules, items, node, label)
            }
            NodeValue::Cell(text) if accepts(rules, "array") => {
                let items = pieces(text, node);
                self.array(rules, &items, node, label)
            }
            _ => self.scalar(rules, node, label),
        }
    }

    fn array(&mut self, rules: &Value, items: &[Node], node: &Node, label: &str) -> Value {
        let bound = |key: &str| rules.get(key).and_then(Value::as_u64);
        let count = items.len() as u64;
        let short = bound("minItems").is_some_and(|least| count < least);
        let long = bound("maxItems").is_some_and(|most| count > most);
        if short || long {
            let title = format!("{} has {count} items", quoted(label));
            self.report(rules, node.place.clone(), title);
        }
        let anything = Value::Bool(true);
        let item_rules = rules.get("items").unwrap_or(&anything);
        let walk = |(index, item)| self.walk(item_rules, item, &format!("{label}[{index}]"));
        Value::Array(items.iter().enumerate().map(walk).collect())
    }

    /// Reports `title` with what the schema expects at `place`.
    fn report(&mut self, rules: &Value, place: Place, title: String) -> Value {
        let violation = Violation::new(place, title).expected(describe(rules));
        self.collector.add(violation);
        Value::Null
    }
}

/// Whether the schema takes values of a JSON type; one without `type` takes all.
fn accepts(rules: &Value, name: &str) -> bool {
    let names = type_names(rules);
    names.is_empty() || names.contains(&name)
}

/// The branches of `oneOf` or `anyOf`.
fn alternatives(rules: &Value) -> Option<&Vec<Value>> {
    let branches = rules.get("oneOf").or_else(|| rules.get("anyOf"))?;
    branches.as_array()
}

/// The texts a schema of constants allows.
fn constants(rules: &Value) -> Option<Vec<&str>> {
    if let Some(constant) = rules.get("const") {
        return Some(constant.as_str().into_iter().collect());
    }
    let values = rules.get("enum")?.as_array()?;
    Some(values.iter().filter_map(Value::as_str).collect())
}

/// The `;`-separated parts of a CSV cell, as cells.
fn pieces(text: &str, node: &Node) -> Vec<Node> {
    let piece = |part: &str| Node {
        value: NodeValue::Cell(part.trim().to_owned()),
        place: node.place.clone(),
    };
    text.split(';').map(piece).collect()
}
