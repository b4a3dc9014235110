use super::super::driver::{Driver, RegimeEstimator};
use super::super::policy::TermKind;
use super::*;
use crate::document::embedded;

fn read(text: &str) -> Result<LoadedPolicy, Violations> {
    read_policy(&SourceFile::new("policy.toml", text), &Loader::shipped())
}

const HEAD: &str = "name = \"p\"\nappetite = 0.2\ncapital = { base = \"collateral\" }\n";
const TERM: &str = "[[term]]\nkind = \"simulated_shortfall\"\nname = \"es\"\nlevel = 0.975\n";

/// `line:column text` and title of each violation.
fn faults(text: &str) -> Vec<String> {
    let violations = read(text).unwrap_err();
    let show = |v: &crate::document::Violation| {
        let place = &v.place;
        format!("{}:{} {} {}", place.line(), place.column(), place.text(), v.title)
    };
    violations.items().iter().map(show).collect()
}

#[test]
fn the_shipped_example_reads_whole() {
    let file = embedded::file("examples/policy.toml").unwrap();
    let loaded = read_policy(&file, &Loader::shipped()).unwrap();
    let policy = loaded.policy;
    assert_eq!(policy.appetite, 0.25);
    assert_eq!(policy.capital, CapitalBase::Lesser { regulatory: 8e6 });
    // The counterparty term stands in a comment: the example's venues fail inside paths.
    assert_eq!(policy.terms.len(), 4);
    let TermKind::StressedLoss { stresses } = &policy.terms[1].kind else {
        panic!("the second term is stressed")
    };
    let shocks: Vec<_> = stresses[0].shocks.iter().map(|s| (s.factor.as_str(), s.change)).collect();
    assert_eq!(shocks, [("BTC.spot", -0.395), ("*.spot", -0.446), ("*.vol", 1.0)]);
    assert_eq!(policy.condition.drivers.len(), 9);
    assert_eq!(policy.condition.relax_after_days, 2.0);
    let garch = RegimeEstimator::GarchFitted { refit_days: 30, window_days: Some(1000) };
    assert!(matches!(
        policy.condition.drivers[1],
        Driver::VolatilityRegime { estimator, .. } if estimator == garch
    ));
    assert_eq!(policy.ladder[1].delay, Years::from_seconds(900.0));
    assert_eq!(policy.ladder[2].cost_rate, 0.001);
    let period = policy.anti_procyclicality.stressed_period.unwrap();
    assert_eq!(period.weight, 0.25);
    assert_eq!(policy.anti_procyclicality.buffer.unwrap().added(1.0), 0.25);
    assert_eq!(policy.limits.len(), 5);
    assert_eq!(policy.limits[1].hard.at(1e6), Some(4e5));
    assert!(loaded.document.file.text().starts_with("#:schema ../schema/policy.json\n"));
}

#[test]
fn defaults_are_those_of_the_design() {
    let policy = read(&format!("{HEAD}{TERM}")).unwrap().policy;
    assert_eq!((policy.status.amber, policy.status.red), (0.75, 1.0));
    assert_eq!(policy.condition.cap, 1.0);
    assert_eq!(policy.combination, Combination::Sum);
    assert_eq!(policy.terms[0].weight, 1.0);
    let driver =
        "[[condition.driver]]\ndriver = \"relative_strength\"\nseries = \"BTC\"\ncut = 0.5\n";
    let policy = read(&format!("{HEAD}{TERM}{driver}")).unwrap().policy;
    let expected = Driver::RelativeStrength {
        series: "BTC".into(),
        period: 14,
        overbought: 70.0,
        oversold: 30.0,
        cut: 0.5,
    };
    assert_eq!(policy.condition.drivers, [expected]);
}

#[test]
fn what_paths_contain_is_refused_as_counted_twice() {
    let add_on = "[[term]]\nkind = \"stated\"\nname = \"f\"\namount = 5\ncovers = \"funding\"\n";
    let text = format!("{HEAD}{TERM}{add_on}");
    assert_eq!(faults(&text), ["12:10 \"funding\" funding is counted twice"]);
    let impact = "[[term]]\nkind = \"liquidity\"\nname = \"l\"\ndeviations = 3\n";
    let loaded = read(&format!("{HEAD}{TERM}{impact}")).unwrap();
    assert!(loaded.check_against_paths(&[Covers::Liquidation]).is_ok());
    let refused = loaded.check_against_paths(&[Covers::MarketImpact]).unwrap_err();
    assert_eq!(refused.len(), 1);
    assert!(refused.items()[0].title.contains("market impact"));
}

