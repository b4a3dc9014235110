//! One scenario starting from another.
//!
//! Merging is shallow, table by table: a key of the extending scenario wins; where both give a
//! table, its keys are merged the same way, one level deep. The base's `name` is not inherited.

use std::sync::Arc;

use crate::document::{
    Entry, Loader, Node, NodeValue, Place, SourceFile, Violation, Violations, parse_toml,
};

/// Bases above one scenario.
const BASES_MAX: usize = 16;

/// The tree of `file`, merged over the trees of what it extends.
pub(super) fn extended(file: &Arc<SourceFile>, loader: &Loader) -> Result<Node, Violations> {
    let mut chain = vec![Arc::clone(file)];
    let mut tree = parse_toml(file)?;
    let mut next = base_of(&tree);
    while let Some((path, place)) = next {
        let base = loader.open(&path, Some(&place))?;
        refuse_cycle(&chain, &base, &place)?;
        let base_tree = parse_toml(&base)?;
        next = base_of(&base_tree);
        tree = merged(tree, base_tree);
        chain.push(base);
    }
    Ok(tree)
}

fn base_of(tree: &Node) -> Option<(String, Place)> {
    let (path, place) = tree.path_at("extends")?;
    Some((path.to_string(), place.clone()))
}

fn refuse_cycle(
    chain: &[Arc<SourceFile>],
    base: &Arc<SourceFile>,
    place: &Place,
) -> Result<(), Violations> {
    let names: Vec<&str> = chain.iter().map(|file| file.name()).collect();
    let title = if names.contains(&base.name()) {
        format!("`extends` goes in a circle: {} → {}", names.join(" → "), base.name())
    } else if chain.len() > BASES_MAX {
        format!("`extends` goes more than {BASES_MAX} files deep")
    } else {
        return Ok(());
    };
    let violation = Violation::new(place.clone(), title)
        .expected("a base that does not lead back here")
        .help("remove one `extends`");
    Err(violation.into())
}

/// `own` over `base`.
fn merged(own: Node, base: Node) -> Node {
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
