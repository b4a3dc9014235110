//! The shock kind of a scenario document: stated moves instead of drawn ones.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::settings::{ReturnKind, Revaluation, SamplingSettings, SimulationSettings};
use super::shock::{
    AbsentAssets, AssetGroup, FollowedBeta, MoveSize, Propagation, ShockLeg, ShockResult,
    ShockSettings, StatedMove,
};
use crate::document::{
    AssetSelector, Change, DurationText, FactorName, FactorSelector, Figure, Name, Number, Parsed,
    Rate, SymbolName, Violation, ViolationCollector, Violations, quoted,
};
use crate::units::{Symbol, Years};

/// Stated moves of factors, at once or in legs over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShockDocument {
    /// Moves that come at once, e.g. `"BTC.spot" = "-39.5%"`; the keys name a factor, those of a
    /// group (`"alts.spot"`) or all of a kind (`"*.spot"`), and the most specific wins. In the
    /// place of legs.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 10_000))]
    pub moves: BTreeMap<FactorSelector, MoveDocument>,
    /// Venues that fail with these moves.
    #[serde(default)]
    pub venue_failed: Vec<Name>,
    /// Moves in legs, one after the other.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub leg: Vec<LegDocument>,
    /// How long the book is followed. Left out: to the end of the last leg.
    pub horizon: Option<DurationText>,
    /// Accounts are looked at at least so often, where time passes.
    #[serde(default = "hour")]
    pub every: DurationText,
    /// Names for several assets, e.g. `alts = ["SOL", "XRP"]`.
    #[serde(default)]
    pub groups: BTreeMap<SymbolName, Vec<SymbolName>>,
    /// Relative change of the depth and volume of order books throughout, by asset, group or `*`;
    /// acts where orders move prices.
    #[serde(default)]
    pub depth: BTreeMap<AssetSelector, Rate>,
    /// What factors do that no leg names: they stay (`"none"`), take the medians of their
    /// distribution under the model given the named ones (`"conditional"`), or follow others.
    #[serde(default)]
    pub propagation: PropagationDocument,
    /// What becomes of named assets that the market lacks.
    #[serde(default)]
    pub absent: AbsentAssets,
    /// One path, or the loss distribution given the named moves.
    #[serde(default)]
    pub result: ShockResult,
}

/// Moves that come together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegDocument {
    /// Time since the end of the leg before, or since today; left out: none.
    pub after: Option<DurationText>,
    /// Time that the moves take, evenly in logarithms; left out: they come at once.
    pub over: Option<DurationText>,
    /// The moves, relative to the levels before the leg.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 10_000))]
    pub moves: BTreeMap<FactorSelector, MoveDocument>,
    /// Venues that fail as the leg begins.
    #[serde(default)]
    pub venue_failed: Vec<Name>,
}

/// The move of a factor: a change (`"-39.5%"`; `"+20pt"` of a volatility), or the level it moves to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MoveDocument {
    /// Relative; of basis and funding, and in points, added.
    By(Change),
    /// To a level.
    To(LevelDocument),
}

/// The level that a factor moves to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelDocument {
    /// USD of a spot or peg, the 30-day volatility, the funding rate of 8 hours.
    pub level: Figure,
}

/// What factors do that no leg names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PropagationDocument {
    /// They stay.
    #[default]
    None,
    /// They take the medians of their conditional distribution under the model.
    Conditional,
    /// Log moves of others times a number; the keys are those of moves, the rest stays.
    Betas(BTreeMap<FactorSelector, FollowerDocument>),
}

/// The factor that others follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowerDocument {
    /// A factor, e.g. `BTC.spot`.
    pub of: FactorName,
    /// Log move of the follower over that of the factor.
    pub beta: Number,
}

fn hour() -> DurationText {
    DurationText::try_from("1h".to_owned()).expect("an hour is a time")
}

