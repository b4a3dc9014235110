//! Holds the code to its shape: who may import whom, who may touch the file system, the clock and
//! the environment, and where unsafe code may stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

const MODULES: &[&str] = &[
    "backtest",
    "catalogue",
    "cli",
    "document",
    "engine",
    "estimation",
    "margin",
    "market",
    "numeric",
    "outcome",
    "portfolio",
    "pricing",
    "report",
    "risk",
    "scenario",
    "simulation",
    "study",
    "threshold",
    "units",
];

/// What each module may import from the crate, besides itself and `units`.
fn allowed(module: &str) -> BTreeSet<&'static str> {
    let names: &[&str] = match module {
        "numeric" | "outcome" | "document" | "units" => &[],
        "market" => &["numeric", "document"],
        "portfolio" => &["document"],
        "estimation" => &["numeric", "market"],
        "scenario" => &["document", "market"],
        "simulation" => &["numeric", "market", "estimation", "scenario"],
        "pricing" => &["numeric", "market", "portfolio", "simulation"],
        "margin" => &["numeric", "document", "market", "portfolio", "simulation", "pricing"],
        "risk" => &["numeric"],
        "threshold" => &["numeric", "document", "estimation", "risk", "margin"],
        "backtest" => &["numeric", "risk", "threshold"],
        "report" | "catalogue" => &["outcome", "document"],
        "engine" => &[
            "numeric",
            "outcome",
            "document",
            "market",
            "portfolio",
            "estimation",
            "scenario",
            "simulation",
            "pricing",
            "margin",
            "risk",
            "threshold",
        ],
        // All above it: whole runs, and what their documents hold.
        "study" => &[
            "numeric",
            "outcome",
            "document",
            "market",
            "portfolio",
            "estimation",
            "scenario",
            "simulation",
            "pricing",
            "margin",
            "risk",
            "threshold",
            "backtest",
            "engine",
        ],
        "cli" => MODULES,
        other => panic!("module {other} has no rule: add it to the table in the design"),
    };
    names.iter().copied().collect()
}

struct Usage {
    /// Paths such as `crate::risk::X`, as segments.
    paths: Vec<Vec<String>>,
    unsafe_code: bool,
}

impl Usage {
    fn of(file: &syn::File) -> Self {
        let mut usage = Self { paths: Vec::new(), unsafe_code: false };
        usage.visit_file(file);
        usage
    }

    fn use_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                let mut longer = prefix.to_vec();
                longer.push(path.ident.to_string());
                self.use_tree(&longer, &path.tree);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.use_tree(prefix, item));
            }
            syn::UseTree::Name(name) => self.leaf(prefix, name.ident.to_string()),
            syn::UseTree::Rename(rename) => self.leaf(prefix, rename.ident.to_string()),
            syn::UseTree::Glob(_) => self.paths.push(prefix.to_vec()),
        }
    }

    fn leaf(&mut self, prefix: &[String], name: String) {
        let mut path = prefix.to_vec();
        path.push(name);
        self.paths.push(path);
    }
}

impl<'ast> Visit<'ast> for Usage {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.unsafe_code = true;
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.unsafe_code |= signature.unsafety.is_some();
        visit::visit_signature(self, signature);
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("entry can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `(module, path from src, usage)` of every source file.
fn sources() -> Vec<(String, String, Usage)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.len() > 30, "the source tree was not found");
    let parse = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("source can be read");
        let relative = path.strip_prefix(&src).expect("under src").to_string_lossy().into_owned();
        let module = relative.split(['/', '.']).next().expect("a name").to_owned();
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{relative}: {error}"));
        (module, relative, Usage::of(&file))
    };
    files.iter().map(parse).collect()
}

fn crate_module(path: &[String]) -> Option<&str> {
    match path {
        [root, module, ..] if root == "crate" || root == "plimsoll" => Some(module),
        _ => None,
    }
}

#[test]
fn modules_import_only_what_the_design_allows() {
    let mut faults = Vec::new();
    for (module, file, usage) in sources() {
        if module == "lib" || module == "main" {
            continue;
        }
        let allowed = allowed(&module);
        for target in usage.paths.iter().filter_map(|path| crate_module(path)) {
            let known = MODULES.contains(&target);
            if known && target != module && target != "units" && !allowed.contains(target) {
                faults.push(format!("{file}: {module} may not import {target}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_module_climbs_out_by_super() {
    let mut faults = Vec::new();
    for (_, file, usage) in sources() {
        let depth = file.matches('/').count() + usize::from(!file.ends_with("mod.rs"));
        let climbs = |path: &Vec<String>| path.iter().take_while(|part| *part == "super").count();
        // One level more is open to a file's inline `tests` module.
        if usage.paths.iter().any(|path| climbs(path) > depth) {
            faults.push(file);
        }
    }
    assert!(faults.is_empty(), "super:: out of the module: {faults:?}");
}

#[test]
fn only_document_touches_files_and_only_cli_knows_clock_and_environment() {
    let mut faults = Vec::new();
    // A module's own tests may make scratch folders.
    let code = sources().into_iter().filter(|(_, file, _)| !file.contains("tests"));
    for (module, file, usage) in code {
        for path in &usage.paths {
            let text = path.join("::");
            let files = ["std::fs", "tempfile"];
            let world = ["std::env", "std::time", "Instant::now", "SystemTime", "Timestamp::now"];
            let touches = |names: &[&str]| names.iter().any(|name| text.starts_with(name));
            if touches(&files) && module != "document" {
                faults.push(format!("{file}: {text}"));
            }
            if touches(&world) && module != "cli" && module != "main" {
                faults.push(format!("{file}: {text}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn unsafe_code_stands_in_the_kernel_module_alone() {
    let place = |(module, file, usage): (String, String, Usage)| {
        usage.unsafe_code.then_some((module, file))
    };
    let found: BTreeMap<String, String> =
        sources().into_iter().filter_map(place).map(|(module, file)| (file, module)).collect();
    for (file, module) in &found {
        assert_eq!(module, "numeric", "unsafe code in {file}");
    }
}

#[test]
fn the_check_sees_a_forbidden_import() {
    let file = syn::parse_file("use crate::engine::{run, Plan}; fn f() { crate::cli::main(); }");
    let usage = Usage::of(&file.expect("it parses"));
    let seen: BTreeSet<&str> = usage.paths.iter().filter_map(|path| crate_module(path)).collect();
    assert_eq!(seen, BTreeSet::from(["cli", "engine"]));
}
