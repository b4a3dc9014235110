//! One document starting from another.
//!
//! Merging is shallow, table by table: a key of the extending document wins; where both give a
//! table, its keys are merged the same way, one level deep. The base's `name` is not inherited.

use super::node::{Entry, Node, NodeValue};

/// `own` over `base`.
pub fn merged_over(own: Node, base: Node) -> Node {
    let inherited = |entry: &Entry| !["name", "$schema"].contains(&entry.key.as_str());
    let entries = base.into_entries().into_iter().filter(inherited).collect();
    merge_tables(own, entries, Depth::Document)
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Document,
    Table,
}

fn merge_tables(own: Node, base: Vec<Entry>, depth: Depth) -> Node {
    let place = own.place.clone();
    let mut entries = own.into_entries();
    for inherited in base {
        let position = entries.iter().position(|entry| entry.key == inherited.key);
        match position {
            None => entries.push(inherited),
            Some(index) if depth == Depth::Document => merge_entry(&mut entries[index], inherited),
            Some(_) => {}
        }
    }
    Node { value: NodeValue::Table(entries), place }
}

fn merge_entry(own: &mut Entry, base: Entry) {
    let is_table = |node: &Node| matches!(node.value, NodeValue::Table(_));
    if is_table(&own.node) && is_table(&base.node) {
        let node = own.node.clone();
        own.node = merge_tables(node, base.node.into_entries(), Depth::Table);
    }
}
