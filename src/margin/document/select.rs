//! Which rule set a venue means: by name and date, by name and the valuation date, or a file.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::{read_rules_tree, shipped_files};
use crate::document::{
    Loader, Node, Place, SourceFile, Violation, Violations, did_you_mean, merged_over, one_of,
    parse_toml, quoted,
};
use crate::margin::VenueRules;

/// Rule sets to choose from: the shipped ones and those of files.
#[derive(Debug)]
pub struct RuleSets {
    sets: Vec<Arc<RuleSet>>,
}

#[derive(Debug)]
struct RuleSet {
    rules: VenueRules,
    /// With what it extends.
    tree: Node,
    /// Of its date, in the file it was read from; `None`: shipped.
    place: Option<Place>,
}

impl RuleSets {
    /// The shipped sets.
    ///
    /// # Errors
    /// A shipped file that does not read; a fault of the build, not of the user.
    pub fn shipped() -> Result<Self, Violations> {
        static READ: OnceLock<Result<Vec<Arc<RuleSet>>, Violations>> = OnceLock::new();
        let read = READ.get_or_init(|| Self::read_shipped().map(|read| read.sets));
        read.clone().map(|sets| Self { sets })
    }

    fn read_shipped() -> Result<Self, Violations> {
        let mut sets = Self { sets: Vec::new() };
        for file in shipped_files() {
            let set = sets.read(&file)?;
            sets.sets.push(Arc::new(RuleSet { place: None, ..set }));
        }
        Ok(sets)
    }

    /// Adds the set of a file.
    ///
    /// # Errors
    /// Every violation in it; a name and date that another set has.
    pub fn add(&mut self, file: &Arc<SourceFile>) -> Result<(), Violations> {
        let set = self.read(file)?;
        if let Some(other) = self.sets.iter().find(|other| other.rules.id == set.rules.id) {
            let title = format!("there are margin rules {} already", quoted(&set.rules.id));
            let place = set.place.unwrap_or_else(|| Place::start_of(file));
            let violation = Violation::new(place, title).expected("a name and date of its own");
            let violation = match &other.place {
                Some(first) => violation.related(first.clone(), "first here"),
                None => violation.help("this set ships with plimsoll"),
            };
            return Err(violation.into());
        }
        self.sets.push(Arc::new(set));
        Ok(())
    }

    /// Reads a set, over the one that it starts from.
    fn read(&self, file: &Arc<SourceFile>) -> Result<RuleSet, Violations> {
        let own = parse_toml(file)?;
        let base = own.path_at("extends").map(|(name, place)| (name.to_string(), place.clone()));
        let tree = match base {
            None => own,
            Some((name, place)) => {
                let base = self.sets.iter().find(|set| set.rules.id == name);
                let base = base.ok_or_else(|| self.unknown(&name, &place))?;
                merged_over(own, base.tree.clone())
            }
        };
        let rules = read_rules_tree(file, tree.clone())?;
        let place = tree.entry("effective").map(|entry| entry.node.place.clone());
        Ok(RuleSet { rules, tree, place })
    }

    /// The rules that a venue names: `name@date`, or `name` for the latest date that is not after
    /// `as_of` (the latest of all where that is not known), or a file that ends with `.toml`.
    ///
    /// # Errors
    /// No such rules, none that old, or a file that does not read.
    pub fn select(
        &self,
        name: &str,
        place: &Place,
        as_of: Option<Timestamp>,
        loader: &Loader,
    ) -> Result<VenueRules, Violations> {
        if name.ends_with(".toml") {
            return self.read(&loader.open(name, Some(place))?).map(|set| set.rules);
        }
        if let Some(set) = self.sets.iter().find(|set| set.rules.id == name) {
            return Ok(set.rules.clone());
        }
        let named = self.sets.iter().filter(|set| set.rules.name() == name);
        let mut dated: Vec<&Arc<RuleSet>> = named.collect();
        dated.sort_by(|left, right| left.rules.date().cmp(right.rules.date()));
        if dated.is_empty() {
            return Err(self.unknown(name, place).into());
        }
        let today = as_of.map(date);
        let in_force =
            |set: &&&Arc<RuleSet>| today.as_deref().is_none_or(|now| set.rules.date() <= now);
        let latest = dated.iter().rev().find(in_force);
        latest.map(|set| set.rules.clone()).ok_or_else(|| {
            let now = today.clone().unwrap_or_default();
            let title = format!("no margin rules {} are in force on {now}", quoted(name));
            let ids = dated.iter().map(|set| set.rules.id.as_str());
            let violation = Violation::new(place.clone(), title)
                .expected(one_of(ids))
                .help("name a set with its date to use it before it takes effect");
            violation.into()
        })
    }

    fn unknown(&self, name: &str, place: &Place) -> Violation {
        let known = || self.sets.iter().map(|set| set.rules.id.as_str());
        Violation::new(place.clone(), format!("no margin rules are called {}", quoted(name)))
            .expected(one_of(known()))
            .help_if(did_you_mean(name, known()))
    }
}

/// The UTC date of an instant, as rule sets write theirs.
pub(super) fn date(instant: Timestamp) -> String {
    instant.to_string().chars().take(10).collect()
}