/// The time at which moves that come at once have come: a millisecond from now.
pub(super) const AT_ONCE: f64 = 1e-3 / crate::units::SECONDS_PER_YEAR;

/// The shock of a document.
pub(super) fn shock(
    parsed: &Parsed<ScenarioDocument>,
) -> Result<Option<ShockSettings>, Violations> {
    let Some(document) = &parsed.value.shock else { return Ok(None) };
    let reader = Reader { parsed, document };
    let mut found = ViolationCollector::default();
    reader.check_groups(&mut found);
    let legs = reader.legs(&mut found);
    let end = legs.last().map_or(0.0, |leg| leg.ends().get());
    let horizon = document.horizon.as_ref().map_or(end, |one| one.years().get());
    reader.check_times(&legs, horizon, &mut found);
    let groups: Vec<AssetGroup> = document.groups.iter().map(group).collect();
    for (index, leg) in legs.iter().enumerate() {
        reader.check_rivals((index, leg), &groups, &mut found);
    }
    reader.check_depth(&groups, &mut found);
    reader.check_distribution(&legs, &mut found);
    found.finish(Some(ShockSettings {
        legs,
        horizon: Years(horizon),
        every: document.every.years(),
        groups,
        depth: document.depth.iter().map(|(key, rate)| (key.to_string(), rate.get())).collect(),
        propagation: propagation(&document.propagation),
        absent: document.absent,
        result: document.result,
    }))
}

fn group((name, members): (&SymbolName, &Vec<SymbolName>)) -> AssetGroup {
    let members = members.iter().map(SymbolName::symbol).collect();
    AssetGroup { name: name.to_string(), members }
}

fn propagation(document: &PropagationDocument) -> Propagation {
    match document {
        PropagationDocument::None => Propagation::None,
        PropagationDocument::Conditional => Propagation::Conditional,
        PropagationDocument::Betas(betas) => {
            let beta = |(selector, follower): (&FactorSelector, &FollowerDocument)| FollowedBeta {
                selector: selector.to_string(),
                of: follower.of.to_string(),
                beta: follower.beta.get(),
            };
            Propagation::Betas(betas.iter().map(beta).collect())
        }
    }
}

fn stated((selector, size): (&FactorSelector, &MoveDocument)) -> StatedMove {
    let size = match size {
        MoveDocument::By(Change::Relative(change)) => MoveSize::Change(*change),
        MoveDocument::By(Change::Points(points)) => MoveSize::Points(*points),
        MoveDocument::To(to) => MoveSize::Level(to.level.get()),
    };
    StatedMove { selector: selector.to_string(), size }
}

/// How much is walked of a shock.
pub(super) fn simulation(settings: &ShockSettings) -> SimulationSettings {
    SimulationSettings {
        horizon: settings.horizon,
        steps: 1,
        paths: 1,
        precision: None,
        paths_max: 1,
        seed: 0,
        returns: ReturnKind::Log,
        revaluation: Revaluation::Full,
        sampling: SamplingSettings::default(),
    }
}

/// Path of a leg in the document: `shock` where the moves stand without legs.
pub fn leg_path(document: &ShockDocument, leg: usize) -> String {
    if document.leg.is_empty() { "shock".to_owned() } else { format!("shock.leg[{leg}]") }
}

struct Reader<'a> {
    parsed: &'a Parsed<ScenarioDocument>,
    document: &'a ShockDocument,
}

