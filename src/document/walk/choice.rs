//! Alternatives: constants, tables tagged by a constant or by a key, or different types.

use serde_json::Value;

use super::super::node::{Node, NodeValue};
use super::super::suggest::{did_you_mean, one_of};
use super::super::violation::Violation;
use super::super::visible::quoted;
use super::describe::{describe, text_form};
use super::table::{property, property_names};
use super::{Walker, accepts, constants};

impl Walker {
    pub(super) fn choose(
        &mut self,
        rules: &Value,
        branches: &[Value],
        node: &Node,
        label: &str,
    ) -> Value {
        match &node.value {
            NodeValue::Table(_) => self.choose_table(rules, branches, node, label),
            NodeValue::Text(text) | NodeValue::Cell(text) => {
                self.choose_text(rules, branches, text, node, label)
            }
            _ => self.choose_type(rules, branches, node, label),
        }
    }

    fn choose_text(
        &mut self,
        rules: &Value,
        branches: &[Value],
        text: &str,
        node: &Node,
        label: &str,
    ) -> Value {
        let names: Vec<&str> = branches.iter().filter_map(constants).flatten().collect();
        if names.contains(&text) {
            return text.into();
        }
        let free = |rules: &&Value| constants(rules).is_none() && takes(rules, node);
        match branches.iter().find(free) {
            Some(branch) => self.walk(branch, node, label),
            None if names.is_empty() => self.wrong_type(rules, node, label),
            None => self.unknown_value(names, text, describe(rules), node, label),
        }
    }

    /// Reads a constant.
    pub(super) fn constant(&mut self, names: &[&str], node: &Node, label: &str) -> Value {
        match &node.value {
            NodeValue::Text(text) | NodeValue::Cell(text) => {
                if names.contains(&text.as_str()) {
                    return text.as_str().into();
                }
                let expected = one_of(names.iter().copied());
                self.unknown_value(names.to_vec(), text, expected, node, label)
            }
            _ => {
                let rules = serde_json::json!({ "type": "string", "enum": names });
                self.wrong_type(&rules, node, label)
            }
        }
    }

    fn unknown_value(
        &mut self,
        names: Vec<&str>,
        text: &str,
        expected: String,
        node: &Node,
        label: &str,
    ) -> Value {
        let title = format!("unknown {} {}", last_key(label), quoted(text));
        let violation = Violation::new(node.place.clone(), title)
            .expected(expected)
            .help_if(did_you_mean(text, names));
        self.collector.add(violation);
        Value::Null
    }

    fn choose_table(
        &mut self,
        rules: &Value,
        branches: &[Value],
        node: &Node,
        label: &str,
    ) -> Value {
        let tables: Vec<&Value> = branches.iter().filter(|b| takes(b, node)).collect();
        if tables.is_empty() {
            return self.wrong_type(rules, node, label);
        }
        if let Some(tag) = tag_of(&tables) {
            return self.choose_tagged(tag, &tables, node, label);
        }
        let best = tables.iter().rev().max_by_key(|rules| shared_keys(rules, node));
        match best {
            Some(branch) if shared_keys(branch, node) > 0 => self.walk(branch, node, label),
            _ => {
                let title = format!("{} is none of its alternatives", quoted(label));
                self.report(rules, node.place.clone(), title)
            }
        }
    }

    fn choose_tagged(&mut self, tag: &str, tables: &[&Value], node: &Node, label: &str) -> Value {
        let constants = tables.iter().map(|rules| tag_constant(rules, tag));
        let names: Vec<&str> = constants.flatten().collect();
        let Some(entry) = node.entry(tag) else {
            let title = format!("missing key {} in {}", quoted(tag), quoted(label));
            let violation = Violation::new(node.place.clone(), title);
            let expected = format!("{}: {}", quoted(tag), one_of(names));
            self.collector.add(violation.expected(expected));
            return Value::Null;
        };
        let written = match &entry.node.value {
            NodeValue::Text(text) | NodeValue::Cell(text) => text.as_str(),
            _ => return self.constant(&names, &entry.node, tag),
        };
        match tables.iter().find(|rules| tag_constant(rules, tag) == Some(written)) {
            Some(branch) => self.walk(branch, node, label),
            None => self.constant(&names, &entry.node, tag),
        }
    }

    fn choose_type(
        &mut self,
        rules: &Value,
        branches: &[Value],
        node: &Node,
        label: &str,
    ) -> Value {
        match branches.iter().find(|branch| takes(branch, node)) {
            Some(branch) => self.walk(branch, node, label),
            None => self.wrong_type(rules, node, label),
        }
    }
}

/// Whether a branch reads values of the node's type.
fn takes(rules: &Value, node: &Node) -> bool {
    if let Some(branches) = super::alternatives(rules) {
        return branches.iter().any(|branch| takes(branch, node));
    }
    let names: &[&str] = match &node.value {
        NodeValue::Text(_) => &["string"],
        NodeValue::Integer(_) | NodeValue::Float(_) => &["number", "integer"],
        NodeValue::Boolean(_) => &["boolean"],
        NodeValue::Datetime(_) => return text_form(rules).is_some_and(|f| f.name == "date-time"),
        NodeValue::Array(_) => &["array"],
        NodeValue::Table(_) => &["object"],
        NodeValue::Cell(_) => &["string", "number", "integer", "boolean", "array"],
    };
    names.iter().any(|name| accepts(rules, name))
}

/// The key whose constant tells the tables apart.
fn tag_of<'a>(tables: &[&'a Value]) -> Option<&'a str> {
    let first = *tables.first()?;
    let everywhere = |key: &str| tables.iter().all(|rules| tag_constant(rules, key).is_some());
    property_names(first).find(|key| everywhere(key))
}

fn tag_constant<'a>(rules: &'a Value, key: &str) -> Option<&'a str> {
    property(rules, key)?.get("const")?.as_str()
}

fn shared_keys(rules: &Value, node: &Node) -> usize {
    let known = |key: &str| property(rules, key).is_some();
    node.entries().iter().filter(|entry| known(&entry.key)).count()
}

fn last_key(label: &str) -> String {
    if label.is_empty() { "value".to_owned() } else { quoted(label) }
}
