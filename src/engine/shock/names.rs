//! The names that a shock uses, against the market.

use crate::document::{Places, Violation, ViolationCollector, did_you_mean, one_of};
use crate::market::{AssetKind, Market};
use crate::scenario::document::{LoadedScenario, ShockDocument, leg_path};
use crate::scenario::{AbsentAssets, Propagation, ShockSettings};
use crate::simulation::FactorKey;
use crate::units::Symbol;

/// Kinds of factors, as they end names.
const KINDS: [&str; 5] = ["spot", "vol", "basis", "funding", "peg"];

/// A name of factors with the key of the document that holds it.
struct Named<'a> {
    text: &'a str,
    path: String,
}

/// Names that the market does not know, and groups called as its assets.
pub(in crate::engine) fn check_names(
    loaded: &LoadedScenario,
    market: &Market,
    found: &mut ViolationCollector,
) {
    let (Some(shock), Some(document)) = (&loaded.scenario.shock, &loaded.shock) else { return };
    let checker = Checker { shock, market, places: &loaded.places };
    checker.groups(found);
    for name in selectors(shock, document) {
        checker.selector(&name, found);
    }
    for name in followed(shock) {
        checker.factor(&name, found);
    }
    for (selected, _) in &shock.depth {
        checker.asset(selected, &format!("shock.depth.\"{selected}\""), found);
    }
}

fn selectors<'a>(
    shock: &'a ShockSettings,
    document: &'a ShockDocument,
) -> impl Iterator<Item = Named<'a>> {
    let moves = shock.legs.iter().enumerate().flat_map(|(index, leg)| {
        let leg_path = leg_path(document, index);
        leg.moves.iter().map(move |one| Named {
            text: &one.selector,
            path: format!("{leg_path}.moves.\"{}\"", one.selector),
        })
    });
    let betas = betas(shock).map(|beta| Named {
        text: &beta.selector,
        path: format!("shock.propagation.betas.\"{}\"", beta.selector),
    });
    moves.chain(betas)
}

fn betas(shock: &ShockSettings) -> impl Iterator<Item = &crate::scenario::FollowedBeta> {
    let betas = match &shock.propagation {
        Propagation::Betas(betas) => betas.as_slice(),
        _ => &[],
    };
    betas.iter()
}

fn followed(shock: &ShockSettings) -> impl Iterator<Item = Named<'_>> {
    betas(shock).map(|beta| Named {
        text: &beta.of,
        path: format!("shock.propagation.betas.\"{}\".of", beta.selector),
    })
}

/// Factors that a shock names one by one or by group, and those that others follow, where the market
/// has them: they inform the model whether the book holds them or not.
pub(in crate::engine) fn named_factors(shock: &ShockSettings, market: &Market) -> Vec<FactorKey> {
    if shock.propagation == Propagation::None {
        return Vec::new();
    }
    let moves = shock.legs.iter().flat_map(|leg| &leg.moves).map(|one| one.selector.as_str());
    let followed = betas(shock).map(|beta| beta.of.as_str());
    let mut keys: Vec<FactorKey> = Vec::new();
    for text in moves.chain(followed) {
        let Some((selected, kind)) = text.split_once('.') else { continue };
        let members = match shock.group(selected) {
            Some(group) => group.members.iter().map(Symbol::to_string).collect(),
            None => vec![selected.to_owned()],
        };
        let names = members.iter().map(|member| format!("{member}.{kind}"));
        let known = names.filter_map(|name| name.parse().ok()).filter(|key| has(market, key));
        keys.extend(known);
    }
    keys
}

/// Whether the market has what the factor is of.
fn has(market: &Market, key: &FactorKey) -> bool {
    let kind = market.asset(key.symbol()).map(|asset| asset.kind);
    match key {
        FactorKey::Spot(_) => kind == Some(AssetKind::Coin),
        FactorKey::Peg(_) => kind == Some(AssetKind::Stablecoin),
        FactorKey::Volatility(symbol) | FactorKey::Basis(symbol) | FactorKey::Funding(symbol) => {
            market.underlying(symbol).is_some()
        }
    }
}

