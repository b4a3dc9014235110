//! Utilisation at its ends: infinite where nothing may be lost, zero where nothing is.

use std::process::Command;

use plimsoll::outcome::Status;
use serde_json::Value;

use crate::world::{World, threshold};

const LONG: &str = "[[position]]\ntype = \"spot\"\nid = \"coins\"\naccount = \"desk\"\n\
     asset = \"BTC\"\nquantity = 1\n";

fn collateral_policy() -> String {
    "name = \"policy\"\nappetite = 0.2\n[capital]\nbase = \"collateral\"\n[[term]]\n\
     kind = \"simulated_shortfall\"\nname = \"ES\"\nlevel = 0.975\n"
        .to_owned()
}

/// The exit code and `result.json` of the program on `world`.
fn program(world: &World) -> (Option<i32>, Value) {
    let (_folder, scenario) = world.write();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("run").arg(scenario).args(["--json", "--quiet"]);
    let output = command.output().expect("plimsoll starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "{message}");
    (output.status.code(), serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// More is borrowed than held: capital is negative, T with it, and any risk is too much.
#[test]
fn negative_capital_makes_utilisation_infinite_red_and_the_exit_code_one() {
    let account = "[[account]]\nname = \"desk\"\n\
         balance = [{ asset = \"USD\", quantity = -100_000 }]\n";
    let world = World {
        paths: 20_000,
        book: format!("{account}{LONG}"),
        policy: collateral_policy(),
        ..World::default()
    };
    let outcome = world.outcome();
    let found = threshold(&outcome);
    assert_eq!(found.capital, -100_000.0);
    assert!(found.threshold < 0.0 && found.potential_loss > 0.0);
    assert_eq!((found.utilisation, found.utilisation_interval_95), (None, None));
    assert_eq!(found.status, Status::Red);
    assert_eq!(found.scale_to_threshold.value, None);
    assert_eq!(found.scale_to_threshold.binding, "none");
    assert!(!found.scale_to_threshold.reason.is_empty());
    assert_eq!((found.headroom[0].long, found.headroom[0].short), (None, None));
    // What is missing and, at the target utilisation, what covers the loss: a·(C + m)·0.75 = PL.
    let call = found.remedy.margin_call.expect("money helps");
    let target = found.remedy.target_utilisation;
    let exact = found.potential_loss / (0.2 * target) + 100_000.0;
    assert!((call / exact - 1.0).abs() < 1e-9, "{call} {exact}");

    let (code, result) = program(&world);
    assert_eq!(code, Some(1));
    assert_eq!(result["threshold"]["utilisation"], Value::Null);
    assert_eq!(result["threshold"]["status"], "red");
}

/// An appetite of zero is no appetite for any loss: refused as a document, or infinite as a figure.
#[test]
fn an_account_without_money_has_no_threshold() {
    let account = "[[account]]\nname = \"desk\"\nbalance = [{ asset = \"USD\", quantity = 0 }]\n";
    let world = World {
        paths: 20_000,
        book: format!("{account}{LONG}"),
        policy: collateral_policy(),
        ..World::default()
    };
    let (code, result) = program(&world);
    assert_eq!(code, Some(1));
    assert_eq!(result["threshold"]["threshold"], 0.0);
    assert_eq!(result["threshold"]["utilisation"], Value::Null);
    assert_eq!(result["threshold"]["status"], "red");
}

/// A coin held against a short perpetual earns the funding whatever happens: 1 % in 8 hours on a
/// mark that moves. PL is below zero, which uses nothing of the threshold.
#[test]
fn a_book_that_cannot_lose_uses_nothing() {
    let short = "[[position]]\ntype = \"perpetual\"\nid = \"short\"\naccount = \"desk\"\n\
         underlying = \"BTC\"\nquote = \"USD\"\nquantity = -1\n";
    let world = World {
        paths: 20_000,
        underlying: "funding_rate_8h = \"1%\"\n",
        policy: collateral_policy(),
        ..World::of(&format!("{LONG}{short}"))
    };
    let outcome = world.outcome();
    let found = threshold(&outcome);
    // Three payments of 600 on today's mark.
    let day = outcome.book.greeks.total.funding_1d;
    assert!((day - 1_800.0).abs() < 1e-6, "{day}");
    assert!((-1_900.0..-1_500.0).contains(&found.potential_loss), "{}", found.potential_loss);
    assert_eq!(found.utilisation, Some(0.0));
    assert_eq!(found.status, Status::Green);
    assert_eq!(found.scale_to_threshold.value, None);
    assert_eq!(found.scale_to_threshold.binding, "none");
    assert_eq!(found.remedy.margin_call, Some(0.0));
    let (code, result) = program(&world);
    assert_eq!(code, Some(0));
    assert_eq!(result["threshold"]["utilisation"], 0.0);
}
