//! Faults of rules documents, and which of several dates is meant.

use crate::document::{Confinement, Loader, Place, SourceFile, Violations};
use crate::margin::document::{RuleSets, read_rules, shipped_rules};

#[test]
fn faults_of_a_rules_document_are_all_found() {
    let text = r#"
name = "broken"
effective = "2026-01-01T00:00:00Z"
source = "test"
liquidation_fee = "1%"
[futures]
kind = "flat"
initial = "1%"
maintenance = "2%"
[futures_by_coin.BTC]
kind = "tiered"
tiers = [
    { notional_max = 1000, leverage_max = 10, maintenance = "1%", deduction = 0 },
    { notional_max = 900, leverage_max = 5, maintenance = "2%", deduction = 99 },
]
"#;
    let violations = read_rules(&SourceFile::new("rules.toml", text)).unwrap_err();
    let lines: Vec<usize> = violations.items().iter().map(|item| item.place.line()).collect();
    // Bracket, deduction.
    assert_eq!(lines, [9, 14, 14]);
}

const FLAT: &str = "source = \"test\"\nliquidation_fee = \"1%\"\n[futures]\nkind = \"flat\"\n\
    initial = \"10%\"\nmaintenance = \"5%\"\n";

fn dated(name: &str, date: &str) -> String {
    format!("name = \"{name}\"\neffective = \"{date}T00:00:00Z\"\n{FLAT}")
}

/// Line and title of every violation.
fn faults<T: std::fmt::Debug>(found: Result<T, Violations>) -> Vec<(usize, String)> {
    let violations = found.unwrap_err();
    violations.items().iter().map(|item| (item.place.line(), item.title.clone())).collect()
}

fn brackets(rows: &str) -> Vec<(usize, String)> {
    let text = format!(
        "name = \"x\"\neffective = \"2026-01-01T00:00:00Z\"\nsource = \"test\"\n\
         liquidation_fee = \"1%\"\n[futures]\nkind = \"tiered\"\ntiers = [\n{rows}]\n"
    );
    faults(read_rules(&SourceFile::new("rules.toml", &text)))
}

#[test]
fn brackets_that_cross_or_jump_are_refused() {
    let found = brackets(
        "{ notional_max = 1000, leverage_max = 10, maintenance = \"5%\", deduction = 1 },\n\
         { notional_max = 2000, leverage_max = 20, maintenance = \"4%\", deduction = -9 },\n",
    );
    // A negative deduction is a fault of form: the rest is looked at once it is right.
    assert_eq!(found, [(9, "`deduction` is out of range".to_owned())]);
    let found = brackets(
        "{ notional_max = 1000, leverage_max = 10, maintenance = \"5%\", deduction = 1 },\n\
         { notional_max = 2000, leverage_max = 20, maintenance = \"4%\", deduction = 1 },\n\
         { notional_max = 3000, leverage_max = 4, maintenance = \"90%\", deduction = 1721 },\n",
    );
    let titles: Vec<&str> = found.iter().map(|(_, title)| title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "maintenance margin jumps at the bracket",
            "a larger bracket allows more leverage",
            "a larger bracket asks for a lower rate",
            "maintenance margin jumps at the bracket",
            "maintenance margin above initial margin",
        ]
    );
    let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [8, 9, 9, 9, 10]);
}

#[test]
fn haircuts_that_do_not_rise_are_refused() {
    let text = dated("x", "2026-01-01").replace(
        "[futures]",
        "[haircuts]\nBTC = []\nETH = [{ haircut = \"5%\" }, { haircut = \"9%\" }]\n\
         SOL = [{ value_max = 9, haircut = 0 }, { value_max = 8, haircut = 1 }]\n[futures]",
    );
    let found = faults(read_rules(&SourceFile::new("rules.toml", &text)));
    let expected = [
        (6, "no brackets of haircuts".to_owned()),
        (7, "a bracket without end is not the last".to_owned()),
        (8, "bracket does not rise".to_owned()),
    ];
    assert_eq!(found, expected);
    let above = dated("x", "2026-01-01")
        .replace("[futures]", "[haircuts]\nBTC = [{ haircut = \"105%\" }]\n[futures]");
    let found = faults(read_rules(&SourceFile::new("rules.toml", &above)));
    assert_eq!(found, [(6, "`haircut` is out of range".to_owned())]);
}