impl Reader<'_> {
    fn fault(&self, path: &str, title: impl Into<String>) -> Violation {
        Violation::new(self.parsed.places.at(path), title)
    }

    fn legs(&self, found: &mut ViolationCollector) -> Vec<ShockLeg> {
        let document = self.document;
        let at_once = !document.moves.is_empty() || !document.venue_failed.is_empty();
        if document.leg.is_empty() {
            if !at_once {
                let nothing =
                    self.fault("shock", "a shock in which nothing moves and nobody fails");
                found.add(
                    nothing.expected("`moves`, `venue_failed` or at least one `[[shock.leg]]`"),
                );
            }
            return vec![ShockLeg {
                begins: Years(AT_ONCE),
                lasts: Years(0.0),
                moves: document.moves.iter().map(stated).collect(),
                venues_failed: document.venue_failed.iter().map(Name::to_string).collect(),
            }];
        }
        if at_once {
            let key = if document.moves.is_empty() { "venue_failed" } else { "moves" };
            let both = self.fault(&format!("shock.{key}"), format!("`{key}` and legs"));
            found.add(both.expected("one or the other").help("make them a leg of their own"));
        }
        let mut time = 0.0;
        let leg = |leg: &LegDocument| {
            let length =
                |text: &Option<DurationText>| text.as_ref().map_or(0.0, |text| text.years().get());
            let begins = time + length(&leg.after);
            let lasts = length(&leg.over);
            // What comes at once comes after now.
            let begins = if lasts == 0.0 { begins.max(AT_ONCE) } else { begins };
            time = begins + lasts;
            ShockLeg {
                begins: Years(begins),
                lasts: Years(lasts),
                moves: leg.moves.iter().map(stated).collect(),
                venues_failed: leg.venue_failed.iter().map(Name::to_string).collect(),
            }
        };
        document.leg.iter().map(leg).collect()
    }

    /// Legs inside the horizon, one after the other.
    fn check_times(&self, legs: &[ShockLeg], horizon: f64, found: &mut ViolationCollector) {
        for (index, leg) in legs.iter().enumerate() {
            let path = leg_path(self.document, index);
            let before = index.checked_sub(1).map(|before| legs[before].ends().get());
            if leg.lasts.get() == 0.0 && before.is_some_and(|before| leg.begins.get() <= before) {
                let same = self.fault(&path, "a leg at the same time as the one before it");
                found.add(same.expected("`after` or `over`").help("or join the two legs"));
            }
            if leg.moves.is_empty() && leg.venues_failed.is_empty() && !self.document.leg.is_empty()
            {
                let idle = self.fault(&path, "a leg in which nothing moves and nobody fails");
                found.add(idle.expected("`moves` or `venue_failed`"));
            }
            if leg.ends().get() > horizon * (1.0 + 1e-9) {
                let title = format!(
                    "leg {} ends {:.6} days from today, after the horizon of {:.6} days",
                    index + 1,
                    leg.ends().days(),
                    Years(horizon).days()
                );
                let key = if leg.lasts.get() > 0.0 { "over" } else { "after" };
                let late = self.fault(&format!("{path}.{key}"), title);
                found.add(late.expected("legs that end before `shock.horizon`, or no horizon"));
            }
        }
    }

    /// A group called as one of the assets named here says two things.
    fn check_groups(&self, found: &mut ViolationCollector) {
        for (name, members) in &self.document.groups {
            let path = format!("shock.groups.\"{name}\"");
            if members.is_empty() {
                found.add(self.fault(&path, "a group of nothing").expected("its assets"));
            }
            let is_member = self.document.groups.values().any(|group| group.contains(name));
            if is_member {
                let title = format!("{} is a group, and an asset of one", quoted(name.as_str()));
                found.add(self.fault(&path, title).expected("a name that no asset has"));
            }
            for (index, member) in members.iter().enumerate() {
                if members[..index].contains(member) {
                    let path = format!("{path}[{index}]");
                    let title = format!("{} is in the group twice", quoted(member.as_str()));
                    found.add(self.fault(&path, title));
                }
            }
        }
    }

    /// Two groups that move one asset differently, where the asset is not named itself.
    fn check_rivals(
        &self,
        (index, leg): (usize, &ShockLeg),
        groups: &[AssetGroup],
        found: &mut ViolationCollector,
    ) {
        let mut first: BTreeMap<(&Symbol, &str), &StatedMove> = BTreeMap::new();
        let named: std::collections::BTreeSet<&str> =
            leg.moves.iter().map(|one| one.selector.as_str()).collect();
        for stated in &leg.moves {
            let Some((selected, kind)) = stated.selector.split_once('.') else { continue };
            let Some(group) = groups.iter().find(|group| group.name == selected) else { continue };
            for member in &group.members {
                if named.contains(format!("{member}.{kind}").as_str()) {
                    continue;
                }
                let rival = *first.entry((member, kind)).or_insert(stated);
                if rival.size != stated.size {
                    let moves = format!("{}.moves", leg_path(self.document, index));
                    let path = |one: &StatedMove| format!("{moves}.\"{}\"", one.selector);
                    let title = format!("{member}.{kind} moves in two ways, by two groups");
                    let earlier = self.parsed.places.at(&path(rival));
                    let fault = self.fault(&path(stated), title);
                    let fault = fault.expected("the same move, or one group");
                    let help = format!("state `\"{member}.{kind}\"` itself: it wins over groups");
                    found.add(fault.help(help).related(earlier, "the other is here"));
                }
            }
        }
    }

    fn check_depth(&self, groups: &[AssetGroup], found: &mut ViolationCollector) {
        for (key, change) in &self.document.depth {
            let path = format!("shock.depth.\"{key}\"");
            if change.get() <= -1.0 {
                let gone = self.fault(&path, "order books without any depth: orders have no price");
                found.add(gone.expected("a change above -100 %, e.g. `\"-95%\"`"));
            }
        }
        let rivals = groups
            .iter()
            .enumerate()
            .flat_map(|(index, group)| groups[..index].iter().map(move |earlier| (earlier, group)));
        let stated = |name: &str| self.document.depth.iter().find(|(key, _)| key.as_str() == name);
        for (earlier, later) in rivals {
            let (Some((_, first)), Some((key, second))) =
                (stated(&earlier.name), stated(&later.name))
            else {
                continue;
            };
            let shared = later.members.iter().find(|member| {
                earlier.members.contains(member) && stated(member.as_str()).is_none()
            });
            if let Some(member) = shared.filter(|_| first != second) {
                let title = format!("the depth of {member} changes in two ways, by two groups");
                let fault = self.fault(&format!("shock.depth.\"{key}\""), title);
                found.add(fault.help(format!("state `{member}` itself: it wins over groups")));
            }
        }
    }

    /// A distribution is that of one leg, conditional.
    fn check_distribution(&self, legs: &[ShockLeg], found: &mut ViolationCollector) {
        if self.document.result != ShockResult::Distribution {
            return;
        }
        if self.document.propagation != PropagationDocument::Conditional {
            let path =
                if self.parsed.places.has("shock.propagation") { "propagation" } else { "result" };
            let title = "a distribution of factors that no model moves";
            let fault = self.fault(&format!("shock.{path}"), title);
            found.add(fault.expected("`propagation = \"conditional\"`"));
        }
        if legs.len() > 1 {
            let title = "a distribution given several legs";
            found.add(self.fault("shock.leg[1]", title).expected("one leg"));
        }
        if legs.iter().any(|leg| !leg.venues_failed.is_empty()) {
            let path = format!("{}.venue_failed", leg_path(self.document, 0));
            let fault = self.fault(&path, "a distribution given the failure of a venue");
            found.add(fault.expected("moves of factors alone, or `result = \"path\"`"));
        }
        if legs.iter().any(|leg| leg.lasts.get() > 0.0 || leg.begins.get() > AT_ONCE) {
            let title = "a distribution given moves of another time than the horizon's";
            let fault = self.fault("shock.leg[0]", title);
            found.add(
                fault.expected("moves without `after` and `over`: they are reached at the end"),
            );
        }
        if self.document.horizon.is_some() {
            let title = "a distribution has the horizon of `simulation`";
            found.add(self.fault("shock.horizon", title).help("remove it"));
        }
    }
}
