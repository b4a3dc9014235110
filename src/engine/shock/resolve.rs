//! From names to factors: which move each factor makes in each leg.

use std::collections::BTreeMap;

use crate::document::{Violation, ViolationCollector, Violations};
use crate::engine::load::Inputs;
use crate::market::Market;
use crate::scenario::document::leg_path;
use crate::scenario::{AssetGroup, MoveSize, ShockLeg, ShockSettings};
use crate::simulation::FactorKey;
use crate::units::Years;

/// Time to expiry of the volatility that a volatility factor is the level of.
const VOLATILITY_DAYS: f64 = 30.0;

/// Finds the most specific of several names for a factor.
pub(in crate::engine) struct Selected<'a, T> {
    by_name: BTreeMap<&'a str, T>,
    groups: &'a [AssetGroup],
}

impl<'a, T> Selected<'a, T> {
    pub fn new(names: impl Iterator<Item = (&'a str, T)>, groups: &'a [AssetGroup]) -> Self {
        Self { by_name: names.collect(), groups }
    }

    /// The factor's own, else that of a group of its asset, else that of all of its kind; with the
    /// name it is found by.
    pub fn of(&self, key: &FactorKey) -> Option<(&'a str, &T)> {
        let name = key.to_string();
        let (symbol, kind) = name.rsplit_once('.')?;
        let groups = self
            .groups
            .iter()
            .filter(|group| group.members.iter().any(|member| member.as_str() == symbol));
        let groups = groups.map(|group| format!("{}.{kind}", group.name));
        let candidates = std::iter::once(name.clone()).chain(groups).chain([format!("*.{kind}")]);
        let found = candidates.filter_map(|name| self.by_name.get_key_value(name.as_str()));
        found.map(|(name, value)| (*name, value)).next()
    }
}

/// Log and level of every factor after the stated moves of a leg; `None`: the leg does not name it.
///
/// # Errors
/// Moves that make no sense of a factor, one a name.
pub(super) fn stated(
    inputs: &Inputs,
    (settings, index, leg): (&ShockSettings, usize, &ShockLeg),
    keys: &[FactorKey],
    before: &[(f64, f64)],
) -> Result<Vec<Option<(f64, f64)>>, Violations> {
    let names = leg.moves.iter().map(|one| (one.selector.as_str(), one.size));
    let selected = Selected::new(names, &settings.groups);
    let mut refused: BTreeMap<&str, Violation> = BTreeMap::new();
    let mut after = Vec::with_capacity(keys.len());
    for (key, standing) in keys.iter().zip(before) {
        let named = selected.of(key);
        after.push(named.and_then(|(name, size)| {
            let moved = moved(&inputs.market.market, key, *standing, *size);
            moved
                .map_err(|unfit| refused.insert(name, fault(inputs, (index, name), key, unfit)))
                .ok()
        }));
    }
    let mut collector = ViolationCollector::default();
    refused.into_values().for_each(|fault| collector.add(fault));
    collector.finish(after)
}

fn fault(
    inputs: &Inputs,
    (index, name): (usize, &str),
    key: &FactorKey,
    unfit: Unfit,
) -> Violation {
    let shock = inputs.scenario_places.shock.as_ref();
    let leg = shock.map(|document| leg_path(document, index)).unwrap_or_default();
    let place = inputs.scenario_places.places.at(&format!("{leg}.moves.\"{name}\""));
    Violation::new(place, format!("{key} {}", unfit.what)).expected(unfit.expected)
}

/// Why a move makes no sense of a factor.
struct Unfit {
    what: String,
    expected: &'static str,
}

impl Unfit {
    fn new(what: impl Into<String>, expected: &'static str) -> Self {
        Self { what: what.into(), expected }
    }
}

/// Log and level of a factor after a move from `standing`.
fn moved(
    market: &Market,
    key: &FactorKey,
    standing: (f64, f64),
    size: MoveSize,
) -> Result<(f64, f64), Unfit> {
    if key.is_additive() {
        let change = match size {
            MoveSize::Change(change) => standing.1 + change,
            MoveSize::Level(level) => level - additive_today(market, key)?,
            MoveSize::Points(_) => return Err(points(key)),
        };
        return Ok((change, change));
    }
    let level = match size {
        MoveSize::Change(change) => standing.1 * (1.0 + change),
        MoveSize::Level(level) => level / today(market, key)?,
        MoveSize::Points(points_added) => match key {
            FactorKey::Volatility(_) => standing.1 + points_added / today(market, key)?,
            _ => return Err(points(key)),
        },
    };
    if level > 0.0 && level.is_finite() {
        return Ok((libm::log(level), level));
    }
    let what = format!("would be {level:.4} times today's level");
    Err(Unfit::new(what, "a move that leaves something: above -100 %, to a level above 0"))
}

fn points(key: &FactorKey) -> Unfit {
    let what = "moves by volatility points, and is no volatility";
    let expected = if key.is_additive() {
        "a change in its own unit, e.g. `\"0.1%\"`"
    } else {
        "a relative change, e.g. `\"-20%\"`"
    };
    Unfit::new(what, expected)
}

/// Level today of a factor that moves in proportion.
fn today(market: &Market, key: &FactorKey) -> Result<f64, Unfit> {
    let found = match key {
        FactorKey::Volatility(symbol) => {
            let source = market.underlying(symbol).and_then(|one| one.volatility.as_ref());
            source.map(|one| one.volatility(0.0, Years::from_days(VOLATILITY_DAYS)))
        }
        _ => market.asset(key.symbol()).map(|asset| asset.price_usd),
    };
    let what = "has no level in the market document today";
    found.filter(|level| *level > 0.0).ok_or_else(|| Unfit::new(what, "a relative change"))
}

/// Level today of a rate.
fn additive_today(market: &Market, key: &FactorKey) -> Result<f64, Unfit> {
    match key {
        FactorKey::Funding(symbol) => {
            Ok(market.underlying(symbol).map_or(0.0, |one| one.funding_rate_8h))
        }
        _ => {
            Err(Unfit::new("has no single level: it differs by expiry", "a change, e.g. `\"-5%\"`"))
        }
    }
}
