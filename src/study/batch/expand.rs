//! From the batch document to its runs: folders listed, documents found, names told apart.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::document::{BatchDocument, OverridesDocument};
use super::{LoadedBatch, PlannedRun, RUNS_MAX};
use crate::document::{
    Confinement, FilePath, Loader, Parsed, SHIPPED, Violation, ViolationCollector, Violations,
    documents_in, parse_toml, quoted, read_toml,
};
use crate::engine::{Member, Overrides, heading};
use crate::units::grouped;

/// Whether the document at `path` lists scenarios.
pub(super) fn lists_scenarios(path: &Path, confinement: Confinement) -> bool {
    let (folder, name) = split(path);
    let tree = Loader::new(&folder, confinement)
        .and_then(|loader| loader.open(&name, None))
        .and_then(|file| parse_toml(&file));
    tree.is_ok_and(|tree| tree.entry("scenarios").is_some())
}

/// Reads a batch and lists its runs.
pub(super) fn read(
    path: &Path,
    confinement: Confinement,
    overrides: Overrides,
) -> Result<LoadedBatch, Violations> {
    let (folder, name) = split(path);
    let loader = Loader::new(&folder, confinement)?;
    let parsed: Parsed<BatchDocument> = read_toml(&loader.open(&name, None)?)?;
    let files = loader.inputs();
    let mut expansion = Expansion {
        parsed: &parsed,
        loader: &loader,
        folder: &folder,
        collector: ViolationCollector::default(),
    };
    let scenarios = expansion.scenarios();
    let books = expansion.books();
    let policies = expansion.policies();
    expansion.check_size(scenarios.len() * books.len() * policies.len());
    let runs = expansion.collector.finish(()).map(|()| combined(&scenarios, &books, &policies))?;
    let document = parsed.value;
    Ok(LoadedBatch {
        name: document.name.to_string(),
        description: document.description.to_string(),
        runs,
        overrides: over(overrides, &document.overrides),
        files,
        folder,
        confinement,
    })
}

/// The command line's changes, and the document's where it makes none.
fn over(given: Overrides, document: &OverridesDocument) -> Overrides {
    Overrides { paths: given.paths.or(document.paths), seed: given.seed.or(document.seed), ..given }
}

fn split(path: &Path) -> (PathBuf, String) {
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    (folder, name.unwrap_or_default())
}

/// A scenario with its folder and the folder's real place.
struct FoundScenario {
    name: String,
    folder: PathBuf,
    real: PathBuf,
    document: String,
}

/// A document that takes a scenario's place for its own: name and where it is.
struct Choice {
    name: String,
    path: ChoicePath,
}

enum ChoicePath {
    Shipped(String),
    Real(PathBuf),
}

struct Expansion<'a> {
    parsed: &'a Parsed<BatchDocument>,
    loader: &'a Loader,
    folder: &'a Path,
    collector: ViolationCollector,
}