#[test]
fn one_risk_is_not_summed_twice() {
    let second = TERM.replace("\"es\"", "\"again\"").replace("0.975", "0.99");
    let text = format!("{HEAD}{TERM}{second}");
    assert_eq!(faults(&text).len(), 1);
    assert!(faults(&text)[0].starts_with("9:8 \"simulated_shortfall\" `again` counts again"));
    assert!(read(&format!("combination = \"maximum\"\n{text}")).is_ok());
    let stated = |name: &str, covers: &str| {
        format!(
            "[[term]]\nkind = \"stated\"\nname = \"{name}\"\namount = 5\ncovers = \"{covers}\"\n"
        )
    };
    let different = format!("{HEAD}{TERM}{}{}", stated("a", "model"), stated("b", "operational"));
    assert!(read(&different).is_ok());
    let same = format!("{HEAD}{TERM}{}{}", stated("a", "model"), stated("b", "model"));
    assert_eq!(faults(&same).len(), 1);
}

#[test]
fn every_fault_of_sense_shows_at_once_at_its_place() {
    let text = format!(
        "{HEAD}target_utilisation = 0\n{TERM}[[term]]\nkind = \"stressed_loss\"\nname = \"es\"\n\
         [[term.stress]]\nname = \"empty\"\n[[term.stress]]\nname = \"empty\"\nall_spots = \"-100%\"\n\
         shocks = {{ \"BTC.vol\" = -2, \"BTC.funding\" = -2 }}\n\
         [condition]\nfloor = 0.9\ncap = 0.5\n\
         [[condition.driver]]\ndriver = \"drawdown\"\nseries = \"BTC\"\nmaximum = 0\n\
         [[condition.driver]]\ndriver = \"drawdown\"\nseries = \"BTC\"\nmaximum = 0.5\n\
         [[condition.driver]]\ndriver = \"relative_strength\"\nseries = \"BTC\"\ncut = 1\noversold = 80\n\
         [status]\namber = 1.5\nhysteresis = 2\n\
         [[ladder]]\nutilisation = 1\naction = \"reduce_only\"\n\
         [[ladder]]\nutilisation = 0.5\naction = \"warn\"\n"
    );
    let titles = [
        "4:22 0 the target utilisation is not a place to return to",
        "11:8 \"es\" `es` is named twice",
        "13:8 \"empty\" a stress without a shock",
        "15:8 \"empty\" `empty` is named twice",
        "16:13 \"-100%\" a price or volatility cannot lose 100 % or more",
        "17:24 -2 a price or volatility cannot lose 100 % or more",
        "19:9 0.9 the floor of the multiplier is above its cap",
        "24:11 0 a maximum drawdown of 0 allows nothing",
        "27:10 \"BTC\" drawdown of BTC is counted twice",
        "33:12 80 the bands of relative strength are not in order",
        "35:9 1.5 amber is not below red",
        "36:14 2 the hysteresis reaches down to zero utilisation",
        "41:15 0.5 the ladder does not climb",
        "42:10 \"warn\" an action no more severe than the rung before",
    ];
    assert_eq!(faults(&text), titles);
}

#[test]
fn every_fault_of_form_shows_at_its_place() {
    let text = "name = \"p\"\nappetite = \"120%\"\ncapital = { base = \"collatral\" }\ncap = 1\n\
                [[term]]\nkind = \"simulated_shortfall\"\nname = \"es\"\nlevel = 1.0\nweight = -1\n";
    let found = faults(text);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(found[0].starts_with("2:12 \"120%\" `appetite` is out of range"), "{found:#?}");
    assert!(found[2].starts_with("4:1 cap unknown key `cap`"), "{found:#?}");
}

