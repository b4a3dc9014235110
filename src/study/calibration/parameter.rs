//! Parameters with their names resolved: what each sets, and over which values.

use super::document::{CalibrationDocument, ParameterDocument, ParameterKind};
use crate::document::{Parsed, Place, Violation, ViolationCollector, did_you_mean, one_of, quoted};
use crate::engine::Plan;
use crate::margin::{FutureRules, VenueRules};
use crate::outcome::{ParameterUnit, SearchedParameter};
use crate::portfolio::OrderKind;
use crate::units::Symbol;

/// A parameter of the search.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    pub name: String,
    pub sets: Setting,
    pub axis: Axis,
}

/// What a parameter sets; indices are those of the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    StopDistance { orders: Vec<usize> },
    Leverage { accounts: Vec<usize> },
    CollateralSplit { account: usize, other: usize, asset: Symbol },
    RebalancingTarget { accounts: Vec<usize> },
    RebalancingBand { accounts: Vec<usize> },
    Venue { venue: usize, rule: VenueRule },
}

/// What of a venue's rules is set.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum VenueRule {
    MaintenanceRate,
    MaintenanceMultiple,
    CloseFraction,
    LiquidationFee,
    LiquidationThreshold {
        asset: Option<Symbol>,
    },
    CloseFactor,
    Bonus {
        asset: Option<Symbol>,
    },
    /// In hours.
    OracleDelay,
    DeviationThreshold,
}

/// The values of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Axis {
    List(Vec<f64>),
    Range { from: f64, to: f64, points: u32 },
}

impl Axis {
    /// Values of a grid.
    pub fn points(&self) -> Vec<f64> {
        match self {
            Self::List(values) => values.clone(),
            Self::Range { from, to, points } => {
                let last = points - 1;
                let at = |index: u32| match index {
                    0 => *from,
                    index if index == last => *to,
                    index => from + (to - from) * (f64::from(index) / f64::from(last)),
                };
                (0..*points).map(at).collect()
            }
        }
    }
}

impl Parameter {
    /// For outputs.
    pub fn described(&self) -> SearchedParameter {
        let unit = match self.sets {
            Setting::Leverage { .. }
            | Setting::RebalancingTarget { .. }
            | Setting::Venue { rule: VenueRule::MaintenanceMultiple, .. } => {
                ParameterUnit::Multiple
            }
            Setting::Venue { rule: VenueRule::OracleDelay, .. } => ParameterUnit::Hours,
            _ => ParameterUnit::Share,
        };
        SearchedParameter { name: self.name.clone(), unit }
    }

    /// Place among the parameters in which it is set: rules, then collateral, then positions, whose
    /// leverage rests on both, then orders, then the target that a band is around, then the band.
    pub fn phase(&self) -> u8 {
        match self.sets {
            Setting::Venue { .. } => 0,
            Setting::CollateralSplit { .. } => 1,
            Setting::Leverage { .. } => 2,
            Setting::StopDistance { .. } => 3,
            Setting::RebalancingTarget { .. } => 4,
            Setting::RebalancingBand { .. } => 5,
        }
    }
}

/// Resolves all parameters; `None` where one has a fault.
pub(super) fn resolve(
    parsed: &Parsed<CalibrationDocument>,
    plan: &Plan,
    collector: &mut ViolationCollector,
) -> Option<Vec<Parameter>> {
    let mut found: Vec<Parameter> = Vec::new();
    for (index, document) in parsed.value.parameter.iter().enumerate() {
        let mut resolver = Resolver { parsed, index, document, plan, collector };
        let Some(parameter) = resolver.parameter() else { continue };
        if found.iter().any(|earlier| earlier.name == parameter.name) {
            let title = format!("{} is searched twice", quoted(&parameter.name));
            resolver.collector.add(Violation::new(resolver.at(""), title));
        }
        found.push(parameter);
    }
    (found.len() == parsed.value.parameter.len()).then_some(found)
}

struct Resolver<'a> {
    parsed: &'a Parsed<CalibrationDocument>,
    index: usize,
    document: &'a ParameterDocument,
    plan: &'a Plan,
    collector: &'a mut ViolationCollector,
}