impl Expansion<'_> {
    fn scenarios(&mut self) -> Vec<FoundScenario> {
        let mut found = Vec::new();
        let mut first_at: BTreeMap<String, usize> = BTreeMap::new();
        for (index, path) in self.parsed.value.scenarios.iter().enumerate() {
            for path in self.documents(index, path) {
                let Some(scenario) = self.scenario(index, &path) else { continue };
                // Folders of some systems do not tell cases apart.
                let key = scenario.name.to_ascii_lowercase();
                if let Some(earlier) = first_at.insert(key, index) {
                    self.twice(&scenario, [earlier, index]);
                }
                found.push(scenario);
            }
        }
        found
    }

    /// The documents that an item of `scenarios` stands for.
    fn documents(&mut self, index: usize, path: &FilePath) -> Vec<String> {
        let place = self.parsed.places.at(&format!("scenarios[{index}]"));
        let Some(found) = self.collector.absorb(self.loader.find(path.as_str(), Some(&place)))
        else {
            return vec![];
        };
        let Some(real) = found else { return vec![path.to_string()] };
        let listed = match documents_in(&real) {
            Ok(None) => return vec![path.to_string()],
            Ok(Some(listed)) => listed,
            Err(error) => {
                let title = format!("cannot read the folder {}: {error}", quoted(path.as_str()));
                self.collector.add(Violation::new(place, title));
                return vec![];
            }
        };
        let typed = Path::new(path.as_str());
        let names = listed.iter().map(|one| typed.join(one).to_string_lossy().into_owned());
        // A document that cannot be read may be a scenario: its faults show when it is run.
        let may_be = |path: &String| {
            heading(path, &self.loader.sibling()).map_or(true, |heading| heading.is_scenario)
        };
        let scenarios: Vec<String> = names.filter(may_be).collect();
        if scenarios.is_empty() {
            let title = format!("there is no scenario in the folder {}", quoted(path.as_str()));
            let violation = Violation::new(place, title)
                .expected("a folder of scenario documents, or of folders with a scenario.toml");
            self.collector.add(violation);
        }
        scenarios
    }

    fn scenario(&mut self, index: usize, path: &str) -> Option<FoundScenario> {
        let place = self.parsed.places.at(&format!("scenarios[{index}]"));
        let real = self.collector.absorb(self.loader.find(path, Some(&place)))?;
        let named = heading(path, &self.loader.sibling()).ok().and_then(|heading| heading.name);
        let name = named.unwrap_or_else(|| folder_name(path));
        let Some(real) = real else {
            let (folder, document) = (self.folder.to_path_buf(), path.to_owned());
            let real = std::path::absolute(self.folder).unwrap_or_else(|_| folder.clone());
            return Some(FoundScenario { name, real, folder, document });
        };
        let (inside, document) = split(Path::new(path));
        let real = real.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Some(FoundScenario { name, folder: self.folder.join(inside), real, document })
    }

    fn twice(&mut self, scenario: &FoundScenario, [earlier, index]: [usize; 2]) {
        let place = self.parsed.places.at(&format!("scenarios[{index}]"));
        let title = format!("two scenarios are named {}", quoted(&scenario.name));
        let violation = Violation::new(place, title)
            .found(format!("the second is {}", scenario.folder.join(&scenario.document).display()))
            .expected("names of their own, upper and lower case not told apart")
            .help("change the `name` of one of them: it names the folder of its results")
            .related(self.parsed.places.at(&format!("scenarios[{earlier}]")), "the first");
        self.collector.add(violation);
    }

    fn books(&mut self) -> Vec<Option<Choice>> {
        let books = self.parsed.value.book.iter();
        let listed = books.map(|book| (book.name.to_string(), book.portfolio.to_string()));
        let listed: Vec<_> = listed.collect();
        self.choices("book", "portfolio", &listed)
    }

    fn policies(&mut self) -> Vec<Option<Choice>> {
        let policies = self.parsed.value.policy.iter();
        let listed = policies.map(|policy| (policy.name.to_string(), policy.document.to_string()));
        let listed: Vec<_> = listed.collect();
        self.choices("policy", "document", &listed)
    }

    /// What is listed under `table`, or `None` alone: the scenario's own.
    fn choices(
        &mut self,
        table: &str,
        key: &str,
        listed: &[(String, String)],
    ) -> Vec<Option<Choice>> {
        if listed.is_empty() {
            return vec![None];
        }
        let mut first_at: BTreeMap<String, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for (index, (name, path)) in listed.iter().enumerate() {
            if let Some(earlier) = first_at.insert(name.to_ascii_lowercase(), index) {
                let at = |index| self.parsed.places.at(&format!("{table}[{index}].name"));
                let title = format!("the name {} is used twice", quoted(name));
                let violation = Violation::new(at(index), title)
                    .expected("names of their own, upper and lower case not told apart")
                    .related(at(earlier), "the first");
                self.collector.add(violation);
            }
            let place = self.parsed.places.at(&format!("{table}[{index}].{key}"));
            let loader = self.loader.sibling();
            if self.collector.absorb(loader.open(path, Some(&place))).is_none() {
                continue;
            }
            let Some(real) = self.collector.absorb(self.loader.find(path, Some(&place))) else {
                continue;
            };
            let path = real.map_or_else(|| ChoicePath::Shipped(path.clone()), ChoicePath::Real);
            found.push(Some(Choice { name: name.clone(), path }));
        }
        found
    }

    fn check_size(&mut self, count: usize) {
        if count > RUNS_MAX {
            let violation = Violation::new(self.parsed.places.at("scenarios"), "too many runs")
                .found(format!("{} of scenario, book and policy", grouped(count as f64, 0)))
                .expected(format!("at most {}", grouped(RUNS_MAX as f64, 0)))
                .help("split the batch");
            self.collector.add(violation);
        }
    }
}