#[test]
fn faults_of_drivers_show_at_their_places() {
    let driver =
        |name: &str, rest: &str| format!("[[condition.driver]]\ndriver = \"{name}\"\n{rest}\n");
    let text = [
        format!("{HEAD}{TERM}"),
        driver(
            "volatility_regime",
            "series = \"BTC\"\nhalf_life_days = 5\nreference = { stated = 0.6 }\n\
             garch = { stated = { alpha = 0.2, beta = 0.8, volatility = 0.6 } }",
        ),
        driver("mean_correlation", "series = [\"BTC\", \"BTC\"]\nreference = { stated = 1.5 }"),
        driver(
            "absorption_ratio",
            "series = [\"BTC\", \"ETH\"]\neigenvectors = 2\nreference = { stated = 0.9 }",
        ),
        driver(
            "liquidity_depth",
            "series = \"BTC\"\nmeasure = \"volume\"\nreference = { stated = 0 }",
        ),
        driver("funding_stress", "series = \"BTC\"\ncalm = \"5bp\"\nstressed = \"5bp\"\ncut = 0.5"),
    ];
    let expected = [
        "11:18 5 a half-life and a GARCH for one volatility",
        "13:42 0.8 a variance that never returns to its long-run level",
        "16:18 \"BTC\" `BTC` is watched twice",
        "17:24 1.5 nothing can be compared with 1.5",
        "21:16 2 as many eigenvectors as assets absorb everything",
        "27:24 0 nothing can be compared with 0",
        "32:12 \"5bp\" stressed funding is no more than calm funding",
    ];
    assert_eq!(faults(&text.concat()), expected);
}

#[test]
fn faults_of_limits_show_at_their_places() {
    let limit = |rest: &str| format!("[[limit]]\n{rest}\n");
    let text = [
        format!("{HEAD}{TERM}"),
        limit(
            "name = \"a\"\nlevel = \"book\"\nmeasure = \"loss_contribution\"\nof = \"x\"\nsoft = 1",
        ),
        limit("name = \"a\"\nlevel = \"tag\"\nmeasure = \"initial_margin\"\nhard = 1"),
        limit("name = \"b\"\nlevel = \"venue\"\nmeasure = \"net_exposure\""),
        limit(
            "name = \"c\"\nlevel = \"account\"\nmeasure = \"gross_exposure\"\n\
             soft_of_capital = \"60%\"\nhard_of_capital = \"50%\"\nsoft = 9",
        ),
    ];
    let expected = [
        "11:11 \"loss_contribution\" there is no contribution to expected shortfall of a book",
        "12:6 \"x\" the book has no parts to name",
        "15:8 \"a\" `a` is named twice",
        "17:11 \"initial_margin\" there is no initial margin of a tag",
        "20:8 \"b\" a limit without a bound",
        "27:19 \"60%\" the soft bound is above the hard one",
    ];
    assert_eq!(faults(&text.concat()), expected);
}

#[test]
fn faults_of_procyclicality_show_at_their_places() {
    let text = format!(
        "{HEAD}{TERM}[anti_procyclicality]\n\
         buffer = {{ share = \"25%\", released_from = 0.5, released_at = 0.5 }}\n\
         stressed_period = {{ weight = 0, from = 2021-01-01T00:00:00Z, to = 2020-01-01T00:00:00Z }}\n\
         volatility_floor = {{ years = 0 }}\n"
    );
    let expected = ["11:30 0 `years` is out of range"];
    assert_eq!(faults(&text)[..1], expected);
    let expected = [
        "9:62 0.5 the buffer is drawn before it is",
        "10:30 0 a stressed period that does not count",
        "10:67 2020-01-01T00:00:00Z the stressed period ends before it begins",
    ];
    assert_eq!(faults(&text.replace("years = 0", "years = 10")), expected);
}

#[test]
fn the_previous_state_is_read_through_the_loader() {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!("{HEAD}{TERM}[condition]\nprevious_state = \"state.toml\"\n");
    let state = "as_of = 2026-01-01T00:00:00Z\nhedged = 0.8\nlong = 0.4\nshort = 0.8\n\
                 days_above = { long = 2 }\n";
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    std::fs::write(folder.path().join("state.toml"), state).unwrap();
    let confinement = crate::document::Confinement::Inside;
    let loader = Loader::new(folder.path(), confinement).unwrap();
    let file = loader.open("policy.toml", None).unwrap();
    let previous = read_policy(&file, &loader).unwrap().previous.unwrap();
    let days_above = DaysAbove { long: Some(2.0), ..DaysAbove::default() };
    let expected = ConditionState { hedged: 0.8, long: 0.4, short: 0.8, days_above };
    assert_eq!(previous.state, expected);
    assert_eq!(loader.inputs().len(), 2);
}

#[test]
fn the_schema_has_a_description_for_every_key() {
    let schema = crate::document::schema_of::<PolicyDocument>("policy");
    let properties = schema["properties"].as_object().unwrap();
    for (key, property) in properties {
        let described = property.get("description").is_some() || property.get("allOf").is_some();
        assert!(described || property.get("$ref").is_some(), "{key}: {property}");
    }
}
