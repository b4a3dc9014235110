//! A document's tree with the place of every key and value, whatever it was written in.

use std::sync::Arc;

use super::source::{Place, SourceFile};
use super::text::FilePath;
use super::violation::Violation;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// What stands there.
    pub value: NodeValue,
    /// Where; a table's header for tables.
    pub place: Place,
}

/// What a document may hold.
#[derive(Debug, Clone)]
pub enum NodeValue {
    /// A quoted string.
    Text(String),
    /// An integer; `None` where it does not fit 64 bits.
    Integer(Option<serde_json::Number>),
    /// A float as read: may be infinite (also by overflow) or NaN.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date, a time or both, as written.
    Datetime(String),
    /// Values in order.
    Array(Vec<Node>),
    /// Entries in reading order.
    Table(Vec<Entry>),
    /// An untyped cell of a CSV file: what it is, the schema says.
    Cell(String),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// The entries of a table; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            NodeValue::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a table, moved out.
    pub fn into_entries(self) -> Vec<Entry> {
        match self.value {
            NodeValue::Table(entries) => entries,
            _ => vec![],
        }
    }

    /// The entry of a table called `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The path that a top-level key gives, where it is one, and its place: to follow references
    /// of a document that may have faults elsewhere.
    pub fn path_at(&self, key: &str) -> Option<(FilePath, &Place)> {
        let node = &self.entry(key)?.node;
        let NodeValue::Text(text) = &node.value else {
            return None;
        };
        let path = FilePath::try_from(text.clone()).ok()?;
        Some((path, &node.place))
    }

    /// The document without the top-level entries, and items of top-level arrays, in which a value
    /// or key stands at a place that `is_faulty`.
    pub fn without(&self, is_faulty: impl Fn(&Place) -> bool) -> Node {
        let mut sound = self.clone();
        if let NodeValue::Table(entries) = &mut sound.value {
            for entry in entries.iter_mut() {
                if let NodeValue::Array(items) = &mut entry.node.value {
                    items.retain(|item| !item.holds(&is_faulty));
                }
            }
            entries.retain(|entry| {
                let is_list = matches!(entry.node.value, NodeValue::Array(_));
                !is_faulty(&entry.key_place) && (is_list || !entry.node.holds(&is_faulty))
            });
        }
        sound
    }

    /// Whether a value or key in it stands at such a place.
    fn holds(&self, is_faulty: &impl Fn(&Place) -> bool) -> bool {
        let below = match &self.value {
            NodeValue::Array(items) => items.iter().any(|item| item.holds(is_faulty)),
            NodeValue::Table(entries) => entries
                .iter()
                .any(|entry| is_faulty(&entry.key_place) || entry.node.holds(is_faulty)),
            _ => false,
        };
        below || is_faulty(&self.place)
    }

    fn child(&self, step: &Step<'_>) -> Option<&Node> {
        match (step, &self.value) {
            (Step::Key(key), NodeValue::Table(_)) => self.entry(key).map(|entry| &entry.node),
            (Step::Index(index), NodeValue::Array(items)) => items.get(*index),
            _ => None,
        }
    }
}

/// The places of a document's values, by path such as `position[3].quantity`.
#[derive(Debug, Clone)]
pub struct Places {
    root: Arc<Node>,
}

impl Places {
    /// Of the tree below `root`.
    pub fn new(root: Node) -> Self {
        Self { root: Arc::new(root) }
    }

    /// Place of the value at `path`; of its nearest existing ancestor where it is absent.
    pub fn at(&self, path: &str) -> Place {
        let mut node = &*self.root;
        for step in steps(path) {
            match node.child(&step) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.place.clone()
    }

    /// The places below the value at `path`; of everything where it is absent.
    pub fn below(&self, path: &str) -> Places {
        let step = |node, step| Node::child(node, &step);
        let node = steps(path).try_fold(&*self.root, step);
        Places::new(node.unwrap_or(&self.root).clone())
    }

    /// Whether there is a value at `path`.
    pub fn has(&self, path: &str) -> bool {
        let step = |node, step| Node::child(node, &step);
        steps(path).try_fold(&*self.root, step).is_some()
    }

    /// A violation at `path`.
    pub fn violation(
        &self,
        path: &str,
        title: impl Into<String>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Violation {
        Violation::new(self.at(path), title).expected(expected).help(help)
    }
}

/// A document's value with the places of everything in it.
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    /// The document.
    pub value: T,
    /// Where everything stands; places may lie in several files where one document extends
    /// another.
    pub places: Places,
    /// The file itself.
    pub file: Arc<SourceFile>,
}

impl<T> Parsed<T> {
    /// A part of the document as one of its own: `path` leads to it.
    pub fn part<U>(&self, path: &str, value: U) -> Parsed<U> {
        Parsed { value, places: self.places.below(path), file: Arc::clone(&self.file) }
    }
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// `a."b.c"[3].d` as its steps; anything malformed ends the path.
fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let (step, tail) = next_step(rest)?;
        rest = tail.strip_prefix('.').unwrap_or(tail);
        Some(step)
    })
}

fn next_step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(inner) = path.strip_prefix('[') {
        let (index, tail) = inner.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), tail));
    }
    if let Some(inner) = path.strip_prefix('"') {
        let (key, tail) = inner.split_once('"')?;
        return Some((Step::Key(key), tail));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    (end > 0).then(|| (Step::Key(&path[..end]), &path[end..]))
}
