//! One scenario starting from another, merged by [`merged_over`].

use std::sync::Arc;

use crate::document::{
    Loader, Node, Place, SourceFile, Violation, Violations, merged_over, parse_toml,
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
        tree = merged_over(tree, base_tree);
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