/// Whether a name such as `BTC.spot` is of a factor that the market has.
pub(in crate::engine) fn is_factor_of(market: &Market, name: &str) -> bool {
    name.parse().is_ok_and(|key| has(market, &key))
}

struct Checker<'a> {
    shock: &'a ShockSettings,
    market: &'a Market,
    places: &'a Places,
}

impl Checker<'_> {
    fn fault(&self, path: &str, title: String) -> Violation {
        Violation::new(self.places.at(path), title)
    }

    fn may_skip(&self, symbol: &str) -> bool {
        let is_absent = self.market.asset(&Symbol::new(symbol)).is_none();
        is_absent && self.shock.absent == AbsentAssets::Skip
    }

    fn groups(&self, found: &mut ViolationCollector) {
        for group in &self.shock.groups {
            let path = format!("shock.groups.\"{}\"", group.name);
            if self.market.asset(&Symbol::new(&group.name)).is_some() {
                let title =
                    format!("the group `{}` is called as an asset of the market", group.name);
                found.add(self.fault(&path, title).expected("a name that no asset has"));
            }
            for (index, member) in group.members.iter().enumerate() {
                if self.market.asset(member).is_none() && !self.may_skip(member.as_str()) {
                    let title = format!("{member} is no asset of the market");
                    let names = self.market.assets.iter().map(|asset| asset.symbol.as_str());
                    let fault = self.fault(&format!("{path}[{index}]"), title);
                    found.add(fault.help_if(did_you_mean(member.as_str(), names)));
                }
            }
        }
    }

    /// A name of one factor, of a group, or of all of a kind.
    fn selector(&self, name: &Named, found: &mut ViolationCollector) {
        let Some((selected, _)) = name.text.split_once('.') else { return };
        if selected != "*" && self.shock.group(selected).is_none() {
            self.factor(name, found);
        }
    }

    fn factor(&self, name: &Named, found: &mut ViolationCollector) {
        let Some((symbol, kind)) = name.text.split_once('.') else { return };
        let known = name.text.parse().is_ok_and(|key| has(self.market, &key));
        if known || self.may_skip(symbol) {
            return;
        }
        let title = format!("{} is no factor of the market", name.text);
        let fault = self.fault(&name.path, title);
        // First what the asset itself has.
        let own = KINDS.iter().map(|kind| format!("{symbol}.{kind}"));
        let own: Vec<String> = own.filter(|name| self.is_known(name)).collect();
        if !own.is_empty() {
            let own = one_of(own.iter().map(String::as_str));
            found.add(fault.expected(format!("{own}: that is what {symbol} has")));
            return;
        }
        let assets = self.market.assets.iter().map(|asset| asset.symbol.to_string());
        let names = assets.chain(self.shock.groups.iter().map(|group| group.name.clone()));
        let names = names.map(|name| format!("{name}.{kind}"));
        let is_right = |name: &String| {
            let group = name.split_once('.').and_then(|(name, _)| self.shock.group(name));
            group.is_some() || self.is_known(name)
        };
        let names: Vec<String> = names.filter(is_right).collect();
        let hint = did_you_mean(name.text, names.iter().map(String::as_str));
        found.add(
            fault.expected("an asset of the market, or a group of `shock.groups`").help_if(hint),
        );
    }

    fn is_known(&self, name: &str) -> bool {
        is_factor_of(self.market, name)
    }

    fn asset(&self, selected: &str, path: &str, found: &mut ViolationCollector) {
        let is_known = selected == "*"
            || self.shock.group(selected).is_some()
            || self.market.underlying(&Symbol::new(selected)).is_some();
        if is_known || self.may_skip(selected) {
            return;
        }
        let names = self.market.underlyings.iter().map(|one| one.symbol.as_str());
        let title = format!("{selected} is no underlying of the market");
        found.add(self.fault(path, title).help_if(did_you_mean(selected, names)));
    }
}
