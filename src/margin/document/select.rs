//! Which rule set a venue means: by name and date, by name and the valuation date, or a file.

use std::sync::Arc;

use jiff::Timestamp;

use super::{read_rules, shipped_rules};
use crate::document::{
    Loader, Place, SourceFile, Violation, Violations, did_you_mean, one_of, quoted,
};
use crate::margin::VenueRules;

/// Rule sets to choose from: the shipped ones and those of files.
#[derive(Debug)]
pub struct RuleSets {
    sets: Vec<RuleSet>,
}

#[derive(Debug)]
struct RuleSet {
    rules: VenueRules,
    /// Of its date, in the file it was read from; `None`: shipped.
    place: Option<Place>,
}

impl RuleSets {
    /// The shipped sets.
    ///
    /// # Errors
    /// A shipped file that does not read; a fault of the build, not of the user.
    pub fn shipped() -> Result<Self, Violations> {
        let set = |rules| RuleSet { rules, place: None };
        Ok(Self { sets: shipped_rules()?.into_iter().map(set).collect() })
    }

    /// Adds the set of a file.
    ///
    /// # Errors
    /// Every violation in it; a name and date that another set has.
    pub fn add(&mut self, file: &Arc<SourceFile>) -> Result<(), Violations> {
        let (rules, place) = read_rules_at(file)?;
        if let Some(other) = self.sets.iter().find(|other| other.rules.id == rules.id) {
            let title = format!("there are margin rules {} already", quoted(&rules.id));
            let violation = Violation::new(place, title).expected("a name and date of its own");
            let violation = match &other.place {
                Some(first) => violation.related(first.clone(), "first here"),
                None => violation.help("this set ships with plimsoll"),
            };
            return Err(violation.into());
        }
        self.sets.push(RuleSet { rules, place: Some(place) });
        Ok(())
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
            return read_rules(&loader.open(name, Some(place))?);
        }
        if let Some(set) = self.sets.iter().find(|set| set.rules.id == name) {
            return Ok(set.rules.clone());
        }
        let named = self.sets.iter().filter(|set| set.rules.name() == name);
        let mut dated: Vec<&RuleSet> = named.collect();
        dated.sort_by(|left, right| left.rules.date().cmp(right.rules.date()));
        if dated.is_empty() {
            return Err(self.unknown(name, place).into());
        }
        let today = as_of.map(date);
        let in_force = |set: &&&RuleSet| today.as_deref().is_none_or(|now| set.rules.date() <= now);
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

fn read_rules_at(file: &Arc<SourceFile>) -> Result<(VenueRules, Place), Violations> {
    let rules = read_rules(file)?;
    let tree = crate::document::parse_toml(file)?;
    let place = tree.entry("effective").map(|entry| entry.node.place.clone());
    Ok((rules, place.unwrap_or_else(|| Place::start_of(file))))
}

/// The UTC date of an instant, as rule sets write theirs.
pub(super) fn date(instant: Timestamp) -> String {
    instant.to_string().chars().take(10).collect()
}