#[test]
fn shipped_sets_have_ids_of_their_own_and_a_source() {
    let sets = shipped_rules().unwrap();
    let mut ids: Vec<&str> = sets.iter().map(|rules| rules.id.as_str()).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(sets.iter().all(|rules| rules.source.len() > 40 && rules.date().len() == 10));
}

/// Three dates of one venue side by side: the valuation date chooses, or the name with its date.
#[test]
fn the_valuation_date_chooses_among_the_dates_of_a_venue() {
    let mut sets = RuleSets::shipped().unwrap();
    for date in ["2025-06-01", "2024-01-01", "2026-03-01"] {
        let file = SourceFile::new(&format!("{date}.toml"), &dated("mine", date));
        sets.add(&file).unwrap();
    }
    let place = Place::start_of(&SourceFile::new("portfolio.toml", "x"));
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::new(folder.path(), Confinement::Inside).unwrap();
    let chosen = |name: &str, date: Option<&str>| {
        let as_of = date.map(|date| format!("{date}T00:00:00Z").parse().unwrap());
        sets.select(name, &place, as_of, &loader).map(|rules| rules.id)
    };
    assert_eq!(chosen("mine", Some("2026-02-28")).unwrap(), "mine@2025-06-01");
    assert_eq!(chosen("mine", Some("2025-06-01")).unwrap(), "mine@2025-06-01");
    assert_eq!(chosen("mine", Some("2025-05-31")).unwrap(), "mine@2024-01-01");
    assert_eq!(chosen("mine", None).unwrap(), "mine@2026-03-01");
    assert_eq!(chosen("mine@2026-03-01", Some("2024-05-05")).unwrap(), "mine@2026-03-01");
    let early = faults(chosen("mine", Some("2023-12-31")));
    assert_eq!(early[0].1, "no margin rules `mine` are in force on 2023-12-31");
    assert_eq!(faults(chosen("mien", None))[0].1, "no margin rules are called `mien`");
    // A date twice, and a date that ships.
    let mut again = RuleSets::shipped().unwrap();
    again.add(&SourceFile::new("a.toml", &dated("mine", "2025-06-01"))).unwrap();
    let twice = again.add(&SourceFile::new("b.toml", &dated("mine", "2025-06-01")));
    assert_eq!(faults(twice), [(2, "there are margin rules `mine@2025-06-01` already".to_owned())]);
    let shipped = again.add(&SourceFile::new("c.toml", &dated("generic-flat", "2026-01-01")));
    assert!(shipped.unwrap_err().to_string().contains("ships with plimsoll"));
}

/// A set that starts from another has its own keys over the base's, table by table; its faults show
/// where they stand, be it in the base.
#[test]
fn a_set_starts_from_another() {
    let read = |text: &str| {
        let mut sets = RuleSets::shipped().unwrap();
        sets.add(&SourceFile::new("own.toml", text))?;
        let place = Place::start_of(&SourceFile::new("", ""));
        sets.select("own", &place, None, &Loader::shipped())
    };
    let head = "name = \"own\"\nextends = \"deribit-standard@2025-01-01\"\n";
    let own = read(&format!("{head}[options]\nfloor = \"12%\"\n[liquidation]\nclose = \"full\"\n"));
    let (own, base) = (own.unwrap(), super::rules("deribit-standard@2025-01-01"));
    assert_eq!(own.id, "own@2025-01-01");
    assert_eq!(own.futures_by_coin, base.futures_by_coin);
    let options = base.options.map(|options| crate::margin::OptionRules { floor: 0.12, ..options });
    assert_eq!(own.options, options);
    assert_eq!(own.liquidation, Some(crate::margin::Liquidation::PLAIN));

    let found = faults(read("name = \"own\"\nextends = \"deribit-standart@2025-01-01\"\n"));
    let title = "no margin rules are called `deribit-standart@2025-01-01`".to_owned();
    assert_eq!(found, [(2, title)]);
    let found = faults(read(&format!("{head}[options]\nfloor = \"120%\"\n")));
    assert_eq!(found, [(4, "`floor` is out of range".to_owned())]);
}