impl Resolver<'_> {
    fn at(&self, key: &str) -> Place {
        self.parsed.places.at(&format!("parameter[{}]{key}", self.index))
    }

    fn fault(&mut self, key: &str, title: impl Into<String>, help: &str) {
        self.collector.add(Violation::new(self.at(key), title).help(help));
    }

    fn parameter(&mut self) -> Option<Parameter> {
        use ParameterKind as Kind;
        self.refuse_foreign_keys();
        let (name, sets) = match self.document.kind {
            Kind::StopDistance => self.stop_distance()?,
            Kind::Leverage => self.leverage()?,
            Kind::CollateralSplit => self.split()?,
            Kind::RebalancingTarget => {
                let (of, accounts) = self.kept()?;
                (format!("rebalancing target{of}"), Setting::RebalancingTarget { accounts })
            }
            Kind::RebalancingBand => {
                let (of, accounts) = self.kept()?;
                (format!("rebalancing band{of}"), Setting::RebalancingBand { accounts })
            }
            Kind::OracleDelay => self.rule("oracle delay", VenueRule::OracleDelay)?,
            Kind::DeviationThreshold => {
                self.rule("deviation threshold", VenueRule::DeviationThreshold)?
            }
            Kind::MaintenanceRate => self.rule("maintenance rate", VenueRule::MaintenanceRate)?,
            Kind::MaintenanceMultiple => {
                self.rule("maintenance multiple", VenueRule::MaintenanceMultiple)?
            }
            Kind::CloseFraction => self.rule("close fraction", VenueRule::CloseFraction)?,
            Kind::LiquidationFee => self.rule("liquidation fee", VenueRule::LiquidationFee)?,
            Kind::CloseFactor => self.rule("close factor", VenueRule::CloseFactor)?,
            Kind::LiquidationThreshold => {
                let asset = self.asset();
                self.rule("liquidation threshold", VenueRule::LiquidationThreshold { asset })?
            }
            Kind::Bonus => {
                let asset = self.asset();
                self.rule("bonus", VenueRule::Bonus { asset })?
            }
        };
        let axis = self.axis()?;
        Some(Parameter { name, sets, axis })
    }

    fn asset(&self) -> Option<Symbol> {
        self.document.asset.as_ref().map(|asset| asset.symbol())
    }

    /// Selectors that say nothing of this kind.
    fn refuse_foreign_keys(&mut self) {
        use ParameterKind as Kind;
        let document = self.document;
        let allowed: &[&str] = match document.kind {
            Kind::StopDistance => &["order"],
            Kind::Leverage | Kind::RebalancingTarget | Kind::RebalancingBand => &["account"],
            Kind::CollateralSplit => &["account", "other_account", "asset"],
            Kind::LiquidationThreshold | Kind::Bonus => &["venue", "asset"],
            _ => &["venue"],
        };
        let given = [
            ("order", document.order.is_some()),
            ("account", document.account.is_some()),
            ("other_account", document.other_account.is_some()),
            ("asset", document.asset.is_some()),
            ("venue", document.venue.is_some()),
        ];
        for (key, _) in given.into_iter().filter(|(key, given)| *given && !allowed.contains(key)) {
            let title = format!("`{key}` says nothing of this kind of parameter");
            self.fault(&format!(".{key}"), title, "remove the key");
        }
    }

    fn stop_distance(&mut self) -> Option<(String, Setting)> {
        let orders = &self.plan.portfolio.orders;
        let stops: Vec<usize> =
            (0..orders.len()).filter(|index| orders[*index].kind == OrderKind::Stop).collect();
        let Some(wanted) = &self.document.order else {
            if stops.is_empty() {
                let help = "give the portfolio an `[[order]]` with `kind = \"stop\"`";
                self.fault(".kind", "the book has no stop order", help);
                return None;
            }
            return Some(("stop distance".to_owned(), Setting::StopDistance { orders: stops }));
        };
        let names = stops.iter().map(|index| orders[*index].id.as_str());
        let found = stops.iter().find(|index| orders[**index].id == wanted.as_str());
        let Some(&found) = found else {
            let violation = unknown(self.at(".order"), "stop order", wanted.as_str(), names);
            self.collector.add(violation);
            return None;
        };
        let name = format!("stop distance of {}", wanted.as_str());
        Some((name, Setting::StopDistance { orders: vec![found] }))
    }

    fn leverage(&mut self) -> Option<(String, Setting)> {
        if self.document.account.is_some() {
            let account = self.account(".account")?;
            let name = format!("leverage of {}", self.plan.portfolio.accounts[account].name);
            return Some((name, Setting::Leverage { accounts: vec![account] }));
        }
        let portfolio = &self.plan.portfolio;
        let margined = |index: &usize| {
            portfolio.accounts[*index].venue.is_some()
                && portfolio.positions.iter().any(|position| position.account == *index)
        };
        let accounts: Vec<usize> = (0..portfolio.accounts.len()).filter(margined).collect();
        Some(("leverage".to_owned(), Setting::Leverage { accounts }))
    }

    /// Accounts that are kept at a leverage: the one named, or all; with words for their name.
    fn kept(&mut self) -> Option<(String, Vec<usize>)> {
        let accounts = &self.plan.portfolio.accounts;
        let help = "give the account a table `[account.rebalancing]`";
        if self.document.account.is_some() {
            let account = self.account(".account")?;
            let name = &accounts[account].name;
            if accounts[account].rebalancing.is_none() {
                let title = format!("{} is not rebalanced inside paths", quoted(name));
                self.fault(".account", title, help);
                return None;
            }
            return Some((format!(" of {name}"), vec![account]));
        }
        let kept = (0..accounts.len()).filter(|index| accounts[*index].rebalancing.is_some());
        let kept: Vec<usize> = kept.collect();
        if kept.is_empty() {
            self.fault(".kind", "no account of the book is rebalanced inside paths", help);
            return None;
        }
        Some((String::new(), kept))
    }

    fn split(&mut self) -> Option<(String, Setting)> {
        let (account, other) = (self.account(".account"), self.account(".other_account"));
        let Some(asset) = self.asset() else {
            self.fault("", "a split needs its `asset`", "name the asset, e.g. `asset = \"USDT\"`");
            return None;
        };
        let (account, other) = account.zip(other)?;
        if account == other {
            self.fault(".other_account", "an account cannot share with itself", "name another");
            return None;
        }
        for (key, account) in [(".account", account), (".other_account", other)] {
            let account = &self.plan.portfolio.accounts[account];
            let held = account.balances.iter().find(|balance| balance.asset == asset);
            if held.is_none_or(|balance| balance.quantity < 0.0) {
                let title = format!("{} holds no {asset} to share", quoted(&account.name));
                self.fault(key, title, "give the account a balance in it, which may be zero");
                return None;
            }
        }
        let names = [account, other].map(|index| self.plan.portfolio.accounts[index].name.clone());
        let name = format!("share of {asset} in {} beside {}", names[0], names[1]);
        Some((name, Setting::CollateralSplit { account, other, asset }))
    }

    /// The account that a key names.
    fn account(&mut self, key: &str) -> Option<usize> {
        let wanted = match key {
            ".account" => &self.document.account,
            _ => &self.document.other_account,
        };
        let Some(wanted) = wanted else {
            self.fault("", format!("the parameter needs `{}`", &key[1..]), "name an account");
            return None;
        };
        let accounts = &self.plan.portfolio.accounts;
        let found = accounts.iter().position(|account| account.name == wanted.as_str());
        if found.is_none() {
            let names = accounts.iter().map(|account| account.name.as_str());
            self.collector.add(unknown(self.at(key), "account", wanted.as_str(), names));
        }
        found
    }

    fn rule(&mut self, what: &str, rule: VenueRule) -> Option<(String, Setting)> {
        let venues = &self.plan.portfolio.venues;
        let Some(wanted) = &self.document.venue else {
            self.fault("", "the parameter needs `venue`", "name a venue of the portfolio");
            return None;
        };
        let Some(venue) = venues.iter().position(|venue| venue.name == wanted.as_str()) else {
            let names = venues.iter().map(|venue| venue.name.as_str());
            self.collector.add(unknown(self.at(".venue"), "venue", wanted.as_str(), names));
            return None;
        };
        let fault = match &self.plan.venue_rules[venue] {
            None => Some("the venue has no margin rules".to_owned()),
            Some(rules) => lacking(rules, &rule),
        };
        if let Some(fault) = fault {
            self.fault(".kind", fault, "search another parameter, or another venue");
            return None;
        }
        let of = match &rule {
            VenueRule::LiquidationThreshold { asset: Some(asset) }
            | VenueRule::Bonus { asset: Some(asset) } => format!(" of {asset}"),
            _ => String::new(),
        };
        let name = format!("{what}{of} at {}", wanted.as_str());
        Some((name, Setting::Venue { venue, rule }))
    }

    /// The values, inside what the kind allows.
    fn axis(&mut self) -> Option<Axis> {
        let axis = match (&self.document.values, &self.document.range) {
            (Some(values), None) => Axis::List(values.iter().map(|value| value.get()).collect()),
            (None, Some(range)) => {
                Axis::Range { from: range.from.get(), to: range.to.get(), points: range.points }
            }
            // told by the document's own checks
            _ => return None,
        };
        let (least, most) = bounds(self.document.kind);
        let places: Vec<(String, f64)> = match &axis {
            Axis::List(values) => {
                let place = |(index, value): (usize, &f64)| (format!(".values[{index}]"), *value);
                values.iter().enumerate().map(place).collect()
            }
            Axis::Range { from, to, .. } => {
                vec![(".range.from".to_owned(), *from), (".range.to".to_owned(), *to)]
            }
        };
        let mut fits = true;
        for (key, value) in places {
            if !(least..=most).contains(&value) {
                fits = false;
                let violation = Violation::new(self.at(&key), "the value is out of range");
                self.collector.add(violation.expected(format!("from {least} to {most}")));
            }
        }
        fits.then_some(axis)
    }
}

