//! The scenarios that ship with the program, by name.

use super::extends::extended;
use super::kind::ScenarioKind;
use crate::document::{Loader, Node, NodeValue, embedded};

/// Folders of the library with what stands in them.
pub const SHELVES: [(&str, &str); 3] = [
    ("historical", "what has happened: stated figures with sources, closes and lows apart"),
    ("hypothetical", "what has not happened so, and could"),
    ("regulatory", "what margin rules and regulators look at"),
];

/// A scenario that ships with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryEntry {
    /// Its name: `2020-03-12-close`, `desk`.
    pub name: String,
    /// Its document below `scenarios/`.
    pub path: String,
    /// Its folder of the library; `None`: a scenario with a folder of its own.
    pub shelf: Option<&'static str>,
    /// What kind it is.
    pub kind: ScenarioKind,
    /// Why it exists.
    pub description: String,
}

/// Every scenario that ships, those of the library first, folder by folder, by name.
pub fn library() -> Vec<LibraryEntry> {
    let loader = Loader::shipped();
    let shelved = SHELVES.iter().flat_map(|(shelf, _)| {
        embedded::list(shelf).into_iter().map(move |path| (Some(*shelf), path))
    });
    let own = embedded::scenarios().into_iter();
    let own = own.map(|folder| (None, format!("{folder}/scenario.toml")));
    shelved
        .chain(own)
        .filter(|(_, path)| path.ends_with(".toml"))
        .filter_map(|(shelf, path)| entry(&loader, shelf, path))
        .collect()
}

/// The document of the scenario called `name`, below `scenarios/`.
pub fn library_path(name: &str) -> Option<String> {
    let shelves = SHELVES.iter().map(|(shelf, _)| format!("{shelf}/{name}.toml"));
    let paths = shelves.chain([format!("{name}/scenario.toml"), format!("{name}.toml")]);
    paths.into_iter().find(|path| embedded::file(path).is_some())
}

fn entry(loader: &Loader, shelf: Option<&'static str>, path: String) -> Option<LibraryEntry> {
    let tree = extended(&loader.open(&path, None).ok()?, loader).ok()?;
    Some(LibraryEntry {
        name: text(&tree, "name")?,
        kind: ScenarioKind::of(&tree),
        description: text(&tree, "description").unwrap_or_default(),
        shelf,
        path,
    })
}

fn text(tree: &Node, key: &str) -> Option<String> {
    match &tree.entry(key)?.node.value {
        NodeValue::Text(text) => Some(text.clone()),
        _ => None,
    }
}