/// Every scenario on every book under every policy.
fn combined(
    scenarios: &[FoundScenario],
    books: &[Option<Choice>],
    policies: &[Option<Choice>],
) -> Vec<PlannedRun> {
    let mut runs = Vec::with_capacity(scenarios.len() * books.len() * policies.len());
    for scenario in scenarios {
        for book in books {
            for policy in policies {
                runs.push(run(scenario, book.as_ref(), policy.as_ref()));
            }
        }
    }
    runs
}

/// No name holds a dot, so that names joined by dots are told apart.
fn run(scenario: &FoundScenario, book: Option<&Choice>, policy: Option<&Choice>) -> PlannedRun {
    let name = |choice: Option<&Choice>| choice.map(|choice| choice.name.clone());
    let path = |choice: Option<&Choice>| {
        choice.map(|choice| match &choice.path {
            ChoicePath::Shipped(path) => path.clone(),
            ChoicePath::Real(path) => relative(&scenario.real, path),
        })
    };
    let (book_name, policy_name) = (name(book), name(policy));
    let parts = [Some(scenario.name.clone()), book_name.clone(), policy_name.clone()];
    PlannedRun {
        name: parts.into_iter().flatten().collect::<Vec<_>>().join("."),
        scenario: scenario.name.clone(),
        book: book_name,
        policy: policy_name,
        member: Member {
            folder: scenario.folder.clone(),
            scenario: scenario.document.clone(),
            portfolio: path(book),
            policy: path(policy),
        },
    }
}

/// The path from `folder` to `file`, both absolute without links: as a scenario would name it.
fn relative(folder: &Path, file: &Path) -> String {
    let from: Vec<Component> = folder.components().collect();
    let to: Vec<Component> = file.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - common);
    let path: PathBuf = up.chain(to[common..].iter().copied()).collect();
    path.to_string_lossy().into_owned()
}

/// A name for a scenario whose own cannot be read, from its file's.
fn folder_name(path: &str) -> String {
    let path = Path::new(path.strip_prefix(SHIPPED).unwrap_or(path));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let parent = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy());
    let stem = match (&*stem, parent) {
        ("scenario", Some(parent)) => parent.into_owned(),
        _ => stem.into_owned(),
    };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let name: String =
        stem.chars().map(|letter| if plain(letter) { letter } else { '_' }).take(60).collect();
    format!("s{name}").split_off(usize::from(name.starts_with(|l: char| l.is_ascii_alphanumeric())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_between_folders_are_as_a_scenario_names_them() {
        let path = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(path("/a/scenarios", "/a/books/main.toml"), "../books/main.toml");
        assert_eq!(path("/a", "/a/books/main.toml"), "books/main.toml");
        assert_eq!(path("/a/b/c", "/a/main.toml"), "../../main.toml");
    }

    #[test]
    fn names_from_files_can_be_folders() {
        assert_eq!(folder_name("scenarios/crash 1.toml"), "crash_1");
        assert_eq!(folder_name("crash/scenario.toml"), "crash");
        assert_eq!(folder_name("..toml"), "s_");
        assert_eq!(folder_name("shipped:desk/scenario.toml"), "desk");
    }
}
