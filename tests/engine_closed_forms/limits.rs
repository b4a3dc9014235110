//! Limits on parts of the book against figures by hand: linear contracts in one coin, so that the ES
//! of a part alone is its net quantity in coins times that of one coin on the same paths.

use plimsoll::outcome::{LimitReading, LimitState, Threshold};

use crate::world::{SPOT, World, assert_close, policy, threshold};

const BOOK: &str = r#"
[[venue]]
name = "exchange"

[[account]]
name = "one"
venue = "exchange"
recourse = true
balance = [{ asset = "USD", quantity = 10_000 }]

[[account]]
name = "two"
venue = "exchange"
recourse = true

[[account]]
name = "desk"

[[position]]
id = "long"
account = "one"
type = "perpetual"
underlying = "BTC"
quote = "USD"
quantity = 2
tags = ["trend"]

[[position]]
id = "short"
account = "two"
type = "perpetual"
underlying = "BTC"
quote = "USD"
quantity = -1
tags = ["hedge", "trend"]

[[position]]
id = "coin"
account = "desk"
type = "spot"
asset = "BTC"
quantity = 3
"#;

fn limit(level: &str, measure: &str, bounds: &str) -> String {
    format!(
        "[[limit]]\nname = \"{level} {measure}\"\nlevel = \"{level}\"\nmeasure = \"{measure}\"\n\
         {bounds}\n"
    )
}

fn found(limits: &[String]) -> Threshold {
    let policy = format!("{}{}", policy(0.5, 1e6), limits.concat());
    let world = World { book: BOOK.to_owned(), policy, paths: 1 << 12, ..World::default() };
    threshold(&world.outcome()).clone()
}

fn values(threshold: &Threshold, name: &str) -> Vec<(String, f64)> {
    let of = |limit: &&LimitReading| limit.name == name;
    threshold.limits.iter().filter(of).map(|limit| (limit.of.clone(), limit.value)).collect()
}

#[track_caller]
fn assert_values(threshold: &Threshold, name: &str, expected: &[(&str, f64)]) {
    let found = values(threshold, name);
    let parts: Vec<&str> = found.iter().map(|(part, _)| part.as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(part, _)| *part).collect();
    assert_eq!(parts, wanted, "{name}");
    for ((part, value), (_, expected)) in found.iter().zip(expected) {
        assert_close(&format!("{name} of {part}"), *value, *expected, 1e-9);
    }
}

#[test]
fn every_level_and_measure_by_hand() {
    let exposures = ["book", "venue", "account", "underlying", "tag"];
    let mut limits: Vec<String> =
        exposures.iter().map(|level| limit(level, "gross_exposure", "soft = 1")).collect();
    limits.push(limit("tag", "net_exposure", "soft = 1"));
    limits.extend(
        ["book", "venue", "account"].map(|level| limit(level, "expected_shortfall", "soft = 1")),
    );
    limits.push(limit("account", "loss_contribution", "soft = 1"));
    limits.push(limit("tag", "loss_contribution", "soft = 1"));
    limits.push(limit("account", "initial_margin", "soft = 1"));
    let found = found(&limits);
    // Four coins net lose the ES of the book.
    let one = found.potential_loss / 4.0;
    assert_values(&found, "book gross_exposure", &[("", 4.0 * SPOT)]);
    assert_values(&found, "venue gross_exposure", &[("exchange", SPOT)]);
    let accounts = [("one", 2.0 * SPOT), ("two", SPOT), ("desk", 3.0 * SPOT)];
    assert_values(&found, "account gross_exposure", &accounts);
    assert_values(&found, "underlying gross_exposure", &[("BTC", 4.0 * SPOT)]);
    let tags = [("hedge", SPOT), ("trend", SPOT)];
    assert_values(&found, "tag gross_exposure", &tags);
    assert_values(&found, "tag net_exposure", &tags);
    assert_values(&found, "book expected_shortfall", &[("", 4.0 * one)]);
    assert_values(&found, "venue expected_shortfall", &[("exchange", one)]);
    let alone = values(&found, "account expected_shortfall");
    assert_close("one", alone[0].1, 2.0 * one, 1e-9);
    assert_close("desk", alone[2].1, 3.0 * one, 1e-9);
    // In the tail of the book the short gains what one coin loses.
    let added = [("one", 2.0 * one), ("two", -one), ("desk", 3.0 * one)];
    assert_values(&found, "account loss_contribution", &added);
    assert_values(&found, "tag loss_contribution", &[("hedge", -one), ("trend", one)]);
    assert_values(&found, "account initial_margin", &[("one", 0.0), ("two", 0.0), ("desk", 0.0)]);
}

#[test]
fn states_and_shares_of_capital() {
    let found = found(&[
        limit("book", "gross_exposure", "soft_of_capital = \"24%\"\nhard_of_capital = \"25%\""),
        limit("account", "gross_exposure", "soft = 100_000\nhard = 150_000"),
    ]);
    let states: Vec<LimitState> = found.limits.iter().map(|limit| limit.state).collect();
    let LimitReading { soft, hard, share_of_capital, .. } = found.limits[0].clone();
    // 240 000 of 1 000 000 is the soft bound itself.
    assert_eq!((soft, hard), (Some(240_000.0), Some(250_000.0)));
    assert_close("share", share_of_capital.unwrap(), 0.24, 1e-12);
    let expected = [
        LimitState::Within,
        LimitState::SoftBreached,
        LimitState::Within,
        LimitState::HardBreached,
    ];
    assert_eq!(states, expected);
    assert_eq!(found.hard_limits_breached(), 1);
    assert!(found.is_breached());
}