fn unknown<'a>(
    place: Place,
    what: &str,
    wanted: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Violation {
    Violation::new(place, format!("the portfolio has no {what} {}", quoted(wanted)))
        .expected(one_of(names.clone()))
        .help_if(did_you_mean(wanted, names))
}

/// Smallest and largest value of a kind.
fn bounds(kind: ParameterKind) -> (f64, f64) {
    use ParameterKind as Kind;
    match kind {
        Kind::StopDistance => (0.0001, 0.99),
        Kind::Leverage | Kind::RebalancingTarget => (0.01, 500.0),
        Kind::MaintenanceMultiple => (0.01, 100.0),
        Kind::MaintenanceRate => (0.0001, 1.0),
        Kind::CloseFraction | Kind::CloseFactor => (0.01, 1.0),
        Kind::LiquidationThreshold => (0.01, 0.99),
        Kind::OracleDelay => (0.0, 720.0),
        _ => (0.0, 1.0),
    }
}

/// Why rules have nothing that a parameter could set.
fn lacking(rules: &VenueRules, rule: &VenueRule) -> Option<String> {
    let future = std::iter::once(&rules.futures).chain(rules.futures_by_coin.values());
    match rule {
        VenueRule::MaintenanceRate => {
            let tiered = future.into_iter().any(|one| matches!(one, FutureRules::Tiered { .. }));
            tiered.then(|| {
                "brackets have many maintenance rates: search `maintenance_multiple`".to_owned()
            })
        }
        VenueRule::LiquidationThreshold { asset } | VenueRule::Bonus { asset } => {
            let asset = asset.as_ref();
            let unknown = asset.filter(|asset| {
                rules.loan.as_ref().is_some_and(|loan| !loan.assets.contains_key(*asset))
            });
            let unknown = unknown.map(|asset| format!("the venue takes no {asset} as collateral"));
            no_loans(rules).or(unknown)
        }
        VenueRule::CloseFactor | VenueRule::OracleDelay | VenueRule::DeviationThreshold => {
            no_loans(rules)
        }
        VenueRule::CloseFraction | VenueRule::LiquidationFee | VenueRule::MaintenanceMultiple => {
            let acts = rules.liquidation.is_some();
            (!acts).then(|| {
                "the venue's rules have no `[liquidation]`: it closes nothing inside paths"
                    .to_owned()
            })
        }
    }
}

/// Why nothing happens to loans of a venue inside paths.
fn no_loans(rules: &VenueRules) -> Option<String> {
    match &rules.loan {
        None => Some("the venue makes no loans".to_owned()),
        Some(loan) if loan.inside_paths.is_none() => Some(
            "the venue's loans have no `[loan.inside_paths]`: they are looked at today alone"
                .to_owned(),
        ),
        Some(_) => None,
    }
}
